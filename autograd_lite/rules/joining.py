"""Functions of lists of arrays. Each runs as one call whose arguments are the arrays."""

import numpy as np

from ..registry import compose, primitive


@primitive(each=lambda i, g, y, *arrays, axis: part(g, arrays, i, axis))
def join(*arrays, axis):
    """np.concatenate of its arguments."""
    return np.concatenate(arrays, axis=axis)


@primitive(each=lambda i, g, y, *arrays, axis: g[(slice(None),) * (axis % y.ndim) + (i,)])
def pile(*arrays, axis):
    """np.stack of its arguments."""
    return np.stack(arrays, axis=axis)


def part(g, arrays, i, axis):
    """The piece of `g` that belongs to array number i."""
    if axis is None:
        start = sum(a.size for a in arrays[:i])
        return np.reshape(g[start : start + arrays[i].size], arrays[i].shape)
    start = sum(a.shape[axis] for a in arrays[:i])
    return g[(slice(None),) * (axis % g.ndim) + (slice(start, start + arrays[i].shape[axis]),)]


compose(np.concatenate, lambda arrays, axis=0, out=None, dtype=None, casting="same_kind":
            join(*arrays, axis=axis))
compose(np.stack,       lambda arrays, axis=0, out=None, dtype=None, casting="same_kind":
            pile(*arrays, axis=axis))
