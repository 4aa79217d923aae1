"""Views, copies and types: results of a compiled step lie in memory as those of the function do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag

RNG = np.random.RandomState(0)
A, B = RNG.randn(3, 4), RNG.randn(3, 4)
POSITIVE = A > 0


def same(a, b):
    """Results with the same numbers, shapes and types."""
    for x, y in zip(a, b, strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        digits = np.finfo(np.result_type(x, np.float32)).eps
        assert_allclose(x, y, rtol=4 * digits)


# A reshape in Fortran order is no view of memory in C order: it is made at every call.
FORTRAN = {
    "of a sum": lambda X, Y: (np.reshape(X + Y, (-1,), order="F"), np.sum(X * Y)),
    "on the way": lambda X, Y: (2 * (X * Y).ravel(order="F"), (X * Y).reshape(6, 2, order="F") + 1),
    "a gradient": lambda X, Y: ag.grad(
        lambda X: np.sum(np.reshape(np.exp(X) * Y, (-1,), order="F") ** 2 * np.arange(12.0))
    )(X).reshape(1, -1),
}


@pytest.mark.parametrize("name", FORTRAN)
def test_reshapes_in_fortran_order(name):
    """Nothing stale comes back from the first call, nor nothing at all."""
    f = FORTRAN[name]
    step = ag.compile(f)
    for given in ((A, B), (B, A), (A.T.copy().T, B)):
        same(step(*given), f(*given))


def test_true_times_true_is_true():
    """x * x is x ** 2 for numbers, but not for booleans, which get another type by **."""

    def f(m):
        return m * m, np.square(m), m & m, (m * m) * A

    same(ag.compile(f)(POSITIVE), f(POSITIVE))
    same(ag.compile(f)(np.array(True)), f(np.array(True)))


def test_numpys_own_small_numbers_do_not_round_a_larger_type():
    """x * np.float32(2) * 0.1 is x * 0.2 in x's type, also where factors are merged."""

    def f(x):
        return x * np.float32(2) * 0.1, x / np.float32(3) / 7, -(x * np.float32(0.1)) * 3

    for x in (A, A.astype(np.float32)):
        same(ag.compile(f)(x), f(x))


OWN = {
    "flatten": lambda x: x.flatten(),
    "copy": lambda x: x.copy(),
    "copy of booleans": lambda x: (x > 0).copy(),
    "astype": lambda x: x.astype(float),
    "np.copy": np.copy,
}


@pytest.mark.parametrize("kind", ["an input", "a result"])
@pytest.mark.parametrize("name", OWN)
def test_copies_are_copies(name, kind):
    """Writing into one changes neither the argument nor another result."""
    copied = OWN[name]

    def f(x):
        first = x if kind == "an input" else x * 2
        return first, copied(first)

    x = A.ravel().copy()
    first, second = ag.compile(f)(x)
    same((first, second), f(x))
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(second, x)


def test_what_is_a_copy_for_some_arrays_is_one_for_all():
    """ravel copies where numbers do not follow each other: left out, it would be the argument."""
    apart = np.zeros(8)[::2]
    apart[:] = [1, 2, 3, 4]
    result = ag.compile(lambda x: x.ravel())(apart)
    result += 1
    assert_array_equal(apart, [1, 2, 3, 4])


def test_an_argument_cast_as_numpy_would_not():
    """A casting rule is NumPy's to apply."""
    with pytest.raises(TypeError, match="safe"):
        ag.compile(lambda x: x.astype(int, casting="safe"))(A)


WRITABLE = {
    "a gradient that repeats one number": (
        lambda X, b: ag.grad(lambda b: np.sum(np.sum(b, axis=0) ** 2))(b)
    ),
    "a gradient that is a diagonal": (
        lambda X, b: ag.grad(lambda v: np.sum(np.diag(v) ** 2))(X[:, 0])
    ),
    "a number repeated, times one": lambda X, b: np.broadcast_to(np.max(X), (3, 4)) * 1,
}


@pytest.mark.parametrize("name", WRITABLE)
def test_results_can_be_written_into(name):
    """As those of the function can: no view in which one number stands for many."""
    f = WRITABLE[name]
    g = ag.compile(f)(A, B)
    assert_allclose(g, f(A, B))
    g[0] += 1
    assert_allclose(g[1:], f(A, B)[1:])


TWO = {
    "turned": lambda a, b: np.sum(np.tanh(a.T + b.T)),
    "in another shape": lambda a, b: np.sum(np.tanh(a.reshape(-1) - b.reshape(-1)) + b.ravel()),
    "one is the other": lambda a, b: np.sum(np.tanh(a.T.T + b)),
}


@pytest.mark.parametrize("name", TWO)
def test_two_gradients_are_two_arrays(name):
    """Though they hold the same numbers, clipping one in place leaves the other."""
    f = ag.value_and_grad(TWO[name], argnums=(0, 1))
    _, (da, db) = ag.compile(f)(A, B)
    same((da, db), f(A, B)[1])
    before = db.copy()
    da *= 0
    assert_array_equal(db, before)
