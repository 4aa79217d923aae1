"""A recorded call as a person writes it: `W1 @ X`, `np.sum(t3, axis=1)`, `x[0]`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.backward import PICK
from ..engine.graph import Node
from ..rules.indexing import getitem
from ..rules.joining import join, pile
from ..rules.padding import padded
from ..rules.registry import printed_name
from .values import number

INFIX: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/", np.matmul: "@",
    np.power: "**",
}  # fmt: skip
#: Rules that stand for a function of NumPy, by its name.
STANDS_FOR: dict[Any, str] = {join: "concatenate", pile: "stack", padded: "pad"}


def called(fn: Any) -> str:
    """A function as a person writes it, without `np.`.

    >>> called(np.linalg.inv), called(join)
    ('linalg.inv', 'concatenate')
    """
    return STANDS_FOR.get(fn) or printed_name(fn).removeprefix("np.")


def op_name(node: Node) -> str:
    """The function that made a node, without `np.`; empty for a leaf."""
    if node.rule is None:
        return ""
    if node.rule is PICK:
        return "pick"
    if node.rule.fn is getitem:
        return "index"
    return called(node.rule.fn)


def expression(node: Node, names: list[str | None]) -> str:
    """The call with its arguments by name; `names[i]` is None for what is written out.

    >>> from autograd_lite import Tensor
    >>> y = 2 * Tensor(3.0, requires_grad=True)
    >>> expression(y._node, [None, "x"])
    '2 * x'
    """
    if node.rule is None:
        return ""
    words = [
        name if name is not None else literal(arg)
        for arg, name in zip(node.args, names, strict=False)
    ]
    fn = node.rule.fn
    if not words:
        return f"{op_name(node)}(…)"
    if node.rule is PICK:
        return f"{words[0]}[{node.args[1]}]"
    if fn is getitem:
        index = names[1] if len(names) > 1 else None
        return f"{words[0]}[{index or index_text(node.args[1])}]"
    if fn is padded:
        words = words[:3] + [f"constant_values={w}" for w in words[3:] if w != "None"]
    if fn in (join, pile):
        words = [f"({', '.join(words)}{',' * (len(words) == 1)})"]
    if fn in INFIX and len(words) == 2 and not node.kwargs:
        right = f"({words[1]})" if words[1].startswith("-") else words[1]
        left = f"({words[0]})" if words[0].startswith("-") and fn is np.power else words[0]
        return f"{left} {INFIX[fn]} {right}"
    if fn is np.negative:
        return f"-{words[0]}"
    if fn is np.transpose and len(words) == 1 and not node.kwargs:
        return f"{words[0]}.T"
    options = [f"{key}={literal(value)}" for key, value in node.kwargs.items()]
    return f"{op_name(node)}({', '.join([*words, *options])})"


def literal(x: Any) -> str:
    """An argument that is no node of the graph, in a few characters."""
    if isinstance(x, slice):
        return index_text(x)
    if isinstance(x, bool | str | type(None)):
        return repr(x)
    if isinstance(x, complex | np.complexfloating):
        return f"({number(x)})" if x.real else f"{number(x.imag)}j"
    if isinstance(x, int | float | np.generic) or getattr(x, "size", 0) == 1:
        return number(x)
    if hasattr(x, "size"):
        return "array"
    text = str(x)
    return text if len(text) <= 24 else text[:23] + "…"


def index_text(index: Any) -> str:
    """An index as it stands between brackets.

    >>> index_text((slice(None), slice(2, 5), 0))
    ':, 2:5, 0'
    """
    if isinstance(index, tuple):
        return ", ".join(index_text(part) for part in index)
    if isinstance(index, slice):
        ends = ["" if e is None else str(e) for e in (index.start, index.stop)]
        return ":".join(ends) + (f":{index.step}" if index.step is not None else "")
    if index is Ellipsis:
        return "..."
    return literal(index)
