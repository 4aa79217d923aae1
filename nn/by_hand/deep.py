"""The deep network, step by step: L - 1 layers LINEAR -> ReLU, then LINEAR -> SIGMOID.

Forward, each layer leaves a cache; backward, each layer uses it. dW and db are gradients of the
cost J; dZ and dA are gradients of the sum of losses, m J. So the 1/m enters with dW and db, in
`linear_backward`.
"""

import numpy as np

from . import basics
from .activations import activation_named
from .initialization import initialize_parameters, initialize_parameters_deep
from .notation import ActivationName, Array, Cache, Gradients, LinearCache, Parameters, labels_like

__all__ = [
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "update_parameters",
]


def sigmoid(Z: Array) -> tuple[Array, Array]:
    """Return A = sigmoid(Z), of any shape, and the activation cache Z.

    Source: course 1, week 4.

    >>> sigmoid(np.array([[0.0]]))
    (array([[0.5]]), array([[0.]]))
    """
    # A = 1 / (1 + e^-Z)
    A = basics.sigmoid(Z)
    return A, Z


def relu(Z: Array) -> tuple[Array, Array]:
    """Return A = relu(Z), of any shape, and the activation cache Z.

    Source: course 1, week 4.

    >>> relu(np.array([[-2.0, 3.0]]))
    (array([[0., 3.]]), array([[-2.,  3.]]))
    """
    # A = max(0, Z)
    A = np.maximum(0, Z)
    return A, Z


def linear_forward(A_prev: Array, W: Array, b: Array) -> tuple[Array, LinearCache]:
    """Return Z (n[l], m) of A_prev (n[l-1], m), W (n[l], n[l-1]), b (n[l], 1), and (A_prev, W, b).

    Source: course 1, week 4.

    >>> A_prev, W, b = np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]]), np.array([[5.0]])
    >>> Z, cache = linear_forward(A_prev, W, b)
    >>> Z
    array([[16.]])
    """
    # Z[l] = W[l] A[l-1] + b[l]
    Z = W @ A_prev + b
    assert Z.shape == (W.shape[0], A_prev.shape[1]), "b has the shape (n[l], 1)"
    return Z, (A_prev, W, b)


def linear_activation_forward(
    A_prev: Array, W: Array, b: Array, activation: ActivationName
) -> tuple[Array, Cache]:
    """Return A[l] (n[l], m) and the cache ((A_prev, W, b), Z).

    `activation`: "sigmoid" or "relu", and beyond the course's function "tanh", "leaky_relu" or
    "linear"; ValueError for others. Source: course 1, week 4.

    >>> A, (linear_cache, Z) = linear_activation_forward(
    ...     np.array([[1.0]]), np.array([[-2.0]]), np.array([[0.5]]), "relu")
    >>> A, Z
    (array([[0.]]), array([[-1.5]]))
    """
    Z, linear_cache = linear_forward(A_prev, W, b)
    # A[l] = g[l](Z[l])
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        A, activation_cache = relu(Z)
    else:
        g, _ = activation_named(activation)
        A, activation_cache = g(Z), Z
    return A, (linear_cache, activation_cache)


def L_model_forward(
    X: Array, parameters: Parameters, *, hidden: ActivationName = "relu"
) -> tuple[Array, list[Cache]]:
    """Return AL (n[L], m) after going forward through all layers, and the cache of each layer.

    X (n[0], m); `hidden` names the activation of layers 1 .. L-1. Source: course 1, week 4.

    >>> AL, caches = L_model_forward(np.ones((5, 2)), initialize_parameters_deep([5, 4, 1]))
    >>> AL.shape, len(caches)
    ((1, 2), 2)
    """
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        # A[l] = relu(W[l] A[l-1] + b[l])
        A, cache = linear_activation_forward(A, parameters[f"W{l}"], parameters[f"b{l}"], hidden)
        caches.append(cache)
    # A[L] = sigmoid(W[L] A[L-1] + b[L])
    AL, cache = linear_activation_forward(A, parameters[f"W{L}"], parameters[f"b{L}"], "sigmoid")
    caches.append(cache)
    return AL, caches


def compute_cost(AL: Array, Y: Array) -> Array:
    """Return the cross-entropy cost () of AL against Y, both (1, m).

    Source: course 1, week 4.

    >>> print(round(compute_cost(np.array([[0.5, 0.5]]), np.array([[1, 0]])), 6))
    0.693147
    """
    m = Y.shape[1]
    Y = labels_like(Y, AL)
    # J = -1/m sum_i (y log(aL) + (1 - y) log(1 - aL))
    cost: Array = -1 / m * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    return np.squeeze(cost)


