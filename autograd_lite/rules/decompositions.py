"""Matrix decompositions: Cholesky, QR, eigenvalues, singular values.

Conventions, those of JAX and PyTorch:

- `cholesky`, `eigh` and `eigvalsh` read one triangle. Their gradient is that with respect to a
  Hermitian matrix, the same in both triangles.
- Eigenvectors and singular vectors are determined up to a sign or a phase. The gradient is right for
  functions that do not depend on it. The columns that complete Q, and U and V of
  full_matrices=True, are determined up to a rotation. Their gradient assumes the rotation that
  changes least.
- Functions of the eigenvalues or singular values alone have a gradient at ties, shared evenly among
  the tied values. At a singular value of zero, a kink, the gradient is 0. Vectors of tied values
  have no gradient: nan, unless any choice of them gives the same result (see `free`).

All formulas are for conj(g), the steepest direction; the final conj(...) returns to JAX's form.
Sources: M. Giles (2008) as in linalg; I. Murray, "Differentiation of the Cholesky decomposition"
(2016); S. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions" (2010); for
complex matrices, Z. Wan, S. Zhang, "Automatic differentiation for complex valued SVD" (2019).
"""

from typing import Any

import numpy as np

from ..errors import NoRuleError
from .devices import identity
from .linalg import H, T, symmetric
from .products import conj
from .registry import compose, primitive, rule

la = np.linalg

rule(np.linalg.cholesky,  lambda g, y, a, upper=False: cholesky_vjp(g, y, upper))
rule(np.linalg.eigh,      lambda g, y, a, UPLO="L": eigh_vjp(g, y), sparse=True)
rule(np.linalg.eig,       lambda g, y, a: eig_vjp(g, y), sparse=True)
rule(np.linalg.svd,       lambda g, y, a, full_matrices=True, compute_uv=True, hermitian=False:
                              symmetric(svd_vjp(g, y, a, compute_uv), hermitian), sparse=True)

compose(np.linalg.qr,        lambda a, mode="reduced": factors(a, mode))
# Values alone; the backward pass needs the vectors
compose(np.linalg.eigvalsh,  lambda a, UPLO="L": la.eigh(a, UPLO)[0])
compose(np.linalg.eigvals,   lambda a: la.eig(a)[0])
compose(np.linalg.svdvals,   lambda x: la.svd(x, full_matrices=False)[1])


def cholesky_vjp(g: Any, y: Any, upper: Any) -> Any:
    """Use dL = L low(inv(L) dA inv(L)^H); low() is the lower triangle, half the diagonal."""
    low, g = (H(y), T(g)) if upper else (y, conj(g))
    p = np.tril(H(low) @ g)
    p = p - p * identity(p.shape[-1], p) / 2
    return conj(symmetric(H(la.solve(H(low), H(la.solve(H(low), p))))))


def factors(a: Any, mode: Any) -> Any:
    """Return Q and R in the modes that return them; other modes return LAPACK's own format."""
    if mode not in ("reduced", "complete", "r", "full", "f"):
        raise NoRuleError(f"np.linalg.qr has no rule for mode={mode!r}; use mode='reduced'.")
    return qr(a, mode)


@primitive(lambda g, y, a, mode: qr_vjp(g, y, a, mode), sparse=True)
def qr(a: Any, mode: Any) -> Any:
    """Call np.linalg.qr."""
    return la.qr(a, mode)


def qr_vjp(g: Any, y: Any, a: Any, mode: Any) -> Any:
    """Solve with R from the right (tall A = QR); Q^H dQ has no Hermitian part.

    For a wide matrix [A1 A2], decompose A1 = Q R1; R2 = Q^H A2 follows.
    """
    (q, r), (gq, gr) = (la.qr(a), (None, g)) if mode == "r" else (y, g)
    gq, gr = (np.zeros_like(x) if g is None else conj(g) for x, g in ((q, gq), (r, gr)))
    m, n = a.shape[-2:]
    k = min(m, n)
    if n > k:
        gq = gq + a[..., k:] @ H(gr[..., k:])
    q1, g1, r1 = q[..., :k], gq[..., :k], r[..., :k, :k]
    p = np.triu(gr[..., :k, :k] @ H(r1) - H(q1) @ g1)
    d = g1 + q1 @ np.where(identity(k, p, bool), np.real(p), p + H(p))
    if q.shape[-1] > k:  # the columns that complete Q rotate against those of Q1
        d = settled(d - q[..., k:] @ (H(gq[..., k:]) @ q1), q[..., k:], gq[..., k:])
    d = H(la.solve(r1, H(d)))
    return conj(np.concatenate([d, q @ gr[..., k:]], axis=-1) if n > k else d)


def eigh_vjp(g: Any, y: Any) -> Any:
    """Use dw = diag(P), dV = V (P / (w[k] - w[j])) off the diagonal, where P = V^H dA V."""
    (w, v), (gw, gv) = y, g
    p = 0
    if gv is not None:
        m = H(v) @ conj(gv)
        x = m - H(m)
        p = quotient(x, across(w), mixed(w), free(x, m, gv, gw)) / 2
    if gw is not None:
        p = p + diagonal(shared(gw, w))
    return conj(symmetric(v @ p @ H(v)))


def eig_vjp(g: Any, y: Any) -> Any:
    """Like eigh, with inv(V) for V^H; each column of V keeps its length 1."""
    (w, v), (gw, gv) = y, g
    p = 0
    if gv is not None:
        m = H(v) @ conj(gv)
        p = m - (H(v) @ v) * np.real(np.sum(m * identity(m.shape[-1], m, float), axis=-2))[..., None, :]
        p = quotient(p, conj(across(w)), mixed(w), free(p, m, gv, gw))
    if gw is not None:
        p = p + diagonal(conj(shared(gw, w)))
    return conj(la.solve(H(v), p @ H(v)))


