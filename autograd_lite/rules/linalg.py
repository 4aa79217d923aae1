"""Linear systems, inverses and least squares, for one matrix or a stack of them.

From d(inv A) = -inv(A) dA inv(A). Where a function conjugates (`pinv`, `lstsq`), the formulas are
those for the conjugate gradient, which is the steepest direction: conj on the way in and out.
Sources: M. Giles, "Collected matrix derivative results for forward and reverse mode AD" (2008);
G. Golub, V. Pereyra, "The differentiation of pseudo-inverses" (1973).
"""

import math

import numpy as np

from ..registry import compose, constant, rule
from .products import conj

la = np.linalg

rule(la.inv,    lambda g, y, a: -(T(y) @ g @ T(y)))
rule(la.solve,  lambda g, y, a, b: -outer(solve_transposed(g, a, np.ndim(b)), y, np.ndim(b)),
                lambda g, y, a, b: solve_transposed(g, a, np.ndim(b)))
rule(la.pinv,   lambda g, y, a, rcond=None, hermitian=False, rtol=None:
                    symmetric(pinv_slope(g, y, a), hermitian))
rule(la.lstsq,  lambda g, y, a, b, rcond=None: lstsq_slopes(g, y, a, b, rcond)[0],
                lambda g, y, a, b, rcond=None: lstsq_slopes(g, y, a, b, rcond)[1], sparse=True)

compose(la.tensorinv,    lambda a, ind=2: tensorinv(a, ind))
compose(la.tensorsolve,  lambda a, b, axes=None: tensorsolve(a, b, axes))
constant(la.matrix_rank)


def T(x):
    """The transpose of the last two axes."""
    return np.swapaxes(x, -1, -2)


def H(x):
    """The conjugate transpose of the last two axes."""
    return conj(np.swapaxes(x, -1, -2))


def symmetric(d, wanted=True):
    """What of `d` a Hermitian matrix can follow: of all gradients there, the one of least norm."""
    return (d + H(d)) / 2 if wanted else d


def solve_transposed(g, a, ndim):
    """inv(A).T g; `ndim` is that of the right side, of which NumPy takes only 1 as a vector."""
    return la.solve(T(a), g[..., None])[..., 0] if ndim == 1 else la.solve(T(a), g)


def outer(g, y, ndim):
    """g y.T for columns, or matrices of columns."""
    return g[..., :, None] * y[..., None, :] if ndim == 1 else g @ T(y)


def pinv_slope(g, y, a):
    """Golub and Pereyra: at constant rank, with P = I - A Y and N = I - Y A,

    dY = -Y dA Y + Y Y^H dA^H P + N dA^H Y^H Y
    """
    gh, yh = T(g), H(y)  # T(g) is the conjugate transpose of conj(g)
    left, right = gh @ y @ yh, yh @ y @ gh
    return conj(left - a @ (y @ left) + right - (right @ y) @ a - yh @ H(gh) @ yh)


def lstsq_slopes(g, y, a, b, rcond):
    """Gradients of a and b through the solution, the squared residuals and the singular values.

    x = Y b with Y = pinv(A), so with r = b - A x, h = Y^H gx and N = I - Y A
    gA = -h x^H + r (Y h)^H + (Y^H x) (N gx)^H
    """
    gx, gr, _, gs = g
    x, residuals = y[0], y[1]
    vector = np.ndim(b) == 1
    b = b[:, None] if vector else b
    x = x[:, None] if vector else x
    of_a, of_b = np.zeros_like(a), np.zeros_like(b)
    inverse = la.pinv(a, max(a.shape) * np.finfo(x.dtype).eps if rcond is None else rcond)
    r = b - a @ x
    if gx is not None:
        gx = conj(gx[:, None] if vector else gx)
        h = H(inverse) @ gx
        n = gx - inverse @ (a @ gx)
        of_a = of_a - h @ H(x) + r @ H(inverse @ h) + (H(inverse) @ x) @ H(n)
        of_b = of_b + h
    if gr is not None and residuals.shape[0]:  # |r|^2 with dr = db - dA x, for A^H r = 0
        of_a = of_a - 2 * gr * r @ H(x)
        of_b = of_b + 2 * gr * r
    if gs is not None:
        u, _, vh = la.svd(a, full_matrices=False)
        of_a = of_a + (u * gs) @ vh
    return conj(of_a), conj(of_b[:, 0] if vector else of_b)


def tensorinv(a, ind):
    """The inverse of `a` as a matrix from its last axes to its first `ind` ones."""
    left, right = a.shape[:ind], a.shape[ind:]
    return np.reshape(la.inv(np.reshape(a, (math.prod(left), math.prod(right)))), right + left)


def tensorsolve(a, b, axes):
    """Solve for the x of which tensordot(a, x, x.ndim) is b; `axes` of a are put last first."""
    if axes is not None:
        axes = [k % a.ndim for k in axes]
        a = np.transpose(a, [k for k in range(a.ndim) if k not in axes] + axes)
    shape = a.shape[np.ndim(b) :]
    n = math.prod(shape)
    return np.reshape(la.solve(np.reshape(a, (n, n)), np.ravel(b)), shape)
