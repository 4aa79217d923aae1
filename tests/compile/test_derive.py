"""ag.derive: the backprop of a cost, as a person would write it."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd_lite as ag
from autograd_lite.compile.codegen.printer import Printer
from autograd_lite.compile.ir import Line, Var
from nn import by_hand

RNG = np.random.RandomState(0)
M = 11
X = RNG.randn(3, M)
Y = (RNG.rand(1, M) > 0.5) * 1.0


def parameters(*sizes):
    """Weights of a net with these layers."""
    rng = np.random.RandomState(1)
    p = {}
    for l, (n, k) in enumerate(zip(sizes[1:], sizes, strict=False), 1):
        p[f"W{l}"] = rng.randn(n, k) / np.sqrt(k)
        p[f"b{l}"] = 0.1 * rng.randn(n, 1)
    return p


def planar(p, X, Y):
    """Return the course's cost of a tanh layer before a sigmoid unit."""
    m = X.shape[1]
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    A2 = ag.sigmoid(p["W2"] @ A1 + p["b2"])
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m


def deep(p, X, Y):
    """L layers, relu and then sigmoid."""
    A, L = X, len(p) // 2
    for l in range(1, L):
        A = ag.relu(p[f"W{l}"] @ A + p[f"b{l}"])
    A = ag.sigmoid(p[f"W{L}"] @ A + p[f"b{L}"])
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def bare(derivation):
    """Return its lines without comments."""
    lines = [line.split("  #")[0].rstrip() for line in str(derivation).splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


PLANAR = """\
m = X.shape[1]
Z1 = W1 @ X + b1
A1 = np.tanh(Z1)
Z2 = W2 @ A1 + b2
A2 = sigmoid(Z2)
J = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
dZ2 = (A2 - Y) / m
dW2 = dZ2 @ A1.T
db2 = dZ2.sum(axis=1, keepdims=True)
dZ1 = (W2.T @ dZ2) * (1 - A1**2)
dW1 = dZ1 @ X.T
db1 = dZ1.sum(axis=1, keepdims=True)""".splitlines()


def by_hand_planar(parameters, X, Y):
    A2, _ = by_hand.planar.forward_propagation(X, parameters)
    return by_hand.planar.compute_cost(A2, Y)


def written_out(p, X, Y):
    """Compute the cost with 1 / (1 + exp(-Z)) in place of a function."""
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    A2 = 1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"])))
    return -1 / X.shape[1] * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


@pytest.mark.parametrize("cost", [planar, by_hand_planar, written_out])
def test_the_planar_net_reads_as_in_the_course(cost):
    """Line for line, also from the course's own functions."""
    assert bare(ag.derive(cost, parameters(3, 4, 1), X, Y)) == PLANAR


def by_hand_deep(p, X, Y):
    return by_hand.compute_cost(by_hand.L_model_forward(X, p)[0], Y)


@pytest.mark.parametrize("cost", [deep, by_hand_deep])
def test_a_deep_net_of_relus(cost):
    """The backward pass is three lines for each layer, the last one first."""
    lines = bare(ag.derive(cost, parameters(3, 7, 5, 4, 1), X, Y))
    backward = lines[lines.index("dZ4 = (A4 - Y) / m") :]
    assert backward[:6] == [
        "dZ4 = (A4 - Y) / m",
        "dW4 = dZ4 @ A3.T",
        "db4 = dZ4.sum(axis=1, keepdims=True)",
        "dZ3 = (W4.T @ dZ4) * (Z3 > 0)",
        "dW3 = dZ3 @ A2.T",
        "db3 = dZ3.sum(axis=1, keepdims=True)",
    ]
    assert [line.split(" = ")[0] for line in backward[6:]] == [
        "dZ2",
        "dW2",
        "db2",
        "dZ1",
        "dW1",
        "db1",
    ]
    assert backward[-2] == "dW1 = dZ1 @ X.T"


def logistic(p, X, Y):
    A = ag.sigmoid(p["w"].T @ X + p["b"])
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def test_logistic_regression():
    """dw = X dZ^T, db a number."""
    lines = bare(ag.derive(logistic, {"w": np.zeros((3, 1)), "b": np.zeros(())}, X, Y))
    assert lines[-3:] == ["dZ = (A - Y) / m", "dw = X @ dZ.T", "db = dZ.sum()"]
    assert lines[1:3] == ["Z = w.T @ X + b", "A = sigmoid(Z)"]


def leaky(p, X, Y):
    A = ag.leaky_relu(p["W1"] @ X + p["b1"])
    return np.sum((p["W2"] @ A + p["b2"] - Y) ** 2) / X.shape[1]


def softmax(p, X, Y):
    A = ag.relu(p["W1"] @ X + p["b1"])
    return -np.sum(Y * ag.log_softmax(p["W2"] @ A + p["b2"], axis=0)) / X.shape[1]


def penalized(p, X, Y):
    return planar(p, X, Y) + 0.05 * np.sum(p["W1"] ** 2)


def with_constants(p, X, Y):
    return (
        np.sum((p["W1"] @ X * SCALE - FEW) ** 2)
        + np.sum(p["b1"] * COLUMN)
        + np.sum(p["W2"] * p["b2"])
    )


SCALE, FEW, COLUMN = RNG.rand(4, M), np.full((4, M), 0.5), np.arange(4.0)[:, None]
COSTS = {
    "planar": planar, "by hand": by_hand_planar, "written out": written_out, "deep": deep,
    "leaky": leaky, "softmax": softmax, "penalized": penalized, "constants": with_constants,
}  # fmt: skip


def run_alone(source, call):
    """Run a source file in a fresh Python that cannot import this package."""
    code = f"import sys; sys.modules['autograd_lite'] = None\n{source}\n{call}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def costs_of(source, *args):
    """Run the function in a source; return its result."""
    scope = {}
    exec(source, scope)
    return scope["cost_and_gradients"](*args)


@pytest.mark.parametrize("case", COSTS)
def test_the_source_computes_cost_and_gradients(case):
    """They equal those of ag.value_and_grad, in the same structure, also for other values."""
    f = COSTS[case]
    sizes = (3, 4, 3) if case == "softmax" else (3, 4, 1)
    source = ag.derive(f, parameters(*sizes), X, Y).source
    for scale in (1.0, 0.3):
        p = {k: scale * a + 0.01 for k, a in parameters(*sizes).items()}
        more = (SCALE,) if case == "constants" and "c)" in source.split("def cost_and")[1] else ()
        if case == "constants":
            more = (SCALE,) * source.split("def cost_and_gradients(")[1].split("):")[0].count(
                "SCALE"
            )
        J, g = costs_of(source, p, X, Y, *more)
        expected, gradients = ag.value_and_grad(f)(p, X, Y)
        assert_allclose(J, expected, rtol=1e-12)
        assert list(g) == list(gradients)
        for k in g:
            assert np.shape(g[k]) == gradients[k].shape
            assert_allclose(g[k], gradients[k], rtol=1e-12, atol=1e-14)


def test_the_source_is_a_file_of_its_own():
    """It imports NumPy and nothing else."""
    source = ag.derive(planar, parameters(3, 4, 1), X, Y).source
    assert re.findall(r"^(?:import|from) .*", source, re.MULTILINE) == ["import numpy as np"]
    out = run_alone(
        source,
        "p = {k: np.ones(s) * 0.1 for k, s in dict(W1=(4, 3), b1=(4, 1), W2=(1, 4), b2=(1, 1)).items()}\n"
        "J, g = cost_and_gradients(p, np.ones((3, 5)), np.ones((1, 5)))\nprint(J, g['W1'].shape)",
    )
    p = {k: np.ones(a.shape) * 0.1 for k, a in parameters(3, 4, 1).items()}
    assert out.split()[0] == str(planar(p, np.ones((3, 5)), np.ones((1, 5))))


def test_the_source_works_for_another_number_of_examples():
    """m is X.shape[1], not the number it had."""
    source = ag.derive(planar, parameters(3, 4, 1), X, Y).source
    p = parameters(3, 4, 1)
    J, g = costs_of(source, p, X[:, :5], Y[:, :5])
    expected, gradients = ag.value_and_grad(planar)(p, X[:, :5], Y[:, :5])
    assert_allclose(J, expected)
    assert_allclose(g["W1"], gradients["W1"])


def test_numbers_that_only_look_like_m_stay():
    """A factor 2 is not m where m is 3; but a divisor m is."""

    def f(w, X):
        return np.sum((w @ X) ** 2) * 5 + np.sum(w * 7) / X.shape[1]

    lines = bare(ag.derive(f, np.ones((1, 2)), np.ones((2, 3))))
    assert lines[0] == "m = X.shape[1]"
    assert any("10 *" in line or "* 10" in line for line in lines)
    assert any(line.endswith("/ m") for line in lines)


def test_every_line_says_where_it_comes_from():
    """The text has its shape, and in the backward pass the rules."""
    d = ag.derive(planar, parameters(3, 4, 1), X, Y)
    comments = {s.name: s.comment for s in [*d.forward, *d.backward]}
    assert comments["Z1"] == f"(4, {M})"
    assert comments["dZ1"] == f"(4, {M})  np.matmul, np.tanh"
    assert comments["dW2"] == "(1, 4)  np.matmul"
    assert comments["db1"].startswith("(4, 1)  np.add")
    assert comments["dZ2"].endswith("np.multiply, np.log, sigmoid")
    assert all(s.rule for s in d.backward)
    assert not any(s.rule for s in d.forward)
    text = str(d).splitlines()
    assert f"  # (4, {M})  np.matmul, np.tanh" in next(x for x in text if x.startswith("dZ1"))


def test_other_arguments_than_the_first():
    """argnums as in ag.grad."""

    def f(a, b, c):
        u = b * c
        v = a + u
        return 3 * v

    d = ag.derive(f, 5.0, 3.0, 2.0, argnums=(0, 1, 2))
    assert bare(d) == ["u = b * c", "v = a + u", "J = 3 * v", "da = 3", "db = 3 * c", "dc = 3 * b"]
    J, (da, db, dc) = costs_of(d.source, 5.0, 3.0, 2.0)
    assert (J, da, db, dc) == (33, 3, 6, 9)
    d = ag.derive(f, 5.0, 3.0, 2.0, argnums=-1)
    assert costs_of(d.source, 5.0, 3.0, 2.0) == (33, 9)


def test_gradients_that_are_arguments_numbers_or_the_same():
    """Each has its line."""

    def f(p, x):
        return np.sum(p["a"] * x) + np.sum(p["b"]) + 0 * np.sum(p["c"]) + np.sum(p["d"] + p["e"])

    p = {k: np.ones((2, 5)) for k in "abcde"}
    _, g = costs_of(ag.derive(f, p, X[:2, :5]).source, p, X[:2, :5])
    expected = ag.grad(f)(p, X[:2, :5])
    for k in p:
        assert_allclose(np.broadcast_to(g[k], (2, 5)), expected[k])


def test_latex_in_the_courses_notation():
    """dZ^{[2]}, sums over examples, elementwise products."""
    d = ag.derive(planar, parameters(3, 4, 1), X, Y)
    for equation in (
        r"Z^{[1]} &= W^{[1]} X + b^{[1]}",
        r"A^{[1]} &= \tanh\left( Z^{[1]} \right)",
        r"dZ^{[2]} &= \frac{1}{m} \left( A^{[2]} - Y \right)",
        r"dW^{[2]} &= dZ^{[2]} {A^{[1]}}^{T}",
        r"db^{[2]} &= \sum_{i=1}^{m} dZ^{[2](i)}",
        r"dZ^{[1]} &= \left( {W^{[2]}}^{T} dZ^{[2]} \right) \odot \left( 1 - {A^{[1]}}^{2} \right)",
        r"dW^{[1]} &= dZ^{[1]} X^{T}",
    ):
        assert equation in d.latex
    assert d.latex.count(r"\begin{align*}") == d.latex.count(r"\end{align*}") == 2
    relu = ag.derive(deep, parameters(3, 4, 1), X, Y).latex
    assert r"\odot \mathbf{1}\left[ Z^{[1]} > 0 \right]" in relu
    assert r"\mathrm{ReLU}\left( Z^{[1]} \right)" in relu


@pytest.mark.parametrize("case", COSTS)
def test_latex_is_well_formed(case):
    """Braces and brackets in pairs, no superscript upon a superscript."""
    sizes = (3, 4, 3) if case == "softmax" else (3, 4, 1)
    latex = ag.derive(COSTS[case], parameters(*sizes), X, Y).latex
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert not re.search(r"\^\{[^{}]*\}\^", latex)
    assert "None" not in latex


def test_a_page_to_hand_out():
    """The page has the inputs, both passes and the program; it is valid for MathJax and for Markdown."""
    d = ag.derive(planar, parameters(3, 4, 1), X, Y)
    page = d.markdown
    headings = [line for line in page.splitlines() if line.startswith("#") and "`" not in line[2:3]]
    assert [h for h in headings if h.startswith("## ")] == [
        "## Forward",
        "## Backward",
        "## As a program",
    ]
    assert "| $W^{[1]}$ | (4, 3) |" in page
    assert "1. from `np.multiply`, `np.log`, `sigmoid`\n" in page
    assert "    `dZ2 = (A2 - Y) / m`" in page
    assert page.count("$$") % 2 == 0
    assert page.count("```") == 2
    assert d._repr_markdown_() == page


def test_the_deep_cat_net():
    """12288-20-7-5-1, in a fraction of a second, with names that fit the page."""
    p = parameters(12288, 20, 7, 5, 1)
    text = str(ag.derive(deep, p, RNG.rand(12288, 20), Y[:, :1] * np.ones((1, 20))))
    assert "dW1 = dZ1 @ X.T" in text
    assert max(map(len, text.splitlines())) < 120


def test_what_is_no_cost_raises():
    """The errors of grad and of compile."""
    with pytest.raises(ag.NotDifferentiableError, match="scalar"):
        ag.derive(lambda W: W * 2, X)
    with pytest.raises(ag.TraceError, match="Python branch"):
        ag.derive(lambda W: W.sum() if W.sum() > 0 else -W.sum(), X)


# Printing of expressions


def printed(fn, *args):
    """Return an expression of variables a, b, c and of nested calls."""
    names, inlined = {}, {}

    def var(x):
        if isinstance(x, str):
            v = next((v for v, n in names.items() if n == x), None)
            if v is None:
                v = Var((2, 2), float)
                names[v] = x
            return v
        if isinstance(x, tuple):
            v = Var((2, 2), float)
            inlined[v] = Line(x[0], tuple(map(var, x[1:])), {}, (v,))
            return v
        return x

    line = Line(fn, tuple(map(var, args)), {}, (Var((2, 2), float),))
    return Printer(names, inlined).expression(line)[0]


SUB, ADD, MUL, DIV, AT, NEG, POW = (
    np.subtract, np.add, np.multiply, np.true_divide, np.matmul, np.negative, np.power
)  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ((SUB, "a", (SUB, "b", "c")), "a - (b - c)"),
        ((SUB, (SUB, "a", "b"), "c"), "a - b - c"),
        ((ADD, "a", (SUB, "b", "c")), "a + (b - c)"),
        ((MUL, (ADD, "a", "b"), "c"), "(a + b) * c"),
        ((DIV, "a", (MUL, "b", "c")), "a / (b * c)"),
        ((MUL, (DIV, "a", "b"), "c"), "a / b * c"),
        ((MUL, (AT, "a", "b"), "c"), "(a @ b) * c"),
        ((AT, "a", (MUL, "b", "c")), "a @ (b * c)"),
        ((AT, (AT, "a", "b"), "c"), "a @ b @ c"),
        ((AT, "a", (AT, "b", "c")), "a @ (b @ c)"),
        ((NEG, (ADD, "a", "b")), "-(a + b)"),
        ((NEG, (MUL, "a", "b")), "-(a * b)"),
        ((MUL, (NEG, "a"), "b"), "-a * b"),
        ((MUL, "a", (NEG, "b")), "a * (-b)"),
        ((SUB, "a", (NEG, "b")), "a - (-b)"),
        ((POW, (NEG, "a"), 2), "(-a)**2"),
        ((NEG, (POW, "a", 2)), "-a**2"),
        ((POW, (POW, "a", 2), 3), "(a**2)**3"),
        ((POW, "a", -1), "a**(-1)"),
        ((POW, "a", (ADD, "b", 1)), "a**(b + 1)"),
        ((MUL, "a", -2), "a * (-2)"),
        ((MUL, -2, "a"), "-2 * a"),
        ((POW, -2, "a"), "(-2)**a"),
        ((np.greater, (ADD, "a", "b"), 0), "a + b > 0"),
        ((MUL, "a", (np.greater, "b", 0)), "a * (b > 0)"),
        ((np.equal, (np.greater, "a", 0), "b"), "(a > 0) == b"),
        ((np.transpose, (AT, "a", "b")), "(a @ b).T"),
        ((np.tanh, (ADD, "a", "b")), "np.tanh(a + b)"),
        ((MUL, (ADD, "a", "b"), (ADD, "a", "b")), "(a + b) * (a + b)"),
    ],
)
def test_brackets_stand_where_they_are_needed(expression, text):
    """The text, run by Python, computes what the lines compute."""
    assert printed(*expression) == text
    values = {"a": RNG.rand(2, 2) + 1, "b": RNG.rand(2, 2) + 1, "c": RNG.rand(2, 2) + 1}

    def run(x):
        if isinstance(x, tuple):
            return x[0](*map(run, x[1:]))
        return values[x] if isinstance(x, str) else x if not isinstance(x, int) else float(x)

    with np.errstate(invalid="ignore"):  # of (-2)**a
        assert_allclose(eval(text, {"np": np}, values), run(expression))


@pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")
def test_a_cost_that_depends_on_nothing():
    """There is nothing to derive."""
    with pytest.raises(ag.TraceError, match=r"returned 3\.0, which depends on no argument"):
        ag.derive(lambda x: 3.0, np.ones(2))


def attention(p, X, lambd):
    """Sums over other things than examples, a penalty, names that are words."""
    Q, K = p["WQ"] @ X, p["WK"] @ X
    A = ag.softmax(Q.T @ K / np.sqrt(2), axis=1)
    t = np.mean(A, axis=0, keepdims=True)
    s = np.sum(np.sum(p["WK"], axis=1, keepdims=True) ** 3) / X.shape[1]
    return np.sum((t - 1e-8) ** 2) + lambd / 2 * np.sum(p["WQ"] ** 2) + np.sum(X[0] * s)


def test_latex_of_other_things_than_layers():
    """No t^{[5]}, which would be layer 5; axes are named; only a sum over examples goes up to m."""
    rng = np.random.RandomState(0)
    p = {"WQ": rng.randn(2, 3), "WK": rng.randn(2, 3)}
    d = ag.derive(attention, p, rng.randn(3, 5), 0.1)
    for text in (
        "W_{Q} X", r"\mathrm{softmax}_{\mathrm{axis}\,1}", r"\mathrm{mean}_{\mathrm{axis}\,0}",
        r"\frac{1}{2} \lambda", "10^{-8}", r"X\left[ 0 \right]", r"\sum_{i=1}^{3}", "dW_{Q}",
    ):  # fmt: skip
        assert text in d.latex
    assert "t^{[" not in d.latex
    assert "truediv" not in d.latex
    assert "getitem" not in d.latex


