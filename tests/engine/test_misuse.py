"""Misuse gets a sentence: what was called, on what shapes, and what to do instead."""

import array
import cmath
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from math import exp as exponential
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


@pytest.fixture
def x() -> ag.Tensor:
    """A variable of three numbers."""
    return ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)


# The backward pass


def test_backward_on_an_array_needs_a_gradient(x: ag.Tensor) -> None:
    """A cost is one number; the error has the shape and both ways out."""
    with pytest.raises(ag.ShapeError, match=r"shape \(3,\).*Sum it.*gradient= of shape \(3,\)"):
        (x * 2).backward()


def test_gradient_must_fit(x: ag.Tensor) -> None:
    """The gradient of an output has its shape."""
    with pytest.raises(ag.ShapeError, match=r"\(2,\).*\(3,\)"):
        (x * 2).backward(np.ones(2))


def test_backward_twice(x: ag.Tensor) -> None:
    """The second time is an error that names the graph's end; retain_graph allows it."""
    y = np.sum(x * x)
    y.backward()
    with pytest.raises(ag.GraphError, match=r"second time.*np\.sum.*retain_graph=True"):
        y.backward()
    z = np.sum(x * x)
    x.zero_grad()
    z.backward(retain_graph=True)
    z.backward()
    assert x.grad.tolist() == [4, 8, 12]


def test_backward_without_a_graph() -> None:
    """Nothing to go back to: say how variables are made."""
    with pytest.raises(ag.NotDifferentiableError, match=r"requires_grad=True.*no_grad"):
        ag.Tensor(2.0).backward()


def test_backward_through_whole_numbers(x: ag.Tensor) -> None:
    """x.astype(int) ends the graph, and the error says so."""
    with pytest.raises(ag.NotDifferentiableError, match=r"whole numbers.*astype\(int\)"):
        np.sum(x.astype(int) * 2.0).backward()
    assert not x.astype(bool).requires_grad
    assert x.astype(np.float32).requires_grad


@pytest.mark.parametrize(
    ("value", "kind"), [("sum", "str"), (object(), "object"), (np.array(["a"]), "<U1")]
)
@pytest.mark.parametrize("derivative", [ag.grad, ag.jacobian, ag.vjp, ag.elementwise_grad])
def test_parameters_that_are_no_numbers(derivative: Any, value: Any, kind: str) -> None:
    """They are named by their kind; settings go elsewhere."""
    f = derivative(lambda p: np.sum(p["W"]), argnums=0)
    with pytest.raises(ag.NotDifferentiableError, match=f"cannot differentiate.*{kind}"):
        f({"W": np.ones(2), "how": value})


@pytest.mark.parametrize("argnums", ["y", ("x", "y"), 1.0, None])
def test_arguments_are_named_by_positions(argnums: Any) -> None:
    """Not by their names."""
    with pytest.raises(ag.NotDifferentiableError, match="positions, counted from 0"):
        ag.grad(lambda x, y: x * y, argnums=argnums)(1.0, 2.0)


def test_variable_of_whole_numbers() -> None:
    """Integers have no gradient; pass floats."""
    with pytest.raises(ag.NotDifferentiableError, match=r"int64.*dtype=float"):
        ag.Tensor([1, 2, 3], requires_grad=True)


@pytest.mark.parametrize("f", [lambda v: v > 2, lambda v: v, lambda v: "text"])
def test_grad_of_something_else_than_a_number(f: Any) -> None:
    """grad wants a real scalar."""
    with pytest.raises(ag.AutogradError):
        ag.grad(f)(np.array([1.0, 2.0]))


# Functions and arguments that have no rule


def test_function_without_a_rule(x: ag.Tensor) -> None:
    """The error names the function and three ways out."""
    double = np.frompyfunc(lambda v: v * 2, 1, 1)
    with pytest.raises(
        ag.NoRuleError, match=r"no derivative rule.*autograd_lite\.rule.*tensor\.data"
    ):
        double(x)


