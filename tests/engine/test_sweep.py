"""The sweep, lean and full: gradients of graphs of every kind, in every mode, on every thread.

First-order gradients of all leaves take a lean loop, everything else the full one. Each test that
can runs with both.
"""

import functools
import gc
import threading
from collections.abc import Callable
from typing import Any

import dask.array
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine import backward
from autograd_lite.engine.modes import observing
from support.oracle import complex_step


@pytest.fixture(params=["lean", "full"])
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both loops of the sweep; the lean one is seen to run."""
    kind: str = request.param
    if kind == "full":
        monkeypatch.setattr(backward, "lean_sweep", backward.sweep)
    return kind


@pytest.fixture
def lean_sweeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every graph that the lean loop sweeps."""
    done: list[int] = []
    lean = backward.lean_sweep
    monkeypatch.setattr(
        backward, "lean_sweep", lambda nodes, g: done.append(len(nodes)) or lean(nodes, g)
    )
    return done


def network(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, xp: Any = np) -> Any:
    """Return the course's cost of a 2-layer network."""
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / X.shape[1]


def arguments(seed: int, n: int = 3, h: int = 4, m: int = 5) -> list[Any]:
    """Return parameters and data of a network."""
    rng = np.random.default_rng(seed)
    shapes = [(h, n), (h, 1), (1, h), (1, 1), (n, m)]
    return [rng.normal(size=s) for s in shapes] + [(rng.random((1, m)) < 0.5).astype(float)]


def slopes(f: Callable[..., Any], *args: Any) -> list[Any]:
    """Return the gradient of f by a backward through a graph of variables."""
    variables = [ag.Tensor(a, requires_grad=True) for a in args]
    f(*variables).backward()
    return [v.grad for v in variables]


def close(got: Any, want: Any) -> None:
    """Check that lists of arrays agree to 13 digits."""
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14, strict=True)


def test_gradients_are_those_of_complex_step(loop):
    """For networks of many sizes."""
    for seed in range(12):
        args = arguments(seed, n=1 + seed % 3, h=2 + seed % 4, m=3 + seed % 5)
        got = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        want = complex_step(network, args, [True] * 4 + [False] * 2)[0]
        np.testing.assert_allclose(
            np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-12, atol=1e-14
        )
        assert [d.shape for d in got] == [a.shape for a in args[:4]]


def test_value_and_grad(loop):
    """Through the functions of the public face."""
    f = ag.value_and_grad(network, argnums=(0, 1, 2, 3))
    for seed in range(12):
        args = arguments(seed)
        J, got = f(*args)
        want = complex_step(network, args, [True] * 4 + [False] * 2)[0]
        np.testing.assert_allclose(np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-11)
        np.testing.assert_allclose(J, network(*args))


def test_both_loops_agree_to_the_bit(lean_sweeps):
    """So that it does not matter which of them a mode or a hook asks for."""
    for seed in range(5):
        args = arguments(seed)
        by_lean = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        with ag.trace_lines():
            by_full = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        for a, b in zip(by_lean, by_full, strict=True):
            assert a.tobytes() == b.tobytes()
    assert len(lean_sweeps) == 5


def test_a_variable_that_is_used_twice(loop):
    """Its gradients add up."""
    x = np.array([0.5, 1.0])
    close(slopes(lambda a: np.sum(np.cos(a) * a), x), [np.cos(x) - x * np.sin(x)])


def test_two_variables_or_one_twice(loop):
    """x * y with y = x: its derivative is 2 x, though the rules are those of x * y."""
    x, y = np.array([2.0, 3.0]), np.array([5.0, 7.0])
    close(slopes(lambda a, b: np.sum(a * b), x, y), [y, x])
    close(slopes(lambda a: np.sum(a * a), x), [2 * x])


def test_one_intermediate_or_two(loop):
    """exp(x) + exp(x) of one call of exp, and of two."""
    x = np.array([0.5, 1.0])

    def once(a: Any) -> Any:
        e = np.exp(a)
        return np.sum(e * e)

    close(slopes(lambda a: np.sum(np.exp(a) * np.exp(a)), x), [2 * np.exp(2 * x)])
    close(slopes(once, x), [2 * np.exp(2 * x)])


def test_chains_of_calls(loop):
    """The product rule on sin(y) * cos(x)."""
    x, y = np.array(0.3), np.array(0.4)
    close(slopes(lambda a, b: np.sin(b) * np.cos(a), x, y),
          [-np.sin(y) * np.sin(x), np.cos(y) * np.cos(x)])  # fmt: skip


def test_constants_and_variables(loop):
    """A constant gets no gradient, on either side."""
    x, c = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    close(slopes(lambda a, b: np.sum(a * b), x, c), [c, x])
    close(slopes(lambda a: np.sum(c * a), x), [c])


