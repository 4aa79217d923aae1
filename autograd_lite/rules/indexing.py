"""Indexing and other lookups: each gradient element goes back to the place it was read from.

x[i] is not a NumPy function, so it is one of ours. The others share one trick: call the function on
addresses 0, 1, 2, ... instead of the elements, and it returns where each element came from.
"""

import math
from typing import Any

import numpy as np

from .devices import beside, in_type_of, lazy
from .registry import compose, primitive, rule


@primitive(lambda g, y, x, index: scatter(g, index, x.shape))
def getitem(x: Any, index: Any) -> Any:
    """Return x[index]."""
    return x[index]


@primitive(lambda g, y, x, index, shape: getitem(g, index))
def scatter(x: Any, index: Any, shape: Any) -> Any:
    """Return zeros of this shape with `x` added at `index`; repeated places add up."""
    if lazy(x):
        return scatter_later(x, index, shape)
    if type(x) is np.ndarray or isinstance(x, np.generic):
        out = np.zeros(shape, x.dtype)
    else:
        out = np.zeros_like(x, shape=shape)
    scatter_into(out, index, x)
    return out


def scatter_later(x: Any, index: Any, shape: Any) -> Any:
    """Scatter lazy arrays: write into slices, or count with np.bincount."""
    parts = tuple([p for p in (index if isinstance(index, tuple) else (index,)) if p is not None])
    if names_once(parts):
        out = np.zeros_like(x, shape=shape)
        if math.prod(x.shape):
            out[parts] += np.reshape(x, out[parts].shape)
        return out
    if x.dtype.kind == "c":
        return scatter_later(np.real(x), index, shape) + 1j * scatter_later(np.imag(x), index, shape)
    places = index if lazy(index) else beside(x, np.ravel(np.arange(math.prod(shape)).reshape(shape)[index]))
    weights = np.ravel(x)
    places = places + np.zeros_like(weights, dtype=int)  # so that both have the same chunks
    weights = weights + np.zeros_like(places, dtype=x.dtype)
    return np.reshape(np.bincount(places, weights=weights, minlength=math.prod(shape)), shape).astype(x.dtype)


def scatter_into(out: Any, index: Any, x: Any) -> Any:
    """Add `x` at `index` of `out`."""
    if names_once(index):
        out[index] += x
    else:
        np.add.at(out, index, x)


rule(np.take,             lambda g, y, a, indices, axis=None, out=None, mode="raise":
                              back(g, taken(addresses(a), indices, axis, mode), a.shape))
rule(np.take_along_axis,  lambda g, y, arr, indices, axis=-1:
                              back(g, np.take_along_axis(addresses(arr), indices, axis), arr.shape))
rule(np.repeat,           lambda g, y, a, repeats, axis=None:
                              back(g, np.repeat(addresses(a), repeats, axis), a.shape))
rule(np.delete,           lambda g, y, arr, obj, axis=None:
                              back(g, np.delete(addresses(arr), obj, axis), arr.shape))
rule(np.resize,           lambda g, y, a, new_shape:
                              back(g, np.resize(addresses(a), new_shape), a.shape))
rule(np.compress,         lambda g, y, condition, a, axis=None: np.zeros_like(condition),
                          lambda g, y, condition, a, axis=None:
                              back(g, np.compress(np.not_equal(condition, 0), addresses(a), axis), a.shape))
rule(np.extract,          lambda g, y, condition, arr: np.zeros_like(condition),
                          lambda g, y, condition, arr:
                              back(g, np.extract(np.not_equal(condition, 0), addresses(arr)), arr.shape))
rule(np.lib.stride_tricks.sliding_window_view,
                          lambda g, y, x, window_shape, axis=None, *, subok=False, writeable=False:
                              back(g, windows(addresses(x), window_shape, axis), x.shape))

# Diagonals
rule(np.diagonal,         lambda g, y, a, offset=0, axis1=0, axis2=1:
                              back(g, np.diagonal(addresses(a), offset, axis1, axis2), a.shape))
