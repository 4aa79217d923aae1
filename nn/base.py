"""The base of the three classifiers: fit, predict, score, and the graph of their cost."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

import autograd_lite as ag

from . import losses, validation
from .by_hand.notation import ActivationName, Array, Gradients, Parameters
from .compiled_training import Cost, descend
from .errors import NotFittedError, SettingError
from .layers import Network
from .optimizers import Optimizer, OptimizerName, optimizer_named
from .train import CostAndGradients, Run, count, minimize

if TYPE_CHECKING:
    from typing_extensions import Self

GradientSource: TypeAlias = Literal["auto", "by_hand"]


class Course(NamedTuple):
    """The course's settings for a model, which are the defaults of `fit`."""

    iterations: int
    learning_rate: float


class Classifier(ABC):
    """A network that ends in one sigmoid unit, A = P(Y = 1), trained on the full batch.

    The arguments of a subclass are its settings. They are stored unchanged and checked by `fit`.

    Attributes
    ----------
    run : Run or None
        Parameters, history and the optimizer's state; None before `fit`.
    about : dict
        What belongs to the model and JSON can hold, such as the names of the classes.
    """

    #: The activation of the layers before the last.
    hidden: ActivationName = "relu"

    def __init__(self, dtype: Any, gradients: GradientSource) -> None:
        self.dtype: Any = dtype
        self.gradients: GradientSource = gradients
        self.run: Run | None = None
        self.network: Network | None = None
        self.optimizer: Optimizer | None = None
        self.record_every: int = 100
        self.about: dict[str, Any] = {}

    # Defined by a subclass

    @property
    @abstractmethod
    def course(self) -> Course:
        """The course's number of iterations and learning rate."""

    @abstractmethod
    def dims(self, n_x: int) -> tuple[int, ...]:
        """Return (n[0], ..., n[L]); DataError if the model is for another n_x."""

    @abstractmethod
    def build(self, n_x: int) -> Network:
        """Return the layers up to the last Z, for inputs of n_x rows."""

    @abstractmethod
    def cost_and_gradients_by_hand(
        self, parameters: Parameters, X: Array, Y: Array
    ) -> tuple[Any, Gradients]:
        """Return the cost, and its hand-derived gradients under the names of the parameters."""

    def layered(self, named: Parameters) -> Parameters:
        """Return parameters, or their gradients, as those of layers: W1 (n[1], n_x), b1, ..."""
        return named

    def own_name(self, name: str) -> str:
        """Return the model's own name of W1, b1, ..."""
        return name

    # After training

    @property
    def parameters(self) -> Parameters:
        """The parameters under the course's keys; NotFittedError before `fit`."""
        return self._fitted().parameters

    @property
    def costs(self) -> list[float]:
        """The cost before every 100th step (see `record_every` of `fit`)."""
        return [] if self.run is None else self.run.costs

    @property
    def iterations(self) -> int:
        """The number of steps taken, those before `resume` included."""
        return 0 if self.run is None else self.run.iterations

    @property
    def interrupted(self) -> bool:
        """True if Ctrl-C ended the last `fit`."""
        return self.run is not None and self.run.interrupted

    @property
    def n_x(self) -> int:
        """The number of inputs; NotFittedError before `fit`."""
        self._fitted()
        assert self.network is not None
        return self.network.n_x

    @property
    def working_dtype(self) -> Any:
        """The dtype of the learned parameters, else the setting; None if X decides."""
        if self.run is not None:
            return next(iter(self.run.parameters.values())).dtype
        return self._dtype()

    def describe(self, n_x: int | None = None) -> str:
        """Return kind and sizes, such as LLayerClassifier 12288-20-7-5-1."""
        sizes = self.dims(self.n_x if n_x is None else n_x)
        return f"{type(self).__name__} {'-'.join(map(str, sizes))}"

    def _fitted(self) -> Run:
        if self.run is None:
            raise NotFittedError(f"This {type(self).__name__} was not trained: call fit(X, Y).")
        return self.run

    # Training

    def fit(
        self,
        X: Any,
        Y: Any,
        iterations: int | None = None,
        learning_rate: float | None = None,
        *,
        optimizer: Optimizer | OptimizerName | None = None,
        gradients: GradientSource | None = None,
        record_every: int | None = None,
        resume: bool = False,
        compile: bool = True,
        progress: bool | None = None,
        callback: Callable[[Self], object] | None = None,
    ) -> Self:
        """Train on the whole of X and Y.

        Ctrl-C stops after the current step and keeps what was learned: see `interrupted`.

        Parameters
        ----------
        X : array_like of shape (n_x, m)
            One example in each column.
        Y : array_like of shape (1, m)
            Labels 0 and 1.
        iterations : int, optional
            Number of steps in all; by default the course's.
        learning_rate : float, optional
            By default the course's.
        optimizer : Optimizer or str, optional
            One of `nn.optimizers`, or its name; by default gradient descent.
        gradients : {"auto", "by_hand"}, optional
            By default the model's setting.
        record_every : int, optional
            The cost before step i joins `costs` if i is a multiple of it; by default 100.
        resume : bool
            Continue where training stopped. Two halves give what one run gives: up to rounding,
            and the same bits without `compile`.
        compile : bool
            Compile automatic gradients and updates into one loop of NumPy, with the engine's
            numbers up to rounding. Otherwise the engine runs at each step.
        progress : bool, optional
            Show a progress bar; by default only at a terminal.
        callback : callable, optional
            ``callback(model)`` is called after each step whose cost was recorded.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If X and Y do not fit.
        SettingError
            If a setting is out of range.
        DivergedError
            If the cost becomes infinite or nan.
        """
        chosen = self.gradients if gradients is None else gradients
        if chosen not in ("auto", "by_hand"):
            raise SettingError(f'gradients is "auto" or "by_hand", not {chosen!r}.')
        iterations = count(
            "iterations", self.course.iterations if iterations is None else iterations
        )
        every = record_every if record_every is not None else self.record_every if resume else 100
        every = count("record_every", every)
        if resume:
            self._fitted()
        optimizer = self._optimizer(optimizer, learning_rate, resume)

        X = validation.inputs(X, dtype=self.working_dtype if resume else self._dtype())
        self.dims(X.shape[0])
        Y = validation.labels(Y, X.shape[1], X.dtype)
        network = self.build(X.shape[0])
        if resume and self.run is not None:
            run = self.run
            if self.optimizer is None or self.optimizer.name != optimizer.name:
                run.state = optimizer.init(run.parameters)
        else:
            parameters = self.initialize(X.shape[0], X.dtype)
            run = Run(parameters, optimizer.init(parameters))
        self.run, self.network, self.optimizer = run, network, optimizer
        self.record_every = every
        on_record = None if callback is None else lambda run: callback(self)
        if compile and chosen == "auto":
            descend(self.cost(X.shape[0]), run, optimizer, iterations, X, Y,
                    record_every=every, progress=progress, callback=on_record)  # fmt: skip
        else:
            minimize(self.cost_and_gradients(X, Y, chosen), run, optimizer, iterations,
                     record_every=every, progress=progress, callback=on_record)  # fmt: skip
        return self

    def initialize(self, n_x: int, dtype: Any = np.float64) -> Parameters:
        """Return the parameters that training starts from, for inputs of n_x rows."""
        return self.build(n_x).initialize(np.random.RandomState(self._seed()), dtype)

    def current_parameters(self, X: Array) -> Parameters:
        """Return the learned parameters, or those that training on X would start from."""
        return self.initialize(X.shape[0], X.dtype) if self.run is None else self.parameters

    def checked(self, X: Any, Y: Any) -> tuple[Array, Array]:
        """Return X (n_x, m) and Y (1, m) as arrays of the working dtype; DataError otherwise."""
        X = validation.inputs(X, dtype=self.working_dtype)
        return X, validation.labels(Y, X.shape[1], X.dtype)

    def cost_and_gradients(
        self, X: Array, Y: Array, gradients: GradientSource = "auto"
    ) -> CostAndGradients:
        """Return the function that `fit` descends: parameters -> cost on X, Y and its gradients.

        X and Y are arrays that `fit` would take, of one dtype.
        """
        if gradients == "by_hand":
            return lambda parameters: self.cost_and_gradients_by_hand(parameters, X, Y)
        cost = self.cost(X.shape[0])
        both: CostAndGradients = ag.value_and_grad(lambda parameters: cost(parameters, X, Y))
        return both

    def cost(self, n_x: int) -> Cost:
        """Return the cost as a function of parameters, X (n_x, m) and Y (1, m)."""
        forward = self.build(n_x).apply

        def cost(parameters: Parameters, X: Array, Y: Array) -> Any:
            return losses.binary_cross_entropy_from_logits(forward(parameters, X), Y)

        return cost

    def _seed(self) -> int:
        return 0

    def _dtype(self) -> Any:
        if self.dtype is None:
            return None
        try:
            dtype = np.dtype(self.dtype)
        except TypeError:
            dtype = np.dtype(object)
        if dtype not in (np.float32, np.float64):
            raise SettingError(f"dtype is float32 or float64, not {self.dtype!r}.")
        return dtype

    def _optimizer(
        self, optimizer: Optimizer | str | None, learning_rate: float | None, resume: bool
    ) -> Optimizer:
        if isinstance(optimizer, Optimizer):
            if learning_rate is not None:
                raise SettingError(f"{optimizer!r} has its learning rate already; give it once.")
            return optimizer
        if resume and optimizer is None and self.optimizer is not None:
            if learning_rate is None:
                return self.optimizer
            settings = {**self.optimizer.settings, "learning_rate": learning_rate}
            return optimizer_named(self.optimizer.name, **settings)
        alpha = self.course.learning_rate if learning_rate is None else learning_rate
        return optimizer_named(optimizer or "sgd", learning_rate=alpha)

    # Use

    def predict_proba(self, X: Any) -> Array:
        """Return A = P(Y = 1) for each column of X (n_x, m), as (1, m)."""
        X = validation.inputs(X, self.n_x, self.working_dtype)
        assert self.network is not None
        A: Array = ag.sigmoid(self.network.apply(self.parameters, X))
        return A

    def predict(self, X: Any) -> Array:
        """Return 1.0 if A > 0.5, else 0.0, for each column of X (n_x, m), as (1, m)."""
        return np.where(self.predict_proba(X) > 0.5, 1.0, 0.0)

    def score(self, X: Any, Y: Any) -> float:
        """Return the share of the columns of X that are labelled as in Y, from 0 to 1."""
        predictions = self.predict(X)
        return float(np.mean(predictions == validation.labels(Y, predictions.shape[1])))

    def graph(
        self, X: Any, Y: Any, parameters: Parameters | None = None, *, of_inputs: bool = False
    ) -> dict[str, ag.Tensor]:
        """Return every Tensor of the forward pass under the course's names.

        Parameters
        ----------
        X, Y : array_like
            As for `fit`.
        parameters : dict, optional
            By default those learned, or those that training starts from.
        of_inputs : bool
            True if X gets a gradient, too.

        Returns
        -------
        dict of str to Tensor
            "X", "Y", the parameters, "Z1", "A1", ..., and the cost "J", from which `backward` or
            `ag.draw` can start.
        """
        X, Y = self.checked(X, Y)
        parameters = self.current_parameters(X) if parameters is None else parameters
        named = {name: ag.Tensor(p, True, name=name) for name, p in parameters.items()}
        found = {"X": ag.Tensor(X, of_inputs, name="X"), "Y": ag.Tensor(Y, name="Y"), **named}
        found.update(self.build(X.shape[0]).trace(named, found["X"]))
        Z = next(reversed(found.values()))
        name = f"A{len(self.dims(X.shape[0])) - 1}"
        A = found[name] = ag.sigmoid(Z)
        A.name = name
        J = found["J"] = losses.binary_cross_entropy(A, found["Y"])
        J.name = "J"
        return found

    # Settings, as scikit-learn has them

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings."""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **settings: Any) -> Self:
        """Change settings for the next `fit`; SettingError if one is unknown."""
        for name, value in settings.items():
            if name not in self.get_params():
                known = ", ".join(self.get_params())
                raise SettingError(f"{type(self).__name__} has no setting {name!r}, only {known}.")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        signature = inspect.signature(type(self).__init__).parameters
        settings = self.get_params().items()
        changed = [f"{k}={v!r}" for k, v in settings if repr(v) != repr(signature[k].default)]
        return f"{type(self).__name__}({', '.join(changed)})"
