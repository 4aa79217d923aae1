"""Functions that call a user's function on parts of an array."""

import math
from typing import Any

import numpy as np

from .indexing import scatter
from .registry import compose

compose(np.piecewise,         lambda x, condlist, funclist, *args, **kw:
                                  piecewise(x, condlist, funclist, args, kw))
compose(np.apply_along_axis,  lambda func1d, axis, arr, *args, **kwargs:
                                  apply_along_axis(func1d, axis, arr, args, kwargs))
compose(np.apply_over_axes,   lambda func, a, axes: apply_over_axes(func, a, axes))


def piecewise(x: Any, condlist: Any, funclist: Any, args: Any, kw: Any) -> Any:
    """Call each function on the elements where its condition holds; a later one overrides."""
    ndim = condlist.ndim if hasattr(condlist, "ndim") else 1 + np.ndim(condlist[0])
    if ndim == np.ndim(x):  # one condition, not in a list
        condlist = [condlist]
    condlist = [np.not_equal(c, 0) for c in condlist]
    if len(funclist) == len(condlist) + 1:  # the last one is for everywhere else
        condlist.append(np.logical_not(np.any(condlist, axis=0)))
    if len(funclist) != len(condlist):
        raise ValueError(f"np.piecewise: {len(condlist)} conditions, but {len(funclist)} functions.")
    y = np.zeros_like(x)
    for condition, f in zip(condlist, funclist, strict=True):
        part = f(x[condition], *args, **kw) if callable(f) else f
        if np.ndim(part):
            part = scatter(part, condition, np.shape(x))
        y = np.where(condition, part, y)
    return y


def apply_along_axis(f: Any, axis: Any, a: Any, args: Any, kwargs: Any) -> Any:
    """Call `f` on each lane; the axes of its results replace the axis of the lane."""
    lanes = np.moveaxis(a, axis, -1)
    rest = lanes.shape[:-1]
    parts = [f(lane, *args, **kwargs) for lane in np.reshape(lanes, (math.prod(rest), lanes.shape[-1]))]
    if not parts:
        raise ValueError(f"np.apply_along_axis: no lanes in an array of shape {a.shape}.")
    y = np.reshape(np.stack(parts), rest + np.shape(parts[0]))
    inner = range(len(rest), y.ndim)
    return np.moveaxis(y, tuple(inner), tuple(i - len(rest) + axis % a.ndim for i in inner))


def apply_over_axes(f: Any, a: Any, axes: Any) -> Any:
    """Call `f` over one axis after the other, and keep each axis."""
    for axis in np.ravel(axes):
        axis = int(axis) % np.ndim(a)
        y = f(a, axis)
        a = y if np.ndim(y) == np.ndim(a) else np.expand_dims(y, axis)
    return a
