"""A classifier of ten classes, 784-256-128-10, batch 128, momentum, float32: one step."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .. import engines, peers
from ..measure import HAND, Contender, Effort, Row, Running, compare
from ..problem import Parameters, Problem, softmax_cost

STEP = "784-256-128-10 softmax, batch 128, momentum, float32"
TORCH_ROWS = "PyTorch eager, rows"
PRODUCTS = "NumPy, the eight products alone"
LAYERS = (784, 256, 128, 10)


def problem() -> Problem:
    """Return random pictures and labels; the computation does not depend on their values."""
    rng = np.random.RandomState(1)
    parameters: Parameters = {}
    for l, (n_in, n_out) in enumerate(pairwise(LAYERS), start=1):
        parameters[f"W{l}"] = (rng.randn(n_out, n_in) * np.sqrt(2 / n_in)).astype(np.float32)
        parameters[f"b{l}"] = np.zeros((n_out, 1), np.float32)
    X = rng.uniform(size=(LAYERS[0], 128)).astype(np.float32)
    Y = np.eye(10, dtype=np.float32)[:, rng.randint(10, size=128)]
    return Problem(softmax_cost, parameters, X, np.ascontiguousarray(Y), rate=0.01, beta=0.9)


def hand(problem: Problem) -> Running:
    """Step line by line, as one would write it by hand."""
    X, Y, rate, beta = problem.X, problem.Y, problem.rate, problem.beta
    m = X.shape[1]
    state = engines.State(problem.start(), problem.rest())

    def step() -> None:
        p, v = state.p, state.v
        W1, b1, W2, b2, W3, b3 = p.values()
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2
        A2 = np.maximum(0, Z2)
        Z3 = W3 @ A2 + b3
        Z3 = Z3 - np.max(Z3, axis=0, keepdims=True)
        e = np.exp(Z3)
        total = np.sum(e, axis=0, keepdims=True)
        state.J = -np.sum(Y * (Z3 - np.log(total))) / m
        dZ3 = (e / total - Y) / m
        dZ2 = np.where(Z2 <= 0, 0, W3.T @ dZ3)
        dZ1 = np.where(Z1 <= 0, 0, W2.T @ dZ2)
        grads = {
            "W1": dZ1 @ X.T,
            "b1": np.sum(dZ1, axis=1, keepdims=True),
            "W2": dZ2 @ A1.T,
            "b2": np.sum(dZ2, axis=1, keepdims=True),
            "W3": dZ3 @ A2.T,
            "b3": np.sum(dZ3, axis=1, keepdims=True),
        }
        state.v = {name: beta * v[name] + g for name, g in grads.items()}
        state.p = {name: p[name] - rate * dv for name, dv in state.v.items()}

    return Running(step, state.read)


def torch_rows(problem: Problem) -> Running:
    """Step in PyTorch's own style: examples are rows, F.linear, F.cross_entropy of classes."""
    torch, F = peers.torch(), peers.load("torch.nn.functional")
    X = torch.from_numpy(np.ascontiguousarray(problem.X.T))
    labels = torch.from_numpy(problem.Y.argmax(axis=0))
    rate, beta = problem.rate, problem.beta
    named = problem.start().items()
    p = {k: torch.from_numpy(a if k[0] == "W" else a[:, 0]).requires_grad_() for k, a in named}
    v = {name: torch.zeros_like(t) for name, t in p.items()}
    state = engines.State(p)

    def step() -> None:
        A1 = F.relu(F.linear(X, p["W1"], p["b1"]))
        A2 = F.relu(F.linear(A1, p["W2"], p["b2"]))
        J = F.cross_entropy(F.linear(A2, p["W3"], p["b3"]), labels)
        J.backward()
        state.J = J.detach()
        with torch.no_grad():
            for name, t in p.items():
                t.sub_(v[name].mul_(beta).add_(t.grad), alpha=rate)
                t.grad = None

    def number(t: Any) -> Any:
        a = t.detach().numpy().copy()
        return a[:, None] if a.ndim == 1 else a

    return Running(step, lambda: state.read(number))


def products(problem: Problem) -> Running:
    """Compute the BLAS products that no step can do without: 3 forward, 3 for dW, 2 for dA."""
    X = problem.X
    W1, W2, W3 = (problem.parameters[f"W{l}"] for l in (1, 2, 3))
    A1 = W1 @ X
    A2 = W2 @ A1
    Z3 = W3 @ A2

    def step() -> None:
        W1 @ X
        W2 @ A1
        W3 @ A2
        Z3 @ A2.T
        W3.T @ Z3
        A2 @ A1.T
        W2.T @ A2
        A1 @ X.T

    return Running(step)


def steps() -> list[Contender]:
    """Measure one step."""
    p = problem()
    return [
        Contender(HAND, partial(hand, p)),
        *engines.contenders(p, all_peers=False),
        Contender(TORCH_ROWS, partial(torch_rows, p), "torch"),
        Contender(PRODUCTS, partial(products, p)),
    ]


def run(effort: Effort) -> list[Row]:
    """Measure one step."""
    return compare(STEP, steps(), effort)
