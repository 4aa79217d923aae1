"""Plots: what is drawn is what was measured, everything is named, nothing global is touched."""

import builtins
import subprocess
import sys

import numpy as np
import pytest

import nn
from nn import plots
from nn.errors import DataError, MissingPackageError


@pytest.fixture(scope="module")
def model():
    """A trained model with costs at 0, 10, ..., 90."""
    rng = np.random.RandomState(0)
    X = rng.randn(3, 20)
    Y = (X[:1] > 0) * 1
    return nn.LLayerClassifier([3, 4, 1]).fit(X, Y, 100, 0.5, record_every=10)


def texts(figure):
    """Return every text that the figure shows."""
    found = [t.get_text() for t in figure.texts]
    if figure.get_suptitle():
        found.append(figure.get_suptitle())
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_title(loc="left"), *(t.get_text() for t in axes.texts)]
    return [t for t in found if t]


def test_learning_curve_shows_the_costs(model):
    """One line through (iteration, cost), axes with names and units, a title."""
    figure = plots.learning_curves(model, "A run")
    (axes,) = figure.axes
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(0, 100, 10))
    np.testing.assert_array_equal(line.get_ydata(), model.costs)
    assert "iterations" in axes.get_xlabel()
    assert "cost" in axes.get_ylabel()
    assert "nats" in axes.get_ylabel()
    assert f"{model.costs[-1]:.4f}" in texts(figure)
    assert "A run" in texts(figure)


def test_learning_curves_of_several(model):
    """Each run has a line with its own colour and stroke, and a legend."""
    figure = plots.learning_curves({"0.01": model, "0.001": model})
    (axes,) = figure.axes
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 2
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["0.01", "0.001"]


def test_no_curve_without_costs():
    """An untrained model has none."""
    with pytest.raises(DataError, match="no recorded costs"):
        plots.learning_curves(nn.LogisticRegression())


PICTURES = np.random.RandomState(1).randint(0, 256, (30, 8, 8, 3), dtype=np.uint8)
Y = np.arange(30).reshape(1, -1) % 2


def test_mislabelled_shows_the_mistakes_only():
    """Pictures 3 and 8 are mislabelled; the more certain mistake, 8, comes first."""
    P = np.where(Y == 1, 0.9, 0.1)
    P[0, 3], P[0, 8] = 0.25, 0.96
    figure = plots.mislabelled(PICTURES, Y, P, ("dog", "cat"), "Test")
    first, second = figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), PICTURES[8])
    np.testing.assert_array_equal(second.images[0].get_array(), PICTURES[3])
    assert first.get_title() == "said cat (96 %)\nis dog"
    assert second.get_title() == "said dog (75 %)\nis cat"
    assert figure.get_suptitle() == "Test\n2 of 30 are mislabelled"


def test_mislabelled_says_how_many_are_left_out():
    """24 of 30 mistakes are shown."""
    figure = plots.mislabelled(PICTURES, Y, 1.0 - Y)
    assert len(figure.axes) == 24
    assert "30 of 30 are mislabelled; the 24 surest" in figure.get_suptitle()


def test_no_mistake_is_said_too():
    """An empty picture has a sentence."""
    figure = plots.mislabelled(PICTURES, Y, Y)
    assert not figure.axes
    assert any("right label" in t for t in texts(figure))


def test_mislabelled_refuses_other_numbers():
    """As many labels as pictures."""
    with pytest.raises(DataError, match="30 pictures, 29 labels"):
        plots.mislabelled(PICTURES, Y[:, 1:], Y)


def test_written_as_png(model, tmp_path):
    """A PNG of some size, and nothing beside it."""
    plots.write(plots.learning_curves(model), tmp_path / "costs.png")
    assert [p.name for p in tmp_path.iterdir()] == ["costs.png"]
    content = (tmp_path / "costs.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5000


def test_without_matplotlib_it_says_what_to_install(model, monkeypatch):
    """The error names the extra."""
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingPackageError, match=r"pip install 'autograd-lite\[plot\]'"):
        plots.learning_curves(model)


def test_pyplot_is_never_loaded():
    """No window, no global figure, whatever the backend of the machine is."""
    code = (
        "import sys, numpy as np, nn; from nn import plots;"
        "plots.mislabelled(np.zeros((2, 4, 4, 3)), np.array([[0, 1]]), np.array([[1.0, 1.0]]));"
        "assert 'matplotlib.figure' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
