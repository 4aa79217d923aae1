"""Hard points: right and quiet at ties, kinks, zeros, infinities and extremes."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

nan, inf = np.nan, np.inf


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Any warning from backward fails a test; the forward pass may warn as NumPy does."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        yield


def g(f: Callable[..., Any], *args: Any, argnums: Any = 0) -> Any:
    """Return the gradient of the sum of f's elements."""
    args = tuple(
        np.asarray(a, float) if np.asarray(a).dtype.kind == "i" else np.asarray(a) for a in args
    )
    return ag.grad(lambda *a: np.sum(f(*a)), argnums=argnums)(*args)


def h(f: Callable[[Any], Any], x: Any) -> Any:
    """Return the second derivative of an elementwise function."""
    return g(lambda v: ag.grad(lambda w: np.sum(f(w)))(v), x)


def same(got: Any, want: Any, tolerance: float = 1e-14) -> None:
    """Equal to rounding, nan and infinities included."""
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=1e-300)


# Kinks: the minimum-norm choice


@pytest.mark.parametrize(
    "f",
    [
        np.absolute, np.fabs, np.sign, abs, ag.relu,
        lambda x: np.maximum(x, 0), lambda x: np.maximum(0, x), lambda x: np.minimum(x, 0.0),
        lambda x: np.fmax(x, 0), lambda x: np.fmin(0, x), lambda x: np.copysign(x, -2.0),
        lambda x: np.clip(x, 0, 1), lambda x: np.clip(x, -1, 0), lambda x: np.clip(x, 0, None),
        lambda x: np.clip(x, a_min=0, a_max=None), lambda x: x.clip(0, 1), lambda x: np.max(x, initial=0.0),
        lambda x: np.minimum(np.maximum(x, 0), 6), lambda x: np.hypot(x, 0.0),
    ],
)  # fmt: skip
def test_slope_at_a_kink_is_zero(f: Any) -> None:
    """Zero is the smallest derivative at a kink, in first and second order."""
    assert g(f, np.zeros(3)).tolist() == [0, 0, 0]
    assert h(f, np.zeros(3)).tolist() == [0, 0, 0]


def test_relu_of_the_course() -> None:
    """maximum(0, Z) has derivative 0 at 0, as the course has it; most peers say one half."""
    assert g(lambda z: np.maximum(0, z), [-1.0, 0.0, 2.0]).tolist() == [0, 0, 1]


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_tie_of_two_variables_is_shared(f: Any) -> None:
    """At x = y half goes to each, so that f(x, x) has derivative 1."""
    da, db = g(f, [1.0, 2.0], [1.0, 2.0], argnums=(0, 1))
    assert da.tolist() == db.tolist() == [0.5, 0.5]
    assert g(lambda x: f(x, x), [1.0, -2.0]).tolist() == [1, 1]


@pytest.mark.parametrize("f", [np.fmax, np.fmin])
def test_fmax_gives_all_to_what_is_a_number(f: Any) -> None:
    """If one operand is nan, the gradient goes to the other."""
    da, db = g(f, [nan, 1.0], [2.0, nan], argnums=(0, 1))
    assert da.tolist() == [0, 1]
    assert db.tolist() == [1, 0]
    assert g(lambda x: f(x, nan), [1.0]).tolist() == [1]


def test_ties_of_max_and_min_are_shared() -> None:
    """Equal extremes share evenly, along each axis by itself."""
    x = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    assert g(np.max, x).tolist() == [[0, 0.5, 0.5], [0, 0, 0]]
    same(g(lambda v: np.max(v, axis=1), x), [[0, 0.5, 0.5], [1 / 3] * 3])
    same(g(lambda v: np.min(v, axis=0), x), [[1, 0, 0], [0, 1, 1]])
    assert g(np.ptp, [2.0, 2.0]).tolist() == [0, 0]
    assert g(
        lambda v: np.max(v, where=[True, False, True], initial=-9), [5.0, 7.0, 5.0]
    ).tolist() == [0.5, 0, 0.5]
    assert g(np.nanmax, [5.0, nan, 5.0]).tolist() == [0.5, 0, 0.5]


