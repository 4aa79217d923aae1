"""Weighted means, covariance and correlation."""

import math
from typing import Any

import numpy as np

from .devices import beside
from .registry import compose, rule
from .shaping import astype

compose(np.average,   lambda a, axis=None, weights=None, returned=False, *, keepdims=False:
                          average(a, axis, weights, returned, keepdims))
compose(np.cov,       lambda m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None:
                          cov(m, y, rowvar, bias, ddof, fweights, aweights, dtype))
compose(np.corrcoef,  lambda x, y=None, rowvar=True, *, dtype=None: corrcoef(cov(x, y, rowvar, dtype=dtype)))
rule(np.bincount,     None, lambda g, y, x, weights=None, minlength=0: np.take(g, x))


def average(a: Any, axis: Any, weights: Any, returned: Any, keepdims: Any) -> Any:
    """Return sum(weights * a) / sum(weights); a vector of weights runs along the axis."""
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full_like(y, math.prod(np.shape(a)) / math.prod(np.shape(y)))
    else:
        weights = beside(a, weights)
        if np.shape(weights) != np.shape(a):
            weights = aligned(weights, np.shape(a), axis)
        total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)
        y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (y, total) if returned else y


def aligned(weights: Any, shape: Any, axis: Any) -> Any:
    """Reshape weights, with one axis for each averaged axis, to broadcast against the array."""
    if axis is None:
        raise TypeError(f"np.average: weights of shape {np.shape(weights)} for an array of {shape} need an axis.")
    axes = [i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))]
    if np.shape(weights) != tuple(shape[i] for i in axes):
        raise ValueError(f"np.average: weights of shape {np.shape(weights)} along axes {axes} of {shape}.")
    weights = np.transpose(weights, np.argsort(axes).tolist())
    return np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(shape)])


def cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None, fweights: Any = None, aweights: Any = None, dtype: Any = None) -> Any:
    """Return the covariance of the rows: X X^H / (n - ddof) with each row's mean subtracted."""
    x = as_rows(m, rowvar, np.ndim(m) == 1)
    if y is not None:
        x = np.concatenate([x, as_rows(y, rowvar, np.shape(np.atleast_2d(y))[0] == 1)], axis=0)
    x = astype(x, np.dtype(dtype or np.result_type(x, np.float64)))
    ddof = int(not bias) if ddof is None else ddof
    fweights, aweights = (w if w is None else beside(x, w) for w in (fweights, aweights))
    w = fweights if aweights is None else aweights if fweights is None else aweights * fweights
    n = x.shape[1] if w is None else np.sum(w)
    n = n - ddof if aweights is None or ddof == 0 else n - ddof * np.sum(w * aweights) / n
    x = x - np.average(x, axis=1, weights=w)[:, None]
    return np.squeeze(np.dot(x, np.conjugate(np.transpose(x if w is None else x * w))) / n)


def as_rows(m: Any, rowvar: Any, is_row: Any) -> Any:
    """Return variables as rows; a single row stays as it is."""
    if np.ndim(m) > 2:
        raise ValueError(f"np.cov: variables in {np.ndim(m)} dimensions; at most 2.")
    x = np.atleast_2d(m)
    return x if rowvar or is_row else np.transpose(x)


def corrcoef(c: Any) -> Any:
    """Return the covariance divided by both standard deviations."""
    if c.ndim == 0:
        return c / c
    s = np.sqrt(np.real(np.diagonal(c)))
    r = c / s[:, None] / s[None, :]
    if r.dtype.kind == "c":
        return np.clip(np.real(r), -1, 1) + 1j * np.clip(np.imag(r), -1, 1)
    return np.clip(r, -1, 1)