rule(np.diag,             lambda g, y, v, k=0:
                              np.diagonal(g, k) if v.ndim == 1 else back(g, np.diag(addresses(v), k), v.shape))
rule(np.diagflat,         lambda g, y, v, k=0: np.reshape(np.diagonal(g, k), v.shape))
compose(np.trace,         lambda a, offset=0, axis1=0, axis2=1, dtype=None, out=None:
                              np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype))

# Lookups in several arrays at once
compose(np.select,        lambda condlist, choicelist, default=0: select(condlist, choicelist, default))
compose(np.choose,        lambda a, choices, out=None, mode="raise":
                              look_up(list(choices), lambda *places: np.choose(a, places, **({} if mode == "raise" else {"mode": mode}))))
compose(np.insert,        lambda arr, obj, values, axis=None:
                              look_up([arr, in_type_of(arr, values)], lambda a, v: np.insert(a, obj, v, axis)))
compose(np.append,        lambda arr, values, axis=None: np.concatenate([arr, beside(arr, values)], axis))
compose(np.trim_zeros,    lambda filt, trim="fb", axis=None: filt[trimmed(np.not_equal(filt, 0), trim, axis)])
compose(np.ix_,           lambda *args: tuple(
                              np.reshape(a, [-1 if i == k else 1 for k in range(len(args))])
                              for i, a in enumerate(args)))

windows = np.lib.stride_tricks.sliding_window_view


def taken(x: Any, indices: Any, axis: Any, mode: Any) -> Any:
    """Call np.take; not every kind of array accepts its default mode by name."""
    return np.take(x, indices, axis) if mode == "raise" else np.take(x, indices, axis, mode=mode)


def names_once(index: Any) -> Any:
    """Check if an index names no place twice: integers, slices and boolean masks cannot."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        isinstance(p, slice | int | np.integer) or p is None or p is Ellipsis
        or getattr(getattr(p, "dtype", None), "kind", "") == "b"
        for p in parts
    )


def addresses(x: Any) -> Any:
    """Return an array of the shape of `x` that holds each element's flat index, row by row."""
    return beside(x, np.arange(math.prod(x.shape)).reshape(x.shape))


def back(g: Any, source: Any, shape: Any) -> Any:
    """Return an array of this shape with each element of `g` added at its source."""
    return np.reshape(scatter(np.ravel(g), np.ravel(source), (math.prod(shape),)), shape)


def look_up(arrays: Any, search: Any) -> Any:
    """Return what `search` finds in several arrays, by running it on addresses in all of them."""
    whole = np.concatenate([np.ravel(a) for a in arrays])
    ends = np.cumsum([math.prod(np.shape(a)) for a in arrays])
    cut = np.split(np.arange(whole.shape[0]), ends[:-1])
    places = [beside(whole, part.reshape(np.shape(a))) for part, a in zip(cut, arrays, strict=True)]
    return whole[search(*places)]


def select(condlist: Any, choicelist: Any, default: Any) -> Any:
    """Return the first choice whose condition holds."""
    if len(condlist) != len(choicelist):
        raise ValueError(f"np.select: {len(condlist)} conditions, but {len(choicelist)} choices.")
    y = default
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        y = np.where(condition, choice, y)
    return y


def trimmed(kept: Any, trim: Any, axis: Any) -> Any:
    """Return the box around what is kept, on the sides in `trim` and along the axes in `axis`."""
    axes = range(kept.ndim) if axis is None else [i % kept.ndim for i in np.ravel(axis)]
    box = [slice(None)] * kept.ndim
    for i, found in enumerate(np.nonzero(kept)):
        if i in axes and not found.size:
            box[i] = slice(0, 0)
        elif i in axes:
            box[i] = slice(int(found.min()) if "f" in trim.lower() else 0,
                           int(found.max()) + 1 if "b" in trim.lower() else kept.shape[i])
    return tuple(box)
