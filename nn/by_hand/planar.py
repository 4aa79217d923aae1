"""The shallow network, a tanh hidden layer before one sigmoid unit, and its flower data."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from . import initialization
from .basics import sigmoid
from .notation import Array, Gradients, Parameters, labels_like, number_format


def load_planar_dataset(m: int = 400, *, seed: int = 1, noise: float = 0.2) -> tuple[Array, Array]:
    """Draw the flower: X (2, m) and Y (1, m) uint8, 0 (red) in the first half, 1 (blue) after.

    m is even. Source: course 1, week 3.

    >>> X, Y = load_planar_dataset()
    >>> X.shape, Y.shape, X[:, 0]
    ((2, 400), (1, 400), array([1.20444229, 3.57611415]))
    """
    rng = np.random.RandomState(seed)
    N = m // 2
    halves = []
    for j in range(2):
        # the angle: half a turn for each class, blurred
        t = np.linspace(j * 3.12, (j + 1) * 3.12, N) + noise * rng.randn(N)
        # r = 4 sin(4 t) + noise
        r = 4 * np.sin(4 * t) + noise * rng.randn(N)
        # x1 = r sin(t),  x2 = r cos(t)
        halves.append(np.stack([r * np.sin(t), r * np.cos(t)]))
    return np.concatenate(halves, axis=1), np.repeat(np.array([[0, 1]], dtype=np.uint8), N, axis=1)


def layer_sizes(X: Array, Y: Array) -> tuple[int, int, int]:
    """Return n_x, n_h, n_y for X (n_x, m) and Y (n_y, m); n_h is 4, as in the course.

    Source: course 1, week 3.

    >>> layer_sizes(np.zeros((5, 3)), np.zeros((2, 3)))
    (5, 4, 2)
    """
    return X.shape[0], 4, Y.shape[0]


def initialize_parameters(
    n_x: int, n_h: int, n_y: int, *, seed: int = 2, dtype: DTypeLike = np.float64
) -> Parameters:
    """Draw W1 (n_h, n_x) and W2 (n_y, n_h), times 0.01, with the seed of this part; b1, b2 are 0.

    Source: course 1, week 3.

    >>> initialize_parameters(2, 4, 1)["W2"]
    array([[-0.01057952, -0.00909008,  0.00551454,  0.02292208]])
    """
    return initialization.initialize_parameters(n_x, n_h, n_y, seed=seed, dtype=dtype)


def forward_propagation(X: Array, parameters: Parameters) -> tuple[Array, dict[str, Array]]:
    """Return A2 (n_y, m) for X (n_x, m), and the cache {"Z1", "A1", "Z2", "A2"}.

    Source: course 1, week 3.

    >>> A2, cache = forward_propagation(np.ones((2, 3)), initialize_parameters(2, 4, 1))
    >>> A2.shape, cache["A1"].shape
    ((1, 3), (4, 3))
    """
    W1, b1, W2, b2 = (parameters[key] for key in ("W1", "b1", "W2", "b2"))
    # Z1 = W1 X + b1
    Z1 = W1 @ X + b1
    # A1 = tanh(Z1)
    A1 = np.tanh(Z1)
    # Z2 = W2 A1 + b2
    Z2 = W2 @ A1 + b2
    # A2 = sigmoid(Z2)
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Array, Y: Array, parameters: Parameters | None = None) -> Array:
    """Return the cross-entropy cost () of A2 against Y, both (1, m).

    `parameters` is not used; early editions of the course pass it. Source: course 1, week 3.

    >>> print(round(compute_cost(np.array([[0.5, 0.5]]), np.array([[1, 0]])), 6))
    0.693147
    """
    m = Y.shape[1]
    Y = labels_like(Y, A2)
    # J = -1/m sum_i (y log(a2) + (1 - y) log(1 - a2))
    cost: Array = -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    return np.squeeze(cost)


def backward_propagation(
    parameters: Parameters, cache: dict[str, Array], X: Array, Y: Array
) -> Gradients:
    """Return {"dW1", "db1", "dW2", "db2"}, the gradients of the cost, shaped as W1, ...

    Source: course 1, week 3, the six equations.

    >>> parameters = initialize_parameters(2, 4, 1)
    >>> X, Y = np.ones((2, 3)), np.array([[1, 0, 1]])
    >>> A2, cache = forward_propagation(X, parameters)
    >>> backward_propagation(parameters, cache, X, Y)["dW1"].shape
    (4, 2)
    """
    m = X.shape[1]
    W2, A1, A2 = parameters["W2"], cache["A1"], cache["A2"]
    # dZ2 = A2 - Y
    dZ2 = A2 - labels_like(Y, A2)
    # dW2 = 1/m dZ2 A1^T
    dW2 = 1 / m * (dZ2 @ A1.T)
    # db2 = 1/m sum_i dZ2
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    # dZ1 = W2^T dZ2 * (1 - A1^2)
    dZ1 = (W2.T @ dZ2) * (1 - A1 ** 2)
    # dW1 = 1/m dZ1 X^T
    dW1 = 1 / m * (dZ1 @ X.T)
    # db1 = 1/m sum_i dZ1
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(
    parameters: Parameters, grads: Gradients, learning_rate: float = 1.2
) -> Parameters:
    """Take one step downhill; return new parameters and leave the old ones unchanged.

    Source: course 1, week 3.

    >>> update_parameters({"W1": np.array([[1.0]])}, {"dW1": np.array([[0.5]])})
    {'W1': array([[0.4]])}
    """
    # theta := theta - alpha dJ/dtheta
    return {key: theta - learning_rate * grads["d" + key] for key, theta in parameters.items()}


def nn_model(
    X: Array,
    Y: Array,
    n_h: int,
    num_iterations: int = 10000,
    print_cost: bool = False,
    *,
    learning_rate: float = 1.2,
    seed: int = 2,
    record_every: int = 1000,
    costs: list[float] | None = None,
) -> Parameters:
    """Train a network of n_h hidden units on X (n_x, m), Y (1, m) and return its parameters.

    The cost before step i, for i a multiple of `record_every`, is appended to the list `costs` if
    one is given (the course returns the parameters alone). Source: course 1, week 3.

    >>> X, Y = load_planar_dataset()
    >>> costs = []
    >>> parameters = nn_model(X, Y, 4, num_iterations=1001, costs=costs)
    >>> print(np.round(costs, 6))
    [0.693048 0.288083]
    """
    n_x, _, n_y = layer_sizes(X, Y)
    parameters = initialize_parameters(n_x, n_h, n_y, seed=seed, dtype=number_format(X))
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, parameters)
        if i % record_every == 0 and (costs is not None or print_cost):
            cost = compute_cost(A2, Y)
            if costs is not None:
                costs.append(float(cost))
            if print_cost:
                print(f"Cost after iteration {i}: {cost:f}")
        grads = backward_propagation(parameters, cache, X, Y)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters


def predict(parameters: Parameters, X: Array) -> Array:
    """Label the columns of X (n_x, m): True (blue) if A2 > 0.5, (1, m).

    Source: course 1, week 3.

    >>> predict(initialize_parameters(2, 4, 1), np.array([[-9.0, 9.0], [-9.0, 9.0]]))
    array([[ True, False]])
    """
    A2, _ = forward_propagation(X, parameters)
    # y = 1 if a2 > 0.5 else 0
    return np.asarray(A2 > 0.5)


def accuracy(predictions: Array, Y: Any) -> float:
    """Return the percentage of predictions (1, m) that equal the labels Y (1, m).

    Source: course 1, weeks 2 and 3.

    >>> accuracy(np.array([[1.0, 0.0, 1.0, 1.0]]), np.array([[1, 0, 0, 1]]))
    75.0
    """
    # accuracy = 100 - 100 mean_i |yhat_i - y_i|
    return float(100 - np.mean(np.abs(predictions * 1.0 - Y)) * 100)
