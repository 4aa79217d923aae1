"""check_grads: it finds what is wrong, says where, and is silent about what is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import GradientMismatch, Tensor, check_grads
from autograd_lite.check.differences import Ladder

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 3))


def cube(slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """x ** 3, with the derivative that is claimed for it."""

    @ag.primitive(lambda g, y, x: g * slope(x))
    def cube(x):
        return x * x * x

    return cube


RIGHT = cube(lambda x: 3 * x * x)


def message(f, *args, **options):
    """Return what is said about a wrong gradient."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, *args, **options)
    return str(caught.value)


# Right rules


@pytest.mark.parametrize("seed", range(5))
def test_no_false_alarm_on_a_network(seed):
    """The course's net with a hidden layer, in a dict, to second order."""
    random = np.random.default_rng(seed)
    inputs, labels = random.normal(size=(2, 30)), random.random((1, 30)) > 0.5

    def cost(p):
        hidden = np.tanh(p["W1"] @ inputs + p["b1"])
        output = ag.sigmoid(p["W2"] @ hidden + p["b2"])
        return -np.mean(labels * np.log(output) + (1 - labels) * np.log(1 - output))

    p = {
        "W1": random.normal(size=(4, 2)),
        "b1": np.zeros((4, 1)),
        "W2": random.normal(size=(1, 4)),
        "b2": np.zeros((1, 1)),
    }
    report = check_grads(cost, p)
    assert report.ok
    assert {one.verdict for one in report.findings} == {"right"}
    assert {one.how for one in report.findings if one.order == 1} == {"complex step"}
    assert max(one.relative_error for one in report.findings if one.order == 1) < 1e-12
    assert "p['W1']   (4, 2)  8" in str(report)


ORDINARY = {
    "tanh": np.tanh,
    "relu": ag.relu,
    "abs": np.abs,
    "maximum": lambda x: np.maximum(x, 0.1),
    "softplus": ag.softplus,
    "logsumexp": ag.logsumexp,
    "softmax": ag.softmax,
    "max": np.max,
    "sort of min": lambda x: np.min(x, axis=0),
    "where": lambda x: np.where(x > 0, np.exp(x), x),
    "power": lambda x: (x * x + 0.1) ** 1.5,
    "getitem": lambda x: x[..., ::-1] * x,
    "matmul": lambda x: x @ x.T,
    "several": lambda x: {"a": x * x, "b": [np.sum(x), 3, "text"]},
    "far from 1": lambda x: np.sum(1e9 * x * x),
    "cancelling": lambda x: np.sum((1e6 + np.sin(x)) - 1e6),
    "constant": lambda x: 3.0,
    "many": lambda x: np.concatenate([np.sin(k * x) for k in range(12)]),
    "linear": np.sum,
}


@pytest.mark.parametrize("name", ORDINARY)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-3, 1.0, 30.0]))
@example(seed=2, scale=30.0)  # saturated, so that second derivatives are all rounding
def test_no_false_alarm_at_ordinary_points(name, seed, scale):
    """Smooth and piecewise functions at random points of several sizes."""
    x = scale * np.random.default_rng(seed).normal(size=(2, 3))
    assert check_grads(ORDINARY[name], x).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_lower_precision_is_promoted_and_said_so(dtype):
    """The check itself runs in double precision."""
    report = check_grads(lambda x: np.sum(np.tanh(x)), X.astype(dtype))
    assert np.dtype(dtype).name in str(report)
    assert report.worst.relative_error < 1e-6


def test_a_function_that_rounds_inside_is_no_error():
    """Differences of a function computed in float32 are noisy, and known to be."""
    f = lambda x: np.sum(np.sin(x.astype(np.float32)).astype(float))
    assert check_grads(f, X, order=1, rtol=1e-4).ok


def test_tensors_stay_tensors():
    """f is called with Tensors where Tensors were given, variables or not."""

    def f(x, y):
        assert type(x) is Tensor
        return np.sum(x * x * y)

    assert check_grads(f, Tensor(X, requires_grad=True), X).ok


