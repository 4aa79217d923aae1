"""The table of traits: each fact is tried on arrays, and no function is known under two rows."""

import ast
import operator
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.testing.overrides import get_overridable_numpy_ufuncs

import autograd_lite as ag
from autograd_lite.rules import traits
from autograd_lite.rules.indexing import getitem, scatter
from autograd_lite.rules.registry import COMPOSED, CONSTANT, RULES, UNSUPPORTED, printed_name
from autograd_lite.rules.shaping import astype, spread
from autograd_lite.rules.traits import OPERATORS, SIGNS, TRAITS, has

RNG = np.random.RandomState(0)
X, Y = RNG.uniform(0.3, 0.9, (2, 3, 3))
WHOLE = np.array([[3, 1, 2], [0, 2, 1], [1, 1, 3]])
MASK = X > 0.7
TAKES_INTS = {
    np.invert, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift,
}  # fmt: skip

# How each function is called on arrays, unless it takes them alone
CALLS: dict[Any, Any] = {
    np.where: lambda x, y: np.where(MASK, x, y),
    np.clip: lambda x: np.clip(x, 0.4, 0.6),
    np.full_like: lambda x: np.full_like(x, 2),
    astype: lambda x: astype(x, np.float32),
    np.reshape: lambda x: np.reshape(x, (9,)),
    np.swapaxes: lambda x: np.swapaxes(x, 0, 1),
    np.moveaxis: lambda x: np.moveaxis(x, 0, 1),
    np.rollaxis: lambda x: np.rollaxis(x, 1),
    np.expand_dims: lambda x: np.expand_dims(x, 0),
    np.broadcast_to: lambda x: np.broadcast_to(x, (2, 3, 3)),
    spread: lambda x: spread(x, (2, 3, 3), 0, False),
    getitem: lambda x: getitem(x, slice(1, 3)),
    scatter: lambda x: scatter(x, slice(1, 4), (5, 3)),
    np.concatenate: lambda x, y: np.concatenate([x, y]),
    np.stack: lambda x, y: np.stack([x, y]),
    np.vstack: lambda x, y: np.vstack([x, y]),
    np.hstack: lambda x, y: np.hstack([x, y]),
    np.array: lambda x, y: np.array([x, y]),
    np.take: lambda x: np.take(x, [0, 1, 2]),
    np.tile: lambda x: np.tile(x, 1),
    np.repeat: lambda x: np.repeat(x, 1),
    np.zeros: lambda x: np.zeros(x.shape),
    np.dot: np.dot, np.vdot: np.vdot, np.outer: np.outer, np.inner: np.inner,
    np.tensordot: lambda x, y: np.tensordot(x, y, 1),
}  # fmt: skip
# Two calls with the same shapes and other elements, whose results differ in shape
SIZED: dict[Any, tuple[Any, Any]] = {
    np.nonzero: ((WHOLE,), (WHOLE + 1,)),
    np.flatnonzero: ((WHOLE,), (WHOLE + 1,)),
    np.argwhere: ((WHOLE,), (WHOLE + 1,)),
    np.compress: (([1, 0, 1], X), ([1, 0, 0], X)),
    np.extract: ((MASK, X), (MASK | True, X)),
    np.trim_zeros: (([0, 1, 2],), ([3, 1, 2],)),
    np.bincount: (([1, 2],), ([1, 5],)),
    np.linalg.lstsq: ((np.eye(3, 2), X), (np.ones((3, 2)), X)),
    np.repeat: (([1, 2], 2), ([1, 2], 3)),
    np.delete: (([1, 2, 3], [0, 1]), ([1, 2, 3], [0, 0])),
    np.insert: ((X, np.array([True, False, True]), 5, 0), (X, np.array([True] * 3), 5, 0)),
    np.split: (([1, 2, 3, 4], [1, 2]), ([1, 2, 3, 4], [2, 3])),
    np.array_split: (([1, 2, 3], [1, 2]), ([1, 2, 3], [2, 3])),
    **{
        f: (([1, 2], [1, 2]), ([1, 2], [4, 3]))
        for f in (np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d)
    },
}
WRITING: dict[Any, tuple[Any, ...]] = {
    np.copyto: (0,),
    np.put: ([0, 1], 0),
    np.place: (MASK, [0]),
    np.putmask: (MASK, 0),
    np.put_along_axis: (np.array([[0, 1, 2]]), 0, 0),
    np.fill_diagonal: (0,),
}
# The sign Python's own parser reads for an operator
PARSED = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.MatMult: "matmul",
    ast.FloorDiv: "floordiv", ast.Mod: "mod", ast.Pow: "pow", ast.USub: "neg", ast.UAdd: "pos",
    ast.Invert: "invert", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
    ast.LShift: "lshift", ast.RShift: "rshift", ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt",
    ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip


