"""Elementwise functions: one output number from the input numbers at the same place.

Broadcasting is undone by the sweep, so these rules read like a page of a calculus book.
"""

import numpy as np

from ..registry import rule

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
rule(np.power,         lambda g, y, a, b: g * power_slope(a, b),
                       lambda g, y, a, b: g * y * np.log(np.where(a == 0, 1, a)))

# Exponentials and logarithms
rule(np.exp,           lambda g, y, x: g * y)
rule(np.expm1,         lambda g, y, x: g * (y + 1))
rule(np.log,           lambda g, y, x: g / x)
rule(np.log1p,         lambda g, y, x: g / (1 + x))

# Trigonometric and hyperbolic
rule(np.sin,           lambda g, y, x: g * np.cos(x))
rule(np.cos,           lambda g, y, x: -g * np.sin(x))
rule(np.tanh,          lambda g, y, x: g * (1 - y * y))

# Kinks: the minimum-norm choice, so 0 at the kink, and half to each side of a tie
rule(np.absolute,      lambda g, y, x: g * np.sign(x))
rule(np.maximum,       lambda g, y, a, b: g * larger(a, b),   lambda g, y, a, b: g * larger(b, a),
     alone=(           lambda g, y, a, b: g * (a > b),        lambda g, y, a, b: g * (b > a)))
rule(np.minimum,       lambda g, y, a, b: g * larger(b, a),   lambda g, y, a, b: g * larger(a, b),
     alone=(           lambda g, y, a, b: g * (a < b),        lambda g, y, a, b: g * (b < a)))
rule(np.where,         None,
                       lambda g, y, condition, x, y_: np.where(condition, g, 0),
                       lambda g, y, condition, x, y_: np.where(condition, 0, g))


def power_slope(a, b):
    """d(a**b)/da; 0 where b is 0, also at a = 0."""
    if isinstance(b, int | float):
        return 2 * a if b == 2 else b * a ** (b - 1) if b != 0 else 0 * a
    return np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))


def larger(a, b):
    """1 where a > b, one half where they are equal, else 0."""
    return 0.5 * ((a > b) * 1.0 + (a >= b))