def test_complex_numbers():
    """Both parts of every number are moved; both parts of every result are compared."""
    z = X + 1j * X[::-1]
    report = check_grads(lambda z: z * z * np.conj(z), z)
    assert report.ok
    assert any("imaginary" in one.where for one in report.findings)
    wrong = ag.primitive(lambda g, y, z: g * 2 * np.conj(z))(lambda z: z * z)
    assert "At fault" in message(wrong, z)


def test_large_arrays_are_sampled():
    """Some numbers, and one direction through all of them."""
    report = check_grads(lambda W: np.sum(np.sin(W)), RANDOM.normal(size=(50, 40)), elements=10)
    assert len(report.findings) == 2 * 11
    assert any(one.where == "W, a random direction" for one in report.findings)


def test_argnums_limits_what_is_checked():
    """The others are held constant, and so are integers."""
    report = check_grads(lambda a, n, b: a**n * b, 2.0, 3, 4.0, argnums=-1)
    assert {one.name for one in report.findings} == {"b"}
    assert {one.name for one in check_grads(lambda a, n, b: a**n * b, 2.0, 3, 4.0).findings} == {
        "a",
        "b",
    }


def test_a_rough_function_cannot_be_measured():
    """Its derivative changes within every step: no verdict, and no alarm."""
    weierstrass = lambda x: sum(0.6**k * np.cos(5.0**k * x) for k in range(20))
    report = check_grads(weierstrass, np.array([1.0, 2.0]), order=1)
    assert {one.verdict for one in report.findings} == {"right", "unclear"}
    assert "2 could not be measured" in str(report)


FUNCTIONS = [np.exp, np.sin, np.tanh, lambda t: 1e6 + np.sin(t), lambda t: 1 / (1.1 + t), np.cbrt]


@settings(max_examples=100, deadline=None)
@given(x=st.floats(0.1, 3), scale=st.sampled_from([1e-2, 1.0, 10.0]), of=st.sampled_from(FUNCTIONS))
def test_the_error_of_differences_is_known(x, scale, of):
    """The derivative is within three times the claimed error."""
    slope = Ladder(lambda t: np.array([of(x + t)]), lambda y: y.item(), scale).derivative()
    exact = ag.grad(of)(x)
    assert abs(slope.value - exact) <= 3 * slope.error
    resolution = np.spacing(abs(of(x))) / scale
    assert slope.error <= 1e-7 * abs(exact) + 1e5 * resolution


# Wrong rules


@pytest.mark.parametrize("factor", [1.001, 1 + 1e-5, -1.0, 0.0, 2.0, np.nan, np.inf])
def test_a_wrong_own_rule_is_found_and_named(factor):
    """However small the error is; the message names the rule, its argument and the user's line."""
    wrong = cube(lambda x: factor * 3 * x * x)
    text = message(lambda W, b: np.sum(np.tanh(wrong(W)) * b), X, X)
    assert "W[" in text
    assert "At fault: the rule of cube for its argument x, in the call cube on (2, 3)" in text
    assert "test_check.py, line" in text


@pytest.mark.parametrize("f", [np.linalg.eigvalsh, np.linalg.cholesky])
def test_a_function_of_one_triangle_is_explained(f):
    """By convention the gradient is that in a Hermitian matrix: no rule is accused of it."""
    S = X @ X.T + np.diag([1.0, 2.0])
    text = message(lambda a: np.sum(np.sin(f(a))), S)
    assert "No rule is at fault" in text
    assert "(a + a.T) / 2" in text
    assert check_grads(lambda a: np.sum(np.sin(f((a + a.T) / 2))), S).ok


