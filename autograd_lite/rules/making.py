"""Functions that make arrays from numbers, some of which may be Tensors."""

from typing import Any

import numpy as np

from .devices import beside
from .joining import laid_out, typed
from .registry import compose
from .shaping import astype

for _fn in (np.array, np.asarray, np.asanyarray):  # they dispatch here only through like=
    compose(_fn, lambda a, dtype=None, order=None, *, copy=None, subok=False, ndmin=0, device=None: array(a, dtype, ndmin))
for _fn in (np.ascontiguousarray, np.asfortranarray, np.require):
    compose(_fn, lambda a, dtype=None, requirements=None: array(a, dtype, 0))
if hasattr(np, "astype"):  # NumPy 2.1
    compose(np.astype,  lambda x, dtype, *, copy=True, device=None: astype(x, np.dtype(dtype)))

compose(np.full_like,   lambda a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None:
                            typed(np.broadcast_to(beside(a, fill_value), np.shape(a) if shape is None else shape),
                                  np.result_type(a) if dtype is None else dtype))
compose(np.full,        lambda shape, fill_value, dtype=None, order="C", *, device=None:
                            typed(np.broadcast_to(fill_value, shape), dtype))
compose(np.linspace,    lambda start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None:
                            linspace(start, stop, num, endpoint, retstep, dtype, axis))
compose(np.logspace,    lambda start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0:
                            logspace(start, stop, num, endpoint, base, dtype, axis))
compose(np.geomspace,   lambda start, stop, num=50, endpoint=True, dtype=None, axis=0:
                            geomspace(start, stop, num, endpoint, dtype, axis))

compose(np.vander,      lambda x, N=None, increasing=False: vander(x, np.shape(x)[0] if N is None else N, increasing))


def vander(x: Any, n: Any, increasing: Any) -> Any:
    """Return the powers of x in columns."""
    return np.power(np.reshape(x, (-1, 1)), beside(x, np.arange(n) if increasing else np.arange(n)[::-1]))


def array(a: Any, dtype: Any, ndmin: Any) -> Any:
    """Convert nested lists of numbers and Tensors to one Tensor."""
    a = typed(laid_out(a), dtype)
    return np.reshape(a, (1,) * (ndmin - np.ndim(a)) + np.shape(a)) if ndmin > np.ndim(a) else a


def shares(num: Any, endpoint: Any, like: Any) -> Any:
    """Return the number of steps, and the fraction of the way at each point."""
    steps = num - 1 if endpoint else num
    t = np.arange(num, dtype=np.real(np.zeros(0, like)).dtype) / max(steps, 1)
    return steps, t


def common(start: Any, stop: Any) -> Any:
    """Return the dtype of points between two ends; a Python number takes that of the other end."""
    return np.result_type(*[a if isinstance(a, int | float | complex) else beside(0, a) for a in (start, stop)], 1.0)


def with_shapes(a: Any, b: Any) -> Any:
    """Convert two ends, each a list or a number, to arrays of one kind."""
    return beside(b, a), beside(a, b)


def linspace(start: Any, stop: Any, num: Any, endpoint: Any, retstep: Any, dtype: Any, axis: Any) -> Any:
    """Return start (1 - t) + stop t, which is exact at both ends."""
    like, (start, stop) = common(start, stop), with_shapes(start, stop)
    steps, t = shares(num, endpoint, like)
    span, column = stop - start, (-1,) + (1,) * np.ndim(stop - start)
    s, t = (beside(span, np.reshape(part, column)) for part in (1 - t, t))
    y = typed(np.moveaxis(start * s + stop * t, 0, axis), dtype or like)
    return (y, (stop - start) / (steps or np.nan)) if retstep else y


def logspace(start: Any, stop: Any, num: Any, endpoint: Any, base: Any, dtype: Any, axis: Any) -> Any:
    """Return powers of the base."""
    exponents = np.linspace(start, stop, num, endpoint, axis=axis)
    if np.ndim(base):
        base = np.expand_dims(base, axis)
    return typed(np.power(base, exponents), dtype or exponents.dtype)


def geomspace(start: Any, stop: Any, num: Any, endpoint: Any, dtype: Any, axis: Any) -> Any:
    """Return start (stop / start)^t."""
    like, (start, stop) = np.result_type(common(start, stop), np.float64), with_shapes(start, stop)
    t = shares(num, endpoint, like)[1]
    t = beside(stop - start, np.reshape(t, (-1,) + (1,) * np.ndim(stop - start)))
    return typed(np.moveaxis(start * np.power(stop / start, t), 0, axis), dtype or like)
