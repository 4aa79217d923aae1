"""A chain of 1000 products of scalars, forward and backward: an engine's cost per call."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import autograd_lite as ag

from .. import engines, peers
from ..measure import HAND, Contender, Effort, Row, Running, compare
from . import planar

CHAIN = "chain of 1000 scalar products, per op"
LENGTH = 1000
POINT = 1.0001


@contextlib.contextmanager
def recursion(limit: int) -> Iterator[None]:
    """Raise Python's recursion limit for a while."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, before))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def chain(x: Any, length: int = LENGTH) -> Any:
    """Compute x * x * ... * x; both factors of each product are differentiable."""
    y = x
    for _ in range(length):
        y = y * x
    return y


def exact(length: int = LENGTH) -> float:
    """Return its derivative at POINT."""
    return (length + 1) * math.pow(POINT, length)


def ours(length: int = LENGTH) -> Running:
    """Run it on Tensors, with backward."""
    x = ag.Tensor(POINT, requires_grad=True)

    def step() -> None:
        x.grad = None
        chain(x, length).backward()

    return Running(step, lambda: {"derivative": x.grad}, count=length)


def torch(length: int = LENGTH) -> Running:
    """Run it in PyTorch."""
    torch = peers.torch()
    x = torch.tensor(POINT, dtype=torch.float64, requires_grad=True)

    def step() -> None:
        x.grad = None
        chain(x, length).backward()

    return Running(step, lambda: {"derivative": x.grad.numpy()}, count=length)


def autograd(length: int = LENGTH) -> Running:
    """Run it in HIPS autograd."""
    derivative = peers.load("autograd").grad(lambda x: chain(x, length))
    found: list[Any] = [None]

    def step() -> None:
        found[0] = derivative(POINT)

    return Running(step, lambda: {"derivative": found[0]}, count=length)


def mygrad(length: int = LENGTH) -> Running:
    """Run it in MyGrad."""
    x = peers.load("mygrad").tensor(POINT)

    def step() -> None:
        x.null_grad()
        chain(x, length).backward()

    return Running(step, lambda: {"derivative": x.grad}, count=length)


def micrograd(length: int = LENGTH) -> Running:
    """Run it in micrograd, which sorts the graph recursively and needs a higher limit."""
    value = peers.load("micrograd.engine").Value
    x: list[Any] = [None]

    def step() -> None:
        x[0] = value(POINT)
        with recursion(20 * length):
            chain(x[0], length).backward()

    return Running(step, lambda: {"derivative": x[0].grad}, count=length)


def contenders(length: int = LENGTH) -> list[Contender]:
    """Return the contenders; the control is the hand-written planar step."""
    return [
        Contender(HAND, partial(planar.hand, planar.problem())),
        Contender(engines.EAGER, partial(ours, length)),
        Contender(engines.TORCH, partial(torch, length), "torch"),
        Contender("autograd", partial(autograd, length), "autograd"),
        Contender("MyGrad", partial(mygrad, length), "mygrad"),
        Contender("micrograd", partial(micrograd, length), "micrograd"),
    ]


def run(effort: Effort) -> list[Row]:
    """Measure the time per operation; the ratio is to hand NumPy's planar step."""
    return compare(CHAIN, contenders(), effort)
