"""Nested dicts, lists and tuples of arrays: taken apart, walked, and put together again.

None stands for nothing; every other thing that is not one of these containers is a leaf.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ShapeError

_CONTAINERS = (dict, tuple, list)


def tree_map(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same containers, with f applied to every leaf.

    >>> tree_map(lambda x: 2 * x, {"W": 1.0, "more": [2.0, (3.0, None)]})
    {'W': 2.0, 'more': [4.0, (6.0, None)]}
    """
    if not isinstance(tree, _CONTAINERS):
        return None if tree is None else f(tree)
    if isinstance(tree, dict):
        items = {key: tree_map(f, item) for key, item in tree.items()}
        if type(tree) is dict:
            return items
        new = copy.copy(tree)  # an OrderedDict or a defaultdict stays one
        new.update(items)
        return new
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[tree_map(f, item) for item in tree])
    return type(tree)([tree_map(f, item) for item in tree])


def leaves(tree: Any) -> list[Any]:
    """The leaves, in the order in which `tree_map` meets them.

    >>> leaves({"W": 1.0, "more": [2.0, (3.0, None)]})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    tree_map(found.append, tree)
    return found


def rebuild(tree: Any, new: Iterable[Any]) -> Any:
    """The same containers with new leaves.

    >>> rebuild({"W": 1.0, "more": [2.0]}, ["a", "b"])
    {'W': 'a', 'more': ['b']}
    """
    following = iter(new)
    return tree_map(lambda _: next(following), tree)


def paths(tree: Any, start: str = "") -> Iterator[str]:
    """What a person writes to reach each leaf.

    >>> list(paths({"W": 1.0, "more": [2.0, 3.0]}, "p"))
    ["p['W']", "p['more'][0]", "p['more'][1]"]
    """
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from paths(item, f"{start}[{key!r}]")
    elif isinstance(tree, tuple | list):
        for i, item in enumerate(tree):
            yield from paths(item, f"{start}[{i}]")
    elif tree is not None:
        yield start


def leaves_like(pattern: Any, tree: Any, called: str) -> Iterator[Any]:
    """The parts of `tree` that stand where `pattern` has its leaves.

    Raises ShapeError, with the place, where the containers differ.

    >>> list(leaves_like({"W": 0.0, "b": 0.0}, {"W": [1.0, 2.0], "b": 3.0}, "v"))
    [[1.0, 2.0], 3.0]
    """
    if isinstance(pattern, dict):
        if not isinstance(tree, dict) or set(tree) != set(pattern):
            raise ShapeError(
                f"{called} must be a dict with the keys {', '.join(map(repr, pattern))}, "
                f"not {_kind(tree)}."
            )
        for key, item in pattern.items():
            yield from leaves_like(item, tree[key], f"{called}[{key!r}]")
    elif isinstance(pattern, tuple | list):
        if not isinstance(tree, tuple | list) or len(tree) != len(pattern):
            raise ShapeError(
                f"{called} must be a {type(pattern).__name__} of {len(pattern)}, not {_kind(tree)}."
            )
        for i, item in enumerate(pattern):
            yield from leaves_like(item, tree[i], f"{called}[{i}]")
    elif pattern is not None:
        yield tree


def _kind(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"one with {', '.join(map(repr, tree))}"
    if isinstance(tree, tuple | list):
        return f"a {type(tree).__name__} of {len(tree)}"
    return f"a {type(tree).__name__}"