def called(fn: Any) -> tuple[Any, list[Any]]:
    """Return a function of plain arrays, and arrays to try it on."""
    call = CALLS.get(fn, fn)
    if isinstance(fn, np.ufunc):
        return fn, [WHOLE, WHOLE.T][: fn.nin] if fn in TAKES_INTS else [X, Y][: fn.nin]
    code = getattr(call, "__code__", None)
    two = call in (np.dot, np.vdot, np.outer, np.inner) or (
        fn in CALLS and code is not None and code.co_argcount == 2
    )
    return call, [X, Y] if two else [X]


def insert_takes_a_mask() -> bool:
    """Return whether np.insert takes a mask; older versions read its elements as 0 and 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return np.insert([1, 2], np.array([True, False]), 5).size == 3


def with_trait(trait: int) -> Any:
    """Return the functions that are said to have a trait."""
    fns = [fn for fn in TRAITS if has(fn, trait)]
    if trait == traits.SIZED_LATER and not insert_takes_a_mask():
        fns.remove(np.insert)
    assert fns
    return pytest.mark.parametrize("fn", fns, ids=printed_name)


def test_every_row_is_about_a_function_of_the_table_of_rules() -> None:
    """Or one of Python's operators."""
    known = {*RULES, *COMPOSED, *CONSTANT, *UNSUPPORTED, *OPERATORS.values()}
    assert [printed_name(fn) for fn in TRAITS if fn not in known] == []


def test_no_function_has_two_rows() -> None:
    """Under no alias either: np.divide is np.true_divide."""
    with pytest.raises(ag.RuleError, match="row in the table of traits already"):
        traits.row(np.divide, traits.NAN)


@pytest.mark.parametrize(
    "fn", sorted(get_overridable_numpy_ufuncs(), key=printed_name), ids=printed_name
)
def test_every_ufunc_returns_fresh_memory(fn: Any) -> None:
    """With a row or without."""
    assert has(fn, traits.FRESH)
    assert not has(fn, traits.VIEW)


def test_an_unknown_function_has_no_traits() -> None:
    """Which is always safe."""
    assert not any(has(np.linalg.inv, 1 << i) for i in range(18))


@with_trait(traits.FRESH)
def test_fresh_results_share_no_memory(fn: Any) -> None:
    f, args = called(fn)
    if fn in (np.any, np.all) or np.ndim(f(*args)) or fn not in OPERATORS:
        assert not any(np.shares_memory(f(*args), a) for a in args)


@with_trait(traits.VIEW)
def test_views_lie_in_the_memory_of_the_first_argument(fn: Any) -> None:
    f, _ = called(fn)
    for x in (X, X.T, X[::2, ::2] if fn not in CALLS else X):
        assert np.shares_memory(f(x), x)
        assert f(x).flags.writeable != has(fn, traits.FROZEN)


@with_trait(traits.NAN)
def test_a_nan_shows_in_the_result(fn: Any) -> None:
    """Wherever it stands, in any operand that is read."""
    spoilt(fn, np.nan, np.isnan)


@with_trait(traits.SHOWS)
def test_an_infinity_shows_in_the_result(fn: Any) -> None:
    """Factors of either sign commute, but not in a divisor."""
    for sign in (1, -1):
        spoilt(fn, sign * np.inf, lambda y: ~np.isfinite(y), skip_second=fn is np.true_divide)


def spoilt(fn: Any, value: float, shows: Any, skip_second: bool = False) -> None:
    f, args = called(fn)
    for k, a in enumerate(args[:1] if skip_second else args):
        for i in range(0, a.size, 4 if fn is getitem else 1):
            bad = a.copy()
            bad.flat[i] = value
            with np.errstate(all="ignore"):
                assert shows(f(*args[:k], bad, *args[k + 1 :])).any()


@with_trait(traits.LINEAR)
def test_linear_functions_keep_sums(fn: Any) -> None:
    """In all array operands together."""
    f, args = called(fn)
    more = [a[::-1] * 0.3 for a in args]
    both = [a + b for a, b in zip(args, more, strict=True)]
    np.testing.assert_allclose(f(*both), f(*args) + f(*more), rtol=1e-6)


@with_trait(traits.FACTOR)
def test_products_keep_sums_of_their_first_operand(fn: Any) -> None:
    f, (x, y) = called(fn)
    np.testing.assert_allclose(f(x + y, y), f(x, y) + f(y, y), rtol=1e-12)


