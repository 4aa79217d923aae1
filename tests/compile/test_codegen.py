"""Generated modules: buffers, guards, and source that holds nothing of the user's."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd_lite as ag
from autograd_lite.compile.codegen.buffers import BufferPlan
from autograd_lite.compile.codegen.module import ModuleWriter
from autograd_lite.compile.codegen.names import name_variables
from autograd_lite.compile.codegen.nan_guards import (
    shows_in_states,
    to_watch,
    with_nan_guard,
    with_overflow_guard,
)
from autograd_lite.compile.passes.pipeline import quick
from autograd_lite.compile.tracing.arguments import Call
from autograd_lite.compile.tracing.trace import trace

RNG = np.random.RandomState(0)
X = RNG.randn(3, 4)
Y = (RNG.rand(3, 4) > 0.5) * 1.0
for a in (X, Y):
    a.flags.writeable = False


def program_of(f, *args):
    """Trace a function."""
    names = list(f.__code__.co_varnames[: f.__code__.co_argcount])
    return trace(f, Call.of(args, {}, names)).program


def course_cost(Z, Y):
    """Return the cost as the course writes it."""
    A = ag.sigmoid(Z)
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]


# Buffers


def plan_of(f, *args):
    """Return the buffer plan of a function, and its lines as Python."""
    program = program_of(f, *args)
    names = name_variables(program)
    plan = BufferPlan(program, names)
    return plan, ModuleWriter(program, names, plan).statements(program.lines)


def chain(x):
    return np.exp(np.tanh(np.sin(x) * 2) + 1) - 1


def test_a_buffer_is_reused_when_nothing_reads_it():
    """A chain of elementwise functions needs one buffer."""
    plan, _ = plan_of(lambda x: np.sum(chain(x)), X)
    assert set(plan.buffers.values()) == {"m1"}


def test_operands_lend_their_memory_to_an_output():
    """A chain that ends in an output needs no buffer, and every call returns new arrays."""
    plan, lines = plan_of(chain, X)
    assert not plan.buffers
    assert [text.split("#")[0].strip() for text in lines] == [
        "t1 = np.sin(x)", "t2 = np.multiply(t1, k1, t1)", "t3 = np.tanh(t2, t2)",
        "t4 = np.add(t3, k2, t3)", "t5 = np.exp(t4, t4)", "t6 = np.subtract(t5, k2, t5)",
    ]  # fmt: skip
    step = ag.compile(lambda x: (chain(x), np.sin(x) * 2))
    first = step(X)
    second = step(X + 1)
    assert_allclose(first, (chain(X), np.sin(X) * 2), rtol=1e-14)
    assert not any(np.shares_memory(a, b) for a in (*first, X) for b in second)


def test_an_operand_that_is_needed_later_is_not_written_over():
    """Nor is an output, or an array of the caller's."""

    def f(x, y):
        a = np.sin(x)
        b = a * 2
        c = a + y
        return b, c, a.T[0], x - y

    x, y = X.copy(), X + 3
    first = ag.compile(f)(x, y)
    for got, expected in zip(first, f(x, y), strict=True):
        assert_allclose(got, expected, rtol=1e-14)
    assert np.array_equal(x, X)


def test_a_buffer_that_a_view_needs_is_not_reused():
    """A view keeps its buffer alive."""

    def f(x):
        y = np.sin(x)
        part = y[0]
        z = np.cos(x) * 2 + 1
        return z * part

    step = ag.compile(f)
    assert_allclose(step(X), f(X), rtol=1e-14)
    assert_allclose(step(X + 1), f(X + 1), rtol=1e-14)


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y.T, lambda y: y.reshape(4, 3), lambda y: y[1:], lambda y: np.flip(y),
        lambda y: np.split(y, 2, axis=1)[1], lambda y: np.atleast_2d(y), lambda y: np.rot90(y),
        lambda y: np.real(y), lambda y: np.diagonal(y), lambda y: np.ravel(y),
        lambda y: np.lib.stride_tricks.sliding_window_view(y, 2, axis=1), lambda y: np.swapaxes(y, 0, 1),
        lambda y: np.expand_dims(y, 0), lambda y: np.broadcast_to(y, (2, 3, 4)), lambda y: np.moveaxis(y, 0, 1),
    ],
)  # fmt: skip
def test_views_do_not_share_memory_with_what_comes_later(view):
    """This holds for every function that returns a view."""

    def f(x):
        v = view(np.sin(x))
        return np.sum(np.cos(x) * 2), v, np.exp(x) + 1

    for a, b in zip(ag.compile(f)(X), f(X), strict=True):
        assert_allclose(a, b, rtol=1e-14)


