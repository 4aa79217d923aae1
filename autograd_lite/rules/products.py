"""Products of vectors and matrices: for Y = A @ B, dA = dY @ B.T and dB = A.T @ dY.

Complex numbers follow JAX: a gradient is the transpose of the derivative, without conjugation. A
function without conjugation therefore has the same rule as for real numbers. `vdot`, `vecdot` and
`vecmat` conjugate their first argument, and with w = conj(z) the gradient is g_z = conj(g_w).
"""

import math
from typing import Any

import numpy as np

from .devices import identity
from .registry import compose, primitive, rule

rule(np.matmul,     lambda g, y, a, b: matmul_left(g, a.ndim, b),
                    lambda g, y, a, b: matmul_right(g, a, b.ndim))
rule(np.dot,        lambda g, y, a, b: dot_left(g, np.ndim(a), b),
                    lambda g, y, a, b: dot_right(g, a, np.ndim(b)))
rule(np.inner,      lambda g, y, a, b: inner_left(g, np.ndim(a), b),
                    lambda g, y, a, b: inner_right(g, a, np.ndim(b)))
rule(np.outer,      lambda g, y, a, b: np.reshape(g @ np.ravel(b), a.shape),
                    lambda g, y, a, b: np.reshape(np.ravel(a) @ g, b.shape))
rule(np.vdot,       lambda g, y, a, b: np.reshape(conj(g * np.ravel(b)), a.shape),
                    lambda g, y, a, b: np.reshape(g * conj(np.ravel(a)), b.shape))
rule(np.tensordot,  lambda g, y, a, b, axes=2: tensordot_left(g, np.ndim(a), b, axes),
                    lambda g, y, a, b, axes=2: tensordot_right(g, a, np.ndim(b), axes))

compose(np.vecdot,  lambda x1, x2, axis=-1: vecdot(x1, x2, axis))
compose(np.kron,    lambda a, b: kron(a, b))
compose(np.cross,   lambda a, b, axisa=-1, axisb=-1, axisc=-1, axis=None:
                        cross(a, b, *((axisa, axisb, axisc) if axis is None else (axis,) * 3)))
if hasattr(np, "matvec"):  # NumPy 2.2
    compose(np.matvec,  lambda x1, x2: (x1 @ np.expand_dims(x2, -1))[..., 0])
    compose(np.vecmat,  lambda x1, x2: (np.expand_dims(conj(x1), -2) @ x2)[..., 0, :])

# The same functions by the array API's names
compose(np.linalg.matmul,            lambda x1, x2: np.matmul(x1, x2))
compose(np.linalg.outer,             lambda x1, x2: np.outer(x1, x2))
compose(np.linalg.tensordot,         lambda x1, x2, *, axes=2: np.tensordot(x1, x2, axes))
compose(np.linalg.vecdot,            lambda x1, x2, *, axis=-1: vecdot(x1, x2, axis))
compose(np.linalg.cross,             lambda x1, x2, *, axis=-1: np.cross(x1, x2, axis=axis))
compose(np.linalg.matrix_transpose,  lambda x: np.swapaxes(x, -1, -2))
compose(np.linalg.diagonal,          lambda x, *, offset=0: np.diagonal(x, offset, -2, -1))
compose(np.linalg.trace,             lambda x, *, offset=0, dtype=None:
                                         np.trace(x, offset, -2, -1, dtype))

# Many factors
compose(np.linalg.multi_dot,         lambda arrays, *, out=None: multi_dot(list(arrays)))
compose(np.linalg.matrix_power,      lambda a, n: matrix_power(a, n))


def conj(x: Any) -> Any:
    """Return the complex conjugate; a real array is its own."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def matmul_left(g: Any, ndim: Any, b: Any) -> Any:
    """Return the gradient of a left factor with `ndim` axes; a vector is a row there."""
    if ndim == b.ndim == 2:
        return g @ b.T
    if b.ndim == 1:
        return g[..., None] * b if ndim > 1 else g * b
    if ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ np.swapaxes(b, -1, -2)


def matmul_right(g: Any, a: Any, ndim: Any) -> Any:
    """Return the gradient of a right factor with `ndim` axes; a vector is a column there."""
    if a.ndim == ndim == 2:
        # matmul is slow where W is a single row: (n, 1) @ (1, m)
        return a.T.dot(g) if type(g) is np.ndarray else a.T @ g
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if ndim > 1 else g * a
    if ndim == 1:
        return (np.swapaxes(a, -1, -2) @ g[..., None])[..., 0]
    if ndim == 2:  # one matrix with a whole batch: all rows in one product
        return rows(a).T @ rows(g)
    return np.swapaxes(a, -1, -2) @ g


def rows(x: Any) -> Any:
    """Reshape a stack of matrices to one tall matrix."""
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def dot_left(g: Any, ndim: Any, b: Any) -> Any:
    """Use matmul for matrices and vectors; beyond that dot contracts b's last axis but one."""
    if ndim == 0 or np.ndim(b) == 0:
        return g * b
    if b.ndim <= 2:
        return matmul_left(g, ndim, b)
    return tensordot_left(g, ndim, b, (-1, -2))


def dot_right(g: Any, a: Any, ndim: Any) -> Any:
    """Return the counterpart of dot_left."""
    if np.ndim(a) == 0 or ndim == 0:
        return g * a
    if a.ndim <= 2 and ndim <= 2:
        return matmul_right(g, a, ndim)
    return tensordot_right(g, a, ndim, (-1, -2 if ndim > 1 else -1))


