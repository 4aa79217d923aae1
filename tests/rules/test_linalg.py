"""Linear algebra beyond the table: hard points, conventions, orders, and what has no answer."""

import itertools
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import NoRuleError
from autograd_lite.rules.determinants import cofactors
from support.cases import Case
from support.cases_linalg import CASES, definite, herm, regular, spread_out, star
from support.oracle import complex_step, differences, flat, richardson
from support.orders import check_first, check_orders, check_second, compare, like

la = np.linalg
EYE = np.eye(3)
Q = la.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
A = regular(np.random.default_rng(1), (3, 3))
WEIGHTS = np.arange(9.0).reshape(3, 3) ** 1.5
SEEDS = {"k": 2, "m": 3, "n": 2}


def drawn(case: Case, seed: int = 0) -> list[Any]:
    """Return arrays for a case."""
    return case.draw(np.random.default_rng(seed), SEEDS)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_values_are_numpys(case: Case) -> None:
    """On Tensors a function gives what it gives on arrays: values, shapes and types."""
    args = drawn(case)
    want = case.f(*args)
    for got in (
        case.f(*map(ag.Tensor, args)),
        case.f(*[ag.Tensor(a, requires_grad=True) for a in args]),
    ):
        outs, wants = ([x] if not isinstance(x, tuple | list) else x for x in (got, want))
        for x, y in zip(outs, wants, strict=True):
            assert np.shape(x) == np.shape(y)
            assert getattr(x, "dtype", None) == getattr(y, "dtype", None)
            np.testing.assert_allclose(getattr(x, "data", x), y, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_derivatives(case: Case) -> None:
    """Every case, complex ones too: the gradient of a mixture, and the Hessian times a vector."""
    check_first(case.f, *drawn(case), tolerance=1e-9)
    check_second(case.f, *drawn(case), tolerance=1e-7)


@pytest.mark.parametrize("n", [2, 3])
def test_a_batch_is_many_matrices(n: int) -> None:
    """A function of a stack of matrices has the gradients of each."""
    rng = np.random.default_rng(n)
    stack = regular(rng, (2, 3, n, n))
    for f in (
        la.det,
        la.inv,
        la.pinv,
        la.cond,
        lambda a: la.slogdet(a)[1],
        lambda a: la.cholesky(definite(a)),
        lambda a: la.qr(a).R,
        lambda a: la.eigvalsh(herm(a)),
        lambda a: la.svdvals(a),
        lambda a: la.norm(a, "nuc", axis=(-2, -1)),
        lambda a: la.solve(a, np.arange(1.0, n + 1)),
        lambda a: la.matrix_power(a, 3),
    ):
        together = ag.grad(lambda a, f=f: np.sum(np.sin(f(a))))(stack)
        one = [[ag.grad(lambda a, f=f: np.sum(np.sin(f(a))))(m) for m in row] for row in stack]
        np.testing.assert_allclose(together, one, rtol=1e-11, atol=1e-12)


# Determinants


def leibniz(a: Any) -> Any:
    """Return the determinant as a sum over permutations: slow, and a polynomial."""
    n = a.shape[-1]
    total = 0.0
    for p in itertools.permutations(range(n)):
        sign = (-1) ** sum(x > y for x, y in itertools.combinations(p, 2))
        term = sign
        for i in range(n):
            term = term * a[i, p[i]]
        total = total + term
    return total


def of_rank(n: int, r: int, dtype: Any = float) -> Any:
    """Return an n x n matrix of rank r."""
    rng = np.random.default_rng(10 * n + r)
    return like(np.zeros((n, r), dtype), rng) @ like(np.zeros((r, n), dtype), rng)


RANKS = [(n, r) for n in (1, 2, 3, 4) for r in range(n + 1)]


@pytest.mark.parametrize(("n", "r"), RANKS)
def test_determinant_is_a_polynomial_at_every_rank(n: int, r: int) -> None:
    """First, second and third derivatives, exact for singular matrices down to zero."""
    a = of_rank(n, r)
    np.testing.assert_allclose(
        ag.grad(la.det)(a).ravel(), complex_step(leibniz, [a], [True])[0], atol=1e-12
    )
    rng = np.random.default_rng(0)
    u, v, w = rng.normal(size=(3, n, n))

    def slope(f: Any) -> Any:
        return lambda a, along: np.sum(ag.grad(f)(a) * along)

    second = lambda f: lambda a: np.sum(ag.grad(lambda x: slope(f)(x, u))(a) * v)
    third = lambda f: ag.grad(lambda a: second(f)(a) * 1.0)(a)
    np.testing.assert_allclose(second(la.det)(a), second(leibniz)(a), atol=1e-11)
    np.testing.assert_allclose(third(la.det), third(leibniz), atol=1e-11)
    fourth = lambda f: ag.grad(lambda a: np.sum(ag.grad(second(f))(a) * w))(a)
    np.testing.assert_allclose(fourth(la.det), fourth(leibniz), atol=1e-11)


@pytest.mark.parametrize(("n", "r"), RANKS)
def test_determinant_of_complex_matrices_at_every_rank(n: int, r: int) -> None:
    """The same, against differences."""
    check_orders(la.det, of_rank(n, r, complex))


def test_determinant_of_nothing_is_one() -> None:
    """Its gradient has no numbers."""
    assert ag.grad(la.det)(np.zeros((0, 0))).shape == (0, 0)
    got = ag.grad(lambda a: np.sum(la.det(a)))(np.zeros((2, 0, 0)))
    assert got.shape == (2, 0, 0)


def test_cofactors_of_a_badly_conditioned_matrix_keep_their_digits() -> None:
    """As many as the matrix itself has: the error is some rounding units of the largest entries."""
    a = Q @ np.diag([1.0, 1e-10, 1e-20]) @ Q.T
    exact = (Q * [1e-30, 1e-20, 1e-10]) @ Q.T
    assert np.max(np.abs(cofactors(a) - exact)) <= 1e-16


def test_log_determinant_of_a_singular_matrix_has_no_slope() -> None:
    """nan for the singular one, the others of the batch as they are."""
    stack = np.array([[[2.0, 0], [0, 1]], [[1, 2], [2, 4]]])
    got = ag.grad(lambda a: np.sum(la.slogdet(a)[1]))(stack)
    np.testing.assert_array_equal(got[0], [[0.5, 0], [0, 1]])
    assert np.isnan(got[1]).all()
    picked = ag.grad(lambda a: np.sum(np.where([True, False], la.slogdet(a)[1], 0.0)))(stack)
    np.testing.assert_array_equal(picked[0], [[0.5, 0], [0, 1]])


# Ties of eigenvalues and singular values


def tied(values: Any) -> Any:
    """Return a symmetric matrix with these eigenvalues, in directions that are not the axes."""
    return Q @ np.diag(values) @ Q.T


@pytest.mark.parametrize("a", [EYE, tied([1, 1, 3.0]), tied([-2, 4, 4.0]), 0 * EYE])
def test_functions_of_tied_eigenvalues(a: Any) -> None:
    """Sums over them are smooth, and the gradient is exact; the Hessian of the trace is zero."""
    compare([ag.grad(lambda a: np.sum(la.eigvalsh(a)))(a)], [EYE], 1e-14)
    compare([ag.grad(lambda a: np.sum(la.eigvalsh(a) ** 2))(a)], [2 * a], 1e-13)
    compare([ag.grad(lambda a: np.sum(la.eigh(a)[0] ** 3))(a)], [3 * a @ a], 1e-13)
    compare([ag.grad(lambda a: np.sum(la.svdvals(a) ** 2))(a)], [2 * a], 1e-13)
    trace = lambda a: np.sum(ag.grad(lambda a: np.sum(la.eigvalsh(a)))(a) * WEIGHTS)
    compare([ag.grad(trace)(a)], [0 * a], 1e-12)


def test_a_tied_eigenvalue_by_itself_has_the_least_norm_slope() -> None:
    """Whatever the basis: half of the projection on the plane of the two that are tied."""
    a = tied([1.0, 1, 3])
    plane = Q[:, :2] @ Q[:, :2].T
    for f in (lambda w: w[0], lambda w: w[1], np.min):
        compare([ag.grad(lambda a, f=f: f(la.eigvalsh(a)))(a)], [plane / 2], 1e-13)
    compare([ag.grad(lambda a: np.max(la.eigvalsh(a)))(EYE)], [EYE / 3], 1e-14)
    compare([ag.grad(lambda a: la.norm(a, 2))(EYE)], [EYE / 3], 1e-14)
    compare([ag.grad(lambda a: la.norm(a, -2))(EYE)], [EYE / 3], 1e-14)


def test_small_values_beside_large_ones_are_not_taken_for_ties_or_zeros() -> None:
    """A graded matrix: log|det| by eigenvalues and by singular values is exact."""
    a = np.diag([1.0, 2e-20, 1e-20])
    # The third is complex, always or, before NumPy 2.5, where it must be.
    for values in (la.eigvalsh, la.svdvals, lambda a: np.real(la.eigvals(a))):
        got = ag.grad(lambda a, f=values: np.sum(np.log(f(a))))(a)
        np.testing.assert_allclose(np.diag(got), 1 / np.diag(a))
    got = ag.grad(la.cond)(np.diag([1.0, 1e-17]))
    np.testing.assert_allclose(got, np.diag([1e17, -1e34]))


def test_vectors_of_tied_eigenvalues_together() -> None:
    """The projection on their plane is smooth; one alone, or with the values, is nan, not wrong."""
    a = tied([1.0, 1, 3])

    def projection(a: Any) -> Any:
        v = la.eigh(herm(a))[1][:, :2]
        return v @ v.T

    check_first(projection, a, tolerance=1e-9)
    one = ag.grad(lambda a: np.sum((la.eigh(a)[1][:, 0] ** 2) * WEIGHTS[0]))(a)
    assert np.isnan(one).all()

    def exponential(a: Any) -> Any:
        w, v = la.eigh(a)
        return np.sum(((v * np.exp(w)) @ v.T) * WEIGHTS)

    assert np.isnan(ag.grad(exponential)(a)).all()


@pytest.mark.parametrize("values", [[1.0, 1, 3], [0, 0, 2.0]])
def test_a_vector_that_is_not_tied_beside_ties(values: Any) -> None:
    """The best approximation of rank one, values and all, while the rest is tied or zero."""

    def by_eigenvectors(a: Any) -> Any:
        w, v = la.eigh(herm(a))
        return w[-1] * np.outer(v[:, -1], v[:, -1])

    def by_singular_vectors(a: Any) -> Any:
        u, s, vh = la.svd(a)
        return s[0] * np.outer(u[:, 0], vh[0])

    check_first(by_eigenvectors, tied(values), tolerance=1e-9)
    check_first(by_singular_vectors, tied(values), tolerance=1e-9)
    tall = np.vstack([tied(values), np.zeros((1, 3))])
    check_first(by_singular_vectors, tall, tolerance=1e-9)


@pytest.mark.parametrize("a", [EYE, 2 * Q, Q * 0.3, spread_out(np.random.default_rng(2), (3, 3))])
def test_polar_factor_at_tied_singular_values(a: Any) -> None:
    """U @ Vh is smooth at every regular matrix, also at a multiple of a rotation."""

    def polar(a: Any) -> Any:
        u, _, vh = la.svd(a)
        return u @ vh

    check_first(polar, a, tolerance=1e-9)


# Kinks of norms


VECTORS = (None, 0, 1, 2, 3, 2.5, 0.5, -1, -2, np.inf, -np.inf)
MATRICES = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)


