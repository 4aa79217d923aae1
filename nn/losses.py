"""Losses: the cost of the outputs of a network against the labels, as one number.

Columns are examples; every function takes arrays or Tensors. The functions `from_logits` take Z,
before the last sigmoid or softmax, and stay finite and exact if the probability rounds to 0 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag

from .errors import DataError


def binary_cross_entropy(A: Any, Y: Any) -> Any:
    """Return the course's cost of probabilities against labels.

    Parameters
    ----------
    A : array or Tensor of shape (1, m)
        P(Y = 1), strictly between 0 and 1.
    Y : array or Tensor of shape (1, m)
        Labels 0 and 1.

    Returns
    -------
    scalar
        J = -1/m sum_i (y log(a) + (1 - y) log(1 - a)).

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> print(round(binary_cross_entropy(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])), 6))
    0.693147
    """
    _check_same_shape(A, Y)
    # J = -1/m sum_i (y log(a) + (1 - y) log(1 - a))
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def binary_cross_entropy_from_logits(Z: Any, Y: Any) -> Any:
    """Return the same cost for any Z, with A = sigmoid(Z).

    Parameters
    ----------
    Z, Y : array or Tensor of shape (1, m)
        The input of the last sigmoid, and labels 0 and 1.

    Returns
    -------
    scalar

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> Z, Y = np.array([[1000.0, -1000.0]]), np.array([[0.0, 0.0]])
    >>> print(binary_cross_entropy_from_logits(Z, Y))
    500.0
    """
    _check_same_shape(Z, Y)
    return _mean_log_loss(Z, Y)


# dJ/dZ = (A - Y) / m, and dJ/dY = -Z / m
@ag.primitive(
    lambda g, y, Z, Y: (ag.sigmoid(Z) - Y) * (g / Z.shape[-1]),
    lambda g, y, Z, Y: Z * (-g / Z.shape[-1]),
)
def _mean_log_loss(Z: Any, Y: Any) -> Any:
    # -y log(a) - (1 - y) log(1 - a) = max(z, 0) + log(1 + e^-|z|) - y z
    return (np.maximum(Z, 0) + np.log1p(np.exp(-np.absolute(Z))) - Y * Z).sum() / Z.size


def softmax_cross_entropy(A: Any, Y: Any) -> Any:
    """Return the cost of class probabilities against one-hot labels.

    Parameters
    ----------
    A, Y : array or Tensor of shape (n_classes, m)

    Returns
    -------
    scalar
        J = -1/m sum of Y log(A).

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> A, Y = np.array([[0.5], [0.5]]), np.array([[1.0], [0.0]])
    >>> print(round(softmax_cross_entropy(A, Y), 6))
    0.693147
    """
    _check_same_shape(A, Y)
    return -(Y * np.log(A)).sum() / A.shape[1]


def softmax_cross_entropy_from_logits(Z: Any, Y: Any) -> Any:
    """Return the same cost for any Z, with A = softmax(Z) over rows.

    Parameters
    ----------
    Z, Y : array or Tensor of shape (n_classes, m)

    Returns
    -------
    scalar

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> Z, Y = np.array([[1000.0], [0.0]]), np.array([[0.0], [1.0]])
    >>> print(softmax_cross_entropy_from_logits(Z, Y))
    1000.0
    """
    _check_same_shape(Z, Y)
    return -(Y * ag.log_softmax(Z, axis=0)).sum() / Z.shape[1]


def one_hot(labels: Any, n_classes: int, dtype: Any = np.float64) -> Any:
    """Return class numbers as columns with a single 1.

    Parameters
    ----------
    labels : array_like of shape (m,) or (1, m)
        Numbers 0 ... n_classes - 1.
    n_classes : int
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_classes, m)

    Raises
    ------
    DataError
        If a label is out of range.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    numbers = np.asarray(labels).reshape(-1)
    wrong = numbers[~np.isin(numbers, np.arange(n_classes))]
    if wrong.size:
        raise DataError(None, "labels", f"the label {wrong[0]}", f"0 ... {n_classes - 1}")
    return (numbers == np.arange(n_classes)[:, None]).astype(dtype)


def mse(A: Any, Y: Any) -> Any:
    """Return the mean of the squared errors over all elements.

    Parameters
    ----------
    A, Y : array or Tensor of one shape

    Returns
    -------
    scalar

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> print(mse(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]])))
    2.0
    """
    _check_same_shape(A, Y)
    return ((A - Y) ** 2).mean()


def L1(A: Any, Y: Any) -> Any:
    """Return the sum of the absolute errors, as in the course.

    Parameters
    ----------
    A, Y : array or Tensor of one shape

    Returns
    -------
    scalar

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> print(L1(np.array([[0.5, 0.25]]), np.array([[1.0, 0.0]])))
    0.75
    """
    _check_same_shape(A, Y)
    return np.abs(Y - A).sum()


def L2(A: Any, Y: Any) -> Any:
    """Return the sum of the squared errors, as in the course.

    Parameters
    ----------
    A, Y : array or Tensor of one shape

    Returns
    -------
    scalar

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> print(L2(np.array([[0.5, 0.25]]), np.array([[1.0, 0.0]])))
    0.3125
    """
    _check_same_shape(A, Y)
    return ((Y - A) ** 2).sum()


def _check_same_shape(A: Any, Y: Any) -> None:
    # (1, m) against (m,) would broadcast to (m, m) in silence, and give another cost.
    if A.shape != Y.shape:
        found = f"labels of shape {Y.shape} for outputs of shape {A.shape}"
        raise DataError(None, "Y", found, "the same shape for both")
