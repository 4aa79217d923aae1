"""The same four products as explicit loops and as NumPy calls, and what each costs.

An array of shape (n,), a "rank-1 array", is neither row nor column; (n, 1) is a column. With the
first, a transpose does nothing and a product with it is one number; and added to a column it
broadcasts to a square:

>>> a = np.array([1.0, 2.0, 3.0])
>>> column = a.reshape(3, 1)
>>> a.T.shape, column.T.shape
((3,), (1, 3))
>>> print(np.dot(a, a.T), np.dot(column, column.T).shape)
14.0 (3, 3)
>>> (column + a).shape
(3, 3)

Broadcasting compares shapes from the last axis backwards: equal sizes pass, a size 1 is stretched,
a missing axis counts as 1, anything else is an error. So (n[l], m) + (n[l], 1) adds b to every
column.
"""

import time
from collections.abc import Callable

import numpy as np

from .notation import Array


def dot_loop(x1: Array, x2: Array) -> float:
    """Multiply two vectors (n,) into one number by an explicit loop.

    Source: course 1, week 2; np.dot(x1, x2) is the vectorised form.

    >>> dot_loop(np.array([1, 2]), np.array([3, 4]))
    11.0
    """
    dot = 0.0
    for i in range(len(x1)):
        # x1 . x2 = sum_i x1_i x2_i
        dot += float(x1[i] * x2[i])
    return dot


def outer_loop(x1: Array, x2: Array) -> Array:
    """Multiply each element of x1 (n,) with each of x2 (k,) into (n, k) by explicit loops.

    Source: course 1, week 2; np.outer(x1, x2) is the vectorised form.

    >>> outer_loop(np.array([1, 2]), np.array([3, 4]))
    array([[3., 4.],
           [6., 8.]])
    """
    outer = np.zeros((len(x1), len(x2)))
    for i in range(len(x1)):
        for j in range(len(x2)):
            # outer_ij = x1_i x2_j
            outer[i, j] = x1[i] * x2[j]
    return outer


def elementwise_loop(x1: Array, x2: Array) -> Array:
    """Multiply two vectors (n,) element by element by an explicit loop.

    Source: course 1, week 2; np.multiply(x1, x2), or x1 * x2, is the vectorised form.

    >>> elementwise_loop(np.array([1, 2]), np.array([3, 4]))
    array([3., 8.])
    """
    product = np.zeros(len(x1))
    for i in range(len(x1)):
        # mul_i = x1_i x2_i
        product[i] = x1[i] * x2[i]
    return product


def general_dot_loop(W: Array, x1: Array) -> Array:
    """Multiply a matrix W (k, n) with a vector x1 (n,) into (k,) by explicit loops.

    Source: course 1, week 2; np.dot(W, x1), or W @ x1, is the vectorised form.

    >>> general_dot_loop(np.array([[1, 2], [3, 4]]), np.array([1, 10]))
    array([21., 43.])
    """
    gdot = np.zeros(W.shape[0])
    for i in range(W.shape[0]):
        for j in range(len(x1)):
            # gdot_i = sum_j W_ij x1_j
            gdot[i] += W[i, j] * x1[j]
    return gdot


def loop_timings(n: int = 300) -> dict[str, tuple[float, float]]:
    """Time the four products on n random numbers (n x n in W): seconds by loop, seconds by NumPy.

    >>> sorted(loop_timings(n=10))
    ['dot', 'elementwise', 'general dot', 'outer']
    """
    rng = np.random.RandomState(1)
    W, x1, x2 = rng.randn(n, n), rng.randn(n), rng.randn(n)
    return {
        "dot": (seconds(dot_loop, x1, x2), seconds(np.dot, x1, x2)),
        "outer": (seconds(outer_loop, x1, x2), seconds(np.outer, x1, x2)),
        "elementwise": (seconds(elementwise_loop, x1, x2), seconds(np.multiply, x1, x2)),
        "general dot": (seconds(general_dot_loop, W, x1), seconds(np.dot, W, x1)),
    }


def seconds(product: Callable[[Array, Array], object], a: Array, b: Array) -> float:
    """Return the shortest of three times, in seconds, that product(a, b) took.

    >>> seconds(np.dot, np.ones(3), np.ones(3)) > 0
    True
    """
    took = []
    for _ in range(3):
        start = time.perf_counter()
        product(a, b)
        took.append(time.perf_counter() - start)
    return min(took)