@pytest.mark.filterwarnings("ignore:divide by zero")  # NumPy's own, of 0**-1 on the way forward
@pytest.mark.parametrize("dtype", [float, complex, np.float32])
def test_every_norm_at_zero_is_flat(dtype: Any) -> None:
    """The least-norm derivative at the kink, to second order, whatever ord and axis."""
    for shape, orders, axis in [
        ((3,), VECTORS, None),
        ((2, 3), VECTORS, 1),
        ((2, 3), MATRICES, None),
    ]:
        for order in orders:
            zero = np.zeros(shape, dtype)
            f = lambda x, o=order, k=axis: np.sum(la.norm(x, o, k))
            g = ag.grad(f)(zero)
            assert g.dtype == dtype
            assert not g.any(), order
            h = ag.grad(
                lambda x, f=f: np.sum(
                    np.real(ag.grad(f)(x)) * np.arange(1.0, 1 + x.size).reshape(x.shape)
                )
            )
            assert not h(zero).any(), order


def test_norms_with_some_zeros() -> None:
    """The part that is zero is flat, the rest has its derivative."""
    x = np.array([0.0, 3, -4])
    for order, slope in [
        (None, [0, 0.6, -0.8]), (1, [0, 1, -1]), (0, [0, 0, 0]),
        (np.inf, [0, 0, -1]), (-np.inf, [0, 0, 0]),
        (3, np.array([0, 9, -16]) / 91 ** (2 / 3)),
        (0.5, (3**0.5 + 2) * np.array([0, 3**-0.5, -0.5])),
    ]:  # fmt: skip
        np.testing.assert_allclose(ag.grad(lambda x, o=order: la.norm(x, o))(x), slope, atol=1e-14)
    rows = np.array([[0.0, 0], [3, 4]])
    np.testing.assert_allclose(
        ag.grad(lambda x: np.sum(la.norm(x, axis=1)))(rows), [[0, 0], [0.6, 0.8]]
    )
    one = np.ones((3, 3))
    np.testing.assert_allclose(ag.grad(lambda a: la.norm(a, "nuc"))(one), one / 3, atol=1e-14)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("order", [-1, -2])
