"""The course's three classifiers, trained on automatic gradients or on the hand-derived ones.

    model = nn.LLayerClassifier([12288, 20, 7, 5, 1])
    model.fit(X, Y, iterations=2500, learning_rate=0.0075)
    model.costs, model.parameters["W1"], model.predict(X_test), model.score(X_test, Y_test)

X (n_x, m) has one example in each column, Y (1, m) its label, 0 or 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from . import by_hand
from .activations import activation_named
from .base import Classifier, Course, GradientSource
from .by_hand.notation import ActivationName, Array, Gradients, Parameters
from .errors import DataError, SettingError
from .initializers import Initializer
from .layers import Layer, Linear, Sequential, Unit
from .train import count


class LogisticRegression(Classifier):
    """One unit, A = sigmoid(w^T X + b); parameters "w" (n_x, 1) and "b" (), both from zero.

    The course's settings are the defaults of `fit`: 2000 iterations, learning rate 0.005.

    Parameters
    ----------
    dtype : {float64, float32}, optional
        The dtype of the parameters; by default that of X.
    gradients : {"auto", "by_hand"}
        Who computes the gradients: the engine, or the course's formulas.

    Examples
    --------
    >>> model = LogisticRegression()
    >>> model.fit(np.array([[1.0, 3.0]]), np.array([[1, 0]]), iterations=100, learning_rate=1.0)
    LogisticRegression()
    >>> model.predict(np.array([[0.0, 4.0]]))
    array([[1., 0.]])
    """

    course: Course = Course(iterations=2000, learning_rate=0.005)

    def __init__(self, *, dtype: Any = None, gradients: GradientSource = "auto") -> None:
        super().__init__(dtype, gradients)

    def dims(self, n_x: int) -> tuple[int, ...]:
        """Return (n_x, 1)."""
        return (n_x, 1)

    def build(self, n_x: int) -> Unit:
        """Return one unit, Z = w^T X + b."""
        return Unit(n_x)

    def cost_and_gradients_by_hand(
        self, parameters: Parameters, X: Array, Y: Array
    ) -> tuple[Any, Gradients]:
        """Call the course's `propagate`."""
        grads, cost = by_hand.propagate(parameters["w"], parameters["b"], X, Y)
        return cost, {"w": grads["dw"], "b": grads["db"]}

    def layered(self, named: Parameters) -> Parameters:
        """Return W1 = w^T (1, n_x) and b1 (1, 1)."""
        return {"W1": named["w"].T, "b1": np.reshape(named["b"], (1, 1))}

    def own_name(self, name: str) -> str:
        """Return w for W1, and b for b1."""
        return {"W1": "w", "b1": "b"}.get(name, name)


class LayeredClassifier(Classifier):
    """The two networks: (LINEAR -> g) x (L - 1) -> LINEAR -> SIGMOID with W1, b1, W2, ..."""

    def __init__(
        self,
        hidden: ActivationName,
        seed: int | None,
        init: Initializer,
        dtype: Any,
        gradients: GradientSource,
    ) -> None:
        super().__init__(dtype, gradients)
        self.hidden: ActivationName = hidden
        self.seed: int | None = seed
        self.init: Initializer = init

    def build(self, n_x: int) -> Sequential:
        """Return the layers, the last one without its sigmoid."""
        sizes = self.dims(n_x)
        layers: list[Layer] = []
        for n_in, n_out in pairwise(sizes):
            layers += [Linear(n_in, n_out, self.init), activation_named(self.hidden)]
        return Sequential(*layers[:-1])

    def cost_and_gradients_by_hand(
        self, parameters: Parameters, X: Array, Y: Array
    ) -> tuple[Any, Gradients]:
        """Call the course's `L_model_forward`, `compute_cost` and `L_model_backward`."""
        AL, caches = by_hand.L_model_forward(X, parameters, hidden=self.hidden)
        grads = by_hand.L_model_backward(AL, Y, caches, hidden=self.hidden)
        return by_hand.compute_cost(AL, Y), {name: grads[f"d{name}"] for name in parameters}

    def _seed(self) -> int:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer):
            raise SettingError(f"seed is a whole number, not {self.seed!r}.")
        if not 0 <= self.seed < 2**32:
            raise SettingError(f"seed is {self.seed}; it must be from 0 to 2**32 - 1.")
        return int(self.seed)


