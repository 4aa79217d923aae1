"""The first functions of the course: sigmoid, its derivative, pictures as columns, rows, losses."""

import numpy as np

from .notation import Array


def sigmoid(x: Array) -> Array:
    """Squash x, of any shape, into (0, 1), without a warning for any x.

    Source: course 1, week 2.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore"):  # e^1000 = inf gives s = 0, the limit
        # s = 1 / (1 + e^-x)
        s: Array = 1 / (1 + np.exp(-x))
    return s


def sigmoid_derivative(x: Array) -> Array:
    """Return the derivative of the sigmoid at x, of any shape.

    Source: course 1, week 2.

    >>> sigmoid_derivative(np.array([0.0]))
    array([0.25])
    """
    s = sigmoid(x)
    # ds/dx = s (1 - s)
    ds: Array = s * (1 - s)
    return ds


def image2vector(image: Array) -> Array:
    """Flatten a picture (h, w, c), row-major, into one column (h*w*c, 1).

    Source: course 1, week 2.

    >>> image2vector(np.arange(12).reshape(2, 2, 3)).shape
    (12, 1)
    """
    h, w, c = image.shape
    return image.reshape(h * w * c, 1)


def normalize_rows(x: Array) -> Array:
    """Scale each row of x (n, k) to Euclidean length 1; a row of zeros becomes nan.

    Source: course 1, week 2.

    >>> normalize_rows(np.array([[0.0, 3.0, 4.0]]))
    array([[0. , 0.6, 0.8]])
    """
    # |x_i| = sqrt(sum_j x_ij^2)
    length = np.sqrt(np.sum(x ** 2, axis=1, keepdims=True))
    # x_i := x_i / |x_i|
    x_normalized: Array = x / length
    return x_normalized


def softmax(x: Array) -> Array:
    """Turn each row of x (n, k) into k probabilities that sum to 1.

    Source: course 1, week 2; e^(x - c) / sum e^(x - c) is the same for every c, and c = max x
    keeps e^x finite.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    x_exp = np.exp(x - np.max(x, axis=1, keepdims=True))
    # s_ij = e^x_ij / sum_k e^x_ik
    s: Array = x_exp / np.sum(x_exp, axis=1, keepdims=True)
    return s


def L1(yhat: Array, y: Array) -> Array:
    """Sum the absolute errors of yhat against y, both (m,).

    Source: course 1, week 2.

    >>> print(L1(np.array([0.5, 0.25]), np.array([1, 0])))
    0.75
    """
    # L1 = sum_i |y_i - yhat_i|
    loss: Array = np.sum(np.abs(y - yhat))
    return loss


def L2(yhat: Array, y: Array) -> Array:
    """Sum the squared errors of yhat against y, both (m,).

    Source: course 1, week 2.

    >>> print(L2(np.array([0.5, 0.25]), np.array([1, 0])))
    0.3125
    """
    # L2 = sum_i (y_i - yhat_i)^2
    loss: Array = np.sum((y - yhat) ** 2)
    return loss
