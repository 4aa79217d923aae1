"""`autograd-lite derive` and `explore`: the backward pass to read, and to step through."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import by_hand
from nn.cli import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, tmp_path_factory, monkeypatch):
    """Run in an empty folder; drawings are made once for all tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def run(*arguments):
    """Return the exit code of a command, however it leaves."""
    try:
        return main([str(a) for a in arguments])
    except SystemExit as leave:
        return leave.code


def printed(capsys, *arguments):
    """Return the output of a command that succeeds."""
    assert run(*arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def lines(text):
    """Return the lines of NumPy without their comments."""
    found = [line.split("  #")[0].strip() for line in text.splitlines()]
    return [line for line in found if " = " in line]


# derive

PLANAR = """\
dZ2 = (A2 - Y) / m
dW2 = dZ2 @ A1.T
db2 = dZ2.sum(axis=1, keepdims=True)
dZ1 = (W2.T @ dZ2) * (1 - A1**2)
dW1 = dZ1 @ X.T
db1 = dZ1.sum(axis=1, keepdims=True)""".splitlines()


@pytest.mark.parametrize("model", [(), ("--model", "two-layer")])
def test_the_planar_network_reads_as_in_the_course(model, capsys):
    """Two layers and tanh: the six equations of week 3, line for line."""
    text = printed(capsys, "derive", "--layers", "2,4,1", "--hidden", "tanh", *model)
    assert lines(text)[-6:] == PLANAR


def test_the_cat_network(capsys):
    """The default and its sizes spelled out: four layers of ReLU, shapes with m, a rule each."""
    text = printed(capsys, "derive")
    assert text == printed(capsys, "derive", "--layers", "12288,20,7,5,1")
    backward = lines(text.split("# backward")[1])
    assert [line.split(" = ")[0] for line in backward] == [
        f"d{name}{l}" for l in (4, 3, 2, 1) for name in ("Z", "W", "b")
    ]
    assert "dZ1 = (W2.T @ dZ2) * (Z1 > 0)" in backward
    (dZ1,) = (line for line in text.splitlines() if line.startswith("dZ1"))
    assert dZ1.split("# ")[1] == "(20, m)  np.matmul, relu"
    (dW1,) = (line for line in text.splitlines() if line.startswith("dW1"))
    assert dW1.split("# ")[1] == "(20, 12288)  np.matmul"


def test_m_is_no_layer(capsys):
    """A layer as large as the number of columns used keeps its size."""
    text = printed(capsys, "derive", "--layers", "3,4,5,6,1")
    assert re.findall(r"d[WZb]\d = .*# (\(.*?\))", text) == [
        "(1, m)", "(1, 6)", "(1, 1)", "(6, m)", "(6, 5)", "(6, 1)",
        "(5, m)", "(5, 4)", "(5, 1)", "(4, m)", "(4, 3)", "(4, 1)",
    ]  # fmt: skip


def test_logistic_regression_has_w_and_b(capsys):
    """One unit: dw = X dZ^T."""
    text = printed(capsys, "derive", "--model", "logistic")
    assert lines(text)[-3:] == ["dZ = (A - Y) / m", "dw = X @ dZ.T", "db = dZ.sum()"]


def test_a_trained_model_has_its_own_sizes(capsys):
    """--model takes the file of a model."""
    X, Y = by_hand.load_planar_dataset()
    model = nn.TwoLayerClassifier(3, "tanh").fit(X, Y, iterations=2)
    nn.save("model.h5", model)
    text = printed(capsys, "derive", "--model", "model.h5")
    assert lines(text)[-6:] == PLANAR
    assert "(3, 2)" in text


def test_latex_and_markdown(capsys):
    """Equations, and a page."""
    options = ("derive", "--layers", "2,4,1", "--hidden", "tanh")
    latex = printed(capsys, *options, "--latex")
    assert latex.count(r"\begin{align*}") == 2
    assert r"dZ^{[2]} &= \frac{1}{m} \left( A^{[2]} - Y \right)" in latex
    page = printed(capsys, *options, "--markdown")
    assert page.startswith("# Backpropagation of `LLayerClassifier 2-4-1`")
    assert "| $X$ | (2, m) |" in page


def test_the_program_gives_the_gradients_derived_by_hand(capsys):
    """--out backprop.py runs, and agrees with the course's backward_propagation."""
    out = printed(capsys, "derive", "--layers", "2,4,1", "--hidden", "tanh", "--out", "backprop.py")
    assert out.strip().endswith("backprop.py")
    X, Y = by_hand.load_planar_dataset()
    parameters = by_hand.planar.initialize_parameters(2, 4, 1)
    A2, cache = by_hand.forward_propagation(X, parameters)
    expected = by_hand.backward_propagation(parameters, cache, X, Y)
    cost, grads = runpy.run_path("backprop.py")["cost_and_gradients"](parameters, X, Y)
    np.testing.assert_allclose(cost, by_hand.planar.compute_cost(A2, Y), rtol=1e-12)
    for name, g in grads.items():
        np.testing.assert_allclose(g, expected[f"d{name}"], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(
    ("file", "start"), [("a.tex", r"\begin{align*}"), ("a.md", "# Back"), ("a.txt", "m = X.shape")]
)
def test_the_ending_of_out_says_what_is_written(file, start, capsys):
    """LaTeX, a page, or plain lines; an option goes first."""
    printed(capsys, "derive", "--layers", "2,4,1", "--out", file)
    assert Path(file).read_text().startswith(start)
    printed(capsys, "derive", "--layers", "2,4,1", "--latex", "--out", file)
    assert Path(file).read_text().startswith(r"\begin{align*}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("derive --layers 2,4", "--layers|one output"),
        ("derive --model logistic --hidden tanh", "--hidden"),
        ("derive --hidden cosh", "--hidden|tanh"),
        ("derive --latex --markdown", "--markdown"),
        ("derive --model nowhere.h5", "nowhere.h5|deep"),
        ("derive --out .", "--out .|folder"),
        ("derive --out nowhere/a.md", "nowhere|no such file"),
        ("explore --layers 2,4", "--layers"),
        ("explore --layers 2,4,1 --out nowhere/a.html", "nowhere/a.html|no such file"),
        ("explore --examples 0", "--examples"),
        ("explore --model nowhere.h5", "nowhere.h5"),
    ],
)
def test_bad_input(arguments, words, capsys):
    """One sentence, exit code 2, no file."""
    assert run(*arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    for word in words.split("|"):
        assert word in err
    assert not [p for p in Path().iterdir() if p.name != "cache"]


# explore


def data_of(path):
    """Return the data in a page."""
    html = Path(path).read_text(encoding="utf-8")
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(text)


@pytest.mark.parametrize(
    "arguments",
    [(), ("--model", "logistic"), ("--model", "two-layer")],
    ids=["deep", "logistic", "two-layer"],
)
def test_explore_writes_one_small_page(arguments, capsys):
    """For the course's networks on 209 pictures: under 500 kB, nothing from elsewhere."""
    out = printed(capsys, "explore", *arguments)
    page = Path("explore.html")
    assert page.stat().st_size < 500_000
    assert page.resolve().as_uri() in out
    assert "browser" in out
    html = page.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=[\"']?(?!#|data:)[^>\s]*//", html)
    assert "layers.py" in html  # each step says which line it is
    names = {vertex["n"] for vertex in data_of(page)["vertices"]}
    assert {"X", "Y", "J"} <= names


def test_the_page_shows_the_gradients_derived_by_hand(capsys):
    """dW1 and db2 of the planar network on 5 points, to the last digits."""
    printed(
        capsys, "explore", "--layers", "2,4,1", "--hidden", "tanh", "--examples", 5,
        "--out", "planar.html",
    )  # fmt: skip
    X, Y = by_hand.load_planar_dataset()
    X, Y = X[:, [0, 99, 199, 299, 399]], Y[:, [0, 99, 199, 299, 399]]
    parameters = nn.LLayerClassifier([2, 4, 1], "tanh").initialize(2)
    _, cache = by_hand.forward_propagation(X, parameters)
    expected = by_hand.backward_propagation(parameters, cache, X, Y)
    data = data_of("planar.html")
    for name in ("W1", "b2"):
        (vertex,) = (v for v in data["vertices"] if v["n"] == name)
        shown = data["arrays"][vertex["d"]]["x"]
        np.testing.assert_allclose(
            np.ravel(shown), np.ravel(expected[f"d{name}"]), rtol=1e-6, atol=1e-12
        )