def test_a_negative_order_is_flat_beside_a_zero(order: int) -> None:
    """Such a norm is 0 as long as one number is."""
    assert not ag.grad(lambda x: la.norm(x, order))(np.array([0.0, 1, 2])).any()


def test_ties_of_extremes_are_shared() -> None:
    """Among the largest numbers, columns or rows."""
    np.testing.assert_array_equal(
        ag.grad(lambda x: la.norm(x, np.inf))(np.array([2.0, -2, 1])), [0.5, -0.5, 0]
    )
    for order in (1, -1, np.inf, -np.inf):
        got = ag.grad(lambda x, o=order: la.norm(x, o))(np.ones((2, 2)))
        np.testing.assert_array_equal(got, np.full((2, 2), 0.5))


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, "fro", np.inf])
def test_the_condition_of_a_singular_matrix(p: Any) -> None:
    """Infinite, in quiet as in NumPy, and the others of a batch are not harmed."""
    stack = np.array([[[2.0, 1], [0, 1]], [[1, 1], [0, 0]]])
    got = la.cond(ag.Tensor(stack, requires_grad=True), p)
    np.testing.assert_allclose(got.data, la.cond(stack, p))
    picked = ag.grad(lambda a: np.sum(np.where([True, False], la.cond(a, p), 0)))(stack)
    np.testing.assert_allclose(picked[0], ag.grad(lambda a: la.cond(a, p))(stack[0]), atol=1e-14)


