"""Errors and warnings in the learner's words: names, shapes, the line, and what to do."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from nn import by_hand, optimizers
from nn.errors import GradientError

RNG = np.random.RandomState(0)


def variable(*shape: int, name: str | None = None) -> ag.Tensor:
    return ag.Tensor(RNG.randn(*shape), requires_grad=True, name=name)


def line_of(word: str) -> str:
    """Return the file and line on which `word` stands as a comment: `test_advice.py, line 7`."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (at,) = (i for i, line in enumerate(lines, 1) if line.endswith(f"# {word}"))
    return f"{Path(__file__).name}, line {at}"


# Shapes that do not fit


def test_the_sentence() -> None:
    """Names, both shapes, what differs, what would fit, and the line; word for word."""
    W1, X = variable(4, 5), RNG.randn(6, 5)
    with pytest.raises(ag.ShapeError) as caught:
        np.dot(W1, X)  # here
    assert str(caught.value) == (
        "np.dot(W1, X): W1 is (4, 5), X is (6, 5): inner sizes 5 and 6 differ; X.T would fit "
        f"({line_of('here')})"
    )


def test_names_by_name_key_and_variable() -> None:
    """`name=` before a key of the parameters, a key before nothing."""
    parameters = {"W1": variable(4, 5), "b1": variable(3, 1, name="bias")}
    with pytest.raises(ag.ShapeError, match=r"^W1 \+ bias: W1 is \(4, 5\), bias is \(3, 1\)"):
        parameters["W1"] + parameters["b1"]
    X, W1 = RNG.randn(2, 3), parameters["W1"]
    with pytest.raises(ag.ShapeError, match=r"^W1\.T @ X\.T: W1\.T is \(5, 4\), X\.T is \(3, 2\)"):
        W1.T @ X.T
    with pytest.raises(ag.ShapeError, match=r"^W @ A_prev: W is \(4, 5\).*\(deep\.py, line \d+\)"):
        by_hand.linear_forward(X, W1, 0.0)


def test_names_inside_grad() -> None:
    """Within a differentiated function of plain arrays, the function's own names."""

    def cost(parameters: Any, X: Any) -> Any:
        W = parameters["W2"]
        return np.sum(X - W)

    with pytest.raises(
        ag.ShapeError, match=r"^X - W2: X is \(3, 4\), W2 is \(4, 3\).*W2\.T or X\.T would"
    ):
        ag.grad(cost)({"W2": RNG.randn(4, 3)}, RNG.randn(3, 4))


PRODUCTS = [(4, 5), (6, 5), (5,), (4,), (1, 4), (4, 6), (6, 4), (3, 1)]
SUMS = [(4, 7), (7, 4), (4,), (7,), (4, 1), (2, 4, 7), (2, 7), (3,)]


def ways_out(a: Any, b: Any) -> dict[str, tuple[Any, Any]]:
    """Return what a message may name, and the operands that it then means."""
    ways = {
        "b.T": (a, b.T), "a.T": (a.T, b), "b.reshape(-1, 1)": (a, b.reshape(-1, 1)),
        "a.reshape(-1, 1)": (a.reshape(-1, 1), b), "np.expand_dims(a, 1)": (a[:, None], b),
        "np.expand_dims(b, 1)": (a, b[:, None]), "b.reshape(1, -1)": (a, b.reshape(1, -1)),
        "b before a": (b, a),
    }  # fmt: skip
    flat = {"a": a.ndim == 1, "b": b.ndim == 1}
    return {
        way: new
        for way, new in ways.items()
        if "before" in way
        or flat["b" if "b" in way.replace("reshape", "") else "a"] == ("resh" in way)
    }


@pytest.mark.parametrize("f", [np.matmul, np.dot, np.add, np.multiply, np.maximum])
def test_what_fits_is_named_and_nothing_else(f: Callable[..., Any]) -> None:
    """Against NumPy: each way out that is named works, and what keeps one of the shapes is named."""
    product = f in (np.matmul, np.dot)
    shapes = PRODUCTS if product else SUMS
    named = refused = 0
    for first in shapes:
        for second in shapes:
            a, b = variable(*first), RNG.randn(*second)
            try:
                f(a, b)
                continue
            except ag.ShapeError as error:
                refused += 1
                message = str(error)
            assert f"a is {first}, b is {second}" in message
            for way, (x, y) in ways_out(a, b).items():
                try:
                    shape = f(x, y).shape
                except ag.ShapeError:
                    assert way not in message, message
                    continue
                named += way in message
                if way.endswith(".T") if product else shape == (a if x is a else b).shape:
                    assert way in message, message
    assert refused > 20
    assert named > 8


def test_a_bias_without_keepdims() -> None:
    """(n,) where (n, 1) is meant is an error with its remedy where the sizes tell."""
    Z, b = variable(4, 209), RNG.randn(4)
    with pytest.raises(ag.ShapeError, match=r"b\.reshape\(-1, 1\), a column, would fit"):
        Z + b