# Guards


def net(p, X, Y):
    """Take one step of a planar net."""

    def cost(p):
        A1 = np.tanh(p["W1"] @ X + p["b1"])
        return course_cost(p["W2"] @ A1 + p["b2"], Y)

    J, g = ag.value_and_grad(cost)(p)
    return {k: p[k] - 0.1 * g[k] for k in p}, J


PARAMETERS = {
    "W1": RNG.randn(5, 3), "b1": np.zeros((5, 1)), "W2": RNG.randn(1, 5), "b2": np.zeros((1, 1))
}  # fmt: skip


def test_few_gradients_show_any_nan():
    """A nan in db is a nan in the dW of its layer, so only dW is watched."""
    program = program_of(net, PARAMETERS, X, Y[:1])
    fast = quick(program)
    assert len(fast.watched) == 4
    shapes = [v.shape for v in to_watch(fast)]
    assert sorted(shapes) == [(1, 5), (5, 3)]


def test_a_guard_is_nan_if_a_gradient_is():
    """The second guard is nan if a logarithm of exp overflowed."""
    program = program_of(net, PARAMETERS, X, Y[:1])
    guarded, nan = with_nan_guard(quick(program))
    guarded, overflow = with_overflow_guard(guarded)
    watched = guarded.replace(outputs=[guard.value for guard in (*nan, *overflow)])
    values = [*PARAMETERS.values(), X, Y[:1]]
    assert all(np.isfinite(watched.run(*values)))
    with np.errstate(all="ignore"):
        assert np.isnan(watched.run(*values[:4], X * np.nan, Y[:1])[0])
        far = [values[0], values[1] + 1e3, np.full((1, 5), -1e3), *values[3:]]
        assert np.isnan(watched.run(*far)[1])


def test_a_nan_shows_in_the_states_of_a_descent():
    """A sum passes a nan on; np.where may hide it."""
    program = program_of(net, PARAMETERS, X, Y[:1])
    fast = quick(program)
    pairs = list(zip(fast.inputs, fast.outputs[:4], strict=False))
    assert shows_in_states(fast, pairs)

    def hiding(p, X, Y):
        g = ag.grad(lambda p: course_cost(p["W2"] @ X, Y))(p)
        return {"W2": p["W2"] - np.where(g["W2"] == g["W2"], g["W2"], 0)}

    program = program_of(hiding, {"W2": RNG.randn(1, 3)}, X, Y[:1])
    fast = quick(program)
    assert not shows_in_states(fast, [(fast.inputs[0], fast.outputs[0])])


# Source


def test_no_string_of_the_users_is_executed():
    """Keys of dicts and names of keywords stand in no generated file; they are passed as objects."""
    bad = """x'"\\n\"\"\" + __import__('os').abort() #"""

    class Key(str):
        def __repr__(self):
            return "__import__('os').abort()"

    def f(p, **more):
        total = sum(p.values()) + sum(more.values())
        return {**{k: total for k in p}, "sum": total}

    f.__name__ = bad
    step = ag.compile(f)
    p = {bad: X, Key("k"): 2 * X, ("a", 1): 3 * X}
    for _ in range(2):
        result = step(p, **{bad: X})
        assert list(result) == [*p, "sum"]
        assert_allclose(result["sum"], 7 * X)
    assert "abort()" not in step.source.split('"""')[2]
    last, _ = ag.iterate(lambda p: {k: a / 2 for k, a in p.items()}, p, 3)
    assert_allclose(last[bad], X / 8)


def test_keywords_are_told_apart_by_name():
    """Keywords of the same dtypes but other names are another version."""
    step = ag.compile(lambda x, **more: x * more.get("by", 1) + more.get("plus", 0))
    assert_allclose(step(X, by=3.0), 3 * X)
    assert_allclose(step(X, plus=3.0), X + 3)
    assert_allclose(step(X, plus=1.0, by=3.0), 3 * X + 1)
    assert_allclose(step(X, by=3.0, plus=1.0), 3 * X + 1)
