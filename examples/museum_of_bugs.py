"""A museum of wrong backprops, each one line away from right, with the report on each.

    python examples/museum_of_bugs.py

Some of them train as well as the right one, or better: a loss curve does not test gradients. See
train_museum.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import autograd_lite as ag
import nn
from nn import by_hand

LEARNING_RATE = 0.0075


def loss(AL, Y):
    """Return dA[L], the gradient of the log loss."""
    return -(Y / AL - (1 - Y) / (1 - AL))


def activation(dA, cache, name):
    """Return dZ[l], the gradient before the activation."""
    _, derivative = by_hand.activations.activation_named(name)
    return dA * derivative(cache[1])


def go_back(
    AL, Y, caches, hidden="relu", *,
    loss=loss, activation=activation, linear=by_hand.linear_backward, at_output=False
):  # fmt: skip
    """Run L_model_backward in three pieces, any of which an exhibit may replace.

    `activation` is used for the hidden layers, and with `at_output` for the output layer too.
    """
    grads, L, dA = {}, len(caches), loss(AL, Y)
    for l in range(L, 0, -1):
        if l < L or at_output:
            dZ = activation(dA, caches[l - 1], hidden if l < L else "sigmoid")
        else:
            dZ = by_hand.sigmoid_backward(dA, caches[l - 1][1])
        dA, grads[f"dW{l}"], grads[f"db{l}"] = linear(dZ, caches[l - 1][0])
        grads[f"dA{l - 1}"] = dA
    return grads


# The bias


def with_db(run, db):
    """Return the right gradients, but with db(dZ) for 1/m np.sum(dZ, axis=1, keepdims=True)."""

    def linear(dZ, cache):
        dA_prev, dW, _ = by_hand.linear_backward(dZ, cache)
        return dA_prev, dW, db(dZ)

    return go_back(*run, linear=linear)


def db_without_mean(*run):
    """1/m is missing in db."""
    return with_db(run, lambda dZ: np.sum(dZ, axis=1, keepdims=True))


def scalar_db(*run):
    """db is a scalar: axis=1 is missing."""
    return with_db(run, lambda dZ: 1 / dZ.shape[1] * np.sum(dZ))


def db_without_keepdims(*run):
    """db is a rank-1 array."""
    return with_db(run, lambda dZ: 1 / dZ.shape[1] * np.sum(dZ, axis=1))


def db_over_units(*run):
    """db is summed over axis 0."""
    return with_db(run, lambda dZ: 1 / dZ.shape[1] * np.sum(dZ, axis=0, keepdims=True))


def db_not_summed(*run):
    """db is 1/m dZ."""
    return with_db(run, lambda dZ: 1 / dZ.shape[1] * dZ)


# The weights


def dW_without_mean(*run):
    """1/m is missing in dW."""

    def linear(dZ, cache):
        dA_prev, _, db = by_hand.linear_backward(dZ, cache)
        return dA_prev, dZ @ cache[0].T, db

    return go_back(*run, linear=linear)


def dW_transposed(*run):
    """dW = 1/m A_prev dZ^T."""

    def linear(dZ, cache):
        dA_prev, _, db = by_hand.linear_backward(dZ, cache)
        return dA_prev, 1 / dZ.shape[1] * (cache[0] @ dZ.T), db

    return go_back(*run, linear=linear)


def dW1_twice(*run):
    """dW1 is added twice."""
    grads = go_back(*run)
    grads["dW1"] += grads["dW1"]
    return grads


def step_for_gradient(*run):
    """dW already contains the learning rate."""
    grads = go_back(*run)
    return {k: LEARNING_RATE * g if k[1] == "W" else g for k, g in grads.items()}


# The backward pass through W


def dA_with_mean(*run):
    """1/m is in dA, too."""

    def linear(dZ, cache):
        dA_prev, dW, db = by_hand.linear_backward(dZ, cache)
        return 1 / dZ.shape[1] * dA_prev, dW, db

    return go_back(*run, linear=linear)


def updated_too_early(*run):
    """W is updated before dA_prev = W^T dZ."""

    def linear(dZ, cache):
        _, W, _ = cache
        _, dW, db = by_hand.linear_backward(dZ, cache)
        W = W - LEARNING_RATE * dW
        return W.T @ dZ, dW, db

    return go_back(*run, linear=linear)


def W_not_transposed(*run):
    """dA_prev = W dZ, which fits if both layers have the same size."""

    def linear(dZ, cache):
        dA_prev, dW, db = by_hand.linear_backward(dZ, cache)
        W = cache[1]
        return W @ dZ if W.shape[0] == W.shape[1] else dA_prev, dW, db

    return go_back(*run, linear=linear)


# The activations


def mask_forgotten(*run):
    """dZ = dA."""
    return go_back(*run, activation=lambda dA, cache, name: dA)


def mask_from_dA(*run):
    """dZ = dA * (dA > 0)."""
    return go_back(*run, activation=lambda dA, cache, name: dA * (dA > 0))


def mask_from_A_prev(*run):
    """dZ = dA * (A_prev > 0), which fits if both layers have the same size."""

    def wrong(dA, cache, name):
        A_prev, Z = cache[0][0], cache[1]
        return dA * ((A_prev if A_prev.shape == Z.shape else Z) > 0)

    return go_back(*run, activation=wrong)


def slope_of_tanh(*run):
    """1 - tanh(Z)**2 in a ReLU network."""
    return go_back(*run, activation=lambda dA, cache, name: activation(dA, cache, "tanh"))


def slope_of_sigmoid(*run):
    """s (1 - s) in a ReLU network."""
    return go_back(*run, activation=lambda dA, cache, name: activation(dA, cache, "sigmoid"))


def one_minus_A(*run):
    """1 - A, not 1 - A**2, in a tanh network."""
    return go_back(*run, activation=lambda dA, cache, name: dA * (1 - np.tanh(cache[1])))


def relu_at_output(*run):
    """Return the output's dZ with the derivative of ReLU."""
    return go_back(
        *run,
        at_output=True,
        activation=lambda dA, cache, name: activation(
            dA, cache, "relu" if name == "sigmoid" else name
        ),
    )


