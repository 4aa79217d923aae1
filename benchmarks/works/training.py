"""Training of the cat network: 2500 full-batch iterations, and costs equal to hand NumPy's."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

import nn
from nn import by_hand

from .. import engines, peers
from ..measure import HAND, Contender, Effort, Row, Running, compare
from ..problem import Array, Problem, cat_cost
from . import cat

FIT = "cat, 2500 full-batch iterations"
COSTS = "cat, 2500 iterations: largest difference of a cost from hand NumPy's, relative"
CLASSIFIER = "nn.LLayerClassifier.fit"
ITERATIONS = 2500
CHUNK = 100


def hand(problem: Problem, iterations: int = ITERATIONS) -> Running:
    """Run by_hand.L_layer_model's loop, 100 iterations at a call; after the last, start again."""
    X, Y, rate = problem.X, problem.Y, problem.rate
    state = engines.State(problem.start())
    costs: list[float] = []

    def step() -> None:
        if len(costs) == iterations // CHUNK:
            costs.clear()
            state.p = problem.start()
        for i in range(CHUNK):
            AL, caches = by_hand.L_model_forward(X, state.p)
            if i == 0:
                costs.append(float(by_hand.compute_cost(AL, Y)))
            grads = by_hand.L_model_backward(AL, Y, caches)
            state.p = by_hand.update_parameters(state.p, grads, rate)

    return Running(step, lambda: {"costs": np.array(costs)}, count=CHUNK)


def classifier(problem: Problem, iterations: int = ITERATIONS) -> Running:
    """Run the whole of `fit`, from the first random parameters to the last."""
    model = nn.LLayerClassifier()

    def step() -> None:
        model.fit(
            problem.X, problem.Y, iterations=iterations, learning_rate=problem.rate, progress=False
        )

    return Running(step, lambda: {"costs": np.array(model.costs)}, count=iterations)


def torch(problem: Problem) -> Running:
    """Run PyTorch eager, 100 iterations at a call."""
    torch = peers.torch()
    xp, rate = engines.torch_names(torch), problem.rate
    X, Y = torch.from_numpy(np.array(problem.X)), torch.from_numpy(np.array(problem.Y))
    p = {name: torch.from_numpy(a).requires_grad_() for name, a in problem.start().items()}
    costs: list[float] = []

    def step() -> None:
        for i in range(CHUNK):
            J = cat_cost(xp, p, X, Y)
            J.backward()
            if i == 0:
                costs.append(J.item())
            with torch.no_grad():
                for t in p.values():
                    t.sub_(t.grad, alpha=rate)
                    t.grad = None

    return Running(step, lambda: {"costs": np.array(costs)}, count=CHUNK)


def contenders(iterations: int = ITERATIONS) -> list[Contender]:
    """Return hand NumPy and PyTorch (100 iterations a turn) and `fit` (all iterations)."""
    p = cat.problem()
    return [
        Contender(HAND, partial(hand, p, iterations)),
        Contender(CLASSIFIER, partial(classifier, p, iterations)),
        Contender(engines.TORCH, partial(torch, p), "torch"),
    ]


def difference(costs: Array, expected: Array) -> float:
    """Return the largest relative difference."""
    return float(np.max(np.abs(costs - expected) / np.abs(expected)))


def compare_costs(problem: Problem, iterations: int = ITERATIONS) -> float:
    """Train once by hand and once by `fit`, and compare every cost that both record."""
    by_hands, by_fit = hand(problem, iterations), classifier(problem, iterations)
    for _ in range(iterations // CHUNK):
        by_hands.step()
    by_fit.step()
    return difference(by_fit.read()["costs"], by_hands.read()["costs"])


def run(effort: Effort) -> list[Row]:
    """Measure the seconds of 2500 iterations (some extrapolated from 100), and the costs."""
    rows = [
        row if row.contender == CLASSIFIER else replace(row, note=f"{CHUNK} iterations, x 25")
        for row in compare(FIT, contenders(), effort, scale=ITERATIONS)
    ]
    # The full run by hand takes as long as all other works together.
    iterations = ITERATIONS if effort.seconds >= 1 else 500
    value = compare_costs(cat.problem(), iterations)
    note = "" if iterations == ITERATIONS else f"of the first {iterations}"
    return [*rows, Row(COSTS, CLASSIFIER, value, unit="", note=note)]
