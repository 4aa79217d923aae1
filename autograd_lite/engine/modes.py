"""Switches for looking closely: the user's line in every node, and a stop at the first nan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ..errors import AnomalyError
from . import hooks
from .graph import Node, describe, modes


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: for predictions and for parameter updates.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.no_grad():
    ...     (x * x).requires_grad
    False
    """
    before = modes.update(grad=False)
    try:
        yield
    finally:
        modes.update(**before)


@contextmanager
def trace_lines(on: bool = True) -> Iterator[None]:
    """Note the user's file and line in every recorded call, for errors and drawings."""
    before = modes.update(lines=on)
    try:
        yield
    finally:
        modes.update(**before)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first nan or infinity, forward or backward, and say which line made it.

    Raises AnomalyError with the function, the shapes and the user's line.
    """
    before = modes.update(anomaly=True, lines=True)
    try:
        with np.errstate(all="ignore"):  # the error says more than NumPy's warning
            yield
    finally:
        modes.update(**before)


def watch(node: Node) -> None:
    """Do to a new node what the switches ask for."""
    if modes.lines:
        node.require_meta().line = hooks.user_line()
    if modes.anomaly:
        outs = node.out if type(node.out) is tuple else (node.out,)
        for out in outs:
            if isinstance(out, np.ndarray | np.generic) and not np.isfinite(out).all():
                what = "nan" if np.isnan(out).any() else "inf"
                raise AnomalyError(
                    f"{describe(node)} made the first {what} of the forward pass. Look at the "
                    f"values it was given: a zero, a negative number or an overflow is the usual "
                    f"cause."
                )
