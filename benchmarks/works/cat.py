"""The cat network 12288-20-7-5-1 on 209 pictures: one full-batch step, float64 and float32."""

from __future__ import annotations

import functools
import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nn import by_hand

from .. import engines
from ..measure import HAND, Contender, Effort, Row, Running, compare
from ..problem import Array, Problem, cat_cost

LAYERS = (12288, 20, 7, 5, 1)
RATE = 0.0075
WITHOUT_DX = "hand NumPy, without dA0"
PRODUCTS = "NumPy, W1 @ X and dZ1 @ X.T alone"
TORCH_PRODUCTS = "PyTorch, the same two products alone"


def step_name(dtype: Any) -> str:
    """Return the work's name."""
    return f"cat 12288-20-7-5-1, one step, {np.dtype(dtype).name}"


@functools.cache
def data() -> tuple[Array, Array, str]:
    """Return X (12288, 209), Y (1, 209) and their source: the course's cats, or random numbers.

    The environment variable CAT_DATA names the folder; by default `../shared/data` beside the
    checkout.
    """
    usual = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("CAT_DATA", usual))
    if folder.is_dir():
        from nn.data import load_cat

        found = load_cat(folder)
        return found.X_train, found.Y_train, "the course's 209 cat pictures"
    rng = np.random.RandomState(1)
    # Stored picture by picture, as the course's own code leaves them.
    X = rng.uniform(size=(209, LAYERS[0])).T
    Y = (rng.uniform(size=(1, 209)) < 0.34).astype(float)
    return X, Y, "random numbers in the shapes of the cat pictures, which were not found"


def problem(dtype: Any = np.float64, n_x: int = LAYERS[0]) -> Problem:
    """Return the course's settings on its data, in one dtype; n_x < 12288 makes it smaller."""
    X, Y, _ = data()
    layers = (n_x, *LAYERS[1:])
    p = by_hand.initialize_parameters_deep(layers, seed=1, scale="scaled", dtype=dtype)
    return Problem(cat_cost, p, X[:n_x].astype(dtype, copy=False), Y.astype(dtype), RATE)


def hand(problem: Problem) -> Running:
    """Step with the course's functions as in nn.by_hand; they compute dA0 too."""
    X, Y, rate = problem.X, problem.Y, problem.rate
    state = engines.State(problem.start())

    def step() -> None:
        AL, caches = by_hand.L_model_forward(X, state.p)
        state.J = by_hand.compute_cost(AL, Y)
        grads = by_hand.L_model_backward(AL, Y, caches)
        state.p = by_hand.update_parameters(state.p, grads, rate)

    return Running(step, state.read)


def without_dX(problem: Problem) -> Running:
    """Step with the same lines, without the gradient of the pictures, which nobody needs."""
    X, Y, rate = problem.X, problem.Y, problem.rate
    m = X.shape[1]
    state = engines.State(problem.start())

    def step() -> None:
        W1, b1, W2, b2, W3, b3, W4, b4 = state.p.values()
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2
        A2 = np.maximum(0, Z2)
        Z3 = W3 @ A2 + b3
        A3 = np.maximum(0, Z3)
        A4 = 1 / (1 + np.exp(-(W4 @ A3 + b4)))
        state.J = -1 / m * np.sum(Y * np.log(A4) + (1 - Y) * np.log(1 - A4))
        dZ4 = A4 - Y
        dZ3 = np.where(Z3 <= 0, 0, W4.T @ dZ4)
        dZ2 = np.where(Z2 <= 0, 0, W3.T @ dZ3)
        dZ1 = np.where(Z1 <= 0, 0, W2.T @ dZ2)
        new = {}
        for l, (dZ, A) in enumerate([(dZ1, X), (dZ2, A1), (dZ3, A2), (dZ4, A3)], start=1):
            dW = 1 / m * (dZ @ A.T)
            db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
            new[f"W{l}"] = state.p[f"W{l}"] - rate * dW
            new[f"b{l}"] = state.p[f"b{l}"] - rate * db
        state.p = new

    return Running(step, state.read)


def products(problem: Problem) -> Running:
    """Compute what no step can do without: the two large BLAS products."""
    W1, X = problem.parameters["W1"], problem.X
    dZ1 = W1 @ X

    def step() -> None:
        W1 @ X
        dZ1 @ X.T

    return Running(step)


def torch_products(problem: Problem) -> Running:
    """Compute the same two products with PyTorch's BLAS."""
    from .. import peers

    torch = peers.torch()
    W1, X = torch.from_numpy(problem.parameters["W1"]), torch.from_numpy(np.array(problem.X))
    dZ1 = W1 @ X

    def step() -> None:
        W1 @ X
        dZ1 @ X.T

    return Running(step)


def steps(dtype: Any) -> list[Contender]:
    """Measure one step."""
    p = problem(dtype)
    return [
        Contender(HAND, partial(hand, p)),
        Contender(WITHOUT_DX, partial(without_dX, p)),
        *engines.contenders(p, all_peers=np.dtype(dtype) == np.float64),
        Contender(PRODUCTS, partial(products, p)),
        Contender(TORCH_PRODUCTS, partial(torch_products, p), "torch"),
    ]


def run(effort: Effort) -> list[Row]:
    """Measure both dtypes."""
    return [
        row
        for dtype in (np.float64, np.float32)
        for row in compare(step_name(dtype), steps(dtype), effort)
    ]