def test_an_array_of_a_tensor() -> None:
    """np.array(t, copy=True) has its message, with the differentiable copy."""
    t = variable(2, name="dA")
    with pytest.raises(ag.SilentCopyError, match=r"'dA'.*t\.copy\(\)"):
        np.array(t, copy=True)


# A rank-1 array against a column


def test_a_rank_1_array_against_a_column() -> None:
    """(4, 1) and (4,) make (4, 4): both shapes, the names, the line and the remedy."""
    A, y = variable(4, 1), RNG.rand(4)
    with pytest.warns(ag.LearnerWarning) as told:
        np.sum((A - y) ** 2).backward()
    (warning,) = told
    assert str(warning.message).startswith(
        "A - y: A is (4, 1), y is (4,), and the result is (4, 4), every element of one with every "
        "element of the other. Make y a column: .reshape(-1, 1), or keepdims=True where it was"
    )
    assert warning.filename == __file__
    A.zero_grad()
    with ag.trace_lines():
        J = np.sum((A - y) ** 2)  # there
    with pytest.warns(ag.LearnerWarning, match=rf"\({line_of('there')}\)"):
        J.backward()


def test_a_column_that_was_computed() -> None:
    """The output of a layer against labels of rank 1, inside a differentiated function."""
    x, y = RNG.randn(3, 1), RNG.rand(4)
    cost = lambda p: np.sum((ag.sigmoid(p["W"] @ x + p["b"]) - y) ** 2)
    with pytest.warns(
        ag.LearnerWarning, match=r"\(4, 1\), .* is \(4,\), and the result is \(4, 4\)"
    ):
        ag.grad(cost)({"W": RNG.randn(4, 3), "b": RNG.randn(4, 1)})


def test_labels_in_a_column() -> None:
    """A (1, m) of the network against Y (m, 1): the cost of all pairs, and no error."""
    X, Y = RNG.randn(3, 4), (RNG.rand(4, 1) < 0.5) * 1

    def cost(W: Any) -> Any:
        A = ag.sigmoid(W @ X)
        return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    with pytest.warns(ag.LearnerWarning) as told:
        ag.grad(cost)(RNG.randn(1, 3))
    words = [str(warning.message) for warning in told]
    assert len(words) == 2
    assert all("(4, 1), the second is (1, 4), and the result is (4, 4)" in word for word in words)
    W, b = variable(1, 3), variable(1, 1)
    A = W @ X + b
    with pytest.warns(
        ag.LearnerWarning, match=r"^A - Y: A is \(1, 4\), Y is \(4, 1\).* Use Y\.T; if"
    ):
        np.sum((A - Y) ** 2).backward()


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
@pytest.mark.parametrize("f", [np.multiply, np.subtract, np.maximum, lambda a, b: b / a])
def test_one_warning_for_two_variables(f: Any, argnums: Any) -> None:
    """One, whichever of the two has a gradient, and both."""
    cost = lambda a, b: np.sum(f(a, b))
    with pytest.warns(ag.LearnerWarning, match="every element of one") as told:
        ag.grad(cost, argnums=argnums)(np.arange(1.0, 4.0), np.ones((3, 1)))
    assert len(told) == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum((x[:, None] - x) ** 2), lambda x: np.sum(np.reshape(x, (-1, 1)) * x),
        lambda x: np.sum(np.expand_dims(x, 1) + np.arange(5.0)), lambda x: np.sum(np.outer(x, x)),
        lambda x: np.sum(np.add.outer(x, x)), lambda x: np.sum(np.arange(5.0)[:, None] * x),
        lambda x: np.sum(x - x[:1, None]), lambda x: np.sum(x[:, None] * np.ones((1, 5))),
        lambda x: np.sum(np.exp(x)[None, :] * np.ones((5, 1))), lambda x: np.sum(x * np.ones((7, 1))),
        lambda x: np.sum(x) + np.sum(x[:0] + np.ones((0, 1))) + np.sum(x[:1] + np.ones((1, 1))),
        lambda x: np.sum((np.exp(x[:, None]) - np.exp(x[:, None]).T) ** 2),
        lambda x: np.sum(np.exp(x[None, :]) * np.arange(5.0)[:, None]),
        lambda x: np.sum(np.exp(x[:, None]).T * np.ones((5, 1))), lambda x: np.sum(x + np.ones((5, 5))),
    ],
)  # fmt: skip
def test_all_pairs_on_purpose(f: Any) -> None:
    """A column made of a rank-1 array is meant as one; other sizes broadcast as they should."""
    assert ag.grad(f)(np.arange(5.0)).shape == (5,)


