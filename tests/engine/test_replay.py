"""A graph that comes again is swept by a plan: the same gradients, or no plan at all."""

import functools
import gc
import threading
from collections.abc import Callable
from typing import Any

import dask.array
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine import replay
from autograd_lite.engine.graph import modes
from support.oracle import complex_step

OFTEN = 2 * replay.ROUNDS


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins without plans."""
    monkeypatch.setattr(replay, "_plans", {})
    monkeypatch.setattr(replay, "_rounds", {})


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every sweep that a plan does."""
    done: list[int] = []
    make = replay.plan

    def noting(*graph: Any) -> replay.Plan:
        made = make(*graph)

        def run(known: Any, g: Any) -> Any:
            done.append(len(known))
            return made.replay(known, g)

        return made._replace(replay=run)

    monkeypatch.setattr(replay, "plan", noting)
    return done


def network(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, xp: Any = np) -> Any:
    """Return the course's cost of a 2-layer network."""
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / X.shape[1]


def arguments(seed: int, n: int = 3, h: int = 4, m: int = 5) -> list[Any]:
    """Parameters and data of a network."""
    rng = np.random.default_rng(seed)
    shapes = [(h, n), (h, 1), (1, h), (1, 1), (n, m)]
    return [rng.normal(size=s) for s in shapes] + [(rng.random((1, m)) < 0.5).astype(float)]


def slopes(f: Callable[..., Any], *args: Any) -> list[Any]:
    """Return the gradient of f by a backward through a graph of variables."""
    variables = [ag.Tensor(a, requires_grad=True) for a in args]
    f(*variables).backward()
    return [v.grad for v in variables]


def learn(f: Callable[..., Any], *args: Any) -> None:
    """Come by so often that there is a plan."""
    for _ in range(replay.ROUNDS):
        slopes(f, *args)


def close(got: Any, want: Any) -> None:
    """Equal to 13 digits, for lists of arrays."""
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14, strict=True)


def test_gradients_are_those_of_complex_step(replays):
    """Also with other numbers and other sizes than those the plan was made with."""
    for seed in range(OFTEN):
        args = arguments(seed, n=1 + seed % 3, h=2 + seed % 4, m=3 + seed % 5)
        got = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        want = complex_step(network, args, [True] * 4 + [False] * 2)[0]
        np.testing.assert_allclose(
            np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-12, atol=1e-14
        )
        assert [d.shape for d in got] == [a.shape for a in args[:4]]
    assert len(replays) == OFTEN - replay.ROUNDS


def test_value_and_grad_replays_too(replays):
    """Through the functions of the public face."""
    f = ag.value_and_grad(network, argnums=(0, 1, 2, 3))
    for seed in range(OFTEN):
        args = arguments(seed)
        J, got = f(*args)
        want = complex_step(network, args, [True] * 4 + [False] * 2)[0]
        np.testing.assert_allclose(np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-11)
        np.testing.assert_allclose(J, network(*args))
    assert len(replays) == OFTEN - replay.ROUNDS


def test_every_bit_is_that_of_the_sweep(monkeypatch):
    """So that a training that is resumed gives the same numbers."""
    args = arguments(1)
    learn(lambda *p: network(*p, *args[4:]), *args[:4])
    for seed in range(5):
        args = arguments(seed)
        by_plan = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        with monkeypatch.context() as without:
            without.setattr(replay, "_plans", {})
            by_sweep = slopes(lambda *p: network(*p, *args[4:]), *args[:4])  # noqa: B023
        for a, b in zip(by_plan, by_sweep, strict=True):
            assert a.tobytes() == b.tobytes()


def test_other_functions_tied_the_same_way(replays):
    """cos where sin was."""
    x = np.array([0.5, 1.0])
    learn(lambda a: np.sum(np.sin(a) * a), x)
    close(slopes(lambda a: np.sum(np.cos(a) * a), x), [np.cos(x) - x * np.sin(x)])
    assert not replays


def test_what_was_two_variables_may_be_one(replays):
    """x * y with y = x: its derivative is 2 x, though the rules are those of x * y."""
    x, y = np.array([2.0, 3.0]), np.array([5.0, 7.0])
    learn(lambda a, b: np.sum(a * b), x, y)
    close(slopes(lambda a, b: np.sum(a * b), x, y), [y, x])
    assert replays == [4]
    close(slopes(lambda a: np.sum(a * a), x), [2 * x])
    assert replays == [4]