def inner_left(g: Any, ndim: Any, b: Any) -> Any:
    """Contract the last axes; a scalar multiplies."""
    return g * b if ndim == 0 or np.ndim(b) == 0 else tensordot_left(g, ndim, b, (-1, -1))


def inner_right(g: Any, a: Any, ndim: Any) -> Any:
    """Return the counterpart of inner_left."""
    return g * a if np.ndim(a) == 0 or ndim == 0 else tensordot_right(g, a, ndim, (-1, -1))


# Y[i, j] = sum over c of A[i, c] B[j, c], where i, j, c stand for groups of axes


def tensordot_left(g: Any, ndim: Any, b: Any, axes: Any) -> Any:
    """Use dA[i, c] = sum over j of dY[i, j] B[j, c], then move every axis to its place."""
    of_a, of_b = contracted(axes, ndim, np.ndim(b))
    i, j = free(of_a, ndim), free(of_b, np.ndim(b))
    d = np.tensordot(g, b, (tuple(range(len(i), len(i) + len(j))), j))
    return placed(d, i + [of_a[k] for k in order(of_b)])


def tensordot_right(g: Any, a: Any, ndim: Any, axes: Any) -> Any:
    """Use dB[c, j] = sum over i of A[i, c] dY[i, j], then move every axis to its place."""
    of_a, of_b = contracted(axes, np.ndim(a), ndim)
    i, j = free(of_a, np.ndim(a)), free(of_b, ndim)
    d = np.tensordot(a, g, (i, tuple(range(len(i)))))
    return placed(d, [of_b[k] for k in order(of_a)] + j)


def contracted(axes: Any, a_ndim: Any, b_ndim: Any) -> Any:
    """Return the axes that a tensordot sums over, counted from the front, in each factor."""
    if not np.iterable(axes):
        return list(range(a_ndim - axes, a_ndim)), list(range(axes))
    of_a, of_b = (list(x) if np.iterable(x) else [x] for x in axes)
    return [k % a_ndim for k in of_a], [k % b_ndim for k in of_b]


def free(axes: Any, ndim: Any) -> Any:
    """Return the axes that are not among these."""
    return [k for k in range(ndim) if k not in axes]


def order(axes: Any) -> Any:
    """Return the positions of the axes, the smallest axis first."""
    return sorted(range(len(axes)), key=lambda k: axes[k])


def placed(d: Any, axes: Any) -> Any:
    """Move each axis of `d` to the place that `axes` names for it."""
    return np.transpose(d, order(axes)) if axes != sorted(axes) else d


def vecdot(a: Any, b: Any, axis: Any) -> Any:
    """Compute inner products along an axis, the first factor conjugated."""
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    return (conj(a)[..., None, :] @ b[..., None])[..., 0, 0]


def kron(a: Any, b: Any) -> Any:
    """Multiply each element of `a` by the whole of `b`: interleave axes, then merge in pairs."""
    n = max(np.ndim(a), np.ndim(b))
    p, q = ((1,) * (n - np.ndim(x)) + np.shape(x) for x in (a, b))
    a = np.reshape(a, [size for i in p for size in (i, 1)])
    b = np.reshape(b, [size for j in q for size in (1, j)])
    return np.reshape(a * b, [i * j for i, j in zip(p, q, strict=True)])


# g . (a x b) = a . (b x g) = b . (g x a)
@primitive(lambda g, y, a, b: cross_last(b, g), lambda g, y, a, b: cross_last(g, a))
def cross_last(a: Any, b: Any) -> Any:
    """Compute cross products of vectors of three elements along the last axis."""
    return np.cross(a, b)


def cross(a: Any, b: Any, axisa: Any, axisb: Any, axisc: Any) -> Any:
    """Compute np.cross: a plane vector has z = 0; two of them return z alone."""
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"np.cross takes vectors of 2 or 3 elements; got {a.shape}, {b.shape}.")
    y = cross_last(in_space(a), in_space(b))
    return y[..., 2] if a.shape[-1] == b.shape[-1] == 2 else np.moveaxis(y, -1, axisc)


def in_space(a: Any) -> Any:
    """Append z = 0 to plane vectors."""
    return a if a.shape[-1] == 3 else np.concatenate([a, np.zeros_like(a[..., :1])], axis=-1)


def multi_dot(arrays: Any) -> Any:
    """Multiply many matrices, in the order that takes the fewest multiplications."""
    first, last = np.ndim(arrays[0]) == 1, np.ndim(arrays[-1]) == 1
    if first:
        arrays[0] = np.reshape(arrays[0], (1, -1))
    if last:
        arrays[-1] = np.reshape(arrays[-1], (-1, 1))
    n = len(arrays)
    sizes = [np.shape(a)[0] for a in arrays] + [np.shape(arrays[-1])[1]]
    cost = {(i, i + 1): (0, i) for i in range(n)}  # of arrays[i:j], and where its product splits
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length
            cost[i, j] = min((cost[i, k][0] + cost[k, j][0] + sizes[i] * sizes[k] * sizes[j], k)
                             for k in range(i + 1, j))

    def product(i, j):
        k = cost[i, j][1]
        return arrays[i] if j == i + 1 else product(i, k) @ product(k, j)

    y = product(0, n)
    y = y[0] if first else y
    return y[..., 0] if last else y


def matrix_power(a: Any, n: Any) -> Any:
    """Compute a @ a @ ... @ a by squaring; invert for negative n; n = 0 is the identity."""
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 0:
        return np.where(True, identity(a.shape[-1], a), a)
    y = None
    while n:
        if n % 2:
            y = a if y is None else y @ a
        n //= 2
        a = a @ a if n else a
    return y
