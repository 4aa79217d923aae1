"""Leave broadcasting to elementwise functions: a rule for repeated operands and typed numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...rules.traits import REPEATS, has, is_elementwise
from ..ir import Line, Var, shape_of
from .cleanup import FOLDED_ELEMENTS
from .rewrite import Definitions, New, rule


@rule()
def own_broadcasting(line: Line, made: Definitions) -> New:
    """Remove repetitions of operands that an elementwise function does by itself."""
    if not is_elementwise(line.fn):
        return None
    slim = list(line.args)
    for i in range(len(slim)):
        slim[i] = unspread(slim, i, line.out.shape, made, made.program.constants)
    slim = [unscaled(a, slim) for a in slim]
    changed = any(new is not old for new, old in zip(slim, line.args, strict=True))
    return line.calling(line.fn, *slim) if changed else None


def unspread(
    args: list[Any],
    i: int,
    shape: tuple[int, ...],
    made: Mapping[Var, Line],
    constants: Mapping[Var, Any],
) -> Any:
    """Return an operand without the repetition that the elementwise line does by itself."""
    others = [b for j, b in enumerate(args) if j != i]
    a = args[i]
    while isinstance(a, Var):
        source = repeated_source(a, made, constants)
        if source is None:
            return a
        try:
            fits = np.broadcast_shapes(*map(shape_of, (source, *others))) == shape
        except ValueError:
            return a
        # A Python number decides no dtype but its repetition does, unless another operand has it.
        strong = not source.weak if isinstance(source, Var) else isinstance(source, np.generic)
        typed = any(isinstance(b, Var) and not b.weak and b.dtype == a.dtype for b in others)
        if not fits or not (strong or typed):
            return a
        a = source
    return a


def repeated_source(a: Var, made: Mapping[Var, Line], constants: Mapping[Var, Any]) -> Any:
    """Return what a variable repeats, or the single element that it reshapes; None if neither.

    A Python number times one is that number, as one of NumPy's.
    """
    if a in constants:
        return constants[a].ravel()[0] if is_uniform(constants[a]) else None
    inner = made.get(a)
    if inner is None or inner.kwargs:
        return None
    if inner.fn is np.multiply and a.shape == ():
        one, x = sorted(inner.args, key=lambda arg: isinstance(arg, Var))
        times_one = not isinstance(one, Var) and one == 1
        return x if times_one and isinstance(x, Var) and x.weak else None
    if has(inner.fn, REPEATS) or inner.fn is np.reshape:
        source = inner.args[0]
        if inner.fn is np.broadcast_to or math.prod(shape_of(source)) == 1:
            return source
    return None


def is_uniform(constant: Any) -> bool:
    """Return whether a small array holds the same number everywhere."""
    return bool(0 < constant.size <= FOLDED_ELEMENTS and (constant == constant.ravel()[0]).all())


def unscaled(a: Any, args: list[Any]) -> Any:
    """Return a number of NumPy as one of Python if it decides no dtype beside the others."""
    if not isinstance(a, np.float64 | np.float32 | np.int64) or not np.isfinite(a):
        return a
    kinds = [b.dtype for b in args if isinstance(b, Var) and not b.weak]
    return a.item() if a.dtype in kinds and len(set(kinds)) == 1 else a
