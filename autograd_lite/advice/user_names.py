"""What the user calls each array: from `name=`, keys of dicts, variables, arguments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..engine.graph import Node
from ..engine.tensor import Tensor

MANY = 2000  # of one container, at most this many items are looked at
_DULL = (ModuleType, FunctionType, MethodType, type, CodeType, str, bytes, int, float)


class Sightings:
    """Names under which nodes and plain arrays were seen, the best one of each.

    Rank 0 is best. Arrays are known by identity, and kept so that no identity comes twice.
    """

    def __init__(self) -> None:
        self.nodes: dict[Node, tuple[Any, str]] = {}
        self.arrays: dict[int, tuple[Any, str, Any]] = {}
        self.files: set[str] = set()  # of the user's code that was seen running

    def see(self, name: str, value: Any, rank: Any) -> None:
        """Note that `value`, a Tensor or an array, goes by `name`."""
        if type(value) is Tensor:
            node = value._node
            if node is not None:
                if value._name and not (node.meta and node.meta.name):
                    name, rank = value._name, ()  # the empty tuple is smaller than any other
                if node not in self.nodes or rank < self.nodes[node][0]:
                    self.nodes[node] = (rank, name)
                return
            name, value = value._name or name, value._data
        if hasattr(value, "__array_function__") and not isinstance(value, np.generic):
            known = self.arrays.get(id(value))
            if known is None or rank < known[0]:
                self.arrays[id(value)] = (rank, name, value)

    def name_of(self, node: Node) -> str | None:
        """The user's name of a node: `name=` before anything else."""
        if node.meta is not None and node.meta.name:
            return node.meta.name
        seen = self.nodes.get(node)
        return seen[1] if seen else None

    def name_of_array(self, a: Any) -> str | None:
        """The user's name of a constant array; of a view, by what it is a view of."""
        if id(a) in self.arrays:
            return self.arrays[id(a)][1]
        base = getattr(a, "base", None)
        if base is not None and id(base) in self.arrays:
            whole, name = self.arrays[id(base)][2], self.arrays[id(base)][1]
            if a.shape == whole.shape[::-1] and a.strides == whole.strides[::-1]:
                return f"{name}.T"
            return name if a.shape == whole.shape and a.strides == whole.strides else None
        return None


def look_at_frame(seen: Sightings, frame: FrameType | None) -> None:
    """Names from the variables of a running function."""
    if frame is None:
        return
    spaces = [frame.f_locals]
    if frame.f_globals is not frame.f_locals:
        spaces.append(frame.f_globals)
    for far, space in enumerate(spaces):
        for name, value in list(space.items()):
            if not name.startswith("_") and not isinstance(value, _DULL):
                look_at(seen, name, value, far)


def look_at(seen: Sightings, name: str, value: Any, far: int, depth: int = 0) -> None:
    """Names in one variable, and in the dicts, lists and objects it holds."""
    if type(value) is Tensor or isinstance(value, np.ndarray):
        # A parameter goes by its key, a result by its variable.
        leaf = type(value) is Tensor and value.is_leaf
        seen.see(name, value, (far, (2 if leaf else 0) if depth == 0 else 3))
        return
    if depth > 2:
        return
    for inner, item, is_key in items_of(name, value):
        if is_key and (type(item) is Tensor or isinstance(item, np.ndarray)):
            seen.see(inner, item, (far, 1))
        elif not isinstance(item, _DULL):
            look_at(seen, inner, item, far, depth + 1)


def items_of(name: str, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """What a container holds, each under a name, and whether the name is a key of the user's."""
    if isinstance(value, dict):
        for key, item in list(value.items())[:MANY]:
            yield (key, item, True) if isinstance(key, str) else (f"{name}[{key!r}]", item, False)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value[:MANY]):
            yield f"{name}[{i}]", item, False
    else:
        own = getattr(value, "__dict__", None)
        module = type(value).__module__
        if isinstance(own, dict) and (module == "types" or module not in sys.stdlib_module_names):
            for key, item in list(own.items())[:MANY]:
                yield (key if name == "self" else f"{name}.{key}"), item, False
