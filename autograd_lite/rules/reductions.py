"""Reductions: each gradient is spread back over the axes that the function reduced."""

from typing import Any

import numpy as np

from .elementwise import over
from .registry import compose, rule
from .shaping import count, kept, spread

rule(np.sum,   lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                   masked(spread(g, a.shape, axis, keepdims), where))
rule(np.mean,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True:
                   masked(spread(g / number(a, axis, keepdims, where), a.shape, axis, keepdims), where))

# d(prod x)/dx_j = product of the others, so zeros among them are safe
rule(np.prod,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                   masked(spread(g * initial, a.shape, axis, keepdims) * others(a, axis, where), where))

# d(var x)/dx_j = 2 (x_j - mean) / (n - ddof), and d(std)/d(var) = 1 / (2 std)
rule(np.var,   lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
                      mean=None, correction=None:
                   2 * deviation(g, a, axis, ddof, keepdims, where, mean, correction))
rule(np.std,   lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
                      mean=None, correction=None:
                   deviation(over(g, y), a, axis, ddof, keepdims, where, mean, correction))

# Ties share evenly
rule(np.max,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                   share(g, y, a, axis, keepdims, initial, where))
rule(np.min,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                   share(g, y, a, axis, keepdims, initial, where))

# The nan-variants skip nan
rule(np.nansum,   lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                      masked(spread(g, a.shape, axis, keepdims), numbers(a, where)))
rule(np.nanmean,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True:
                      masked(spread(g / number(a, axis, keepdims, numbers(a, where)), a.shape, axis, keepdims),
                             numbers(a, where)))
rule(np.nanprod,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                      masked(spread(g * initial, a.shape, axis, keepdims) * others(a, axis, numbers(a, where)),
                             numbers(a, where)))
rule(np.nanvar,   lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
                         mean=None, correction=None:
                      2 * deviation(g, a, axis, ddof, keepdims, numbers(a, where), mean, correction))
rule(np.nanstd,   lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
                         mean=None, correction=None:
                      deviation(over(g, y), a, axis, ddof, keepdims, numbers(a, where), mean, correction))
rule(np.nanmax,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      share(g, y, a, axis, keepdims, initial, where))
rule(np.nanmin,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      share(g, y, a, axis, keepdims, initial, where))

# Aliases, and functions defined by these
compose(np.amax, np.max)
compose(np.amin, np.min)
compose(np.ptp,  lambda a, axis=None, out=None, keepdims=False:
                     np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims))


def number(a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """Count the elements of each mean, in a dtype that can count them: half ends at 65504."""
    if where is True:
        n = count(a.shape, axis)
        return np.float32(n) if a.dtype == np.float16 else n
    return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)


def masked(d: Any, where: Any) -> Any:
    """Return `d`, with zero at elements that the reduction skips."""
    return d if where is True else np.where(where, d, 0)


def numbers(a: Any, where: Any) -> Any:
    """Return True for elements that the reduction includes."""
    found = np.logical_not(np.isnan(a))
    return found if where is True else np.logical_and(found, where)


def deviation(g: Any, a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any, mean: Any, correction: Any) -> Any:
    """Return g * (a - mean) / (n - ddof), conjugated; `mean` if the caller passed it."""
    if mean is None:
        mean = np.sum(masked(a, where), axis=axis, keepdims=True) / number(a, axis, True, where)
    g = g / (number(a, axis, keepdims, where) - (ddof if correction is None else correction))
    centered = np.conjugate(a - mean) if a.dtype.kind == "c" else a - mean
    return masked(spread(g, a.shape, axis, keepdims) * centered, where)


def share(g: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """Share the gradient of an extreme value evenly among the elements that reach it.

    A tie with `initial`, a constant, is a kink: the least-norm choice there is 0.
    """
    y = np.reshape(y, kept(a.shape, axis))
    hit = masked(a == y, where)
    if initial is not None:
        hit = np.logical_and(hit, y != initial)
    n = np.maximum(np.sum(hit, axis=axis, keepdims=keepdims), 1)  # 0 where `initial` won
    return spread(g / n, a.shape, axis, keepdims) * hit


def others(a: Any, axis: Any, where: Any) -> Any:
    """Return for each element the product of all others in its reduction, without a division."""
    a = a if where is True else np.where(where, a, 1)
    x = in_lanes(a, axis)
    both = before(x) * np.flip(before(np.flip(x, -1)), -1)
    axes = reduced(a, axis)
    rest = tuple(n for i, n in enumerate(a.shape) if i not in axes)
    both = np.reshape(both, rest + tuple(a.shape[i] for i in axes))
    return np.moveaxis(both, tuple(range(-len(axes), 0)), axes)


def reduced(a: Any, axis: Any) -> Any:
    """Return the axes of a reduction, counted from 0."""
    n = a.ndim  # NumPy accepts axis=0 for a scalar, too
    axes = range(n) if axis is None or n == 0 else axis if isinstance(axis, tuple) else (axis,)
    return tuple([i % n for i in axes])


def in_lanes(a: Any, axis: Any) -> Any:
    """Move the axes of a reduction to the end, and merge them into one."""
    axes = reduced(a, axis)
    last = np.moveaxis(a, axes, tuple(range(-len(axes), 0)))
    return np.reshape(last, (*last.shape[: a.ndim - len(axes)], count(a.shape, axis)))


def before(x: Any) -> Any:
    """Return for each element the product of those before it on the last axis."""
    return np.concatenate([np.ones_like(x[..., :1]), np.cumprod(x[..., :-1], axis=-1)], axis=-1)
