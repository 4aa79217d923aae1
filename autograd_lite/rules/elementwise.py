"""Elementwise functions: each output element depends on the input elements at the same place.

The sweep undoes broadcasting, so these rules read like a page of a calculus book. Complex numbers:
the gradient of a holomorphic f is g * f'(z), without conjugation (the convention of JAX).
"""

import numpy as np

from .registry import RULES, compose, primitive, rule

# Arithmetic
rule(np.positive,      lambda g, y, x: g)
rule(np.negative,      lambda g, y, x: -g)
rule(np.add,           lambda g, y, a, b: g,            lambda g, y, a, b: g)
rule(np.subtract,      lambda g, y, a, b: g,            lambda g, y, a, b: -g)
rule(np.multiply,      lambda g, y, a, b: g * b,        lambda g, y, a, b: g * a)
rule(np.true_divide,   lambda g, y, a, b: g / b,        lambda g, y, a, b: -g * y / b)
rule(np.reciprocal,    lambda g, y, x: -g * y * y)
rule(np.square,        lambda g, y, x: g * (2 * x))
rule(np.sqrt,          lambda g, y, x: g * 0.5 / y)
rule(np.cbrt,          lambda g, y, x: g / (3 * y * y))
rule(np.power,         lambda g, y, a, b: g * power_derivative(a, b),
                       lambda g, y, a, b: g * y * log_of_base(a, b))
rule(np.float_power,   lambda g, y, a, b: g * power_derivative(a, b),
                       lambda g, y, a, b: g * y * log_of_base(a, b))

# Exponentials and logarithms
rule(np.exp,           lambda g, y, x: g * y)
rule(np.exp2,          lambda g, y, x: g * y * LOG2)
rule(np.expm1,         lambda g, y, x: g * np.exp(x))
rule(np.log,           lambda g, y, x: g / x)
rule(np.log2,          lambda g, y, x: g / x / LOG2)
rule(np.log10,         lambda g, y, x: g / x / LOG10)
rule(np.log1p,         lambda g, y, x: g / (1 + x))
rule(np.logaddexp,     lambda g, y, a, b: g * np.exp(-np.logaddexp(0, gap(b, a))),
                       lambda g, y, a, b: g * np.exp(-np.logaddexp(0, gap(a, b))))
rule(np.logaddexp2,    lambda g, y, a, b: g * np.exp2(-np.logaddexp2(0, gap(b, a))),
                       lambda g, y, a, b: g * np.exp2(-np.logaddexp2(0, gap(a, b))))

