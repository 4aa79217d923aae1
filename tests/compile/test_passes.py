"""Each pass by itself: what it does to a small program, and that the results are the same."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd_lite as ag
from autograd_lite.compile.codegen.names import name_variables
from autograd_lite.compile.codegen.printer import Printer
from autograd_lite.compile.ir import Program
from autograd_lite.compile.passes import algebra, cancellation, reductions, sigmoids
from autograd_lite.compile.passes import cleanup as passes
from autograd_lite.compile.passes.layout import choose_layouts
from autograd_lite.compile.passes.pipeline import SPEED, quick, readable, run
from autograd_lite.compile.tracing.arguments import Call
from autograd_lite.compile.tracing.trace import trace
from autograd_lite.rules.shaping import spread

RNG = np.random.RandomState(0)
X = RNG.randn(3, 4)
Y = (RNG.rand(3, 4) > 0.5) * 1.0
W = RNG.randn(2, 3)
for a in (X, Y, W):
    a.flags.writeable = False


def program_of(f, *args):
    """Return what a function leaves behind, and the values of its inputs."""
    names = list(f.__code__.co_varnames[: f.__code__.co_argcount])
    call = Call.of(args, {}, names)
    return trace(f, call).program, [leaf.value for leaf in call.leaves]


def text(program):
    """Return its lines as a person would write them."""
    names = name_variables(program)
    return [f"{names[x.out]} = {Printer(names).expression(x)[0]}" for x in program.lines]


def same(before, after, values):
    """Check that both programs return the same."""
    with np.errstate(all="ignore"):
        results = after.run(*values), before.run(*values)
    for a, b in zip(*results, strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        assert np.shape(a) == np.shape(b)
        assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def applied(pass_, f, *args, first=()):
    """Return the lines after some passes; the last must not change what comes out."""
    program, values = program_of(f, *args)
    for p in first:
        program = p(program)
    after = pass_(program)
    same(program, after, values)
    return text(after)


# Passes that know no mathematics


def test_inline_writes_own_functions_in_numpys_terms():
    """A sigmoid is four lines."""
    assert applied(passes.inline, lambda x: ag.sigmoid(x) + ag.relu(x), X) == [
        "t1 = -x", "t2 = np.exp(t1)", "t3 = 1 + t2", "t4 = 1 / t3", "t5 = np.maximum(x, 0)",
        "t6 = t4 + t5",
    ]  # fmt: skip


def test_inline_can_be_limited():
    """To some functions; others stay calls."""
    lines = applied(
        lambda p: passes.inline(p, only=(spread,)), lambda x: spread(x, (2, 3, 4), 0, False), X
    )
    assert lines == ["t1 = x.reshape((1, 3, 4))", "t2 = np.broadcast_to(t1, (2, 3, 4))"]


def test_inline_leaves_what_is_no_straight_line():
    """A body with a loop over numbers, or a value that Python needs, stays a call."""

    @ag.primitive(lambda g, y, x: g)
    def odd(x):
        return x if float(x.sum()) > 0 else -x

    assert applied(passes.inline, lambda x: odd(x) * 2, X) == ["t1 = odd(x)", "t2 = t1 * 2"]


def test_fold_computes_what_depends_on_constants():
    """Numbers are written into the lines, arrays become constants."""
    c = np.array([1.0, 2.0, 3.0, 4.0])
    program, values = program_of(lambda x: (x * 0 + x) * np.square(c).sum() + c, X)
    folded = passes.fold(program)
    same(program, folded, values)
    f, v = program_of(lambda x: x + getattr(x, "nothing", 1), X)
    same(f, passes.fold(f), v)
    # Tracers that depend on constants alone come from inlined functions
    p, v = program_of(lambda x: x * ag.sigmoid(np.zeros_like(x)), X)
    same(p, passes.fold(p), v)


def test_fold_folds_lines_of_a_program():
    """Also when only a pass made them constant; what would grow is left."""
    program, values = program_of(lambda x, y: np.tanh(y).sum() * x + y, X, Y)
    y = program.inputs[1]
    fixed = Program([program.inputs[0]], {y: Y}, program.lines, program.outputs)
    folded = passes.fold(fixed)
    same(fixed, folded, values[:1])
    assert len(folded.lines) == 2
    assert float(np.tanh(Y).sum()) in [a for x in folded.lines for a in x.args]


def test_common_subexpressions_are_computed_once():
    """Also a + b and b + a; not if the numbers differ in dtype or sign of zero."""
    f = lambda x, y: (x + y) * (y + x) + (x - y) * (y - x)
    assert applied(passes.common_subexpressions, f, X, Y) == [
        "t1 = x + y", "t2 = t1**2", "t3 = x - y", "t4 = y - x", "t5 = t3 * t4", "t6 = t2 + t5"
    ]  # fmt: skip
    f = lambda x: (x * 0.0, x * -0.0, x * 0, x * np.float32(0))
    assert len(applied(passes.common_subexpressions, f, X)) == 4


def test_dead_code_is_left_out():
    """With constants and watched gradients that nobody needs."""

    def f(x):
        _ = np.exp(x) + np.ones(4)
        J, _g = ag.value_and_grad(lambda x: np.sum(x * x))(x)
        return J

    program, values = program_of(f, X)
    after = passes.dead_code(program)
    same(program, after, values)
    assert text(after) == ["t1 = x**2", "t2 = t1.sum()"]
    assert (after.constants, after.watched) == ({}, [])


def test_invariant_lines_leave_a_loop():
    """A line that depends on no changing variable runs once."""
    program, _ = program_of(lambda w, x: w - (w @ x) @ np.exp(x.T), W, X)
    before, body = passes.invariant(program, {program.inputs[0]})
    names = name_variables(program)
    assert [Printer(names).expression(x)[0] for x in before] == ["x.T", "np.exp(t1)"]
    assert len(body.lines) == 3
    assert body.inputs[2:] == [x.out for x in before]


def test_outputs_keep_memory_of_their_own():
    """An output that turns out to be an input, a constant or another output is copied."""
    c = np.array([1.0, 2.0, 3.0, 4.0])
    f = ag.compile(lambda x: (x + 0, x, x * 2, x * 2, c, x.T, x[0] + c * 0))
    x = np.array(X)
    a, b, d, e, k, t, _ = f(x)
    assert not np.shares_memory(a, x)
    assert b is x
    assert not np.shares_memory(d, e)
    assert np.shares_memory(t, x)
    k[:] = 7
    assert_allclose(f(x)[4], c)
    assert_allclose(c, [1, 2, 3, 4])


# Mathematics

SIMPLER = {
    "x * 1": (lambda x: x * 1, []),
    "1 * x": (lambda x: 1 * x, []),
    "x / 1": (lambda x: x / 1, []),
    "x - 0": (lambda x: x - 0, []),
    "x * -1": (lambda x: x * -1, ["t1 = -x"]),
    "-(-x)": (lambda x: np.negative(-x), []),
    "x + -y": (lambda x, y: x + -y, ["t1 = x - y"]),
    "x - -y": (lambda x, y: x - -y, ["t1 = x + y"]),
    "-x + y": (lambda x, y: -x + y, ["t1 = y - x"]),
    "-(x * 2)": (lambda x: -(x * 2), ["t1 = x * (-2)"]),
    "-(x / 2)": (lambda x: -(x / 2), ["t1 = x / (-2)"]),
    "-x / 3": (lambda x: -x / 3, ["t1 = x / (-3)"]),
    "x * 2 * 3": (lambda x: x * 2 * 3, ["t1 = x * 6"]),
    "3 * (2 * x)": (lambda x: 3 * (2 * x), ["t1 = x * 6"]),
    "x / 2 / 4": (lambda x: x / 2 / 4, ["t1 = x / 8"]),
    "x / 4 * 4": (lambda x: x / 4 * 4, []),
    "x * 6 / 3": (lambda x: x * 6 / 3, ["t1 = x * 2.0"]),
    "x * 2 / 6": (lambda x: x * 2 / 6, ["t1 = x / 3.0"]),
    "x / 6 * 2": (lambda x: x / 6 * 2, ["t1 = x / 3.0"]),
    "-x * 2": (lambda x: -x * 2, ["t1 = x * (-2)"]),
    "x.T.T": (lambda x: x.T.T, []),
    "(2 * x.T).T": (lambda x: (2 * x.T).T, ["t1 = 2 * x"]),
    "(x.T * 2).T": (lambda x: (x.T * 2).T, ["t1 = x * 2"]),
    "(x.T / y.T).T": (lambda x, y: (x.T / np.exp(y).T).T, ["t1 = np.exp(y)", "t2 = x / t1"]),
    "(x.T - y.T).T": (lambda x, y: (x.T - y.T).T, ["t1 = x - y"]),
    "(-x.T).T": (lambda x: (-x.T).T, ["t1 = -x"]),
    "(y @ x.T).T": (lambda x, y: (y @ x.T).T, ["t1 = y.T", "t2 = x @ t1"]),
    "x ** 2": (lambda x: x**2, ["t1 = x**2"]),
    "x ** 1": (lambda x: x**1, []),
    "square": (lambda x: np.square(x), ["t1 = x**2"]),
    "+x": (lambda x: +x, []),
    "astype": (lambda x: x.astype(np.float64), []),
    "reshape": (lambda x: x.reshape(3, 4), []),
    "squeeze": (lambda x: np.squeeze(x), []),
    "dot": (lambda x, y: np.dot(x, y.T), ["t1 = y.T", "t2 = x @ t1"]),
    "a product with a number": (
        lambda x: x[:, :1] @ x[:1, :1], ["t1 = x[:, :1]", "t2 = x[:1, :1]", "t3 = t1 * t2"]
    ),
    "broadcasting": (lambda x: x * np.broadcast_to(x[0], (3, 4)), ["t1 = x[0]", "t2 = x * t1"]),
    "a uniform constant": (lambda x: x * np.full((3, 4), 2.0), ["t1 = x * 2.0"]),
    "a sum's axes": (lambda x: np.sum(x, axis=(1,), keepdims=True).reshape(3), ["t1 = x.sum(axis=1)"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SIMPLER)
def test_simplify(case):
    """To the lines that a person would write."""
    f, lines = SIMPLER[case]
    args = (X, Y)[: f.__code__.co_argcount]
    assert applied(algebra.simplify, f, *args) == lines


KEPT = {
    "x + 0 in place of -0.0": lambda x: 1 / (x * -0.0 + 0.0),
    "0 - x": lambda x: 1 / (0 - x * 0),
    "-(x - x)": lambda x: 1 / -(x - x),
    "x - -0.0": lambda x: 1 / (-(x * 0) - -0.0),
    "operands of different rank": lambda x: (x[:3, :3].T * x[0, :3].T).T,
    "a product of different rank": lambda x: (x[:, :3] @ np.stack([x, x + 1])[:, :, :3].T).T,
    "large factors": lambda x: x * 1e-300 * 1e200 * 1e200,
    "small factors": lambda x: x * 1e300 / 1e200 / 1e200,
    "inexact factors": lambda x: x * 0.1 * 3,
    "a number that decides the type": lambda x: x.astype(np.float32) * np.float64(1),
    "a broadcast that makes the shape": lambda x: np.broadcast_to(x[0], (3, 4)) * 2,
    "both sides repeated": lambda x: (
        np.broadcast_to(x[:, :1], (3, 4)) - np.broadcast_to(x[:, 1:2], (3, 4))
    ),
    "a weak number's repetition": lambda x, r: x.astype(np.float32) * np.broadcast_to(r, (3, 4)),
    "zero factors": lambda x: x * 0 / 3 * 0.0,
    "unsigned numbers": lambda x: np.negative(-x.astype(np.uint8)),
    "whole numbers": lambda x: x.astype(int) * 3 * 2,
    "a weak base": lambda x, r: x * r**2 * r**1,
    "a column times a row": lambda x: (x[:, :1] * 1) @ (x[:1] * 1),
}


@pytest.mark.parametrize("case", KEPT)
def test_simplify_keeps_the_meaning(case):
    """A rule that looks alike would be wrong there."""
    f = KEPT[case]
    applied(algebra.simplify, f, *(np.abs(X), 0.3)[: f.__code__.co_argcount])


def test_transposed_products_are_only_turned_when_nobody_else_needs_them():
    """Else there would be two products in place of one."""

    def f(x, y):
        product = y @ x.T
        return product.T, product

    lines = applied(algebra.simplify, f, X, Y)
    assert sum("@" in line for line in lines) == 1


def course_cost(Z, Y):
    """Return the cost as the course writes it."""
    A = ag.sigmoid(Z)
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]


def test_divisions_cancel_on_the_way_back():
    """The gradient of the course's cost becomes A - Y over m."""
    lines = applied(
        lambda p: cancellation.cancel_divisions(algebra.simplify(p)),
        lambda Z, Y: ag.grad(course_cost)(Z, Y),
        X, Y,
        first=[passes.fold, lambda p: passes.inline(p, only=(spread,))],
    )  # fmt: skip
    assert lines == ["A = sigmoid(Z)", "t1 = A - Y", "dZ = t1 / 4"]


