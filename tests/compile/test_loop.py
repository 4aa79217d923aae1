"""ag.iterate: loops of a compiled step, and strength reduction across their iterations."""

import dataclasses
import functools
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag
from autograd_lite.compile.jit import Version
from autograd_lite.compile.loop import Loops

RNG = np.random.RandomState(0)
N, M = 60, 12  # n_x is larger than m, as for pictures
X = RNG.randn(N, M)
Y = (RNG.rand(1, M) > 0.5) * 1.0
for a in (X, Y):
    a.flags.writeable = False


def parameters(*sizes, dtype=np.float64):
    """Return read-only weights of a net with these layers."""
    rng = np.random.RandomState(3)
    p = {}
    for l, (n, k) in enumerate(zip(sizes[1:], sizes, strict=False), 1):
        p[f"W{l}"] = (rng.randn(n, k) / np.sqrt(k)).astype(dtype)
        p[f"b{l}"] = (0.1 * rng.randn(n, 1)).astype(dtype)
    for a in p.values():
        a.flags.writeable = False
    return p


def cost(p, X, Y, hidden=ag.relu):
    """Return the cost of a net, as the course writes it."""
    A, L = X, len(p) // 2
    for l in range(1, L):
        A = hidden(p[f"W{l}"] @ A + p[f"b{l}"])
    A = ag.sigmoid(p[f"W{L}"] @ A + p[f"b{L}"])
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]


