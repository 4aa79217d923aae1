"""Norms of vectors and matrices, with the least-norm gradient at kinks: 0 at 0, shared at ties."""

import math
from typing import Any

import numpy as np

from .decompositions import alike, precision
from .devices import identity
from .products import conj
from .registry import compose, rule
from .shaping import kept

la = np.linalg

rule(np.linalg.norm,  lambda g, y, x, ord=None, axis=None, keepdims=False:
                          np.reshape(g, kept(x.shape, axis)) * norm_derivative(y, x, ord, axis))

compose(np.linalg.vector_norm,  lambda x, *, axis=None, keepdims=False, ord=2:
                                    vector_norm(x, axis, keepdims, ord))
compose(np.linalg.matrix_norm,  lambda x, *, keepdims=False, ord="fro":
                                    la.norm(x, ord, (-2, -1), keepdims))
compose(np.linalg.cond,         lambda x, p=None: cond(x, p))


def norm_derivative(y: Any, x: Any, ord: Any, axis: Any) -> Any:
    """Return the derivative of a norm with respect to the elements it is computed from."""
    y = np.reshape(y, kept(x.shape, axis))
    if ord is None or ord == "fro" or ord == "f":
        return conj(x) * reciprocal(y)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return vector_derivative(y, x, ord, axes[0]) if len(axes) == 1 else matrix_derivative(x, ord, axes)


def vector_derivative(y: Any, x: Any, ord: Any, axis: Any) -> Any:
    """Use d y / d|x| = (|x| / y)**(p - 1) for y = (sum |x|**p)**(1/p)."""
    if ord == 2:
        return conj(x) * reciprocal(y)
    if ord == 0:
        return np.zeros_like(x)  # ord 0 counts nonzero elements
    size = np.absolute(x)
    if abs(ord) == np.inf:
        return phase(x) * shared(size == y, axis)
    if ord == 1:
        return phase(x)
    flat = (size == 0) | (y == 0)
    ratio = np.where(flat, 1, size) / np.where(flat, 1, y)
    return phase(x) * np.where(flat, 0, ratio ** (ord - 1))


def matrix_derivative(x: Any, ord: Any, axes: Any) -> Any:
    """Differentiate norms that are extremes of row or column sums, or use singular values."""
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.absolute(x), axis=axes[0 if abs(ord) == 1 else 1], keepdims=True)
        across = axes[1 if abs(ord) == 1 else 0]
        extreme = (np.max if ord > 0 else np.min)(sums, axis=across, keepdims=True)
        return phase(x) * shared(sums == extreme, across)
    u, s, vh = la.svd(np.moveaxis(x, axes, (-2, -1)), full_matrices=False)
    chosen = s > precision(s, x.shape)
    if ord != "nuc":
        chosen = chosen * shared(alike(s)[..., 0 if ord > 0 else -1, :], -1)
    return np.moveaxis(conj((u * chosen[..., None, :]) @ vh), (-2, -1), axes)


def reciprocal(y: Any) -> Any:
    """Return 1 / y, and 0 where y is 0."""
    return np.where(y == 0, 0, 1 / np.where(y == 0, 1, y))


def phase(x: Any) -> Any:
    """Return d|x|/dx: the sign, or for complex numbers conj(x) / |x|; 0 at 0."""
    return conj(x) * reciprocal(np.absolute(x)) if x.dtype.kind == "c" else np.sign(x)


def shared(hit: Any, axis: Any) -> Any:
    """Divide one evenly among the elements that are hit."""
    return hit / np.sum(hit, axis=axis, keepdims=True)


def vector_norm(x: Any, axis: Any, keepdims: Any, ord: Any) -> Any:
    """Compute np.linalg.norm over all the axes together."""
    if axis is None or isinstance(axis, tuple):
        axes = tuple(range(x.ndim)) if axis is None else tuple(k % x.ndim for k in axis)
        shape = kept(x.shape, axes)
        x = np.moveaxis(x, axes, range(len(axes)))
        x = np.reshape(x, (math.prod(x.shape[: len(axes)]), *x.shape[len(axes) :]))
        y = la.norm(x, ord, 0)
        return np.reshape(y, shape) if keepdims else y
    return la.norm(x, ord, axis, keepdims)


def cond(x: Any, p: Any) -> Any:
    """Return the norm of a matrix times that of its inverse; infinity for a singular matrix."""
    if p is None or p in (2, -2):
        s = la.svdvals(x)
        with np.errstate(all="ignore"):
            return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    singular = la.slogdet(x)[0] == 0
    inverse = la.inv(np.where(singular[..., None, None], identity(x.shape[-1], x), x))
    y = la.norm(x, p, (-2, -1)) * la.norm(inverse, p, (-2, -1))
    return np.where(singular, np.inf, y)
