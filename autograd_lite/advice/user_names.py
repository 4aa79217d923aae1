"""Names that the user has for arrays: `name=`, keys of dicts, variables and arguments.

Every name in an error, a warning, a drawing or a printed program is found here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .. import pytree
from ..engine.graph import Node
from ..engine.tensor import Tensor
from ..rules.registry import RULES
from .user_frames import is_users, user_frame, user_frames

MANY = 2000  # items to look at in one container
LONGEST = 20  # characters of a variable's name that a printed program takes over
_DULL = (ModuleType, FunctionType, MethodType, type, CodeType, str, bytes, int, float)


class UserNames:
    """Best known user name of each node and array.

    Rank 0 is best. Arrays are known by identity, and kept so that no identity is used twice.
    """

    def __init__(self) -> None:
        self.nodes: dict[Node, tuple[Any, str]] = {}
        self.arrays: dict[int, tuple[Any, str, Any]] = {}
        self.files: set[str] = set()  # of the user's code that was seen running

    def see(self, name: str, value: Any, rank: Any) -> None:
        """Note that the user calls `value`, a Tensor or an array, by `name`."""
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
        """Return the user's name of a node: `name=` before anything else."""
        if node.meta is not None and node.meta.name:
            return node.meta.name
        seen = self.nodes.get(node)
        return seen[1] if seen else None

    def name_of_array(self, a: Any) -> str | None:
        """Return the user's name of a constant array, or of the array that it is a view of."""
        if id(a) in self.arrays:
            return self.arrays[id(a)][1]
        base = getattr(a, "base", None)
        if base is not None and id(base) in self.arrays:
            _, name, whole = self.arrays[id(base)]
            if a.shape == whole.shape[::-1] and a.strides == whole.strides[::-1]:
                return f"{name}.T"
            return name if a.shape == whole.shape and a.strides == whole.strides else None
        return None

    def look_at_frame(self, frame: FrameType | None) -> UserNames:
        """Learn names from the variables of a running function; return self."""
        if frame is None:
            return self
        spaces = [frame.f_locals]
        if frame.f_globals is not frame.f_locals:
            spaces.append(frame.f_globals)
        for far, space in enumerate(spaces):
            for name, value in list(space.items()):
                if not name.startswith("_") and not isinstance(value, _DULL):
                    self._look_at(name, value, far)
        return self

    def _look_at(self, name: str, value: Any, far: int, depth: int = 0) -> None:
        """Learn names from one variable, and from the dicts, lists and objects it holds."""
        if _is_array(value):
            # A parameter goes by its key, a result by its variable.
            leaf = type(value) is Tensor and value.is_leaf
            self.see(name, value, (far, (2 if leaf else 0) if depth == 0 else 3))
            return
        if depth > 2:
            return
        for inner, item, is_key in items_of(name, value):
            if is_key and _is_array(item):
                self.see(inner, item, (far, 1))
            elif not isinstance(item, _DULL):
                self._look_at(inner, item, far, depth + 1)


def _is_array(value: Any) -> bool:
    return type(value) is Tensor or isinstance(value, np.ndarray)


def items_of(name: str, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield what a container holds, each under a name, and whether the name is a user's key."""
    for key, item in islice(pytree.children(value), MANY):
        is_key = isinstance(value, dict) and isinstance(key, str)
        yield key if is_key else f"{name}[{key!r}]", item, is_key
    own = getattr(value, "__dict__", None)
    module = type(value).__module__
    if isinstance(own, dict) and (module == "types" or module not in sys.stdlib_module_names):
        for key, item in list(own.items())[:MANY]:
            yield (key if name == "self" else f"{name}.{key}"), item, False


def names_of(raw: Sequence[Any], parents: Sequence[Node | None]) -> list[str | None]:
    """Return what the user calls each operand, as far as known; `W.T` for the transpose of W."""
    seen = UserNames().look_at_frame(user_frame())
    found: list[str | None] = []
    for i, a in enumerate(raw):
        node = parents[i] if i < len(parents) else None
        name = seen.name_of(node) if node is not None else seen.name_of_array(a)
        if name is None and node is not None and node.rule is RULES[np.transpose]:
            source = node.parents[0]
            name = seen.name_of(source) if source is not None else None
            name = f"{name}.T" if name and len(node.args) == 1 else None
        found.append(name)
    return found


def user_variables(below: CodeType) -> Iterator[tuple[str, Any]]:
    """Yield names and values in the user's frames inside the call that runs `below`.

    The outermost frame comes first: its names are the author's, not those of a helper.
    """
    for frame in reversed(list(user_frames(below))):
        for name, value in frame.f_locals.items():
            if not name.startswith(("_", ".")) and len(name) <= LONGEST:
                yield name, value
        for name in frame.f_code.co_names:
            if isinstance(frame.f_globals.get(name), np.ndarray):
                yield name, frame.f_globals[name]


class NameWatcher:
    """A trace function that learns what a running function calls its intermediate results.

    The variables of the outermost function win, then variables before arguments. The variable of a
    loop names each result that it held.

    >>> def f(x):
    ...     square = x * x
    ...     return square + 1
    >>> x, seen = Tensor(3.0, requires_grad=True), UserNames()
    >>> with NameWatcher(seen):
    ...     y = f(x)
    >>> seen.name_of(y._node.parents[0])
    'square'
    """

    def __init__(self, seen: UserNames) -> None:
        self.seen = seen
        self.time = 0
        self.depths: dict[FrameType, int] = {}
        self.before: Any = None

    def __enter__(self) -> NameWatcher:
        self.before = sys.gettrace()
        sys.settrace(self.call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self.before)
        self.depths.clear()

    def call(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        """Watch a function that begins, if it is the user's."""
        code = frame.f_code
        if not is_users(code):
            return None
        self.seen.files.add(code.co_filename)
        outer = frame.f_back
        while outer is not None and outer not in self.depths:
            outer = outer.f_back
        depth = self.depths[outer] + 1 if outer is not None else 0
        self.depths[frame] = depth
        arguments = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])

        def step(frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
            for name, value in frame.f_locals.items():
                if _is_array(value):
                    self.time += 1
                    if not name.startswith("."):
                        self.seen.see(name, value, (5, name in arguments, depth, self.time))
            if event == "return":
                self.depths.pop(frame, None)
            return step

        return step
