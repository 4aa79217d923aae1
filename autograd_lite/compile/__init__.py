"""Compile a function, backward pass included, to straight-line NumPy.

Reading order: program; recorder, recording, impurity, arguments, trace; memory, passes,
polynomials, written, algebra, reductions, optimize; names, emit, sources; buffers, guard,
render, entry, step; strength, loopsource, loops.
"""

from .loops import iterate
from .recorder import TraceError
from .step import Step, compile

__all__ = ["Step", "TraceError", "compile", "iterate"]
