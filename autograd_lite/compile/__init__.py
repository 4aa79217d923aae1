"""Compile a function, backward pass included, to straight-line NumPy.

Reading order: program, recorder, passes, polynomials, algebra, names, emit, buffers, step, strength, loops.
"""

from .loops import iterate
from .recorder import TraceError
from .step import Step, compile  # noqa: A004 (the public name)

__all__ = ["Step", "TraceError", "compile", "iterate"]
