"""The result of a gradient check: a report that prints as a table and draws error against step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .differences import Ladder, Line, Side

SHOWN = 10  # wrong derivatives, and kinks


@dataclass(frozen=True)
class Finding:
    """One derivative, by rule and by differences.

    `verdict` is "right", "wrong", "kink", "jump" or "unclear".
    """

    order: int
    name: str
    shape: tuple[int, ...]
    where: str
    by_rule: float
    by_differences: float
    how: str
    verdict: str
    remark: str = ""
    floor: float = 0.0  # smaller derivatives count as zero
    probe: Probe | None = field(default=None, repr=False, compare=False)

    @property
    def relative_error(self) -> float:
        """|difference| / the larger of the two; 0 if both count as zero."""
        size = max(abs(self.by_rule), abs(self.by_differences))
        if size <= self.floor or self.by_rule == self.by_differences:
            return 0.0
        return float(abs(self.by_rule - self.by_differences) / size)


@dataclass(frozen=True)
class Probe:
    """The line along which a derivative was measured, to repeat the steps for a drawing."""

    line: Line
    weights: Any
    scale: float

    def ladder(self) -> Ladder:
        """Return the measurements at ever smaller steps."""
        return Ladder(self.line, lambda values: float(self.weights @ values), self.scale)


class Report:
    """The result of `check_grads`: `ok` is True if all derivatives agree; str() is the table."""

    def __init__(self, findings: list[Finding], notes: Iterable[str] = ()) -> None:
        self.findings = findings
        self.notes: list[str] = list(notes)

    @property
    def wrong(self) -> list[Finding]:
        """The derivatives whose rule is wrong, worst first."""
        return self._worst_first("wrong")

    @property
    def kinks(self) -> list[Finding]:
        """The points where f has a kink or a jump, so that the rule's value is a choice."""
        return [one for one in self.findings if one.verdict in ("kink", "jump")]

    @property
    def ok(self) -> bool:
        """True if no derivative is wrong."""
        return not any(one.verdict == "wrong" for one in self.findings)

    @property
    def worst(self) -> Finding | None:
        """The wrong derivative, or else the right one, with the largest relative error."""
        return next(iter([*self.wrong, *self._worst_first("right")]), None)

    def _worst_first(self, verdict: str) -> list[Finding]:
        found = [one for one in self.findings if one.verdict == verdict]
        return sorted(found, key=lambda one: _sortable(one.relative_error), reverse=True)

    def __repr__(self) -> str:
        return f"<Report: {self._headline()}>"

    def __str__(self) -> str:
        parts = [self._headline(), "", self._summary()]
        if self.wrong:
            parts += ["", "The worst of them:", details(self.wrong[:SHOWN])]
        if self.kinks:
            parts += ["", "At kinks and jumps the rule's value is a choice, not an error:"]
            parts.append(details(self.kinks[:SHOWN]))
        parts += [f"\n{note}" for note in self.notes]
        return "\n".join(parts)

    def _headline(self) -> str:
        n, bad = len(self.findings), len(self.wrong)
        unclear = sum(one.verdict == "unclear" for one in self.findings)
        also = f" {unclear} could not be measured." if unclear else ""
        if bad:
            return f"Derivatives by rule and by differences disagree: {bad} of {n} are wrong.{also}"
        return f"Derivatives by rule and by differences agree: {n} compared.{also}"

    def _summary(self) -> str:
        groups: dict[tuple[int, str], list[Finding]] = {}
        for one in self.findings:
            groups.setdefault((one.order, one.name), []).append(one)
        rows = [("order", "argument", "shape", "compared", "wrong", "worst error", "measured by")]
        for (order, name), found in groups.items():
            wrong = [one for one in found if one.verdict == "wrong"]
            judged = wrong or [one for one in found if one.verdict == "right"]
            worst = max((one.relative_error for one in judged), key=_sortable, default=np.nan)
            how = ", ".join(dict.fromkeys(one.how for one in found))
            counts = str(len(found)), str(len(wrong) or "-")
            rows.append((str(order), name, str(found[0].shape), *counts, f"{worst:.1e}", how))
        return table(rows)

    def draw(self, path: Any = None) -> Any:
        """Draw error against step for the worst derivative.

        Parameters
        ----------
        path : str or path, optional
            A file to save the figure in.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If Matplotlib is missing; the message says what to install.
        ValueError
            If no derivative was compared.
        """
        worst = self.worst
        if worst is None or worst.probe is None:
            raise ValueError("there is no derivative to draw: every argument is empty.")
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(
                "drawing needs matplotlib: pip install 'autograd-lite[plot]'."
            ) from error
        ladder = worst.probe.ladder()
        size = max(abs(worst.by_rule), abs(worst.by_differences)) or 1.0
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.add_subplot()
        marks: dict[Side, str] = {"central": "o-", "right": ">--", "left": "<:"}
        for side, mark in marks.items():
            error_size = np.abs(ladder.quotients(side) - worst.by_rule) / size
            shown = np.isfinite(error_size) & (error_size > 0)
            axes.plot(ladder.steps[shown], error_size[shown], mark, label=side, markersize=4)
        axes.set(xscale="log", yscale="log", title=f"{worst.where}: {worst.verdict}")
        axes.set(xlabel="step", ylabel="relative error of the rule against differences")
        axes.legend()
        if path is not None:
            figure.savefig(path)
        return figure


def details(found: Sequence[Finding]) -> str:
    """Return one line for each derivative."""
    rows = [("order", "with respect to", "by rule", "by differences", "relative error", "")]
    for one in found:
        measured = f"{one.by_differences:.9g}", f"{one.relative_error:.1e}"
        if np.isnan(one.by_differences):
            measured = "-", "-"
        rows.append((str(one.order), one.where, f"{one.by_rule:.9g}", *measured, one.remark))
    return table(rows)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return columns side by side, each as wide as its widest entry.

    >>> print(table([("a", "b"), ("long", "x")]))
    a     b
    long  x
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _sortable(error: float) -> float:
    return np.inf if np.isnan(error) else error
