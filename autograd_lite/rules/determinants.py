"""Determinants: the gradient is the matrix of cofactors, exact for singular ones, to any order."""

from typing import Any

import numpy as np

from .devices import beside, identity
from .linalg import H, T
from .products import conj
from .registry import primitive, rule

la = np.linalg

rule(np.linalg.det,      lambda g, y, a: g[..., None, None] * cofactors(a))
rule(np.linalg.slogdet,  lambda g, y, a: slogdet_vjp(g, y, a))


def slogdet_vjp(g: Any, y: Any, a: Any) -> Any:
    """Use d log|det A| = Re tr(inv(A) dA) and, if complex, d sign = i sign Im tr(inv(A) dA).

    The result for a singular matrix is nan.
    """
    singular = (y[0] == 0)[..., None, None]
    inverse = la.inv(np.where(singular, identity(a.shape[-1], a), a))
    slope = g[1] + np.imag(g[0] * y[0]) * 1j if a.dtype.kind == "c" else g[1]
    return np.where(singular, np.nan, slope[..., None, None] * T(inverse))


def directions(i: Any, g: Any, along: Any) -> Any:
    """Return the directions of the derivative with respect to direction i (0 is A itself).

    A determinant is linear and symmetric in its directions, so each derivative is again a matrix of
    cofactors: along g in place of direction i, or for A along g too.
    """
    return (*along[: max(i - 1, 0)], *along[i:], g)


@primitive(variadic=lambda i, g, y, a, *along: cofactors(a, *directions(i, g, along)))
def cofactors(a: Any, *along: Any) -> Any:
    """Compute d det(A) / dA, differentiated again along each of the matrices `along`.

    With A = U S V^H, det(A + X) = det(U) det(V^H) det(S + U^H X V), and the determinant of a
    diagonal matrix has simple derivatives: along P0, ..., Pk the sum over all permutations s of

        sign(s) sum over distinct i0, ..., ik of P0[i0, s(i0)] ... Pk[ik, s(ik)] rest[i0, ..., ik]

    where `rest` is the product of the other singular values. Nothing is divided, so zeros are safe.

    >>> cofactors(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12) + 0
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    known = np.all(np.isfinite(a), axis=(-1, -2), keepdims=True)  # LAPACK fails otherwise
    u, s, vh = np.linalg.svd(np.where(known, a, 0))
    n, count = a.shape[-1], len(along) + 1
    eye = identity(n, a, bool)
    taken = beside(a, np.zeros((n,) * (count + 1), bool))
    distinct = beside(a, np.ones((n,) * count, bool))
    for i in range(count):
        taken = taken | along_axes(eye, count + 1, i, count)
        for j in range(i):
            distinct = distinct & ~along_axes(eye, count, j, i)
    others = np.where(taken, 1, s[(..., *[None] * count, slice(None))])
    rest = np.prod(others, axis=-1) * distinct
    turned = [H(u) @ x @ H(vh) for x in along]
    names, q = "abcdefgh"[:count], 0
    for p in np.ndindex((count,) * count):
        if len(set(p)) == count:  # a permutation
            pairs = ["..." + names[i] + names[p[i]] for i in range(1, count)]
            out = names[0] if p[0] == 0 else names[0] + names[p[0]]
            part = np.einsum(",".join(["..." + names, *pairs]) + "->..." + out, rest, *turned)
            sign = float(np.linalg.det(np.eye(count)[list(p)]))
            q = q + sign * (part[..., None] * eye if p[0] == 0 else part)
    turns = np.linalg.det(u) * np.linalg.det(vh)
    return np.where(known, turns[..., None, None] * (conj(u) @ q @ conj(vh)), np.nan)


def along_axes(matrix: Any, ndim: Any, i: Any, j: Any) -> Any:
    """Lay a square matrix along axes i and j of an array of `ndim` dimensions."""
    return np.reshape(matrix, [len(matrix) if k in (i, j) else 1 for k in range(ndim)])
