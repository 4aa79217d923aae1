"""Polynomials p[0] x**n + ... + p[n] by their coefficients; their product is a convolution."""

from typing import Any

import numpy as np

from ..errors import NoRuleError
from .devices import beside
from .registry import compose, rule

rule(np.polyval,     lambda g, y, p, x: coefficients_vjp(g, np.shape(p), x),
                     lambda g, y, p, x: g * np.polyval(polyder(beside(x, p), 1), x))
# p(r) = 0 stays true as p changes: sum of dp[k] r**(n - k), plus p'(r) dr, is 0
rule(np.roots,       lambda g, y, p: -(g / np.polyval(np.polyder(p), y)) @ powers(y, len(p)))

compose(np.polyadd,  lambda a1, a2: aligned(a1, a2) + aligned(a2, a1))
compose(np.polysub,  lambda a1, a2: aligned(a1, a2) - aligned(a2, a1))
compose(np.polymul,  lambda a1, a2: np.convolve(trimmed(a1), trimmed(a2)))
compose(np.polydiv,  lambda u, v: polydiv(np.atleast_1d(u), np.atleast_1d(v)))
compose(np.polyder,  lambda p, m=1: polyder(p, m))
compose(np.polyint,  lambda p, m=1, k=None: polyint(p, m, k))
compose(np.poly,     lambda seq_of_zeros: poly(np.atleast_1d(seq_of_zeros)))
compose(np.polyfit,  lambda x, y, deg, rcond=None, full=False, w=None, cov=False:
                         polyfit(x, y, deg, rcond, full, w, cov))


def powers(x: Any, n: Any) -> Any:
    """Return x**(n-1), ..., x, 1 along a new last axis."""
    return np.expand_dims(x, -1) ** beside(x, np.arange(n - 1, -1, -1))


def coefficients_vjp(g: Any, shape: Any, x: Any) -> Any:
    """Multiply g by the power of x of each coefficient, and sum over the axes of x."""
    if shape[0] == 0:  # no coefficient is left, as in the derivative of a constant
        return np.zeros(shape)
    powers = np.expand_dims(x, 0) ** beside(x, column(np.arange(shape[0] - 1, -1, -1), np.ndim(x) + 1))
    powers = np.reshape(powers, (shape[0],) + (1,) * (np.ndim(g) - np.ndim(x)) + np.shape(x))
    target = (shape[0],) + (1,) * (np.ndim(g) - len(shape) + 1) + shape[1:]
    axes = tuple(k for k, n in enumerate(target) if n == 1 and k)
    return np.reshape(np.sum(g * powers, axis=axes, keepdims=True), shape)


def column(x: Any, ndim: Any) -> Any:
    """Reshape a vector to run along the first of `ndim` axes."""
    return np.reshape(x, (-1,) + (1,) * (ndim - 1))


def aligned(p: Any, other: Any) -> Any:
    """Pad a polynomial with leading zeros to at least the length of the other."""
    p = np.atleast_1d(p)
    missing = np.size(other) - np.size(p)
    return np.pad(p, (missing, 0)) if missing > 0 else p


def trimmed(p: Any) -> Any:
    """Drop leading zeros, but keep one coefficient, as np.poly1d does."""
    p = np.atleast_1d(p)
    rest = np.trim_zeros(p, "f")
    return rest if np.size(rest) else p[-1:]


def polydiv(u: Any, v: Any) -> Any:
    """Divide; drop leading zeros of the remainder, as NumPy does."""
    n = np.size(v)
    quotient, rest = [], u + 0.0
    for k in range(np.size(u) - n + 1):
        quotient.append(rest[k] / v[0])
        rest = rest - np.pad(quotient[-1] * v, (k, np.size(u) - n - k))
    while np.size(rest) > 1 and np.allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return np.stack(quotient) if quotient else beside(u, np.zeros(1)), rest


def polyder(p: Any, m: Any) -> Any:
    """Use d(x**k)/dx = k x**(k-1)."""
    for _ in range(m):
        p = p[:-1] * beside(p, column(np.arange(len(p) - 1, 0, -1), np.ndim(p)))
    return p


def polyint(p: Any, m: Any, k: Any) -> Any:
    """Integrate x**k to x**(k+1) / (k+1); `k` are the constants of integration."""
    k = 0.0 if k is None else k
    constants = np.broadcast_to(k, (m,)) if np.size(k) == 1 else k
    for i in range(m):
        p = np.concatenate([p / beside(p, np.arange(len(p), 0, -1)), np.reshape(beside(p, constants[i]), (1,))])
    return p


def poly(zeros: Any) -> Any:
    """Return the product of all (x - zero); of a matrix, over its eigenvalues."""
    real = zeros.dtype.kind == "f"
    zeros = np.linalg.eigvals(zeros) if zeros.ndim == 2 else zeros
    p = beside(zeros, np.ones(1, zeros.dtype))
    for zero in zeros:
        p = np.convolve(p, np.stack([np.ones_like(zero), -zero]))
    # zeros in conjugate pairs: the imaginary parts are rounding
    return np.real(p) if real or np.array_equal(np.sort(zeros), np.sort(np.conjugate(zeros))) else p


def polyfit(x: Any, y: Any, deg: Any, rcond: Any, full: Any, w: Any, cov: Any) -> Any:
    """Solve least squares on powers of x, each scaled to length one."""
    if full or cov:
        raise NoRuleError("np.polyfit of Tensors returns the coefficients only; leave out full= and cov=.")
    x, y = np.add(beside(y, x), 0.0), np.add(beside(x, y), 0.0)
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    a = powers(x, int(deg) + 1)
    if w is not None:
        a, y = a * np.reshape(w, (-1, 1)), y * (w if np.ndim(y) == 1 else np.reshape(w, (-1, 1)))
    scale = np.sqrt(np.sum(a * a, axis=0))
    c = np.linalg.lstsq(a / scale, y, rcond)[0]
    return c / (scale if np.ndim(y) == 1 else np.reshape(scale, (-1, 1)))
