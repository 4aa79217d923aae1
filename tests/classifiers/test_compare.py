"""The comparison finds every wrong gradient, and no right one, on random networks."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
import nn
from autograd_lite.rules.registry import RULES
from nn import by_hand, compare
from nn.errors import DataError, SettingError


def read_only(array):
    array = np.array(array)
    array.setflags(write=False)
    return array


def examples(n_x, m, seed=0, dtype=np.float64):
    rng = np.random.RandomState(seed)
    return read_only(rng.randn(n_x, m).astype(dtype)), read_only((rng.rand(1, m) < 0.5) * 1)


def rows_of(comparison):
    return {row.name: row for row in comparison.rows}


# Right gradients are equal


@st.composite
def networks(draw):
    """1 to 6 layers of 1 to 9 units, any activation and start, and 1 to 40 examples."""
    depth = draw(st.integers(1, 6))
    dims = [*draw(st.lists(st.integers(1, 9), min_size=depth, max_size=depth)), 1]
    hidden = draw(st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu", "linear"]))
    init = draw(st.sampled_from(["small", "scaled", "he"]))
    model = nn.LLayerClassifier(dims, hidden, seed=draw(st.integers(0, 1000)), init=init)
    X, Y = examples(dims[0], draw(st.integers(1, 40)), draw(st.integers(0, 1000)))
    # If a probability rounds to 0 or 1 the formula derived by hand, Y / A, is not finite.
    A, _ = nn.by_hand.L_model_forward(X, model.initialize(dims[0]), hidden=hidden)
    assume(((A > 0) & (A < 1)).all())
    return model, X, Y


@settings(max_examples=100, deadline=None)
@given(networks())
def test_random_networks(case):
    """Manual and automatic agree to 1e-12, numerical ones to 1e-9, for every dA, dZ, dW, db."""
    assert_equal(*case)


@pytest.mark.thorough  # a hundred find what three hundred do, but for the rarest
@settings(max_examples=300, deadline=None)
@given(networks())
def test_more_random_networks(case):
    """The same on 300 networks."""
    assert_equal(*case)


def assert_equal(model, X, Y):
    """Check every gradient of a network, three ways."""
    comparison = nn.compare_gradients(model, X, Y)
    assert comparison.ok, str(comparison)
    for row in comparison.rows:
        # If the terms of a gradient cancel, its rounding errors are those of the terms.
        if row.largest > 1e-2 * row.terms:
            assert row.relative <= 1e-12, str(comparison)
            assert row.numerical <= 1e-9, str(comparison)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6])
def test_every_gradient_has_a_row(depth):
    """dA, dZ, dW, db of each layer from the last to the first, and dA0, with their shapes."""
    dims = [*[3, 4, 5, 2, 3, 4][:depth], 1]
    X, Y = examples(3, 7)
    found = rows_of(nn.compare_gradients(dims, X, Y))
    expected = {}
    for l in range(depth, 0, -1):
        expected |= {f"dA{l}": (dims[l], 7), f"dZ{l}": (dims[l], 7)}
        expected |= {f"dW{l}": (dims[l], dims[l - 1]), f"db{l}": (dims[l], 1)}
    expected["dA0"] = (3, 7)
    assert {name: row.shape for name, row in found.items()} == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    "model",
    [
        nn.LogisticRegression(),
        nn.TwoLayerClassifier(3, "relu"),
        nn.TwoLayerClassifier(3, "tanh"),
        nn.LLayerClassifier([4, 3, 2, 1], "tanh"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("trained", [False, True])
def test_every_classifier(model, trained):
    """At its first parameters and at those it has learned."""
    X, Y = examples(4, 30)
    if trained:
        model = type(model)(**model.get_params()).fit(X, Y, 50, 0.5)
    comparison = nn.compare_gradients(model, X, Y)
    assert comparison.ok, str(comparison)
    assert ("50 iterations" in str(comparison)) == trained


def test_logistic_regression_has_the_course_s_names():
    """dw (n_x, 1) and db (), not dW1 and db1."""
    X, Y = examples(4, 30)
    found = rows_of(nn.compare_gradients(nn.LogisticRegression(), X, Y))
    assert {name: row.shape for name, row in found.items()} == {
        "dA1": (1, 30), "dZ1": (1, 30), "dw": (4, 1), "db": (), "dA0": (4, 30),
    }  # fmt: skip


def test_float32():
    """Bounds follow the number format."""
    X, Y = examples(4, 30, dtype=np.float32)
    comparison = nn.compare_gradients([4, 5, 1], X, Y)
    assert comparison.ok, str(comparison)
    assert "float32" in comparison.title
    assert comparison.rows[0].tolerance == pytest.approx(64 * 2.0**-23)


def test_no_alarm_where_all_terms_cancel():
    """At the bottom of the cost the gradient is rounding, and two roundings differ entirely."""
    X, Y = examples(2, 40)
    model = nn.LogisticRegression().fit(X, Y, 3000, 1.0)
    comparison = nn.compare_gradients(model, X, Y)
    row = rows_of(comparison)["dw"]
    assert row.largest < 1e-13 < row.terms
    assert comparison.ok, str(comparison)


def test_no_alarm_at_the_kink():
    """With zero weights every Z is 0, the kink of ReLU; the course's derivative there is 0."""
    X, Y = examples(3, 8)
    comparison = nn.compare_gradients(nn.LLayerClassifier([3, 4, 1], init="zeros"), X, Y)
    assert comparison.ok, str(comparison)