def test_ties_of_the_median_are_shared() -> None:
    """All that equal the median have a share in it."""
    same(g(np.median, [1.0, 1.0, 1.0]), [1 / 3] * 3)
    same(g(np.median, [0.0, 2.0, 2.0, 9.0]), [0, 0.5, 0.5, 0])
    same(g(np.median, [2.0, 2.0, 2.0, 9.0]), [1 / 3, 1 / 3, 1 / 3, 0])
    same(g(np.median, [1.0, 3.0]), [0.5, 0.5])
    same(
        g(lambda x: np.median(x, axis=0), [[1.0, 4.0], [1.0, 5.0], [0.0, 6.0]]),
        [[0.5, 0], [0.5, 1], [0, 0]],
    )


def test_ties_of_quantiles_are_shared() -> None:
    """np.percentile and np.quantile like np.median."""
    same(g(lambda x: np.percentile(x, 50), [3.0, 3.0, 1.0]), [0.5, 0.5, 0])
    same(g(lambda x: np.quantile(x, 0.25), [1.0, 1.0, 2.0, 2.0, 2.0]), [0.5, 0.5, 0, 0, 0])
    same(g(lambda x: np.quantile(x, 1.0), [1.0, 4.0, 4.0]), [0, 0.5, 0.5])
    same(g(lambda x: np.quantile(x, 0.0), [1.0, 4.0, inf]), [1, 0, 0])
    same(g(lambda x: np.quantile(x, 0.3), [1.0, 2.0]), [0.7, 0.3])


def test_ties_of_sort_are_shared() -> None:
    """Sorted places that hold equal numbers share their gradient evenly."""
    w = np.array([1.0, 2.0, 4.0, 8.0])
    same(g(lambda x: np.sort(x) * w, [3.0, 1.0, 3.0, 0.0]), [6, 2, 6, 1])
    same(g(lambda x: np.partition(x, 1) * [0, 1, 0, 0], [1.0, 1.0, 5.0, 6.0]), [0.5, 0.5, 0, 0])
    same(g(lambda x: np.sort(x, axis=0)[0], [[1.0, 2.0], [1.0, 1.0]]), [[0.5, 0], [0.5, 1]])


def test_median_beside_infinity() -> None:
    """An infinite neighbour does not make nan."""
    x = np.array([1.0, inf, 2.0])
    assert np.median(ag.Tensor(x, requires_grad=True)).item() == 2.0
    assert g(np.median, x).tolist() == [0, 0, 1]


def test_interp_at_a_knot_takes_the_gentler_slope() -> None:
    """The derivative is the least one between two; zero when they differ in sign, and at the ends."""
    xp, fp = np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 1, 3, 2, 2])
    same(
        g(lambda x: np.interp(x, xp, fp), [0.0, 0.5, 1.0, 2.0, 2.5, 4.0, 9.0]),
        [0, 1, 1, 0, -1, 0, 0],
    )


# Powers


def test_powers_at_zero() -> None:
    """x**0 is constant, also at 0; x**y at (0, 0) is flat; x**.5 is steep."""
    zero = np.zeros(2)
    assert g(lambda x: x**0.0, zero).tolist() == [0, 0]
    assert g(lambda x: x**0, zero).tolist() == [0, 0]
    assert g(lambda x: x**2, zero).tolist() == [0, 0]
    assert g(lambda x: x**1, zero).tolist() == [1, 1]
    assert g(lambda x: x ** np.array([0.0, 1.0]), zero).tolist() == [0, 1]
    assert g(lambda x: x**0.5, zero).tolist() == [inf, inf]
    assert g(np.sqrt, zero).tolist() == [inf, inf]
    assert g(np.log, zero).tolist() == [inf, inf]
    assert g(np.cbrt, zero).tolist() == [inf, inf]
    for d in g(np.power, zero, zero, argnums=(0, 1)):
        assert d.tolist() == [0, 0]
    assert g(lambda y: 0.0**y, [2.0, 1.0, -1.0]).tolist() == [0, 0, -inf]
    assert h(lambda x: x**2, zero).tolist() == [2, 2]
    assert h(lambda x: x**0.0, zero).tolist() == [0, 0]
    assert h(lambda x: x**1.0, zero).tolist() == [0, 0]
    assert h(lambda x: x ** np.array([3.0, 2.0]), zero).tolist() == [0, 2]


