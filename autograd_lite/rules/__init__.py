"""The derivative rules, easy to hard.

Read registry first (the table and how a rule is entered) and elementwise, then reductions, scans,
shaping, products, indexing, joining, padding, sorting, statistics, making, mapping, interpolation,
special, scimath, signals, polynomials, einsum, fft, linalg, pseudoinverse, determinants, norms,
decompositions. `methods` defines np.add.reduce and its kin, `devices` places constants on a GPU or
a cluster, `constants` lists every function without a derivative, `signature` binds arguments, and
`traits` holds other facts.
"""

from . import (  # noqa: F401 (each import fills a part of the table)
    constants,
    decompositions,
    determinants,
    einsum,
    elementwise,
    fft,
    indexing,
    interpolation,
    joining,
    linalg,
    making,
    mapping,
    norms,
    padding,
    polynomials,
    products,
    pseudoinverse,
    reductions,
    scans,
    scimath,
    shaping,
    signals,
    sorting,
    special,
    statistics,
)
from .methods import METHODS as METHODS