class TwoLayerClassifier(LayeredClassifier):
    """LINEAR -> g -> LINEAR -> SIGMOID; parameters "W1", "b1", "W2", "b2".

    The course has two such networks, and the defaults are those of the one with this g: "relu",
    the cats (n_h 7, seed 1, 2500 iterations, learning rate 0.0075), or "tanh", the planar data
    (n_h 4, seed 2, 10000 iterations, learning rate 1.2).

    Parameters
    ----------
    n_h : int, optional
        Number of hidden units.
    hidden : {"relu", "tanh", "sigmoid", "leaky_relu", "linear"}
        The activation g.
    seed : int, optional
        W1 and W2 are drawn in order from RandomState(seed).
    init : str, float or callable
        How they are drawn; see `nn.initializers.draw`. "small" is 0.01 times standard normal.
    dtype, gradients
        See `LogisticRegression`.

    Examples
    --------
    >>> X, Y = by_hand.load_planar_dataset()
    >>> model = TwoLayerClassifier(hidden="tanh").fit(X, Y, iterations=1001, record_every=1000)
    >>> print(np.round(model.costs, 6))
    [0.693048 0.288083]
    """

    def __init__(
        self,
        n_h: int | None = None,
        hidden: ActivationName = "relu",
        *,
        seed: int | None = None,
        init: Initializer = "small",
        dtype: Any = None,
        gradients: GradientSource = "auto",
    ) -> None:
        super().__init__(hidden, seed, init, dtype, gradients)
        self.n_h: int | None = n_h

    @property
    def course(self) -> Course:
        """The planar network's settings for tanh, else the cat network's."""
        return Course(10000, 1.2) if self.hidden == "tanh" else Course(2500, 0.0075)

    def dims(self, n_x: int) -> tuple[int, ...]:
        """Return (n_x, n_h, 1)."""
        usual = 4 if self.hidden == "tanh" else 7
        return (n_x, usual if self.n_h is None else count("n_h", self.n_h), 1)

    def _seed(self) -> int:
        if self.seed is None:
            return 2 if self.hidden == "tanh" else 1
        return super()._seed()

    def cost_and_gradients_by_hand(
        self, parameters: Parameters, X: Array, Y: Array
    ) -> tuple[Any, Gradients]:
        """Call the course's `backward_propagation` for tanh, else its `L_model_backward`."""
        if self.hidden != "tanh":
            return super().cost_and_gradients_by_hand(parameters, X, Y)
        A2, cache = by_hand.forward_propagation(X, parameters)
        grads = by_hand.backward_propagation(parameters, cache, X, Y)
        return by_hand.planar.compute_cost(A2, Y), {name: grads[f"d{name}"] for name in parameters}


class LLayerClassifier(LayeredClassifier):
    """(LINEAR -> g) x (L - 1) -> LINEAR -> SIGMOID; parameters "W1", "b1", ..., "WL", "bL".

    The course's settings are the defaults of `fit`: 2500 iterations, learning rate 0.0075.

    Parameters
    ----------
    layer_dims : sequence of int, optional
        (n_x, n[1], ..., 1); by default (n_x, 20, 7, 5, 1), the course's cat network.
    hidden : {"relu", "tanh", "sigmoid", "leaky_relu", "linear"}
        The activation g.
    seed : int
        W1, W2, ... are drawn in order from RandomState(seed).
    init : str, float or callable
        How they are drawn; see `nn.initializers.draw`. "scaled" divides by sqrt(n[l-1]).
    dtype, gradients
        See `LogisticRegression`.

    Examples
    --------
    >>> X, Y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0, 1, 1, 0]])
    >>> model = LLayerClassifier([2, 4, 2, 1], "tanh")
    >>> model.fit(X, Y, iterations=1000, learning_rate=0.5).predict(X)
    array([[0., 1., 1., 0.]])
    """

    course: Course = Course(iterations=2500, learning_rate=0.0075)

    def __init__(
        self,
        layer_dims: Sequence[int] | None = None,
        hidden: ActivationName = "relu",
        *,
        seed: int = 1,
        init: Initializer = "scaled",
        dtype: Any = None,
        gradients: GradientSource = "auto",
    ) -> None:
        super().__init__(hidden, seed, init, dtype, gradients)
        self.layer_dims: Sequence[int] | None = layer_dims

    def dims(self, n_x: int) -> tuple[int, ...]:
        """Return `layer_dims`, checked: (n_x, ..., 1)."""
        if self.layer_dims is None:
            return (n_x, 20, 7, 5, 1)
        sizes = tuple(count("each number in layer_dims", n) for n in self.layer_dims)
        if len(sizes) < 2 or sizes[-1] != 1:
            raise SettingError(
                f"layer_dims is {list(sizes)}; it goes from the n_x inputs to the 1 output, as in "
                f"[{n_x}, 20, 7, 5, 1]."
            )
        if sizes[0] != n_x:
            raise DataError(None, "X", f"{n_x} rows", f"{sizes[0]}, the first of layer_dims")
        return sizes
