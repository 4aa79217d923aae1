"""The backward formulas against complex-step derivatives of the forward ones.

For analytic f, f'(x) = Im f(x + ih) / h + O(h^2); with h = 1e-30 no digit is lost. The maximum of
complex numbers compares their real parts first, so ReLU too is differentiated, away from its kink.
"""

import itertools

import numpy as np
import pytest

from nn import by_hand
from nn.by_hand import activations, basics, planar

H = 1e-30
BOUND = 1e-12


def complex_step(f, x):
    """Differentiate the real number f(x) with respect to each element of the array x."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        nudged = x.astype(complex)
        nudged[index] += 1j * H
        gradient[index] = np.imag(f(nudged)) / H
    return gradient


def agree(by_formula, by_step):
    """Compare, relative to the largest element; the shapes are equal too."""
    assert np.shape(by_formula) == np.shape(by_step)
    scale = np.max(np.abs(by_step))
    assert scale > 0, "a gradient of zeros would pass any factor"
    assert np.max(np.abs(by_formula - by_step)) <= BOUND * scale


def network(seed, layer_dims, m):
    """Draw X, real-number labels Y and parameters with b other than 0, all read-only."""
    rng = np.random.RandomState(seed)
    X = rng.randn(layer_dims[0], m)
    Y = rng.rand(layer_dims[-1], m)
    parameters = {}
    for l, (before, after) in enumerate(itertools.pairwise(layer_dims), 1):
        parameters[f"W{l}"] = rng.randn(after, before) / np.sqrt(before)
        parameters[f"b{l}"] = rng.randn(after, 1) * 0.5
    for array in (X, Y, *parameters.values()):
        array.setflags(write=False)
    return X, Y, parameters


def test_complex_step_agrees_with_central_differences():
    """The oracle itself, once, against another one."""
    x = np.array([[0.3, -1.2]])
    f = lambda x: np.sum(basics.sigmoid(x) * np.tanh(x))
    h = 1e-6
    central = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(2)[:, None, :]]
    np.testing.assert_allclose(complex_step(f, x)[0], central, rtol=1e-9)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_slopes_of_activations(name):
    """Each g'(z) is the derivative of its g(z)."""
    g, g_prime = activations.ACTIVATIONS[name]
    z = np.linspace(-3, 3, 12).reshape(3, 4)
    agree(g_prime(z), complex_step(lambda z: np.sum(g(z)), z))


@pytest.mark.parametrize("m", [1, 5])
def test_propagate(m):
    """dw and db of logistic regression."""
    X, Y, parameters = network(0, [3, 1], m)
    w, b = parameters["W1"].T, parameters["b1"][0, 0]
    grads, _ = by_hand.propagate(w, b, X, Y)
    agree(grads["dw"], complex_step(lambda w: by_hand.propagate(w, b, X, Y)[1], w))
    agree(grads["db"], complex_step(lambda b: by_hand.propagate(w, b, X, Y)[1], np.array(b)))


@pytest.mark.parametrize("m", [1, 5])
def test_planar_backward_propagation(m):
    """dW1, db1, dW2 and db2 of the tanh network."""
    X, Y, parameters = network(1, [2, 4, 1], m)

    def cost(**changed):
        A2, _ = planar.forward_propagation(X, parameters | changed)
        return planar.compute_cost(A2, Y)

    _, cache = planar.forward_propagation(X, parameters)
    grads = planar.backward_propagation(parameters, cache, X, Y)
    assert sorted(grads) == ["dW1", "dW2", "db1", "db2"]
    for key, value in parameters.items():
        step = complex_step(lambda value, key=key: cost(**{key: value}), value)
        agree(grads["d" + key], step)


@pytest.mark.parametrize(
    ("backward", "forward"),
    [
        (by_hand.sigmoid_backward, by_hand.sigmoid),
        (by_hand.relu_backward, by_hand.relu),
    ],
)
def test_activation_backward(backward, forward):
    """dZ carries any dA through the activation."""
    rng = np.random.RandomState(2)
    Z, dA = rng.randn(3, 4), rng.randn(3, 4)
    _, cache = forward(Z)
    agree(backward(dA, cache), complex_step(lambda Z: np.sum(dA * forward(Z)[0]), Z))


