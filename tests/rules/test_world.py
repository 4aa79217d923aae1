"""The closed world: each function that NumPy lets others override is ruled, constant or refused."""

import copy
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.testing.overrides import (
    get_overridable_numpy_array_functions,
    get_overridable_numpy_ufuncs,
)

import autograd_lite as ag
from autograd_lite.rules.registry import COMPOSED, CONSTANT, RULES, UNSUPPORTED, printed_name

# np.full(..., like=x) goes through a second function of the same name; what arrives is np.full.
# ndarray.real goes through a ufunc of NumPy 2.5 that has no public name; what arrives is np.real.
LIKE = {
    "ones",
    "full",
    "identity",
    "eye",
    "tri",
    "require",
    "fromfunction",
    "loadtxt",
    "genfromtxt",
    "real",
    "imag",
}
# NumPy's list holds functions of these modules only if something has imported them, as another test
# may have. On a Tensor they raise as any function that is not in the table.
NOT_IMPORTED = ("numpy.lib.recfunctions", "numpy.char", "numpy.strings", "numpy.polynomial")


def world() -> list[Any]:
    """Return every function that NumPy lets others override."""
    functions = get_overridable_numpy_ufuncs() | get_overridable_numpy_array_functions()
    return [
        f
        for f in functions
        if not (getattr(f, "__module__", None) or "").startswith(NOT_IMPORTED)
        and not (f.__name__ in LIKE and f is not getattr(np, f.__name__))
    ]


def test_every_function_of_numpy_is_in_the_table() -> None:
    """Each is ruled, composed of what is ruled, constant, or named unsupported."""
    known = {*RULES, *COMPOSED, *CONSTANT, *UNSUPPORTED}
    missing = sorted(printed_name(f) for f in world() if f not in known)
    assert not missing, f"say in autograd_lite/rules what these are: {', '.join(missing)}"


def test_no_function_is_in_two_lists() -> None:
    """A function is one of the four."""
    counts = Counter([*RULES, *COMPOSED, *CONSTANT, *UNSUPPORTED])
    assert [printed_name(f) for f, n in counts.items() if n > 1] == []


def test_table_has_no_aliases() -> None:
    """A function with two names (abs, absolute) is there once, and found under both."""
    for alias, fn in (
        ("abs", np.absolute), ("divide", np.true_divide), ("mod", np.remainder), ("pow", np.power),
        ("acos", np.arccos), ("asin", np.arcsin), ("atan", np.arctan), ("atan2", np.arctan2),
        ("acosh", np.arccosh), ("asinh", np.arcsinh), ("atanh", np.arctanh), ("conj", np.conjugate),
        ("concat", np.concatenate), ("permute_dims", np.transpose), ("bitwise_not", np.invert),
    ):  # fmt: skip
        assert getattr(np, alias) is fn


def test_most_of_it_is_differentiable() -> None:
    """More than three in four functions of numbers have a derivative."""
    refused = [f for f in world() if f in UNSUPPORTED and not f.__name__.startswith("_")]
    assert len([f for f in world() if f in RULES or f in COMPOSED]) >= 240
    assert len(refused) <= 50


@pytest.mark.parametrize("fn", sorted(UNSUPPORTED, key=printed_name), ids=printed_name)
def test_refusal_has_a_reason(fn: Any) -> None:
    """A function without a derivative says why."""
    assert len(UNSUPPORTED[fn]) > 15


def test_refused_function_says_what_to_do() -> None:
    """The error names the function, the reason and the way out."""
    x = ag.Tensor([3.0, 1.0, 3.0], requires_grad=True)
    with pytest.raises(ag.NoRuleError, match=r"np\.unique.*exactly equal.*tensor\.data"):
        np.unique(x)


@pytest.mark.parametrize("fn", [np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis])
def test_functions_that_write_in_place_are_refused(fn: Any) -> None:
    """They would change what the graph remembers; the error names another way."""
    x = ag.Tensor(np.ones((2, 2)), requires_grad=True) * 1
    args = {np.fill_diagonal: (0.0,), np.put_along_axis: (np.zeros((1, 2), int), 0.0, 0)}
    with pytest.raises(ag.NoRuleError, match=r"writes into its first argument.*np\.where"):
        fn(x, *args.get(fn, (np.ones((2, 2), bool), 0.0)))


def test_copyto_refuses_a_tensor() -> None:
    """Copying a Tensor into an array would cut it from the graph."""
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ag.NoRuleError, match="copyto"):
        np.copyto(np.zeros(2), x)


def test_constants_give_plain_arrays() -> None:
    """Truth values and places are arrays, as NumPy gives them, whether a gradient flows or not."""
    x = ag.Tensor([3.0, 1.0, 2.0], requires_grad=True)
    assert type(np.argsort(x)) is np.ndarray
    assert np.argsort(x).tolist() == [1, 2, 0]
    assert type(np.isnan(x)) is np.ndarray
    assert (x > 1.5).tolist() == [True, False, True]
    assert np.argmax(x) == 0
    assert np.shape(x) == (3,)
    assert np.result_type(x, np.float32) == np.float64
    assert np.searchsorted([0.0, 2.5], x).tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    "f",
    [np.sign, np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.spacing,
     lambda x: np.heaviside(x, 0.5), lambda x: x // 2, lambda x: np.floor_divide(7.0, x)],
)  # fmt: skip
def test_steps_give_a_tensor_with_gradient_zero(f: Any) -> None:
    """A flat function passes zeros on, never None or nan."""
    x = ag.Tensor([1.5, -2.5, 0.3], requires_grad=True)
    y = f(x)
    assert isinstance(y, ag.Tensor)
    np.sum(y * x).backward()
    np.testing.assert_array_equal(x.grad, y.data)
    assert ag.grad(lambda v: np.sum(f(v)))(np.array([1.5])).tolist() == [0.0]


def test_functions_without_gradient_run_on_data() -> None:
    """If no gradient flows, even an unsupported function works."""
    assert np.unique(ag.Tensor([2.0, 1.0, 2.0])).data.tolist() == [1.0, 2.0]
    x = ag.Tensor([2.0, 1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        assert np.histogram(x, bins=2)[0].data.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("fn", "calls"),
    [
        (np.tanh, [np.tanh]),
        (np.negative, [np.negative, lambda x: -x]),
        (ag.relu, [ag.relu]),
        (np.square, [np.square]),
        (np.cumsum, [np.cumsum, lambda x: x.cumsum()]),
    ],
)
def test_a_replaced_rule_holds_for_every_way_to_call(fn: Any, calls: list[Any]) -> None:
    """Operators, methods and NumPy's doors all follow the table."""
    before = copy.copy(RULES[fn])
    try:
        ag.rule(fn, lambda g, y, x: 7 * g, replace=True)
        for call in calls:
            assert ag.grad(lambda x, call=call: np.sum(call(x)))(np.ones(3)).tolist() == [7, 7, 7]
    finally:
        RULES[fn].become(before)


def test_a_replaced_rule_of_an_operator_holds_on_both_sides() -> None:
    """x * 2, 2 * x and np.multiply."""
    before = copy.copy(RULES[np.multiply])
    try:
        ag.rule(np.multiply, lambda g, y, a, b: 7 * g, lambda g, y, a, b: 8 * g, replace=True)
        assert ag.grad(lambda x: x * 2.0)(3.0) == 7
        assert ag.grad(lambda x: 2.0 * x)(3.0) == 8
        assert ag.grad(lambda x: np.multiply(2.0, x))(3.0) == 8
    finally:
        RULES[np.multiply].become(before)
