"""np.emath: functions that become complex outside their real domain; so do their derivatives."""

import numpy as np

from .registry import rule

emath = np.emath

rule(emath.sqrt,     lambda g, y, x: g * 0.5 / y)
rule(emath.log,      lambda g, y, x: g / x)
rule(emath.log2,     lambda g, y, x: g / x / LOG2)
rule(emath.log10,    lambda g, y, x: g / x / LOG10)
rule(emath.logn,     lambda g, y, n, x: -g * y / (n * emath.log(n)),  lambda g, y, n, x: g / (x * emath.log(n)))
rule(emath.power,    lambda g, y, x, p: g * p * emath.power(x, p - 1),  lambda g, y, x, p: g * y * emath.log(x))
rule(emath.arcsin,   lambda g, y, x: g / np.cos(y))
rule(emath.arccos,   lambda g, y, x: -g / np.sin(y))
rule(emath.arctanh,  lambda g, y, x: g / ((1 - x) * (1 + x)))

LOG2, LOG10 = float(np.log(2)), float(np.log(10))