def test_divisions_cancel_in_a_sigmoid_that_is_written_out():
    """1 / (1 + exp(-Z)) is a sigmoid by another name."""

    def cost(Z, Y):
        A = 1 / (1 + np.exp(-Z))
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    program, values = program_of(lambda Z, Y: ag.value_and_grad(cost)(Z, Y), X, Y)
    short = readable(program)
    same(program, short, values)
    assert sum(line.fn is np.true_divide for line in short.lines) == 1
    assert any(line.fn is ag.sigmoid for line in short.lines)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_nothing_is_multiplied_out_that_loses_digits(dtype):
    """The derivative of silu(x**2) is 2 x for large x; expanded, it was a third too small."""
    f = ag.grad(lambda x: np.sum(x**2 / (1 + np.exp(-(x**2)))))
    for size in (3e3, 1e8) if dtype is np.float64 else (3e3,):
        x = np.array([size, -size], dtype)
        assert_allclose(ag.compile(f)(x), 2 * x, rtol=4 * np.finfo(dtype).eps)
        assert_allclose(ag.compile(f)(x), f(x), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("scale", [-1.0, -0.25, 0.25, 1.0])
def test_a_log_likelihood_is_as_good_as_a_cost(scale):
    """The derivative of c (Y log A + (1 - Y) log(1 - A)) is c (Y - A), whatever the sign of c."""

    def cost(Z, Y):
        A = ag.sigmoid(Z)
        return np.sum(scale * Y * np.log(A) + scale * (1 - Y) * np.log(1 - A))

    by_hand = scale * (Y - 1 / (1 + np.exp(-X)))
    assert_allclose(ag.compile(ag.grad(cost))(X, Y), by_hand, rtol=1e-13)
    program, _ = program_of(lambda Z, Y: ag.grad(cost)(Z, Y), X, Y)
    assert all(line.fn is not np.log for line in readable(program).lines)


def test_weights_in_a_cross_entropy_stay_finite_where_it_saturates():
    """With weights nothing simpler than p (1 - A) - q A is left; it has no division."""

    def cost(Z, Y):
        A = ag.sigmoid(Z)
        return -np.sum(3 * Y * np.log(A) + (1 - Y) * np.log(1 - A))

    Z, Y = np.array([[-800.0, 40.0, 0.5, 0.5]]), np.array([[1.0, 0.0, 1.0, 0.25]])
    by_hand = np.array(
        [[-3.0, 1.0, -3 / (1 + np.exp(0.5)), 0.75 / (1 + np.exp(-0.5)) - 0.75 / (1 + np.exp(0.5))]]
    )
    assert_allclose(ag.compile(ag.grad(cost))(Z, Y), by_hand, rtol=1e-14)


def test_divisions_on_the_way_forward_stay():
    """A person's own 0 / 0 stays nan."""
    assert applied(cancellation.cancel_divisions, lambda x, y: x / y * y, X, Y + 1) == [
        "t1 = x / y", "t2 = t1 * y"
    ]  # fmt: skip


def test_saturated_activations_give_the_right_gradient():
    """A - Y where A has rounded to 1, and to 0."""
    Z = np.array([[-800.0, 40.0, 800.0, -40.0]])
    Y = np.array([[1.0, 0.0, 1.0, 0.0]])
    program, _ = program_of(lambda Z, Y: ag.grad(course_cost)(Z, Y), Z, Y)
    with np.errstate(all="ignore"):
        (g,) = quick(program).run(Z, Y)
    assert_allclose(g, [[-0.25, 0.25, 0, 0]], atol=1e-15)


def test_cancelled_whole_numbers_do_not_wrap():
    """Unsigned labels keep their arithmetic: 0 - 1 is 255 there."""
    labels = Y.astype(np.uint8) + np.uint8(1)
    f = lambda Z, Y: ag.grad(course_cost)(Z, Y)
    program, values = program_of(f, X, labels)
    same(program, quick(program), values)


def test_sigmoids_are_recognized_only_where_nothing_else_needs_their_parts():
    """exp(-Z) may have another use."""
    one = lambda x: 1 / (1 + np.exp(-x))
    assert applied(sigmoids.recognize_sigmoids, one, X) == ["t1 = sigmoid(x)"]
    two = lambda x: (1 / (1 + np.exp(-x)), np.exp(-x))
    assert (
        len(applied(sigmoids.recognize_sigmoids, two, X, first=[passes.common_subexpressions])) == 4
    )


# Speed


def test_means_are_sums():
    assert applied(reductions.means_as_sums, lambda x: np.mean(x, axis=1), X) == [
        "t1 = x.sum(axis=1)", "t2 = t1 / 4"
    ]  # fmt: skip


def test_sums_of_products_are_dot_products():
    """Sums are rewritten too, if nothing else needs them."""
    f = lambda x, y: -np.sum(x * y - x) / 3
    assert applied(reductions.sums_as_dots, f, X, Y) == [
        "t1 = np.vdot(x, y)", "t2 = x.sum()", "t3 = t1 - t2", "t4 = -t3", "t5 = t4 / 3"
    ]  # fmt: skip
    f = lambda x: np.sum((x - 1) * (x - 1))
    assert applied(reductions.sums_as_dots, f, X)[-1].endswith("np.vdot(t1, t2)")


def test_column_sums_are_products_with_ones():
    lines = applied(
        reductions.axis_sums_as_products, lambda x: (np.sum(x, axis=1, keepdims=True), np.sum(x)), X
    )
    assert lines == ["t1 = x @ ones", "t2 = np.vdot(x, ones_2)"]
    f = lambda x: np.sum(x, axis=1, keepdims=True)
    applied(reductions.axis_sums_as_products, f, X.astype(np.float32))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x, axis=0, keepdims=True),
        lambda x: np.sum(x.astype(int)),
        lambda x: np.sum(x > 0),
        lambda x: np.sum(x * 1j * x),
        lambda x: np.mean(x, axis=(0, 1), keepdims=True),
        lambda x: np.sum(x[0] * x),
        lambda x: np.sum(x, where=x > 0),
        lambda x: np.sum(x, dtype=np.float32),
        lambda x: np.mean((x > 0) * 1),
    ],
)
def test_other_sums_keep_their_meaning(f):
    applied(lambda p: run(p, SPEED), f, X)