# Conventions


@pytest.mark.parametrize("uplo", ["L", "U"])
@pytest.mark.parametrize("dtype", [float, complex])
def test_hermitian_functions_have_hermitian_gradients(uplo: str, dtype: Any) -> None:
    """NumPy reads one triangle; the gradient is that in Hermitian changes, in both triangles."""
    a = definite(like(np.zeros((3, 3), dtype), np.random.default_rng(0)))
    u = np.random.default_rng(1).normal(size=3)
    for f in (
        lambda a: u @ la.eigvalsh(a, uplo),
        lambda a: u @ la.svd(a, hermitian=True)[1],
        lambda a: np.sum(np.real(la.cholesky(a, upper=uplo == "U")) * WEIGHTS),
        lambda a: np.sum(np.real(la.pinv(a, hermitian=True)) * WEIGHTS),
    ):
        got = ag.grad(f)(a)
        np.testing.assert_allclose(got, star(got), atol=1e-13)
        symmetric = ag.grad(lambda a, f=f: f((a + star(a)) / 2))(a)
        np.testing.assert_allclose(got, symmetric, atol=1e-12)


def test_the_other_triangle_is_not_read() -> None:
    """As in NumPy; the gradient does not know it either."""
    a = definite(A)
    spoiled = np.tril(a) + np.triu(np.full((3, 3), 7.0), 1)
    for f in (lambda a: la.eigvalsh(a)[0], lambda a: la.cholesky(a)[2, 0]):
        np.testing.assert_allclose(ag.grad(f)(spoiled), ag.grad(f)(a), atol=1e-13)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_signs_of_vectors_do_not_matter(shape: Any) -> None:
    """U S Vh is A again: its gradient is the identity, though U and Vh are known up to signs."""
    a = spread_out(np.random.default_rng(0), shape)
    u = np.random.default_rng(1).normal(size=shape)

    def again(a: Any) -> Any:
        left, s, right = la.svd(a, full_matrices=False)
        return np.sum((left * s) @ right * u)

    def again_by_qr(a: Any) -> Any:
        q, r = la.qr(a)
        return np.sum(q @ r * u)

    np.testing.assert_allclose(ag.grad(again)(a), u, atol=1e-12)
    np.testing.assert_allclose(ag.grad(again_by_qr)(a), u, atol=1e-12)


