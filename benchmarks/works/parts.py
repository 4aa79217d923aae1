"""The parts of an eager step: the planar step taken apart, and one call recorded and swept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag

from .. import engines
from ..measure import HAND, Contender, Effort, Row, Running, compare
from ..problem import planar_cost
from . import planar
from .chain import LENGTH, POINT, chain

PLANAR = "the planar step in parts"
CALL = "one product of scalars, in a chain of 1000"
ARRAY = "one tanh of 400 elements, in a chain of 100"


def only(step: Callable[[], object], count: int = 1) -> Running:
    """Return a contender that is timed only; its results are not read."""
    return Running(step, count=count)


def hand_forward() -> Running:
    """Run the forward lines of the control."""
    p = planar.problem()
    X, Y, m = p.X, p.Y, p.X.shape[1]
    W1, b1, W2, b2 = p.parameters.values()

    def step() -> None:
        A1 = np.tanh(W1 @ X + b1)
        A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
        -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))

    return only(step)


def hand_backward() -> Running:
    """Run the backward lines of the control."""
    p = planar.problem()
    X, Y, m = p.X, p.Y, p.X.shape[1]
    W1, b1, W2, b2 = p.parameters.values()
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))

    def step() -> None:
        dZ2 = A2 - Y
        1 / m * (dZ2 @ A1.T)
        1 / m * np.sum(dZ2, axis=1, keepdims=True)
        dZ1 = (W2.T @ dZ2) * (1 - A1**2)
        1 / m * (dZ1 @ X.T)
        1 / m * np.sum(dZ1, axis=1, keepdims=True)

    return only(step)


def forward(requires_grad: bool | None) -> Running:
    """Compute the cost on plain arrays (None), on Tensors, or on Tensors that are recorded."""
    p = planar.problem()
    X, Y = p.X, p.Y
    named: dict[str, Any] = dict(p.start())
    if requires_grad is not None:
        named = {name: ag.Tensor(a, requires_grad=requires_grad) for name, a in named.items()}
    return only(lambda: planar_cost(engines.OURS, named, X, Y))


def backward() -> Running:
    """Run the sweep alone, repeatedly through one graph."""
    p = planar.problem()
    named = {name: ag.Tensor(a, requires_grad=True) for name, a in p.start().items()}
    J = planar_cost(engines.OURS, named, p.X, p.Y)

    def step() -> None:
        J.backward(retain_graph=True)
        for t in named.values():
            t.grad = None

    return only(step)


def update() -> Running:
    """Run the update of the eager step."""
    named = {name: ag.Tensor(a, requires_grad=True) for name, a in planar.problem().start().items()}
    grads = {name: np.zeros_like(t.data) for name, t in named.items()}

    def step() -> None:
        for name, t in named.items():
            t.data -= 1.2 * grads[name]

    return only(step)


def planar_parts() -> list[Contender]:
    """Measure the whole step first, then its parts."""
    p = planar.problem()
    return [
        Contender(HAND, partial(planar.hand, p)),
        Contender("hand: forward and cost", hand_forward),
        Contender("hand: backward", hand_backward),
        Contender(engines.EAGER, partial(engines.eager, p)),
        Contender("eager: cost on plain arrays", partial(forward, None)),
        Contender("eager: cost, recorded", partial(forward, True)),
        Contender("eager: sweep", backward),
        Contender("eager: update", update),
    ]


def times(x: Any, n: int, f: Callable[[Any], Any]) -> Any:
    """Return f(f(... f(x)))."""
    for _ in range(n):
        x = f(x)
    return x


def repeated_sweep(y: ag.Tensor, x: ag.Tensor, n: int) -> Running:
    """Run the sweep alone."""
    one = np.ones_like(x.data)

    def step() -> None:
        y.backward(one, retain_graph=True)
        x.grad = None

    return only(step, n)


def scalar_sweep() -> Running:
    """Run the sweep through the chain."""
    x = ag.Tensor(POINT, requires_grad=True)
    return repeated_sweep(chain(x), x, LENGTH)


def tanh_sweep() -> Running:
    """Run the sweep through tanh of tanh of ..."""
    x = ag.Tensor(np.linspace(-1, 1, 400), requires_grad=True)
    return repeated_sweep(times(x, 100, np.tanh), x, 100)


def calls() -> list[Contender]:
    """Measure a product of two NumPy scalars."""
    number, tensor = np.float64(POINT), ag.Tensor(POINT, requires_grad=True)
    return [
        Contender(HAND, lambda: only(lambda: chain(number), LENGTH)),
        Contender("record", lambda: only(lambda: chain(tensor), LENGTH)),
        Contender("sweep", scalar_sweep),
    ]


def array_calls() -> list[Contender]:
    """Measure a tanh."""
    a = np.linspace(-1, 1, 400)
    tensor = ag.Tensor(a, requires_grad=True)
    return [
        Contender(HAND, lambda: only(lambda: times(a, 100, np.tanh), 100)),
        Contender("record", lambda: only(lambda: times(tensor, 100, np.tanh), 100)),
        Contender("sweep", tanh_sweep),
    ]


def run(effort: Effort) -> list[Row]:
    """Measure in seconds."""
    return [
        *compare(PLANAR, planar_parts(), effort),
        *compare(CALL, calls(), effort),
        *compare(ARRAY, array_calls(), effort),
    ]