def test_the_cost_takes_one_logarithm():
    """log(A) and log(1 - A) both come from log(1 + exp(-Z)); a total tells where that overflows."""
    program, values = program_of(lambda Z, Y: ag.value_and_grad(course_cost)(Z, Y), X, Y)
    fast = quick(program)
    same(program, fast, values)
    assert sum(line.fn is np.log for line in fast.lines) == 1
    assert [v.shape for v in fast.finite] == [()]


def test_without_a_gradient_logarithms_stay():
    """Plain NumPy returns -inf for log(0), and so do the lines."""
    program, values = program_of(course_cost, X, Y)
    assert sum(line.fn is np.log for line in quick(program).lines) == 2
    same(program, quick(program), values)


# Layout


PICTURES = RNG.randn(300, 5000)
LAYOUTS = {
    # The larger operand, a product with a small one, and its lines
    "by columns": (
        PICTURES.T, lambda x, v: v @ x * 0.5,
        ["t1 = x.T", "t2 = v.T", "t3 = t1 @ t2", "t4 = t3 * 0.5", "t5 = t4.T"],
    ),
    "by rows": (PICTURES.T.copy(), lambda x, v: v @ x * 0.5, ["t1 = v @ x", "t2 = t1 * 0.5"]),
    "transposed": (PICTURES, lambda x, v: v @ x.T, ["t1 = v.T", "t2 = x @ t1", "t3 = t2.T"]),
    "a long result": (
        PICTURES.T, lambda x, v: v[:, :300] @ x.T, ["t1 = v[:, :300]", "t2 = x.T", "t3 = t1 @ t2"]
    ),
    "a long result by columns": (
        PICTURES.T.copy(), lambda x, v: v[:, :300] @ x.T,
        ["t1 = v[:, :300]", "t2 = x.T", "t3 = t1 @ t2"],
    ),
    "a long result in single precision": (
        PICTURES.T.astype(np.float32, order="C"), lambda x, v: v[:, :300] @ x.T,
        ["t1 = v[:, :300]", "t2 = t1.T", "t3 = x @ t2", "t4 = t3.T"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_large_products_are_turned_if_the_larger_operand_lies_by_columns(name):
    """The choice depends on shapes and on the order in memory, and a number runs along with it."""
    x, f, lines = LAYOUTS[name]
    w = RNG.randn(4, 5000).astype(x.dtype)
    program, values = program_of(f, x, w)
    new = choose_layouts(program, dict(zip(program.inputs, values, strict=True)))
    for a, b in zip(new.run(*values), program.run(*values), strict=True):
        assert_allclose(a, b, rtol=1e-3 if x.dtype == np.float32 else 1e-10, atol=1e-3)
    assert text(new) == lines


def test_small_products_are_left_as_they_are():
    program, _ = program_of(lambda w, x: w @ x, W, X)
    examples = dict(zip(program.inputs, (W, np.asfortranarray(X)), strict=True))
    assert choose_layouts(program, examples).lines == program.lines


def test_the_same_function_and_shapes_compile_to_the_same_source():
    """Whatever else the machine is doing: nothing is timed."""

    def step(w, x):
        return w - 0.1 * ag.grad(lambda w: np.sum(np.tanh(w @ x) ** 2))(w)

    w = RNG.randn(4, 5000)
    sources = {ag.compile(lambda w, x: step(w, x)) for _ in range(3)}
    for compiled in sources:
        compiled(w, PICTURES.T)
    assert len({compiled.source for compiled in sources}) == 1
    (source,) = {compiled.source for compiled in sources}
    assert "np.dot(t1, t2" in source