@pytest.mark.parametrize("f", [la.eig, lambda a: la.eigh(herm(a))])
def test_an_eigen_decomposition_multiplies_back(f: Any) -> None:
    """V diag(w) inv(V) is A (or its Hermitian part) again."""
    u = np.random.default_rng(1).normal(size=(3, 3))

    def again(a: Any) -> Any:
        w, v = f(a)
        return np.real(np.sum((v * w) @ la.inv(v) * u))

    want = u if f is la.eig else herm(u)
    np.testing.assert_allclose(ag.grad(again)(A), want, atol=1e-12)


@pytest.mark.parametrize("whole", [lambda a: la.qr(a, "complete")[0], lambda a: la.svd(a)[0]])
def test_a_basis_that_lapack_completes_as_it_likes_has_no_slope(whole: Any) -> None:
    """Nan where the choice of the last columns matters; what they span moves in one way only."""
    a = np.random.default_rng(3).normal(size=(4, 2))
    w = WEIGHTS[:2, :2]
    assert np.isnan(ag.grad(lambda a: np.sum(whole(a)[2:, 2:] * w))(a)).all()

    def projector(a: Any) -> Any:
        q = whole(a)[:, 2:]
        return np.sum((q @ q.T)[:2, :2] * w)

    want = ag.grad(lambda a: np.sum((EYE[:2, :2] - (a @ la.pinv(a))[:2, :2]) * w))(a)
    np.testing.assert_allclose(ag.grad(projector)(a), want, rtol=1e-12, atol=1e-13)
    one = np.random.default_rng(3).normal(size=(3, 2))  # a last column can but change its sign
    got = ag.grad(lambda a: np.sum(whole(a)[:, 2] * EYE[0]))(one)
    want = differences(lambda a: whole(a)[0, 2], [one], [True], wide=False)
    np.testing.assert_allclose(np.ravel(got), np.ravel(want), rtol=1e-7)


def test_unused_outputs_cost_nothing_and_do_no_harm() -> None:
    """R alone, the values alone, the solution alone: as if nothing else had been given."""
    b = np.array([1.0, 2, 3])
    np.testing.assert_allclose(
        ag.grad(lambda a: np.sum(la.qr(a)[1] ** 2))(A),
        ag.grad(lambda a: np.sum(la.qr(a, mode="r") ** 2))(A),
    )
    np.testing.assert_allclose(
        ag.grad(lambda a: np.sum(la.svd(a)[1] ** 3))(A),
        ag.grad(lambda a: np.sum(la.svdvals(a) ** 3))(A),
    )
    np.testing.assert_allclose(
        ag.grad(lambda a: np.sum(la.lstsq(a, b)[0] ** 2))(A),
        ag.grad(lambda a: np.sum(la.solve(a, b) ** 2))(A),
    )


# Least squares


def test_least_squares_of_fewer_numbers_than_unknowns_or_of_lower_rank() -> None:
    """The solution of least norm; its residuals are empty, and have no gradient."""
    rng = np.random.default_rng(0)
    wide, thin, b = rng.normal(size=(2, 4)), rng.normal(size=(4, 1)), rng.normal(size=(2, 3))
    check_orders(lambda a, b: la.lstsq(a, b)[0], wide, b)
    x, residuals, rank, s = la.lstsq(
        ag.Tensor(wide, requires_grad=True), ag.Tensor(b, requires_grad=True)
    )
    assert residuals.shape == (0,)
    assert rank == 2
    assert x.requires_grad
    assert s.requires_grad
    check_orders(
        lambda u, v, b: la.lstsq(u @ v, b, 1e-9)[0], wide.T[:, :1], thin.T, rng.normal(size=4)
    )
    check_orders(lambda u, v: la.pinv(u @ v, 1e-9), wide.T[:, :1], thin.T)
    assert not ag.grad(lambda a: np.sum(la.pinv(a)))(np.zeros((2, 3))).any()


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("shape", [(4, 3), (3, 3), (3, 5)])
def test_small_singular_values_that_are_cut_off_count(shape: Any, dtype: Any) -> None:
    """With a large rcond the inverse is that of the rest; the rest is a function of all of A."""
    a = like(np.zeros(shape, dtype), np.random.default_rng(0)) / 20
    a[:3, :3] += 3 * np.diag([1, 0.7, 0.2])
    b = like(np.zeros((shape[0], 2), dtype), np.random.default_rng(1))
    check_orders(lambda a: la.pinv(a, 0.5), a)
    check_orders(lambda a: la.pinv(a, rtol=0.5), a)
    check_orders(lambda a, b: la.lstsq(a, b, 0.5)[0], a, b)
    check_orders(lambda a, b: la.lstsq(a, b, 0.5)[0], a, b[:, 0])
    check_orders(lambda a: la.pinv(a, np.array([0.5, 1e-3])), np.array([a, a + 0.1]))


