"""Functions that move numbers without changing them, and `spread`, the reverse of a sum."""

import numpy as np

from ..registry import primitive, rule

rule(np.reshape,       lambda g, y, a, shape=None, order="C": np.reshape(g, a.shape, order=order))
rule(np.ravel,         lambda g, y, a, order="C": np.reshape(g, a.shape, order=order))
rule(np.transpose,     lambda g, y, a, axes=None: np.transpose(g, inverse(axes)))
rule(np.swapaxes,      lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.moveaxis,      lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
rule(np.squeeze,       lambda g, y, a, axis=None: np.reshape(g, a.shape))
rule(np.expand_dims,   lambda g, y, a, axis: np.reshape(g, a.shape))
rule(np.broadcast_to,  lambda g, y, array, shape, subok=False: g)  # the sweep sums it


def inverse(axes):
    """The permutation that undoes `axes`."""
    if axes is None:
        return None
    n = len(axes)
    return tuple(int(i) for i in np.argsort([axis % n for axis in axes]))


@primitive(lambda g, y, x, dtype: g)  # the sweep casts back
def astype(x, dtype):
    """The same numbers in another type."""
    return x.astype(dtype)


@primitive(lambda g, y, x, shape, axis, keepdims: np.sum(g, axis=axis, keepdims=keepdims))
def spread(x, shape, axis, keepdims):
    """Repeat `x` along the axes that a reduction of an array of this shape took away."""
    if axis is not None and not keepdims:
        x = np.reshape(x, kept(shape, axis))
    if type(x) is not np.ndarray and not isinstance(x, np.generic):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def kept(shape, axis):
    """The shape that a reduction over `axis` gives with keepdims."""
    n = len(shape)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {int(i) % n for i in axes}
    return tuple([1 if i in gone else size for i, size in enumerate(shape)])


def count(shape, axis):
    """How many numbers a reduction over `axis` takes together."""
    n = 1
    for size, rest in zip(shape, kept(shape, axis), strict=True):
        n *= size // rest if rest else 1
    return n
