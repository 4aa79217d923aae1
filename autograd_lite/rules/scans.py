"""Running sums and products, differences between neighbours, and functions built on these."""

from typing import Any

import numpy as np

from .devices import beside, in_type_of
from .reductions import before
from .registry import compose, rule
from .shaping import astype

# The gradient of a running sum is a running sum from the other end
rule(np.cumsum,   lambda g, y, a, axis=None, dtype=None, out=None:
                      np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis), axis), a.shape))
rule(np.cumprod,  lambda g, y, a, axis=None, dtype=None, out=None: cumprod_vjp(g, a, axis))

compose(np.nancumsum,   lambda a, axis=None, dtype=None, out=None:
                            np.cumsum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype))
compose(np.nancumprod,  lambda a, axis=None, dtype=None, out=None:
                            np.cumprod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype))
compose(np.diff,        lambda a, n=1, axis=-1, prepend=None, append=None:
                            diff(a, n, axis, prepend, append))
compose(np.ediff1d,     lambda ary, to_end=None, to_begin=None: ediff1d(ary, to_end, to_begin))
compose(np.trapezoid,   lambda y, x=None, dx=1.0, axis=-1: trapezoid(y, x, dx, axis))
if hasattr(np, "trapz"):  # NumPy before 2.4
    compose(np.trapz,   lambda y, x=None, dx=1.0, axis=-1: trapezoid(y, x, dx, axis))
compose(np.gradient,    lambda f, *varargs, axis=None, edge_order=1: gradient(f, varargs, axis, edge_order))
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    compose(np.cumulative_sum,   lambda x, /, *, axis=None, dtype=None, out=None, include_initial=False:
                                     cumulative(np.cumsum, np.zeros_like, x, axis, dtype, include_initial))
    compose(np.cumulative_prod,  lambda x, /, *, axis=None, dtype=None, out=None, include_initial=False:
                                     cumulative(np.cumprod, np.ones_like, x, axis, dtype, include_initial))


def cumprod_vjp(g: Any, a: Any, axis: Any) -> Any:
    """Use y_i = x_0 ... x_i: dx_j = x_0 ... x_(j-1) r_j, with r_j = g_j + x_(j+1) r_(j+1)."""
    axis = axis if a.ndim else None
    x = np.ravel(a) if axis is None else np.moveaxis(a, axis, -1)
    r = g if axis is None else np.moveaxis(g, axis, -1)
    f = x[..., 1:]  # r_j = g_j + f_j r_(j+1), over spans that double
    span = 1
    while span < x.shape[-1]:
        r = np.concatenate([r[..., :-span] + f * r[..., span:], r[..., -span:]], axis=-1)
        f = f[..., :-span] * f[..., span:]
        span *= 2
    d = before(x) * r
    return np.reshape(d, a.shape) if axis is None else np.moveaxis(d, -1, axis)


def cumulative(scan: Any, first: Any, x: Any, axis: Any, dtype: Any, include_initial: Any) -> Any:
    """Compute a running sum or product by the names of the array API standard."""
    if axis is None:
        if x.ndim > 1:
            raise ValueError("a cumulative sum or product of several dimensions needs an axis.")
        axis = 0
    y = scan(x, axis=axis, dtype=dtype)
    if not include_initial:
        return y
    return np.concatenate([first(y, shape=one_wide(y, axis)), y], axis=axis)


def diff(a: Any, n: Any, axis: Any, prepend: Any, append: Any) -> Any:
    """Compute a[1:] - a[:-1] along an axis, n times, with optional elements before and after."""
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    ends = [end if end is None else beside(a, end) for end in (prepend, append)]
    ends = [end if end is None or end.ndim else np.broadcast_to(end, one_wide(a, axis)) for end in ends]
    if n and (prepend is not None or append is not None):
        a = np.concatenate([part for part in (ends[0], a, ends[1]) if part is not None], axis=axis)
    for _ in range(n):
        a = along(a, axis, 1, None) - along(a, axis, None, -1)
    return a


def one_wide(a: Any, axis: Any) -> Any:
    """Return the shape of one slice of `a` across an axis."""
    axis %= a.ndim
    return (*a.shape[:axis], 1, *a.shape[axis + 1 :])


def along(a: Any, axis: Any, start: Any, stop: Any) -> Any:
    """Return a[start:stop] along an axis."""
    return a[(slice(None),) * (axis % a.ndim) + (slice(start, stop),)]


def ediff1d(ary: Any, to_end: Any, to_begin: Any) -> Any:
    """Return the differences of the flat array, with optional elements before and after."""
    flat = np.ravel(ary)
    parts = [to_begin, flat[1:] - flat[:-1], to_end]
    return np.concatenate([np.ravel(in_type_of(flat, part)) for part in parts if part is not None])


def trapezoid(y: Any, x: Any, dx: Any, axis: Any) -> Any:
    """Return the sum of width times mean height."""
    y = beside(dx if x is None else x, y)
    if x is not None:
        dx = np.diff(x, axis=axis) if np.ndim(x) > 1 else upright(np.diff(x), np.ndim(y), axis)
    return np.sum(dx * (along(y, axis, 1, None) + along(y, axis, None, -1)) / 2, axis=axis)


def upright(h: Any, ndim: Any, axis: Any) -> Any:
    """Reshape a vector to run along one of many axes."""
    return np.reshape(h, tuple([-1 if i == axis % ndim else 1 for i in range(ndim)]))


def gradient(f: Any, varargs: Any, axis: Any, edge_order: Any) -> Any:
    """Compute np.gradient: central differences inside, one-sided of `edge_order` at the ends."""
    axes = range(np.ndim(f)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacing = varargs or (1.0,)
    f = beside(spacing[0], f)
    if len(spacing) == 1 and np.ndim(spacing[0]) == 0:
        spacing = spacing * len(axes)
    if len(spacing) != len(axes):
        raise TypeError(f"np.gradient: {len(axes)} axes, but {len(spacing)} spacings.")
    slopes = [gradient_along(f, h, i, edge_order) for h, i in zip(spacing, axes, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def gradient_along(f: Any, spacing: Any, axis: Any, edge_order: Any) -> Any:
    """Return slopes along one axis; `spacing` is a distance, or the positions on the axis."""
    n = f.shape[axis]
    if n < edge_order + 1 or edge_order not in (1, 2):
        raise ValueError(f"np.gradient of {n} elements with edge_order {edge_order}: pass more elements.")
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        raise ValueError(f"np.gradient: {np.shape(spacing)} positions along an axis of {n} elements.")
    spacing = beside(f, spacing)
    h = upright(np.diff(spacing) if np.ndim(spacing) else np.broadcast_to(spacing, (n - 1,)), f.ndim, axis)
    step = (along(f, axis, 1, None) - along(f, axis, None, -1)) / h
    h1, h2 = along(h, axis, None, -1), along(h, axis, 1, None)
    s1, s2 = along(step, axis, None, -1), along(step, axis, 1, None)
    inside = (h2 * s1 + h1 * s2) / (h1 + h2)
    first, last = along(step, axis, None, 1), along(step, axis, -1, None)
    if edge_order == 2:  # a parabola through three points: its middle slope is the mean of those at both ends
        first = 2 * first - along(inside, axis, None, 1)
        last = 2 * last - along(inside, axis, -1, None)
    y = np.concatenate([first, inside, last], axis=axis)
    return y if f.dtype.kind not in "fc" or y.dtype == f.dtype else astype(y, f.dtype)
