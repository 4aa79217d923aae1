"""The museum in training: wrong gradients train well, and the tool finds each of them."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nn
from nn import by_hand

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
sys.path.append(str(ROOT / "examples"))
museum = importlib.import_module("museum_of_bugs")
training = importlib.import_module("train_museum")


def small():
    """Return two clouds of points in 6 dimensions, as the data of a picture set."""
    rng = np.random.RandomState(0)
    Y, Y_test = (rng.rand(1, 40) < 0.5) * 1, (rng.rand(1, 15) < 0.5) * 1
    X, X_test = rng.randn(6, 40) + Y, rng.randn(6, 15) + Y_test
    return SimpleNamespace(X_train=X, Y_train=Y, X_test=X_test, Y_test=Y_test)


def test_the_right_one_is_trained_as_in_the_course():
    """The costs are those of by_hand.L_layer_model."""
    data = small()
    run = training.train(museum.go_back, data, 50, layers=(5, 4, 1))
    parameters, costs = by_hand.L_layer_model(
        data.X_train, data.Y_train, (6, 5, 4, 1), 0.0075, 50, record_every=2
    )
    np.testing.assert_allclose(run.costs, costs, rtol=1e-12)
    p = by_hand.predict(data.X_test, None, parameters)
    assert run.test == np.mean(p == data.Y_test)
    assert run.curve in ("falls", "stays at guessing")


def test_every_exhibit_trains_and_is_found():
    """A row for each, with what the tool must call it; most of the curves fall."""
    rows = []
    runs = training.table(small(), 1000, layers=(5, 5, 4, 1), say=rows.append)
    assert len(runs) == len(museum.MUSEUM) + 2
    said = {row.split("  ")[0]: row.split("  ")[-1] for row in rows[2:]}
    assert said.pop("right") == said.pop("right (tanh)") == "right"
    assert {name: words.split(": ")[1] for name, words in said.items()} == {
        exhibit.__name__: kind for exhibit, (kind, _) in museum.MUSEUM.items()
    }
    falling = [name for name, run in runs.items() if run.curve == "falls"]
    assert len(falling) >= 12, falling
    assert runs["db_without_mean"].costs[-1] < runs["right"].costs[-1]
    assert runs["db_without_keepdims"].curve.startswith("stops in step")
    assert runs["db_not_summed"].curve == "stops at new pictures"
    assert runs["db_not_summed"].test is None
    assert runs["wrong_sign"].curve == "not finite"
    assert "A loss curve does not test gradients" in training.summary(runs)


def test_what_cannot_happen_is_said():
    """Without two layers of one size some mistakes are impossible."""
    rows = []
    runs = training.table(small(), 2, [museum.W_not_transposed], (5, 4, 1), rows.append)
    assert list(runs) == ["right"]
    assert "cannot happen here" in rows[-1]


def test_the_command():
    """It says what it did, and refuses a name that it does not know."""
    command = [sys.executable, str(ROOT / "examples" / "train_museum.py")]
    wrong = subprocess.run(
        [*command, "no_such"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert wrong.returncode == 2
    assert "no exhibit no_such; there are db_without_mean, " in wrong.stderr
    right = subprocess.run(
        [*command, "--iterations", "2", "wrong_sign"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    lines = right.stdout.splitlines()
    assert "drawings" in lines[0]
    assert lines[0].endswith("2 iterations")
    assert [line.split("  ")[0] for line in lines[4:6]] == ["right", "wrong_sign"]
    assert lines[5].endswith("dW4: factor")


def test_the_page_shows_every_exhibit():
    """docs/museum.md has a row for each, with what the tool calls it."""
    page = (ROOT / "docs" / "museum.md").read_text(encoding="utf-8")
    rows = page.split("---\n", 1)[1].split("\n\n", 1)[0].splitlines()
    said = {row.split("  ")[0]: row.rsplit("  ", 1)[1] for row in rows}
    assert said.pop("right") == said.pop("right (tanh)") == "right"
    assert list(said) == [exhibit.__name__ for exhibit in museum.MUSEUM]
    for exhibit, (kind, where) in museum.MUSEUM.items():
        if exhibit not in museum.NEEDS_EQUAL_LAYERS:
            kind = "forgotten slope" if exhibit is museum.relu_at_output else kind  # all Z4 > 0
            place = where.format(L=4, H=3)
            assert said[exhibit.__name__] == f"{place}: {kind}"


@pytest.mark.thorough
def test_wrong_gradients_beat_the_right_ones_on_the_cats():
    """The course's network on its pictures: several wrong db reach a better cost or accuracy."""
    if not DATA.is_dir():
        pytest.skip(f"The cat pictures are not in {DATA}, so nothing is trained on them.")
    rows = []
    exhibits = [museum.db_without_mean, museum.scalar_db, museum.dW1_twice]
    runs = training.table(nn.data.load_cat(DATA), 2500, exhibits, say=rows.append)
    shown = {name: (round(r.costs[-1], 4), r.train, r.test) for name, r in runs.items()}
    # The right figures are the course's own.
    assert shown["right"][0] == 0.0929
    assert shown["right"][1:] == (pytest.approx(0.98565, abs=1e-5), 0.8)
    assert shown["db_without_mean"] == (0.0028, 1.0, 0.7)
    assert runs["db_without_mean"].costs[-1] < 0.003
    assert runs["scalar_db"].costs[-1] < runs["right"].costs[-1]
    assert shown["scalar_db"][1:] == (1.0, 0.84)
    assert shown["dW1_twice"][0] == 0.0566
    assert [row.split("  ")[-1] for row in rows[2:]] == [
        "right", "db4: factor", "db4: sum over everything", "dW1: factor",
    ]  # fmt: skip
