"""The pseudo-inverse Y = pinv(A), and least squares, x = Y b.

These functions conjugate, so the formulas are those for the conjugate of the gradient, the steepest
direction: conj at the start and at the end. Source: G. Golub, V. Pereyra, "The differentiation of
pseudo-inverses" (1973).
"""

from typing import Any

import numpy as np

from .linalg import H, T, symmetric
from .products import conj
from .registry import rule

la = np.linalg

rule(np.linalg.pinv,   lambda g, y, a, rcond=None, hermitian=False, rtol=None:
                           symmetric(pinv_vjp(g, y, a, rtol if rcond is None else rcond), hermitian))
rule(np.linalg.lstsq,  lambda g, y, a, b, rcond=None: lstsq_left(g, y, a, b, rcond),
                       lambda g, y, a, b, rcond=None: lstsq_right(g, y, a, b, rcond), sparse=True)


def pinv_vjp(g: Any, y: Any, a: Any, rcond: Any) -> Any:
    """Use, at constant rank, with P = I - A Y and N = I - Y A,

    dY = -Y dA Y + Y Y^H dA^H P + N dA^H Y^H Y
    """
    gh, yh = T(g), H(y)  # T(g) is the conjugate transpose of conj(g)
    left, right = triple(gh, y, yh), triple(yh, y, gh)
    d = left - triple(a, y, left) + right - triple(right, y, a) - triple(yh, H(gh), yh)
    return conj(cut_off(d, gh, y, a, rcond))


def triple(a: Any, b: Any, c: Any) -> Any:
    """Return a @ b @ c (tall, wide, tall, or the reverse) through the smaller square."""
    return (a @ b) @ c if a.shape[-2] <= c.shape[-1] else a @ (b @ c)


def cut_off(d: Any, gh: Any, y: Any, a: Any, rcond: Any) -> Any:
    """Return the gradient `d`, or that of Y if a large `rcond` cut off more than rounding.

    With A = U S V^H, Y^H = U F V^H where F is 1 / S, or 0 where S was cut off. In P = U^H dA V

    U^H dY^H V = K P + L P^H,  K = (s[k] f[k] - s[j] f[j]) / D,  L = (s[j] f[k] - s[k] f[j]) / D

    element by element, D = s[k]^2 - s[j]^2; if neither is cut off, K is 0 and L is -f[j] f[k].
    """
    if rcond is None or (np.ndim(rcond) == 0 and rcond < 1e-8):
        return d
    u, s, vh = la.svd(a, full_matrices=False)
    rcond = np.expand_dims(rcond, -1) if np.ndim(rcond) else rcond
    kept = s > rcond * np.max(s, axis=-1, keepdims=True, initial=0)
    f = kept / np.where(kept, s, 1)
    (sj, sk), (fj, fk), (j, k) = ((x[..., :, None], x[..., None, :]) for x in (s, f, kept))
    parted = j != k
    size = np.where(parted, sk * sk - sj * sj, 1)
    m = H(u) @ gh @ H(vh)
    inside = m * np.where(parted, 1.0 * k - j, 0) / size
    inside = inside + H(m) * np.where(parted, (sj * fk - sk * fj) / size, -fj * fk)
    below = (gh @ H(vh) - u @ m) * (fk * fk) @ vh
    beside = u * (fk * fk) @ (H(u) @ gh - m @ vh)
    rest = np.max(np.absolute(a - triple(a, y, a)), axis=(-1, -2), keepdims=True, initial=0)
    whole = rest <= 1e-10 * np.max(np.absolute(a), axis=(-1, -2), keepdims=True, initial=0)
    return np.where(whole, d, u @ inside @ vh + below + beside)


def lstsq_left(g: Any, y: Any, a: Any, b: Any, rcond: Any) -> Any:
    """Differentiate through the solution, the squared residuals and the singular values:

    with r = b - A x, h = Y^H gx and N = I - Y A, gA = -h x^H + r (Y h)^H + (Y^H x) (N gx)^H
    """
    (gx, gr, _, gs), x = g, as_columns(y[0])
    d = np.zeros_like(a)
    if gx is not None:
        gx, b = conj(as_columns(gx)), as_columns(b)
        inverse = pinv(a, x, rcond)
        h = H(inverse) @ gx
        r, n = b - a @ x, gx - inverse @ (a @ gx)
        d = d - h @ H(x) + r @ H(inverse @ h) + (H(inverse) @ x) @ H(n)
        d = cut_off(d, b @ H(gx), inverse, a, rcond)
    if gr is not None and y[1].shape[0]:  # |r|^2 with dr = -dA x, because A^H r = 0
        d = d - 2 * gr * (as_columns(b) - a @ x) @ H(x)
    if gs is not None:
        u, _, vh = la.svd(a, full_matrices=False)
        d = d + (u * gs) @ vh
    return conj(d)


def lstsq_right(g: Any, y: Any, a: Any, b: Any, rcond: Any) -> Any:
    """Use that x is linear in b; |r|^2 has dr = db, because A^H r = 0."""
    (gx, gr, _, _), x, b = g, as_columns(y[0]), as_columns(b)
    d = np.zeros_like(b)
    if gx is not None:
        d = d + T(pinv(a, x, rcond)) @ as_columns(gx)
    if gr is not None and y[1].shape[0]:
        d = d + 2 * gr * conj(b - a @ x)
    return d[:, 0] if y[0].ndim == 1 else d


def pinv(a: Any, x: Any, rcond: Any) -> Any:
    """Return the inverse that lstsq used; a negative rcond there means machine precision."""
    if rcond is None or rcond < 0:
        rcond = np.finfo(x.dtype).eps * (max(a.shape) if rcond is None else 1)
    return la.pinv(a, rcond)


def as_columns(x: Any) -> Any:
    """Reshape a vector to a matrix of one column."""
    return np.expand_dims(x, -1) if np.ndim(x) == 1 else x
