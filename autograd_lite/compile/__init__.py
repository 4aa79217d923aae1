"""Compile a function, backward pass included, to straight-line NumPy; or print it as a derivation.

Reading order, from a user's function to what runs:

    program                                         straight-line NumPy as plain data
    recorder, recording, frames, impurity, arguments, trace     a function written down
    memory, passes, spreading, algebra, polynomials, written, cancel, sigmoids, reductions,
    layout, optimize                                the passes, Program -> Program
    names, emit, sources, buffers, guard, render    Program -> source
    entry, step                                     ag.compile
    families, strength, loopsource, loops           ag.iterate
    statement, latex, handout, derivation, derive   ag.derive
"""

from ..errors import TraceError
from .derive import derive
from .jit import Step, compile
from .loop import iterate

__all__ = ["Step", "TraceError", "compile", "derive", "iterate"]