def test_a_wrong_rule_of_one_triangle_is_named(monkeypatch):
    """The convention excuses nothing else."""
    from autograd_lite.rules.registry import RULES

    rule = RULES[np.linalg.cholesky]
    (right,) = rule.vjps
    monkeypatch.setattr(rule, "vjps", (lambda g, y, a, **k: 1.001 * right(g, y, a, **k),))
    text = message(np.linalg.cholesky, np.eye(2) + 1.0)
    assert "At fault: the rule of np.linalg.cholesky" in text


def test_the_wrong_number_is_shown():
    """The table gives the index, the value by rule, that by differences, and the relative error."""
    wrong = cube(lambda x: 3 * x * x * np.where(np.arange(6).reshape(2, 3) == 5, 1.5, 1.0))
    text = message(lambda p: np.sum(wrong(p["W"])), {"W": np.full((2, 3), 2.0), "b": 1.0}, order=1)
    line = next(line for line in text.splitlines() if "p['W'][1, 2]" in line)
    assert line.split()[-3:] == ["18", "12", "3.3e-01"]
    assert "1 of 7 are wrong" in text


def test_one_wrong_number_among_many_is_found_by_halving():
    """A direction through all numbers shows that there is one, halving shows where."""
    place = np.arange(5000).reshape(50, 100) == 4321
    wrong = cube(lambda x: 3 * x * x * np.where(place, 3.0, 1.0))
    text = message(lambda W: np.sum(wrong(W)), RANDOM.uniform(1, 2, size=(50, 100)), elements=5)
    assert "W[43, 21]" in text


def test_the_wrong_result_is_shown():
    """The report names the one of several results whose derivative is wrong."""
    wrong = cube(lambda x: 4 * x * x)
    text = message(lambda x: {"good": RIGHT(x), "bad": [x, wrong(x)]}, np.array([1.0, 2.0]))
    assert "x[0] of result['bad'][1][0]" in text
    assert "result['good']" not in text


def test_a_wrong_second_derivative_is_found():
    """The first is right; the rule computes with data taken out of the graph."""
    halted = cube(lambda x: 3 * getattr(x, "data", x) ** 2 if type(x) is Tensor else 3 * x * x)
    assert check_grads(halted, X, order=1).ok
    text = message(lambda x: np.sum(halted(x)), X)
    assert "for its argument x, differentiated 2 times" in text


def test_data_taken_out_of_the_graph_is_suspected():
    """Every rule is right, and the gradient is not."""
    f = lambda x: np.sum(np.sin(x.data if type(x) is Tensor else x) * x)
    assert "data taken out of the graph" in message(f, X)
    assert "No gradient reaches" in message(lambda x: np.sin(getattr(x, "_data", x)), X)


def test_another_value_on_tensors_is_found():
    """The function that is differentiated must be the one that is measured."""
    f = lambda x: x * (2.0 if type(x) is Tensor else 3.0)
    assert "on Tensors, but" in message(f, X)


def test_a_nonlinear_rule_is_found():
    """A rule that is not linear in g cannot be right at every order."""
    bad = ag.primitive(lambda g, y, x: np.sign(g) * 2 * x)(lambda x: x * x)
    message(lambda x: np.sum(3 * bad(x)), X)


def test_a_complex_step_that_misleads_is_not_believed():
    """np.abs forgets the imaginary part, so a complex step would call this rule right."""
    wrong = ag.primitive(lambda g, y, x: g * np.abs(x))(lambda x: np.abs(x) * x)
    assert "At fault" in message(wrong, X)
    assert check_grads(lambda x: np.abs(x) * x, X).ok


# Kinks


@pytest.mark.parametrize("f", [ag.relu, lambda x: 2 * ag.relu(x) - x, lambda x: np.maximum(0, x)])
def test_a_kink_is_told_from_an_error(f):
    """At 0 the sides differ; a value between them is a choice."""
    report = check_grads(f, np.array([0.0, 1.0, -1.0]), order=1)
    assert report.ok
    (kink,) = report.kinks
    assert kink.where == "x[0] of result[0]"
    assert "the rule's value lies between: not an error" in str(report)


