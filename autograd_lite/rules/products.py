"""Matrix products: of Y = A @ B, dA = dY @ B.T and dB = A.T @ dY."""

import numpy as np

from ..registry import rule

rule(np.matmul,  lambda g, y, a, b: matmul_left(g, a.ndim, b),  lambda g, y, a, b: matmul_right(g, a, b.ndim))
rule(np.dot,     lambda g, y, a, b: dot_left(g, a, b),     lambda g, y, a, b: dot_right(g, a, b))


def matmul_left(g, ndim, b):
    """Gradient of a left factor of so many axes; a vector is a row there."""
    if ndim == b.ndim == 2:
        return g @ b.T
    if b.ndim == 1:
        return g[..., None] * b if ndim > 1 else g * b
    if ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ np.swapaxes(b, -1, -2)


def matmul_right(g, a, ndim):
    """Gradient of a right factor of so many axes; a vector is a column there."""
    if a.ndim == ndim == 2:
        return a.T @ g
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if ndim > 1 else g * a
    if ndim == 1:
        return (np.swapaxes(a, -1, -2) @ g[..., None])[..., 0]
    return np.swapaxes(a, -1, -2) @ g


def dot_left(g, a, b):
    """As matmul for matrices and vectors; beyond that b's last axis but one is contracted."""
    if a.ndim == 0 or b.ndim == 0:
        return np.sum(g * b, axis=tuple(range(a.ndim, g.ndim))) if a.ndim == 0 else g * b
    if b.ndim <= 2:
        return matmul_left(g, a.ndim, b)
    rest = tuple(range(b.ndim - 2)) + (b.ndim - 1,)
    return np.tensordot(g, b, (tuple(range(a.ndim - 1, g.ndim)), rest))


def dot_right(g, a, b):
    """The counterpart of dot_left."""
    if a.ndim == 0 or b.ndim == 0:
        return np.sum(g * a, axis=tuple(range(g.ndim))) if b.ndim == 0 else g * a
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul_right(g, a, b.ndim)
    lead = tuple(range(a.ndim - 1))
    d = np.tensordot(a, g, (lead, lead))  # contracted axis first, then b's others
    return np.moveaxis(d, 0, -2) if b.ndim > 1 else d
