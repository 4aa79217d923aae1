"""Numerical derivatives of a network's cost, the judge of the manual and the automatic ones.

Complex step: dJ/dv is the imaginary part of J(v + ih) / h. Nothing is subtracted, so h can be
arbitrarily small and the result is right to rounding. The network is written out here a third
time, for complex numbers; it shares nothing with `by_hand` or the engine.
Source: W. Squire and G. Trapp, 1998, "Using complex variables to estimate derivatives of real
functions".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .by_hand.notation import ActivationName, Array, Parameters

STEP = 1e-30


def _sigmoid(z: Array, right: Array) -> Array:
    e = np.exp(np.where(right, -z, z))  # never large
    a: Array = np.where(right, 1, e) / (1 + e)
    return a


#: name -> g(z, right) for complex z; `right` is True where the network's own Z is positive, so that
#: the derivative at a kink is the one from the left, as in the course.
_G: dict[str, Callable[[Array, Array], Array]] = {
    "relu": lambda z, right: np.where(right, z, 0),
    "leaky_relu": lambda z, right: np.where(right, z, 0.01 * z),
    "tanh": lambda z, right: np.tanh(z),
    "sigmoid": _sigmoid,
    "linear": lambda z, right: z,
}


class NumericalDerivatives:
    """Derivatives of the cost of LINEAR -> g -> ... -> SIGMOID at given parameters, X and Y.

    `derivative("dW2", (0, 3))` returns dJ/dW2[0, 3]; all derivatives are those of the cost J.
    """

    def __init__(self, parameters: Parameters, hidden: ActivationName, X: Array, Y: Array) -> None:
        self.L = len(parameters) // 2
        self.Y = Y.astype(np.float64)
        self.m: int = X.shape[1]
        self.hidden = hidden
        self.W: list[Array] = [parameters[f"W{l}"] for l in range(1, self.L + 1)]
        self.b: list[Array] = [parameters[f"b{l}"] for l in range(1, self.L + 1)]
        # In the dtype of the network, so that every Z has the same sign as there.
        self.A: list[Array] = [X]
        self.Z: list[Array] = []
        for l in range(self.L):
            Z = self.W[l] @ self.A[l] + self.b[l]
            self.Z.append(Z)
            g = _G[hidden] if l + 1 < self.L else _sigmoid
            self.A.append(g(Z, Z > 0).astype(X.dtype, copy=False))

    def derivative(self, name: str, index: tuple[int, ...]) -> float:
        """Return dJ/dV at one element of V, for the name "dV": "dZ1", "dA0", "dW1", "db1", ..."""
        kind, l = name[1], int(name[2:])
        if kind == "A" and l == self.L:
            return self._cost_of_probabilities(index)
        # Z is linear in W, b and A: one element of these changes a row or a column of Z.
        layer = l + 1 if kind == "A" else l
        step = np.zeros(self.Z[layer - 1].shape)
        row, column = index
        if kind == "Z":
            step[row, column] = 1
        elif kind == "b":
            step[row, :] = 1
        elif kind == "W":
            step[row, :] = self.A[l - 1][column, :]
        else:
            step[:, column] = self.W[l][:, row]
        return self._cost_from(layer, step)

    def _cost_from(self, layer: int, step: Array) -> float:
        """Return Im J(Z + ih step) / h, going forward from Z of that layer."""
        z = self.Z[layer - 1] + 1j * STEP * step
        for l in range(layer, self.L):
            a = _G[self.hidden](z, self.Z[l - 1] > 0)
            z = self.W[l] @ a + self.b[l]
        # log(1 + e^z) - y z, with the smaller of e^z and e^-z
        right = z.real > 0
        losses = np.log1p(np.exp(np.where(right, -z, z))) + np.where(right, z, 0) - self.Y * z
        return float(losses.imag.sum() / self.m / STEP)

    def _cost_of_probabilities(self, index: tuple[int, ...]) -> float:
        a, y = self.A[-1][index] + 1j * STEP, self.Y[index]
        # -(y log(a) + (1 - y) log(1 - a)); a term with factor 0 has derivative 0
        loss = -(np.log(a) if y == 1 else np.log(1 - a) if y == 0 else np.nan)
        return float(loss.imag / self.m / STEP)


def sizes_of_terms(
    W: Sequence[Array], A: Sequence[Array], Y: Array, more: Any = 0.0
) -> dict[str, float]:
    """Return the size of the terms that each gradient adds up, under "A2", "Z2", "W2", "b2", ...

    This is backprop with absolute values. If terms cancel, a correct gradient has errors in
    proportion to their size. No slope of an activation exceeds 1, and dZ[L] = A[L] - Y.
    `W` holds W1, ..., WL, `A` holds X, A1, ..., AL; `more` is added to the terms of dZ[L].
    """
    AL, m = A[-1], A[-1].shape[1]
    sizes = {f"A{len(W)}": np.max(np.abs(Y / AL - (1 - Y) / (1 - AL)))}
    S = np.abs(AL) + np.abs(Y) + more
    for l in range(len(W), 0, -1):
        sizes[f"Z{l}"] = S.max()
        sizes[f"W{l}"] = np.max(S @ np.abs(A[l - 1]).T) / m
        sizes[f"b{l}"] = S.sum(axis=1).max() / m
        S = np.abs(W[l - 1]).T @ S
        sizes[f"A{l - 1}"] = S.max()
    return {name: float(size) for name, size in sizes.items()}
