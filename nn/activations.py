"""Activations as layers without parameters, for any shape of Z, and the table of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag

from .errors import SettingError
from .layers import Layer


class Sigmoid(Layer):
    """The logistic function, A = 1 / (1 + e^-Z).

    Examples
    --------
    >>> Sigmoid()(np.array([[0.0]]))
    array([[0.5]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return 1 / (1 + e^-A)."""
        return ag.sigmoid(A)


class Tanh(Layer):
    """The hyperbolic tangent, A = tanh(Z).

    Examples
    --------
    >>> Tanh()(np.array([[0.0]]))
    array([[0.]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return tanh(A)."""
        return np.tanh(A)


class ReLU(Layer):
    """A = max(0, Z), with derivative 0 at 0.

    Examples
    --------
    >>> ReLU()(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return max(0, A)."""
        return ag.relu(A)


class LeakyReLU(Layer):
    """A = Z if Z > 0, else slope * Z.

    Parameters
    ----------
    slope : float
        The derivative at Z <= 0.

    Examples
    --------
    >>> LeakyReLU(0.1)(np.array([[-1.0, 2.0]]))
    array([[-0.1,  2. ]])
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return A if A > 0, else slope * A."""
        return ag.leaky_relu(A, self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class Softplus(Layer):
    """A = log(1 + e^Z), a smooth ReLU.

    Examples
    --------
    >>> Softplus()(np.array([[0.0]])).round(6)
    array([[0.693147]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return log(1 + e^A)."""
        return ag.softplus(A)


class Softmax(Layer):
    """A = e^Z / sum(e^Z) over each column: the probabilities of n classes for one example.

    Examples
    --------
    >>> Softmax()(np.array([[1.0], [1.0]]))
    array([[0.5],
           [0.5]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return e^A / sum(e^A), the sum over rows."""
        return ag.softmax(A, axis=0)


class Identity(Layer):
    """A = Z, the course's linear activation.

    Examples
    --------
    >>> Identity()(np.array([[2.0]]))
    array([[2.]])
    """

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return A."""
        return A


#: name -> how to make one; the names are those of `nn.by_hand.activations`.
ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "relu": ReLU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyReLU,
    "linear": Identity,
}


def activation_named(name: str) -> Layer:
    """Return a new activation layer.

    Parameters
    ----------
    name : {"relu", "tanh", "sigmoid", "leaky_relu", "linear"}

    Returns
    -------
    Layer

    Raises
    ------
    SettingError
        If there is no activation of that name.

    Examples
    --------
    >>> activation_named("relu")
    ReLU()
    """
    if name not in ACTIVATIONS:
        raise SettingError(f"There is no activation {name!r}. Use one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]()