# Trigonometric and hyperbolic. Products of two roots, because the square of x would overflow
rule(np.sin,           lambda g, y, x: g * np.cos(x))
rule(np.cos,           lambda g, y, x: -g * np.sin(x))
rule(np.tan,           lambda g, y, x: g * (1 + y * y))
rule(np.arcsin,        lambda g, y, x: g / (np.sqrt(1 - x) * np.sqrt(1 + x)))
rule(np.arccos,        lambda g, y, x: -g / (np.sqrt(1 - x) * np.sqrt(1 + x)))
rule(np.arctan,        lambda g, y, x: g / (1 + x * x))
rule(np.sinh,          lambda g, y, x: g * np.cosh(x))
rule(np.cosh,          lambda g, y, x: g * np.sinh(x))
rule(np.tanh,          lambda g, y, x: g * (1 - y * y))
rule(np.arcsinh,       lambda g, y, x: g / root_one_plus_square(x))
rule(np.arccosh,       lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
rule(np.arctanh,       lambda g, y, x: g / ((1 - x) * (1 + x)))
rule(np.hypot,         lambda g, y, a, b: g * cosine(a, b),   lambda g, y, a, b: g * cosine(b, a))
rule(np.arctan2,       lambda g, y, a, b: g * (cosine(b, a) / np.hypot(a, b)),
                       lambda g, y, a, b: -g * (cosine(a, b) / np.hypot(a, b)))
rule(np.deg2rad,       lambda g, y, x: np.deg2rad(g))
rule(np.rad2deg,       lambda g, y, x: np.rad2deg(g))
rule(np.radians,       lambda g, y, x: np.radians(g))
rule(np.degrees,       lambda g, y, x: np.degrees(g))
rule(np.unwrap,        lambda g, y, p, discont=None, axis=-1, *, period=2 * np.pi: g)

# Kinks: the minimum-norm choice, so 0 at the kink, and half to each operand at a tie
rule(np.absolute,      lambda g, y, x: g * direction(x))
rule(np.fabs,          lambda g, y, x: g * np.sign(x))
rule(np.copysign,      lambda g, y, a, b: g * np.sign(a) * np.copysign(1, b),
                       lambda g, y, a, b: np.zeros_like(b))
rule(np.maximum,       lambda g, y, a, b: g * larger(a, b),   lambda g, y, a, b: g * larger(b, a),
     single=(           lambda g, y, a, b: g * (a > b),        lambda g, y, a, b: g * (b > a)))
rule(np.minimum,       lambda g, y, a, b: g * larger(b, a),   lambda g, y, a, b: g * larger(a, b),
     single=(           lambda g, y, a, b: g * (a < b),        lambda g, y, a, b: g * (b < a)))
rule(np.fmax,          lambda g, y, a, b: g * np.where(np.isnan(b), 1, larger(a, b)),
                       lambda g, y, a, b: g * np.where(np.isnan(a), 1, larger(b, a)),
     single=(           lambda g, y, a, b: g * ((a > b) | np.isnan(b)),
                       lambda g, y, a, b: g * ((b > a) | np.isnan(a))))
rule(np.fmin,          lambda g, y, a, b: g * np.where(np.isnan(b), 1, larger(b, a)),
                       lambda g, y, a, b: g * np.where(np.isnan(a), 1, larger(a, b)),
     single=(           lambda g, y, a, b: g * ((a < b) | np.isnan(b)),
                       lambda g, y, a, b: g * ((b < a) | np.isnan(a))))
rule(np.where,         lambda g, y, condition, x, y_: np.zeros_like(condition),
                       lambda g, y, condition, x, y_: np.where(condition, g, 0),
                       lambda g, y, condition, x, y_: np.where(condition, 0, g))
rule(np.nan_to_num,    lambda g, y, x, copy=True, nan=0.0, posinf=None, neginf=None:
                           np.where(np.isfinite(x), g, 0))

# Steps: the derivative is 0 between the jumps. Remainders of a division have a derivative
rule(np.floor,         lambda g, y, x: np.zeros_like(x))
rule(np.ceil,          lambda g, y, x: np.zeros_like(x))
rule(np.trunc,         lambda g, y, x: np.zeros_like(x))
rule(np.rint,          lambda g, y, x: np.zeros_like(x))
rule(np.fix,           lambda g, y, x: np.zeros_like(x))
rule(np.round,         lambda g, y, a, decimals=0: np.zeros_like(a))
rule(np.spacing,       lambda g, y, x: np.zeros_like(x))
rule(np.sign,          lambda g, y, x: sign_vjp(g, y, x))
rule(np.heaviside,     lambda g, y, a, b: np.zeros_like(a),   lambda g, y, a, b: g * (a == 0))
rule(np.nextafter,     lambda g, y, a, b: g,                  lambda g, y, a, b: np.zeros_like(b))
rule(np.floor_divide,  lambda g, y, a, b: np.zeros_like(a),   lambda g, y, a, b: np.zeros_like(b))
rule(np.remainder,     lambda g, y, a, b: g,    lambda g, y, a, b: -g * np.floor_divide(a, b))
rule(np.fmod,          lambda g, y, a, b: g,    lambda g, y, a, b: -g * np.rint((a - y) / b))
rule(np.divmod,        lambda g, y, a, b: g[1], lambda g, y, a, b: -g[1] * y[0])
rule(np.modf,          lambda g, y, x: g[0])
rule(np.frexp,         lambda g, y, x: np.ldexp(g[0], -y[1]))
rule(np.ldexp,         lambda g, y, x, i: np.ldexp(g, i))

# Parts of complex numbers
rule(np.real,          lambda g, y, val: g)
rule(np.imag,          lambda g, y, val: -1j * g)
rule(np.conjugate,     lambda g, y, x: np.conjugate(g))
rule(np.real_if_close, lambda g, y, a, tol=100: g)
rule(np.angle,         lambda g, y, z, deg=False: angle_vjp(np.rad2deg(g) if deg else g, z))

for _fn in (np.where, np.nan_to_num, np.round, np.fix, np.real, np.imag, np.real_if_close, np.angle):
    RULES[_fn].elementwise = True

compose(np.around,         lambda a, decimals=0, out=None: np.round(a, decimals))
compose(np.clip,           lambda a, a_min=None, a_max=None, out=None, *, min=None, max=None:
                               clip(a, min if a_min is None else a_min, max if a_max is None else a_max))
compose(np._core.umath.clip, lambda a, min, max: clip(a, min, max))

LOG2, LOG10 = float(np.log(2)), float(np.log(10))


def power_derivative(a, b):
    """Return d(a**b)/da = b * a**(b-1); 0 at 0**0."""
    if isinstance(b, int | float):
        return 2 * a if b == 2 else b * a ** (b - 1) if b != 0 else np.zeros_like(a)
    both = (a == 0) & (b == 0)
    return np.where(both, 0, b * np.where(both, 1, a) ** (b - 1))


def log_of_base(a, b):
    """Return log(a) for d(a**b)/db = a**b * log(a), which is 0 at a = 0 for every b >= 0."""
    return np.log(np.where((a == 0) & (b >= 0), 1, a))


def gap(a, b):
    """Return a - b, and 0 for equal infinities."""
    return np.where(np.isinf(a) & (a == b), 0, a - b)


def root_one_plus_square(x):
    """Return sqrt(1 + x**2), without overflow for a real x."""
    return np.sqrt(1 + x * x) if x.dtype.kind == "c" else np.hypot(1, x)


def over(a, b):
    """Return a / b, and 0 where b is 0."""
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))