def test_what_was_one_intermediate_may_be_two(replays):
    """exp(x) + exp(x) of one call of exp, and of two."""
    x = np.array([0.5, 1.0])

    def once(a: Any) -> Any:
        e = np.exp(a)
        return np.sum(e * e)

    learn(once, x)
    close(slopes(lambda a: np.sum(np.exp(a) * np.exp(a)), x), [2 * np.exp(2 * x)])
    assert not replays
    learn(lambda a: np.sum(np.exp(a) * np.exp(a)), x)
    replays.clear()
    close(slopes(once, x), [2 * np.exp(2 * x)])
    assert replays == [4]


def test_the_same_calls_tied_otherwise(replays):
    """sin(cos(x)) * y is not sin(y) * cos(x): the rules alone do not make a graph."""
    x, y = np.array(0.3), np.array(0.4)
    learn(lambda a, b: np.sin(np.cos(a)) * b, x, y)
    close(slopes(lambda a, b: np.sin(b) * np.cos(a), x, y),
          [-np.sin(y) * np.sin(x), np.cos(y) * np.cos(x)])  # fmt: skip
    assert not replays


def test_a_constant_in_place_of_a_variable(replays):
    """And the other way round."""
    x, c = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    learn(lambda a: np.sum(a * c), x)
    close(slopes(lambda a, b: np.sum(a * b), x, c), [c, x])
    assert not replays
    learn(lambda a, b: np.sum(a * b), x, c)
    replays.clear()
    close(slopes(lambda a: np.sum(c * a), x), [c])
    assert not replays


def test_other_shapes_and_types(replays):
    """Broadcasting is undone, and single precision kept, as the arrays at hand ask for."""
    learn(lambda a, b: np.sum(a * b), np.ones((3, 2)), np.ones((3, 2)))
    a, b = np.arange(6.0).reshape(3, 2), np.array([5.0, 7.0])
    close(slopes(lambda a, b: np.sum(a * b), a, b), [np.broadcast_to(b, (3, 2)), a.sum(0)])
    a, b = a.astype(np.float32), np.array([[5.0, 7.0]])
    close(slopes(lambda a, b: np.sum(a * b), a, b),
          [np.broadcast_to(b, (3, 2)).astype(np.float32), a.sum(0, keepdims=True, dtype=float)])  # fmt: skip
    close(
        slopes(lambda a, b: np.sum(a * b), np.float64(2), np.float64(3)), map(np.array, (3.0, 2.0))
    )
    assert len(replays) == 3


def test_hooks_and_wanted_gradients_are_not_forgotten(replays):
    """A hook, retain_grad or a name on any call or variable: swept."""
    x = np.array([1.0, 2.0])
    learn(lambda a: np.sum(np.exp(a)), x)
    t = ag.Tensor(x, requires_grad=True)
    t.register_hook(lambda g: 3 * g)
    np.sum(np.exp(t)).backward()
    close([t.grad], [3 * np.exp(x)])
    t = ag.Tensor(x, requires_grad=True)
    e = np.exp(t)
    e.retain_grad()
    np.sum(e).backward()
    close([t.grad, e.grad], [np.exp(x), np.ones(2)])
    assert not replays


def test_gradients_add_up_and_can_be_asked_for_twice():
    """retain_graph, and what was in `grad` before."""
    x = np.array([1.0, 2.0])
    learn(lambda a: np.sum(np.exp(a)), x)
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
    learn(lambda a: np.sum(double(a)), x)
    close(slopes(lambda a: np.sum(double(a)), x), [np.full(2, 2.0)])
    ag.rule(double, lambda g, y, x: g * 5, replace=True)
    close(slopes(lambda a: np.sum(double(a)), x), [np.full(2, 5.0)])


def test_a_write_under_the_graph_is_found():
    """By a plan as by the sweep."""
    x = np.array([1.0, 2.0])
    c = np.array([3.0, 4.0])
    learn(lambda a: np.sum(a * c), x)
    t = ag.Tensor(x, requires_grad=True)
    J = np.sum(t * c)
    c[0] = 7.0
    with pytest.raises(ag.GraphError, match="written to"):
        J.backward()