def test_powers_of_negative_numbers() -> None:
    """(-2)**y has no derivative in y, and the right one in x."""
    x, y = np.array([-2.0, -1.0]), np.array([3.0, 2.0])
    dx, dy = g(np.power, x, y, argnums=(0, 1))
    assert dx.tolist() == [12, -2]
    assert np.isnan(dy).all()
    assert g(lambda v: v**3, x).tolist() == [12, 3]
    assert h(lambda v: v**3, x).tolist() == [-12, -6]


def test_power_zero_mixed_second_order() -> None:
    """d2(x**y)/dxdy at y = 0 is 1 / x."""
    both = ag.grad(lambda y: ag.grad(lambda x: x**y)(np.array(4.0)))(np.array(0.0))
    same(both, 0.25)


# Products and sums


@pytest.mark.parametrize("x", [[0.0, 2, 3], [0.0, 0, 3], [0.0, 0, 0], [2.0, 0, 5]])
def test_prod_with_zeros_is_exact(x: Any) -> None:
    """The gradient is the product of the others, the Hessian that of the others but one."""
    x = np.array(x)
    same(g(np.prod, x), [product_without(x, [i]) for i in range(3)])
    want = [[product_without(x, [i, j]) for j in range(3)] for i in range(3)]
    same(ag.hessian(np.prod)(x), want)


@pytest.mark.parametrize("x", [[0.0, 2, 3, 4], [2.0, 0, 0, 4], [0.0, 0, 0, 0], [1.0, 2, 3, 0]])
def test_cumprod_with_zeros_is_exact(x: Any) -> None:
    """As np.prod, for every running product."""
    x = np.array(x)
    want = [[product_without(x[: i + 1], [j]) for j in range(4)] for i in range(4)]
    same(ag.jacobian(np.cumprod)(x), want)
    second = [
        [sum(product_without(x[: i + 1], [j, k]) for i in range(4)) for k in range(4)]
        for j in range(4)
    ]
    same(ag.hessian(lambda v: np.sum(np.cumprod(v)))(x), second)


def product_without(x: Any, places: list[int]) -> float:
    """Return the derivative of a product by the elements at these distinct places."""
    inside = max(places) < len(x) and len(set(places)) == len(places)
    return float(np.prod(np.delete(x, places))) if inside else 0.0


def test_prod_does_not_overflow_on_the_way() -> None:
    """The product of the others is formed without the number itself, and without a division."""
    same(g(np.prod, [1e200, 1e-200, 1e150]), [1e-50, inf, 1.0])


def test_std_of_constants_is_flat() -> None:
    """Zero, not nan, at first and second order; var is smooth there."""
    assert g(np.std, np.full(4, 3.0)).tolist() == [0] * 4
    assert g(lambda x: np.std(x, axis=0), np.ones((3, 2))).tolist() == [[0, 0]] * 3
    assert ag.hessian(np.std)(np.ones(2)).tolist() == [[0, 0], [0, 0]]
    same(ag.hessian(np.var)(np.ones(2)), [[0.5, -0.5], [-0.5, 0.5]])
    assert g(np.nanstd, [2.0, nan, 2.0]).tolist() == [0, 0, 0]


