"""`ag.compare` names the mistakes that any gradient can have, and knows nothing of networks."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(3)
G = RNG.standard_normal((3, 4))
COLUMN = RNG.standard_normal((3, 1))


@pytest.mark.parametrize(
    ("wrong", "right", "kind", "words"),
    [
        (-G, G, "factor", "the sign is wrong"),
        (2 * G, G, "factor", "counted twice"),
        (3.7 * G, G, "factor", "3.7 times"),
        (0 * G, G, "factor", "0 throughout"),
        (G.T, G, "transpose", "transposed"),
        (-G.T, G, "transpose", "transposed; and it is -1 times"),
        (G[:, :3].T.copy().reshape(3, 3), G[:, :3], "transpose", "transposed"),
        (G.T.reshape(3, 4), G, "reshape", "use .T"),
        (G.ravel(), G, "shape", "(3, 4)"),
        (G.sum(), G, "sum over everything", "one number"),
        (G.sum(axis=0), G, "wrong axis", "axis 0"),
        (G.sum(axis=1, keepdims=True), G, "wrong axis", "axis 1"),
        (np.tile(COLUMN, 5), COLUMN, "keepdims", "keepdims=True is missing"),
        (np.where(G == G, np.nan, G), G, "not finite", "nan"),
        (G + RNG.standard_normal(G.shape), G, "unexplained", "12 of 12 elements"),
    ],
)
def test_each_mistake_is_named(wrong, right, kind, words):
    """The kind, and the sentence; the right gradient beside it is called right."""
    report = ag.compare({"W": wrong, "b": COLUMN}, {"dW": right, "db": COLUMN})
    assert [row.name for row in report.mistakes] == ["dW"], str(report)
    assert report.first.kind == kind, str(report)
    assert words in report.first.diagnosis
    assert "chain" not in report.text


def test_factors_of_ones_own_are_named():
    """A constant that the caller names, alone and behind a transpose."""
    known = {"m = 20": (20, "1/m is missing")}
    report = ag.compare({"W": 20 * G}, {"W": G}, factors=known)
    assert report.first.diagnosis == "it is m = 20 times what it should be: 1/m is missing"
    report = ag.compare({"W": 20 * G.T}, {"W": G}, factors=known)
    assert report.first.factor == pytest.approx(20)
    assert "transposed; and it is m = 20 times" in report.first.diagnosis


def test_the_tolerance_is_the_callers():
    """Terms may cancel, so a millionth is let pass unless `rtol` says otherwise."""
    assert ag.compare({"W": G * (1 + 1e-8)}, {"W": G}).ok
    assert not ag.compare({"W": G * (1 + 1e-8)}, {"W": G}, rtol=1e-12).ok
    assert not ag.compare({"W": G * (1 + 1e-4)}, {"W": G}).ok


def test_the_worst_element_is_shown():
    """Its index, what it is, and what it should be."""
    wrong = G.copy()
    wrong[1, 2] += 1
    (row,) = ag.compare({"W": wrong}, {"W": G}).rows
    assert (row.worst, row.found, row.expected) == ((1, 2), wrong[1, 2], G[1, 2])
    assert "all in row 1, all in column 2" in row.diagnosis


def test_refusals():
    """A gradient that is missing, and no common key."""
    assert ag.compare({"W": G}, {"W": G, "b": COLUMN}).first.kind == "missing"
    with pytest.raises(ag.ShapeError, match="same keys"):
        ag.compare({"a": 1.0}, {"b": 1.0})