@pytest.mark.parametrize("m", [1, 5])
def test_linear_backward(m):
    """With J = 1/m sum(dZ * Z): dW and db are gradients of J, dA_prev is m times that of J."""
    rng = np.random.RandomState(3)
    A_prev, W, b, dZ = rng.randn(4, m), rng.randn(3, 4), rng.randn(3, 1), rng.randn(3, m)
    cost = lambda A_prev, W, b: np.sum(dZ * by_hand.linear_forward(A_prev, W, b)[0]) / m
    dA_prev, dW, db = by_hand.linear_backward(dZ, (A_prev, W, b))
    agree(dW, complex_step(lambda W: cost(A_prev, W, b), W))
    agree(db, complex_step(lambda b: cost(A_prev, W, b), b))
    agree(dA_prev, m * complex_step(lambda A_prev: cost(A_prev, W, b), A_prev))


@pytest.mark.parametrize("activation", activations.ACTIVATIONS)
def test_linear_activation_backward(activation):
    """The two halves of a layer together, for each activation."""
    m = 6
    rng = np.random.RandomState(4)
    A_prev, W, b, dA = rng.randn(4, m), rng.randn(3, 4), rng.randn(3, 1), rng.randn(3, m)

    def cost(A_prev, W, b):
        A, _ = by_hand.linear_activation_forward(A_prev, W, b, activation)
        return np.sum(dA * A) / m

    _, cache = by_hand.linear_activation_forward(A_prev, W, b, activation)
    dA_prev, dW, db = by_hand.linear_activation_backward(dA, cache, activation)
    agree(dW, complex_step(lambda W: cost(A_prev, W, b), W))
    agree(db, complex_step(lambda b: cost(A_prev, W, b), b))
    agree(dA_prev, m * complex_step(lambda A_prev: cost(A_prev, W, b), A_prev))


@pytest.mark.parametrize("hidden", activations.ACTIVATIONS)
@pytest.mark.parametrize("layer_dims", [[3, 1], [3, 4, 1], [2, 5, 3, 1], [4, 3, 5, 2, 3, 1]])
def test_L_model_backward(layer_dims, hidden):
    """Every dW, db and dA of networks of 1 to 5 layers."""
    m, L = 7, len(layer_dims) - 1
    X, Y, parameters = network(5, layer_dims, m)

    def cost_from(l, A, parameters):
        """Return the cost as a function of A[l] and the parameters of the layers after it."""
        later = {f"{k}{i - l}": parameters[f"{k}{i}"] for i in range(l + 1, L + 1) for k in "Wb"}
        AL, _ = by_hand.L_model_forward(A, later, hidden=hidden)
        return by_hand.compute_cost(AL, Y)

    AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
    grads = by_hand.L_model_backward(AL, Y, caches, hidden=hidden)
    assert len(grads) == 3 * L
    for key, value in parameters.items():
        step = complex_step(
            lambda value, key=key: cost_from(0, X, parameters | {key: value}), value
        )
        agree(grads["d" + key], step)
    for l in range(L):
        (A, _, _), _ = caches[l]
        step = complex_step(lambda A, l=l: cost_from(l, A, parameters), A)
        agree(grads[f"dA{l}"], m * step)


def test_labels_of_any_shape_and_real_values():
    """L_model_backward lays Y out as AL and takes labels that are neither 0 nor 1."""
    X, _, parameters = network(6, [3, 2, 1], 4)
    Y = np.array([[-0.5], [0.25], [1.0], [2.5]])
    AL, caches = by_hand.L_model_forward(X, parameters)
    grads = by_hand.L_model_backward(AL, Y, caches)

    def cost(W2):
        AL, _ = by_hand.L_model_forward(X, parameters | {"W2": W2})
        return by_hand.compute_cost(AL, Y.reshape(1, 4))

    agree(grads["dW2"], complex_step(cost, parameters["W2"]))
