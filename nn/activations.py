"""Activations as layers without parameters, for any shape of Z; the table names them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag

from .errors import SettingError
from .layers import Layer


class Activation(Layer):
    """A function g of the numbers in Z, applied to each of them, or to each column."""

    @abstractmethod
    def g(self, Z: Any) -> Any:
        """A = g(Z)."""

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """A = g(Z); an activation has no parameters."""
        return self.g(A)


class Sigmoid(Activation):
    """1 / (1 + e^-Z)."""

    def g(self, Z: Any) -> Any:
        """A = 1 / (1 + e^-Z)."""
        return ag.sigmoid(Z)


class Tanh(Activation):
    """The hyperbolic tangent."""

    def g(self, Z: Any) -> Any:
        """A = tanh(Z)."""
        return np.tanh(Z)


class ReLU(Activation):
    """max(0, Z), with slope 0 at 0."""

    def g(self, Z: Any) -> Any:
        """A = max(0, Z)."""
        return ag.relu(Z)


class LeakyReLU(Activation):
    """Z where Z > 0, else slope * Z."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def g(self, Z: Any) -> Any:
        """A = Z where Z > 0, else slope * Z."""
        return ag.leaky_relu(Z, self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class Softplus(Activation):
    """log(1 + e^Z), a smooth ReLU."""

    def g(self, Z: Any) -> Any:
        """A = log(1 + e^Z)."""
        return ag.softplus(Z)


class Softmax(Activation):
    """e^Z / sum(e^Z) over each column: the probabilities of n classes for one example."""

    def g(self, Z: Any) -> Any:
        """A = e^Z / sum(e^Z), the sum over rows."""
        return ag.softmax(Z, axis=0)


class Identity(Activation):
    """Z itself, the course's linear activation."""

    def g(self, Z: Any) -> Any:
        """A = Z."""
        return Z


#: name -> how to make one; the names are those of `nn.by_hand.activations`.
ACTIVATIONS: dict[str, Callable[[], Activation]] = {
    "relu": ReLU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyReLU,
    "linear": Identity,
}


def activation_named(name: str) -> Activation:
    """Make the activation of that name; SettingError for a name that is not in the table.

    >>> activation_named("relu")
    ReLU()
    """
    if name not in ACTIVATIONS:
        raise SettingError(f"There is no activation {name!r}. Use one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]()
