"""Compile a function, backward pass included, to straight-line NumPy; or print it as a derivation.

    f -> tracing -> Program (ir) -> passes -> codegen -> a file of NumPy

Read ir (straight-line NumPy as plain data), tracing, passes and codegen; then jit (ag.compile),
loop (ag.iterate), and derivation with derive (ag.derive).
"""

from ..errors import TraceError
from .derive import derive
from .jit import Step, compile
from .loop import iterate

__all__ = ["Step", "TraceError", "compile", "derive", "iterate"]
