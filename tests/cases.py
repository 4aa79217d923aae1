"""The table of cases: one line per function, with the numbers and the options it is tried on.

    analytic(np.tanh, R)                                   checked by complex step
    real(np.hypot, N, N)                                   by differences: it has no complex form
    analytic(np.sum, R("mn"), axis=0, keepdims=True)       shapes: a letter is any size, a digit itself
    analytic(np.stack, lambda a, b: np.stack([a, b]), R("m"), R("m"))

A domain says how an argument's numbers are drawn, in brackets its shape; without one an argument
has any shape, and several arguments any shapes that broadcast.
"""
# ruff: noqa: E501 (a table: what belongs together stands on one line)

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.functions import log_one_minus_sigmoid

Draw = Callable[[np.random.Generator, tuple[int, ...]], Any]


@dataclass(frozen=True)
class Domain:
    """How the numbers of one argument are drawn, and its shape: see `sizes`."""

    draw: Draw
    shape: str = "*"
    free: bool = True  # differentiated
    complex: bool = False

    def __call__(self, shape: str) -> "Domain":
        return replace(self, shape=shape)


@dataclass(frozen=True)
class Case:
    """One line of the table: `fn` called as `f(*arrays)` on arrays from these domains."""

    fn: Callable[..., Any]  # whose rule this is about
    f: Callable[..., Any]  # plain NumPy code of the arrays
    domains: tuple[Domain, ...]
    name: str
    analytic: bool = True  # runs on complex numbers as an analytic function
    smooth: bool = True  # has a second derivative that is worth checking
    single: bool = True  # keeps some digits in single precision

    @property
    def free(self) -> list[bool]:
        """Which arguments are differentiated."""
        return [domain.free for domain in self.domains]

    @property
    def letters(self) -> list[str]:
        """The sizes that may be chosen freely."""
        return sorted({c for d in self.domains for c in d.shape if c.isalpha()})

    @property
    def broadcasts(self) -> bool:
        """Whether the arguments may have any shapes that broadcast."""
        return any(d.shape == "*" for d in self.domains)

    def draw(
        self, rng: np.random.Generator, sizes: dict[str, int], common: tuple[int, ...] = ()
    ) -> list[Any]:
        """Arrays to try it on."""
        stars = sum(d.shape == "*" for d in self.domains)
        args = []
        for d in self.domains:
            if d.shape == "*":
                shape = partly(rng, common) if stars > 1 else common
            else:
                shape = tuple(sizes[c] if c.isalpha() else int(c) for c in d.shape)
            args.append(np.asarray(d.draw(rng, shape)))
        return args


