"""The planar network 2-4-1, m = 400: one step, and 10,000 through ag.iterate."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np

from nn import losses
from nn.by_hand import planar

from .. import engines
from ..measure import HAND, Contender, Effort, Row, Running, compare
from ..problem import Names, Parameters, Problem, planar_cost

STEP = "planar 2-4-1, m=400, one step"
LOOP = "planar, 10,000 iterations, per step"
FUNCTIONS = "hand NumPy, nn.by_hand's functions"
EVERY_COST = "hand NumPy, cost at every step"
FORI = "JAX fori_loop"
OWN_LOSS = "eager, the loss of nn"


def problem() -> Problem:
    """Return the course's flower, first parameters and learning rate."""
    X, Y = planar.load_planar_dataset()
    return Problem(planar_cost, planar.initialize_parameters(2, 4, 1), X, Y.astype(float), rate=1.2)


def cost_of_logits(xp: Names, p: Any, X: Any, Y: Any) -> Any:
    """Compute the cost as nn's classifiers do: one call, with its own rule."""
    A1 = xp.tanh(p["W1"] @ X + p["b1"])
    return losses.binary_cross_entropy_from_logits(p["W2"] @ A1 + p["b2"], Y)


def hand(problem: Problem, n: int = 1, every: int = 1) -> Running:
    """Step with the lines of nn.by_hand.planar in one loop, without calls and dicts between them.

    A call takes n steps and returns the cost at regular intervals; with n > 1 it always starts
    from the first parameters.
    """
    X, Y, rate = problem.X, problem.Y, problem.rate
    m = X.shape[1]
    state = engines.State(problem.start())

    def step() -> None:
        p = state.p if n == 1 else problem.parameters
        W1, b1, W2, b2 = p["W1"], p["b1"], p["W2"], p["b2"]
        for i in range(n):
            Z1 = W1 @ X + b1
            A1 = np.tanh(Z1)
            Z2 = W2 @ A1 + b2
            A2 = 1 / (1 + np.exp(-Z2))
            if i % every == 0:
                state.J = -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
            dZ2 = A2 - Y
            dW2 = 1 / m * (dZ2 @ A1.T)
            db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
            dZ1 = (W2.T @ dZ2) * (1 - A1**2)
            dW1 = 1 / m * (dZ1 @ X.T)
            db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
            W1 = W1 - rate * dW1
            b1 = b1 - rate * db1
            W2 = W2 - rate * dW2
            b2 = b2 - rate * db2
        state.p = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}

    return Running(step, state.read, count=n)


def by_hand(problem: Problem) -> Running:
    """Step with the course's functions as in nn.by_hand."""
    X, Y, rate = problem.X, problem.Y, problem.rate
    state = engines.State(problem.start())

    def step() -> None:
        p: Parameters = state.p
        A2, cache = planar.forward_propagation(X, p)
        state.J = planar.compute_cost(A2, Y)
        grads = planar.backward_propagation(p, cache, X, Y)
        state.p = planar.update_parameters(p, grads, rate)

    return Running(step, state.read)


def steps() -> list[Contender]:
    """Measure one step."""
    p = problem()
    return [
        Contender(HAND, partial(hand, p)),
        Contender(FUNCTIONS, partial(by_hand, p)),
        Contender(OWN_LOSS, partial(engines.eager, dataclasses.replace(p, cost=cost_of_logits))),
        *engines.contenders(p),
    ]


def loops(n: int = 10_000) -> list[Contender]:
    """Measure n steps; only every 100th returns the cost."""
    p = problem()
    return [
        Contender(HAND, partial(hand, p, n, 100)),
        Contender(EVERY_COST, partial(hand, p, n, 1)),
        Contender(engines.ITERATE, partial(engines.iterated, p, n)),
        Contender(FORI, partial(engines.jax_loop, p, n), "jax"),
    ]


def run(effort: Effort) -> list[Row]:
    """Measure both works."""
    return compare(STEP, steps(), effort) + compare(LOOP, loops(), effort)
