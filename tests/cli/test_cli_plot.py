"""`autograd-lite plot`, and `train --data planar`: pictures of one run and of several."""

import json
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import by_hand, plots
from nn.cli import main
from nn.cli.outputs import Outputs
from nn.cli.plot import labels


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run in an empty folder, with drawings cached in it, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three trainings on the flower, one with all its pictures, and one on pictures of 2 x 2."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, *options in (
            ("four",),
            ("slow", "--learning-rate", "0.1"),
            ("relu", "--hidden", "relu", "--layers", "2,6,3,1", "--model", "deep"),
        ):
            arguments = ["train", "--data", "planar", "--iterations", "120", *options]
            assert main([*arguments, "--out", str(folder / name)]) == 0
            monkeypatch.setattr(Outputs, "pictures", lambda self: {})
            monkeypatch.setattr(Outputs, "draw", lambda self: None)
    rng = np.random.RandomState(0)
    X, Y = rng.rand(12, 9), np.arange(9).reshape(1, 9) % 2
    (folder / "small").mkdir()
    nn.save(folder / "small" / "model.h5", nn.LogisticRegression().fit(X, Y, 5))
    return folder


def run(*arguments):
    """Return the exit code of a command, however it leaves."""
    try:
        return main([str(a) for a in arguments])
    except SystemExit as leave:
        return leave.code


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are written."""
    figures = []
    monkeypatch.setattr(plots, "write", lambda figure, path: figures.append((figure, str(path))))
    return figures


# train --data planar


def test_training_on_the_flower_is_the_course_s_planar_network(runs):
    """tanh, 4 units, seed 2, learning rate 1.2: the costs are those of nn_model by hand."""
    model = nn.load(runs / "four" / "model.h5")
    X, Y = by_hand.load_planar_dataset()
    costs = []
    by_hand.nn_model(X, Y, 4, num_iterations=120, record_every=100, costs=costs)
    np.testing.assert_allclose(model.costs, costs, rtol=1e-9)
    names = {p.name for p in (runs / "four").iterdir()}
    assert {"model.h5", "costs.png", "boundary.png", "report.json"} <= names
    assert "mislabelled.png" not in names
    report = json.loads((runs / "four" / "report.json").read_text())
    assert report["data"]["folder"] == "planar"
    assert report["data"]["train"] == report["data"]["test"] == 400
    assert report["settings"]["hidden"] == "tanh"


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave out the pictures and the graph, which take most of the time."""
    monkeypatch.setattr(Outputs, "pictures", lambda self: {})
    monkeypatch.setattr(Outputs, "draw", lambda self: None)


@pytest.mark.usefixtures("no_pictures")
def test_training_on_the_flower_is_resumed_on_the_flower(capsys):
    """The data are remembered; --hidden cannot change."""
    assert run("train", "--data", "planar", "--iterations", 10, "--out", "out") == 0
    assert run("train", "--resume", "--iterations", 20, "--out", "out") == 0
    assert "planar flower" in capsys.readouterr().out
    assert nn.load("out/model.h5").iterations == 20
    assert run("train", "--resume", "--hidden", "relu", "--out", "out") == 2
    assert "--hidden tanh" in capsys.readouterr().err


@pytest.mark.usefixtures("no_pictures")
def test_training_says_what_comes_next(capsys):
    """Points are no pictures, so `predict` is not proposed."""
    assert run("train", "--data", "planar", "--iterations", 2, "--out", "out") == 0
    out = capsys.readouterr().out
    assert "autograd-lite plot out --what histograms" in out
    assert "PICTURE" not in out
    assert "points for training, 400 for testing" in out


def test_the_flower():
    """Half of the points are of each class; the test half is another flower; nothing is written."""
    data = nn.data.flower(60, seed=7)
    X, Y = by_hand.load_planar_dataset(60, seed=7)
    np.testing.assert_array_equal(data.X_train, X)
    np.testing.assert_array_equal(data.Y_train, Y)
    assert data.Y_test.sum() == 30
    assert not np.array_equal(data.X_train, data.X_test)
    assert data.Y_train.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        data.X_train[0, 0] = 1
    for m in (0, 3, 2.0, True):
        with pytest.raises(nn.DataError, match="an even number"):
            nn.data.flower(m)
    with pytest.raises(nn.DataError, match="seed"):
        nn.data.flower(4, seed=-1)