def test_solve_takes_a_vector_only_in_one_dimension() -> None:
    """As NumPy 2 does: b of shape (3, 3) beside a stack of three matrices is a matrix."""
    rng = np.random.default_rng(0)
    stack = regular(rng, (3, 3, 3))
    for b in (rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(3, 3, 1))):
        check_orders(la.solve, stack, b)


# Orders


def test_third_derivatives_of_the_inverse() -> None:
    """d3 inv(A)[V, V, V] = -6 (X V)^3 X with X = inv(A)."""
    v = np.random.default_rng(3).normal(size=(3, 3))
    x = la.inv(A)
    want = -6 * np.sum(x @ v @ x @ v @ x @ v @ x * WEIGHTS)
    f = lambda a: np.sum(la.inv(a) * WEIGHTS)
    for _ in range(3):
        f = lambda a, f=f: np.sum(ag.grad(f)(a) * v)
    np.testing.assert_allclose(f(A), want, rtol=1e-10)


@pytest.mark.parametrize(
    "f",
    [
        la.inv,
        la.cond,
        la.pinv,
        lambda a: la.slogdet(a)[1],
        lambda a: la.solve(a, WEIGHTS[0]),
        lambda a: la.cholesky(definite(a)),
        lambda a: la.qr(a).Q,
        lambda a: la.eigvalsh(herm(a)),
        lambda a: la.svdvals(a),
        lambda a: la.norm(a, "nuc"),
        lambda a: la.norm(a, 3, axis=0),
        lambda a: la.eigvals(a),
    ],
)
def test_third_order(f: Any) -> None:
    """The change of a Hessian-vector product along the vector, against differences of it."""
    v = np.random.default_rng(3).normal(size=(3, 3))
    u = np.random.default_rng(4).normal(size=np.shape(f(A)))
    cost = lambda a: np.sum(np.real(f(a)) * u)
    second = lambda a: np.sum(ag.grad(lambda a: np.sum(ag.grad(cost)(a) * v))(a) * v)
    got = np.sum(ag.grad(second)(A) * v)
    want = richardson(lambda h: second(A + float(h) * v), base=2**-8)
    assert abs(got - want) <= 1e-7 * max(1, abs(want))


# Undefined derivatives


def test_a_raw_qr_has_no_rule() -> None:
    """Its two arrays mean something to LAPACK only."""
    for mode in ("raw", "economic"):
        with pytest.raises(NoRuleError, match=rf"mode='{mode}'.*'reduced'"):
            la.qr(ag.Tensor(A, requires_grad=True), mode=mode)


def test_singular_matrices_are_numpys_own_error() -> None:
    """On the way forward, where they are met."""
    t = ag.Tensor(np.ones((2, 2)), requires_grad=True)
    for call in (
        la.inv,
        lambda t: la.solve(t, np.ones(2)),
        lambda t: la.cholesky(-t),
        lambda t: la.matrix_power(t, -1),
    ):
        with pytest.raises(la.LinAlgError):
            call(t)
    with pytest.raises(la.LinAlgError):
        la.det(ag.Tensor(np.ones((2, 3)), requires_grad=True))


def test_gradients_at_hard_points_are_quiet() -> None:
    """pytest turns warnings into errors: dividing by zero in the backward pass must not warn."""
    with np.errstate(all="raise"):
        ag.grad(la.det)(np.zeros((2, 2)))
        ag.grad(la.norm)(np.zeros(3))
        ag.grad(lambda a: np.sum(la.svdvals(a)))(np.zeros((2, 3)))
        ag.grad(lambda a: np.sum(la.eigvalsh(a)))(EYE)


@pytest.mark.parametrize(
    "f", [la.inv, la.det, la.svdvals, lambda a: la.eigvalsh(herm(a)), lambda a: la.qr(a).R]
)
def test_single_precision_stays_single(f: Any) -> None:
    """The gradient has the type of the matrix, and is right to its digits."""
    a = A.astype(np.float32)
    got = ag.grad(lambda a: np.sum(np.sin(f(a))))(a)
    assert got.dtype == np.float32
    want = differences(lambda a: np.sum(np.sin(flat(f(a)))), [A], [True], wide=False)[0]
    np.testing.assert_allclose(got.ravel(), want, rtol=2e-4, atol=2e-5)