def test_empty_arrays() -> None:
    """Sums over nothing have gradients of no numbers, in the right shape."""
    for f in (np.sum, np.prod, np.cumsum, np.cumprod, np.sort, np.exp, np.diff, np.ravel):
        for shape in ((0,), (0, 3), (2, 0)):
            assert g(f, np.zeros(shape)).shape == shape
    assert g(lambda x: np.max(x, axis=1), np.zeros((0, 3))).shape == (0, 3)
    assert g(lambda x: np.concatenate([x, np.ones(2)]), np.zeros(0)).shape == (0,)
    assert (
        g(lambda x, w: x @ w, np.zeros((0, 3)), np.ones((3, 2)), argnums=1).tolist() == [[0, 0]] * 3
    )
    assert g(lambda x: x[:0] * 2.0, np.ones(3)).tolist() == [0, 0, 0]


# The branch not taken


@pytest.mark.parametrize(
    ("f", "want"),
    [
        (lambda x: np.where(x > 0, np.log(x), 0), [0, 0, 0.5]),
        (lambda x: np.where(x > 0, np.sqrt(x), x), [1, 1, 0.5 / np.sqrt(2)]),
        (lambda x: np.where(x > 0, 1 / x, 0), [0, 0, -0.25]),
        (lambda x: np.where(x > 0, x**1.5, 0), [0, 0, 1.5 * np.sqrt(2)]),
        (
            lambda x: np.where(x > 0, np.log(x * 3) * np.sqrt(x), x * x),
            [-2, 0, np.log(6) / 8**0.5 + 2**-0.5],
        ),
        (lambda x: np.where(x > 0, np.arccosh(x), 2 * x), [2, 2, 3**-0.5]),
        (lambda x: np.where(x > 0, x, np.exp(x * 1e4)), [0, 1e4, 1]),
        (lambda x: np.select([x > 0], [np.log(x)], x), [1, 1, 0.5]),
        (lambda x: np.piecewise(x, [x > 0], [np.log, lambda v: -v]), [-1, -1, 0.5]),
        (lambda x: np.where(x > 0, np.nan, x), [1, 1, 0]),
        (lambda x: np.log(x)[2:], [0, 0, 0.5]),
        (lambda x: np.log(x)[x > 0], [0, 0, 0.5]),
        (lambda x: np.nan_to_num(np.log(x), nan=0.0, neginf=0.0), [0, 0, 0.5]),
        (lambda x: np.nansum(np.log(np.where(x == 0, nan, x))), [0, 0, 0.5]),
    ],
)  # fmt: skip
def test_branch_not_taken_does_not_count(f: Any, want: Any) -> None:
    """Nan and infinity where nobody looks leave the gradient alone."""
    same(g(f, [-1.0, 0.0, 2.0]), want)


def test_where_second_order() -> None:
    """Also in the second derivative."""
    same(h(lambda x: np.where(x > 0, np.log(x), 0), [-1.0, 0.0, 2.0]), [0, 0, -0.25])
    same(h(lambda x: np.where(x > 0, np.sqrt(x), x * x), [-1.0, 0.0, 4.0]), [2, 2, -1 / 32])


def test_nan_that_is_used_shows() -> None:
    """A nan in the value is not hidden in the gradient."""
    assert np.isnan(g(lambda x: x * nan, [1.0])).all()
    assert np.isnan(g(lambda x: np.log(x) * x, [-1.0])).all()


@pytest.mark.parametrize(
    "f", [lambda x: np.log(np.exp(x)), lambda x: np.log1p(np.exp(x)), lambda x: np.sqrt(np.exp(x))]
)
def test_slope_that_was_lost_is_not_called_zero(f: Any) -> None:
    """1/inf times inf is not known: nan, not zero, which looks like an answer."""
    assert np.isnan(g(f, [1000.0])).all()
    assert np.isfinite(g(f, [3.0])).all()


# Large and small


