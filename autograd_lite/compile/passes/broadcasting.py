"""Broadcasting that NumPy does by itself, and numbers that decide no type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...rules.shaping import spread
from ..ir import Line, Var, shape_of
from .cleanup import FOLDED_NUMBERS


def unspread(
    args: list[Any],
    i: int,
    shape: tuple[int, ...],
    made: Mapping[Var, Line],
    constants: Mapping[Var, Any],
) -> Any:
    """An operand without the repetition that the elementwise line does by itself."""
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
        # A Python number decides no type, its repetition does; it may if another operand has it.
        strong = not source.weak if isinstance(source, Var) else isinstance(source, np.generic)
        typed = any(isinstance(b, Var) and not b.weak and b.dtype == a.dtype for b in others)
        if not fits or not (strong or typed):
            return a
        a = source
    return a


def repeated_source(a: Var, made: Mapping[Var, Line], constants: Mapping[Var, Any]) -> Any:
    """What a variable repeats, or gives another shape where it is one number; None if nothing.

    A Python number times one is that number, as one of NumPy's.
    """
    if a in constants:
        return constants[a].ravel()[0] if is_uniform(constants[a]) else None
    inner = made.get(a)
    if inner is None or inner.kwargs:
        return None
    if inner.fn is np.multiply and a.shape == ():
        one, x = sorted(inner.args, key=lambda arg: isinstance(arg, Var))
        return (
            x if isinstance(x, Var) and x.weak and not isinstance(one, Var) and one == 1 else None
        )
    if inner.fn not in (spread, np.broadcast_to, np.reshape):
        return None
    source = inner.args[0]
    one = np.prod(shape_of(source), dtype=int) == 1
    if inner.fn is np.broadcast_to or one:
        return source
    return None


def is_uniform(constant: Any) -> bool:
    """Whether an array holds one number, however often."""
    return bool(0 < constant.size <= FOLDED_NUMBERS and (constant == constant.ravel()[0]).all())


def unscaled(a: Any, args: list[Any]) -> Any:
    """A number of NumPy's as one of Python's, where it decides no type beside the others."""
    if not isinstance(a, np.float64 | np.float32 | np.int64) or not np.isfinite(a):
        return a
    kinds = [b.dtype for b in args if isinstance(b, Var) and not b.weak]
    return a.item() if a.dtype in kinds and len(set(kinds)) == 1 else a