def test_edges_of_bins_are_not_constant(x: ag.Tensor) -> None:
    """They move with the ends of the data; the error has what gives them."""
    with pytest.raises(ag.NoRuleError, match=r"np\.histogram_bin_edges.*np\.linspace"):
        np.histogram_bin_edges(x, 4)
    edges = lambda a: np.linspace(np.min(a), np.max(a), 5)
    assert np.array_equal(np.histogram_bin_edges(x.data, 4), edges(x.data))
    slope = np.array([[1, 0, 0], [0.75, 0, 0.25], [0.5, 0, 0.5], [0.25, 0, 0.75], [0, 0, 1]])
    assert np.array_equal(ag.jacobian(edges)(x.data), slope)


def test_argument_that_no_rule_knows(x: ag.Tensor) -> None:
    """An unknown keyword is an error, never ignored."""

    @ag.primitive(lambda g, y, v, k=1: g * k)
    def scaled(v: Any, k: int = 1, shift: float = 0) -> Any:
        return v * k + shift

    with pytest.raises(ag.NoRuleError, match=r"scaled: the argument shift=.*Known here: v, k"):
        scaled(x, shift=3.0)
    with pytest.raises(ag.NoRuleError, match="3 arguments by position"):
        scaled(x, 1, 2.0)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda v: np.sum(v, initial=v[0]), "initial"),
        (lambda v: np.max(v, initial=v[0]), "initial"),
        (lambda v: np.ldexp(2.0, v), "i"),
        (lambda v: np.var(v, mean=v[:1]), "mean"),
        (lambda v: np.nan_to_num(v, nan=v[0]), "nan"),
    ],
)
def test_argument_without_derivative_refuses_a_variable(f: Any, name: str, x: ag.Tensor) -> None:
    """A gradient that would be lost is an error that names the argument."""
    with pytest.raises(ag.NoRuleError, match=rf"np\.\w+.*respect to {name}\b.*tensor\.data"):
        f(x)


@pytest.mark.parametrize(
    "f",
    [
        lambda v: np.polyfit(v, v, 1, full=True), lambda v: np.pad(v, 1, lambda *a: None),
        lambda v: np.exp(v, where=[True, False, True]), lambda v: np.add.at(np.zeros(3), [0], v[0]),
    ],
)  # fmt: skip
def test_options_that_are_out_of_reach_say_so(f: Any, x: ag.Tensor) -> None:
    """A value without a derivative raises the package's own error."""
    with pytest.raises(ag.NoRuleError, match=r"np\."):
        f(x)


@pytest.mark.parametrize("largest", [np.max, lambda t: t.max(), lambda t: np.max(t, axis=0)])
def test_the_largest_of_no_numbers(largest: Any) -> None:
    """Named with its shape, in whichever way it is asked for."""
    with pytest.raises(ag.ShapeError, match=r"np\.max: (an array|t) is \(0,\)"):
        largest(ag.Tensor(np.zeros(0), requires_grad=True))


@dataclass
class Parameters:
    """Numbers in a container that is none of Python's own."""

    W: Any
    b: float = 0.0


def test_object_of_the_users_is_no_argument() -> None:
    """Only Python's own containers are looked into; the error says how to make one."""
    with pytest.raises(ag.NotDifferentiableError, match=r"a Parameters: .*dicts.*vars\(x\)"):
        ag.grad(lambda p: np.sum(p.W) * p.b)(Parameters(np.ones(2)))
    found = ag.grad(lambda p: np.sum(p["W"]) * p["b"])(vars(Parameters(np.ones(2), 3.0)))
    assert found["W"].tolist() == [3, 3]


def test_full_like_of_a_constant_says_what_to_write(x: ag.Tensor) -> None:
    """NumPy writes the value into a new array by copyto."""
    with pytest.raises(ag.NoRuleError, match=r"np\.broadcast_to\(value, shape\)"):
        np.full_like(np.ones(2), x[0])


