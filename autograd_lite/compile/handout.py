"""A derivation as a page of Markdown and as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def align(statements: Iterable[Any]) -> str:
    """Equations, one below the other."""
    from .latex import symbol

    lines = [f"{symbol(s.name)} &= {s.latex}" for s in statements]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def handout(
    name: str,
    table: Sequence[tuple[str, str]],
    has_examples: bool,
    forward: Sequence[Any],
    backward: Sequence[Any],
    source: str,
) -> str:
    """The page."""
    from .latex import symbol

    rows = [f"| ${s}$ | {shape} |" for s, shape in table]
    steps = []
    for i, s in enumerate(backward, 1):
        rule = f"{i}. from {code(s.rules)}:" if s.rules else f"{i}."
        steps.append(
            f"{rule}\n\n    $${symbol(s.name)} = {s.latex}$$\n\n    `{s.name} = {s.python}`"
        )
    note = "Columns are examples, and $m$ is their number. " if has_examples else ""
    return (
        "\n\n".join(
            [
                f"# Backpropagation of `{name}`",
                f"{note}$dV$ is the derivative of $J$ by $V$, and has the shape of $V$.",
                "\n".join(["| given | shape |", "| --- | --- |", *rows]),
                "## Forward",
                *(f"$${symbol(s.name)} = {s.latex}$$" for s in forward),
                "## Backward",
                "From the last line to the first, by the chain rule. Each step names the functions whose "
                "derivatives it uses.",
                *steps,
                "## As a program",
                f"```python\n{source}```",
            ]
        )
        + "\n"
    )


def code(names: Sequence[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