def test_a_branch_not_taken_stays_quiet(replays):
    """Zero times infinity, once the plan is there: the sweep takes over."""
    learn(lambda a: np.sum(np.where(a > 0, np.log(a), 0.0)), np.array([1.0, 2.0]))
    with np.errstate(all="ignore"):
        got = slopes(lambda a: np.sum(np.where(a > 0, np.log(a), 0.0)), np.array([0.0, 2.0]))
    close(got, [np.array([0.0, 0.5])])
    assert len(replays) == 1


def test_empty_arrays(replays):
    """No largest number, and no nan either."""
    learn(lambda a, b: np.sum(a * 2) + np.sum(b), np.ones(3), np.ones(2))
    f = lambda a, b: np.sum(a * 2) + np.sum(b)
    close(slopes(f, np.ones(0), np.ones(2)), [np.zeros(0), np.ones(2)])
    assert len(replays) == 1


def test_only_the_arguments_get_a_gradient(replays):
    """A Tensor in a closure is a constant for grad, though the graph leads to it."""
    W = ag.Tensor(np.array([2.0, 3.0]), requires_grad=True)
    x = np.array([5.0, 7.0])
    for _ in range(replay.ROUNDS + 3):
        np.sum(W * ag.Tensor(x, requires_grad=True)).backward()
    assert len(replays) == 3
    W.grad = None
    for _ in range(replay.ROUNDS + 3):
        close([ag.grad(lambda a: np.sum(W * a))(x)], [W.data])
    assert W.grad is None
    assert len(replays) == 3
    assert sum(map(len, replay._plans.values())) == 1


def test_what_a_variable_gets_is_its_own():
    """A gradient that is written into changes nobody else's."""
    x, y = np.ones(3), np.ones(3)
    learn(lambda a, b: np.sum(a + b), x, y)
    d, e = slopes(lambda a, b: np.sum(a + b), x, y)
    d[:] = 9
    close([e], [np.ones(3)])


def test_options_of_a_call_are_those_of_this_call(replays):
    """axis=0 then, axis=1 now."""
    x = np.arange(6.0).reshape(2, 3)
    for axis in [0] * replay.ROUNDS + [1]:
        got = slopes(lambda a: np.sum(np.max(a, axis=axis, keepdims=True) ** 2), x)  # noqa: B023
    close(got, [np.array([[0.0, 0, 4], [0, 0, 10]])])
    assert len(replays) == 1


def test_options_where_there_were_none(replays):
    """axis=0 now, and the largest of all numbers before."""
    x = np.arange(6.0).reshape(2, 3)
    learn(lambda a: np.sum(np.max(a) ** 2), x)
    close(
        slopes(lambda a: np.sum(np.max(a, axis=0) ** 2), x), [np.array([[0.0, 0, 0], [6, 8, 10]])]
    )
    assert not replays


def test_second_derivatives_are_recorded():
    """create_graph: a plan works on plain arrays, so it is not for that."""
    x = np.array([1.0, 2.0])
    learn(lambda a: np.sum(np.exp(a)), x)
    t = ag.Tensor(x, requires_grad=True)
    np.sum(np.exp(t)).backward(create_graph=True)
    first, t.grad = t.grad, None
    np.sum(first * first).backward()
    close([t.grad], [2 * np.exp(2 * x)])


def test_detect_anomaly_looks_at_every_step():
    """The first infinity is named, though there is a plan."""
    learn(lambda a: np.sum(np.sqrt(a)), np.array([1.0, 4.0]))
    J = np.sum(np.sqrt(ag.Tensor([0.0, 4.0], requires_grad=True)))
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match="sqrt"):
        J.backward()


def test_who_watches_gradients_sees_them(monkeypatch):
    """As the explorer does, and the compiler when it names them."""
    learn(lambda a: np.sum(np.exp(a)), np.ones(2))
    J = np.sum(np.exp(ag.Tensor(np.ones(2), requires_grad=True)))
    seen: list[Any] = []
    monkeypatch.setattr(modes, "observer", lambda node, g: seen.append(g))
    J.backward()
    close(seen, [np.float64(1.0), np.ones(2), np.exp(np.ones(2))])