# With c = a / r, s = b / r: dc/da = s**2 / r and dc/db = -s c / r, without cancellation
@primitive(lambda g, y, a, b: g * over(cosine(b, a) ** 2, np.hypot(a, b)),
           lambda g, y, a, b: -g * over(cosine(b, a) * y, np.hypot(a, b)), elementwise=True)
def cosine(a, b):
    """Return a / hypot(a, b); 0 at (0, 0), and the limit where one of the two is infinite."""
    return np.where(np.isinf(a) & np.isfinite(b), np.copysign(1.0, a), over(a, np.hypot(a, b)))


def direction(x):
    """Return d|x|/dx: the sign of a real number, conj(z) / |z| of a complex one."""
    return np.conjugate(np.sign(x)) if x.dtype.kind == "c" else np.sign(x)


def sign_vjp(g, y, x):
    """Return 0 for a real sign; for z / |z| only the part of dz perpendicular to z counts."""
    return over(g - np.conjugate(g * y * y), 2 * np.absolute(x)) if x.dtype.kind == "c" else np.zeros_like(x)


def angle_vjp(g, z):
    """Differentiate the imaginary part of log(z); the angle of a real number is constant."""
    return -1j * g / z if z.dtype.kind == "c" else np.zeros_like(z)


def larger(a, b):
    """Return 1 where a > b, one half where they are equal, else 0."""
    return 0.5 * ((a > b) * 1.0 + (a >= b))


def clip(a, low, high):
    """Compute np.clip as a maximum, then a minimum, with their conventions at kinks and ties."""
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)
