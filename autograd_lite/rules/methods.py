"""Methods of ufuncs, .reduce, .accumulate, .outer and .reduceat, in terms of functions with rules.

METHODS[ufunc, method], or METHODS[None, method] for any ufunc, has the signature f(ufunc, *args).
"""

import math
from typing import Any

import numpy as np

from ..errors import NoRuleError
from .devices import in_type_of
from .joining import typed
from .reductions import reduced
from .registry import CONSTANT, printed_name
from .scans import along

METHODS = {
    (np.add, "reduce"):            lambda fn, a, axis=0, dtype=None, out=None, keepdims=False, initial=0, where=True:
                                       np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where),
    (np.multiply, "reduce"):       lambda fn, a, axis=0, dtype=None, out=None, keepdims=False, initial=1, where=True:
                                       np.prod(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where),
    (np.maximum, "reduce"):        lambda fn, a, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
                                       np.max(a, axis=axis, keepdims=keepdims, initial=initial, where=where),
    (np.minimum, "reduce"):        lambda fn, a, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
                                       np.min(a, axis=axis, keepdims=keepdims, initial=initial, where=where),
    (np.add, "accumulate"):        lambda fn, a, axis=0, dtype=None, out=None: np.cumsum(a, axis=axis, dtype=dtype),
    (np.multiply, "accumulate"):   lambda fn, a, axis=0, dtype=None, out=None: np.cumprod(a, axis=axis, dtype=dtype),
    (None, "reduce"):              lambda fn, *args, **kwargs: fold(fn, *args, **kwargs),
    (None, "accumulate"):          lambda fn, *args, **kwargs: accumulate(fn, *args, **kwargs),
    (None, "outer"):               lambda fn, *args, **kwargs: outer(fn, *args, **kwargs),
    (None, "reduceat"):            lambda fn, *args, **kwargs: reduceat(fn, *args, **kwargs),
    (None, "at"):                  lambda fn, *args, **kwargs: refuse_at(fn),
}


def fold(fn: Any, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Any:
    """Return fn(fn(a[0], a[1]), a[2]) and so on."""
    if fn in CONSTANT:
        return fn.reduce(raw(a), axis=axis, keepdims=keepdims, where=raw(where))
    axes = reduced(a, axis)
    a = typed(a, dtype)
    steps = slices(a, axes)
    taken = [True] * len(steps) if where is True else slices(np.broadcast_to(raw(where), a.shape), axes)
    if initial is not None or not steps or where is not True:
        initial = fn.identity if initial is None else initial
        if initial is None:
            raise ValueError(f"{printed_name(fn)}.reduce has nothing to start from: pass initial=.")
        steps.insert(0, np.broadcast_to(in_type_of(a, initial), [n for i, n in enumerate(a.shape) if i not in axes]))
        taken.insert(0, True)
    y = steps[0]
    for x, one in zip(steps[1:], taken[1:], strict=True):
        y = fn(y, x) if one is True else np.where(one, fn(y, x), y)
    return np.expand_dims(y, axes) if keepdims else y


def slices(a: Any, axes: Any) -> Any:
    """Return all slices of `a` across these axes, in order."""
    lanes, k = np.moveaxis(a, axes, tuple(range(len(axes)))), len(axes)
    return list(np.reshape(lanes, (math.prod(lanes.shape[:k]), *lanes.shape[k:])))


def accumulate(fn: Any, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """Return all intermediate results of a reduction."""
    if fn in CONSTANT:
        return fn.accumulate(raw(a), axis=axis)
    y = list(np.moveaxis(typed(a, dtype), axis, 0))
    for i in range(1, len(y)):
        y[i] = fn(y[i - 1], y[i])
    return np.stack(y, axis=axis) if y else a


def outer(fn: Any, a: Any, b: Any, **kwargs: Any) -> Any:
    """Return fn of each element of `a` with each of `b`."""
    a, b = (x if hasattr(x, "shape") else np.asarray(x) for x in (a, b))
    return fn(np.reshape(a, a.shape + (1,) * b.ndim), b, **kwargs)


def reduceat(fn: Any, a: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """Reduce a[i:j] for each pair of neighbours in `indices`, or a[i] alone where j <= i."""
    starts = [int(i) for i in indices]
    ends = [*starts[1:], a.shape[axis]]
    parts = [along(a, axis, i, j if j > i else i + 1) for i, j in zip(starts, ends, strict=True)]
    return np.concatenate([fn.reduce(part, axis=axis, keepdims=True) for part in parts], axis=axis)


def refuse_at(fn: Any) -> Any:
    """Raise NoRuleError: ufunc.at writes in place."""
    raise NoRuleError(
        f"{printed_name(fn)}.at writes into its first argument, which the graph may need unchanged. "
        f"Gather elements with np.take and sum them, or use np.bincount(places, weights=values)."
    )


def raw(x: Any) -> Any:
    """Return the array inside a Tensor."""
    return getattr(x, "__autograd_data__", x)
