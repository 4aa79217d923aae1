"""Random functions of arrays, with gradients: compiled, they return what they return eagerly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings

import autograd_lite as ag
from autograd_lite.compile.passes import algebra, cancellation
from autograd_lite.compile.passes import cleanup as passes
from autograd_lite.compile.passes import pipeline as optimize
from autograd_lite.compile.tracing.arguments import Call
from autograd_lite.compile.tracing.trace import trace
from autograd_lite.rules.shaping import spread

# A random function need not depend on every parameter.
pytestmark = pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")

SHAPE = (3, 4)

UNARY: list[Callable[[Any], Any]] = [
    np.tanh,
    ag.sigmoid,
    lambda x: np.exp(0.1 * x),
    lambda x: np.log(x * x + 1),
    np.square,
    lambda x: x**2,
    lambda x: x**1 * 0.5,
    lambda x: -x,
    lambda x: np.negative(-x) * 1,
    lambda x: 2 * x * 3 / 4,
    lambda x: x / 3 + 0,
    lambda x: 3 / (x * x + 1),
    lambda x: 0 - x,
    lambda x: x * -1 + x,
    ag.relu,
    ag.leaky_relu,
    ag.softplus,
    ag.softmax,
    ag.log_softmax,
    ag.log_sigmoid,
    np.abs,
    lambda x: np.sqrt(x * x + 1),
    lambda x: x.T.T,
    lambda x: (2 * x.T).T,
    lambda x: x.reshape(4, 3).reshape(3, 4),
    lambda x: x.reshape(2, 6).T.reshape(3, 4),
    lambda x: x - np.sum(x, axis=0, keepdims=True),
    lambda x: x - x.mean(axis=1, keepdims=True),
    lambda x: x / (1 + np.sum(x * x)),
    lambda x: x - np.max(x, axis=0, keepdims=True),
    lambda x: np.clip(x, -1, 1),
    lambda x: np.where(x > 0, x, 0.1 * x),
    lambda x: np.concatenate([x[:, 2:], x[:, :2]], axis=1),
    lambda x: x[::-1] * 0.5,
    lambda x: np.cumsum(x, axis=1) / 4,
    lambda x: x[[2, 0, 0]],
    lambda x: np.stack([x[0], x[1], x[2]]),
    lambda x: x * ag.sigmoid(x),
    lambda x: np.log(ag.sigmoid(x)),
    lambda x: 0.3 * np.log(ag.sigmoid(x)) + 0.7 * np.log(1 - ag.sigmoid(x)),
    lambda x: x @ x.T @ x / 10,
    lambda x: np.dot(x, np.full((4, 4), 0.25)),
    lambda x: x / (np.abs(x) + 2) * (np.abs(x) + 2),
]
BINARY: list[Callable[[Any, Any], Any]] = [
    np.add,
    np.subtract,
    np.multiply,
    lambda x, y: x / (y * y + 1),
    np.maximum,
    np.minimum,
    lambda x, y: np.where(x > y, x, y),
    lambda x, y: x @ y.T @ x / 10,
    lambda x, y: ag.sigmoid(x) * y + (1 - ag.sigmoid(x)) * x,
    lambda x, y: y * np.log(ag.sigmoid(x)) + (1 - y) * np.log(1 - ag.sigmoid(x)),
    lambda x, y: (x - y) * (x - y),
    np.hypot,
]
ENDS: list[Callable[[Any], Any]] = [
    np.sum,
    np.mean,
    lambda x: -np.mean(x),
    lambda x: (x * x).sum(),
    lambda x: -1 / 4 * np.sum(x + x * x - 2 * x),
    lambda x: np.sum(np.sum(x, axis=1) ** 2),
    lambda x: np.max(x),
    lambda x: np.squeeze(np.sum(x, axis=(0, 1), keepdims=True)),
]
step_of_program = st.tuples(
    st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 20), st.integers(0, 20)
)
programs = st.lists(step_of_program, min_size=1, max_size=8)
ends = st.integers(0, len(ENDS) - 1)


def cost_of(steps: list[tuple[int, int, int]], end: int) -> Callable[..., Any]:
    """Return a cost of parameters and data, made from numbers that choose its operations."""

    def cost(p: dict[str, Any], X: Any, Y: Any) -> Any:
        values = [p["W"], p["W"] * X, X, p["b"] + X, Y, p["s"] * p["W"]]
        for op, i, j in steps:
            x, y = values[-1 - i % len(values)], values[-1 - j % len(values)]
            values.append(UNARY[op](x) if op < len(UNARY) else BINARY[op - len(UNARY)](x, y))
        return ENDS[end](values[-1])

    return cost


def training_step(cost: Callable[..., Any]) -> Callable[..., Any]:
    """Take one step of gradient descent on a cost."""

    def step(p: dict[str, Any], X: Any, Y: Any, rate: Any) -> Any:
        J, g = ag.value_and_grad(cost)(p, X, Y)
        return {k: p[k] - rate * g[k] for k in p}, J, g["W"]

    return step


def arguments(seed: int, dtype: Any = np.float64) -> tuple[Any, ...]:
    rng = np.random.RandomState(seed)
    p = {
        "W": rng.randn(*SHAPE).astype(dtype),
        "b": rng.randn(3, 1).astype(dtype),
        "s": np.array(rng.randn(), dtype),
    }
    Y = (rng.rand(*SHAPE) > 0.5).astype(dtype)
    given = (p, rng.randn(*SHAPE).astype(dtype), Y, 0.05)
    for a in (*p.values(), *given[1:3]):
        a.flags.writeable = False
    return given


def flat(x: Any) -> list[Any]:
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, tuple | list):
        return [leaf for item in x for leaf in flat(item)]
    return [x]


def assert_same(a: Any, b: Any, tolerance: float = 1e-12) -> None:
    """Equal in value, shape and type, to a share of the largest number."""
    for x, y in zip(flat(a), flat(b), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape
        assert x.dtype == y.dtype
        scale = max(1.0, np.abs(y[np.isfinite(y)]).max(initial=0))
        np.testing.assert_allclose(x, y, rtol=0, atol=tolerance * scale)


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with np.errstate(all="ignore"):
        yield


@settings(max_examples=150, deadline=None)
@given(programs, ends, st.integers(0, 3))
def test_a_random_training_step_compiles_to_the_same_results(
    steps: list[tuple[int, int, int]], end: int, seed: int
) -> None:
    """And a second call, with other numbers, too."""
    f = training_step(cost_of(steps, end))
    step = ag.compile(f)
    for k in range(2):
        given = arguments(seed + 10 * k)
        assert_same(step(*given), f(*given), 1e-11)


PASSES = {
    "fold": passes.fold,
    "cse": passes.common_subexpressions,
    "dead_code": passes.dead_code,
    "inline": passes.inline,
    "inline_spread": lambda p: passes.inline(p, only=(spread,)),
    "simplify": algebra.simplify,
    "cancel_divisions": cancellation.cancel_divisions,
    "speed": lambda p: optimize.run(p, optimize.SPEED),
    "readable": optimize.readable,
    "quick": optimize.quick,
}


@pytest.mark.parametrize("name", PASSES)
@settings(max_examples=40, deadline=None)
@given(programs, ends)
def test_each_pass_keeps_the_meaning(
    name: str, steps: list[tuple[int, int, int]], end: int
) -> None:
    """The Program returns the same before and after."""
    given = arguments(1)
    call = Call.of(given, {}, ["p", "X", "Y", "rate"])
    program = trace(training_step(cost_of(steps, end)), call).program
    values = [leaf.value for leaf in call.leaves]
    other = [leaf.value for leaf in Call.of(arguments(2), {}, ["p", "X", "Y", "rate"]).leaves]
    if name in ("simplify", "cancel_divisions"):  # they look for what earlier passes leave
        program = passes.common_subexpressions(passes.inline(program))
    if name == "speed":
        program = algebra.simplify(passes.common_subexpressions(passes.inline(program)))
    after = PASSES[name](program)
    for v in (values, other):
        assert_same(after.run(*v), program.run(*v), 1e-11)


@settings(max_examples=60, deadline=None)
@given(programs, ends)
def test_float32_stays_float32(steps: list[tuple[int, int, int]], end: int) -> None:
    """As far as it does eagerly, and to the digits that it has."""
    f = training_step(cost_of(steps, end))
    given = arguments(1, np.float32)
    compiled, eager = ag.compile(f)(*given), f(*given)
    for x, y in zip(flat(compiled), flat(eager), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype


@settings(max_examples=60, deadline=None)
@example([(12, 0, 0), (50, 0, 0)], 0, 1)  # 0 - x, where a plain number stands before the state
@given(programs, ends, st.integers(1, 7))
def test_a_random_loop_gives_the_same_states(
    steps: list[tuple[int, int, int]], end: int, n: int
) -> None:
    """Values on the way, too."""
    f = training_step(cost_of(steps, end))
    p, X, Y, rate = arguments(4)

    def one(p: Any, X: Any, Y: Any, rate: Any) -> Any:
        new, J, _ = f(p, X, Y, rate)
        return new, J

    state, costs = p, []
    for i in range(n):
        state, J = one(state, X, Y, rate)
        if i % 2 == 0:
            costs.append(J)
    last, history = ag.iterate(one, p, n, X, Y, rate, every=2)
    for J in flat((state, costs)):
        if not np.abs(np.asarray(J)).max() < 1e3:
            return  # it diverges, and magnifies the last digit
    assert_same((last, history), (state, costs), 1e-9)