def leaves(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [leaf for item in x for leaf in leaves(item)] if isinstance(x, tuple | list) else [x]


def zeros(p):
    return {k: np.zeros_like(a) for k, a in p.items()}


# Steps in which W1 is used only as W1 @ X


def plain(p, X, Y, rate):
    J, g = ag.value_and_grad(cost)(p, X, Y)
    return {k: p[k] - rate * g[k] for k in p}, J


def decayed(p, X, Y, rate):
    """Take a step with weight decay, in place of an L2 penalty in the cost."""
    J, g = ag.value_and_grad(cost)(p, X, Y)
    return {k: p[k] - rate * (g[k] + 0.1 * p[k]) for k in p}, J


def momentum(state, X, Y, rate):
    p, v = state
    J, g = ag.value_and_grad(cost)(p, X, Y)
    v = {k: 0.9 * v[k] + 0.1 * g[k] for k in p}
    return ({k: p[k] - rate * v[k] for k in p}, v), J


def nesterov(state, X, Y, rate):
    """Take a step with the gradient ahead, at W + 0.9 V."""
    p, v = state
    J, g = ag.value_and_grad(cost)({k: p[k] + 0.9 * v[k] for k in p}, X, Y)
    v = {k: 0.9 * v[k] - rate * g[k] for k in p}
    return ({k: p[k] + v[k] for k in p}, v), J


def both(state, X, Y, rate):
    """Take a step with momentum and weight decay."""
    p, v = state
    J, g = ag.value_and_grad(cost)(p, X, Y)
    v = {k: 0.9 * v[k] + g[k] + 0.01 * p[k] for k in p}
    return ({k: p[k] - rate * v[k] for k in p}, v), J


def last_gradient(state, X, Y, rate):
    """Keep the last update as a state, which does not depend on its own past."""
    p, _ = state
    J, g = ag.value_and_grad(cost)(p, X, Y)
    d = {k: -rate * g[k] for k in p}
    return ({k: p[k] + d[k] for k in p}, d), J


def falling_rate(state, X, Y, rate):
    """Keep the rate as a state, a Python number."""
    p, r = state
    J, g = ag.value_and_grad(cost)(p, X, Y)
    return ({k: p[k] - r * g[k] for k in p}, r * 0.99), J


def scaled_data(p, X, Y, rate):
    """Prepare X inside the step, the same way at each one."""
    return plain(p, X / 3 + 1, Y, rate)


def no_value(p, X, Y, rate):
    return plain(p, X, Y, rate)[0]


REDUCED = {
    "plain": (plain, lambda p: p),
    "weight decay": (decayed, lambda p: p),
    "momentum": (momentum, lambda p: (p, zeros(p))),
    "momentum under way": (momentum, lambda p: (p, {k: 0.1 * a + 0.01 for k, a in p.items()})),
    "nesterov": (nesterov, lambda p: (p, zeros(p))),
    "momentum and decay": (both, lambda p: (p, {k: 0.1 * a for k, a in p.items()})),
    "the last step": (last_gradient, lambda p: (p, zeros(p))),
    "a falling rate": (falling_rate, lambda p: (p, 0.5)),
    "prepared data": (scaled_data, lambda p: p),
    "no value": (no_value, lambda p: p),
}

# Steps that it does not apply to


def adam(state, X, Y, rate):
    p, m, v, t = state
    J, g = ag.value_and_grad(cost)(p, X, Y)
    t = t + 1
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    v = {k: 0.99 * v[k] + 0.01 * g[k] ** 2 for k in p}
    alpha = rate * (1 - 0.99**t) ** 0.5 / (1 - 0.9**t)
    return ({k: p[k] - alpha * m[k] / (np.sqrt(v[k]) + 1e-8) for k in p}, m, v, t), J


def penalty(p, X, Y, rate):
    """Use W1 in the cost too, whose value is returned."""

    def f(p, X, Y):
        return cost(p, X, Y) + 0.01 * np.sum(p["W1"] ** 2)

    J, g = ag.value_and_grad(f)(p, X, Y)
    return {k: p[k] - rate * g[k] for k in p}, J


def shown(p, X, Y, rate):
    """Return a part of W1 as a value."""
    new, J = plain(p, X, Y, rate)
    return new, (J, new["W1"][0, 0], p["W1"].sum())


def batches(state, X, Y, rate):
    """Take another half of the examples at every step, so that X changes."""
    p, shift = state
    here = (np.arange(6) + shift) % M
    new, J = plain(p, X[:, here], Y[:, here], rate)
    return (new, shift + 6), J


def clipped(p, X, Y, rate):
    """Take an update that is not linear in the gradient."""
    J, g = ag.value_and_grad(cost)(p, X, Y)
    return {k: p[k] - rate * np.clip(g[k], -0.01, 0.01) for k in p}, J


def tied(p, X, Y, rate):
    """Use W1 in a second place."""

    def f(p, X, Y):
        return cost(p, X, Y) + np.sum(np.tanh(p["W1"] @ (X * X)))

    J, g = ag.value_and_grad(f)(p, X, Y)
    return {k: p[k] - rate * g[k] for k in p}, J


def remembered(state, X, Y, rate):
    """Hand W1 to another state, which uses it in another way."""
    p, old = state
    new, J = plain(p, X, Y, rate)
    return ({**new, "b1": new["b1"] + 0.01 * np.tanh(old).sum()}, p["W1"] - 0.1), J


def passed_on(state, X, Y, rate):
    """Hand the new W1 to another state unchanged."""
    p, old = state
    new, J = plain(p, X, Y, rate)
    return ({**new, "b1": new["b1"] + 0.01 * np.tanh(old).sum()}, new["W1"]), J


def both_ways(p, X, Y, rate):
    """Multiply W1 by X.T too, which a square X allows."""
    X = X[:M]

    def f(p, X, Y):
        return np.sum(np.tanh(p["W1"] @ X)) + np.sum((p["W1"] @ X.T) @ X) + np.sum(p["b1"])

    J, g = ag.value_and_grad(f)(p, X, Y)
    return {k: p[k] - 0.01 * rate * g[k] for k in p}, J


def transposed_too(p, X, Y, rate):
    """Multiply X by a square W1 and by its transpose."""

    def f(p):
        return np.sum(np.tanh(p["W1"] @ X)) + np.sum(np.sin(p["W1"].T @ X))

    J, g = ag.value_and_grad(f)(p)
    return {"W1": p["W1"] - 0.01 * rate * g["W1"]}, J


def swapped(state, X, Y, rate):
    """Swap two states of W1's shape."""
    p, other = state
    new, J = plain(p, X, Y, rate)
    return ({**new, "W1": other}, new["W1"]), J


FALLING_BACK = {
    "adam": (adam, lambda p: (p, zeros(p), zeros(p), 0)),
    "penalty": (penalty, lambda p: p),
    "shown": (shown, lambda p: p),
    "batches": (batches, lambda p: (p, 3)),
    "clipped": (clipped, lambda p: p),
    "tied": (tied, lambda p: p),
    "remembered": (remembered, lambda p: (p, 0.1 * p["W1"])),
    "passed on": (passed_on, lambda p: (p, 0.1 * p["W1"])),
    "transposed too": (transposed_too, lambda p: {"W1": X @ X.T / N}),
    "both ways": (both_ways, lambda p: {"W1": p["W1"][:, :M], "b1": p["b1"]}),
}


def eagerly(step, state, n, *constants, every):
    """Return what iterate must return."""
    values = []
    for i in range(n):
        state = step(state, *constants)
        if isinstance(state, tuple) and len(state) == 2 and not isinstance(state[1], dict):
            state, value = state
            if i % every == 0:
                values.append(value)
    return state, values


def assert_same(a, b, tolerance=1e-12):
    for x, y in zip(leaves(a), leaves(b), strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def loops_of(step, state, *constants):
    """Return the loops that iterate chooses from."""
    compiled = step if isinstance(step, ag.compile(plain).__class__) else ag.compile(step)
    call = compiled.call((state, *constants), {}).plain()
    return Loops("step", call, Version(step, "step", call))


@pytest.mark.parametrize("n", [1, 2, 7, 25])
@pytest.mark.parametrize("case", REDUCED)
def test_a_reduced_loop_gives_the_same(case, n):
    """States and values agree after one step and after many."""
    f, start = REDUCED[case]
    state = start(parameters(N, 4, 3, 1))
    loops = loops_of(f, state, X, Y, 0.05)
    assert loops.reduction is not None
    loops.reduction = free(loops.reduction)
    step = ag.compile(f)
    call = step.call((state, X, Y, 0.05), {}).plain()
    step.version(call).loops = loops
    got = ag.iterate(step, state, n, X, Y, 0.05, every=3)
    assert loops.reduced is not None
    assert_same(got, eagerly(f, state, n, X, Y, 0.05, every=3))


def free(reduction):
    """Return the same reduction, as if it cost nothing to start."""
    return dataclasses.replace(reduction, spent=-1)


SHARED = {
    "twice": lambda new, a, b: (new, new),
    "transposed": lambda new, a, b: (new, new.T),
    "turned round": lambda new, a, b: (new[::-1], new),
    "the last one": lambda new, a, b: (new, a.T),
    "swapped": lambda new, a, b: (b, new),
}


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize("how", SHARED)
def test_states_may_share_an_array(how, n):
    """Writing one in place does not change the other."""

    def step(state, x):
        a, b = state
        new = 0.9 * a + np.tanh(b) * x
        return SHARED[how](new, a, b), new.sum()

    start = X[:5, :5], X[5:10, :5]
    assert_same(ag.iterate(step, start, n, 0.3)[0], eager_states(step, start, n, 0.3))


def eager_states(step, state, n, *constants):
    """Return the last state of calls one by one."""
    for _ in range(n):
        state, _ = step(state, *constants)
    return state


VALUES = {
    "the state before": lambda a, b, c: a,
    "two of them": lambda a, b, c: {"a": a, "c": [c, b]},
    "a view of it": lambda a, b, c: a.T,
    "what never changes": lambda a, b, c: np.full((2, 2), 3.0),
}


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("name", VALUES)
def test_values_are_those_before_the_step(name, every, n):
    """A state returned as value is the old one, and each value has memory of its own."""

    def step(state):
        a, b, c = state
        return (0.5 * a + b, a, c + 1), VALUES[name](a, b, c)

    first = (np.arange(6.0).reshape(2, 3), np.ones((2, 3)), 0.25)
    state, expected = first, []
    for i in range(n):
        state, value = step(state)
        if i % every == 0:
            expected.append(value)

    def spoil(i, value, get_state):
        for x in leaves([value, get_state()]):
            if isinstance(x, np.ndarray):
                seen.append(x.copy())
                x += 1000  # they belong to the caller

    seen = []
    last, history = ag.iterate(step, first, n, every=every)
    for x, y in zip(leaves((last, history)), leaves((state, expected)), strict=True):
        assert_array_equal(x, y)
    assert_array_equal(
        leaves(ag.iterate(step, first, n, every=every, callback=spoil)[0])[0], last[0]
    )
    arrays = [x for x in leaves(history) if isinstance(x, np.ndarray)]
    assert not any(np.shares_memory(x, y) for i, x in enumerate(arrays) for y in arrays[:i])


def test_values_of_a_reduced_loop_are_those_before_the_step():
    """W1 @ X, which the reduced loop computes in another way, is the old one too."""

    def step(p, X, Y, rate):
        return plain(p, X, Y, rate)[0], p["W1"] @ X

    p = parameters(N, 4, 1)
    state, expected = p, []
    for _ in range(3):
        state, Z = step(state, X, Y, 0.5)
        expected.append(Z)
    _, history = ag.iterate(step, p, 3, X, Y, 0.5, every=1)
    assert_allclose(history, expected, rtol=1e-10)
    assert loops_of(step, p, X, Y, 0.5).reduction is not None


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_state_in_any_order_of_memory(order):
    """A reshape of a Fortran-ordered array is a copy, made at every step."""

    def step(W):
        row = W.reshape(-1)
        return W - 0.1 * np.sum(row[1:] * row[:-1])

    W = np.array(np.arange(12.0).reshape(3, 4) / 10, order=order)
    expected = W
    for _ in range(4):
        expected = step(expected)
    assert_allclose(ag.iterate(step, W, 4)[0], expected, rtol=1e-12)


def test_a_view_of_a_new_state_in_the_old_ones_place():
    """The view is made when the state is known."""

    def step(state):
        W, v = state
        W = W - 0.1 * v
        return W, v + np.sum(np.tanh(W.T) * np.arange(3.0))

    first = (np.ones((3, 4)), np.ones((3, 4)))
    state = first
    for _ in range(3):
        state = step(state)
    for x, y in zip(ag.iterate(step, first, 3)[0], state, strict=True):
        assert_allclose(x, y, rtol=1e-12)


@pytest.mark.parametrize("case", FALLING_BACK)
def test_other_loops_are_not_reduced(case):
    """A loop that is not reduced agrees with eager steps."""
    f, start = FALLING_BACK[case]
    state = start(parameters(N, 4, 3, 1))
    assert loops_of(f, state, X, Y, 0.05).reduction is None
    got = ag.iterate(f, state, 9, X, Y, 0.05, every=2)
    assert_same(got, eagerly(f, state, 9, X, Y, 0.05, every=2))


def test_states_that_change_places():
    """One of them has W1's shape, but no product with X."""
    p = parameters(N, 4, 3, 1)
    state = p, np.array(p["W1"]) * 0.5
    got = ag.iterate(swapped, state, 9, X, Y, 0.05, every=2)
    assert_same(got, eagerly(swapped, state, 9, X, Y, 0.05, every=2))


def test_reduction_is_chosen_only_if_it_saves_work():
    """It is not chosen if m is larger than n_x, nor for a few iterations."""
    p = parameters(N, 4, 1)
    loops = loops_of(plain, p, X, Y, 0.05)
    call = ag.compile(plain).call((p, X, Y, 0.05), {})
    assert loops.best(1, call) is loops.plain
    assert loops.best(1000, call) is loops.reduced
    assert "XTX" in loops.reduced.module.source
    assert "XTX" not in loops.plain.module.source
    few = RNG.randn(5, 40), (RNG.rand(1, 40) > 0.5) * 1.0
    assert loops_of(plain, parameters(5, 4, 1), *few, 0.05).reduction is None
    got = ag.iterate(plain, parameters(5, 4, 1), 20, *few, 0.05)
    assert_same(got, eagerly(plain, parameters(5, 4, 1), 20, *few, 0.05, every=100))


def test_logistic_regression_is_reduced_too():
    """It has w.T @ X, with w a column, and the gradient X @ dZ.T."""

    def f(p, X, Y):
        A = ag.sigmoid(p["w"].T @ X + p["b"])
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    def step(state, X, Y):
        p, v = state
        J, g = ag.value_and_grad(f)(p, X, Y)
        v = {k: 0.5 * v[k] + g[k] for k in p}
        return ({k: p[k] - 0.1 * v[k] for k in p}, v), J

    p = {"w": RNG.randn(N, 1) * 0.1, "b": np.zeros(())}
    state = p, zeros(p)
    assert loops_of(step, state, X, Y).reduction is not None
    assert_same(ag.iterate(step, state, 500, X, Y, every=50), eagerly(step, state, 500, X, Y, every=50),
                1e-11)  # fmt: skip


def test_reduced_in_float32():
    """A reduced loop stays in float32."""
    p = parameters(N, 4, 3, 1, dtype=np.float32)
    args = X.astype(np.float32), Y.astype(np.float32), 0.05
    got = ag.iterate(plain, p, 300, *args)
    assert_same(got, eagerly(plain, p, 300, *args, every=100), 2e-4)


def test_callbacks_get_the_weights():
    """get_state returns W1, which the loop does not keep."""
    p = parameters(N, 4, 3, 1)
    seen = []

    def look(i, J, get_state):
        seen.append((i, float(J), get_state()))

    last, costs = ag.iterate(plain, p, 301, X, Y, 0.05, every=100, callback=look)
    assert [i for i, _, _ in seen] == [0, 100, 200, 300]
    assert [J for _, J, _ in seen] == [float(J) for J in costs]
    for i, _, state in seen:
        assert_same(state, eagerly(plain, p, i + 1, X, Y, 0.05, every=100)[0], 1e-11)
    assert_same(seen[-1][2], last, 0)
    before = {k: np.array(a) for k, a in last.items()}
    for a in seen[-1][2].values():
        a[:] = 0
    assert_same(last, before, 0)


def test_a_callback_can_stop():
    """The state at that iteration is returned."""
    p = parameters(N, 4, 1)
    last, costs = ag.iterate(plain, p, 1000, X, Y, 0.05, every=10, callback=lambda i, J, s: i == 30)
    assert len(costs) == 4
    assert_same(last, eagerly(plain, p, 31, X, Y, 0.05, every=10)[0], 1e-11)


def test_a_callback_may_raise_and_the_loop_is_used_again():
    """The buffers are returned to the loop after an error."""
    step = ag.compile(plain)
    p = parameters(N, 4, 1)

    def fail(i, J, s):
        raise KeyError(i)

    with pytest.raises(KeyError):
        ag.iterate(step, p, 10, X, Y, 0.05, callback=fail)
    assert_same(ag.iterate(step, p, 5, X, Y, 0.05), eagerly(plain, p, 5, X, Y, 0.05, every=100))


def test_the_callers_arrays_are_not_written_to():
    """Neither at the start nor when results are used again is an array written to."""
    p = {k: np.array(a) for k, a in parameters(N, 4, 1).items()}
    before = {k: np.array(a) for k, a in p.items()}
    step = ag.compile(plain)
    first, _ = ag.iterate(step, p, 7, X, Y, 0.05)
    assert_same(p, before, 0)
    kept = {k: np.array(a) for k, a in first.items()}
    ag.iterate(step, first, 7, X, Y, 0.05)
    assert_same(first, kept, 0)
    assert not any(np.shares_memory(first[k], p[k]) for k in p)


@pytest.mark.parametrize(("n", "every"), [(0, 1), (1, 1), (5, 1), (5, 2), (6, 3), (7, 100)])
def test_every(n, every):
    """The values are those of iterations 0, every, 2 * every, ..."""
    step = lambda s, a: (s + a, (s * 1, {"twice": 2 * s}))
    last, values = ag.iterate(step, np.zeros(2), n, np.ones(2), every=every)
    assert_array_equal(last, [n, n])
    assert [v[1]["twice"][0] for v in values] == [2 * i for i in range(0, n, every)]
    assert [v[0][0] for v in values] == list(range(0, n, every))


def test_wrong_arguments_are_named():
    """The errors say what was given and what is expected."""
    with pytest.raises(TypeError, match=r"whole number for n, not 2\.5"):
        ag.iterate(lambda x: x, np.ones(2), 2.5)
    with pytest.raises(ag.TraceError, match=r"one is \{'a': \.\.\.\}; it returned \[\.\.\.\]"):
        ag.iterate(lambda p: [p["a"] * 1], {"a": np.ones(2)}, 3)
    with pytest.raises(ag.TraceError, match=r"as int64\[\] .* Start with floating numbers"):
        ag.iterate(lambda t: t / 2, 3, 3)


def test_every_is_a_positive_number():
    with pytest.raises(ValueError, match="every >= 1"):
        ag.iterate(lambda s: s, np.zeros(2), 3, every=0)
    with pytest.raises(ValueError, match="n >= 0"):
        ag.iterate(lambda s: s, np.zeros(2), -1)


STATES = {
    "a number": (lambda s: s * 1.5, 2.0),
    "a whole number": (lambda s: s + 1, 3),
    "numpy's number": (lambda s: s * 1.5, np.float32(2)),
    "no dimension": (lambda s: s * 1.5, np.array(2.0)),
    "unchanged": (lambda s: (s[0], s[1] + s[0]), (np.ones(3), np.zeros(3))),
    "crossed": (lambda s: (s[1], s[0] + s[1]), (np.ones(3), np.ones(3))),
    "the same twice": (lambda s: (s[0] + 1, s[0] + 1), (np.ones(3), np.ones(3))),
    "the old one": (lambda s: (s[0] * 2, s[0]), (np.ones(3), np.zeros(3))),
    "a view": (lambda s: (s[0].T * 2, s[0].T), (np.ones((3, 3)) + np.eye(3)[0], np.zeros((3, 3)))),
    "reversed": (lambda s: s[::-1], np.arange(4.0)),
    "constant": (lambda s: (np.zeros(3), s[1] + s[0]), (np.ones(3), np.ones(3))),
    "text beside it": (lambda s: {"a": s["a"] + 1, "kind": s["kind"], "none": None},
                       {"a": np.ones(2), "kind": "tanh", "none": None}),
    "whole arrays": (lambda s: s * 3 % 7, np.arange(5)),
    "truth": (lambda s: ~s, np.array([True, False])),
    "complex": (lambda s: s * 1j, np.array([1 + 1j, 2])),
    "matrix powers": (lambda s: s @ s / 2, np.array([[0.5, 1.0], [0.25, 0.1]])),
    "where": (lambda s: np.where(s > 2, s / 2, 3 * s), np.array([0.1, 5.0])),
    "nested": (lambda s: [(s[0][0] + 1,), {"x": s[1]["x"] * s[0][0]}],
               [(np.ones(2),), {"x": np.ones(2)}]),
}  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("case", STATES)
def test_states_of_all_kinds(case, n):
    """A state that is written in place is not read afterwards."""
    f, state = STATES[case]
    expected = state
    for _ in range(n):
        expected = f(expected)
    got, values = ag.iterate(lambda s: f(s), state, n, every=2)
    assert values == []
    flat = lambda s: [x for x in leaves(s) if not isinstance(x, str) and x is not None]
    assert_same(flat(got), flat(expected))


def test_a_state_must_keep_its_shape_and_type():
    """The error says what the state became."""
    with pytest.raises(
        ag.TraceError, match=r"goes in as float64\[3\] but comes out as float64\[6\]"
    ):
        ag.iterate(lambda s: np.concatenate([s, s]), np.zeros(3), 2)
    with pytest.raises(ag.TraceError, match="comes out as float64"):
        ag.iterate(lambda s: s * np.float64(2), np.zeros(3, np.float32), 2)
    with pytest.raises(ag.TraceError, match="nested like the old one"):
        ag.iterate(lambda s: {"b": s["a"]}, {"a": np.zeros(3)}, 2)
    with pytest.raises(ag.TraceError, match="nested like the old one"):
        ag.iterate(lambda s: (s, s, s), np.zeros(3), 2)


def test_a_state_that_grows_with_its_key():
    """Another string is another state."""
    with pytest.raises(ag.TraceError, match="nested like"):
        ag.iterate(lambda s: {"a": s["a"], "kind": "other"}, {"a": np.zeros(3), "kind": "one"}, 2)


def test_a_state_that_decides_a_size_must_not_change():
    """A loop is compiled once, for one size."""
    step = ag.compile(lambda s: ((s[0][: s[1]].sum() + s[0], s[1] + 1), s[0][0]))
    with pytest.raises(ag.TraceError, match="decides a size"):
        ag.iterate(step, (np.ones(5), 2), 3)
    same = ag.compile(lambda s: (s[0][: s[1]].sum() + s[0], s[1]))
    assert_array_equal(ag.iterate(same, (np.ones(5), 2), 2)[0][0], [9] * 5)


def test_several_constants_and_shapes_use_one_step():
    """Each combination of shapes has a loop of its own."""
    step = ag.compile(lambda s, a, b: (s * a + b, s.sum()))
    for n in (3, 4):
        got = ag.iterate(step, np.ones(n), 5, np.full(n, 0.5), 2.0, every=2)
        assert_same(got, eagerly(lambda s, a, b: (s * a + b, s.sum()), np.ones(n), 5,
                                 np.full(n, 0.5), 2.0, every=2))  # fmt: skip
    assert len(step._all) == 2


# nan


def hidden_nan(p, x):
    """Take a step whose nan, in the branch that is not taken, the engine repairs."""
    J, g = ag.value_and_grad(lambda p: np.sum(np.where(p > x, np.sqrt(p * (p > x)), p)))(p)
    return p - 0.3 * g, J


def hidden_and_masked(p, x):
    """Take such a step, with the nan hidden from the state."""
    J, g = ag.value_and_grad(lambda p: np.sum(np.where(p > x, np.sqrt(p * (p > x)), p)))(p)
    return p - 0.3 * np.where(g == g, g, 5), J


@pytest.mark.parametrize("step", [hidden_nan, hidden_and_masked])
@pytest.mark.parametrize("every", [1, 3, 100])
def test_nan_that_the_engine_can_repair(step, every):
    """The loop goes back to the last good state, and runs the function itself."""
    start, x = np.array([3.0, 1.5, 0.7, 9.0]), np.full(4, 0.5)
    seen, runs = [], []

    def counted(p, x):
        runs.append(1)
        return step(p, x)

    with np.errstate(all="ignore"):
        expected = eagerly(step, start, 40, x, every=every)
        got = ag.iterate(counted, start, 40, x, every=every,
                         callback=lambda i, J, s: seen.append((i, s())))  # fmt: skip
        assert_same(got, expected)
        for i, state in seen:
            assert_same(state, eagerly(step, start, i + 1, x, every=every)[0])
    assert np.isfinite(got[0]).all()
    assert len(runs) > 1


def test_nan_for_good_is_nan():
    """A descent that diverges returns what it returns eagerly."""

    def step(s, a):
        J, g = ag.value_and_grad(lambda s: np.sum(np.sqrt(s) * a))(s)
        return s - 10 * g, J

    with np.errstate(all="ignore"):
        got = ag.iterate(step, np.ones(3), 400, np.ones(3), every=100)
        assert_same(got, eagerly(step, np.ones(3), 400, np.ones(3), every=100))
    assert np.isnan(got[0]).all()


def test_saturated_outputs_do_not_stop_the_loop():
    """float32 probabilities round to 1 early; the cost is computed from the logits."""
    p = {"W1": np.full((1, 2), 40.0, np.float32), "b1": np.zeros((1, 1), np.float32)}
    x, y = np.eye(2, dtype=np.float32), np.array([[1, 1]], np.float32)
    calls = []

    def step(p, X, Y):
        calls.append(1)
        J, g = ag.value_and_grad(cost)(p, X, Y)
        return {k: p[k] - 0.1 * g[k] for k in p}, J

    last, costs = ag.iterate(step, p, 500, x, y, every=10)
    assert len(calls) == 1
    assert_same(last, p)
    assert max(costs) < 1e-6


# Many


def test_threads_run_loops_side_by_side():
    """Each thread has buffers of its own."""
    step = ag.compile(plain)
    p = parameters(N, 4, 1)
    inputs = [X * (1 + 0.1 * k) for k in range(6)]
    expected = [ag.iterate(step, p, 60, x, Y, 0.05) for x in inputs]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            results = list(
                pool.map(lambda k: ag.iterate(step, p, 60, inputs[k % 6], Y, 0.05), range(60))
            )
    finally:
        sys.setswitchinterval(switch)
    for k, r in enumerate(results):
        assert_same(r, expected[k % 6], 0)


def test_tensors_are_taken_as_arrays():
    """Tensors in the state and the constants are taken as arrays."""
    got = ag.iterate(lambda s, a: s + a, ag.Tensor([1.0, 2.0]), 3, ag.Tensor([1.0, 1.0]))[0]
    assert_array_equal(got, [4, 5])


def test_large_products_take_the_quicker_way():
    """A copy of X.T may be made; the result is the same."""
    rng = np.random.RandomState(1)
    x, y = rng.randn(900, 300), (rng.rand(1, 300) > 0.5) * 1.0
    p = parameters(900, 20, 1)
    state = p, zeros(p), zeros(p), 0
    got = ag.iterate(adam, state, 4, x, y, 0.01)
    assert_same(got, eagerly(adam, state, 4, x, y, 0.01, every=100), 1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["W", "V", "-W", "2W", "W+V", "W-V", "g", "-g", "V/2", "lW", "g-W", "V-g"]),
        min_size=2,
        max_size=6,
    ),
    st.integers(1, 12),
)
def test_random_linear_updates(terms, n):
    """Any linear combination of weights, velocity and gradient agrees with eager steps."""

    def step(state, X, Y):
        p, V = state
        J, g = ag.value_and_grad(functools.partial(cost, hidden=np.tanh))(p, X, Y)
        W, g = p["W1"], g["W1"]
        parts = {
            "W": lambda: W, "V": lambda: V, "-W": lambda: -W, "2W": lambda: 2 * W, "W+V": lambda: W + V,
            "W-V": lambda: W - V, "g": lambda: g, "-g": lambda: -g, "V/2": lambda: V / 2,
            "lW": lambda: 0.3 * W, "g-W": lambda: g - W, "V-g": lambda: V - g,
        }  # fmt: skip
        half = len(terms) // 2
        new_W = sum((0.1 * parts[t]() for t in terms[:half]), 0.5 * W)
        new_V = sum((0.1 * parts[t]() for t in terms[half:-1]), 0.1 * parts[terms[-1]]())
        return ({**p, "W1": new_W}, new_V), J

    p = parameters(N, 4, 1)
    state = p, 0.1 * np.array(p["W1"]) + 0.01
    loops = loops_of(step, state, X, Y)
    compiled = ag.compile(step)
    if loops.reduction is not None:
        loops.reduction = free(loops.reduction)
        compiled.version(compiled.call((state, X, Y), {}).plain()).loops = loops
    got = ag.iterate(compiled, state, n, X, Y, every=4)
    assert_same(got, eagerly(step, state, n, X, Y, every=4), 1e-11)


def test_no_warnings():
    """A loop is as silent as the engine."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ag.iterate(plain, {"W1": np.full((1, N), 100.0), "b1": np.zeros((1, 1))}, 30, X, Y, 0.01)
