"""A recorded call as a person writes it: `W1 @ X`, `sum(t3, axis=1)`, `x[0]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compile.codegen.printer import PlainPrinter, Verbatim, function_name
from ..compile.ir import Line, Var
from ..engine.backward import PICK
from ..engine.functions import weights
from ..engine.graph import Node
from ..rules.indexing import getitem, scatter
from ..rules.joining import join, pile
from ..rules.padding import padded
from .values import brief

LONGEST = 24  # characters of an argument that is written out
CUT = "…"  # stands at the end of one that is longer
#: Functions of the rules that stand for another one, by its name.
_STANDS_FOR: dict[Any, str] = {
    join: "concatenate", pile: "stack", padded: "pad", weights: "softmax", getitem: "index",
}  # fmt: skip


class DrawingPrinter(PlainPrinter):
    """The style of drawings: functions without `np.`, numbers of four digits."""

    methods = ()

    def must_be_called(self, line: Line) -> bool:
        """Return False: dtypes do not matter here."""
        return False

    def function(self, fn: Callable[..., Any]) -> str:
        """Return the name of a function without `np.`.

        >>> DrawingPrinter({}).function(np.linalg.inv), DrawingPrinter({}).function(join)
        ('linalg.inv', 'concatenate')
        """
        return _STANDS_FOR.get(fn) or function_name(fn).removeprefix("np.")

    def value(self, x: Any) -> str:
        """Return a constant argument in a few characters."""
        if isinstance(x, complex | np.complexfloating):
            return f"({brief(x)})" if x.real else f"{brief(x.imag)}j"
        if isinstance(x, int | float | np.generic) or getattr(x, "size", 0) == 1:
            return brief(x)
        if hasattr(x, "size"):
            return "array"
        text = super().value(x).removeprefix("np.")
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + CUT

    def call(self, line: Line, name: str = "") -> tuple[str, int]:
        """Return a call with the arguments that NumPy's own function has."""
        args = line.args
        if line.fn in (join, pile):
            args = (args,)
        elif line.fn is padded and len(args) == 4:
            extra = {} if args[3] is None else {"constant_values": args[3]}
            return super().call(line.calling(padded, *args[:3], **extra), name)
        elif line.fn is scatter and any(isinstance(p, slice) for p in np.atleast_1d(args[1])):
            args = (args[0], Verbatim(f"s_[{self.index(args[1])}]"), args[2])
        return super().call(line.calling(line.fn, *args, **line.kwargs), name)


def op_name(node: Node) -> str:
    """Return the function that made a node, without `np.`; an empty string for a leaf."""
    if node.rule is None:
        return ""
    return "pick" if node.rule is PICK else DrawingPrinter({}).function(node.rule.fn)


def expression(node: Node, names: Sequence[str | None]) -> str:
    """Return the call that made a node; arguments whose name is None are written out.

    >>> from autograd_lite import Tensor
    >>> y = 2 * Tensor(3.0, requires_grad=True)
    >>> expression(y._node, [None, "x"])
    '2 * x'
    """
    if node.rule is None:
        return ""
    if not node.args:
        return f"{op_name(node)}(…)"
    known: dict[Var, str] = {}
    args = list(node.args)
    for i, name in enumerate(names[: len(args)]):
        if name is not None:
            args[i] = Var((), float)  # only its name is printed
            known[args[i]] = name
    fn = getitem if node.rule is PICK else node.rule.fn
    line = Line(fn, tuple(args), node.kwargs, (Var((), float),))
    return DrawingPrinter(known).expression(line)[0]
