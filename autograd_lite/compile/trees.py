"""Nested containers of a compiled function's arguments and results, as Python source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor


def flatten(tree: Any, name: str, path: str = "") -> list[tuple[str, str, Any]]:
    """(name, source expression, value) of every array or number in nested dicts, lists, tuples.

    >>> flatten({"W1": 1.0, "b": [2.0]}, "p")
    [('W1', "p['W1']", 1.0), ('b_0', "p['b'][0]", 2.0)]
    """
    path = path or name
    if isinstance(tree, dict):
        return [
            leaf
            for key, item in tree.items()
            for leaf in flatten(item, str(key), f"{path}[{key!r}]")
        ]
    if isinstance(tree, tuple | list):
        return [
            leaf
            for i, item in enumerate(tree)
            for leaf in flatten(item, f"{name}_{i}", f"{path}[{i}]")
        ]
    return [(name, path, tree)]


def rebuild(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """The same nest with leaf(value) in place of every value."""
    if isinstance(tree, dict):
        return {key: rebuild(item, leaf) for key, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuild(item, leaf) for item in tree))
    if isinstance(tree, tuple | list):
        return type(tree)(rebuild(item, leaf) for item in tree)
    return leaf(tree)


def structure(tree: Any) -> Any:
    """What two nests share when only their arrays differ: a hashable description."""
    if isinstance(tree, dict):
        return (dict, *((key, structure(item)) for key, item in tree.items()))
    if isinstance(tree, tuple | list):
        return (type(tree), *map(structure, tree))
    if isinstance(tree, np.ndarray | np.generic):
        return (tree.shape, tree.dtype.str)
    if isinstance(tree, Tensor):
        return structure(tree.data)
    if isinstance(tree, float | complex | int) and not isinstance(tree, bool):
        return type(tree)
    return ("fixed", type(tree), repr(tree))


def is_traced(value: Any) -> bool:
    """Whether a leaf varies between calls: arrays and numbers do; text, None, bools do not."""
    return isinstance(value, np.ndarray | np.generic | float | complex | int) and not isinstance(
        value, bool
    )
