"""Nested containers: the one module that walks through dicts, lists and tuples.

A pytree is a nest of dicts, lists and tuples. Everything else inside is a leaf, except None, which
stands for an absent value and is skipped.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ShapeError

_CONTAINERS = (dict, tuple, list)


def map(f: Callable[[Any], Any], tree: Any) -> Any:
    """Return the same containers with `f` applied to every leaf.

    >>> from autograd_lite import pytree
    >>> pytree.map(lambda x: 2 * x, {"W": 1.0, "more": [2.0, (3.0, None)]})
    {'W': 2.0, 'more': [4.0, (6.0, None)]}
    """
    if not isinstance(tree, _CONTAINERS):
        return None if tree is None else f(tree)
    if isinstance(tree, dict):
        items = {key: map(f, item) for key, item in tree.items()}
        if type(tree) is dict:
            return items
        new = copy.copy(tree)  # an OrderedDict or a defaultdict keeps its type
        new.update(items)
        return new
    return like(tree, [map(f, item) for item in tree])


def like(sequence: Any, items: list[Any]) -> Any:
    """Return `items` in a list, tuple or namedtuple of the type of `sequence`."""
    kind = type(sequence)
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def leaves(tree: Any) -> list[Any]:
    """Return the leaves in the order in which `map` visits them.

    >>> leaves({"W": 1.0, "more": [2.0, (3.0, None)]})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    map(found.append, tree)
    return found


def rebuild(tree: Any, new: Iterable[Any]) -> Any:
    """Return the same containers with new leaves.

    >>> rebuild({"W": 1.0, "more": [2.0]}, ["a", "b"])
    {'W': 'a', 'more': ['b']}
    """
    following = iter(new)
    return map(lambda _: next(following), tree)


def children(tree: Any) -> Iterable[tuple[Any, Any]]:
    """Return the keys (or indices) and items of one container; a leaf has none."""
    if isinstance(tree, dict):
        return list(tree.items())
    return enumerate(tree) if isinstance(tree, tuple | list) else ()


def paths(tree: Any, start: str = "") -> Iterator[str]:
    """Yield the Python expression that reaches each leaf.

    >>> list(paths({"W": 1.0, "more": [2.0, 3.0]}, "p"))
    ["p['W']", "p['more'][0]", "p['more'][1]"]
    """
    for key, item in children(tree):
        yield from paths(item, f"{start}[{key!r}]")
    if not isinstance(tree, _CONTAINERS) and tree is not None:
        yield start


def leaves_like(pattern: Any, tree: Any, called: str) -> Iterator[Any]:
    """Yield the parts of `tree` that stand where `pattern` has its leaves.

    Raises ShapeError, with the path, if the containers differ.

    >>> list(leaves_like({"W": 0.0, "b": 0.0}, {"W": [1.0, 2.0], "b": 3.0}, "v"))
    [[1.0, 2.0], 3.0]
    """
    if isinstance(pattern, dict):
        if not isinstance(tree, dict) or set(tree) != set(pattern):
            keys = ", ".join([repr(key) for key in pattern])
            raise ShapeError(f"{called} must be a dict with the keys {keys}, not {_kind(tree)}.")
    elif isinstance(pattern, tuple | list):
        if not isinstance(tree, tuple | list) or len(tree) != len(pattern):
            raise ShapeError(
                f"{called} must be a {type(pattern).__name__} of {len(pattern)}, not {_kind(tree)}."
            )
    elif pattern is not None:
        yield tree
    for key, item in children(pattern):
        yield from leaves_like(item, tree[key], f"{called}[{key!r}]")


def _kind(tree: Any) -> str:
    """Describe a value whose containers do not fit."""
    if isinstance(tree, dict):
        return f"one with {', '.join([repr(key) for key in tree])}"
    if isinstance(tree, tuple | list):
        return f"a {type(tree).__name__} of {len(tree)}"
    return f"a {type(tree).__name__}"