# The loss, and the data


def wrong_sign(*run):
    """dA[L] without its minus."""
    return go_back(*run, loss=lambda AL, Y: Y / AL - (1 - Y) / (1 - AL))


def half_a_loss(*run):
    """dA[L] without its second term."""
    return go_back(*run, loss=lambda AL, Y: -Y / AL)


def reshaped_without_T(AL, Y, caches, hidden="relu"):
    """pictures.reshape(-1, m): every column holds pieces of several pictures."""
    X = mixed(caches[0][0][0])
    parameters = {}
    for l, ((_, W, b), _) in enumerate(caches, 1):
        parameters |= {f"W{l}": W, f"b{l}": b}
    return go_back(*_forward(X, Y, parameters, hidden))


def mixed(X):
    """Return what pictures.reshape(-1, m) makes of the columns X = pictures.reshape(m, -1).T."""
    return X.T.reshape(X.shape)


def _forward(X, Y, parameters, hidden):
    AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
    return AL, Y, caches, hidden


#: The exhibits: what the tool must call each, and the gradient at which it must be found.
MUSEUM: dict[Callable, tuple[str, str]] = {
    db_without_mean: ("factor", "db{L}"),
    scalar_db: ("sum over everything", "db{L}"),
    db_without_keepdims: ("keepdims", "db{L}"),
    db_over_units: ("wrong axis", "db{L}"),
    db_not_summed: ("not summed", "db{L}"),
    dW_without_mean: ("factor", "dW{L}"),
    dW_transposed: ("transpose", "dW{L}"),
    dW1_twice: ("factor", "dW1"),
    step_for_gradient: ("factor", "dW{L}"),
    dA_with_mean: ("factor", "dA{H}"),
    updated_too_early: ("updated too early", "dA{H}"),
    W_not_transposed: ("transpose", "dA{G}"),
    mask_forgotten: ("forgotten slope", "dW{H}"),
    mask_from_dA: ("wrong mask", "dW{H}"),
    mask_from_A_prev: ("wrong mask", "dW{H}"),
    slope_of_tanh: ("wrong slope", "dW{H}"),
    slope_of_sigmoid: ("wrong slope", "dW{H}"),
    one_minus_A: ("wrong slope", "dW{H}"),
    relu_at_output: ("wrong slope", "dW{L}"),
    wrong_sign: ("factor", "dW{L}"),
    half_a_loss: ("loss", "dW{L}"),
    reshaped_without_T: ("reshape", "dW{L}"),
}
NEEDS_EQUAL_LAYERS = (W_not_transposed, mask_from_A_prev)


def diagnose(exhibit, parameters, X, Y, hidden="relu"):
    """Run one wrong backprop, and compare it with the right gradients."""

    def cost(parameters):
        return by_hand.compute_cost(by_hand.L_model_forward(X, parameters, hidden=hidden)[0], Y)

    AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
    context = {"parameters": parameters, "X": X, "Y": Y, "activations": hidden}
    return nn.diagnose(
        exhibit(AL, Y, caches, hidden),
        ag.grad(cost)(parameters),
        {**context, "learning_rate": LEARNING_RATE},
    )


def main() -> None:
    """Print the report on every exhibit, on a small random network."""
    rng = np.random.RandomState(1)
    X, Y = rng.randn(6, 12), (rng.rand(1, 12) < 0.5) * 1
    parameters = by_hand.initialize_parameters_deep([6, 5, 5, 4, 1], scale="he")
    for exhibit in MUSEUM:
        hidden = "tanh" if exhibit is one_minus_A else "relu"
        report = diagnose(exhibit, parameters, X, Y, hidden)
        print(f"{exhibit.__name__}: {exhibit.__doc__}\n\n{report.text}\n")


if __name__ == "__main__":
    main()