def test_a_penalty_and_a_mask_read_as_they_are_written():
    """There is no factor 1 beside lambd, and a division by 0.8 stays one."""

    def cost(p, X, D, lambd):
        A1 = ag.relu(p["W1"] @ X) * D / 0.8
        return np.sum(A1**2) + lambd * np.sum(p["W1"] ** 2)

    args = ({"W1": RNG.randn(2, 3)}, RNG.randn(3, 5), np.ones((2, 5)), 0.1)
    d = ag.derive(cost, *args)
    assert "1 * lambd" not in d.source
    assert "1.25" not in d.source
    J, g = costs_of(d.source, *args)
    expected, by_engine = ag.value_and_grad(cost)(*args)
    assert np.allclose(J, expected)
    assert np.allclose(g["W1"], by_engine["W1"])


def test_a_learners_own_word_stays():
    """Letters that every layer uses are numbered; words such as Yhat and logits stay."""

    def cost(p, X, Y):
        A = X
        for l in (1, 2):
            Z = p[f"W{l}"] @ A + p[f"b{l}"]
            A = np.tanh(Z)
        logits = p["W3"] @ A + p["b3"]
        return np.mean((logits - Y) ** 2)

    text = str(ag.derive(cost, parameters(3, 4, 2, 1), X, Y))
    assert "logits = W3 @ A2 + b3" in text
    assert "Z1 = W1 @ X + b1" in text
    assert "A2 = np.tanh(Z2)" in text