def test_a_value_outside_the_kink_is_an_error():
    """abs with derivative 1.5 at 0 is wrong there."""
    bad = ag.primitive(lambda g, y, x: g * np.where(x == 0, 1.5, np.sign(x)))(lambda x: np.abs(x))
    assert "left -1, right 1; the rule's value lies outside" in message(bad, np.array([0.0, 1.0]))


def test_a_wrong_rule_near_a_kink_is_an_error():
    """Within the longest steps of a kink the short steps tell."""
    bad = ag.primitive(lambda g, y, x: g * 0.9 * (x > 0))(lambda x: x * (x > 0))
    assert check_grads(ag.relu, np.array([1e-5, 1.0])).ok
    assert "x[0]" in message(bad, np.array([1e-5, 1.0]))


def test_jumps_and_infinite_slopes_are_no_errors():
    """floor at an integer, the square root at 0."""
    report = check_grads(np.floor, np.array([1.0, 1.5]), order=1)
    assert report.ok
    assert [one.verdict for one in report.kinks] == ["jump"]
    report = check_grads(np.sqrt, np.array([0.0, 4.0]), order=1)
    assert report.ok
    assert "infinite" in report.findings[0].remark


def test_the_edge_of_a_domain():
    """x^1.5 exists to the right of 0 only, where its derivative is 0."""
    assert check_grads(lambda x: x**1.5, np.array([0.0, 4.0]), order=1).ok
    bad = ag.primitive(lambda g, y, x: g * (1.5 * np.sqrt(x) + (x == 0)))(lambda x: x**1.5)
    assert "only to the right" in message(bad, np.array([0.0, 4.0]), order=1)


# The report and misuse


def test_error_against_step_is_drawn(tmp_path):
    """The picture is a file; the report makes it again on request."""
    report = check_grads(np.sin, X, plot=tmp_path / "steps.svg")
    assert "<svg" in (tmp_path / "steps.svg").read_text()
    axes = report.draw().axes[0]
    assert [line.get_label() for line in axes.lines] == ["central", "right", "left"]
    error, step = axes.lines[0].get_ydata(), axes.lines[0].get_xdata()
    assert error.min() < 1e-9
    assert error[np.argmax(step)] > 1e-4
    with pytest.raises(GradientMismatch):
        check_grads(cube(lambda x: x), X, plot=tmp_path / "wrong.svg")
    assert (tmp_path / "wrong.svg").exists()


def test_random_functions_are_refused():
    """Two calls that differ have no finite differences."""
    with pytest.raises(ag.NotDifferentiableError, match="different values"):
        check_grads(lambda x: x * np.random.default_rng().normal(), X)


def test_nothing_to_check():
    """The message says how to call it."""
    with pytest.raises(ag.NotDifferentiableError, match=r"check_grads\(f, x, y\)"):
        check_grads(lambda n: n, 3)


def test_a_failing_check_reports_no_more_than_it_must():
    """Nine hundred wrong numbers make a short message, in short time."""
    text = message(cube(lambda x: x), np.full((30, 30), 2.0), elements=900)
    assert len(text.splitlines()) < 40


def test_every_operator_of_the_engine_scaled_is_caught():
    """Each rule of arithmetic, wrong by one part in a thousand, is an alarm."""
    from autograd_lite.rules.registry import RULES

    for fn in (np.add, np.subtract, np.multiply, np.true_divide, np.exp, np.tanh, np.matmul):
        rule = RULES[fn]
        before = rule.vjps
        x = RANDOM.uniform(0.5, 1.5, size=(3, 3))
        for i in range(len(before)):
            wrong = lambda g, y, *args, i=i, before=before: 1.001 * before[i](g, y, *args)
            try:
                rule.vjps = (*before[:i], wrong, *before[i + 1 :])
                with pytest.raises(GradientMismatch, match="At fault"):
                    check_grads(fn, *[x] * fn.nin)
            finally:
                rule.vjps = before
        assert check_grads(fn, *[x] * fn.nin).ok
