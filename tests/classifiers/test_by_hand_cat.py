"""The published figures of the cat classifiers, on the real pictures, by hand-derived gradients."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from nn import by_hand

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

# fmt: off
LOGISTIC_COSTS = [
    0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941,
    0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667,
    0.146542, 0.140872,
]
# fmt: on


@pytest.fixture(scope="module")
def cats():
    """Return X (12288, m) in 0 .. 1 and Y (1, m), of the train and the test pictures."""
    if not (DATA / "train_catvnoncat.h5").exists():
        pytest.skip(f"The cat pictures are not in {DATA}, so their figures are not checked.")
    sets = []
    for name in ("train", "test"):
        with h5py.File(DATA / f"{name}_catvnoncat.h5") as file:
            pictures, labels = file[f"{name}_set_x"][:], file[f"{name}_set_y"][:]
        X = pictures.reshape(len(pictures), -1).T / 255
        for array in (X, labels):
            array.setflags(write=False)
        sets += [X, labels.reshape(1, -1)]
    return sets


def test_logistic_regression_begins_as_published(cats):
    """The first three costs, to all printed digits."""
    X, Y, X_test, Y_test = cats
    result = by_hand.model(X, Y, X_test, Y_test, num_iterations=201)
    assert [round(cost, 6) for cost in result["costs"]] == LOGISTIC_COSTS[:3]


@pytest.mark.thorough  # 2000 iterations by hand; nn's own 2000 are held to these figures always
def test_logistic_regression(cats):
    """Twenty costs to all printed digits, 99.04306220095694 % and 70.0 %."""
    X, Y, X_test, Y_test = cats
    result = by_hand.model(X, Y, X_test, Y_test)
    assert [round(cost, 6) for cost in result["costs"]] == LOGISTIC_COSTS
    assert by_hand.accuracy(result["Y_prediction_train"], Y) == 99.04306220095694
    assert by_hand.accuracy(result["Y_prediction_test"], Y_test) == 70.0


#: Half of the steps show a wrong formula as well; the others take a second each.
STEPS = pytest.mark.parametrize(
    "iterations", [101, pytest.param(201, marks=pytest.mark.thorough)], ids=str
)


@STEPS
def test_two_layer_model_begins_as_published(cats, iterations):
    """The first recorded costs, to ten digits."""
    X, Y, _, _ = cats
    _, costs = by_hand.two_layer_model(X, Y, (12288, 7, 1), num_iterations=iterations)
    published = [0.6930497356599888, 0.6464320953428849, 0.6325140647912678]
    np.testing.assert_allclose(costs, published[: len(costs)], rtol=1e-10)


@STEPS
def test_deep_model_begins_as_published(cats, iterations):
    """The first recorded costs, to all printed digits."""
    X, Y, _, _ = cats
    _, costs = by_hand.L_layer_model(X, Y, (12288, 20, 7, 5, 1), num_iterations=iterations)
    published = ["0.771749", "0.672053", "0.648263"]
    assert [f"{cost:f}" for cost in costs] == published[: len(costs)]


@pytest.mark.thorough
def test_deep_model_ends_as_published(cats):
    """Cost 0.092878 at iteration 2400; after 2500, 0.986 and 0.80 right."""
    X, Y, X_test, Y_test = cats
    parameters, costs = by_hand.L_layer_model(X, Y, (12288, 20, 7, 5, 1), num_iterations=2500)
    assert f"{costs[-1]:f}" == "0.092878"
    assert f"{np.mean(by_hand.predict(X, Y, parameters) == Y):.3f}" == "0.986"
    assert f"{np.mean(by_hand.predict(X_test, Y_test, parameters) == Y_test):.2f}" == "0.80"
