"""Modes: recording off, the user's line in every node, a stop at the first nan."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import AnomalyError
from . import hooks
from .graph import Node, describe
from .nan_repair import raw


class Modes(threading.local):
    """Settings of the current thread; `plain` is True if all are defaults."""

    plain = True
    grad = True  # record calls
    lines = False  # note the user's source line in every node
    anomaly = False  # stop at the first nan or inf
    depth = 0  # number of grad() calls under way
    observer: Callable[[Node, Any], None] | None = None  # gets each gradient when it is complete

    def update(self, **settings: bool) -> dict[str, bool]:
        """Change settings; return their former values."""
        before = {name: getattr(self, name) for name in settings}
        for name, value in settings.items():
            setattr(self, name, value)
        plain = self.grad and not self.lines and not self.anomaly
        if plain and not self.plain:
            not_plain.pop()
        elif self.plain and not plain:
            not_plain.append(None)
        self.plain = plain
        return before


# One entry for each thread with other settings than the defaults. Looking here first takes a tenth
# of the time that a thread's own settings take.
not_plain: list[None] = []
modes = Modes()


@contextmanager
def setting(**settings: bool) -> Iterator[None]:
    """Change settings of the current thread for a block."""
    before = modes.update(**settings)
    try:
        yield
    finally:
        modes.update(**before)


@contextmanager
def observing(observer: Callable[[Node, Any], None]) -> Iterator[None]:
    """Call `observer(node, gradient)` for each gradient that is complete, within this thread."""
    before, modes.observer = modes.observer, observer
    try:
        yield
    finally:
        modes.observer = before


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording, for predictions and for parameter updates.

    Returns
    -------
    A context manager, which may also decorate a function.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.no_grad():
    ...     (x * x).requires_grad
    False
    """
    with setting(grad=False):
        yield


@contextmanager
def trace_lines(on: bool = True) -> Iterator[None]:
    """Note the user's file and line in every recorded call, for errors and drawings.

    Parameters
    ----------
    on : False switches it off within another `trace_lines`

    Returns
    -------
    A context manager, which may also decorate a function.
    """
    with setting(lines=on):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first nan or infinity, forward or backward, and say which line produced it.

    Raises
    ------
    AnomalyError
        With the function, the shapes and the user's line.
    """
    # The error says more than NumPy's warning.
    with setting(anomaly=True, lines=True), np.errstate(all="ignore"):
        yield


def inspect_node(node: Node) -> None:
    """Do to a new node what the settings ask for."""
    if modes.lines:
        node.require_meta().line = hooks.user_line()
    if modes.anomaly:
        for out in node.out if type(node.out) is tuple else (node.out,):
            if isinstance(out, np.ndarray | np.generic):
                check_finite(out, node, "{call} made the first {what} of the forward pass")


def check_finite(
    d: Any, node: Node, sentence: str = "backward of {call} made the first {what}"
) -> None:
    """Raise AnomalyError if an output or gradient of a call holds a nan or an infinity."""
    d = raw(d)
    if not np.isfinite(d).all():
        what = "nan" if np.isnan(d).any() else "inf"
        raise AnomalyError(
            f"{sentence.format(call=describe(node), what=what)}. Look at the values it was given: "
            f"a zero, a negative number or an overflow there is the usual cause."
        )
