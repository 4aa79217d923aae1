"""Programs as data, and the tracing of functions on Tracers."""

import dataclasses
import math
import random
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import autograd_lite as ag
from autograd_lite.compile.codegen.names import name_variables
from autograd_lite.compile.codegen.printer import Printer
from autograd_lite.compile.ir import Line, Program, Var, check, fill, variables
from autograd_lite.compile.tracing.arguments import Call
from autograd_lite.compile.tracing.trace import trace

X = np.arange(6.0).reshape(2, 3)
X.flags.writeable = False


def program_of(f, *args):
    """Return what a function leaves behind, without passes."""
    names = [f"x{i}" for i in range(len(args))]
    return trace(f, Call.of(args, {}, names)).program


def text(program):
    """Return its lines as a person would write them."""
    names = name_variables(program)
    printer = Printer(names)
    return [
        f"{', '.join(names[v] for v in line.outs)} = {printer.expression(line)[0]}"
        for line in program.lines
    ]


# Programs


def small():
    a, b, out = Var((2, 3), float, "a"), Var((2, 1), float, "b"), Var((2, 3), float)
    return Program([a, b], {}, [Line(np.add, (a, b), {}, (out,))], [out])


def test_a_program_runs_line_by_line():
    """Constants and plain outputs included."""
    p = small()
    c = Var((), float)
    p = p.replace(constants={c: 5.0}, outputs=[p.outputs[0], c, "text"])
    y, five, word = p.run(X, np.ones((2, 1)))
    assert_array_equal(y, X + 1)
    assert (five, word) == (5.0, "text")


def test_check_refuses_a_variable_before_it_is_made():
    p = small()
    with pytest.raises(ValueError, match="used before it is made"):
        p.replace(inputs=p.inputs[:1])


def test_check_refuses_a_variable_made_twice():
    p = small()
    with pytest.raises(ValueError, match="made twice"):
        p.replace(lines=[*p.lines, *p.lines])


def test_check_refuses_an_output_that_nobody_makes():
    p = small()
    with pytest.raises(ValueError, match="never made"):
        p.replace(lines=[])


@pytest.mark.parametrize("fn", [np.multiply, np.matmul, np.where])
def test_check_refuses_shapes_that_do_not_fit(fn):
    """Elementwise functions, products and transposes have known shapes."""
    a, out = Var((2, 3), float, "a"), Var((5, 5), float)
    args = (a, a, a)[: 3 if fn is np.where else 2]
    with pytest.raises(ValueError, match="returns shape"):
        check(Program([a], {}, [Line(fn, args, {}, (out,))], [out]))