def svd_vjp(g: Any, y: Any, a: Any, compute_uv: Any) -> Any:
    """Use ds = Re diag(P), where P = U^H dA V; off the diagonal U^H dU and V^H dV are

    (P[j, k] s[k] + s[j] conj(P[k, j])) / (s[k]^2 - s[j]^2), and the same with P^H for P.
    """
    if not compute_uv:
        (u, s, vh), (gu, gs, gvh) = la.svd(a, full_matrices=False), (None, g, None)
    else:
        (u, s, vh), (gu, gs, gvh) = y, g
    k, v = s.shape[-1], H(vh)
    u1, v1 = u[..., :k], v[..., :k]
    p, d = 0, 0
    if gs is not None:
        p = diagonal(np.where(s == 0, 0, shared(gs, s)))
    if gu is not None or gvh is not None:
        gu = np.zeros_like(u) if gu is None else conj(gu)
        gv = np.zeros_like(v) if gvh is None else T(gvh)
        mu, mv = H(u1) @ gu[..., :k], H(v1) @ gv[..., :k]
        m = np.concatenate([mu, mv], axis=-2)
        vectors = np.concatenate([gu[..., :k], gv[..., :k]], axis=-2)
        # (x s[k] + s[j] z) / (s[k]^2 - s[j]^2) with x = mu - mu^H, z = mv - mv^H, is half of
        # (x + z) / (s[k] - s[j]) + (x - z) / (s[k] + s[j]): which avoids cancellation
        x, z = mu - H(mu), mv - H(mv)
        zero = s <= precision(s, a.shape)
        both_zero = zero[..., None, :] & zero[..., :, None]
        sums = s[..., None, :] + s[..., :, None]
        p = p + quotient(x + z, across(s), mixed(s, a.shape), free(x + z, m, vectors, gs)) / 2
        p = p + quotient(x - z, sums, both_zero, free(x - z, m, vectors, gs)) / 2
        column, zero = s[..., None, :], zero[..., None, :]
        if u.shape[-2] > k:
            out = outside(u, u1, gu, mu)
            d = d + quotient(out, column, zero, out == 0) @ H(v1)
        if v.shape[-2] > k:
            out = outside(v, v1, gv, mv)
            d = d + u1 @ H(quotient(out, column, zero, out == 0))
    return conj(u1 @ p @ H(v1) + d)


def outside(u: Any, u1: Any, g: Any, inside: Any) -> Any:
    """Return the gradient outside the span of u1; columns that complete u turn against it."""
    k = u1.shape[-1]
    d = g[..., :k] - u1 @ inside
    if u.shape[-1] > k:
        d = settled(d - u[..., k:] @ (H(g[..., k:]) @ u1), u[..., k:], g[..., k:])
    return d


def settled(d: Any, u: Any, g: Any) -> Any:
    """Return `d`, or nan if it depends on the choice of the vectors `u` that complete a basis."""
    m = H(u) @ g
    largest = np.max(np.absolute(g), axis=(-1, -2), keepdims=True, initial=0)
    idle = np.absolute(m - H(m)) <= 100 * u.shape[-2] * np.finfo(m.dtype).eps * largest
    return np.where(np.all(idle, axis=(-1, -2), keepdims=True), d, np.nan)


def quotient(p: Any, differences: Any, tied: Any, any_will_do: Any) -> Any:
    """Return p / differences; at ties, where it is 0 / 0: zero if any vectors will do, else nan."""
    return np.where(tied, np.where(any_will_do, 0, np.nan), p / np.where(tied, 1, differences))


def free(p: Any, m: Any, vectors: Any, values: Any) -> Any:
    """Return True for pairs of vectors whose choice does not matter if they are tied.

    That is so for a vector and itself; if the gradients of both are zero; and if the values are not
    used (their gradient is None) and a rotation of the two changes nothing: p is rounding.
    """
    idle = ~np.any(vectors != 0, axis=-2)
    known = identity(p.shape[-1], p, bool) | (idle[..., None, :] & idle[..., :, None])
    if values is None:
        largest = np.max(np.absolute(m), axis=(-1, -2), keepdims=True, initial=0)
        known = known | (np.absolute(p) <= 100 * p.shape[-1] * np.finfo(p.dtype).eps * largest)
    return known


def across(w: Any) -> Any:
    """Return w[k] - w[j] in row j, column k."""
    return w[..., None, :] - w[..., :, None]


def diagonal(x: Any) -> Any:
    """Return diagonal matrices."""
    return x[..., None, :] * identity(x.shape[-1], x)


def precision(w: Any, shape: Any = None) -> Any:
    """Bound the rounding error of the eigenvalues or singular values of a matrix of this shape."""
    n = max(shape[-2:]) if shape else w.shape[-1]
    return n * np.finfo(w.dtype).eps * np.max(np.absolute(w), axis=-1, keepdims=True, initial=0)


def mixed(w: Any, shape: Any = None) -> Any:
    """Return True for pairs of values so close that rounding may have mixed their vectors."""
    return np.absolute(across(w)) <= precision(w, shape)[..., None]


def alike(w: Any) -> Any:
    """Return True for pairs of values that are equal up to the last digits that LAPACK loses."""
    size = np.absolute(w)
    larger = np.maximum(size[..., None, :], size[..., :, None])
    return np.absolute(across(w)) <= 4 * w.shape[-1] * np.finfo(w.dtype).eps * larger


def shared(g: Any, w: Any) -> Any:
    """Return the mean over each group of tied values."""
    tied = alike(w)
    return (tied @ g[..., None])[..., 0] / np.sum(tied, axis=-1)