# Shapes


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda v: v + np.ones(4), r"^v \+ \.\.\.: v is \(3,\), the other is \(4,\): the last sizes"),
        (lambda v: np.ones((2, 4)) * v, r"^\.\.\. \* v: the first is \(2, 4\), v is \(3,\)"),
        (lambda v: v @ np.ones((4, 2)), r"^v @ \.\.\.: v is \(3,\).*inner sizes 3 and 4 differ"),
        (lambda v: np.maximum(v, np.ones(2)), r"^np\.maximum\(v, \.\.\.\): v is \(3,\)"),
        (lambda v: np.dot(np.ones((2, 2)), v), r"^np\.dot\(\.\.\., v\): .*\(2, 2\), v is \(3,\)"),
        (lambda v: v.reshape(2, 2), r"^np\.reshape: v is \(3,\): .*Print the shapes"),
        (lambda v: np.broadcast_to(v, (2, 4)), r"^np\.broadcast_to: v is \(3,\): .*Print the shapes"),
        (lambda v: np.where([True, False], v, 0.0), r"^np\.where: .*v is \(3,\): .*Print the shapes"),
        (lambda v: np.concatenate([v, np.ones((2, 2))]), r"^np\.concatenate: .*\(3,\), an array is \(2, 2\)"),
        (lambda v: np.stack([v, np.ones(2)]), r"^np\.stack: .*\(3,\), an array is \(2,\)"),
        (lambda v: np.linalg.solve(np.eye(2), v), r"np\.linalg\.solve.* is \(2, 2\), v is \(3,\)"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(f: Any, words: str, x: ag.Tensor) -> None:
    """The error is a ValueError that names the function, both shapes and what helps."""
    with pytest.raises(ag.ShapeError, match=words + r".*\(test_misuse\.py, line \d+\)") as caught:
        f(x)
    assert isinstance(caught.value, ValueError)


def test_other_errors_of_numpy_keep_their_type(x: ag.Tensor) -> None:
    """A wrong axis, a singular matrix, an index out of bounds are NumPy's own errors."""
    with pytest.raises(np.exceptions.AxisError):
        np.sum(x, axis=3)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(ag.Tensor(np.zeros((2, 2)), requires_grad=True))
    with pytest.raises(IndexError):
        x[7]
    with pytest.raises(TypeError):
        np.sum(x, no_such_argument=1)


def test_line_of_the_user(x: ag.Tensor) -> None:
    """With trace_lines on, errors name the file and line."""
    with ag.trace_lines():
        y = np.sum(np.exp(x))
        y.backward()
        with pytest.raises(ag.GraphError, match=r"np\.sum on \(3,\) \(test_misuse\.py, line \d+\)"):
            y.backward()


# Nothing leaves the graph in silence


@pytest.mark.parametrize(
    "leave",
    [
        np.asarray, np.array, lambda v: np.array([v[0], v[1]]), lambda v: np.mean([v[0], v[1]]),
        lambda v: np.ones((3, 3)).dot(v), np.vectorize(lambda v: v * 2), lambda v: np.r_[v, v],
        lambda v: np.full((2, 3), v),
    ],
)  # fmt: skip
def test_leaving_the_graph_is_refused(leave: Any, x: ag.Tensor) -> None:
    """If NumPy would make a plain array, the error says how to mean it."""
    with pytest.raises(ag.SilentCopyError, match=r"t\.data.*np\.stack"):
        leave(x)


@pytest.mark.parametrize(
    "leave",
    [
        lambda v: v[0] * math.exp(v[0]), lambda v: 1 / (1 + math.exp(-v[0])),
        lambda v: math.exp(v[0]) * float(v[1]), lambda v: v[0] * exponential(v[0]),
        lambda v: 2 * math.pow(v[0], 2.0), lambda v: math.hypot(1.0, v[0]), lambda v: math.fsum(v),
        lambda v: abs(cmath.sqrt(v[0])), lambda v: math.erf(v[0]) * v[0],
        lambda v: list(map(math.exp, v)), lambda v: {"e": math.exp}["e"](v[0]), lambda v: float(v[0]),
        lambda v: int(v[0]), lambda v: complex(v[0]), lambda v: "a string"[v[0]],
        lambda v: "%.1f" % v[0], lambda v: array.array("d", [v[0]]), lambda v: math.floor(v[0]),  # noqa: UP031
        lambda v: statistics.mean([v[0], 1.0]) if v[0] else 0.0, lambda v: math.isnan(v[0]),
    ],
)  # fmt: skip
def test_a_live_tensor_is_no_plain_number(leave: Any, x: ag.Tensor) -> None:
    """A number has no gradient; the error names NumPy's functions and both ways out."""
    words = r"np\.exp\(t\), not math\.exp\(t\).*t\.item\(\), or t\.numpy\(\)"
    with pytest.raises(ag.SilentCopyError, match=words):
        leave(x)
    with pytest.raises(ag.SilentCopyError, match=words):
        ag.grad(lambda v: leave(v))(np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    "leave", [lambda v: v[0] * np.float64(v[0]), lambda v: np.complex128(v[0])]
)
def test_numpy_scalars_are_refused(leave: Any, x: ag.Tensor) -> None:
    """np.float64(t) asks for an array, and would cut the graph too."""
    with pytest.raises(ag.SilentCopyError, match=r"t\.data.*t\.copy\(\)"):
        leave(x)


@pytest.mark.parametrize(
    "branch", [bool, lambda t: 1 if t else 0, lambda t: not t, lambda t: t and 1]
)
def test_a_branch_on_a_live_tensor_is_refused(branch: Any, x: ag.Tensor) -> None:
    """The sentence says what to write; a comparison returns a plain boolean."""
    with pytest.raises(ag.SilentCopyError, match=r"a Python branch.*np\.where\(t > 0, a, b\)"):
        branch(x[0])
    assert x[0] > 0
    with pytest.raises(ValueError, match="ambiguous"):
        branch(x)


@pytest.mark.parametrize(
    "leave",
    [
        lambda m, v: m * v, lambda m, v: m + v, lambda m, v: np.ma.exp(v),
        lambda m, v: np.ma.multiply(v, v), lambda m, v: np.ma.where(m.mask, v, 0.0),
        lambda m, v: np.ma.masked_array(v, m.mask),
    ],
)  # fmt: skip
def test_masked_arrays_are_refused(leave: Any, x: ag.Tensor) -> None:
    """np.ma does not ask us, and would take the numbers without a word."""
    masked = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
    with pytest.raises(ag.SilentCopyError, match=r"t\.data"):
        leave(masked, x)
    assert (masked * ag.Tensor([1.0, 2.0, 3.0])).tolist() == [1, None, 9]


def test_collecting_plain_numbers_is_refused(x: ag.Tensor) -> None:
    """NumPy puts an error of its own around it."""
    with pytest.raises(ValueError, match="sequence") as caught:
        np.fromiter((a * a for a in x), float)
    assert "np.stack" in str(caught.value.__cause__)


def numbers_of(t: ag.Tensor) -> None:
    """Check every way in which Python makes a number of a Tensor that holds 1."""
    assert float(t) == int(t) == complex(t) == 1
    assert t
    assert math.exp(t) == math.e
    assert "%.1f" % t == f"{t:.1f}" == "1.0"  # noqa: UP031
    assert np.asarray([t, t]).tolist() == [1, 1]


def test_numbers_that_say_so_may_leave(x: ag.Tensor) -> None:
    """t.item(), t.numpy() and text, at any time."""
    t = x[0]
    assert math.exp(t.item()) == math.e
    assert math.sin(t.numpy()) == math.sin(1)
    assert f"{t:.1f}" == "1.0"
    assert "1." in f"{t} {t!r}"
    assert t.requires_grad


def test_swept_results_are_plain_numbers(x: ag.Tensor) -> None:
    """After backward no gradient can be lost: costs are printed and plotted, results looked at."""
    e = np.exp(x - 1)
    J = np.mean(e) * 3 / (1 + math.e + math.e**2)
    J.backward()
    numbers_of(round(J, 9))
    numbers_of(e[0])
    assert float(np.sum((e - e.data) ** 2)) == 0
    with pytest.raises(ag.SilentCopyError):
        float(e[0] * x[0])  # a new graph, which ends in a variable
    with pytest.raises(ag.SilentCopyError):
        float(x[0])
    kept = np.sum(x)
    kept.backward(retain_graph=True)
    assert float(kept) == 6
    kept.backward()
    with pytest.raises(ag.GraphError, match="second time"):
        kept.backward()


def test_other_graphs_stay_live(x: ag.Tensor) -> None:
    """A sweep to one variable leaves what it does not pass live."""
    e = np.exp(x)
    ag.grad(lambda v: np.sum(v * e))(np.ones(3))
    with pytest.raises(ag.SilentCopyError):
        float(e[0])
    np.sum(x * 2).backward()
    with pytest.raises(ag.SilentCopyError):
        float(e[0])


def test_numbers_without_gradient_may_leave(x: ag.Tensor) -> None:
    """Under no_grad, and of Tensors that need no gradient."""
    assert math.exp(ag.Tensor(0.0)) == 1
    assert float(ag.Tensor(2.0)) == 2
    assert list(map(float, ag.Tensor([1.0, 2.0]))) == [1, 2]
    with ag.no_grad():
        assert math.exp(x[0]) == math.e
        assert math.exp(ag.Tensor(1.0, requires_grad=True)) == math.e


def test_whole_numbers_may_leave(x: ag.Tensor) -> None:
    """They have no gradient to lose: they index plain arrays, and become such."""
    floor = np.floor(x).astype(int)
    table = np.array([0.0, 10.0, 20.0, 40.0])
    between = (x - floor) * table[floor]
    np.sum(between).backward()
    assert x.grad.tolist() == [10, 20, 40]
    labels = ag.Tensor([2, 0])
    assert np.eye(3)[labels].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert np.asarray(x.astype(bool)).tolist() == [True] * 3
    copied = np.array(labels, dtype=np.float32)
    copied[0] = 9
    assert copied.dtype == np.float32
    assert labels.data.tolist() == [2, 0]


def test_storing_in_an_array_is_refused(x: ag.Tensor) -> None:
    """a[i] = t would keep the number and lose the graph; t.item() says that it is meant."""
    a = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as caught:
        a[0] = x[0]
    assert "np.stack" in str(caught.value.__cause__)
    with pytest.raises(ag.SilentCopyError, match=r"stored in a plain.*np\.stack.*np\.where"):
        a[:] = x
    with pytest.raises(ag.SilentCopyError, match=r"stored in a plain"):
        a[a == 0] = x * 2
    with pytest.raises((ValueError, ag.SilentCopyError)):
        a.fill(x[0])
    a[1] = x[1].item()
    a[2] = ag.Tensor(7.0)
    assert a.tolist() == [0, 2, 7]


# Arrays written to after the forward pass: right, or an error


def with_source_array() -> Any:
    """Write into the array that a Tensor was made of: it has its own copy."""
    source = np.array([1.0, 2.0, 3.0])
    v = ag.Tensor(source, requires_grad=True)
    y = np.sum(v * v)
    source[:] = 99
    return v, y


def with_data() -> Any:
    """Write into the variable itself."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = np.sum(v * v)
    v.data[:] = 99
    return v, y


def with_constant() -> Any:
    """Write into an array that took part as a constant."""
    v, c = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([2.0, 4.0, 6.0])
    y = np.sum(v * c)
    c[:] = 99
    return v, y


def with_saved_output() -> Any:
    """Write into a result that the rule will read."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    e = np.exp(v)
    y = np.sum(e * 0 + v * v)
    e.data[:] = 99
    return v, y


def with_setitem() -> Any:
    """Assign to an element."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = v * 1
    y = np.sum(w * v)
    w[0] = 99
    return v, y


def with_augmented_assignment() -> Any:
    """w += 1 makes a new Tensor, and leaves the old one alone."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = v * 1
    y = np.sum(w * v)
    w += 1
    w *= 2
    w **= 2
    return v, y


def with_out() -> Any:
    """Call a ufunc with out=."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = v.data * 1
    y = np.sum(v * w * 1.0)
    np.multiply(v, 2.0, out=w)
    return v, y


def with_new_data() -> Any:
    """Give the variable new data, as a training step does, between forward and backward."""
    v = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = np.sum(v * v)
    v.data = np.full(3, 99.0)
    return v, y


def with_view() -> Any:
    """Write into a constant through a view of it."""
    v, c = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([2.0, 4.0, 6.0])
    y = np.sum(v * c[::1])
    c.reshape(3, 1)[:] = 99
    return v, y


def with_index_array() -> Any:
    """Change the index that an element was taken with."""
    v, i = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([0, 1, 2])
    y = np.sum(v[i] * v)
    i[:] = 0
    return v, y


@pytest.mark.parametrize(
    "write",
    [
        with_source_array, with_data, with_constant, with_saved_output, with_setitem,
        with_augmented_assignment, with_out, with_new_data, with_view, with_index_array,
    ],
)  # fmt: skip
def test_written_arrays_give_the_right_gradient_or_an_error(write: Callable[[], Any]) -> None:
    """Never a wrong gradient: that of sum(v * v), or an error that says what was written to."""
    try:
        v, y = write()
        y.backward()
    except (ag.GraphError, ag.SilentCopyError, ag.NoRuleError) as error:
        assert len(str(error)) > 60  # noqa: PT017 (a sentence, not a word)
    except ValueError as error:
        assert "read-only" in str(error)  # noqa: PT017
    else:
        assert v.grad.tolist() == [2, 4, 6]


def test_writing_names_the_call() -> None:
    """The error says which call needed the array, and what to do."""
    _, y = with_constant()
    with pytest.raises(ag.GraphError, match=r"np\.multiply on \(3,\), \(3,\).*copy"):
        y.backward()


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (None, "None"),
        (["a", "b"], r"\['a', 'b'\]"),
        ({"W": 1.0}, r"\{'W': 1.0\}"),
        (object(), "object"),
    ],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_tensors_hold_numbers(data: Any, shown: str, requires_grad: bool) -> None:
    """Anything else is named, with its type and what to pass."""
    with pytest.raises(ag.NotDifferentiableError, match=rf"holds numbers.*{shown}.*Pass numbers"):
        ag.Tensor(data, requires_grad)


def test_tensor_is_final() -> None:
    """Results of calls are Tensors: a subclass would lose its class, and its gradients."""
    with pytest.raises(TypeError, match="subclass"):
        type("Mine", (ag.Tensor,), {})


@pytest.mark.parametrize("name", ["sort", "fill", "put", "partition", "resize"])
def test_methods_that_write_in_place(name: str, x: ag.Tensor) -> None:
    """ndarray's methods that change it are refused by name, with the function that does not."""
    with pytest.raises(ag.SilentCopyError, match=rf"t\.{name}\(\).*np\.\w+"):
        getattr(x, name)()


@pytest.mark.parametrize(
    "f",
    [
        lambda v, b: np.exp(v, out=b), lambda v, b: np.add(v, 1, b),
        lambda v, b: np.cumsum(v, out=b),
        lambda v, b: np.sum(v, out=b), lambda v, b: np.clip(v, 0, 1, out=b),
        lambda v, b: np.clip(v, 0, 1, b), lambda v, b: v.sum(out=b),
        lambda v, b: np.concatenate([v], out=b), lambda v, b: np.add.reduce(v, out=b),
        lambda v, b: np.median(v, out=b), lambda v, b: np.sum(v, None, None, b),
        lambda v, b: np.add(b, 1, out=v), lambda v, b: np.add.accumulate(v, out=b),
        lambda v, b: np.multiply.outer(v, v, out=b), lambda v, b: np.nancumsum(v, out=b),
        lambda v, b: np.hypot.reduce(v, out=b), lambda v, b: np.take(v, [0], out=b),
    ],
)  # fmt: skip
def test_out_is_refused(f: Any, x: ag.Tensor) -> None:
    """out= would take the result out of the graph."""
    with pytest.raises(ag.NoRuleError, match="out"):
        f(x, np.zeros(3))


def test_augmented_assignment_into_an_array(x: ag.Tensor) -> None:
    """a += t writes into a plain array; the error says a = a + t."""
    a = np.zeros(3)
    with pytest.raises(ag.NoRuleError, match=r"a = a \+ t"):
        a += x


def test_mixed_operands_give_a_tensor(x: ag.Tensor) -> None:
    """A Tensor with an array, a NumPy number or a Python number, on either side."""
    for other in (
        np.ones(3),
        np.float64(2),
        2,
        2.0,
        [1, 2, 3],
        True,
        np.True_,
        ag.Tensor(np.ones(3)),
    ):
        for f in (
            lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
            lambda a, b: a**b, lambda a, b: a % b, np.maximum, np.hypot, np.divmod,
        ):  # fmt: skip
            for y in (f(x, other), f(other, x)):
                for part in y if isinstance(y, tuple) else (y,):
                    assert isinstance(part, ag.Tensor)
                    assert part.requires_grad
