"""The names of intermediate results, learned by watching a function run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from ..advice.user_names import Sightings
from ..engine.modes import _NUMPY, _OURS
from ..engine.tensor import Tensor


class Witness:
    """Watches a function run, and learns what it calls its intermediate results.

    The variables of the outermost function win, then variables before arguments; a loop's variable
    names each result that it held.

    >>> def f(x):
    ...     square = x * x
    ...     return square + 1
    >>> x, seen = Tensor(3.0, requires_grad=True), Sightings()
    >>> with Witness(seen):
    ...     y = f(x)
    >>> seen.name_of(y._node.parents[0])
    'square'
    """

    def __init__(self, seen: Sightings) -> None:
        self.seen = seen
        self.time = 0
        self.depths: dict[FrameType, int] = {}
        self.before: Any = None

    def __enter__(self) -> Witness:
        self.before = sys.gettrace()
        sys.settrace(self.call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self.before)
        self.depths.clear()

    def call(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        """A function begins: watch it when it is the user's."""
        code = frame.f_code
        if code.co_filename.startswith((_OURS, _NUMPY, "<__array_function__", "<frozen")):
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
                if type(value) is Tensor or isinstance(value, np.ndarray):
                    self.time += 1
                    if not name.startswith("."):
                        self.seen.see(name, value, (5, name in arguments, depth, self.time))
            if event == "return":
                self.depths.pop(frame, None)
            return step

        return step
