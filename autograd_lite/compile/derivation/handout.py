"""A derivation as a page of Markdown to hand out, and as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .latex import symbol
from .statement import Statement

_NOTE = "$dV$ is the derivative of $J$ with respect to $V$, and has the shape of $V$."
_EXAMPLES = "Columns are examples, and $m$ is their number. "
_BACKWARD = (
    "From the last line to the first, by the chain rule. Each step names the functions whose "
    "derivatives it uses."
)


def align(statements: Iterable[Statement]) -> str:
    """Return the equations, one below the other."""
    lines = [f"{symbol(s.name)} &= {s.latex}" for s in statements]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def handout(
    name: str,
    given: Sequence[tuple[str, tuple[int, ...]]],
    has_examples: bool,
    forward: Sequence[Statement],
    backward: Sequence[Statement],
    source: str,
) -> str:
    """Return the page; `given` are names and shapes of the arguments."""
    rows = [f"| ${symbol(v)}$ | {shape or 'a number'} |" for v, shape in given]
    parts = [
        f"# Backpropagation of `{name}`",
        (_EXAMPLES if has_examples else "") + _NOTE,
        "\n".join(["| given | shape |", "| --- | --- |", *rows]),
        "## Forward",
        *(equation(s) for s in forward),
        "## Backward",
        _BACKWARD,
        *(numbered(i, s) for i, s in enumerate(backward, 1)),
        "## As a program",
        f"```python\n{source}```",
    ]
    return "\n\n".join(parts) + "\n"


def equation(s: Statement) -> str:
    """Return one statement as mathematics."""
    return f"$${symbol(s.name)} = {s.latex}$$"


def numbered(i: int, s: Statement) -> str:
    """Return one step of the backward pass: its rules, the equation, the code."""
    origin = f"from {', '.join(f'`{rule}`' for rule in s.rules)}{s.remark}" if s.rules else ""
    return f"{i}. {origin}\n\n    {equation(s)}\n\n    `{s.name} = {s.python}`"
