"""Hooks: the few places where the engine tells the rooms above something, or asks them.

The engine imports nothing of those rooms. They register listeners, and the engine calls the hook.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[..., Any]


class Hook:
    """Functions to call at one place of the engine.

    >>> hook = Hook()
    >>> remove = hook.register(lambda x: x + 1)
    >>> hook(2)
    3
    >>> remove()
    >>> hook(2) is None
    True
    """

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def register(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; return a function that removes it."""
        self._listeners = (*self._listeners, listener)

        def remove() -> None:
            self._listeners = tuple([one for one in self._listeners if one is not listener])

        return remove

    def __call__(self, *args: Any) -> Any:
        """Call the listeners in order; return the first answer that is not None."""
        for listener in self._listeners:
            answer = listener(*args)
            if answer is not None:
                return answer
        return None


# (function, operands, error, parents) -> the error to raise instead
shape_error = Hook()
# (node, operand) after an operand of n elements was broadcast to n * n
outer_broadcast = Hook()
# (tensor) after a gradient was added to one that an update of the variable has used
gradient_accumulated = Hook()
# () -> file and line of the user's code that is running
user_line = Hook()
