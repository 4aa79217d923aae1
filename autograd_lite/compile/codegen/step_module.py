"""Program -> the file of a step: memory made once, then one function of straight-line NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.functions import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus
from ..ir import Program, Var
from ..passes.broadcasting import is_uniform
from .buffers import Plan, strong_numbers
from .module import Sources
from .nan_guards import FAR, NAN, raising
from .printer import Printer, literal

SPELLED_OUT = 64  # numbers at most in an array that stands in the file
Names = Mapping[Var, str]
# Own functions on whose way to a right result exp may overflow
_OVERFLOWING = (sigmoid, log_sigmoid, log_softmax, logsumexp, softmax, softplus)


def quietness(traced: Program) -> str:
    """Which of NumPy's warnings the lines hold back, as the engine does: none, over or all.

    A sweep runs without warnings; sigmoid overflows on the way to a right result.
    """
    if traced.watched:
        return "all"
    return "over" if any(line.fn in _OVERFLOWING for line in traced.lines) else ""


def render(
    title: str,
    program: Program,
    names: Names,
    watches: tuple[Var | None, Var | None],
    quiet: str,
    sources: Sources,
) -> str:
    """The source of a step; `watches` are nan where a gradient is, where a number overflowed."""
    plan = Plan(program, names)
    results = "".join(Printer(names).argument(v) + ", " for v in program.outputs)
    inputs = ", ".join(names[v] for v in [*program.inputs, *handed_over(program)])
    body = [
        *(f"    {line}" for line in strong_numbers(program, program.inputs, names)),
        *([plan.body()] if program.lines else []),
        *raising(watches[0], names, "    ", NAN),
        *raising(watches[1], names, "    ", FAR),
        f"    return ({results})",
    ]
    note = "# Memory and numbers, made once; a call's last argument is the memory it writes into"
    made = [*constants_made(program, names), *plan.preparation()]
    return file(
        f"Written by autograd_lite: {title}.",
        sources.text,
        "\n".join([note, *made]) if made else "",
        "\n".join([*silenced(quiet), f"def step({inputs}):", *body]),
    )


def file(docstring: str, *parts: str) -> str:
    """A file of Python from its parts."""
    head = f'"""{docstring}"""\n\nimport numpy as np'
    return "\n\n".join([head, *filter(None, parts)]) + "\n"


def silenced(quiet: str) -> list[str]:
    """The decorator that holds NumPy's warnings back."""
    return [f'@np.errstate({quiet}="ignore")'] if quiet else []


def handed_over(program: Program) -> dict[Var, Any]:
    """The constants that the file does not spell out: parameters of the generated function."""
    return {v: c for v, c in program.constants.items() if spelled_out(c) is None}


def constants_made(program: Program, names: Names) -> list[str]:
    """Source lines that make the other constants."""
    spelled = {v: spelled_out(c) for v, c in program.constants.items()}
    return [f"{names[v]} = {text}" for v, text in spelled.items() if text is not None]


def spelled_out(c: Any) -> str | None:
    """Python that makes a constant, if it is short."""
    if c.size and is_uniform(c) and c.dtype.kind in "fiub":
        return f"np.full({c.shape}, {literal(c.ravel()[0])})"
    if 0 < c.size <= SPELLED_OUT and c.dtype.kind in "iub":
        return f"np.array({c.tolist()}, {literal(c.dtype)})"
    if 0 < c.size <= SPELLED_OUT and c.dtype.kind == "f" and np.isfinite(c).all():
        return f"np.array({c.tolist()}, {literal(c.dtype)})"
    return None
