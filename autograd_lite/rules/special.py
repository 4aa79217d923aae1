"""Two functions whose derivatives have no name in NumPy; each defines those of every order."""

import math
from typing import Any

import numpy as np

from .devices import beside
from .registry import primitive, rule

rule(np.sinc,  lambda g, y, x: g * sinc_derivative(x, 1))
rule(np.i0,    lambda g, y, x: g * i0_derivative(x, 1))


@primitive(lambda g, y, x, n: g * sinc_derivative(x, n + 1), elementwise=True)
def sinc_derivative(x: Any, n: Any) -> Any:
    """Return the n-th derivative of sin(pi x) / (pi x), exact at and near 0.

    Near 0 this is the series. Elsewhere x s = sin(pi x) / pi, differentiated k times, implies
    x s^(k) + k s^(k-1) = pi^(k-1) sin(pi x + k pi/2).
    """
    far = np.where(np.absolute(x) < 0.5 * (n + 1), 1.0, x).astype(np.result_type(x, float))
    slope = np.sinc(far)
    for k in range(1, n + 1):
        slope = (np.pi ** (k - 1) * np.sin(np.pi * far + k * np.pi / 2) - k * slope) / far
    return np.where(np.absolute(x) < 0.5 * (n + 1), series(x, n), slope).astype(x.dtype)


def series(x: Any, n: Any) -> Any:
    """Sum the Taylor series: (-1)^k pi^n (pi x)^(2k-n) / ((2k+1) (2k-n)!) over k."""
    x = np.pi * np.where(np.absolute(x) < 0.5 * (n + 1), x, 0)
    first = (n + 1) // 2
    total = 0.0
    for k in range(first + 30, first - 1, -1):  # Horner in (pi x)^2
        total = total * (x * x) + (-1) ** k * np.pi**n / ((2 * k + 1) * math.factorial(2 * k - n))
    return total * x ** (2 * first - n)


@primitive(lambda g, y, x, n: g * i0_derivative(x, n + 1), elementwise=True)
def i0_derivative(x: Any, n: Any) -> Any:
    """Return the n-th derivative of the Bessel function I_0: a mean over a circle.

    The derivative is the mean of cos(t)^n exp(x cos(t)). The integrand is periodic and analytic, so
    the mean of about a hundred points is exact. Opposite points of the circle are combined, which
    leaves cosh or sinh: an odd derivative is 0 at 0.
    """
    c = beside(x, np.cos(np.pi * (np.arange(128) + 0.5) / 256))
    wave = np.sinh if n % 2 else np.cosh
    return np.mean(c**n * wave(np.expand_dims(x, -1) * c), axis=-1).astype(x.dtype)
