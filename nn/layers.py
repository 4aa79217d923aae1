"""Layers: each draws its parameters, and is a pure function of them. Columns are examples.

net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), seed=1)
Z = net(X)                            with the net's own parameters, Tensors W1, b1, W2, b2
Z = net.apply(parameters, X)          with any parameters: arrays, Tensors, ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

import autograd_lite as ag

from . import initializers
from .by_hand.notation import Parameters
from .errors import DataError, SettingError
from .initializers import Initializer


class Layer(ABC):
    """A part of a network.

    Attributes
    ----------
    seed : int
        The seed of `parameters`.
    dtype : dtype
        The dtype of `parameters`.
    """

    seed: int = 0
    dtype: Any = np.float64

    def initialize(self, rng: np.random.RandomState, dtype: Any = np.float64) -> Parameters:
        """Draw the first parameters, as arrays; an empty dict if the layer has none."""
        return {}

    @abstractmethod
    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return the output for A (n_in, m), as a pure function of the parameters."""

    @cached_property
    def parameters(self) -> dict[str, ag.Tensor]:
        """The layer's own parameters, drawn when first used, as Tensors with names."""
        drawn = self.initialize(np.random.RandomState(self.seed), self.dtype)
        return {
            name: ag.Tensor(array, requires_grad=True, name=name) for name, array in drawn.items()
        }

    def __call__(self, A: Any) -> Any:
        """Return the output for A (n_in, m) with the layer's own parameters."""
        return self.apply(self.parameters, A)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Linear(Layer):
    """Z = W A + b, with W (n_out, n_in) and b (n_out, 1).

    A Linear by itself draws from RandomState(seed). Inside a Sequential, the Sequential draws all
    layers in order. b starts at zero.

    Parameters
    ----------
    n_in, n_out : int
        Numbers of units, at least 1.
    init : str, float or callable
        How W is drawn; see `nn.initializers.draw`.
    seed : int
    dtype : dtype

    Raises
    ------
    SettingError
        If a size is below 1, or `init` is unknown.

    Examples
    --------
    >>> layer = Linear(2, 1, init="zeros")
    >>> layer(np.ones((2, 3))).data
    array([[0., 0., 0.]])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        init: Initializer = "scaled",
        *,
        seed: int = 0,
        dtype: Any = np.float64,
    ) -> None:
        for name, n in (("n_in", n_in), ("n_out", n_out)):
            if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
                raise SettingError(f"Linear: {name} is a number of units, at least 1, not {n!r}.")
        initializers.check(init)
        self.n_in: int = int(n_in)
        self.n_out: int = int(n_out)
        self.init: Initializer = init
        self.seed: int = seed
        self.dtype: Any = dtype

    def initialize(self, rng: np.random.RandomState, dtype: Any = np.float64) -> Parameters:
        """Draw {"W": (n_out, n_in), "b": (n_out, 1)}."""
        return {
            "W": initializers.draw(self.init, self.n_out, self.n_in, rng, dtype),
            "b": np.zeros((self.n_out, 1), dtype=dtype),
        }

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return W A + b; DataError if A is not (n_in, m)."""
        if A.ndim != 2 or A.shape[0] != self.n_in:
            raise DataError(
                None, "A", f"shape {A.shape}", f"({self.n_in}, m), one column for each example"
            )
        return parameters["W"] @ A + parameters["b"]

    def __repr__(self) -> str:
        return f"Linear({self.n_in}, {self.n_out}, init={self.init!r})"


class Network(Layer):
    """A layer that can name every Z and A between X and its last Z."""

    n_x: int

    @abstractmethod
    def trace(self, parameters: Mapping[str, Any], X: Any) -> dict[str, Any]:
        """Return every linear part and activation, as {"Z1": ..., "A1": ..., "Z2": ...}.

        Tensors among them get these names, for drawings.
        """


class Unit(Network):
    """Z = w^T X + b, with w (n_x, 1) and b (), both from zero: the course's logistic regression."""

    def __init__(self, n_x: int) -> None:
        self.n_x = n_x

    def initialize(self, rng: np.random.RandomState, dtype: Any = np.float64) -> Parameters:
        """Return {"w": 0, "b": 0}; one unit has no symmetry to break."""
        return {"w": np.zeros((self.n_x, 1), dtype), "b": np.zeros((), dtype)}

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return w^T A + b."""
        return parameters["w"].T @ A + parameters["b"]

    def trace(self, parameters: Mapping[str, Any], X: Any) -> dict[str, Any]:
        """Return {"Z1": w^T X + b}."""
        return _named({"Z1": self.apply(parameters, X)})

    def __repr__(self) -> str:
        return f"Unit({self.n_x})"


class Sequential(Network):
    """Layers one after the other; parameters W1, b1, W2, ... are numbered as in the course.

    All layers are drawn in order from one RandomState(seed), to reproduce published numbers.
    Sequentials inside are unpacked.

    Parameters
    ----------
    *layers : Layer
    seed : int
    dtype : dtype

    Raises
    ------
    SettingError
        If an argument is not a layer.

    Examples
    --------
    >>> net = Sequential(Linear(2, 4), Linear(4, 1), seed=1)
    >>> {name: W.shape for name, W in net.parameters.items()}
    {'W1': (4, 2), 'b1': (4, 1), 'W2': (1, 4), 'b2': (1, 1)}
    """

    def __init__(self, *layers: Layer, seed: int = 0, dtype: Any = np.float64) -> None:
        self.layers: tuple[Layer, ...] = tuple(_unpacked(layers))
        self.seed: int = seed
        self.dtype: Any = dtype
        self._steps = list(_numbered(self.layers))
        self.n_x: int = next((layer.n_in for layer in self.layers if isinstance(layer, Linear)), 0)

    def initialize(self, rng: np.random.RandomState, dtype: Any = np.float64) -> Parameters:
        """Draw {"W1": ..., "b1": ..., "W2": ...}."""
        return {
            names[local]: array
            for layer, names in self._steps
            if names
            for local, array in layer.initialize(rng, dtype).items()
        }

    def apply(self, parameters: Mapping[str, Any], A: Any) -> Any:
        """Return the output of the last layer for A (n_in, m)."""
        for layer, names in self._steps:
            A = layer.apply({local: parameters[name] for local, name in names.items()}, A)
        return A

    def trace(self, parameters: Mapping[str, Any], X: Any) -> dict[str, Any]:
        """Return every linear part and activation, numbered by Linear layers."""
        found: dict[str, Any] = {}
        A, number = X, 0
        for layer, names in self._steps:
            A = layer.apply({local: parameters[name] for local, name in names.items()}, A)
            number += bool(names)
            found[f"{'Z' if names else 'A'}{number}"] = A
        return _named(found)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))}, seed={self.seed})"


def _named(arrays: dict[str, Any]) -> dict[str, Any]:
    for name, A in arrays.items():
        if isinstance(A, ag.Tensor):
            A.name = name
    return arrays


def _unpacked(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    for layer in layers:
        if isinstance(layer, Sequential):
            yield from layer.layers
        elif isinstance(layer, Layer):
            yield layer
        else:
            raise SettingError(f"Sequential takes layers such as nn.Linear(2, 4), not {layer!r}.")


def _numbered(layers: tuple[Layer, ...]) -> Iterator[tuple[Layer, dict[str, str]]]:
    """Yield each layer with the names that its parameters have in the whole network."""
    number = 0
    for layer in layers:
        local = ("W", "b") if isinstance(layer, Linear) else ()
        number += bool(local)
        yield layer, {name: f"{name}{number}" for name in local}
