"""Indexing: x[i] is no NumPy function, so it is one of ours; its gradient is put back in place."""

import numpy as np

from ..registry import primitive


@primitive(lambda g, y, x, index: scatter(g, index, x.shape))
def getitem(x, index):
    """x[index]"""
    return x[index]


@primitive(lambda g, y, x, index, shape: getitem(g, index))
def scatter(x, index, shape):
    """Zeros of this shape with `x` added at `index`, as often as the index names a place."""
    out = np.zeros(shape, x.dtype)
    scatter_into(out, index, x)
    return out


def scatter_into(out, index, x):
    """Add `x` at `index` of `out`."""
    if is_basic(index):
        out[index] += x
    else:
        np.add.at(out, index, x)


def is_basic(index):
    """Whether an index is made of integers and slices only, so that no place comes twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        isinstance(p, slice | int | np.integer) and not isinstance(p, bool) or p is None or p is Ellipsis
        for p in parts
    )
