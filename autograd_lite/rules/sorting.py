"""Order statistics: sort, partition and quantiles. Equal elements share a gradient evenly."""

from typing import Any

import numpy as np

from .devices import beside
from .reductions import in_lanes, share
from .registry import compose, primitive, rule
from .shaping import astype, kept

rule(np.sort,       lambda g, y, a, axis=-1, kind=None, order=None, *, stable=None: restore(g, y, a, axis))
rule(np.partition,  lambda g, y, a, kth, axis=-1, kind="introselect", order=None: restore(g, y, a, axis))

compose(np.sort_complex,   lambda a: np.sort(a) if a.dtype.kind == "c" else astype(np.sort(a), np.result_type(a, np.complex128)))
compose(np.median,         lambda a, axis=None, out=None, overwrite_input=False, keepdims=False:
                               order_statistic("median", a, 0.5, axis, keepdims))
compose(np.nanmedian,      lambda a, axis=None, out=None, overwrite_input=False, keepdims=False:
                               order_statistic("nanmedian", a, 0.5, axis, keepdims))
compose(np.quantile,       lambda a, q, axis=None, out=None, overwrite_input=False, method="linear",
                                  keepdims=False, *, weights=None:
                               order_statistic("quantile", a, q, axis, keepdims, method, weights))
compose(np.nanquantile,    lambda a, q, axis=None, out=None, overwrite_input=False, method="linear",
                                  keepdims=False, *, weights=None:
                               order_statistic("nanquantile", a, q, axis, keepdims, method, weights))
compose(np.percentile,     lambda a, q, axis=None, out=None, overwrite_input=False, method="linear",
                                  keepdims=False, *, weights=None:
                               order_statistic("quantile", a, share_of(q), axis, keepdims, method, weights))
compose(np.nanpercentile,  lambda a, q, axis=None, out=None, overwrite_input=False, method="linear",
                                  keepdims=False, *, weights=None:
                               order_statistic("nanquantile", a, share_of(q), axis, keepdims, method, weights))


# Methods that return one of the elements, and so their dtype
PICKING = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
# Methods that are continuous in q: number of extra positions that q = 0 ... 1 runs over
WIDER = {"linear": -1, "hazen": 0, "interpolated_inverted_cdf": 0, "weibull": 1,
         "median_unbiased": 1 / 3, "normal_unbiased": 1 / 4}


def restore(g: Any, y: Any, a: Any, axis: Any) -> Any:
    """Return the gradient of `y`, a permutation of `a`: each element finds its place by rank."""
    if axis is None:
        return np.reshape(restore(g, y, np.ravel(a), -1), a.shape)
    order = np.argsort(a, axis=axis)
    by_rank = np.take_along_axis(g, np.argsort(y, axis=axis), axis)
    by_rank = evened(by_rank, np.take_along_axis(a, order, axis), axis)
    return np.take_along_axis(by_rank, np.argsort(order, axis=axis), axis)


@primitive(lambda g, y, x, ranked, axis: evened(g, ranked, axis),  # the map is its own adjoint
           lambda g, y, x, ranked, axis: np.zeros_like(ranked))
def evened(x: Any, ranked: Any, axis: Any) -> Any:
    """Average `x` over each run of equal elements in `ranked`, which is sorted along the axis."""
    ranked = np.moveaxis(ranked, axis, -1)
    new = ranked[..., 1:] != ranked[..., :-1]
    if new.all():
        return x
    new = np.ravel(np.concatenate([np.ones_like(ranked[..., :1], dtype=bool), new], axis=-1))
    lanes = np.moveaxis(x, axis, -1)
    run = np.cumsum(new) - 1  # the run that each element belongs to
    starts = np.flatnonzero(new)
    means = np.add.reduceat(np.ravel(lanes), starts) / np.bincount(run)
    return np.moveaxis(np.reshape(means[run], lanes.shape), -1, axis)


def share_of(percent: Any) -> Any:
    """Return a percentile as a quantile; a Python number stays one, for its dtype is weak."""
    return percent / 100 if isinstance(percent, int | float) else np.true_divide(percent, 100)


def order_statistic(name: Any, a: Any, q: Any, axis: Any, keepdims: Any, method: Any = None, weights: Any = None) -> Any:
    """Compute a quantile as a mean of two neighbours in sorted order; see `position`."""
    a, axis = beside(q, a), tuple(axis) if isinstance(axis, list) else axis
    if weights is not None:
        parts = [weighted(a, name, one, weights, axis, keepdims, method) for one in np.ravel(q)]
        return np.reshape(np.stack(parts), np.shape(q) + parts[0].shape)
    ranked = np.sort(in_lanes(a, axis), axis=-1)
    n = ranked.shape[-1]
    at = position(beside(ranked, q) if np.ndim(q) else q, np.where(np.isnan(ranked), np.nan, beside(ranked, np.arange(n))), name, method)
    at = np.moveaxis(np.reshape(at, (np.size(q), *ranked.shape[:-1])), 0, -1)
    low = np.searchsorted(beside(ranked, np.arange(1, n)), at, side="right")  # at, rounded down
    weak = isinstance(q, int | float) or method in PICKING
    t = astype(at - low, np.result_type(ranked, 1.0 if weak else beside(ranked, q)))
    y = np.take_along_axis(ranked, low, -1)
    step = np.take_along_axis(ranked, np.minimum(low + 1, n - 1), -1) - y
    y = y + t * np.where(np.logical_or(step == 0, np.isinf(step) & (t == 0)), 0, step)
    shape = kept(a.shape, axis) if keepdims else ranked.shape[:-1]
    return np.reshape(np.moveaxis(y, -1, 0), np.shape(q) + shape)


@primitive(lambda g, y, q, ramp, name, method: position_derivative(g, y, np.shape(q), ramp, method))
def position(q: Any, ramp: Any, name: Any, method: Any) -> Any:
    """Return the position of a quantile among sorted elements, for instance 2.25.

    NumPy's own function finds it, for every method: it is called on the positions 0, 1, 2, ..., with
    nan where the quantile is nan, or where nan does not count.
    """
    fn = getattr(np, name)
    return fn(ramp, axis=-1) if method is None else fn(ramp, q, axis=-1, method=method)


def position_derivative(g: Any, y: Any, shape: Any, ramp: Any, method: Any) -> Any:
    """Return d(position)/dq, for the methods with a continuous position."""
    n = np.sum(np.isfinite(ramp), axis=-1)
    wider = WIDER.get(method)
    slope = 0 * n if wider is None else n + wider
    moving = (y > 0) & (y < n - 1) if method != "linear" else True
    return np.sum(g * np.where(moving, slope, 0), axis=tuple(range(len(shape), y.ndim)))


@primitive(lambda g, y, a, name, q, weights, axis, keepdims, method: share(g, y, a, axis, keepdims, None, True))
def weighted(a: Any, name: Any, q: Any, weights: Any, axis: Any, keepdims: Any, method: Any) -> Any:
    """Compute a weighted quantile; its only method returns one of the elements of `a`."""
    return getattr(np, name)(a, q, axis=axis, weights=weights, method=method, keepdims=keepdims)
