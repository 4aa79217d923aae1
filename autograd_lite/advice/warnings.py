"""Oversights: what is legal but probably meant otherwise, each a warning with the remedy.

Nothing here costs anything until it happens: a sweep tells of the first, a second gradient in the
same place of the second, a missing one of the third.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.backward import squared
from ..engine.graph import Node
from ..engine.modes import user_frame
from ..engine.tensor import Tensor
from ..errors import LearnerWarning
from ..rules.indexing import getitem
from .shape_errors import call_of, names_of

# What makes a column or a row on purpose
_LAID_OUT = (np.reshape, np.expand_dims, np.transpose, getitem)


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


def all_pairs(node: Node, a: Any) -> None:
    """Warn where n numbers and n numbers have made n * n, though nothing says that it is meant.

    That happens to a rank-1 array (n,) beside a column (n, 1), and to a row (1, n) that was
    computed beside a constant column. What was laid out for it, as `x[:, None]`, is meant. The
    sweep tells of it when it sums the matrix for the operand `a`: forward, nothing costs more.
    """
    if node.rule is None or not node.rule.elementwise or len(node.args) != 2:
        return
    (x, y), (p, q) = node.args, node.parents
    names = remedy = None
    if type(x) is not np.ndarray or type(y) is not np.ndarray:
        return  # of other kinds it is not known what they are views of
    if {x.ndim, y.ndim} == {1, 2}:
        flat, column, source = (x, y, q) if x.ndim == 1 else (y, x, p)
        told_before = a is column and None not in (p, q)  # of `flat`
        if column.shape == (flat.size, 1) and not laid_out(column, source) and not told_before:
            names = names_of(node.args, node.parents)
            whose = (names[0] if flat is x else names[1]) or "the rank-1 array"
            remedy = f"Make {whose} a column: .reshape(-1, 1), or keepdims=True where it was summed"
    elif x.ndim == 2 and x.shape == y.shape[::-1] and (p is None) != (q is None):
        constant, source = (x, q) if p is None else (y, p)
        assert source is not None
        computed = source.rule is not None and source.rule.fn not in _LAID_OUT
        if computed and not laid_out(constant, None):
            names = names_of(node.args, node.parents)
            remedy = f"Use {(names[0] if constant is x else names[1]) or 'the constant'}.T"
    n = a.size
    if names is None or n < 2:
        return
    first, second = names[0] or "the first", names[1] or "the second"
    line = node.meta.line if node.meta else None
    advise(
        f"{call_of(node.rule.fn, names)}: {first} is {x.shape}, {second} is {y.shape}, and the "
        f"result is ({n}, {n}), every number of one with every number of the other"
        f"{f' ({line})' if line else ''}. {remedy}; if all pairs are meant, write x[:, None]."
        f"{'' if line else ' Under ag.trace_lines() this names the line.'}"
    )


def laid_out(column: Any, source: Node | None) -> bool:
    """Whether a column is a rank-1 array that was laid out anew, as by `x[:, None]`."""
    if source is not None and source.rule is not None:
        return source.rule.fn in _LAID_OUT
    base = getattr(column, "base", None)
    return base is not None and base.ndim == 1


def accumulated(self: Tensor) -> None:
    """Warn where a gradient was added to that of the step before, which the step has used."""
    name = names_of([self._data], [self._node])[0] or "tensor"
    advise(
        f"{name}.grad still held the gradient from before {name}.data was changed, and the new one "
        f"was added to it. Call {name}.zero_grad() in each step, before backward."
    )


def unused(names: Sequence[str]) -> None:
    """Warn of parameters that the cost does not depend on."""
    if names:
        one = len(names) == 1
        advise(
            f"the cost does not depend on {', '.join(names)}: {'its' if one else 'their'} gradient "
            f"is 0 throughout, and training will never change {'it' if one else 'them'}. Is the "
            f"forward pass using {'it' if one else 'them'}, and not .data or a copy made before?"
        )


def plain_cost(value: Any) -> None:
    """Warn of a cost that is a Python number or a count, so that no gradient can flow."""
    if type(value) is float:
        advise(
            "the cost is a plain number, which depends on nothing: every gradient is 0. "
            "float(cost) and cost.item() leave the graph; return the cost as it is."
        )
    data = value._data if type(value) is Tensor else value
    if type(data) is bool or getattr(data, "dtype", np.dtype(float)).kind in "iub":
        advise(
            f"the cost is {data!r}, the outcome of a comparison or a count, and these are flat: "
            f"every gradient is 0. Return how far off the numbers are, not how many are right."
        )


squared[0] = all_pairs
Tensor._accumulated = accumulated  # type: ignore[method-assign]