@pytest.mark.parametrize("x", [-1000.0, 1000.0])
def test_saturated_functions_are_right_and_quiet(x: float) -> None:
    """Sigmoid and its kin at +-1000, in first and second order."""
    up = float(x > 0)
    v = np.array([x])
    for f, slope in (
        (ag.sigmoid, 0), (np.tanh, 0), (ag.softplus, up), (ag.log_sigmoid, 1 - up),
        (lambda z: np.logaddexp(z, 0), up), (lambda z: np.logaddexp(0.0, z), up),
        (lambda z: np.logaddexp2(z, 0), up), (lambda z: 1 / (1 + np.exp(-z)), 0),
        (lambda z: ag.logsumexp(np.concatenate([z, [0.0]])), up),
        (lambda z: ag.log_softmax(np.concatenate([z, [0.0]]))[0], 1 - up),
        (lambda z: ag.softmax(np.concatenate([z, [0.0]]))[0], 0),
    ):  # fmt: skip
        assert g(f, v) == pytest.approx([slope], abs=1e-300)  # 2**-1000 is 1e-301
        assert h(f, v) == pytest.approx([0], abs=1e-300)


def test_logaddexp_of_infinities() -> None:
    """Minus infinity adds nothing, and takes nothing; equal ones share."""
    da, db = g(np.logaddexp, [-inf, -inf, 0.0, inf], [2.0, -inf, -inf, 1.0], argnums=(0, 1))
    assert da.tolist() == [0, 0.5, 1, 1]
    assert db.tolist() == [1, 0.5, 0, 0]
    same(g(np.logaddexp, [-50.0], [0.0]), [1 / (1 + np.exp(50.0))])


@pytest.mark.parametrize(
    ("x", "shares"),
    [
        ([1e12, 1e12], [0.5, 0.5]), ([-1e17, -1e17], [0.5, 0.5]), ([1e17, 1e17, 0.0], [0.5, 0.5, 0]),
        ([-inf, -inf], [0.5, 0.5]), ([inf, 0.0], [1, 0]), ([-inf, 3.0], [0, 1]),
    ],
)  # fmt: skip
def test_logsumexp_of_large_numbers(x: Any, shares: Any) -> None:
    """Equal numbers weigh the same, though their logsumexp has lost log(2) to rounding."""
    assert g(ag.logsumexp, x).tolist() == shares
    p = np.array(shares)
    assert ag.hessian(ag.logsumexp)(np.array(x)).tolist() == (np.diag(p) - np.outer(p, p)).tolist()


def test_logsumexp_of_nothing_but_zeros_is_quiet() -> None:
    """log(0 + 0) = -inf is the sum, and no reason for a warning."""
    with np.errstate(all="warn"):
        assert ag.logsumexp(np.array([-inf, -inf])) == -inf


def test_logaddexp_is_right_at_second_order() -> None:
    """At a tie the second derivative is 1/4."""
    same(h(lambda x: np.logaddexp(x, 1.0), [1.0]), [0.25])
    same(h(lambda x: np.logaddexp2(x, 1.0), [1.0]), [0.25 * np.log(2)])


@pytest.mark.parametrize("s", [1e200, 1e-200, 1e100, 1e-100])
def test_scale_does_not_matter(s: float) -> None:
    """Right where the true value can be written, though a square would overflow."""
    da, db = g(np.hypot, [3 * s], [4 * s], argnums=(0, 1))
    same([da[0], db[0]], [0.6, 0.8])
    da, db = g(np.arctan2, [3 * s], [4 * s], argnums=(0, 1))
    same([da[0] * s, db[0] * s], [4 / 25, -3 / 25])
    same(g(lambda y: s / y, [s]), [-1 / s])
    same(g(np.arcsinh, [s]), [1 / np.hypot(1, s)])
    same(g(lambda x: np.arccosh(x + 2), [s]), [1 / s if s > 1 else 3**-0.5])
    same(g(np.sqrt, [s]), [0.5 / np.sqrt(s)])
    same(g(np.log, [s]), [1 / s])
    same(g(np.absolute, [s * (3 + 4j)]), [0.6 - 0.8j])


