"""The derivative rules, easy to hard.

Read elementwise first, then reductions, scans, shaping, products, indexing, joining, padding,
sorting, statistics, making, mapping, interpolation, special, scimath, signals, polynomials,
einsum, fft, linalg, pseudoinverse, determinants, norms, decompositions; `methods` says what
np.add.reduce and the like are, `devices` keeps constants beside numbers on a GPU or a cluster, and
`constants` closes the world with what has no derivative.
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
