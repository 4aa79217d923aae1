"""The table, for a terminal and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .bounds import Verdict, judge
from .measure import HAND, Row

COLUMNS = ("work", "contender", "median", "least", "ratio to hand", "bound", "reached")
START = "<!-- written by python -m benchmarks: start -->"
END = "<!-- written by python -m benchmarks: end -->"


def quantity(value: float, unit: str) -> str:
    """Format a quantity with three digits and a suitable unit.

    >>> quantity(0.0000312, "s"), quantity(3_200_000, "B"), quantity(2e-14, "")
    ('31.2 us', '3.2 MB', '2e-14')
    """
    if unit == "":
        return f"{value:.2g}"
    scales: Sequence[tuple[float, str]] = (
        ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
        if unit == "s"
        else ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
    )
    fitting = (pair for pair in scales if abs(value) >= pair[0] * 0.9995)
    scale, name = next(fitting, scales[-1])
    return f"{digits(value / scale)} {name}"


def digits(x: float) -> str:
    """Format three significant digits, never as a power of ten.

    >>> digits(0.0664), digits(3.14159), digits(1234.5)
    ('0.0664', '3.14', '1234')
    """
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}"


def cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return the cells of the table; a work is named once, a second bound has its own row."""
    verdicts: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in judge(rows):
        key = verdict.bound.work, verdict.bound.contender
        verdicts.setdefault(key, []).append(verdict)
    found: list[tuple[str, ...]] = []
    previous = None
    for row in rows:
        limits = verdicts.get((row.work, row.contender), [])
        work = "" if row.work == previous else row.work
        previous = row.work
        name = f"{row.contender} ({row.note})" if row.note else row.contender
        ratio = "" if row.ratio is None else digits(row.ratio)
        least = "" if row.least is None else quantity(row.least, row.unit)
        first = (work, name, quantity(row.value, row.unit), least, ratio)
        found.append((*first, *(limit(limits[0], row) if limits else ("", ""))))
        found += [("",) * 5 + limit(v, row) for v in limits[1:]]
    return found


def limit(verdict: Verdict, row: Row) -> tuple[str, str]:
    """Format a bound and its outcome, with the measured ratio if it is not that of the row."""
    bound = verdict.bound
    if bound.versus is None:
        text = f"at most {quantity(bound.at_most, row.unit)}"
    else:
        text = f"at most {bound}"
        if bound.versus != HAND and verdict.value is not None:
            text += f" (is {digits(verdict.value)})"
    return text, verdict.word


def plain(rows: Sequence[Row]) -> str:
    """Return the table for a terminal."""
    table = [COLUMNS, *cells(rows)]
    # The work is a heading of its own; it would make the first column too wide.
    widths = [max(len(line[i]) for line in table) for i in range(1, len(COLUMNS))]
    lines = [align(COLUMNS[1:], widths)]
    for work, *rest in table[1:]:
        if work:
            lines += ["", work]
        lines.append(align(rest, widths))
    return "\n".join(line.rstrip() for line in lines)


def align(parts: Sequence[str], widths: Sequence[int]) -> str:
    """Align figures to the right, words to the left."""
    name, *numbers, bound, reached = parts
    padded = [n.rjust(w) for n, w in zip(numbers, widths[1:-2], strict=True)]
    return "  ".join(["  " + name.ljust(widths[0]), *padded, bound.ljust(widths[-2]), reached])


def markdown(rows: Sequence[Row]) -> str:
    """Return the table for a page."""
    lines = [f"| {' | '.join(COLUMNS)} |", "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    lines += [f"| {' | '.join(line)} |" for line in cells(rows)]
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """Say how many bounds were reached, and which were missed."""
    verdicts = judge(rows)
    reached = sum(v.reached is True for v in verdicts)
    lines = [f"{reached} of {len(verdicts)} bounds reached."]
    for v in verdicts:
        if v.reached is not True:
            measured = "not measured" if v.value is None else f"is {v.value:.3g}"
            lines.append(f"- {v.bound.work}: {v.bound.contender} at most {v.bound}: {measured}")
    return "\n".join(lines)


def page(rows: Sequence[Row], machine: dict[str, str]) -> str:
    """Return the part of the page that a run writes."""
    facts = [f"- {key}: {value}" for key, value in machine.items()]
    return "\n".join([START, "", *facts, "", markdown(rows), "", summary(rows), "", END])


def write(path: Path, rows: Sequence[Row], machine: dict[str, str]) -> None:
    """Replace the text between the two marks of the page, and leave the rest unchanged.

    Raises ValueError if the page has no such marks.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else f"{START}\n{END}\n"
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{path} has no lines {START!r} and {END!r} to write between.")
    path.write_text(before + page(rows, machine) + after, encoding="utf-8")


def unreached(rows: Iterable[Row]) -> list[Verdict]:
    """Return the bounds that were measured and missed."""
    return [v for v in judge(rows) if v.reached is False]