def partly(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to this one: leading axes gone, others of length 1."""
    shape = tuple(n if rng.random() < 0.7 else 1 for n in shape)
    return shape[int(rng.integers(0, len(shape) + 1)) :] if rng.random() < 0.4 else shape


def analytic(
    fn: Callable[..., Any], *how: Any, smooth: bool = True, single: bool = True, **options: Any
) -> Case:
    """A case for complex step: `fn(*arrays, **options)`, or a function of the arrays given first."""
    call, domains = (how[0], how[1:]) if not isinstance(how[0], Domain) else (None, how)
    f = call or (lambda *arrays: fn(*arrays, **options))
    name = getattr(fn, "__name__", str(fn))
    module = getattr(fn, "__module__", None) or ""
    if module.startswith("numpy.") and module.split(".")[-1] in ("linalg", "fft", "scimath"):
        name = f"{module.split('.')[-1]}.{name}"
    described = ", ".join(f"{key}={value!r}" for key, value in options.items())
    shapes = ", ".join(d.shape for d in domains)
    title = f"{name}({shapes}{'; ' if described else ''}{described})"
    return Case(fn, f, domains, title, smooth=smooth, single=single)


def real(fn: Callable[..., Any], *how: Any, **options: Any) -> Case:
    """A case for differences: a function of real numbers only, or one of complex numbers."""
    return replace(analytic(fn, *how, **options), analytic=False)


def spaced(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers at least 0.2 apart, and 0.1 from 0, in random order: no ties, no kinks."""
    n = int(np.prod(shape))
    x = 0.3 * (np.arange(n) - n // 2) + rng.uniform(0.1, 0.2, n)
    return rng.permutation(x).reshape(shape)


def away(low: float, high: float) -> Draw:
    """Numbers of either sign with a magnitude between these."""
    return lambda rng, shape: rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)


R = Domain(lambda rng, shape: rng.normal(size=shape))  # any real number
N = Domain(away(0.3, 2))  # not near zero
P = Domain(lambda rng, shape: rng.uniform(0.3, 3, shape))  # positive
U = Domain(lambda rng, shape: rng.uniform(-0.8, 0.8, shape))  # inside (-1, 1)
A = Domain(lambda rng, shape: rng.uniform(1.2, 4, shape))  # above 1
D = Domain(spaced)  # distinct: nothing changes places within a small step
F = Domain(
    lambda rng, shape: rng.integers(-3, 3, shape) + rng.uniform(0.2, 0.8, shape)
)  # no integers
C = Domain(  # complex
    lambda rng, shape: rng.uniform(0.3, 1.5, shape) * np.exp(1j * rng.uniform(-3, 3, shape)),
    complex=True,
)
TWENTY = Domain(lambda rng, shape: rng.uniform(19, 23, shape))
SIX = Domain(lambda rng, shape: rng.uniform(5.9, 6.1, shape))  # 20 / 6 is not near an integer
B = Domain(lambda rng, shape: rng.random(shape) < 0.6, free=False)  # booleans, not differentiated


def halves(y: Any, k: int) -> Any:
    """What of a partition does not depend on how it was made: its two sides, in order."""
    return np.sort(y[..., :k]), y[..., k], np.sort(y[..., k + 1 :])


M22 = np.array([[True, False, True], [True, True, False]])  # masks for "23"
NAN = np.array([[1.0, np.nan, 1.0], [1.0, 1.0, np.nan]])  # times "23": some numbers are missing
I23 = np.array([[0, 1, 1], [2, 0, 2]])
ROWS = np.array([2, 0, 0])

# fmt: off
CASES = [
    # Arithmetic
    analytic(np.positive, R), analytic(np.negative, R),
    analytic(np.add, R, R), analytic(np.subtract, R, R), analytic(np.multiply, R, R),
    analytic(np.true_divide, R, N), analytic(np.reciprocal, N), analytic(np.square, R),
    analytic(np.sqrt, P), real(np.cbrt, N),
    analytic(np.power, P, R), analytic(np.power, lambda x: x**3, R),
    analytic(np.power, lambda x: x**2, R), analytic(np.power, lambda x: x**-1.5, P),
    analytic(np.power, lambda x: 2.5**x, R), analytic(np.power, lambda x: x ** np.array([0.0, 2, 3]), N("3")),
    analytic(np.float_power, P, R),
    real(np.floor_divide, F, TWENTY), real(np.remainder, F, TWENTY), real(np.remainder, TWENTY, SIX),
    real(np.remainder, lambda a, b: -a % b, TWENTY, SIX), real(np.floor_divide, lambda a, b: a // b, TWENTY, SIX),
    real(np.fmod, TWENTY, SIX), real(np.fmod, lambda a, b: np.fmod(-a, b), TWENTY, SIX),
    real(np.remainder, lambda x: x % 1.0, F), real(np.remainder, lambda x: 20 % x, SIX), real(np.divmod, TWENTY, SIX),
    # Exponentials and logarithms
    analytic(np.exp, R), analytic(np.exp2, R), analytic(np.expm1, R),
    analytic(np.log, P), analytic(np.log2, P), analytic(np.log10, P), analytic(np.log1p, P),
    real(np.logaddexp, R, R), real(np.logaddexp2, R, R),
    # Trigonometric and hyperbolic
    analytic(np.sin, R), analytic(np.cos, R), analytic(np.tan, U),
    analytic(np.arcsin, U), analytic(np.arccos, U), analytic(np.arctan, R),
    analytic(np.sinh, R), analytic(np.cosh, R), analytic(np.tanh, R),
    analytic(np.arcsinh, R), analytic(np.arccosh, A), analytic(np.arctanh, U),
    real(np.hypot, N, N), real(np.arctan2, N, N),
    real(np.deg2rad, R), real(np.rad2deg, R), real(np.radians, R), real(np.degrees, R),
    analytic(np.sinc, R), analytic(np.sinc, N), real(np.i0, R),
    real(np.unwrap, lambda x: np.unwrap(0.2 * x + [0, 4, 2, -2, 6]), U("m5")),
    real(np.unwrap, lambda x: np.unwrap(0.2 * x, axis=0, period=0.9, discont=0.5), D("4")),
    # Kinks
    real(np.absolute, N), real(np.fabs, N), real(np.copysign, N, N),
    real(np.maximum, lambda a, b: np.maximum(a, b + 0.15), D("23"), D("23")),
    real(np.minimum, lambda a, b: np.minimum(a, b + 0.15), D("23"), D("3")),
    real(np.maximum, lambda x: np.maximum(x, 0), N), real(np.maximum, lambda x: np.maximum(0.0, x), N),
    real(np.minimum, lambda x: np.minimum(x, 0), N), real(np.minimum, lambda x: np.minimum(0, x), N),
    real(np.fmax, lambda a, b: np.fmax(a, b * NAN + 0.15), D("23"), D("3")),
    real(np.fmax, lambda a, b: np.fmax(a * NAN, b + 0.15), D("23"), D("3")),
    real(np.fmin, lambda a, b: np.fmin(a, b * NAN + 0.15), D("23"), D("3")),
    real(np.fmin, lambda a, b: np.fmin(a * NAN, b + 0.15), D("23"), D("3")),
    real(np.fmax, lambda x: np.fmax(x, 0), N), real(np.fmax, lambda x: np.fmax(0, x), N),
    real(np.fmin, lambda x: np.fmin(x, 0), N), real(np.fmin, lambda x: np.fmin(0, x), N),
    real(np.clip, lambda x: np.clip(x, -0.05, 1), D), real(np.clip, lambda x: np.clip(x, 0, None), N),
    real(np.clip, lambda x, lo: np.clip(x, lo - 5, 0.02), D("m"), R("m")),
    real(np.clip, lambda x: np.clip(x, min=-1, max=0.0), D),
    analytic(np.where, lambda c, x, y: np.where(c, x, y), B, R, R),
    analytic(np.where, lambda c, x: np.where(c, x * x, 1.0), B("mn"), R("mn")),
    real(np.where, lambda c, x, y: np.where(c, x, y), N("m"), R("m"), R("nm")),
    real(np.nan_to_num, lambda x: np.nan_to_num(x * NAN, nan=3.0), R("23")),
    # Steps
    real(np.floor, F), real(np.ceil, F), real(np.trunc, F), real(np.rint, lambda x: np.rint(x + 0.5), F), real(np.fix, F),
    real(np.round, lambda x: np.round(x + 0.5), F), real(np.around, lambda x: np.around(x / 10 + 0.05, 1), F), real(np.spacing, N, smooth=False), real(np.sign, N),
    real(np.heaviside, N, R), real(np.heaviside, lambda b: np.heaviside(np.zeros(3), b), R("3")),
    real(np.modf, F), real(np.frexp, lambda x: np.frexp((1.5 + 0.3 * x) * [1, 8, 0.125])[0], U("m3"), smooth=False),
    real(np.ldexp, lambda x: np.ldexp(x, np.array([1, -2, 3])), R("m3")),
    real(np.nextafter, R, N, smooth=False),
    # Parts of complex numbers
    real(np.real, C), real(np.imag, C), real(np.conjugate, C), real(np.angle, C), real(np.angle, C, deg=True),
    real(np.absolute, C), real(np.sign, C), real(np.real, R), real(np.imag, R), real(np.angle, P),
    real(np.real_if_close, R), real(np.multiply, C, C), real(np.true_divide, C, C), real(np.add, R, C),
    real(np.multiply, R, C), real(np.exp, C), real(np.log, C), real(np.sqrt, C), real(np.square, C),
    real(np.power, C, R), real(np.power, lambda z: z**3, C), real(np.sin, C), real(np.cos, C), real(np.tanh, C),
    real(np.arctan, lambda z: np.arctan(z / 3), C), real(np.arcsinh, lambda z: np.arcsinh(z / 3), C),
    real(np.arcsin, lambda z: np.arcsin(z / 3 + 0.2j), C), real(np.arccosh, lambda z: np.arccosh(z + 2), C),
    real(np.sinh, C), real(np.log1p, lambda z: np.log1p(z / 3), C), real(np.exp2, C), real(np.sinc, C),
    real(np.reciprocal, C), real(np.sum, C("mn"), axis=0), real(np.mean, C("mn"), axis=1),
    real(np.prod, C("mn"), axis=0), real(np.var, C("4")), real(np.std, C("23"), axis=1), real(np.cumprod, C("4")),
    real(np.where, lambda c, x, y: np.where(c, x, y), B("m"), C("m"), R("m")),
    real(np.average, lambda z, w: np.average(z, weights=w), C("3"), P("3")), real(np.cov, C("24")),
    real(np.corrcoef, C("24"), smooth=False),
    # np.emath
    real(np.emath.sqrt, N), real(np.emath.log, N), real(np.emath.log2, N), real(np.emath.log10, N),
    real(np.emath.logn, lambda x: np.emath.logn(3.0, x), N), real(np.emath.logn, A, N),
    real(np.emath.power, N, R), real(np.emath.arcsin, U), real(np.emath.arcsin, A),
    real(np.emath.arccos, U), real(np.emath.arccos, A), real(np.emath.arctanh, lambda x: np.emath.arctanh(0.7 * x), U), real(np.emath.arctanh, A),
    # Sums and means
    analytic(np.sum, R), analytic(np.sum, R("mn"), axis=0), analytic(np.sum, R("mn"), axis=-1, keepdims=True),
    analytic(np.sum, R("mnk"), axis=(0, -1)), analytic(np.sum, R("23"), axis=1, where=M22),
    analytic(np.sum, R("mn"), axis=(0, 1), keepdims=True), analytic(np.sum, R("m"), initial=3.0),
    analytic(np.sum, R("mn"), axis=()), analytic(np.mean, R), analytic(np.mean, R("mn"), axis=0),
    analytic(np.mean, R("mnk"), axis=(-1, 0), keepdims=True), analytic(np.mean, R("23"), axis=1, where=M22),
    analytic(np.mean, R("23"), where=M22, keepdims=True),
    analytic(np.prod, R), analytic(np.prod, R("mn"), axis=0), analytic(np.prod, R("mnk"), axis=(0, 2), keepdims=True),
    analytic(np.prod, R("23"), axis=-1, where=M22), analytic(np.prod, R("m"), initial=2.5),
    real(np.var, R("3m")), real(np.var, R("m4"), axis=-1, ddof=1), real(np.var, R("2mn"), axis=(0, 2), keepdims=True),
    real(np.var, R("23"), axis=1, where=M22), real(np.var, R("m4"), axis=1, correction=1),
    real(np.var, lambda x: np.var(x, axis=0, mean=np.ones((1, 3))), R("23")),
    real(np.std, D("3m")), real(np.std, D("m4"), axis=-1, ddof=1), real(np.std, D("2mn"), axis=(0, 2), keepdims=True),
    real(np.std, D("33"), axis=1, where=np.array([[True, True, False]] * 3)),
    real(np.std, D("4"), correction=1), real(np.std, lambda x: np.std(x, mean=np.array([0.3])), D("4")),
    real(np.average, R("m")), real(np.average, lambda a, w: np.average(a, 0, w), R("mn"), P("m")),
    analytic(np.average, lambda a, w: np.average(a, weights=w, axis=(0, 2), keepdims=True), R("mnk"), P("mk")),
    analytic(np.average, lambda a, w: np.average(a, axis=1, weights=w, returned=True), R("mn"), P("mn")),
    analytic(np.average, lambda a: np.average(a, axis=0, returned=True), R("mn")),
    real(np.cov, R("3")), real(np.cov, R("m4")), real(np.cov, R("4m"), rowvar=False), real(np.cov, R("m4"), bias=True),
    real(np.cov, lambda x, y: np.cov(x, y), R("m4"), R("n4")), real(np.cov, lambda x, y: np.cov(x, y, ddof=0), R("4"), R("4")),
    real(np.cov, lambda x, w: np.cov(x, aweights=w), R("m4"), P("4")),
    real(np.cov, lambda x: np.cov(x, fweights=[1, 2, 1, 3], ddof=1), R("m4")),
    real(np.cov, lambda x, w: np.cov(x, fweights=[1, 2, 1, 3], aweights=w, ddof=0), R("24"), P("4")),
    real(np.corrcoef, D("24")), real(np.corrcoef, lambda x, y: np.corrcoef(x, y), D("4"), D("4")),
    real(np.corrcoef, D("42"), rowvar=False), real(np.corrcoef, R("4"), smooth=False),
    real(np.bincount, lambda w: np.bincount([0, 2, 2, 1], weights=w, minlength=5), R("4")),
    # Extremes and order
    real(np.max, D), real(np.max, D("mn"), axis=0), real(np.max, D("mnk"), axis=(0, -1), keepdims=True),
    real(np.max, D("23"), axis=1, where=M22, initial=-9.0), real(np.max, D("mn"), axis=1, initial=0.0),
    real(np.amax, D("mn"), axis=1), real(np.amin, D("mn"), axis=1), real(np.min, D), real(np.min, D("mn"), axis=-1),
    real(np.min, D("23"), axis=(0, 1), where=M22, initial=9.0), real(np.ptp, D("mn"), axis=0),
    real(np.ptp, D("23"), keepdims=True), real(np.sort, D("m")), real(np.sort, D("mn"), axis=0), real(np.sort, D("mn"), axis=None),
    real(np.sort, D("mn"), kind="stable"),
    real(np.partition, lambda x: halves(np.partition(x, 2), 2), D("5")),
    real(np.partition, lambda x: halves(np.partition(x, (1, 2), axis=-1), 1), D("m4")),
    real(np.partition, lambda x: halves(np.partition(x, 1, axis=0).T, 1), D("4m")), real(np.sort_complex, lambda x: np.real(np.sort_complex(x)), D("4")),
    real(np.median, D("3m")), real(np.median, D("mn"), axis=0), real(np.median, D("2mn"), axis=(0, -1), keepdims=True),
    real(np.quantile, lambda x: np.quantile(x, 0.3), D("m")), real(np.quantile, lambda x: np.quantile(x, [0.2, 0.9], axis=1), D("mn")),
    real(np.quantile, lambda x: np.quantile(x, 0.4, axis=(0, 1), keepdims=True), D("mn")),
    *[real(np.quantile, lambda x, m=m: np.quantile(x, [0.12, 0.57, 0.83], axis=0, method=m), D("5")) for m in (
        "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
        "weibull", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest")],
    *[real(np.quantile, lambda x, q, m=m: np.quantile(x, 0.45 + 0.03 * q, method=m), D("5"), U("2")) for m in (
        "linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "lower")],
    real(np.quantile, lambda x: np.quantile(x, [0.3, 0.7], weights=[1, 2, 1, 3.0], method="inverted_cdf"), D("4")),
    real(np.percentile, lambda x: np.percentile(x, 30), D("mn")), real(np.percentile, lambda x: np.percentile(x, [25, 75], axis=-1), D("mn")),
    real(np.percentile, lambda x: np.percentile(x, 60, axis=0, method="higher", keepdims=True), D("mn")),
    # Where some are missing
    real(np.nansum, lambda x: np.nansum(x * NAN, axis=0), R("23")), real(np.nansum, lambda x: np.nansum(x * NAN, initial=2.0), R("23")),
    real(np.nanmean, lambda x: np.nanmean(x * NAN, axis=1, keepdims=True), R("23")),
    real(np.nanmean, lambda x: np.nanmean(x * NAN, where=M22), R("23")),
    real(np.nanprod, lambda x: np.nanprod(x * NAN, axis=1), R("23")), real(np.nanprod, lambda x: np.nanprod(x * NAN, where=M22), R("23")),
    real(np.nanvar, lambda x: np.nanvar(x * NAN, axis=1), R("23")), real(np.nanvar, lambda x: np.nanvar(x * NAN, ddof=1), R("23")),
    real(np.nanstd, lambda x: np.nanstd(x * NAN, axis=1), D("23")), real(np.nanstd, lambda x: np.nanstd(x * NAN, keepdims=True), D("23")),
    real(np.nanmax, lambda x: np.nanmax(x * NAN, axis=1), D("23")), real(np.nanmin, lambda x: np.nanmin(x * NAN, axis=1), D("23")),
    real(np.nanmedian, lambda x: np.nanmedian(x * NAN, axis=1), D("23")), real(np.nanmedian, lambda x: np.nanmedian(x * NAN), D("23")),
    real(np.nanquantile, lambda x: np.nanquantile(x * NAN, [0.2, 0.7], axis=1), D("23")),
    real(np.nanquantile, lambda x, q: np.nanquantile(x * NAN, 0.45 + 0.03 * q, axis=1), D("23"), U("")),
    real(np.nanpercentile, lambda x: np.nanpercentile(x * NAN, 35, keepdims=True), D("23")),
    real(np.nancumsum, lambda x: np.nancumsum(x * NAN, axis=1), R("23")), real(np.nancumprod, lambda x: np.nancumprod(x * NAN), R("23")),
    # Running sums and products, differences
    analytic(np.cumsum, R("mn")), analytic(np.cumsum, R("mn"), axis=-1), analytic(np.cumprod, R("mn")),
    analytic(np.cumprod, R("3m"), axis=0), analytic(np.cumprod, R("25"), axis=-1), analytic(np.diff, R("4")),
    analytic(np.diff, R("4m"), n=2, axis=0), analytic(np.diff, lambda x, p: np.diff(x, prepend=p, append=1.0), R("m3"), R("m2")),
    analytic(np.diff, R("3"), n=0), analytic(np.ediff1d, R("mn")),
    analytic(np.ediff1d, lambda x, e: np.ediff1d(x, to_begin=e, to_end=[1.0, 2.0]), R("4"), R("2")),
    analytic(np.trapezoid, R("4")), analytic(np.trapezoid, R("4m"), dx=0.3, axis=0), analytic(np.trapezoid, R("m4"), R("4")),
    analytic(np.trapezoid, lambda y, x: np.trapezoid(y, x, axis=0), R("4m"), R("4m")),
    analytic(np.gradient, R("4")), analytic(np.gradient, R("33")), analytic(np.gradient, lambda f: np.gradient(f, 0.3, edge_order=2), R("33")),
    analytic(np.gradient, lambda f, h: np.gradient(f, h), R("4"), P("")),
    analytic(np.gradient, lambda f, x: np.gradient(f, np.cumsum(x), axis=1), R("m4"), P("4")),
    analytic(np.gradient, lambda f, x: np.gradient(f, np.cumsum(x), edge_order=2), R("4"), P("4")),
    analytic(np.gradient, lambda f, x: np.gradient(f, np.cumsum(x), 0.5, axis=(1, 0)), R("23"), P("3")),
    # Shapes
    analytic(np.reshape, lambda x: np.reshape(x, (-1, 2)), R("4m")), analytic(np.reshape, lambda x: np.reshape(x, (3, 2), order="F"), R("23")),
    analytic(np.ravel, R), analytic(np.ravel, R("mn"), order="F"), analytic(np.transpose, R), analytic(np.transpose, R("mnk"), axes=(1, 2, 0)),
    analytic(np.transpose, R("mnk"), axes=(-1, 0, 1)), analytic(np.swapaxes, lambda x: np.swapaxes(x, 0, -1), R("mnk")),
    analytic(np.moveaxis, lambda x: np.moveaxis(x, 0, -1), R("mnk")), analytic(np.moveaxis, lambda x: np.moveaxis(x, (0, 1), (2, 0)), R("mnk")),
    analytic(np.rollaxis, lambda x: np.rollaxis(x, 2), R("mnk")), analytic(np.rollaxis, lambda x: np.rollaxis(x, 0, 2), R("mnk")),
    analytic(np.squeeze, R("1m1")), analytic(np.squeeze, R("1m1"), axis=0), analytic(np.expand_dims, lambda x: np.expand_dims(x, (0, -1)), R("mn")),
    analytic(np.broadcast_to, lambda x: np.broadcast_to(x, (2, 4, 3)), R("13")), analytic(np.broadcast_arrays, R, R),
    analytic(np.flip, R), analytic(np.flip, R("mn"), axis=0), analytic(np.flip, R("mn"), axis=(0, 1)), analytic(np.fliplr, R("mn")),
    analytic(np.flipud, R("m")), analytic(np.rot90, R("mn")), analytic(np.rot90, R("mnk"), k=3, axes=(1, 2)),
    analytic(np.roll, lambda x: np.roll(x, 2), R("mn")), analytic(np.roll, lambda x: np.roll(x, (1, -2), (0, 1)), R("mn")),
    analytic(np.roll, lambda x: np.roll(x, 1, axis=(0, 1)), R("mn")), analytic(np.tril, R("mn")), analytic(np.triu, R("2mn"), k=1),
    analytic(np.tile, lambda x: np.tile(x, 3), R("m")), analytic(np.tile, lambda x: np.tile(x, (2, 1, 2)), R("mn")),
    analytic(np.tile, lambda x: np.tile(x, (2,)), R("mn")), analytic(np.repeat, lambda x: np.repeat(x, 2), R("mn")),
    analytic(np.repeat, lambda x: np.repeat(x, [2, 0, 3], axis=1), R("m3")), analytic(np.repeat, lambda x: np.repeat(x, 2, axis=-2), R("mn")),
    analytic(np.matrix_transpose, R("mnk")), analytic(np.atleast_1d, R), analytic(np.atleast_2d, R, R), analytic(np.atleast_3d, R, R("m")),
    analytic(np.copy, R), analytic(np.resize, lambda x: np.resize(x, (2, 5)), R("3")),
    real(np.sum, lambda x: x.astype(np.float64), R("m")),
    # Joining and cutting
    analytic(np.concatenate, lambda a, b: np.concatenate([a, b]), R("m"), R("n")), analytic(np.concatenate, lambda a, b: np.concatenate((a, b), axis=-1), R("mk"), R("mn")),
    analytic(np.concatenate, lambda a, b: np.concatenate([a, b, np.ones(2)], axis=None), R("mk"), R("n")),
    analytic(np.stack, lambda a, b: np.stack([a, b]), R("mn"), R("mn")), analytic(np.stack, lambda a, b: np.stack((a, b, a), axis=-1), R("mn"), R("mn")),
    analytic(np.vstack, lambda a, b: np.vstack([a, b]), R("m"), R("nm")), analytic(np.hstack, lambda a, b: np.hstack([a, b]), R("m"), R("n")),
    analytic(np.hstack, lambda a, b: np.hstack([a, b]), R("mn"), R("mk")), analytic(np.dstack, lambda a, b: np.dstack([a, b]), R("mn"), R("mn")),
    analytic(np.column_stack, lambda a, b: np.column_stack([a, b]), R("m"), R("mn")),
    analytic(np.block, lambda a, b: np.block([[a, np.zeros((2, 3))], [np.ones((1, 2)), b]]), R("22"), R("13")),
    analytic(np.block, lambda a, b: np.block([a, b, 1.0]), R("m"), R("n")), analytic(np.append, lambda a, b: np.append(a, b), R("mn"), R("k")),
    analytic(np.append, lambda a, b: np.append(a, b, axis=1), R("mn"), R("mk")),
    analytic(np.insert, lambda a, v: np.insert(a, 1, v), R("4"), R("")), analytic(np.insert, lambda a, v: np.insert(a, [0, 2, 2], v, axis=1), R("m3"), R("m3")),
    analytic(np.insert, lambda a, v: np.insert(a, slice(0, 2), v, axis=0), R("3n"), R("n")), analytic(np.insert, lambda a, v: np.insert(a, 1, v, axis=1), R("m2"), R("m")),
    analytic(np.delete, lambda a: np.delete(a, 1), R("4")), analytic(np.delete, lambda a: np.delete(a, [0, -1], axis=1), R("m4")),
    analytic(np.delete, lambda a: np.delete(a, slice(None, None, 2), 0), R("4m")), analytic(np.delete, lambda a: np.delete(a, np.array([True, False, True])), R("3")),
    analytic(np.split, lambda x: np.split(x, 2), R("4m")), analytic(np.split, lambda x: np.split(x, [1, 3], axis=-1), R("m4")),
    analytic(np.array_split, lambda x: np.array_split(x, 3), R("5")), analytic(np.hsplit, lambda x: np.hsplit(x, 2), R("m4")),
    analytic(np.hsplit, lambda x: np.hsplit(x, [1]), R("4")), analytic(np.vsplit, lambda x: np.vsplit(x, 2), R("4m")), analytic(np.dsplit, lambda x: np.dsplit(x, 2), R("m24")),
    analytic(np.meshgrid, R("m"), R("n")), analytic(np.meshgrid, R("m"), R("n"), indexing="ij"), analytic(np.meshgrid, R("m"), R("n"), sparse=True),
    # Padding
    analytic(np.pad, lambda x: np.pad(x, 2), R("mn")), analytic(np.pad, lambda x: np.pad(x, ((1, 2), (0, 3)), constant_values=7.0), R("mn")),
    *[analytic(np.pad, lambda x, m=m: np.pad(x, ((1, 2), (0, 3)), m), R("32")) for m in ("edge", "wrap", "reflect", "symmetric", "linear_ramp", "mean")],
    *[analytic(np.pad, lambda x, m=m: np.pad(x, (5, 9), m), R("3")) for m in ("wrap", "reflect", "symmetric")],
    *[analytic(np.pad, lambda x, m=m: np.pad(x, ((1, 2), (9, 3)), m, reflect_type="odd"), R("32")) for m in ("reflect", "symmetric")],
    analytic(np.pad, lambda x: np.pad(x, 2, "reflect", reflect_type="odd"), R("13")),
    analytic(np.pad, lambda x: np.pad(x, (2, 3), "linear_ramp", end_values=(5, -4)), R("m")),
    analytic(np.pad, lambda x: np.pad(x, 2, "mean", stat_length=((1, 2), (2, 5))), R("23")),
    *[real(np.pad, lambda x, m=m: np.pad(x, ((1, 1), (2, 0)), m, stat_length=2), D("23")) for m in ("maximum", "minimum", "median")],
    # Indexing
    analytic("x[...]", lambda x: x[1], R("3m")), analytic("x[...]", lambda x: x[-1, 0], R("32")), analytic("x[...]", lambda x: x[::-1], R("m")),
    analytic("x[...]", lambda x: x[1::2, ::-2], R("34")), analytic("x[...]", lambda x: x[..., 0], R("mn2")), analytic("x[...]", lambda x: x[:, None], R("mn")),
    analytic("x[...]", lambda x: x[ROWS], R("3m")), analytic("x[...]", lambda x: x[[0, 2], :, [1, 1]], R("3m2")),
    analytic("x[...]", lambda x: x[I23], R("3")), analytic("x[...]", lambda x: x[M22], R("23")), analytic("x[...]", lambda x: x[M22[0], 1:], R("33")),
    analytic("x[...]", lambda x: x[np.array([[0], [2]]), np.array([1, 0])], R("32")), analytic("x[...]", lambda x: x[1:1], R("3")),
    analytic("x[...]", lambda x: x[np.ix_([0, 2], [1, 1])], R("32")), analytic("x[...]", lambda x: x[None, ..., ::2, None], R("m3")),
    analytic(np.take, lambda x: np.take(x, I23), R("3m")), analytic(np.take, lambda x: np.take(x, ROWS, axis=1), R("m3")),
    analytic(np.take, lambda x: np.take(x, [[-1, 7], [3, 0]], axis=0, mode="wrap"), R("3m")), analytic(np.take, lambda x: np.take(x, [-2, 9], mode="clip"), R("3")),
    analytic(np.take_along_axis, lambda x: np.take_along_axis(x, I23, 1), R("23")), analytic(np.take_along_axis, lambda x: np.take_along_axis(x, ROWS, None), R("mn3")),
    real(np.take_along_axis, lambda x: np.take_along_axis(x, np.argsort(x, axis=0), 0), D("mn")),
    analytic(np.compress, lambda x: np.compress([True, False, True], x, axis=0), R("3m")), analytic(np.extract, lambda x: np.extract(M22, x), R("23")),
    real(np.compress, lambda c, x: np.compress(c, x, axis=-1), N("3"), R("m3")), real(np.extract, N("m"), R("m")),
    analytic(np.lib.stride_tricks.sliding_window_view, lambda x: np.lib.stride_tricks.sliding_window_view(x, 2), R("4")),
    analytic(np.lib.stride_tricks.sliding_window_view, lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(0, 2)), R("3m2")),
    analytic(np.diagonal, R("mn")), analytic(np.diagonal, R("3m3"), offset=1, axis1=0, axis2=-1), analytic(np.diag, R("m")), analytic(np.diag, R("3"), k=-1),
    analytic(np.diag, R("34"), k=1), analytic(np.diagflat, R("mn"), k=1), analytic(np.trace, R("mn")), analytic(np.trace, R("33m"), offset=-1, axis1=1, axis2=0),
    analytic(np.select, lambda a, b: np.select([M22, ~M22[:, ::-1]], [a, b * b], 2.0), R("23"), R("3")), analytic(np.select, lambda a, d: np.select([M22], [a], d), R("3"), R("")),
    analytic(np.choose, lambda a, b: np.choose(np.array([0, 1, 1]), [a, b]), R("3"), R("23")), analytic(np.choose, lambda a: np.choose([3, -1, 0], [a, 2 * a], mode="wrap"), R("3")),
    analytic(np.piecewise, lambda x: np.piecewise(x, [M22, ~M22], [np.exp, 3.0]), R("23")),
    real(np.piecewise, lambda x: np.piecewise(x, [x < 0, x > 0.25], [lambda v: v * v, np.sqrt, lambda v: -v]), D("5")),
    analytic(np.trim_zeros, lambda x: np.trim_zeros(np.concatenate([np.zeros(2), x, np.zeros(1)])), N("m")),
    analytic(np.ix_, lambda a, b: np.ix_(a, b), R("m"), R("n")),
    # Making
    analytic(np.full_like, lambda v: np.full_like(v, 1.0) * np.sum(v), R("m")), analytic(np.full_like, lambda v, f: np.full_like(v, f, shape=(2, 2)), R("m"), R("2")),
    analytic(np.linspace, R("m"), R("m"), num=4), analytic(np.linspace, lambda a, b: np.linspace(a, b, 3, endpoint=False, retstep=True, axis=-1), R("m"), R("")),
    analytic(np.logspace, R(""), R("m"), num=3), analytic(np.logspace, lambda a, b: np.logspace(a, 1.0, 3, base=b), R(""), P("")),
    analytic(np.geomspace, P("m"), P("m"), num=4), analytic(np.vander, R("m"), N=4), analytic(np.vander, R("m"), increasing=True),
    # Interpolation
    real(np.interp, lambda x, xp, fp: np.interp(x, 0.1 * xp + [-2, -1, 0, 1], fp), F("m"), U("4"), R("4")),
    real(np.interp, lambda x, fp, l, r: np.interp(x, [-1.0, 0, 1], fp, left=l, right=r), F("4"), R("3"), R(""), R("")),
    real(np.interp, lambda x, xp, fp: np.interp(x, 0.1 * xp + [0.0, 3, 1], fp, period=4.0), F("m"), U("3"), R("3")),
    # Functions of functions
    analytic(np.apply_along_axis, lambda x: np.apply_along_axis(lambda v: np.cumsum(v * v), 1, x), R("m3")),
    analytic(np.apply_along_axis, lambda x: np.apply_along_axis(np.prod, 0, x), R("3m")),
    analytic(np.apply_along_axis, lambda x: np.apply_along_axis(np.diag, -1, x), R("m2")),
    analytic(np.apply_over_axes, lambda x: np.apply_over_axes(np.sum, x, [0, 2]), R("mnk")),
    # Methods of ufuncs
    analytic(np.add.reduce, lambda x: np.add.reduce(x), R("mn")), analytic(np.add.reduce, lambda x: np.add.reduce(x, axis=(0, 1), keepdims=True), R("mn")),
    analytic(np.multiply.reduce, lambda x: np.multiply.reduce(x, axis=1, initial=2.0), R("mn")),
    real(np.maximum.reduce, lambda x: np.maximum.reduce(x, axis=None), D("mn")), real(np.minimum.reduce, lambda x: np.minimum.reduce(x), D("mn")),
    analytic(np.subtract.reduce, lambda x: np.subtract.reduce(x, axis=1), R("mn")), real(np.logaddexp.reduce, lambda x: np.logaddexp.reduce(x, axis=0, keepdims=True), R("mn")),
    real(np.hypot.reduce, lambda x: np.hypot.reduce(x, axis=1), N("m3")), analytic(np.add.accumulate, lambda x: np.add.accumulate(x), R("mn")),
    analytic(np.multiply.accumulate, lambda x: np.multiply.accumulate(x, axis=1), R("mn")), real(np.maximum.accumulate, lambda x: np.maximum.accumulate(x), D("5")),
    analytic(np.divide.accumulate, lambda x: np.divide.accumulate(x, axis=-1), P("m3")), analytic(np.multiply.outer, lambda a, b: np.multiply.outer(a, b), R("mn"), R("k")),
    analytic(np.power.outer, lambda a, b: np.power.outer(a, b), P("m"), R("n")), analytic(np.add.reduceat, lambda x: np.add.reduceat(x, [0, 3, 1], axis=0), R("4m")),
    analytic(np.multiply.reduceat, lambda x: np.multiply.reduceat(x, [0, 2], axis=1), R("m4")),
    analytic(np.add, lambda x: np.add(x, 1.0, dtype=np.result_type(x)), R("m")),
]
CASES += [  # functions that NumPy lacks
    analytic(ag.sigmoid, R), real(log_one_minus_sigmoid, R), real(ag.relu, N), real(ag.leaky_relu, N), real(ag.leaky_relu, N, slope=0.2),
    real(ag.softplus, R), real(ag.log_sigmoid, R), real(ag.logsumexp, R), real(ag.logsumexp, R("mn"), axis=0, keepdims=True),
    real(ag.logsumexp, R("mnk"), axis=(0, 2)), real(ag.softmax, R("mn")), real(ag.softmax, R("mn"), axis=1),
    real(ag.log_softmax, R("mn")), real(ag.log_softmax, R("mn"), axis=-1),
]
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    CASES += [
        analytic(np.cumulative_sum, R("m"), include_initial=True), analytic(np.cumulative_prod, R("mn"), axis=1),
        analytic(np.unstack, R("mn"), axis=1), analytic(np.astype, lambda x: np.astype(x, x.dtype), R("m")),
    ]
# fmt: on
