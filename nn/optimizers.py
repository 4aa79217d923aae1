"""Optimizers: each is `init` and `update`, two pure functions, and a description that can be saved.

    state = optimizer.init(parameters)
    steps, state = optimizer.update(grads, state, parameters)
    parameters = {name: p + steps[name] for name, p in parameters.items()}

parameters, grads and steps are dicts of arrays under the same names; a state is a dict of such
dicts and of numbers. No argument is written to. A gradient whose shape is not that of its
parameter raises GradientError, since NumPy would let the parameter grow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from .by_hand.notation import Gradients, Parameters
from .errors import GradientError, SettingError

State: TypeAlias = dict[str, Any]
Init: TypeAlias = Callable[[Parameters], State]
Update: TypeAlias = Callable[[Gradients, State, Parameters], tuple[Parameters, State]]
OptimizerName: TypeAlias = Literal["sgd", "momentum", "nesterov", "rmsprop", "adam"]


@dataclass(frozen=True)
class Optimizer:
    """Two pure functions, with the name and settings to make the same optimizer again.

    Attributes
    ----------
    name : str
        The key in `OPTIMIZERS`.
    settings : dict
        The arguments it was made with.
    init : callable
        ``init(parameters)`` returns the first state.
    update : callable
        ``update(grads, state, parameters)`` returns the steps to add, and the next state.
    """

    name: str
    settings: dict[str, Any]
    init: Init
    update: Update

    @property
    def learning_rate(self) -> float:
        """The length of a step in units of the gradient."""
        return float(self.settings["learning_rate"])

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self.settings.items())})"


def sgd(learning_rate: float) -> Optimizer:
    """Return gradient descent, the course's optimizer: theta := theta - alpha dtheta.

    Parameters
    ----------
    learning_rate : float
        alpha, greater than 0.

    Returns
    -------
    Optimizer

    Raises
    ------
    SettingError
        If the learning rate is out of range.

    Examples
    --------
    >>> optimizer = sgd(0.5)
    >>> optimizer.update({"W1": np.array([4.0])}, {}, {"W1": np.array([1.0])})
    ({'W1': array([-2.])}, {})
    """
    alpha = _positive("learning_rate", learning_rate)

    def update(grads: Gradients, state: State) -> tuple[Parameters, State]:
        return {name: -alpha * g for name, g in grads.items()}, state

    return _optimizer("sgd", {"learning_rate": alpha}, (), update)


def momentum(learning_rate: float, beta: float = 0.9) -> Optimizer:
    """Return a heavy ball: v := beta v + dtheta, theta := theta - alpha v.

    Parameters
    ----------
    learning_rate : float
        alpha, greater than 0.
    beta : float
        The fraction of the velocity that is kept, at least 0 and less than 1.

    Returns
    -------
    Optimizer

    References
    ----------
    B. Polyak, 1964, "Some methods of speeding up the convergence of iteration methods".
    """
    return _with_velocity("momentum", learning_rate, beta, lambda g, v, beta: v)


def nesterov(learning_rate: float, beta: float = 0.9) -> Optimizer:
    """Return Nesterov's momentum: v := beta v + dtheta, theta := theta - alpha (dtheta + beta v).

    Parameters
    ----------
    learning_rate, beta : float
        As for `momentum`.

    Returns
    -------
    Optimizer

    References
    ----------
    Y. Bengio et al., 2012, "Advances in optimizing recurrent networks", equation 7, after
    Y. Nesterov, 1983.
    """
    return _with_velocity("nesterov", learning_rate, beta, lambda g, v, beta: g + beta * v)


def _with_velocity(
    name: str, learning_rate: float, beta: float, direction: Callable[[Any, Any, float], Any]
) -> Optimizer:
    """Return an optimizer with v := beta v + dtheta that steps by -alpha direction(dtheta, v)."""
    alpha, beta = _positive("learning_rate", learning_rate), _fraction("beta", beta)

    def update(grads: Gradients, state: State) -> tuple[Parameters, State]:
        v = {key: beta * state["v"][key] + g for key, g in grads.items()}
        return {key: -alpha * direction(g, v[key], beta) for key, g in grads.items()}, {"v": v}

    return _optimizer(name, {"learning_rate": alpha, "beta": beta}, "v", update)


def rmsprop(learning_rate: float, beta: float = 0.9, epsilon: float = 1e-8) -> Optimizer:
    """Return RMSProp.

    s := beta s + (1 - beta) dtheta^2, theta := theta - alpha dtheta / (sqrt(s) + epsilon).

    Parameters
    ----------
    learning_rate : float
        alpha, greater than 0.
    beta : float
        The fraction of the mean square that is kept, at least 0 and less than 1.
    epsilon : float
        Greater than 0; keeps the division finite.

    Returns
    -------
    Optimizer

    References
    ----------
    G. Hinton, 2012, "Neural networks for machine learning", lecture 6e.
    """
    alpha, beta = _positive("learning_rate", learning_rate), _fraction("beta", beta)
    epsilon = _positive("epsilon", epsilon)

    def update(grads: Gradients, state: State) -> tuple[Parameters, State]:
        s = {name: beta * state["s"][name] + (1 - beta) * g * g for name, g in grads.items()}
        steps = {name: -alpha * g / (np.sqrt(s[name]) + epsilon) for name, g in grads.items()}
        return steps, {"s": s}

    settings = {"learning_rate": alpha, "beta": beta, "epsilon": epsilon}
    return _optimizer("rmsprop", settings, "s", update)


def adam(
    learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer:
    """Return Adam: momentum and RMSProp, both corrected for their start at zero.

    Parameters
    ----------
    learning_rate : float
        alpha, greater than 0.
    beta1, beta2 : float
        The fractions of the mean gradient and the mean square that are kept, in [0, 1).
    epsilon : float
        Greater than 0; keeps the division finite.

    Returns
    -------
    Optimizer

    References
    ----------
    D. Kingma and J. Ba, 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """
    alpha, epsilon = _positive("learning_rate", learning_rate), _positive("epsilon", epsilon)
    beta1, beta2 = _fraction("beta1", beta1), _fraction("beta2", beta2)

    def update(grads: Gradients, state: State) -> tuple[Parameters, State]:
        # t stays a Python number: an array of float64 would turn float32 into float64.
        t = state["t"] + 1
        m = {name: beta1 * state["m"][name] + (1 - beta1) * g for name, g in grads.items()}
        v = {name: beta2 * state["v"][name] + (1 - beta2) * g * g for name, g in grads.items()}
        # mhat = m / (1 - beta1^t),  vhat = v / (1 - beta2^t)
        rate, scale = alpha / (1 - beta1**t), 1 / (1 - beta2**t)
        steps = {name: -rate * m[name] / (np.sqrt(scale * v[name]) + epsilon) for name in grads}
        return steps, {"m": m, "v": v, "t": t}

    settings = {"learning_rate": alpha, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    optimizer = _optimizer("adam", settings, "mv", update)
    return replace(optimizer, init=lambda parameters: {**optimizer.init(parameters), "t": 0})


def weight_decay(optimizer: Optimizer, rate: float) -> Optimizer:
    """Return `optimizer`, which also pulls weights (not biases) to zero: W := W - alpha rate W.

    With sgd this is L2 regularization, rate/2 |W|^2 added to the cost; with adam it is AdamW.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer that takes the other part of each step.
    rate : float
        Greater than 0.

    Returns
    -------
    Optimizer

    References
    ----------
    I. Loshchilov and F. Hutter, 2019, "Decoupled weight decay regularization".
    """
    rate = _positive("rate", rate)
    pull = -optimizer.learning_rate * rate

    def update(grads: Gradients, state: State, parameters: Parameters) -> tuple[Parameters, State]:
        steps, state = optimizer.update(grads, state, parameters)
        decayed = {
            name: step if name.startswith("b") else step + pull * parameters[name]
            for name, step in steps.items()
        }
        return decayed, state

    settings = {**optimizer.settings, "weight_decay": rate}
    return replace(optimizer, settings=settings, update=update)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
}


def optimizer_named(name: str, **settings: Any) -> Optimizer:
    """Return the optimizer of that name and settings.

    Parameters
    ----------
    name : str
        A key of `OPTIMIZERS`.
    **settings
        The arguments of the optimizer, and `weight_decay`.

    Returns
    -------
    Optimizer

    Raises
    ------
    SettingError
        If there is no such optimizer, or it has no such setting.

    Examples
    --------
    >>> optimizer_named("sgd", learning_rate=0.1, weight_decay=0.01)
    sgd(learning_rate=0.1, weight_decay=0.01)
    """
    if name not in OPTIMIZERS:
        raise SettingError(f"There is no optimizer {name!r}. Use one of {', '.join(OPTIMIZERS)}.")
    decay = settings.pop("weight_decay", 0)
    try:
        optimizer = OPTIMIZERS[name](**settings)
    except TypeError as error:
        raise SettingError(f"{name}: {error}.") from None
    return weight_decay(optimizer, decay) if decay else optimizer


def _optimizer(
    name: str,
    settings: dict[str, Any],
    slots: Any,
    update: Callable[[Gradients, State], tuple[Parameters, State]],
) -> Optimizer:
    """Return an optimizer whose state begins with zeros in each slot, and that checks shapes."""

    def init(parameters: Parameters) -> State:
        return {slot: {n: np.zeros_like(p) for n, p in parameters.items()} for slot in slots}

    def checked(grads: Gradients, state: State, parameters: Parameters) -> tuple[Parameters, State]:
        for key, g in grads.items():
            if g is None or _shape(g) != _shape(parameters[key]):
                raise _shape_error(key, g, _shape(parameters[key]))
        return update(grads, state)

    return Optimizer(name, settings, init, checked)


def _shape_error(name: str, g: Any, expected: tuple[int, ...]) -> GradientError:
    """Return the error for a gradient of another shape than its parameter, with a remedy.

    >>> print(_shape_error("b1", np.ones((4, 9)), (4, 1)))
    The gradient of b1 is (4, 9), b1 is (4, 1). Sum it over the examples: 1/m np.sum(dZ, axis=1,
    keepdims=True).
    """
    if g is None:
        return GradientError(
            f"There is no gradient of {name}: the cost does not depend on it, or backward was not "
            f"called. Use {name} in the forward pass, or do not train it."
        )
    given, column = _shape(g), len(expected) == 2 and expected[1] == 1
    if given == expected[::-1] and len(given) == 2:
        remedy = "It is transposed: use .T."
    elif given == expected[:1] and column:
        remedy = "Keep it a column: np.sum(dZ, axis=1, keepdims=True), or .reshape(-1, 1)."
    elif given == () and column:
        remedy = "It is summed over everything: 1/m np.sum(dZ, axis=1, keepdims=True)."
    elif given[:1] == expected[:1] and column:
        remedy = "Sum it over the examples: 1/m np.sum(dZ, axis=1, keepdims=True)."
    else:
        remedy = "A gradient has the shape of its parameter."
    return GradientError(f"The gradient of {name} is {given}, {name} is {expected}. {remedy}")


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise SettingError(f"{name} is a number, not {value!r}.")
    return float(value)


def _positive(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 < number < math.inf:
        raise SettingError(f"{name} is {value!r}; it must be greater than 0, and finite.")
    return number


def _fraction(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 <= number < 1:
        raise SettingError(f"{name} is {value!r}; it must be at least 0 and less than 1.")
    return number
