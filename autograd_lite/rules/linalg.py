"""Inverses and linear systems, of one matrix or a stack of them: d(inv A) = -inv(A) dA inv(A).

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode AD" (2008).
"""

import math
from typing import Any

import numpy as np

from .devices import beside
from .products import conj
from .registry import compose, constant, rule

la = np.linalg

rule(np.linalg.inv,    lambda g, y, a: -(T(y) @ g @ T(y)))
rule(np.linalg.solve,  lambda g, y, a, b: -outer(solve_transposed(g, a, np.ndim(b)), y, np.ndim(b)),
                       lambda g, y, a, b: solve_transposed(g, a, np.ndim(b)))

compose(np.linalg.tensorinv,    lambda a, ind=2: tensorinv(a, ind))
compose(np.linalg.tensorsolve,  lambda a, b, axes=None: tensorsolve(a, b, axes))
constant(np.linalg.matrix_rank)


def T(x: Any) -> Any:
    """Return the transpose of the last two axes."""
    return np.swapaxes(x, -1, -2)


def H(x: Any) -> Any:
    """Return the conjugate transpose of the last two axes."""
    return conj(np.swapaxes(x, -1, -2))


def symmetric(d: Any, wanted: Any = True) -> Any:
    """Project `d` onto Hermitian matrices if `wanted`: the gradient of least norm."""
    return (d + H(d)) / 2 if wanted else d


def solve_transposed(g: Any, a: Any, ndim: Any) -> Any:
    """Return inv(A).T g; `ndim` is that of the right side; only 1 means a vector."""
    return la.solve(T(a), g[..., None])[..., 0] if ndim == 1 else la.solve(T(a), g)


def outer(g: Any, y: Any, ndim: Any) -> Any:
    """Return g y.T for columns, or for matrices of columns."""
    return g[..., :, None] * y[..., None, :] if ndim == 1 else g @ T(y)


def tensorinv(a: Any, ind: Any) -> Any:
    """Invert `a` as a matrix from its last axes to its first `ind` axes."""
    left, right = a.shape[:ind], a.shape[ind:]
    return np.reshape(la.inv(np.reshape(a, (math.prod(left), math.prod(right)))), right + left)


def tensorsolve(a: Any, b: Any, axes: Any) -> Any:
    """Solve tensordot(a, x, x.ndim) = b for x; first move `axes` of a to the end."""
    a = beside(b, a)
    if axes is not None:
        axes = [k % a.ndim for k in axes]
        a = np.transpose(a, [k for k in range(a.ndim) if k not in axes] + axes)
    shape = a.shape[np.ndim(b) :]
    n = math.prod(shape)
    return np.reshape(la.solve(np.reshape(a, (n, n)), np.ravel(b)), shape)
