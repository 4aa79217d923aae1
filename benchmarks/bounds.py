"""The bounds that the project sets itself, and whether a run reached them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .engines import COMPILED, EAGER, ITERATE, JAX, TORCH
from .measure import HAND, Row
from .works import cat, chain, compiling, memory, planar, softmax, training

FLOAT64, FLOAT32 = cat.step_name("float64"), cat.step_name("float32")


@dataclass(frozen=True)
class Bound:
    """An upper bound: `contender` takes at most `at_most` times `versus`, or at most `at_most`."""

    work: str
    contender: str
    at_most: float
    versus: str | None = HAND

    def __str__(self) -> str:
        if self.versus is None:
            return f"{self.at_most:g}"
        return f"{self.at_most:.3g} x {self.versus}"


BOUNDS = [
    Bound(planar.STEP, EAGER, 0.5, TORCH),
    Bound(planar.STEP, EAGER, 2.0),
    Bound(planar.STEP, EAGER, 2.2),
    Bound(planar.STEP, planar.OWN_LOSS, 0.5, TORCH),
    Bound(planar.STEP, planar.OWN_LOSS, 2.0),
    Bound(planar.STEP, planar.OWN_LOSS, 2.2),
    Bound(planar.STEP, COMPILED, 0.75),
    Bound(planar.STEP, COMPILED, 0.65, JAX),
    Bound(planar.LOOP, ITERATE, 0.70),
    # 2.5 us if hand NumPy's planar step takes 30 us
    Bound(chain.CHAIN, EAGER, 2.5 / 30),
    Bound(FLOAT64, EAGER, 0.8),
    *(
        Bound(work, COMPILED, at_most, versus)
        for work in (FLOAT64, FLOAT32)
        for at_most, versus in ((0.60, HAND), (1.0, TORCH), (1.0, JAX))
    ),
    Bound(training.FIT, training.CLASSIFIER, 1 / 25),
    Bound(training.FIT, training.CLASSIFIER, 1 / 12, TORCH),
    Bound(training.COSTS, training.CLASSIFIER, 1e-12, None),
    Bound(softmax.STEP, COMPILED, 1.0, TORCH),
    Bound(softmax.STEP, COMPILED, 1.0, softmax.TORCH_ROWS),
    Bound(compiling.CAT, COMPILED, 0.150, None),
    Bound(compiling.CAT, compiling.FIRST, 0.150, None),
    *(
        Bound(work + what, COMPILED, 1.0)
        for work in (memory.CAT, memory.SOFTMAX, memory.PLANAR)
        for what in ("", memory.WITH_CODE)
    ),
]


@dataclass(frozen=True)
class Verdict:
    """A bound with the measured value, None if a contender did not take part."""

    bound: Bound
    value: float | None

    @property
    def reached(self) -> bool | None:
        """True if the bound was reached, None if it was not measured."""
        return None if self.value is None else self.value <= self.bound.at_most

    @property
    def word(self) -> str:
        """The text of the last column of the table."""
        return {True: "yes", False: "NO", None: "not measured"}[self.reached]


def judge(rows: Iterable[Row]) -> list[Verdict]:
    """Return every bound whose work was run, with the measured value."""
    values = {(row.work, row.contender): row.value for row in rows}
    works = {work for work, _ in values}
    verdicts = []
    for bound in BOUNDS:
        if bound.work not in works:
            continue
        value = values.get((bound.work, bound.contender))
        if bound.versus is not None:
            versus = values.get((bound.work, bound.versus))
            value = value / versus if value is not None and versus is not None else None
        verdicts.append(Verdict(bound, value))
    return verdicts
