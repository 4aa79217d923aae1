"""Training problems, stated once for every library: a cost in names that all libraries share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Parameters: TypeAlias = dict[str, Array]


@dataclass(frozen=True)
class Names:
    """A library's functions, under the names that the costs use."""

    tanh: Any
    sigmoid: Any
    relu: Any
    log_softmax: Any
    log: Any
    sum: Any


#: cost(names, parameters, X, Y), a number of the library that the arguments belong to
Cost: TypeAlias = Callable[[Names, Any, Any, Any], Any]


@dataclass(frozen=True)
class Problem:
    """Gradient descent on `cost` from `parameters`: one step is forward, cost, backward, update.

    With `beta` the update has momentum: v := beta v + dtheta, theta := theta - rate v.
    """

    cost: Cost
    parameters: Parameters
    X: Array
    Y: Array
    rate: float
    beta: float = 0.0

    def start(self) -> Parameters:
        """Return a copy of the first parameters for one contender."""
        return {name: p.copy() for name, p in self.parameters.items()}

    def rest(self) -> Parameters:
        """Return velocities of zero."""
        return {name: np.zeros_like(p) for name, p in self.parameters.items()}


def planar_cost(xp: Names, p: Any, X: Any, Y: Any) -> Any:
    """Compute a tanh layer, a sigmoid unit, and cross-entropy as the course writes it."""
    A1 = xp.tanh(p["W1"] @ X + p["b1"])
    A2 = xp.sigmoid(p["W2"] @ A1 + p["b2"])
    return -xp.sum(Y * xp.log(A2) + (1 - Y) * xp.log(1 - A2)) / X.shape[1]


def cat_cost(xp: Names, p: Any, X: Any, Y: Any) -> Any:
    """Compute three ReLU layers, a sigmoid unit, and cross-entropy as the course writes it."""
    A1 = xp.relu(p["W1"] @ X + p["b1"])
    A2 = xp.relu(p["W2"] @ A1 + p["b2"])
    A3 = xp.relu(p["W3"] @ A2 + p["b3"])
    A4 = xp.sigmoid(p["W4"] @ A3 + p["b4"])
    return -xp.sum(Y * xp.log(A4) + (1 - Y) * xp.log(1 - A4)) / X.shape[1]


def softmax_cost(xp: Names, p: Any, X: Any, Y: Any) -> Any:
    """Compute two ReLU layers, and cross-entropy of ten classes from the logits."""
    A1 = xp.relu(p["W1"] @ X + p["b1"])
    A2 = xp.relu(p["W2"] @ A1 + p["b2"])
    Z3 = p["W3"] @ A2 + p["b3"]
    return -xp.sum(Y * xp.log_softmax(Z3, 0)) / X.shape[1]
