"""Functions that join lists of arrays, and functions that split arrays.

A join is one recorded call whose arguments are the arrays.
"""

import math

import numpy as np

from .registry import compose, primitive
from .scans import along
from .shaping import astype, broadcast_arrays


@primitive(variadic=lambda i, g, y, *arrays, axis: part(g, arrays, i, axis), name="np.concatenate")
def join(*arrays, axis):
    """Call np.concatenate on the arguments."""
    return np.concatenate(arrays, axis=axis)


@primitive(variadic=lambda i, g, y, *arrays, axis: g[(slice(None),) * (axis % y.ndim) + (i,)], name="np.stack")
def pile(*arrays, axis):
    """Call np.stack on the arguments."""
    return np.stack(arrays, axis=axis)


def part(g, arrays, i, axis):
    """Return the piece of `g` that belongs to array i."""
    if axis is None:
        start = sum(math.prod(np.shape(a)) for a in arrays[:i])
        return np.reshape(g[start : start + arrays[i].size], arrays[i].shape)
    start = sum(np.shape(a)[axis] for a in arrays[:i])
    return along(g, axis, start, start + arrays[i].shape[axis])


compose(np.concatenate,   lambda arrays, axis=0, *, dtype=None, casting="same_kind":
                              typed(in_groups(join, arrays, axis), dtype))
compose(np.stack,         lambda arrays, axis=0, *, dtype=None, casting="same_kind":
                              typed(in_groups(pile, arrays, axis), dtype))
compose(np.vstack,        lambda tup, *, dtype=None, casting="same_kind":
                              typed(in_groups(join, [np.atleast_2d(a) for a in tup], 0), dtype))
compose(np.hstack,        lambda tup, *, dtype=None, casting="same_kind":
                              typed(side_by_side([np.atleast_1d(a) for a in tup]), dtype))
compose(np.dstack,        lambda tup: in_groups(join, [np.atleast_3d(a) for a in tup], 2))
compose(np.column_stack,  lambda tup: in_groups(join, [a if np.ndim(a) > 1 else np.reshape(a, (-1, 1)) for a in tup], 1))
compose(np.block,         lambda arrays: block(arrays))
compose(np.meshgrid,      lambda *xi, copy=True, sparse=False, indexing="xy": meshgrid(xi, sparse, indexing))

compose(np.split,         lambda ary, indices_or_sections, axis=0: pieces(np.split, ary, indices_or_sections, axis))
compose(np.array_split,   lambda ary, indices_or_sections, axis=0: pieces(np.array_split, ary, indices_or_sections, axis))
compose(np.hsplit,        lambda ary, indices_or_sections: pieces(np.hsplit, ary, indices_or_sections, min(ary.ndim - 1, 1)))
compose(np.vsplit,        lambda ary, indices_or_sections: pieces(np.vsplit, ary, indices_or_sections, 0))
compose(np.dsplit,        lambda ary, indices_or_sections: pieces(np.dsplit, ary, indices_or_sections, 2))
if hasattr(np, "unstack"):  # NumPy 2.1
    compose(np.unstack,   lambda x, *, axis=0: tuple(np.moveaxis(x, axis, 0)))


def in_groups(call, arrays, axis):
    """Split a call on many arrays into calls on few: each gradient reads all arrays of its call."""
    arrays = [laid_out(a) for a in arrays]
    if len(arrays) <= 32:
        return call(*arrays, axis=axis)
    groups = [call(*arrays[i : i + 32], axis=axis) for i in range(0, len(arrays), 32)]
    return in_groups(join, groups, axis)


def laid_out(items):
    """Convert nested lists of numbers and Tensors to one Tensor; return anything else unchanged."""
    if not isinstance(items, list | tuple):
        return items
    return np.stack([laid_out(item) for item in items]) if items else np.asarray(items)


def typed(y, dtype):
    """Convert `y` to a dtype, if one is given."""
    return y if dtype is None or y.dtype == dtype else astype(y, np.dtype(dtype))


def side_by_side(arrays):
    """Join vectors end to end, matrices side by side."""
    return in_groups(join, arrays, 0 if np.ndim(arrays[0]) == 1 else 1)


def depth(arrays):
    """Return how deep lists are nested, and the largest ndim of an array in them."""
    if not isinstance(arrays, list):
        return 0, np.ndim(arrays)
    below = [depth(item) for item in arrays]
    if len({d for d, _ in below}) != 1:
        raise ValueError("np.block: lists must be nested to the same depth, and none be empty.")
    return 1 + below[0][0], max(n for _, n in below)


def block(arrays, axis=None, ndim=None):
    """Join innermost lists along the last axis, the lists around them along the axis before it."""
    if ndim is None:
        deep, most = depth(arrays)
        axis, ndim = -deep, max(deep, most)
    if not isinstance(arrays, list):
        return np.reshape(arrays, (1,) * (ndim - np.ndim(arrays)) + np.shape(arrays))
    return in_groups(join, [block(item, axis + 1, ndim) for item in arrays], axis)


def meshgrid(xi, sparse, indexing):
    """Lay each vector along its own axis; "xy" exchanges the first two."""
    if indexing not in ("xy", "ij"):
        raise ValueError("np.meshgrid: indexing is 'xy' or 'ij'.")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    grids = tuple(np.reshape(x, [-1 if k == i else 1 for k in range(len(xi))])
                  for x, i in zip(xi, order, strict=True))
    return grids if sparse else broadcast_arrays(grids)


def pieces(split, ary, sections, axis):
    """Split an array where `split` splits the positions 0, 1, 2, ... along the axis."""
    line = [-1 if i == axis % ary.ndim else 1 for i in range(ary.ndim)]
    numbers = np.arange(ary.shape[axis]).reshape(line)
    parts = split(numbers, sections, axis) if split in (np.split, np.array_split) else split(numbers, sections)
    flat = [np.ravel(part) for part in parts]
    return [along(ary, axis, *((int(p[0]), int(p[-1]) + 1) if p.size else (0, 0))) for p in flat]