def test_lines_are_not_changed_but_replaced():
    """So two Programs can share them."""
    line = small().lines[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.fn = np.subtract
    assert line.using({}) is line
    other = Var((2, 3), float)
    assert line.using({line.args[0]: other}).args[0] is other


def test_variables_are_found_and_filled_in_nests():
    """In tuples, lists and dicts."""
    v, w = Var((), float), Var((), float)
    nest = (v, [w, 1], {"k": (v,)})
    assert list(variables(nest)) == [v, w, v]
    assert fill(nest, {v: 2.0}) == (2.0, [w, 1], {"k": (2.0,)})


# Calls as lines


def test_each_numpy_call_becomes_a_line():
    """Operators, functions, methods, indices."""
    p = program_of(lambda x: np.tanh(x * 2).sum(axis=1)[0] - x.T[0, 1:].mean(), X)
    assert text(p) == [
        "t1 = x0 * 2",
        "t2 = np.tanh(t1)",
        "t3 = t2.sum(axis=1)",
        "t4 = t3[0]",
        "t5 = x0.T",
        "t6 = t5[0, 1:]",
        "t7 = t6.mean()",
        "t8 = t4 - t7",
    ]


def test_the_backward_pass_is_traced_too():
    """With the rules that the lines come from, and which is the gradient of which."""
    p = program_of(lambda W: ag.grad(lambda W: np.sum(np.square(np.tanh(W))))(W), X)
    backward = [line for line in p.lines if line.rules]
    assert {rule for line in backward for rule in line.rules} == {"np.square", "np.tanh"}
    tanh = next(line for line in p.lines if line.fn is np.tanh)
    assert any(line.out.gradient_of is tanh.out for line in backward)
    assert p.outputs[0].found
    assert p.watched == [p.outputs[0]]


def test_arrays_from_outside_become_constants():
    """Once each, frozen as they were; numbers stay in the line."""
    c = np.array([1.0, 2.0, 3.0])
    p = program_of(lambda x: x * c + c + 5, X)
    assert len(p.constants) == 1
    c[:] = 0
    assert_array_equal(p.run(X)[0], X * [1, 2, 3] + [1, 2, 3] + 5)


def test_a_constant_written_to_while_tracing_counts_as_two():
    """Each use sees the numbers of its time."""

    def f(x):
        c = np.zeros(3)
        y = x + c
        c[:] = 1
        return y + c

    assert_array_equal(program_of(f, X).run(X)[0], X + 1)


def test_python_numbers_stay_weak():
    """A rate that comes from Python's arithmetic leaves float32 as it is."""

    def f(x, rate, t):
        return x * (rate / (1 - 0.9**t))

    x = X.astype(np.float32)
    p = program_of(f, x, 0.1, 3)
    assert p.run(x, 0.1, 3)[0].dtype == np.float32
    assert p.run(x, 0.2, 5)[0].dtype == np.float32
    np.testing.assert_allclose(p.run(x, 0.2, 5)[0], x * (0.2 / (1 - 0.9**5)), rtol=1e-6)
    assert text(p)[0] == "t1 = 0.9**x2"


def test_numpys_numbers_decide_types():
    """As they do eagerly."""
    x = X.astype(np.float32)
    assert program_of(lambda x: x * np.float64(2), x).run(x)[0].dtype == np.float64


def test_variables_are_called_what_the_user_calls_them():
    """By the outermost function that has a name for them."""

    def helper(z):
        inner = z + 1
        return inner * 2

    def f(x):
        hidden = helper(x)
        return np.tanh(hidden)

    assert text(program_of(f, X)) == [
        "inner = x0 + 1",
        "hidden = inner * 2",
        "t1 = np.tanh(hidden)",
    ]


def test_layers_are_named_as_in_the_course():
    """Z and A by the W and b they come from."""

    def f(p, X):
        A = np.tanh(p["W1"] @ X + p["b1"])
        return np.maximum(0, p["W2"] @ A + p["b2"])

    p = {
        "W1": np.ones((4, 2)), "b1": np.ones((4, 1)), "W2": np.ones((1, 4)), "b2": np.ones((1, 1))
    }  # fmt: skip
    lines = text(program_of(f, p, X))
    assert lines[1:3] == ["Z1 = t1 + b1", "A1 = np.tanh(Z1)"]
    assert lines[4:] == ["Z2 = t2 + b2", "A2 = np.maximum(0, Z2)"]


# Calls that cannot be traced

ERRORS = {
    "if": (lambda x: x if x.sum() > 0 else -x, "Python branch"),
    "while": (lambda x: [x for _ in iter(lambda: x.max() > 1, True)], "Python branch"),
    "and": (lambda x: (x[0, 0] > 0) and x, "Python branch"),
    "float": (lambda x: x * float(x[0, 0]), r"float\(\)"),
    "int": (lambda x: x * int(x[0, 0]), r"int\(\)"),
    "item": (lambda x: x * x.sum().item(), r"item\(\)"),
    "tolist": (lambda x: x.tolist(), r"tolist\(\)"),
    "print": (lambda x: print(x), "printing"),
    "f-string": (lambda x: f"{x.sum():.2f}", "printing"),
    "asarray": (lambda x: np.asarray(x), "plain array"),
    "array": (lambda x: np.array([x[0, 0], x[0, 1]]), "float|plain array"),
    "range": (lambda x: sum(range(x.sum())), "an index, a size"),
    "index": (lambda x: [1, 2, 3][x[0, 0]], "an index, a size"),
    "setitem": (lambda x: x.__setitem__(0, 1.0), "may not write"),
    "into a plain array": (lambda x: np.zeros(3).__setitem__(0, x[0, 0]), "float|plain array"),
    "out=": (lambda x: np.add(x, 1, out=np.zeros((2, 3))), "writes into an array"),
    "add.at": (lambda x: np.add.at(x, 0, 1.0), "does not work"),
    "copyto": (lambda x: np.copyto(x, 0), "does not work"),
    "fill_diagonal": (lambda x: np.fill_diagonal(x, 0), "does not work"),
    "sort in place": (lambda x: x.sort(), "write into the array"),
    "fill": (lambda x: x.fill(0), "write into the array"),
    "mask": (lambda x: x[x > 0], "shape depends on the elements"),
    "nonzero": (lambda x: np.nonzero(x), "shape depends on the elements"),
    "where with one argument": (lambda x: np.where(x > 0), "shape depends on the elements"),
    "unique": (lambda x: np.unique(x), "shape depends on the elements"),
    "repeat": (lambda x: np.repeat(x, (x[0] > 0) * 1, axis=1), "shape depends on the elements"),
    "array_equal": (lambda x: x * np.array_equal(x, x), "a Python value"),
    "allclose": (lambda x: x * np.allclose(x, 0), "a Python value"),
    "apply_along_axis": (lambda x: np.apply_along_axis(np.sum, 0, x), "Python function"),
    "an object": (lambda x: object(), "returned a object"),
    "a set": (lambda x: {1}, "returned a set"),
    "what it is, and what to do": (
        lambda x: x if x[0, 0] > 0 else -x,
        r"value of an array of shape \(\) and dtype bool \(test_ir.py, line \d+\).*np.where",
    ),
    "math.exp": (lambda x: x * math.exp(x.sum()), r"np.exp\(x\), not math.exp"),
    "print by name": (lambda x: print(x), r"value of x of shape \(2, 3\).*Return the array"),
    "array of numbers": (lambda x: np.array([x[0, 0], x[0, 1]]), r"np.stack\(\[x, y\]\)"),
    "rows into zeros": (lambda x: np.zeros((2, 3)).__setitem__(0, x[0]), "np.where.mask, a, b."),
    "mask by its name": (lambda x: x[x > 0], r"x\[mask\] returns .*np.where\(mask, x, 0\)"),
    "least squares": (lambda x: np.linalg.lstsq(x, x), "compute outside"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_depends_on_values_raises(case):
    """TraceError, which says what to do instead."""
    f, message = ERRORS[case]
    with pytest.raises(ag.TraceError, match=message):
        ag.compile(f)(np.array(X))


def test_an_error_names_the_users_line():
    """File and number."""

    def f(x):
        if x.sum() > 0:
            return x
        return -x

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(ag.TraceError, match=f"test_ir.py, line {line}"):
        ag.compile(f)(X)


def test_shapes_may_decide():
    """They are part of the key."""

    def f(x):
        rows, columns = x.shape
        assert x.ndim == np.ndim(x) == 2
        assert len(x) == rows
        assert x.size == np.size(x) == rows * columns
        assert not np.iscomplexobj(x)
        return x.reshape(columns, -1) / rows if rows < columns else x

    assert_array_equal(ag.compile(f)(X), X.reshape(3, 2) / 2)


def test_attributes_that_are_missing_look_missing():
    """hasattr asks, and gets False."""
    assert ag.compile(lambda x: x * hasattr(x, "cuda"))(X).sum() == 0


# Impurity

RNG, LEGACY = np.random.default_rng(0), np.random.RandomState(0)


class Noisy:
    """A function with a generator among its attributes."""

    def __init__(self):
        self.parts = {"rng": [np.random.default_rng(1)]}

    def __call__(self, x):
        return x + self.parts["rng"][0].normal(size=x.shape)

    def method(self, x):
        return self(x)


def closed_over(rng):
    return lambda x: x + rng.normal(size=x.shape)


def with_default(x, rng=np.random.default_rng(2)):  # noqa: B008
    return x + rng.random(x.shape)


def calls_another(x):
    return uses_global(x) * 2


def uses_global(x):
    return x + RNG.normal(size=x.shape)


DRAWING = {
    "global": lambda x: x + np.random.randn(*x.shape),
    "python": lambda x: x + random.random(),
    "module generator": uses_global,
    "legacy": lambda x: x + LEGACY.randn(*x.shape),
    "through another function": calls_another,
    "closure": closed_over(np.random.default_rng(3)),
    "default": with_default,
    "attribute": Noisy(),
    "method": Noisy().method,
    "compiled": ag.compile(uses_global),
}


@pytest.mark.parametrize("case", DRAWING)
def test_random_draws_raise(case):
    """They would be the same at every call."""
    with pytest.raises(ag.TraceError, match="drew random numbers"):
        ag.compile(DRAWING[case])(X)


def test_a_seeded_generator_of_its_own_is_a_constant():
    """It returns the same eagerly."""

    def f(x):
        return x + np.random.RandomState(5).randn(3)

    assert_array_equal(ag.compile(f)(X), f(X))


def test_modules_may_be_imported_inside():
    """The random module is not there before, and nobody draws from it."""
    code = (
        "import numpy as np, autograd_lite as ag, sys\n"
        "def f(x):\n    import random\n    return x * 2\n"
        "sys.modules.pop('random', None)\n"
        "print(ag.compile(f)(np.ones(2)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[2. 2.]"


def test_a_leaked_array_raises_when_it_is_used():
    """With the reason, wherever it leaked."""
    leaks = []

    def f(x):
        leaks.append(x)
        leaks.append(ag.Tensor(x) if False else x * 2)
        return x

    ag.compile(f)(X)
    for leak in leaks:
        for use in (lambda v: v + 1, np.sin, float, str, np.asarray, lambda v: v[0]):
            with pytest.raises(ag.TraceError, match="leaked"):
                use(leak)


def test_a_leaked_tensor_raises_when_it_is_used():
    """A Tensor around a Tracer is no better."""
    leaks = []

    def cost(W):
        leaks.append(W)
        return np.sum(W * W)

    ag.compile(lambda W: ag.grad(cost)(W))(np.array(X))
    for use in (lambda t: t * 2, np.sum, str, float):
        with pytest.raises(ag.TraceError, match="leaked"):
            use(leaks[0])


def test_an_array_of_another_trace_raises():
    """Two compilations do not mix."""
    kept = []

    def outer(x):
        kept.append(x)
        return x

    ag.compile(outer)(X)
    with pytest.raises(ag.TraceError):
        ag.compile(lambda x: x + kept[0])(X)


def test_a_parameter_from_outside_that_backward_would_fill_raises():
    """Its numbers would be frozen; and no Tracer stays behind in its grad."""
    W = ag.Tensor(np.ones((1, 2)), requires_grad=True, name="W1")

    def f(x):
        J = np.sum(W @ x)
        J.backward()
        return J

    with pytest.raises(ag.TraceError, match="'W1'"):
        ag.compile(f)(X)
    assert W.grad is None
    f(ag.Tensor(X))
    assert_array_equal(W.grad, X.sum(axis=1, keepdims=True).T)


def test_tensors_made_inside_work():
    """The way PyTorch is used, all of it inside the function."""

    def f(w, x):
        W = ag.Tensor(w, requires_grad=True)
        J = np.sum(np.tanh(W @ x))
        J.backward()
        return J, W.grad

    w = np.array([[0.1, 0.2]])
    J, g = ag.compile(f)(w, X)
    expected = ag.value_and_grad(lambda w: np.sum(np.tanh(w @ X)))(w)
    np.testing.assert_allclose(J, expected[0], rtol=1e-14)
    np.testing.assert_allclose(g, expected[1], rtol=1e-14)
