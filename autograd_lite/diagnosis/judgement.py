"""What a comparison of gradients found: a row for each gradient, printed as a table."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace

import numpy as np

from ..check.report import table
from .network import Array

WIDTH = 92


@dataclass(frozen=True)
class Judged:
    """One gradient: how far off it is, and why.

    `relative_error`: the largest difference over the largest right number; nan for other shapes.
    `worst`: the index of the largest difference, `found` and `expected` the numbers there.
    `kind`: a word for the mistake, `diagnosis` a sentence. `consequence`: whether the mistake was
    made before, in the gradients from which this one is computed.
    """

    name: str
    shape: tuple[int, ...]
    right_shape: tuple[int, ...]
    relative_error: float
    worst: tuple[int, ...] | None
    found: float
    expected: float
    verdict: str = "equal"
    kind: str = ""
    diagnosis: str = ""
    consequence: bool = False

    @classmethod
    def measured(cls, name: str, M: Array, T: Array) -> Judged:
        """The numbers, not judged yet."""
        if M.shape != T.shape or not M.size:
            return cls(name, M.shape, T.shape, float("nan"), None, float("nan"), float("nan"))
        off = np.abs(M - T)
        index = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), T.shape)
        worst = tuple(int(i) for i in index)
        error = relative(M, T)
        return cls(name, M.shape, T.shape, error, worst, float(M[worst]), float(T[worst]))

    @property
    def ok(self) -> bool:
        """Whether it is right."""
        return self.verdict == "equal"

    @property
    def pattern(self) -> str:
        """The diagnosis with layers counted from this one, to find the same mistake in others."""
        l = int("0" + "".join(c for c in self.name if c.isdecimal()))
        return re.sub(r"(?<=[WbZA])\d+", lambda n: f"[{int(n[0]) - l}]", self.diagnosis)

    def right(self) -> Judged:
        """Judged right."""
        return replace(self, verdict="equal")

    def wrong(self, kind: str, text: str, consequence: bool) -> Judged:
        """Judged wrong, here or as a consequence."""
        verdict = "CONSEQUENCE" if consequence else "WRONG"
        return replace(self, verdict=verdict, kind=kind, diagnosis=text, consequence=consequence)

    def unexplained(self, M: Array, T: Array) -> Judged:
        """Judged wrong, for none of the reasons known."""
        text = "none of the known mistakes explains it"
        if M.shape != T.shape:
            text += f"; its shape is {M.shape} and must be {T.shape}"
        else:
            bad = ~np.isclose(M, T, rtol=1e-9, atol=1e-12 * float(np.max(np.abs(T), initial=0.0)))
            text += f"; {int(bad.sum())} of {bad.size} elements are off"
            if bad.ndim == 2:
                rows, columns = (np.flatnonzero(bad.any(axis=a)).tolist() for a in (1, 0))
                if len(rows) < bad.shape[0] and len(rows) <= 5:
                    text += f", all in row {', '.join(map(str, rows))}"
                if len(columns) < bad.shape[1] and len(columns) <= 5:
                    text += f", all in column {', '.join(map(str, columns))}"
        return self.wrong("unexplained", text, False)


@dataclass(frozen=True)
class Diagnosis:
    """The rows, from the last layer to the first; printed, a table and sentences."""

    rows: tuple[Judged, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all gradients are right."""
        return all(row.ok for row in self.rows)

    @property
    def mistakes(self) -> tuple[Judged, ...]:
        """The gradients in which something is wrong by itself, in the order of backprop."""
        return tuple(row for row in self.rows if not row.ok and not row.consequence)

    @property
    def first(self) -> Judged | None:
        """The first gradient at which the chain goes wrong."""
        return next(iter(self.mistakes), None)

    @property
    def sentences(self) -> list[str]:
        """What is wrong, a sentence for each mistake, and what follows from it."""
        if self.ok:
            return [f"All {len(self.rows)} gradients are right.", *self.notes]
        told: dict[str, list[Judged]] = {}
        for row in self.mistakes:
            told.setdefault(row.pattern, []).append(row)
        found = []
        for first, *others in told.values():
            likewise = f" (likewise {', '.join(row.name for row in others)})" if others else ""
            found.append(f"{first.name}{likewise}: {first.diagnosis}.")
        if self.first is not None and len(self.rows) > 1:
            found.insert(0, f"Going back, the chain first goes wrong at {self.first.name}.")
        after = [row.name for row in self.rows if row.consequence]
        if after:
            found.append(f"As a consequence, wrong too: {', '.join(after)}.")
        return [*found, *self.notes]

    @property
    def text(self) -> str:
        """The sentences, in lines that fit a terminal."""
        lines = (textwrap.fill(s, WIDTH, subsequent_indent="    ") for s in self.sentences)
        return "\n".join(lines)

    def __str__(self) -> str:
        head = ("gradient", "shape", "relative error", "worst at", "is", "should be", "verdict")
        rows = [head, tuple("-" * len(h) for h in head)]
        for row in self.rows:
            place = "-" if row.worst is None else str(list(row.worst)).replace(" ", "")
            shape = str(row.shape).replace(" ", "")
            if row.shape != row.right_shape:
                shape += f", not {row.right_shape}".replace(" ", "").replace(",not", ", not ")
            numbers = ("-", "-", "-") if row.worst is None else (
                f"{row.relative_error:.1e}", f"{row.found:.6g}", f"{row.expected:.6g}",
            )  # fmt: skip
            rows.append((row.name, shape, numbers[0], place, *numbers[1:], row.verdict))
        return f"{table(rows)}\n\n{self.text}"


def in_letters_of_one_unit(row: Judged) -> Judged:
    """A row of a network of one layer in the letters of logistic regression, dw being (n_x, 1)."""
    text = re.sub(r"A0", "X", re.sub(r"W1", "w", re.sub(r"(?<=[bZA])1\b", "", row.diagnosis)))
    if row.name != "dw":
        return replace(row, diagnosis=text)
    for shape in (row.shape, row.right_shape):
        text = text.replace(f" {shape}", f" {shape[::-1]}")
    return replace(
        row,
        diagnosis=text,
        shape=row.shape[::-1],
        right_shape=row.right_shape[::-1],
        worst=None if row.worst is None else row.worst[::-1],
    )


def relative(M: Array, T: Array) -> float:
    """The largest difference over the largest right number."""
    off, size = float(np.max(np.abs(M - T))), float(np.max(np.abs(T)))
    return 0.0 if off == 0 else off / size if size else float("inf")
