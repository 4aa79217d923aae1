"""The parts of the course whose backprop a learner may have written, and how each is run.

    logistic    propagate(w, b, X, Y)
    planar      backward_propagation(parameters, cache, X, Y)
    deep        L_model_backward(AL, Y, caches), or any of the functions that it is made of

Each part returns its gradients under dW1, db1, ..., dA0, dZ1, ..., ready for `compare_gradients`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import by_hand
from ..by_hand.notation import ActivationName, Array, Gradients, Parameters
from ..errors import SettingError
from .diagnosis.forward_pass import renumber, units
from .gradients import planar_cache
from .results import Results, shown
from .source_file import SourceFile

#: How the course calls its functions.
USAGE = {
    "propagate": "propagate(w, b, X, Y)",
    "backward_propagation": "backward_propagation(parameters, cache, X, Y)",
    "forward_propagation": "forward_propagation(X, parameters)",
    "L_model_backward": "L_model_backward(AL, Y, caches)",
    "linear_activation_backward": "linear_activation_backward(dA, cache, activation)",
    "linear_backward": "linear_backward(dZ, cache)",
    "relu_backward": "relu_backward(dA, cache)",
    "sigmoid_backward": "sigmoid_backward(dA, cache)",
    "L_model_forward": "L_model_forward(X, parameters)",
    "linear_activation_forward": "linear_activation_forward(A_prev, W, b, activation)",
    "linear_forward": "linear_forward(A_prev, W, b)",
}
PARTS = {
    "logistic": ["propagate"],
    "planar": ["backward_propagation"],
    "deep": [
        "L_model_backward",
        "linear_activation_backward",
        "linear_backward",
        "relu_backward",
        "sigmoid_backward",
    ],
}


def parts_of(file: SourceFile) -> list[str]:
    """Return the parts of the course that the file has functions of; SettingError if none."""
    found = [part for part, names in PARTS.items() if any(name in file for name in names)]
    if not found:
        known = [name for names in PARTS.values() for name in names]
        has = f"the functions {', '.join(file.functions)}" if file.functions else "no function"
        expected = "; ".join(
            f"{part}: {' or '.join(USAGE[name] for name in names)}" for part, names in PARTS.items()
        )
        raise SettingError(
            f"{file.path}: found {has}; expected one of the course's. {expected}."
            f"{file.meant(known)}"
        )
    return found


@dataclass
class Outcome:
    """The result of a run: gradients, the names of the functions that were called, and remarks.

    `wrong` holds remarks on a forward pass that is not the course's: its gradients are those of
    another cost.
    """

    gradients: Gradients
    called: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def run(
    file: SourceFile,
    part: str,
    parameters: Parameters,
    X: Array,
    Y: Array,
    hidden: ActivationName = "relu",
) -> Outcome:
    """Run the file's functions of one part on X (n_x, m), Y (1, m).

    `parameters` are {"w", "b"} for logistic, else {"W1", "b1", ...}. A function that raises, or
    returns something else than the course's, leads to SettingError.
    """
    run = _Execution(file, parameters, X, Y, hidden)
    supplied = run.course() if part == "deep" else {"sigmoid": by_hand.basics.sigmoid}
    with file.running(supplied) as called, np.errstate(all="ignore"):
        outcome = {"logistic": run.logistic, "planar": run.planar, "deep": run.deep}[part]()
    outcome.called = [name for name in called if name in USAGE]
    changed = [n for n, p in run.parameters.items() if not np.array_equal(p, parameters[n])]
    if changed:
        outcome.remarks.append(
            f"It writes into {', '.join(changed)}; a backward pass leaves the parameters as they "
            f"are."
        )
    idle = [name for name in PARTS[part] if name in file and name not in called]
    if idle:
        outcome.remarks.append(f"Nothing calls {', '.join(idle)}, so it was not tested.")
    return outcome


class _Execution:
    """One run of the functions of a file, on copies of a network and its examples."""

    def __init__(
        self, file: SourceFile, parameters: Parameters, X: Array, Y: Array, hidden: ActivationName
    ) -> None:
        self.file, self.hidden = file, hidden
        self.parameters = {name: np.array(p) for name, p in parameters.items()}
        self.X, self.Y = np.array(X), np.array(Y)
        # Right numbers come from arrays that the file never sees.
        self.right = {name: np.array(p) for name, p in parameters.items()}
        self.L = len(parameters) // 2
        self.back = Results(file.name, parameters)

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the file."""
        return self.file.call(name, USAGE[name], *args)

    def has(self, name: str, n: int) -> bool:
        """Return True if the file has the function, with the course's number of arguments."""
        return name in self.file and self.file.takes(name, *range(n))

    # One unit

    def logistic(self) -> Outcome:
        """Run propagate, which returns gradients and cost."""
        w, b = self.parameters["w"], float(self.parameters["b"])
        right_b = self.right["b"]
        _, J = by_hand.propagate(self.right["w"], right_b, np.array(self.X), np.array(self.Y))
        result = self.call("propagate", w, b, self.X, self.Y)
        outcome = Outcome(self.back.gradients("propagate", result, "(grads, cost)"))
        costs = [c for c in result if not isinstance(c, Mapping)] if type(result) is tuple else []
        if len(costs) == 1 and not _near(costs[0], J):
            outcome.wrong.append(
                f"Its propagate returns the cost {shown(costs[0])}, the right one is {J:.6g}."
            )
        return outcome

    # Two layers

    def planar(self) -> Outcome:
        """Run forward_propagation, the file's own if it has one, and backward_propagation."""
        A, caches = by_hand.L_model_forward(np.array(self.X), self.right, hidden=self.hidden)
        right = planar_cache(A, caches)
        cache, wrong = {n: np.array(right[n]) for n in ("Z1", "A1", "Z2", "A2")}, []
        if self.has("forward_propagation", 2):
            result = self.call("forward_propagation", self.X, self.parameters)
            if not (type(result) is tuple and len(result) == 2):
                raise self.back.unlike("forward_propagation", result, "A2, cache")
            wrong = self.back.different("forward_propagation", "A2", result[0], A)
            cache = result[1]
        result = self.call("backward_propagation", self.parameters, cache, self.X, self.Y)
        return Outcome(self.back.gradients("backward_propagation", result, "grads"), wrong=wrong)

    # L layers

    def deep(self) -> Outcome:
        """Run the forward and the backward pass, with the file's own functions if it has them."""
        right, caches = by_hand.L_model_forward(np.array(self.X), self.right, hidden=self.hidden)
        first = "L_model_forward"
        if self.has(first, 2):
            result = self.call(first, self.X, self.parameters)
            if not (type(result) is tuple and len(result) == 2 and isinstance(result[1], list)):
                raise self.back.unlike(first, result, "AL, caches")
            AL, caches = result
        else:
            if self.has("linear_activation_forward", 4):
                first = "linear_activation_forward"
            elif self.has("linear_forward", 3):
                first = "linear_forward"
            AL, caches = self.forward()
        wrong = self.back.different(first, "AL", AL, right)
        if "L_model_backward" not in self.file:
            return Outcome(self.backward(AL, caches), wrong=wrong)
        result = self.call("L_model_backward", AL, self.Y, caches)
        outcome = Outcome(self.back.gradients("L_model_backward", result, "grads"), wrong=wrong)
        if renumber(outcome.gradients, self.L, units(self.right), d="d"):
            outcome.remarks.append(
                "It stores the gradient of A[l-1] as dA[l], as an earlier edition of the course "
                "does; below it is called dA[l-1]."
            )
        return outcome

    def course(self) -> dict[str, Any]:
        """Return the course's functions; those that call others call the file's own."""
        deep = by_hand.deep
        return {
            "sigmoid": deep.sigmoid,
            "relu": deep.relu,
            "sigmoid_backward": deep.sigmoid_backward,
            "relu_backward": deep.relu_backward,
            "linear_forward": deep.linear_forward,
            "linear_backward": deep.linear_backward,
            "linear_activation_forward": self.linear_activation_forward,
            "linear_activation_backward": self.linear_activation_backward,
        }

    def activation(self, l: int) -> ActivationName:
        """Return the course's name for the activation of layer l."""
        return "sigmoid" if l == self.L else self.hidden

    def forward(self) -> tuple[Array, list[Any]]:
        """Do what L_model_forward does, with the file's functions if it has them."""
        A, caches, name = self.X, [], "linear_activation_forward"
        for l in range(1, self.L + 1):
            W, b = self.parameters[f"W{l}"], self.parameters[f"b{l}"]
            if self.has(name, 4):
                result = self.call(name, A, W, b, self.activation(l))
                A, cache = self.back.several(name, result, "A, cache")
                self.back.require(name, f"A{l}", A, (W.shape[0], self.X.shape[1]))
            else:
                A, cache = self.linear_activation_forward(A, W, b, self.activation(l))
            caches.append(cache)
        return A, caches

    def linear_activation_forward(
        self, A_prev: Array, W: Array, b: Array, activation: ActivationName
    ) -> Any:
        """Do what the course's function does, with the file's linear_forward."""
        if not self.has("linear_forward", 3):
            return by_hand.linear_activation_forward(A_prev, W, b, activation)
        result = self.call("linear_forward", A_prev, W, b)
        Z, cache = self.back.several("linear_forward", result, "Z, cache")
        self.back.require("linear_forward", "Z", Z, (W.shape[0], A_prev.shape[1]))
        g, _ = by_hand.activations.activation_named(activation)
        return g(Z), (cache, Z)

    def backward(self, AL: Array, caches: list[Any]) -> Gradients:
        """Do what L_model_backward does, with the file's functions if it has them."""
        found: Gradients = {}
        name = "linear_activation_backward"
        if name not in self.file:
            name = "linear_backward"
        # dA[L] = -(Y / A[L] - (1 - Y) / (1 - A[L]))
        dA = -(self.Y / AL - (1 - self.Y) / (1 - AL))
        for l in range(self.L, 0, -1):
            if name == "linear_activation_backward":
                result = self.call(name, dA, caches[l - 1], self.activation(l))
                dA, dW, db = self.back.several(name, result, "dA_prev, dW, db")
            else:
                dZ = self.through_activation(dA, caches[l - 1][1], self.activation(l))
                found[f"dZ{l}"] = np.array(dZ)
                dA, dW, db = self.through_linear(dZ, caches[l - 1][0])
            named = {f"dA{l - 1}": dA, f"dW{l}": dW, f"db{l}": db}
            found |= {key: np.array(self.back.number(name, key, g)) for key, g in named.items()}
            shape = (self.right[f"W{l}"].shape[1], self.X.shape[1])
            self.back.require(name, f"dA{l - 1}", dA, shape)
        return found

    def linear_activation_backward(self, dA: Array, cache: Any, activation: ActivationName) -> Any:
        """Do what the course's function does, with the file's functions if it has them."""
        return self.through_linear(self.through_activation(dA, cache[1], activation), cache[0])

    def through_activation(self, dA: Array, Z: Array, activation: ActivationName) -> Array:
        """Return dZ from dA."""
        name = f"{activation}_backward"
        if name in self.file and name in USAGE:
            dZ = self.back.number(name, "dZ", self.call(name, np.array(dA), Z))
            self.back.require(name, "dZ", dZ, np.shape(dA))
            return dZ
        _, slope = by_hand.activations.activation_named(activation)
        found: Array = dA * slope(Z)
        return found

    def through_linear(self, dZ: Array, cache: Any) -> Any:
        """Return dA_prev, dW and db from dZ."""
        name = "linear_backward"
        if name not in self.file:
            return by_hand.linear_backward(dZ, cache)
        return self.back.several(name, self.call(name, dZ, cache), "dA_prev, dW, db")


def _near(a: Any, b: Any) -> bool:
    return bool(np.shape(np.squeeze(a)) == () and np.allclose(a, b, rtol=1e-9, atol=0))
