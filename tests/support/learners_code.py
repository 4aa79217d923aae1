"""Forward pass and cost as a learner of the course writes them for plain arrays: with np.dot and
np.multiply, asserts, copies and prints. Nothing here knows of Tensors.
"""

import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    cache = Z
    return A, cache


def relu(Z):
    A = np.maximum(0, Z)
    assert A.shape == Z.shape
    cache = Z
    return A, cache


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    assert Z.shape == (W.shape[0], A.shape[1])
    cache = (A, W, b)
    return Z, cache


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        A, activation_cache = relu(Z)
    assert A.shape == (W.shape[0], A_prev.shape[1])
    return A, (linear_cache, activation_cache)


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(
            A_prev, parameters["W" + str(l)], parameters["b" + str(l)], "relu"
        )
        caches.append(cache)
    AL, cache = linear_activation_forward(
        A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid"
    )
    caches.append(cache)
    assert AL.shape == (1, X.shape[1])
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1 / m * np.sum(np.multiply(np.log(AL), Y) + np.multiply(np.log(1 - AL), 1 - Y))
    cost = np.squeeze(cost)
    assert cost.shape == ()
    assert isinstance(cost.item(), float)
    assert not np.isnan(cost)
    return cost


def model(parameters, X, Y):
    """Return the cost, which is differentiated, and the caches."""
    AL, caches = L_model_forward(X, parameters)
    return compute_cost(AL, Y), caches


def forward_propagation(X, parameters):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = W1.dot(X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1.copy()) + b2
    A2 = 1.0 / (1.0 + np.exp(-Z2))
    assert A2.shape == (1, X.shape[1])
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def planar_model(parameters, X, Y):
    A2, cache = forward_propagation(X, parameters)
    logprobs = np.multiply(np.log(A2), Y) + np.multiply((1 - Y), np.log(1 - A2))
    cost = -np.sum(logprobs) / Y.shape[1]
    print("Cost after iteration %i: %f" % (0, cost.item()))  # noqa: UP031
    return np.squeeze(cost), cache


def logistic_model(parameters, X, Y):
    w, b = parameters["w"], parameters["b"]
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)[0]
    cost = (-1 / m) * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=1, keepdims=True)
    cost = np.squeeze(cost)
    print(f"cost: {cost:.6f}", "right: {} %".format(100 * np.mean((A > 0.5) == Y)))  # noqa: UP032
    return cost


def predict(A):
    """Labels, number by number."""
    m = A.shape[1]
    Y_prediction = np.zeros((1, m))
    for i in range(m):
        if A[0, i] > 0.5:
            Y_prediction[0, i] = 1
        else:
            Y_prediction[0, i] = 0
    return Y_prediction
