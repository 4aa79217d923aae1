"""Warnings about legal code that probably means something else; each names the remedy.

The checks cost nothing in the usual case: the engine's hooks call the first two, after a sum over
n * n elements or a second gradient in one place, and `grad` calls the others.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import Node
from ..engine.tensor import Tensor
from ..errors import LearnerWarning
from ..rules.indexing import getitem
from .shape_errors import call_of
from .user_frames import user_frame
from .user_names import names_of

# These make a column or a row on purpose.
_RESHAPING = (np.reshape, np.expand_dims, np.transpose, getitem)


def advise(message: str) -> None:
    """Warn at the user's line; Python's default filter shows it once for each line."""
    frame = user_frame()
    if frame is not None:
        warnings.warn_explicit(
            message,
            LearnerWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            registry=frame.f_globals.setdefault("__warningregistry__", {}),
        )


def warn_of_outer_broadcast(node: Node, a: Any) -> None:
    """Warn of accidental outer broadcasting: (n,) with (n, 1), or (1, n) with a constant column.

    A column made on purpose, as by `x[:, None]`, is left alone. The hook calls this when the sweep
    sums the n * n matrix for the operand `a`, so that the forward pass costs nothing more.
    """
    if node.rule is None or not node.rule.elementwise or len(node.args) != 2:
        return
    (x, y), (p, q) = node.args, node.parents
    names = remedy = None
    if type(x) is not np.ndarray or type(y) is not np.ndarray:
        return  # other kinds of array do not tell what they are views of
    if {x.ndim, y.ndim} == {1, 2}:
        flat, column, source = (x, y, q) if x.ndim == 1 else (y, x, p)
        reported = a is column and None not in (p, q)  # with the operand `flat`
        if column.shape == (flat.size, 1) and not is_reshaped(column, source) and not reported:
            names = names_of(node.args, node.parents)
            whose = (names[0] if flat is x else names[1]) or "the rank-1 array"
            remedy = f"Make {whose} a column: .reshape(-1, 1), or keepdims=True where it was summed"
    elif x.ndim == 2 and x.shape == y.shape[::-1] and (p is None) != (q is None):
        constant, source = (x, q) if p is None else (y, p)
        assert source is not None
        computed = source.rule is not None and source.rule.fn not in _RESHAPING
        if computed and not is_reshaped(constant, None):
            names = names_of(node.args, node.parents)
            remedy = f"Use {(names[0] if constant is x else names[1]) or 'the constant'}.T"
    n = a.size
    if names is None or n < 2:
        return
    first, second = names[0] or "the first", names[1] or "the second"
    line = node.meta.line if node.meta else None
    advise(
        f"{call_of(node.rule.fn, names)}: {first} is {x.shape}, {second} is {y.shape}, and the "
        f"result is ({n}, {n}), every element of one with every element of the other"
        f"{f' ({line})' if line else ''}. {remedy}; if all pairs are meant, write x[:, None]."
        f"{'' if line else ' Under ag.trace_lines() this names the line.'}"
    )


def is_reshaped(column: Any, source: Node | None) -> bool:
    """Return whether a column was made from a rank-1 array on purpose, as by `x[:, None]`."""
    if source is not None and source.rule is not None:
        return source.rule.fn in _RESHAPING
    base = getattr(column, "base", None)
    return base is not None and base.ndim == 1


def warn_of_accumulation(tensor: Tensor) -> None:
    """Warn that a gradient was added to that of the previous step, which the step has used."""
    name = names_of([tensor._data], [tensor._node])[0] or "tensor"
    advise(
        f"{name}.grad still held the gradient from before {name}.data was changed, and the new one "
        f"was added to it. Call {name}.zero_grad() in each step, before backward."
    )


def warn_of_unused(names: Sequence[str]) -> None:
    """Warn of parameters that the cost does not depend on."""
    if names:
        one = len(names) == 1
        advise(
            f"the cost does not depend on {', '.join(names)}: {'its' if one else 'their'} gradient "
            f"is 0 throughout, and training will never change {'it' if one else 'them'}. Is the "
            f"forward pass using {'it' if one else 'them'}, and not .data or a copy made before?"
        )


def warn_of_plain_cost(value: Any) -> None:
    """Warn of a cost that is a Python number or a count, so that no gradient can flow."""
    if type(value) is float:
        advise(
            "the cost is a plain number, which depends on nothing: every gradient is 0. "
            "float(cost) and cost.item() leave the graph; return the cost as it is."
        )
    data = value._data if type(value) is Tensor else value
    if type(data) is bool or getattr(data, "dtype", np.dtype(float)).kind in "iub":
        advise(
            f"the cost is {data!r}, the result of a comparison or a count, and these are flat: "
            f"every gradient is 0. Return how far off the values are, not how many are right."
        )