def test_infinite_slopes_come_without_a_warning(replays):
    """Warnings are errors here."""
    learn(lambda a: np.sum(np.sqrt(a)), np.array([1.0, 4.0]))
    close(slopes(lambda a: np.sum(np.sqrt(a)), np.array([0.0, 4.0])), [np.array([np.inf, 0.25])])
    assert len(replays) == 1


def test_forward_mode_prunes_its_graph():
    """Calls that no gradient passes are taken out; what is left is not a whole graph."""
    x = np.array([1.0, 2.0])
    for _ in range(OFTEN):
        got = ag.jacobian(lambda a: np.exp(a) * 3.0, mode="forward")(x)
    close([got], [np.diag(3 * np.exp(x))])


def test_dask_arrays_are_swept():
    """Nobody knows whether a number that is not computed yet is a nan."""
    lazy = dask.array
    f = lambda a: np.sum(np.where(a > 0, np.log(a), 0.0))
    learn(f, np.array([1.0, 2.0]))
    t = ag.Tensor(lazy.from_array(np.array([0.0, 2.0])), requires_grad=True)
    f(t).backward()
    with np.errstate(all="ignore"):  # the logarithm of 0, on the way there
        close([t.grad.compute()], [np.array([0.0, 0.5])])


def test_a_warning_names_the_user_s_line(replays):
    """Not the plan's."""
    add = lambda a, b: np.sum((a - b) ** 2)
    learn(add, np.ones((1, 1)), np.ones(1))
    with pytest.warns(ag.LearnerWarning) as told:
        slopes(add, np.ones((4, 1)), np.ones(4))
    assert replays
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.sum(np.maximum(a, 0.0)),  # other derivatives where one argument has one
        lambda a: np.sum(np.concatenate([a, a])),  # any number of arguments
        lambda a: sum(np.split(a, 2))[0],  # several outputs
        lambda a: np.sum(a[:1]),  # pieces of one array
        lambda a: np.sum(named(np.exp(a))),
        lambda a: np.sum(functools.reduce(lambda b, _: np.sin(b), range(replay.LARGEST), a)),
    ],
)
def test_no_plan(f):
    """Some graphs are swept by other means, or are too long."""
    x = np.array([0.0, 2.0])
    want = slopes(f, x)
    learn(f, x)
    close(slopes(f, x), want)
    assert not replay._plans


def named(t: Any) -> Any:
    """Return the same variable, with a name."""
    t.name = "A"
    return t


def test_what_no_plan_fits_is_written_down_ever_less_often(monkeypatch):
    """A plan costs more than a sweep."""
    made: list[int] = []
    never = replay.Plan(lambda n: None, lambda nodes, g: {}, ())
    monkeypatch.setattr(replay, "plan", lambda nodes, number: made.append(len(nodes)) or never)
    for _ in range(5 * replay.ROUNDS):
        slopes(lambda a: np.sum(a), np.ones(2))
    assert len(made) == 3  # after 1, 2 and 4 times ROUNDS


def test_a_plan_that_goes_leaves_nothing():
    """It is no cycle that only the collector could take away."""
    learn(lambda a: np.sum(a), np.ones(2))
    gc.collect()
    replay._plans.clear()
    assert gc.collect() == 0


def test_plans_do_not_pile_up():
    """Not for graphs that never come again, and not for those that end alike."""
    x = np.ones(2)
    for depth in range(2 * replay.KEPT):

        def f(a: Any, depth: int = depth) -> Any:
            for _ in range(depth):
                a = np.sin(a)
            return np.sum(a)

        learn(f, x)
    assert sum(map(len, replay._plans.values())) <= replay.KEPT
    replay._rounds.update({(None,) * n: 1 for n in range(1, 1100)})
    slopes(lambda a: np.sum(a), x)
    assert len(replay._rounds) == 1


def test_threads_share_plans():
    """Eight threads that find and make plans at once."""
    args = arguments(0)
    (want,) = complex_step(network, args, [True] * 4 + [False] * 2)
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(3 * replay.ROUNDS):
            got = slopes(lambda *p: network(*p, *args[4:]), *args[:4])
            if not np.allclose(np.concatenate([np.ravel(d) for d in got]), want, rtol=1e-11):
                wrong.append(got)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