@with_trait(traits.COMMUTES)
def test_operands_may_change_places(fn: Any) -> None:
    f, (x, y) = called(fn)
    np.testing.assert_array_equal(f(x, y), f(y, x))


@with_trait(traits.MOVES)
def test_moved_elements_are_the_operands_own(fn: Any) -> None:
    """Each at most once."""
    f, args = called(fn)
    y = f(*args)
    assert set(y.ravel()) <= set(X.ravel())
    assert y.size == np.unique(y).size <= X.size


@with_trait(traits.REPEATS)
def test_repeated_elements_are_the_operands_own(fn: Any) -> None:
    f, args = called(fn)
    assert set(f(*args).ravel()) == set(X.ravel())
    assert f(*args).size > X.size


@with_trait(traits.REDUCES)
def test_reductions_take_an_axis(fn: Any) -> None:
    assert fn(X, axis=1, keepdims=True).shape == (3, 1)


@with_trait(traits.STATIC)
def test_results_about_shapes_do_not_depend_on_elements(fn: Any) -> None:
    args: tuple[Any, ...] = (X,)
    other: tuple[Any, ...] = (Y,)
    if fn in (np.may_share_memory, np.shares_memory):
        args, other = (X, X), (Y, Y)
    if fn is np.can_cast:
        args, other = (X.dtype, np.float32), (Y.dtype, np.float32)
    if fn is np.einsum_path:
        args, other = ("ij,jk", X, X), ("ij,jk", Y, Y)
    assert fn(*args) == fn(*other)


@with_trait(traits.SIZED)
def test_some_results_have_a_shape_that_depends_on_elements(fn: Any) -> None:
    sizes(fn)


@with_trait(traits.SIZED_LATER)
def test_some_results_have_a_shape_that_depends_on_a_later_argument(fn: Any) -> None:
    first, second = SIZED[fn]
    np.testing.assert_array_equal(first[0], second[0])
    sizes(fn)


def sizes(fn: Any) -> None:
    def shapes(args: tuple[Any, ...]) -> list[Any]:
        y = fn(*args)
        return [np.shape(part) for part in y] if isinstance(y, tuple | list) else [np.shape(y)]

    first, second = SIZED.get(fn, (([1, 2],), ([1, 1],)))
    assert list(map(np.shape, first)) == list(map(np.shape, second)) or fn is np.repeat
    assert shapes(first) != shapes(second)


@with_trait(traits.WRITES)
def test_some_functions_write_into_their_first_argument(fn: Any) -> None:
    x = X.copy()
    fn(x, *WRITING[fn])
    assert (x != X).any()


@pytest.mark.parametrize("fn", OPERATORS, ids=printed_name)
def test_pythons_operators_do_what_numpys_functions_do(fn: Any) -> None:
    """And are called by the name of a method."""
    _, args = called(fn)
    np.testing.assert_array_equal(OPERATORS[fn](*args), fn(*args))
    assert has(OPERATORS[fn], traits.PYTHON)
    assert SIGNS.get(OPERATORS[fn]) == SIGNS.get(fn)


@pytest.mark.parametrize("fn", [fn for fn in OPERATORS if fn in SIGNS], ids=printed_name)
def test_python_reads_each_sign_as_its_operator(fn: Any) -> None:
    sign = SIGNS[fn].text
    text = f"{sign}a" if fn.nin == 1 else f"a {sign} b"
    node: Any = ast.parse(text, mode="eval").body
    op = node.ops[0] if isinstance(node, ast.Compare) else node.op
    assert getattr(operator, PARSED[type(op)]) is OPERATORS[fn]


def test_signs_bind_as_python_binds_them() -> None:
    """The stronger of two signs takes the operand between them."""
    binary = [fn for fn in OPERATORS if fn in SIGNS and fn.nin == 2]
    for f in binary:
        for g in binary:
            weak, strong = SIGNS[f], SIGNS[g]
            if weak.binding < strong.binding:
                node: Any = ast.parse(f"a {weak.text} b {strong.text} c", mode="eval").body
                right = node.comparators[0] if isinstance(node, ast.Compare) else node.right
                assert isinstance(right, ast.BinOp), (weak, strong)


def test_elementwise_functions_are_ufuncs_and_where() -> None:
    assert traits.is_elementwise(np.where)
    assert traits.is_elementwise(np.add)
    assert not traits.is_elementwise(np.matmul)
    assert not traits.is_elementwise(np.sum)
    assert not traits.is_elementwise(ag.sigmoid)