def test_direction_to_a_point_at_infinity() -> None:
    """The limits: far out on one axis hypot follows that coordinate, and the angle stands still."""
    da, db = g(np.hypot, [inf, -inf, 1.0], [1.0, 2.0, -inf], argnums=(0, 1))
    assert (da.tolist(), db.tolist()) == ([1, -1, 0], [0, 0, -1])
    da, db = g(np.arctan2, [inf, 1.0], [1.0, -inf], argnums=(0, 1))
    assert (da.tolist(), db.tolist()) == ([0, 0], [0, 0])


def test_hypot_keeps_its_digits_at_second_order() -> None:
    """d2 hypot(x, 1) = (1 + x**2)**(-3/2), without a difference of nearly equal numbers."""
    same(h(lambda x: np.hypot(x, 1.0), [1e3, 1e8]), [(1 + 1e6) ** -1.5, 1e-24])


def test_mean_of_many_in_half_precision() -> None:
    """Their number need not fit into half precision, which ends at 65504."""
    many = np.full(70000, 100.0, np.float16)
    same(g(np.mean, many), np.full(70000, 1 / 70000, np.float16))


def test_powers_that_are_constant_are_flat_everywhere() -> None:
    """x**0 is 1 even for x = nan, and the derivative of x**1 is."""
    assert g(lambda x: x**0, [inf, nan, 0.0, -2.0]).tolist() == [0, 0, 0, 0]
    assert h(lambda x: x**1, [inf, nan, 0.0, -2.0]).tolist() == [0, 0, 0, 0]


def test_determinant_of_no_numbers() -> None:
    """LAPACK gives up on nan; the gradient is nan for this matrix, and right for its neighbour."""
    a = np.array([np.full((3, 3), nan), np.diag([2.0, 3, 4])])
    same(g(np.linalg.det, a), [np.full((3, 3), nan), np.diag([12, 8, 6])])


def test_small_slopes_keep_their_digits() -> None:
    """expm1 far down has the derivative exp(x), not what is left of 1 - 1; I_0 near 0 has x / 2."""
    same(g(np.expm1, [-40.0, -100.0]), [np.exp(-40), np.exp(-100)])
    same(g(np.i0, [0.0, 1e-20, -1e-200]), [0, 5e-21, -5e-201])


def test_logarithm_of_a_probability_that_rounded() -> None:
    """log(A) and log(1 - A) of a sigmoid keep their derivatives where A is 0 or 1; 0.5 - A is no such."""
    same(ag.grad(lambda z: np.log(1 - ag.sigmoid(z)))(50.0), -1.0)
    same(ag.grad(lambda z: np.log(ag.sigmoid(z)))(-800.0), 1.0)
    with np.errstate(divide="ignore"):
        assert np.log(0.5 - ag.sigmoid(ag.Tensor(0.0, requires_grad=True))).item() == -np.inf


def test_quotient_by_a_square() -> None:
    """x / y**2 at small and large y: -2 x / y**3 though y**4 does not exist."""
    x, y = np.array([1e-200, 1e200]), np.array([1e-100, 1e90])
    dx, dy = g(lambda a, b: a / b**2, x, y, argnums=(0, 1))
    same(dx, [1e200, 1e-180])
    same(dy, [-2e100, -2e-70])


def test_inverse_functions_near_their_ends() -> None:
    """arcsin, arccos, arctanh, arccosh close to 1."""
    t = 1 - 2.0**-40
    same(g(np.arcsin, [t]), [1 / np.sqrt(2.0**-40 * (2 - 2.0**-40))])
    same(g(np.arctanh, [t]), [1 / (2.0**-40 * (2 - 2.0**-40))])
    same(g(np.arccosh, [1 + 2.0**-40]), [1 / np.sqrt(2.0**-40 * (2 + 2.0**-40))])
    assert g(np.arcsin, [1.0]).tolist() == [inf]
    assert g(np.arccos, [-1.0]).tolist() == [-inf]


