"""np.pad, mode by mode: moved elements, or statistics and ramps joined on, axis after axis."""

from typing import Any

import numpy as np

from ..errors import NoRuleError
from .devices import beside, in_type_of
from .indexing import addresses, back
from .making import array
from .registry import compose, primitive
from .scans import along

compose(np.pad, lambda array, pad_width, mode="constant", *, stat_length=None, constant_values=None, end_values=None,
                       reflect_type=None:
            pad(array, pairs(pad_width, array.ndim), mode, stat_length, constant_values, end_values, reflect_type))


@primitive(lambda g, y, x, widths, mode, value: unpad(g, x, widths, mode))
def padded(x: Any, widths: Any, mode: Any, value: Any) -> Any:
    """Call np.pad in a mode that moves elements or adds constants around them."""
    return np.pad(x, widths, mode) if value is None else np.pad(x, widths, mode, constant_values=value)


def unpad(g: Any, x: Any, widths: Any, mode: Any) -> Any:
    """Send moved elements back to their sources; drop constants."""
    if mode in ("constant", "empty"):
        return g[tuple([slice(left, left + n) for (left, _), n in zip(widths, x.shape, strict=True)])]
    return back(g, np.pad(addresses(x), widths, mode), x.shape)


def pad(x: Any, widths: Any, mode: Any, stat_length: Any, constant_values: Any, end_values: Any, reflect_type: Any) -> Any:
    """Choose the computation of a mode."""
    if x.ndim == 0:  # a scalar has no sides
        return np.positive(x)
    if not isinstance(mode, str):
        raise NoRuleError("np.pad with a function of your own writes in place; use np.concatenate.")
    if mode in STATISTICS:
        grow = statistic(STATISTICS[mode], pairs(stat_length, x.ndim))
    elif mode == "linear_ramp":
        grow = ramp(ends(x, 0 if end_values is None else end_values))
    elif reflect_type == "odd" and mode in ("reflect", "symmetric"):
        grow = odd(0 if mode == "reflect" else 1)
    elif any(hasattr(v, "__autograd_call__") for v in flat(constant_values)):
        grow = constants(ends(x, constant_values))
    else:
        return padded(x, widths, mode, constant_values)
    for axis, (left, right) in enumerate(widths):
        if left or right:
            x = grow(x, axis, left, right)
    return x


STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def pairs(widths: Any, ndim: Any) -> Any:
    """Return a pair (before, after) for each axis, from any form that np.pad accepts."""
    if widths is None:
        return ((None, None),) * ndim
    if isinstance(widths, dict):  # NumPy 2.3: {axis: width}
        table = [(0, 0)] * ndim
        for axis, width in widths.items():
            table[axis] = tuple(np.broadcast_to(width, 2).tolist())
        return tuple(table)
    return tuple(map(tuple, np.broadcast_to(widths, (ndim, 2)).tolist()))


def flat(values: Any) -> Any:
    """Return the elements of nested lists."""
    return [v for item in values for v in flat(item)] if isinstance(values, list | tuple) else [values]


def ends(x: Any, values: Any) -> Any:
    """Return a pair of values (before, after) for each axis; some may be variables."""
    return np.broadcast_to(in_type_of(x, array(values, None, 0)), (x.ndim, 2))


def constants(values: Any) -> Any:
    """Pad with a different constant at each end."""
    def grow(x, axis, left, right):
        before, after = (np.broadcast_to(values[axis][i], (*x.shape[:axis], n, *x.shape[axis + 1 :]))
                         for i, n in enumerate((left, right)))
        return np.concatenate([before, x, after], axis=axis)
    return grow


def statistic(fn: Any, lengths: Any) -> Any:
    """Pad with a statistic, such as the mean, of some elements at each end."""
    def grow(x, axis, left, right):
        n = x.shape[axis]
        first, last = (n if length is None else min(n, length) for length in lengths[axis])
        before, after = along(x, axis, 0, first), along(x, axis, n - last, None)
        return np.concatenate([copies(fn(before, axis=axis, keepdims=True), axis, left), x,
                               copies(fn(after, axis=axis, keepdims=True), axis, right)], axis=axis)
    return grow


def copies(x: Any, axis: Any, n: Any) -> Any:
    """Repeat `x`, of length 1 along the axis, n times."""
    return np.broadcast_to(x, (*x.shape[:axis], n, *x.shape[axis + 1 :]))


def ramp(ends: Any) -> Any:
    """Pad with even steps from the edge to the given value."""
    def grow(x, axis, left, right):
        def steps_between(edge, end, width):
            steps = beside(x, np.arange(width, dtype=x.dtype) / max(width, 1))
            steps = np.reshape(steps, [-1 if i == axis else 1 for i in range(x.ndim)])
            return end + (edge - end) * steps
        before = steps_between(along(x, axis, None, 1), ends[axis][0], left)
        after = steps_between(along(x, axis, -1, None), ends[axis][1], right)
        return np.concatenate([before, x, np.flip(after, axis)], axis=axis)
    return grow


def odd(edge: Any) -> Any:
    """Pad with a reflection through the point at the edge, which is repeated (1) or not (0)."""
    def grow(x, axis, left, right):
        n = x.shape[axis]
        while left or right:
            whole = x.shape[axis] // n * n if edge else (x.shape[axis] - 1) // max(n - 1, 1) * max(n - 1, 1)
            k, m = (min(whole, left), min(whole, right)) if n > 1 else (left, right)
            first, last = along(x, axis, None, 1), along(x, axis, -1, None)
            parts = [x]
            if k:
                mirrored = along(x, axis, 1 - edge, 1 - edge + k) if n > 1 else copies(first, axis, k)
                parts.insert(0, 2 * first - np.flip(mirrored, axis))
            if m:
                stop = x.shape[axis] - 1 + edge
                mirrored = along(x, axis, stop - m, stop) if n > 1 else copies(last, axis, m)
                parts.append(2 * last - np.flip(mirrored, axis))
            x, left, right = np.concatenate(parts, axis=axis), left - k, right - m
        return x
    return grow