# The factor m


def test_factor_m_is_exact_and_open():
    """dZ and dA of the course are m times dJ/dZ and dJ/dA; dW and db are dJ/dW and dJ/db."""
    m = 7
    X, Y = examples(3, m)
    comparison = nn.compare_gradients([3, 2, 1], X, Y)
    factors = {row.name[:2]: row.factor for row in comparison.rows}
    assert factors == {"dA": m, "dZ": m, "dW": 1, "db": 1}
    assert "are multiplied\n           by m = 7" in str(comparison)
    assert {line.split()[0] for line in str(comparison).splitlines() if " * " in line} == {
        row.name for row in comparison.rows if row.factor == m
    }


# Wrong gradients are found


def no_mean_in_dW(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    return dA_prev, dW * dZ.shape[1], db


def no_mean_in_db(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    return dA_prev, dW, db * dZ.shape[1]


def scalar_db(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    return dA_prev, dW, np.sum(db)


def db_of_all(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    return dA_prev, dW, np.full_like(db, db.sum())


def slightly_off(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    return dA_prev, dW * (1 + 1e-9), db


def one_element_off(dZ, cache):
    dA_prev, dW, db = by_hand.deep.linear_backward(dZ, cache)
    wrong = dW.copy()
    wrong[0, 0] = -wrong[0, 0]
    return dA_prev, wrong, db


def no_mask(dA, Z):
    return dA


def sign(dA, Z):
    return -by_hand.deep.sigmoid_backward(dA, Z)


@contextmanager
def replaced(name, wrong):
    """Put a wrong formula in the place of one of the course's, in `deep` and wherever it is used."""
    right = getattr(by_hand.deep, name)

    def run(*args):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(by_hand.deep, name, right)
            return wrong(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_hand.deep, name, run)
        if hasattr(by_hand, name):
            patch.setattr(by_hand, name, run)
        yield


@pytest.mark.parametrize(
    ("name", "wrong", "expected"),
    [
        ("linear_backward", no_mean_in_dW, {"dW1", "dW2", "dW3"}),
        ("linear_backward", no_mean_in_db, {"db1", "db2", "db3"}),
        ("linear_backward", scalar_db, {"db1", "db2", "db3"}),
        ("linear_backward", db_of_all, {"db1", "db2"}),  # the last layer has one unit
        ("linear_backward", slightly_off, {"dW1", "dW2", "dW3"}),
        ("linear_backward", one_element_off, {"dW1", "dW2", "dW3"}),
        ("relu_backward", no_mask, {"dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1", "dA0"}),
        ("sigmoid_backward", sign, None),
    ],
)
def test_a_wrong_formula_is_found(name, wrong, expected):
    """Exactly the gradients that a mistake spoils are named, and the manual ones are blamed."""
    X, Y = examples(4, 20)
    with replaced(name, wrong):
        comparison = nn.compare_gradients([4, 6, 5, 1], X, Y)
    assert not comparison.ok
    bad = {row.name: row for row in comparison.rows if not row.equal}
    if expected is None:
        expected = {row.name for row in comparison.rows} - {"dA3"}
    assert set(bad) == expected, str(comparison)
    assert {row.verdict for row in bad.values()} <= {"MANUAL WRONG", "OTHER SHAPE"}
    assert all(row.confirmed for row in comparison.rows)
    assert comparison.summary.startswith(f"{len(bad)} of 13 gradients are not confirmed: ")


def test_a_logistic_formula_without_its_mean_is_found(monkeypatch):
    """The course's propagate is compared, too."""
    right = by_hand.propagate

    def wrong(w, b, X, Y):
        grads, cost = right(w, b, X, Y)
        return {"dw": grads["dw"] * X.shape[1], "db": grads["db"]}, cost

    monkeypatch.setattr(by_hand, "propagate", wrong)
    comparison = nn.compare_gradients(nn.LogisticRegression(), *examples(4, 20))
    assert {row.name for row in comparison.rows if not row.equal} == {"dw"}


def test_a_planar_formula_with_a_wrong_slope_is_found(monkeypatch):
    """The tanh network's backward_propagation is compared, too."""
    right = by_hand.backward_propagation

    def wrong(parameters, cache, X, Y):
        return right(parameters, {**cache, "A1": cache["A1"] ** 2}, X, Y)

    monkeypatch.setattr(by_hand, "backward_propagation", wrong)
    comparison = nn.compare_gradients(nn.TwoLayerClassifier(4, "tanh"), *examples(4, 20))
    assert {row.name for row in comparison.rows if not row.equal} == {"dW2", "dW1", "db1"}


def test_a_wrong_rule_of_the_engine_is_found(monkeypatch):
    """A rule scaled by 1.001 puts the blame on the automatic side."""
    rule = RULES[ag.relu]
    monkeypatch.setattr(rule, "vjps", (lambda g, y, x: 1.001 * g * (x > 0),))
    comparison = nn.compare_gradients([4, 6, 5, 1], *examples(4, 20))
    monkeypatch.undo()
    bad = {row.name: row.verdict for row in comparison.rows if row.verdict != "equal"}
    assert set(bad) == {"dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1", "dA0"}
    assert set(bad.values()) == {"DIFFERENT"}
    assert nn.compare_gradients([4, 6, 5, 1], *examples(4, 20)).ok


def test_the_same_mistake_on_both_sides_is_found(monkeypatch):
    """Numerical differentiation shares nothing with either."""
    for name in ("manual_gradients", "automatic_gradients"):
        right = getattr(compare, name)
        monkeypatch.setattr(
            compare, name, lambda *args, f=right: {**f(*args), "dW1": 1.001 * f(*args)["dW1"]}
        )
    comparison = nn.compare_gradients([4, 6, 1], *examples(4, 20))
    assert {row.name for row in comparison.rows if row.verdict == "BOTH WRONG?"} == {"dW1"}
    assert not comparison.ok


def test_saturation_is_said_not_hidden():
    """If A is exactly 1, the course's dA divides by 1 - A = 0."""
    X, Y = np.array([[1.0, -1.0]]), np.array([[1, 0]])
    comparison = nn.compare_gradients(nn.LLayerClassifier([1, 1], init=50.0), X, Y)
    assert not comparison.ok
    assert "NOT FINITE" in {row.verdict for row in comparison.rows}


# The numerical derivatives are derivatives


def test_complex_step_against_central_differences():
    """Return dJ/dV by central differences through by_hand's forward pass alone."""
    X, Y = examples(3, 6)
    p = by_hand.initialize_parameters_deep([3, 4, 2, 1], seed=2, scale="he")
    network = nn.numerical.NumericalDerivatives(p, "tanh", X, Y)

    def cost(**moved):
        AL, _ = by_hand.L_model_forward(moved.pop("X", X), {**p, **moved}, hidden="tanh")
        return by_hand.compute_cost(AL, Y)

    for name, V in {**p, "X": X}.items():
        for index in np.ndindex(V.shape):
            h = np.zeros(V.shape)
            h[index] = 1e-6
            slope = (cost(**{name: V + h}) - cost(**{name: V - h})) / 2e-6
            called = "dA0" if name == "X" else f"d{name}"
            assert network.derivative(called, index) == pytest.approx(slope, abs=1e-9)


# Options


def test_the_table_reads_well():
    """A title, a line for each gradient, the conventions, and the outcome in a sentence."""
    X, Y = examples(3, 6)
    text = str(nn.compare_gradients([3, 2, 1], X, Y))
    lines = text.splitlines()
    assert lines[0] == "LLayerClassifier 3-2-1, float64, at its first parameters, on 6 examples"
    assert lines[2] == "gradient  shape  absolute  relative  numerical   at  verdict"
    assert lines[4].startswith("dA2 *")
    assert lines[-2].startswith("All 9 gradients are equal")
    assert max(map(len, lines)) <= 90


def test_small_gradients_are_checked_in_full():
    """Large gradients are checked at some elements, the largest among them."""
    X, Y = examples(30, 8)
    found = rows_of(nn.compare_gradients([30, 2, 1], X, Y, samples=10))
    assert found["dW2"].sampled == found["dW2"].size == 2
    assert 2 <= found["dW1"].sampled <= 11 < found["dW1"].size == 60


@pytest.mark.parametrize(
    ("model", "X", "Y", "error", "words"),
    [
        ([3, 2], np.ones((3, 2)), [[0, 1]], SettingError, "1 output"),
        ([4, 1], np.ones((3, 2)), [[0, 1]], DataError, "3 rows"),
        ([3, 1], np.ones(3), [[0, 1]], DataError, "rank-1"),
        ([3, 1], np.ones((3, 2)), [0, 1], DataError, "rank-1"),
        ([3, 1], np.ones((3, 2)), [[0, 2]], DataError, "the label 2"),
    ],
)
def test_refuses(model, X, Y, error, words):
    """Sizes, inputs and labels that do not fit are named."""
    with pytest.raises(error, match=words):
        nn.compare_gradients(model, X, Y)


@pytest.mark.parametrize("samples", [0, 1.5, True])
def test_refuses_a_number_of_samples(samples):
    """At least one element has to be looked at."""
    with pytest.raises(SettingError, match="samples"):
        nn.compare_gradients([3, 1], *examples(3, 4), samples=samples)