def test_sinc_at_and_near_zero() -> None:
    """The derivatives of sin(pi x) / (pi x): 0, -pi^2/3, 0, pi^4/5 at 0."""
    assert g(np.sinc, [0.0]).tolist() == [0]
    same(h(np.sinc, [0.0]), [-(np.pi**2) / 3])
    third = ag.grad(ag.grad(ag.grad(lambda x: np.sinc(x))))
    assert third(0.0) == 0
    same(ag.grad(third)(0.0), np.pi**4 / 5)
    x = 1e-5
    same(g(np.sinc, [x]), [-(np.pi**2) * x / 3 + np.pi**4 * x**3 / 30], 1e-12)
    same(g(np.sinc, [1.0]), [-1.0], 1e-14)
    x = np.array([0.4, 1.49, 1.51, 2.5, -7.3])  # x s'' + 2 s' + pi^2 x s = 0
    same(h(np.sinc, x), -2 * g(np.sinc, x) / x - np.pi**2 * np.sinc(x), 1e-12)


def test_i0() -> None:
    """The Bessel function: its derivative is I_1, and I_1' at 0 is one half."""
    same(
        g(np.i0, [0.5, 2.0, 30.0]),
        [0.25789430539089633, 1.5906368546373291, 768532038938.957],
        1e-13,
    )
    same(h(np.i0, [0.0]), [0.5])
    same(g(np.i0, [-2.0]), [-1.5906368546373291], 1e-13)


def test_exponential_overflow_is_quiet() -> None:
    """An infinite derivative is infinity, without a warning."""
    assert g(np.exp, [1000.0, -1000.0]).tolist() == [inf, 0]
    assert g(np.cosh, [1000.0]).tolist() == [inf]
    assert g(lambda x: 1 / x, [0.0]).tolist() == [-inf]


def test_complex_numbers_at_zero() -> None:
    """|z| has slope 0 at 0, as has z / |z|."""
    z = np.zeros(2, complex)
    assert g(np.absolute, z).tolist() == [0, 0]
    assert ag.grad(lambda v: np.real(np.sum(np.sign(v))))(z).tolist() == [0, 0]
    same(g(np.angle, [1j, 2.0 + 0j]), [-1.0, -0.5j])
    assert g(lambda x: np.imag(x), [1.0, 2.0]).tolist() == [0, 0]
    assert g(lambda x: np.angle(x), [1.0, -2.0]).tolist() == [0, 0]


def test_real_input_of_a_complex_result_has_a_real_gradient() -> None:
    """x -> |exp(i x)|^2 + x and the like."""
    same(g(lambda x: np.real(np.exp(1j * x)), [0.3]), [-np.sin(0.3)])
    same(g(lambda x: np.absolute(x + 2j), [1.5]), [0.6])
    d = g(lambda x: np.imag(np.emath.sqrt(x)), [-4.0])
    assert d.dtype == np.float64
    same(d, [-0.25])


# Shapes and layouts


@pytest.mark.parametrize(
    "x",
    [
        np.array(2.0), np.ones((1, 1)), np.ones((1,)), np.arange(6.0).reshape(2, 3)[::-1, ::-1],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(12.0)[::2].reshape(2, 3),
        np.broadcast_to(3.0, (2, 3)), np.float64(3),
        np.lib.stride_tricks.sliding_window_view(np.arange(4.0), 2),
    ],
)  # fmt: skip
def test_layouts(x: Any) -> None:
    """Scalars, one-by-one, reversed, Fortran, strided, broadcast: same rule, own memory."""
    before = np.array(x)
    d = g(lambda v: v * v + np.exp(-v) * v, x)
    same(d, 2 * before + np.exp(-before) * (1 - before))
    assert d.flags.writeable
    assert np.array_equal(x, before)
    assert not np.shares_memory(d, x)


def test_leading_axes_are_summed() -> None:
    """An operand that was repeated gets the sum over its copies."""
    a, b, c = np.ones((4, 3, 2)), np.ones((3, 1)), np.ones(2)
    da, db, dc = g(lambda x, y, z: x * y * z, a, b, c, argnums=(0, 1, 2))
    assert (da == 1).all()
    assert db.tolist() == [[8], [8], [8]]
    assert dc.tolist() == [12, 12]


