"""Comparisons of arrays up to rounding."""

from __future__ import annotations

import numpy as np

from ...by_hand.notation import Array

EXACT = 1e-12  # relative to the terms that a gradient adds up
SINGLE = 64 * 2.0**-23  # the same for float32
LOOSE = 1e6  # times EXACT, if the size of the terms that cancel is unknown


def exact(*arrays: Array) -> float:
    """Return what rounding may change, relative to the terms added up, in the coarsest dtype."""
    return SINGLE if any(x.dtype in (np.float32, np.float16) for x in arrays) else EXACT


def largest(a: Array) -> float:
    """Return the largest absolute value."""
    return float(np.max(np.abs(a), initial=0.0))


def near(a: Array, b: Array, rtol: float, atol: float = 0.0) -> bool:
    """Return True if arrays of one shape differ by at most rtol of the largest element, plus atol.

    >>> near(np.ones(2), np.array([1.0, 1.1]), 0.2), near(np.ones(2), np.ones((2, 1)), 0.2)
    (True, False)
    """
    if a.shape != b.shape or not np.all(np.isfinite(a)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= rtol * max(largest(a), largest(b)) + atol)


def multiple(M: Array, E: Array, rtol: float = EXACT) -> float | None:
    """Return k if M = k E to rounding, else None.

    >>> multiple(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
    2.0
    """
    if M.shape != E.shape or not np.any(E):
        return None
    a, b = M.astype(np.float64).ravel(), E.astype(np.float64).ravel()
    k = float((a @ b) / (b @ b))
    return k if np.max(np.abs(a - k * b)) <= rtol * largest(a) else None