def linear_backward(dZ: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    """Return dA_prev (n[l-1], m), dW (n[l], n[l-1]), db (n[l], 1) from dZ (n[l], m) of the layer.

    Source: course 1, week 4.

    >>> A_prev, W, b = np.array([[1.0, 3.0]]), np.array([[2.0]]), np.array([[0.0]])
    >>> linear_backward(np.array([[1.0, 1.0]]), (A_prev, W, b))
    (array([[2., 2.]]), array([[2.]]), array([[1.]]))
    """
    A_prev, W, _b = cache
    m = A_prev.shape[1]
    # dW[l] = 1/m dZ[l] A[l-1]^T
    dW = 1 / m * (dZ @ A_prev.T)
    # db[l] = 1/m sum_i dZ[l](i)
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    # dA[l-1] = W[l]^T dZ[l]
    dA_prev: Array = W.T @ dZ
    return dA_prev, dW, db


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    """Return dZ from dA, shaped as the cache Z, through a sigmoid.

    Source: course 1, week 4.

    >>> sigmoid_backward(np.array([[4.0]]), np.array([[0.0]]))
    array([[1.]])
    """
    s = basics.sigmoid(cache)
    # dZ = dA * s (1 - s)
    dZ: Array = dA * s * (1 - s)
    return dZ


def relu_backward(dA: Array, cache: Array) -> Array:
    """Return dZ from dA, shaped as the cache Z, through a ReLU.

    Source: course 1, week 4.

    >>> relu_backward(np.array([[4.0, 5.0, 6.0]]), np.array([[-1.0, 0.0, 1.0]]))
    array([[0., 0., 6.]])
    """
    # dZ = dA where Z > 0, and 0 where Z <= 0
    return np.where(cache <= 0, 0, dA)


def linear_activation_backward(
    dA: Array, cache: Cache, activation: ActivationName
) -> tuple[Array, Array, Array]:
    """Return dA_prev (n[l-1], m), dW (n[l], n[l-1]), db (n[l], 1) from dA (n[l], m) of the layer.

    `activation` as in `linear_activation_forward`. Source: course 1, week 4.

    >>> cache = (np.array([[1.0]]), np.array([[2.0]]), np.array([[0.0]])), np.array([[2.0]])
    >>> linear_activation_backward(np.array([[3.0]]), cache, "relu")
    (array([[6.]]), array([[3.]]), array([[3.]]))
    """
    linear_cache, activation_cache = cache
    # dZ[l] = dA[l] * g[l]'(Z[l])
    if activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    elif activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    else:
        _, g_prime = activation_named(activation)
        dZ = dA * g_prime(activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(
    AL: Array, Y: Array, caches: list[Cache], *, hidden: ActivationName = "relu"
) -> Gradients:
    """Return {"dA{l-1}", "dW{l}", "db{l}"} for l = L, ..., 1, going back through all layers.

    AL (n[L], m), Y as many labels, `hidden` as in `L_model_forward`. AL and the caches are taken
    as they are, and need not come from a forward pass. Source: course 1, week 4.

    >>> X, Y = np.ones((5, 2)), np.array([[1, 0]])
    >>> AL, caches = L_model_forward(X, initialize_parameters_deep([5, 4, 1]))
    >>> sorted(L_model_backward(AL, Y, caches))
    ['dA0', 'dA1', 'dW1', 'dW2', 'db1', 'db2']
    """
    grads: Gradients = {}
    L = len(caches)
    Y = labels_like(Y, AL).reshape(AL.shape)
    # dA[L] = -(Y / A[L] - (1 - Y) / (1 - A[L]))
    dA = -(Y / AL - (1 - Y) / (1 - AL))
    for l in range(L, 0, -1):
        activation = "sigmoid" if l == L else hidden
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads[f"dA{l - 1}"], grads[f"dW{l}"], grads[f"db{l}"] = dA, dW, db
    return grads


def update_parameters(parameters: Parameters, grads: Gradients, learning_rate: float) -> Parameters:
    """Take one step downhill; return new parameters and leave the old ones unchanged.

    Source: course 1, week 4.

    >>> update_parameters({"W1": np.array([[1.0]])}, {"dW1": np.array([[0.5]])}, 0.5)
    {'W1': array([[0.75]])}
    """
    # theta[l] := theta[l] - alpha dJ/dtheta[l]
    return {key: theta - learning_rate * grads["d" + key] for key, theta in parameters.items()}
