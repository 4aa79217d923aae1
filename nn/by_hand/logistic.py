"""Logistic regression, a network of one unit: w (n_x, 1), b a number, A = sigmoid(w^T X + b)."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .basics import sigmoid
from .notation import Array, labels_like, number_format


def initialize_with_zeros(dim: int, *, dtype: DTypeLike = np.float64) -> tuple[Array, Any]:
    """Return w = 0 (dim, 1) and b = 0; one unit has no symmetry to break.

    Source: course 1, week 2.

    >>> initialize_with_zeros(2)
    (array([[0.],
           [0.]]), 0.0)
    """
    # w = 0, b = 0
    return np.zeros((dim, 1), dtype=dtype), 0.0


def propagate(w: Array, b: Any, X: Array, Y: Array) -> tuple[dict[str, Any], Array]:
    """Return the gradients {"dw": (n_x, 1), "db": ()} and the cost ().

    X (n_x, m), Y (1, m). Source: course 1, week 2.

    >>> grads, cost = propagate(np.zeros((1, 1)), 0.0, np.array([[1.0, 3.0]]), np.array([[1, 0]]))
    >>> grads["dw"], print(grads["db"], round(cost, 6))
    0.0 0.693147
    (array([[0.5]]), None)
    """
    m = X.shape[1]
    # Z = w^T X + b,  A = sigmoid(Z)
    A = sigmoid(w.T @ X + b)
    Y = labels_like(Y, A)
    # J = -1/m sum_i (y log(a) + (1 - y) log(1 - a))
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    # dZ = A - Y
    dZ = A - Y
    # dw = 1/m X dZ^T
    dw = 1 / m * (X @ dZ.T)
    # db = 1/m sum_i dz_i
    db = 1 / m * np.sum(dZ)
    return {"dw": dw, "db": db}, np.squeeze(cost)


def optimize(
    w: Array,
    b: Any,
    X: Array,
    Y: Array,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
    *,
    record_every: int = 100,
) -> tuple[dict[str, Any], dict[str, Any], list[float]]:
    """Take num_iterations steps downhill: {"w", "b"}, {"dw", "db"} of the last step, costs.

    The cost before step i is kept (and printed) if i is a multiple of `record_every`.
    Source: course 1, week 2.

    >>> X, Y = np.array([[1.0, 3.0]]), np.array([[1, 0]])
    >>> params, grads, costs = optimize(np.zeros((1, 1)), 0.0, X, Y, num_iterations=1)
    >>> params["w"], grads["dw"], round(costs[0], 6)
    (array([[-0.0045]]), array([[0.5]]), 0.693147)
    """
    costs: list[float] = []
    grads: dict[str, Any] = {}
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        # w := w - alpha dw
        w = w - learning_rate * grads["dw"]
        # b := b - alpha db
        b = b - learning_rate * grads["db"]
        if i % record_every == 0:
            costs.append(float(cost))
            if print_cost:
                print(f"Cost after iteration {i}: {cost:f}")
    return {"w": w, "b": b}, grads, costs


def predict(w: Array, b: Any, X: Array) -> Array:
    """Label the columns of X (n_x, m): 1.0 if A > 0.5, else 0.0, (1, m).

    Source: course 1, week 2.

    >>> predict(np.array([[1.0]]), -2.0, np.array([[1.0, 2.0, 3.0]]))
    array([[0., 0., 1.]])
    """
    w = w.reshape(X.shape[0], 1)
    # A = sigmoid(w^T X + b)
    A = sigmoid(w.T @ X + b)
    # y = 1 if a > 0.5 else 0
    return np.where(A > 0.5, 1.0, 0.0)


def model(
    X_train: Array,
    Y_train: Array,
    X_test: Array,
    Y_test: Array | None = None,
    num_iterations: int = 2000,
    learning_rate: float = 0.005,
    print_cost: bool = False,
    *,
    record_every: int = 100,
) -> dict[str, Any]:
    """Train on (X_train, Y_train) from zero and label both sets.

    Returns "costs", "Y_prediction_train", "Y_prediction_test", "w", "b", "learning_rate" and
    "num_iterations". Y_test is not used: `planar.accuracy` compares. The default learning rate is
    the cat classifier's. Source: course 1, week 2.

    >>> X, Y = np.array([[1.0, 3.0]]), np.array([[1, 0]])
    >>> model(X, Y, X, Y, num_iterations=100, learning_rate=1.0)["Y_prediction_test"]
    array([[1., 0.]])
    """
    w, b = initialize_with_zeros(X_train.shape[0], dtype=number_format(X_train))
    params, _, costs = optimize(
        w, b, X_train, Y_train, num_iterations, learning_rate, print_cost, record_every=record_every
    )
    w, b = params["w"], params["b"]
    return {
        "costs": costs,
        "Y_prediction_train": predict(w, b, X_train),
        "Y_prediction_test": predict(w, b, X_test),
        "w": w,
        "b": b,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }
