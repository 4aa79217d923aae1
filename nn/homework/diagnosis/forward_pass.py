"""The forward pass of the network whose gradients are compared, and its right backward pass.

dZ and dA are gradients of the SUM of the losses, dW and db of their mean J, as in the course.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...by_hand.activations import ACTIVATIONS
from ...by_hand.notation import Array
from ...numerical import sizes_of_terms
from .rounding import LOOSE, exact, near


def layered(named: Mapping[str, Any]) -> dict[str, Array]:
    """Rename dW1, db1, ... to W1, b1, ..., and w, b of logistic regression to those of one layer.

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


def units(weights: Mapping[str, Array]) -> dict[str, int]:
    """Return the number of units of each layer, A0 for the inputs, from W1, W2, ...

    >>> units({"W1": np.ones((4, 2)), "b1": np.ones((4, 1))})
    {'A0': 2, 'A1': 4}
    """
    found: dict[str, int] = {}
    for name, W in weights.items():
        if name[0] == "W" and number(name) and W.ndim == 2:
            found |= {f"A{int(name[1:]) - 1}": W.shape[1], f"A{name[1:]}": W.shape[0]}
    return found


def renumber(grads: dict[str, Array], L: int, units: Mapping[str, int], d: str = "") -> bool:
    """Rename dA[l] to dA[l-1] if `grads` follow an earlier edition of the course.

    In that edition dA[l] holds the gradient of A[l-1]. The number of rows of dA[L] tells, if
    layers L and L-1 differ in size. `d` is what the names begin with. Return True if `grads` were
    renamed.

    >>> grads = {"dA1": np.ones((2, 5))}
    >>> renumber(grads, 1, {"A0": 2, "A1": 1}, d="d"), [*grads]
    (True, ['dA0'])
    """
    last, before, own = grads.get(f"{d}A{L}"), units.get(f"A{L - 1}"), units.get(f"A{L}")
    if last is None or f"{d}A0" in grads or before == own or last.shape[:1] != (before,):
        return False
    for l in range(1, L + 1):
        if f"{d}A{l}" in grads:
            grads[f"{d}A{l - 1}"] = grads.pop(f"{d}A{l}")
    return True


def number(name: str) -> int | None:
    """Return the layer in a name such as W12, or None if the name is not W, b, Z or A of a layer.

    >>> number("W12"), number("weights")
    (12, None)
    """
    return int(name[1:]) if name[:1] in tuple("WbZA") and name[1:].isdecimal() else None