def test_index_named_twice_adds_up() -> None:
    """Repeated indices, by integer arrays, lists and np.take."""
    i = [0, 0, 2, -1]
    for f in (
        lambda x: x[i],
        lambda x: x[np.array(i)],
        lambda x: np.take(x, i),
        lambda x: x.take(i),
    ):
        assert g(f, np.ones(3)).tolist() == [2, 0, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_type_is_kept(dtype: Any) -> None:
    """The gradient has the type of its array; Python numbers do not widen it."""
    x = np.array([1.5, 0.5], dtype)
    for f in (
        lambda v: v * 2.0 + 1,
        lambda v: v**2,
        lambda v: v / 3,
        lambda v: 2.0**v,
        np.exp,
        np.mean,
    ):
        t = ag.Tensor(x, requires_grad=True)
        y = f(t)
        assert y.dtype == dtype
        np.sum(np.real(y)).backward()
        assert t.grad.dtype == dtype


# Defects that others have, each once


def test_norm_of_nothing_has_slope_zero() -> None:
    """np.linalg.norm at 0: nan in most peers."""
    assert g(np.linalg.norm, np.zeros(3)).tolist() == [0, 0, 0]


def test_integer_input_is_no_silent_constant() -> None:
    """An integer variable is an error, not a constant."""
    with pytest.raises(ag.NotDifferentiableError, match="dtype=float"):
        ag.Tensor([1, 2], requires_grad=True)
    with pytest.raises(ag.NotDifferentiableError, match="int"):
        ag.grad(np.sum)(np.array([1, 2]))


def test_where_argument_of_a_sum_counts() -> None:
    """np.sum(x, where=m) has no derivative where m is false; autograd returns one."""
    assert g(lambda x: np.sum(x * x, where=[True, False]), [1.0, 2.0]).tolist() == [2, 0]
    assert g(lambda x: np.mean(x, where=[True, False]), [1.0, 2.0]).tolist() == [1, 0]
    assert g(lambda x: np.prod(x, where=[True, False]), [3.0, 2.0]).tolist() == [1, 0]


def test_deep_graphs_need_no_recursion() -> None:
    """3,000 calls in a row; others stop at 1,500."""

    def f(x: Any) -> Any:
        for _ in range(3000):
            x = x * 1.0001
        return x

    same(g(f, [2.0]), [1.0001**3000], 1e-11)


def test_index_into_one_number_that_is_used_again() -> None:
    """y[None] of an array without axes, of which a later call takes the sine."""

    def f(x: Any) -> Any:
        y = np.reshape(x, ())
        return np.sum(y[None]) + np.sin(y)

    same(ag.grad(f)(np.array([0.7])), [1 + np.cos(0.7)])


def test_same_array_many_times() -> None:
    """Fan-out adds up, once for each use."""
    assert g(lambda x: x * x * x + x - x / 1 + np.add(x, x), [2.0]).tolist() == [14]
    assert g(lambda x: np.concatenate([x, x, x * 2]), [1.0, 1.0]).tolist() == [4, 4]


@pytest.mark.parametrize("size", [800.0, np.array(800.0), np.full((1, 2), 800.0)])
@pytest.mark.parametrize("probability", [ag.sigmoid, lambda z: 1 / (1 + np.exp(-z))])
def test_log_of_a_sigmoid_that_rounds_to_zero(probability: Any, size: Any) -> None:
    """log(sigmoid(-z)) is -z, and log(1 - sigmoid(z)) too: the cost of a wrong, certain answer."""
    with np.errstate(over="ignore"):
        for f, z, slope in (
            (lambda z: np.log(probability(z)), -size, 1),
            (lambda z: np.log(1 - probability(z)), size, -1),
        ):
            value, g = ag.value_and_grad(lambda z, f=f: np.sum(f(z)))(z)
            assert value == -np.sum(size)
            assert np.all(g == slope)
