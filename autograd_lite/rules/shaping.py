"""Functions that move elements without changing them, and `spread`, the transpose of a sum."""

from typing import Any

import numpy as np

from .indexing import addresses, back
from .registry import compose, primitive, rule

rule(np.reshape,       lambda g, y, a, shape=None, order="C", *, copy=None: unravel(g, a, order))
rule(np.ravel,         lambda g, y, a, order="C": unravel(g, a, order))
rule(np.transpose,     lambda g, y, a, axes=None: np.transpose(g, inverse(axes)))
rule(np.swapaxes,      lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.moveaxis,      lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
rule(np.squeeze,       lambda g, y, a, axis=None: np.reshape(g, a.shape))
rule(np.expand_dims,   lambda g, y, a, axis: np.reshape(g, a.shape))
rule(np.broadcast_to,  lambda g, y, array, shape, subok=False: g)  # the sweep sums it
rule(np.flip,          lambda g, y, m, axis=None: np.flip(g, axis))
rule(np.fliplr,        lambda g, y, m: np.fliplr(g))
rule(np.flipud,        lambda g, y, m: np.flipud(g))
rule(np.rot90,         lambda g, y, m, k=1, axes=(0, 1): np.rot90(g, -k, axes))
rule(np.roll,          lambda g, y, a, shift, axis=None: np.roll(g, np.negative(shift).tolist(), axis))
rule(np.tril,          lambda g, y, m, k=0: np.tril(g, k))
rule(np.triu,          lambda g, y, m, k=0: np.triu(g, k))
rule(np.tile,          lambda g, y, A, reps: untile(g, A.shape, reps))

compose(np.matrix_transpose,   lambda x: np.swapaxes(x, -1, -2))
compose(np.rollaxis,           lambda a, axis, start=0: np.transpose(a, rolled(a.ndim, axis, start)))
compose(np.broadcast_arrays,   lambda *args, subok=False: broadcast_arrays(args))
compose(np.atleast_1d,         lambda *arys: each(arys, lambda a: a if np.ndim(a) else np.reshape(a, (1,))))
compose(np.atleast_2d,         lambda *arys: each(arys, lambda a: np.reshape(a, (1, 1, *np.shape(a))[-2:])
                                                  if np.ndim(a) < 2 else a))
compose(np.atleast_3d,         lambda *arys: each(arys, atleast_3d))
compose(np.copy,               lambda a, order="K", subok=False: np.positive(a))


@primitive(lambda g, y, x, dtype: g)  # the sweep casts back
def astype(x: Any, dtype: Any) -> Any:
    """Convert to another dtype."""
    return x.astype(dtype)


@primitive(lambda g, y, x, shape, axis, keepdims: np.sum(g, axis=axis, keepdims=keepdims))
def spread(x: Any, shape: Any, axis: Any, keepdims: Any) -> Any:
    """Repeat `x` along the axes that a reduction of an array of this shape removed."""
    if axis is not None and not keepdims:
        x = np.reshape(x, kept(shape, axis))
    if type(x) is not np.ndarray and not isinstance(x, np.generic):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    if x.shape:
        out[...] = x
    else:
        out.fill(x)  # faster
    return out


def unravel(g: Any, a: Any, order: Any) -> Any:
    """Reshape `g` to the shape of `a`, read in this order; "A" and "K" depend on memory."""
    if order == "C":
        return np.reshape(g, a.shape)
    if order == "F":
        return np.reshape(g, a.shape, order=order)
    places = numbered(np.empty_like(a, dtype=int))
    source = np.ravel(places, "K") if order == "K" else np.reshape(places, g.shape, order=order)
    return back(g, source, a.shape)


@primitive(lambda g, y, x: np.zeros_like(x))
def numbered(x: Any) -> Any:
    """Return addresses in an array with the memory layout of `x`."""
    out = np.empty_like(x, dtype=int)
    out[...] = addresses(x)
    return out


def kept(shape: Any, axis: Any) -> Any:
    """Return the shape that a reduction over `axis` returns with keepdims."""
    n = len(shape)
    axes = range(n) if axis is None or n == 0 else axis if isinstance(axis, tuple) else (axis,)
    gone = {int(i) % n for i in axes}
    return tuple([1 if i in gone else size for i, size in enumerate(shape)])


def count(shape: Any, axis: Any) -> Any:
    """Return how many elements a reduction over `axis` combines."""
    n = 1
    for size, rest in zip(shape, kept(shape, axis), strict=True):
        n *= size // rest if rest else 1
    return n


def inverse(axes: Any) -> Any:
    """Return the permutation that undoes `axes`."""
    if axes is None:
        return None
    axes = np.atleast_1d(axes)  # the only axis of a vector may be an int
    return tuple(int(i) for i in np.argsort(axes % len(axes)))


def rolled(ndim: Any, axis: Any, start: Any) -> Any:
    """Return the permutation of np.rollaxis: `axis` is moved before `start`."""
    order = list(range(ndim))
    return tuple(np.rollaxis(np.empty(order), axis, start).shape)  # the address of each axis


def each(arrays: Any, form: Any) -> Any:
    """Apply `form` to each array; return one array for one, a tuple for several."""
    return form(arrays[0]) if len(arrays) == 1 else tuple(form(a) for a in arrays)


def atleast_3d(a: Any) -> Any:
    """Reshape to three dimensions: a scalar or vector in the middle, a matrix first."""
    shape = np.shape(a)
    return a if len(shape) > 2 else np.reshape(a, ((1, 1, 1), (1, -1, 1), (*shape, 1))[len(shape)])


def broadcast_arrays(arrays: Any) -> Any:
    """Broadcast all arrays to their common shape."""
    shape = np.broadcast_shapes(*[np.shape(a) for a in arrays])
    return tuple(np.broadcast_to(a, shape) for a in arrays)


def untile(g: Any, shape: Any, reps: Any) -> Any:
    """Sum over the tiles: view each axis of `g` as (which tile, where in the tile)."""
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    ndim = max(len(shape), len(reps))
    reps = (1,) * (ndim - len(reps)) + reps
    sizes = (1,) * (ndim - len(shape)) + shape
    pairs = [int(n) for pair in zip(reps, sizes, strict=True) for n in pair]
    return np.reshape(np.sum(np.reshape(g, pairs), axis=tuple(range(0, 2 * ndim, 2))), shape)
