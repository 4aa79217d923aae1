"""Functions NumPy lacks, each stable at any input: they dispatch like NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules.elementwise import gap
from ..rules.registry import primitive
from ..rules.shaping import spread


@primitive(lambda g, y, x: g * (y * (1 - y)), elementwise=True)
@np.errstate(over="ignore")  # exp(1000) is inf, and 1 / inf is the right answer
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), the logistic function; shape of x.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 1 / (1 + np.exp(-x))


@primitive(lambda g, y, x: g * (x > 0), elementwise=True)
def relu(x: Any) -> Any:
    """max(0, x), with derivative 0 at 0; shape of x.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(x, 0)


@primitive(
    lambda g, y, x, slope=0.01: g * np.where(x > 0, 1.0, slope).astype(x.dtype), elementwise=True
)
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where x > 0, else slope * x, with derivative `slope` at 0; shape of x.

    >>> leaky_relu(np.array([-2.0, 3.0]))
    array([-0.02,  3.  ])
    """
    return np.where(x > 0, x, slope * x)


@primitive(lambda g, y, x: g * sigmoid(x), elementwise=True)
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow; shape of x.

    >>> softplus(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.6931471805599453, 1000.0]
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


@primitive(lambda g, y, x: g * sigmoid(-x), elementwise=True)
def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)), finite for every finite x; shape of x.

    >>> log_sigmoid(np.array([-1000.0, 0.0])).tolist()
    [-1000.0, -0.6931471805599453]
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))


@primitive(lambda g, y, x: -g * sigmoid(x), elementwise=True)
def log_one_minus_sigmoid(x: Any) -> Any:
    """log(1 - sigmoid(x)), finite for every finite x; shape of x.

    >>> log_one_minus_sigmoid(np.array([0.0, 1000.0])).tolist()
    [-0.6931471805599453, -1000.0]
    """
    return np.minimum(-x, 0) - np.log1p(np.exp(-np.absolute(x)))


@primitive(lambda g, y, x, axis: y * (g - np.sum(g * y, axis=axis, keepdims=True)))
def weights(x: Any, axis: Any) -> Any:
    """Return the derivative of logsumexp: softmax, with equal weights for equal infinities.

    >>> weights(np.array([1e17, 1e17, -np.inf]), None)
    array([0.5, 0.5, 0. ])
    """
    e = np.exp(gap(x, np.max(x, axis=axis, keepdims=True)))
    return e / np.sum(e, axis=axis, keepdims=True)


# Not exp(x - y): of large numbers y has lost the digits that say how far x is below it
@primitive(
    lambda g, y, x, axis=None, keepdims=False: spread(g, x.shape, axis, keepdims) * weights(x, axis)
)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over `axis`, without overflow.

    >>> logsumexp(np.array([1000.0, 1000.0])).item() - 1000
    0.693147180559...
    """
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):  # the sum of nothing but exp(-inf) is 0, its logarithm -inf
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.reshape(y, _without(x.shape, axis))


@primitive(lambda g, y, x, axis=0: y * (g - np.sum(g * y, axis=axis, keepdims=True)))
def softmax(x: Any, axis: Any = 0) -> Any:
    """exp(x) / sum(exp(x)) over `axis`, by default over rows: examples are columns.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@primitive(lambda g, y, x, axis=0: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True))
def log_softmax(x: Any, axis: Any = 0) -> Any:
    """log(softmax(x)) over `axis`, finite for every finite x.

    >>> log_softmax(np.array([0.0, 1000.0])).tolist()
    [-1000.0, 0.0]
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _without(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    if axis is None:
        return ()
    axes = axis if isinstance(axis, tuple) else (axis,)
    gone = {i % len(shape) for i in axes}
    return tuple(n for i, n in enumerate(shape) if i not in gone)
