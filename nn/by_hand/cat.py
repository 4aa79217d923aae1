"""The cat classifier: training loops over the functions of `deep`, for two layers and for L."""

from collections.abc import Sequence

import numpy as np

from .deep import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    linear_activation_backward,
    linear_activation_forward,
    update_parameters,
)
from .initialization import initialize_parameters, initialize_parameters_deep
from .notation import ActivationName, Array, Parameters, ScaleName, labels_like, number_format


def two_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    seed: int = 1,
    scale: ScaleName | float = "small",
    hidden: ActivationName = "relu",
    record_every: int = 100,
) -> tuple[Parameters, list[float]]:
    """Train LINEAR -> ReLU -> LINEAR -> SIGMOID on X (n_x, m), Y (1, m): parameters and costs.

    layers_dims = (n_x, n_h, n_y), on the pictures (12288, 7, 1) with 2500 iterations. The cost
    before step i is kept (and printed) if i is a multiple of `record_every`. X determines the
    number format. Source: course 1, week 4.

    >>> X, Y = np.array([[1.0, 3.0]]), np.array([[1, 0]])
    >>> parameters, costs = two_layer_model(X, Y, (1, 2, 1), num_iterations=101)
    >>> list(parameters), len(costs)
    (['W1', 'b1', 'W2', 'b2'], 2)
    """
    n_x, n_h, n_y = layers_dims
    dtype = number_format(X)
    parameters = initialize_parameters(n_x, n_h, n_y, seed=seed, scale=scale, dtype=dtype)
    costs: list[float] = []
    for i in range(num_iterations):
        W1, b1, W2, b2 = (parameters[key] for key in ("W1", "b1", "W2", "b2"))
        # A1 = relu(W1 X + b1),  A2 = sigmoid(W2 A1 + b2)
        A1, cache1 = linear_activation_forward(X, W1, b1, hidden)
        A2, cache2 = linear_activation_forward(A1, W2, b2, "sigmoid")
        record(costs, A2, Y, i, record_every, print_cost)

        y = labels_like(Y, A2)
        # dA2 = -(Y / A2 - (1 - Y) / (1 - A2))
        dA2 = -(y / A2 - (1 - y) / (1 - A2))
        dA1, dW2, db2 = linear_activation_backward(dA2, cache2, "sigmoid")
        _dA0, dW1, db1 = linear_activation_backward(dA1, cache1, hidden)
        grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters, costs


def L_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    seed: int = 1,
    scale: ScaleName | float = "scaled",
    hidden: ActivationName = "relu",
    record_every: int = 100,
) -> tuple[Parameters, list[float]]:
    """Train (LINEAR -> ReLU) x (L-1) -> LINEAR -> SIGMOID: parameters and costs.

    layers_dims = (n[0], ..., n[L]), on the pictures (12288, 20, 7, 5, 1) with 2500 iterations. The
    rest as in `two_layer_model`, but for the scaled start. Source: course 1, week 4.

    >>> X, Y = np.array([[1.0, 3.0]]), np.array([[1, 0]])
    >>> parameters, costs = L_layer_model(X, Y, (1, 3, 2, 1), num_iterations=3, record_every=1)
    >>> len(parameters), len(costs)
    (6, 3)
    """
    dtype = number_format(X)
    parameters = initialize_parameters_deep(layers_dims, seed=seed, scale=scale, dtype=dtype)
    costs: list[float] = []
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters, hidden=hidden)
        record(costs, AL, Y, i, record_every, print_cost)
        grads = L_model_backward(AL, Y, caches, hidden=hidden)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters, costs


def record(
    costs: list[float], AL: Array, Y: Array, i: int, record_every: int, print_cost: bool
) -> None:
    """Append the cost of AL against Y, both (1, m), if i is a multiple of `record_every`.

    >>> costs = []
    >>> record(costs, np.array([[0.5]]), np.array([[1]]), 100, 100, print_cost=True)
    Cost after iteration 100: 0.693147
    """
    if i % record_every == 0:
        cost = compute_cost(AL, Y)
        costs.append(float(cost))
        if print_cost:
            print(f"Cost after iteration {i}: {cost:f}")


def predict(
    X: Array,
    y: Array | None,
    parameters: Parameters,
    *,
    hidden: ActivationName = "relu",
    print_accuracy: bool = False,
) -> Array:
    """Label the columns of X (n_x, m): 1.0 if AL > 0.5, else 0.0, (1, m).

    `y` (1, m), the true labels, is needed only for print_accuracy=True, which the course always
    does. Source: course 1, week 4.

    >>> parameters = {"W1": np.array([[1.0]]), "b1": np.array([[-2.0]])}
    >>> predict(np.array([[1.0, 3.0]]), np.array([[0, 1]]), parameters, print_accuracy=True)
    Accuracy: 1.0
    array([[0., 1.]])
    """
    AL, _ = L_model_forward(X, parameters, hidden=hidden)
    # y = 1 if aL > 0.5 else 0
    p = np.where(AL > 0.5, 1.0, 0.0)
    if print_accuracy and y is not None:
        print(f"Accuracy: {np.mean(p == y)}")
    return p
