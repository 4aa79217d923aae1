"""np.interp, with respect to all arguments: positions, knots and values at the knots."""

from typing import Any

import numpy as np

from .devices import beside
from .elementwise import over
from .indexing import getitem
from .registry import compose
from .shaping import astype

compose(np.interp, lambda x, xp, fp, left=None, right=None, period=None: interp(x, xp, fp, left, right, period))


def interp(x: Any, xp: Any, fp: Any, left: Any, right: Any, period: Any) -> Any:
    """Interpolate linearly between knots (xp, fp), constant outside.

    At a knot the derivative is the smaller of both slopes, and 0 if they differ in sign.
    """
    x, xp, fp = beside(fp, x), beside(fp, xp), beside(x, fp)
    if period is not None:
        x, xp, fp = np.remainder(x, period), *unrolled(np.remainder(xp, period), fp, period)
        left = right = None
    flat = np.zeros_like(fp[:1])
    slopes = np.concatenate([flat, over(fp[1:] - fp[:-1], xp[1:] - xp[:-1]), flat])
    i = np.searchsorted(xp, x, side="right")  # x lies before knot i
    knot = np.maximum(i - 1, 0)
    at, before, after = getitem(xp, knot), getitem(slopes, knot), getitem(slopes, i)
    y = getitem(fp, knot) + np.where(x == at, gentler(before, after), after) * (x - at)
    y = y if left is None else np.where(x < xp[0], left, y)
    y = y if right is None else np.where(x > xp[-1], right, y)
    return astype(y, np.result_type(y, np.float64))


def unrolled(xp: Any, fp: Any, period: Any) -> Any:
    """Return the knots of one period in order, with the last one before and the first one after."""
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    return (np.concatenate([xp[-1:] - period, xp, xp[:1] + period]),
            np.concatenate([fp[-1:], fp, fp[:1]]))


def gentler(a: Any, b: Any) -> Any:
    """Return the least-norm number between two slopes."""
    return np.where(a * b <= 0, 0, np.where(np.absolute(a) < np.absolute(b), a, b))
