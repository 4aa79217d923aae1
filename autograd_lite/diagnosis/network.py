"""What is known of the network whose gradients are compared: its forward values, and its backprop.

The letters are the course's: dZ and dA are gradients of the SUM of the losses, dW and db of their
mean J.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def sigmoid(Z: Array) -> Array:
    """1 / (1 + e^-Z).

    >>> sigmoid(np.zeros(1))
    array([0.5])
    """
    return np.asarray(np.exp(-np.logaddexp(0, -Z)))


#: name: (g(Z), g'(Z)), the slope at a kink being the one from the left.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (sigmoid, lambda Z: sigmoid(Z) * (1 - sigmoid(Z))),
    "tanh": (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
    "relu": (lambda Z: np.maximum(0, Z), lambda Z: (Z > 0) * 1.0),
    "leaky_relu": (lambda Z: np.maximum(0.01 * Z, Z), lambda Z: np.where(Z > 0, 1.0, 0.01)),
    "linear": (lambda Z: Z, lambda Z: np.ones(np.shape(Z))),
}


def layered(named: Mapping[str, Any]) -> dict[str, Array]:
    """Values under dW1, db1, ... or W1, b1, ... as W1, b1, ...; logistic's w, b as one layer's.

    >>> layered({"dW1": [[1.0]], "db1": [[2.0]]})
    {'W1': array([[1.]]), 'b1': array([[2.]])}
    """
    found = {}
    for key, value in named.items():
        name = key[1:] if len(key) > 1 and key[0] == "d" else key
        array = np.asarray(value)
        if name == "w":
            name, array = "W1", array.T
        elif name == "b":
            name, array = "b1", array.reshape(1, 1) if array.size == 1 else array
        found[name] = array
    return found


def renumbered(grads: dict[str, Array], L: int, rows: Mapping[str, int]) -> bool:
    """Give dA the numbers of today's course where they have those of its earlier edition.

    There dA[l] holds the gradient of A[l-1], which is told from the rows of dA[L] where layers L
    and L-1 differ in size; `rows` has the units of "A1", "A2", ... Says whether it has changed
    `grads`.

    >>> grads = {"A1": np.ones((2, 5))}
    >>> renumbered(grads, 1, {"A0": 2, "A1": 1}), [*grads]
    (True, ['A0'])
    """
    last, before, own = grads.get(f"A{L}"), rows.get(f"A{L - 1}"), rows.get(f"A{L}")
    if last is None or "A0" in grads or before == own or last.shape[:1] != (before,):
        return False
    for l in range(1, L + 1):
        if f"A{l}" in grads:
            grads[f"A{l - 1}"] = grads.pop(f"A{l}")
    return True


def number(name: str) -> int | None:
    """The layer in a name such as W12; None for names that are not W, b, Z or A of a layer.

    >>> number("W12"), number("weights")
    (12, None)
    """
    return int(name[1:]) if name[:1] in tuple("WbZA") and name[1:].isdecimal() else None


class Network:
    """Parameters, X = A0, Y, Z's and A's, as far as the context says them or lets compute them."""

    def __init__(self, context: Mapping[str, Any], gradients: Mapping[str, Array]) -> None:
        self.given = context
        flat = {**context, **context.get("parameters", {})}
        scalars = ("learning_rate", "activations", "parameters", "previous", "caches", "X", "Y")
        values = layered({k: v for k, v in flat.items() if k not in scalars})
        self.learning_rate: float | None = context.get("learning_rate")
        self.previous = layered(context.get("previous", {}))
        self.L = max((number(n) or 0 for n in [*gradients, *values]), default=0)
        self.Y = np.atleast_2d(np.asarray(context["Y"])) if "Y" in context else None
        if "X" in context:
            values["A0"] = np.asarray(context["X"])
        for l, ((A_prev, W, b), Z) in enumerate(context.get("caches", ()), 1):
            values |= {f"A{l - 1}": A_prev, f"W{l}": W, f"b{l}": b, f"Z{l}": Z}
        self.values = values
        self.activation = self._activations(context.get("activations"))
        self._forward()
        self.m = self._examples(gradients)

    def _activations(self, told: Any) -> dict[int, str]:
        """Those told, else those that turn the known Z's into the known A's, else ReLU."""
        L = self.L
        if isinstance(told, str):
            return {**dict.fromkeys(range(1, L), told), L: "sigmoid"}
        if told is not None:
            return dict(told) if isinstance(told, Mapping) else dict(enumerate(told, 1))
        found = {**dict.fromkeys(range(1, L), "relu"), L: "sigmoid"}
        for l in range(1, L):
            Z, A = self.values.get(f"Z{l}"), self.values.get(f"A{l}")
            if Z is not None and A is not None and Z.shape == A.shape:
                fits = [n for n, (g, _) in ACTIVATIONS.items() if np.allclose(g(Z), A)]
                found[l] = fits[0] if fits else found[l]
        return found

    def _forward(self) -> None:
        """What is missing of the forward pass."""
        v = self.values
        for l in range(1, self.L + 1):
            if not {f"A{l - 1}", f"W{l}", f"b{l}"} <= v.keys():
                return
            if f"Z{l}" not in v:
                v[f"Z{l}"] = v[f"W{l}"] @ v[f"A{l - 1}"] + v[f"b{l}"]
            if f"A{l}" not in v:
                v[f"A{l}"] = ACTIVATIONS[self.activation[l]][0](v[f"Z{l}"])

    def _examples(self, gradients: Mapping[str, Array]) -> int | None:
        for name, value in [*self.values.items(), *gradients.items()]:
            if name[0] in "AZ" and value.ndim == 2:
                return int(value.shape[1])
        return None

    def slope(self, l: int) -> Array:
        """g'(Z) of layer l; KeyError where Z is not known."""
        return ACTIVATIONS[self.activation[l]][1](self.values[f"Z{l}"])

    @property
    def complete(self) -> bool:
        """Whether all is known that backprop needs."""
        layers = range(1, self.L + 1)
        needed = {f"{n}{l}" for l in layers for n in "WbZA"} | {"A0"}
        return self.L > 0 and self.Y is not None and needed <= self.values.keys()

    def backprop(self) -> tuple[dict[str, Array], dict[str, float]]:
        """Every gradient, and the size of the terms that each adds up."""
        v, L, m = self.values, self.L, self.m
        assert self.Y is not None
        assert m is not None
        Y, AL = self.Y, v[f"A{L}"]
        found = {f"A{L}": -(Y / AL - (1 - Y) / (1 - AL))}
        size = {f"A{L}": float(np.max(np.abs(found[f"A{L}"])))}
        # 1 - A is rounded by eps, and the loss divides by it: some eps, of what EXACT or SINGLE is.
        share = 1e-3 if AL.dtype == np.float64 else 0.1
        S = np.abs(AL) + np.abs(Y) + share * np.abs(found[f"A{L}"])
        for l in range(L, 0, -1):
            plain = l == L and self.activation[l] == "sigmoid"
            dZ = found[f"Z{l}"] = AL - Y if plain else found[f"A{l}"] * self.slope(l)
            found[f"W{l}"] = dZ @ v[f"A{l - 1}"].T / m
            found[f"b{l}"] = dZ.sum(axis=1, keepdims=True) / m
            found[f"A{l - 1}"] = v[f"W{l}"].T @ dZ
            size[f"Z{l}"] = float(S.max())
            size[f"W{l}"] = float(np.max(S @ np.abs(v[f"A{l - 1}"]).T)) / m
            size[f"b{l}"] = float(S.sum(axis=1).max()) / m
            S = np.abs(v[f"W{l}"]).T @ S
            size[f"A{l - 1}"] = float(S.max())
        return found, size

    def changed(self, **values: Any) -> Network:
        """The network with other values (A0, Y, activations, W1, ...), gone through anew."""
        kept = {k: v for k, v in self.values.items() if k[0] in "Wb" or k == "A0"}
        about = {"Y": self.Y, "activations": self.activation, "learning_rate": self.learning_rate}
        return Network({**kept, **about, **values}, {})