class ForwardPass:
    """Parameters, X = A0, Y, all Z and A, as far as the context holds or determines them."""

    def __init__(self, context: Mapping[str, Any], gradients: Mapping[str, Array]) -> None:
        flat = {**context, **context.get("parameters", {})}
        others = ("learning_rate", "activations", "parameters", "previous", "caches", "X", "Y")
        values = layered({k: v for k, v in flat.items() if k not in others})
        self.learning_rate: float | None = context.get("learning_rate")
        self.previous: dict[str, Array] = layered(context.get("previous", {}))
        self.L = max((number(n) or 0 for n in [*gradients, *values]), default=0)
        self.Y = np.atleast_2d(np.asarray(context["Y"])) if "Y" in context else None
        if "X" in context:
            values["A0"] = np.asarray(context["X"])
        for l, ((A_prev, W, b), Z) in enumerate(context.get("caches", ()), 1):
            values |= {f"A{l - 1}": A_prev, f"W{l}": W, f"b{l}": b, f"Z{l}": Z}
        self.values: dict[str, Array] = values
        self.activation: dict[int, str] = self._activations(context.get("activations"))
        self._complete_values()
        arrays = [*values.items(), *gradients.items()]
        columns = (int(g.shape[1]) for name, g in arrays if name[0] in "AZ" and g.ndim == 2)
        self.m: int | None = next(columns, None)

    def _activations(self, given: Any) -> dict[int, str]:
        """Return those given, else those that lead from the known Z to the known A, else ReLU."""
        L = self.L
        if isinstance(given, str):
            return {**dict.fromkeys(range(1, L), given), L: "sigmoid"}
        if given is not None:
            return dict(given) if isinstance(given, Mapping) else dict(enumerate(given, 1))
        found = {**dict.fromkeys(range(1, L), "relu"), L: "sigmoid"}
        for l in range(1, L):
            Z, A = self.values.get(f"Z{l}"), self.values.get(f"A{l}")
            if Z is not None and A is not None and Z.shape == A.shape:
                fits = [n for n, (g, _) in ACTIVATIONS.items() if np.allclose(g(Z), A)]
                found[l] = fits[0] if fits else found[l]
        return found

    def _complete_values(self) -> None:
        """Compute the Z and A that are missing, as far as possible."""
        v = self.values
        for l in range(1, self.L + 1):
            if not {f"A{l - 1}", f"W{l}", f"b{l}"} <= v.keys():
                return
            if f"Z{l}" not in v:
                v[f"Z{l}"] = v[f"W{l}"] @ v[f"A{l - 1}"] + v[f"b{l}"]
            if f"A{l}" not in v:
                v[f"A{l}"] = ACTIVATIONS[self.activation[l]][0](v[f"Z{l}"])

    def slope(self, l: int) -> Array:
        """Return g'(Z) of layer l; KeyError if Z is unknown."""
        return ACTIVATIONS[self.activation[l]][1](self.values[f"Z{l}"])

    @property
    def complete(self) -> bool:
        """True if everything that the backward pass needs is known."""
        layers = range(1, self.L + 1)
        needed = {f"{n}{l}" for l in layers for n in "WbZA"} | {"A0"}
        return self.L > 0 and self.Y is not None and needed <= self.values.keys()

    def backward(self) -> tuple[dict[str, Array], dict[str, float]]:
        """Return every gradient, and the size of the terms that each adds up."""
        v, L, m, Y = self.values, self.L, self.m, self.Y
        assert Y is not None
        assert m is not None
        AL = v[f"A{L}"]
        dAL = -(Y / AL - (1 - Y) / (1 - AL))
        found = {f"A{L}": dAL}
        for l in range(L, 0, -1):
            plain = l == L and self.activation[l] == "sigmoid"
            dZ = found[f"Z{l}"] = AL - Y if plain else found[f"A{l}"] * self.slope(l)
            found[f"W{l}"] = dZ @ v[f"A{l - 1}"].T / m
            found[f"b{l}"] = dZ.sum(axis=1, keepdims=True) / m
            found[f"A{l - 1}"] = v[f"W{l}"].T @ dZ
        # 1 - A is rounded by eps and the loss divides by it: some eps, in units of the tolerance.
        share = 1e-3 if AL.dtype == np.float64 else 0.1
        layers = range(1, L + 1)
        sizes = sizes_of_terms(
            [v[f"W{l}"] for l in layers], [v[f"A{l}"] for l in range(L + 1)], Y, share * np.abs(dAL)
        )
        return found, sizes

    def changed(self, **values: Any) -> ForwardPass:
        """Return the pass with other values (A0, Y, activations, W1, ...), computed anew."""
        kept = {k: v for k, v in self.values.items() if k[0] in "Wb" or k == "A0"}
        about = {"Y": self.Y, "activations": self.activation, "learning_rate": self.learning_rate}
        return ForwardPass({**kept, **about, **values}, {})


def forward_pass(context: Mapping[str, Any], truth: Mapping[str, Array]) -> ForwardPass:
    """Return the forward pass of a context; the right gradients tell its activation if need be."""
    net = ForwardPass(context, truth)
    if "activations" not in context and net.complete and not matches(net, truth):
        for hidden in ACTIVATIONS:
            other = ForwardPass({**context, "activations": hidden}, truth)
            if matches(other, truth):
                return other
    return net


def matches(net: ForwardPass, truth: Mapping[str, Array]) -> bool:
    """Return True if the backward pass of the network gives the right dW and db."""
    found, sizes = net.backward()
    both = [n for n in found if n in truth and n[0] in "Wb"]
    rtol = exact(*truth.values(), *found.values())
    return bool(both) and all(
        near(truth[n], found[n], max(1e-6, 10 * rtol), sizes[n] * max(1e-9, 10 * rtol))
        for n in both
    )


def recognize(net: ForwardPass, truth: dict[str, Array]) -> tuple[float, dict[str, float]]:
    """Return c of dW = c dZ A_prev^T in the right gradients, and the sizes of their terms.

    If the network explains the right gradients, the dZ and dA that they lack are added to
    `truth`. If it does not, it is another network and its forward values are dropped.
    """
    m = net.m or 1
    c = 1 / m
    if net.complete:
        found, sizes = net.backward()
        if matches(net, truth):
            passing = [n for n in found if n in truth and n[0] in "AZ"]
            rtol = max(1e-6, 100 * exact(*truth.values(), *found.values()))
            if passing and m > 1 and all(near(truth[n] * m, found[n], rtol) for n in passing):
                c = 1.0
            for name in found:
                truth.setdefault(name, found[name] / (c * m))
            return c, sizes
        net.values.clear()
    for name, value in truth.items():
        bias = truth.get(f"b{name[1:]}")
        if name[0] == "Z" and bias is not None and value.ndim == 2 and m > 1:
            rtol = min(LOOSE * exact(bias), 1e-3)
            c = 1.0 if near(bias, value.sum(axis=1, keepdims=True), rtol) else c
    return c, {}