# plot


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("costs", ["four"]),
        ("costs", ["four", "slow", "relu"]),
        ("boundary", ["four"]),
        ("boundary", ["four", "slow"]),
        ("histograms", ["relu"]),
        ("dead", ["relu"]),
        ("weights", ["small"]),
    ],
)
def test_every_picture_is_written(what, names, runs, capsys):
    """WHAT.png is written to the current folder; the model's file works like its folder."""
    paths = [runs / name for name in names]
    assert run("plot", *paths, "--what", what) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.strip().endswith(f"{what}.png")
    assert Path(f"{what}.png").read_bytes().startswith(b"\x89PNG")
    assert run("plot", *(p / "model.h5" for p in paths), "--what", what, "--out", "a.svg") == 0
    assert "<svg" in Path("a.svg").read_text()


def test_several_runs_in_one_figure(runs, drawn):
    """Each run has a line through its costs, named by folder and by the settings that differ."""
    assert run("plot", runs / "four", runs / "slow", "--out", "rates.pdf") == 0
    ((figure, path),) = drawn
    assert path == "rates.pdf"
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines] == [
        "four, learning rate 1.2", "slow, learning rate 0.1",
    ]  # fmt: skip
    for line, name in zip(lines, ("four", "slow"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), nn.load(runs / name / "model.h5").costs)


def test_one_run_has_its_sizes_in_the_title(runs, drawn):
    """There is no legend either."""
    assert run("plot", runs / "four") == 0
    (axes,) = drawn[0][0].axes
    assert axes.get_title(loc="left") == "four: TwoLayerClassifier 2-4-1"
    assert axes.get_legend() is None


def test_the_data_are_those_of_the_training(runs, drawn):
    """The default is 400 points of the flower."""
    assert run("plot", runs / "relu", "--what", "histograms") == 0
    assert "on 400 examples" in drawn[0][0].get_suptitle()


def test_labels():
    """Sizes and learning rate are shown if they differ; the seed only if all else is equal."""
    X, Y = by_hand.load_planar_dataset()
    a = nn.TwoLayerClassifier(3, "tanh").fit(X, Y, 1, 0.5)
    b = nn.TwoLayerClassifier(4, "relu", seed=5).fit(X, Y, 1, 0.5)
    c = nn.TwoLayerClassifier(3, "tanh", seed=5).fit(X, Y, 1, 0.5)
    assert labels(["runs/a", "runs/b/model.h5"], [a, b]) == ["a, 2-3-1 tanh", "b, 2-4-1 relu"]
    assert labels(["a", "c"], [a, c]) == ["a, seed None", "c, seed 5"]
    assert labels(["x/a", "y/a"], [a, a]) == ["x/a", "y/a"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("plot", "RUN"),
        ("plot nowhere", "nowhere|no such file"),
        ("plot .", "model.h5|no such file"),
        ("plot {four} --what everything", "--what|histograms"),
        ("plot {four} --out a.bmp", "a.bmp|.png, .svg, .pdf"),
        ("plot {four} --out nowhere/a.png", "nowhere/a.png|no such file"),
        ("plot {four} {four}", "given twice"),
        ("plot {four} {relu} --what dead", "--what dead|one run; 2"),
        ("plot {four} --what dead", "ReLU|tanh"),
        ("plot {four} --what weights", "2 inputs|colour picture"),
        ("plot {small} --what boundary --data planar", "small takes 12 inputs|--data"),
        ("plot {four} --what histograms --data nowhere", "nowhere|no such file"),
    ],
)
def test_bad_input(arguments, words, runs, capsys):
    """One sentence, exit code 2, no file."""
    places = {name: runs / name for name in ("four", "relu", "small")}
    assert run(*arguments.format(**places).split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    for word in words.split("|"):
        assert word in err
    assert not [p for p in Path().iterdir() if p.name != "cache"]


def test_without_matplotlib_it_says_what_to_install(runs, monkeypatch, capsys):
    """One sentence, exit code 2."""
    import sys

    for module in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, module, None)
    for what in ("costs", "boundary", "histograms"):
        assert run("plot", runs / "four", "--what", what) == 2
        err = capsys.readouterr().err
        assert "pip install 'autograd-lite[plot]'" in err
        assert len(err.splitlines()) == 1