def test_once_a_line() -> None:
    """With Python's own filter a training loop warns once."""
    A, y = variable(4, 1), RNG.rand(4)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            A.zero_grad()
            np.sum((A - y) ** 2).backward()
    assert len(told) == 1


# Gradients that were never used, or used twice


def test_a_gradient_that_is_never_used() -> None:
    """The parameters that the cost does not depend on, by name; with zeros, as promised."""
    parameters = {"W1": RNG.randn(2, 3), "b1": RNG.randn(2, 1), "more": [RNG.randn(2)]}
    X = RNG.randn(3, 5)
    cost = lambda p, X: np.sum(p["W1"] @ X)
    with pytest.warns(ag.LearnerWarning) as told:
        grads = ag.grad(cost)(parameters, X)
    (warning,) = told
    assert "depend on p['b1'], p['more'][0]: their gradient is 0" in str(warning.message)
    assert warning.filename == __file__
    assert not grads["b1"].any()
    with pytest.warns(ag.LearnerWarning, match=r"depend on b1: its gradient is 0.*forward pass"):
        ag.differentiate(lambda p, X, Y: cost(p, X))({k: parameters[k] for k in ("W1", "b1")}, X, X)


def test_a_cost_that_is_a_plain_number() -> None:
    """float(cost) ends the graph; the message comes where it happens and where a gradient is asked for."""
    cost = lambda p: np.sum(p["W"] ** 2).item()
    with pytest.warns(ag.LearnerWarning, match=r"plain number.*float\(cost\).*return the cost"):
        ag.grad(cost)({"W": np.ones(2)})
    with pytest.raises(ag.NotDifferentiableError, match=r"float\(cost\)"):
        ag.differentiate(lambda p, X, Y: cost(p))({"W": np.ones(2)}, np.ones(2), np.ones(2))


@pytest.mark.parametrize(
    "cost",
    [
        lambda A: np.sum((A > 0.5) == [1, 0]), lambda A: np.allclose(A, [1, 0]),
        lambda A: np.any(A > 2), lambda A: np.sum(np.round(A).astype(int)),
    ],
)  # fmt: skip
def test_a_cost_that_counts(cost: Callable[[Any], Any]) -> None:
    """The number of right answers is flat wherever it has a derivative."""
    with pytest.warns(ag.LearnerWarning, match=r"comparison or a count.*how far off"):
        g = ag.grad(cost)(np.array([0.7, 0.2]))
    assert not g.any()


def test_constant_functions_are_no_oversight() -> None:
    """A constant function, and the derivative of a straight line, have a gradient of zero."""
    assert ag.grad(lambda x: np.float64(3))(2.0) == 0
    assert ag.grad(ag.grad(lambda x: 3 * x))(2.0) == 0


def test_within_another_derivative() -> None:
    """Only the outermost derivative is the user's; within, what is not used is nobody's concern."""
    inner = ag.grad(lambda p: np.sum(p["a"] ** 3))
    outer = ag.grad(lambda x: np.sum(inner({"a": x, "b": 2 * x})["a"]))
    np.testing.assert_allclose(outer(np.ones(2)), [6.0, 6.0])


def descend(W: ag.Tensor, steps: int, zero: bool) -> None:
    """Gradient descent on the sum of squares."""
    for _ in range(steps):
        if zero:
            W.zero_grad()
        np.sum(W * W).backward()
        W.data -= 0.1 * W.grad


def test_gradients_that_were_not_zeroed() -> None:
    """The second step adds to the gradient that the first has used."""
    W = variable(2, 3)
    with pytest.warns(ag.LearnerWarning, match=r"W\.grad still held.*Call W\.zero_grad\(\)"):
        descend(W, 2, zero=False)


def test_gradients_added_on_purpose() -> None:
    """Zeroed, set to None, or summed over batches before a step: no warning."""
    W = variable(2, 3)
    descend(W, 3, zero=True)
    W.grad = None
    for _ in range(3):
        np.sum(W * W).backward()
    once = W.data * 2
    np.testing.assert_allclose(W.grad, 3 * once)
    W.zero_grad()
    descend(W, 1, zero=True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.ones((4, 9)), r"b1 is \(4, 9\), b1 is \(4, 1\)\. Sum it over the examples.*keepdims"),
        (np.ones(4), r"Keep it a column.*keepdims=True"), (np.ones((1, 4)), "transposed"),
        (np.float64(1), "summed over everything"), (None, "no gradient of b1.*depend on it"),
        (np.ones((3, 2)), "has the shape of its parameter"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_an_update_never_grows_a_parameter(name: str, given: Any, words: str) -> None:
    """b1 - alpha db1 with db1 (4, m) would make b1 (4, m)."""
    optimizer = optimizers.optimizer_named(name, learning_rate=0.1)
    parameters = {"b1": np.zeros((4, 1))}
    with pytest.raises(GradientError, match=words):
        optimizer.update({"b1": given}, optimizer.init(parameters), parameters)