def test_other_shapes_and_types(loop):
    """Broadcasting is undone, and single precision kept, as the arrays at hand ask for."""
    a, b = np.arange(6.0).reshape(3, 2), np.array([5.0, 7.0])
    close(slopes(lambda a, b: np.sum(a * b), a, b), [np.broadcast_to(b, (3, 2)), a.sum(0)])
    a, b = a.astype(np.float32), np.array([[5.0, 7.0]])
    close(slopes(lambda a, b: np.sum(a * b), a, b),
          [np.broadcast_to(b, (3, 2)).astype(np.float32), a.sum(0, keepdims=True, dtype=float)])  # fmt: skip
    close(
        slopes(lambda a, b: np.sum(a * b), np.float64(2), np.float64(3)), map(np.array, (3.0, 2.0))
    )


def test_hooks_and_wanted_gradients_are_not_forgotten(loop):
    """A hook on a variable, and retain_grad on a result."""
    x = np.array([1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    t.register_hook(lambda g: 3 * g)
    np.sum(np.exp(t)).backward()
    close([t.grad], [3 * np.exp(x)])
    t = ag.Tensor(x, requires_grad=True)
    e = np.exp(t)
    e.retain_grad()
    np.sum(e).backward()
    close([t.grad, e.grad], [np.exp(x), np.ones(2)])


def test_gradients_add_up_and_can_be_asked_for_twice():
    """retain_graph, and what was in `grad` before."""
    x = np.array([1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    J = np.sum(np.exp(t))
    J.backward(retain_graph=True)
    first = t.grad
    J.backward()
    close([first, t.grad], [np.exp(x), 2 * np.exp(x)])
    with pytest.raises(ag.GraphError, match="second time"):
        J.backward()


def test_a_rule_that_is_replaced_takes_effect():
    """Nobody gets the derivative of yesterday."""

    @ag.primitive(lambda g, y, x: g * 2)
    def double(x):
        return 2 * x

    x = np.array([1.0, 2.0])
    close(slopes(lambda a: np.sum(double(a)), x), [np.full(2, 2.0)])
    ag.rule(double, lambda g, y, x: g * 5, replace=True)
    close(slopes(lambda a: np.sum(double(a)), x), [np.full(2, 5.0)])


def test_a_write_under_the_graph_is_found(loop):
    """By both loops."""
    x = np.array([1.0, 2.0])
    c = np.array([3.0, 4.0])
    t = ag.Tensor(x, requires_grad=True)
    J = np.sum(t * c)
    c[0] = 7.0
    with pytest.raises(ag.GraphError, match="written to"):
        J.backward()


def test_a_branch_not_taken_stays_quiet(loop):
    """Zero times infinity: the full sweep repairs the nan of either loop."""
    with np.errstate(all="ignore"):
        got = slopes(lambda a: np.sum(np.where(a > 0, np.log(a), 0.0)), np.array([0.0, 2.0]))
    close(got, [np.array([0.0, 0.5])])


def test_empty_arrays(loop):
    """No largest number, and no nan either."""
    f = lambda a, b: np.sum(a * 2) + np.sum(b)
    close(slopes(f, np.ones(0), np.ones(2)), [np.zeros(0), np.ones(2)])


def test_only_the_arguments_get_a_gradient(lean_sweeps):
    """A Tensor in a closure is a constant for grad, though the graph leads to it."""
    W = ag.Tensor(np.array([2.0, 3.0]), requires_grad=True)
    x = np.array([5.0, 7.0])
    np.sum(W * ag.Tensor(x, requires_grad=True)).backward()
    assert len(lean_sweeps) == 1
    W.grad = None
    close([ag.grad(lambda a: np.sum(W * a))(x)], [W.data])
    assert W.grad is None
    assert len(lean_sweeps) == 1
    close([ag.grad(lambda a: np.sum(a * a))(x)], [2 * x])
    assert len(lean_sweeps) == 2


def test_what_a_variable_gets_is_its_own(loop):
    """A gradient that is written into changes nobody else's."""
    x, y = np.ones(3), np.ones(3)
    d, e = slopes(lambda a, b: np.sum(a + b), x, y)
    d[:] = 9
    close([e], [np.ones(3)])


def test_options_of_a_call_are_those_of_this_call(loop):
    """axis=0 then, axis=1 now."""
    x = np.arange(6.0).reshape(2, 3)
    for axis in (0, 1):
        got = slopes(lambda a: np.sum(np.max(a, axis=axis, keepdims=True) ** 2), x)  # noqa: B023
    close(got, [np.array([[0.0, 0, 4], [0, 0, 10]])])


def test_options_of_a_maximum(loop):
    """axis=0 now, and the largest of all numbers before."""
    x = np.arange(6.0).reshape(2, 3)
    close(
        slopes(lambda a: np.sum(np.max(a, axis=0) ** 2), x), [np.array([[0.0, 0, 0], [6, 8, 10]])]
    )


def test_second_derivatives_are_recorded():
    """create_graph: the lean loop works on plain arrays, so it is not for that."""
    x = np.array([1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    np.sum(np.exp(t)).backward(create_graph=True)
    first, t.grad = t.grad, None
    np.sum(first * first).backward()
    close([t.grad], [2 * np.exp(2 * x)])


def test_detect_anomaly_looks_at_every_step():
    """The first infinity is named."""
    J = np.sum(np.sqrt(ag.Tensor([0.0, 4.0], requires_grad=True)))
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match="sqrt"):
        J.backward()


def test_observers_get_each_gradient():
    """As the explorer does, and the compiler when it names them."""
    J = np.sum(np.exp(ag.Tensor(np.ones(2), requires_grad=True)))
    seen: list[Any] = []
    with observing(lambda node, g: seen.append(g)):
        J.backward()
    close(seen, [np.float64(1.0), np.ones(2), np.exp(np.ones(2))])


def test_infinite_slopes_come_without_a_warning(loop):
    """Warnings are errors here."""
    close(slopes(lambda a: np.sum(np.sqrt(a)), np.array([0.0, 4.0])), [np.array([np.inf, 0.25])])


def test_forward_mode_prunes_its_graph():
    """Calls that no gradient passes are taken out; what is left is not a whole graph."""
    x = np.array([1.0, 2.0])
    got = ag.jacobian(lambda a: np.exp(a) * 3.0, mode="forward")(x)
    close([got], [np.diag(3 * np.exp(x))])


def test_dask_arrays_are_swept():
    """Nobody knows whether a number that is not computed yet is a nan."""
    lazy = dask.array
    f = lambda a: np.sum(np.where(a > 0, np.log(a), 0.0))
    t = ag.Tensor(lazy.from_array(np.array([0.0, 2.0])), requires_grad=True)
    f(t).backward()
    with np.errstate(all="ignore"):  # the logarithm of 0, on the way there
        close([t.grad.compute()], [np.array([0.0, 0.5])])


def test_a_warning_names_the_user_s_line(loop):
    """It points at the call of backward."""
    add = lambda a, b: np.sum((a - b) ** 2)
    with pytest.warns(ag.LearnerWarning) as told:
        slopes(add, np.ones((4, 1)), np.ones(4))
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    ("f", "want"),
    [
        # other derivatives if one argument has one
        (lambda a: np.sum(np.maximum(a, 0.0)), [0, 1]),
        (lambda a: np.sum(np.concatenate([a, a * 2])), [3, 3]),  # any number of arguments
        (lambda a: sum(np.split(a, 2))[0], [1, 1]),  # several outputs
        (lambda a: np.sum(a[:1]) + a[1] * a[1], [1, 4]),  # pieces of one array
        (lambda a: np.sum(named(np.exp(a))), [1, np.exp(2.0)]),
        (lambda a: np.sum(functools.reduce(lambda b, _: b * 1.01, range(200), a)), [1.01**200] * 2),
        (lambda a: np.sum(a * a[::-1]), [4, 0]),  # a whole and a piece of it
    ],
)
def test_calls_of_other_kinds(f, want, loop):
    """The lean loop hands them to the full one."""
    close(slopes(f, np.array([0.0, 2.0])), [np.array(want, dtype=float)])


def named(t: Any) -> Any:
    """Return the same Tensor, with a name."""
    t.name = "A"
    return t


def test_a_sweep_leaves_no_cycles(loop):
    """Its memory goes without the collector."""
    args = arguments(0)
    slopes(lambda *p: network(*p, *args[4:]), *args[:4])
    gc.collect()
    for _ in range(3):
        slopes(lambda *p: network(*p, *args[4:]), *args[:4])
    assert gc.collect() == 0


def test_threads_sweep_at_once(loop):
    """Eight threads, each with a graph of its own."""
    args = arguments(0)
    (want,) = complex_step(network, args, [True] * 4 + [False] * 2)
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(100):
            got = slopes(lambda *p: network(*p, *args[4:]), *args[:4])
            if not np.allclose(np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-11):
                wrong.append(got)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_threads_sweep_one_graph(loop):
    """retain_graph: eight threads sweep the same nodes at once, and all gradients add up."""
    x = np.array([1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    J = np.sum(np.exp(t) * t)
    threads = [threading.Thread(target=lambda: J.backward(retain_graph=True)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close([t.grad], [8 * np.exp(x) * (1 + x)])
