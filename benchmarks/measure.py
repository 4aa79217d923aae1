"""Measurement: the contenders of a work take turns, A B A B, in one process; medians are kept.

A machine's speed changes over time. Contenders that take turns meet the same disturbances, so the
ratio of two medians varies less than either of them.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import peers

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # Windows has no getrusage
    getrusage = None  # type: ignore[assignment]

HAND = "hand NumPy"  # the control

SAMPLE = 0.5e-3  # seconds that one reading of the clock should span
BLOCK = 20e-3  # seconds that a contender runs at its turn
ENOUGH = 7  # undisturbed readings, from which on the others are dropped


def interruptions() -> int:
    """Return how often the system took the processor away from this process."""
    return getrusage(RUSAGE_SELF).ru_nivcsw if getrusage is not None else 0


@dataclass
class Running:
    """A contender with its own state, ready to run.

    `step` does `count` units of the work and feeds its state back. `read` returns its results as
    NumPy arrays. `sync` waits for asynchronous work.
    """

    step: Callable[[], object]
    read: Callable[[], dict[str, Any]] = dict
    count: int = 1
    sync: Callable[[], object] | None = None

    def once(self) -> None:
        """Make one call, and wait for whatever it started."""
        self.step()
        if self.sync is not None:
            self.sync()


@dataclass(frozen=True)
class Contender:
    """One way to do a work. `peer` is the module that must be installed for it."""

    name: str
    start: Callable[[], Running]
    peer: str | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Effort:
    """How long to measure, and which peers to include."""

    seconds: float = 1.0  # for each contender
    peers: bool = True

    def present(self, contenders: Iterable[Contender]) -> list[Contender]:
        """Return those of `contenders` whose libraries are installed."""
        return [c for c in contenders if c.peer is None or (self.peers and peers.installed(c.peer))]


@dataclass(frozen=True)
class Row:
    """One row of the table: a figure (seconds, bytes or no unit) and its ratio to the control."""

    work: str
    contender: str
    value: float
    unit: str = "s"
    least: float | None = None
    ratio: float | None = None
    note: str = ""


@dataclass(eq=False)
class Turn:
    """A contender during the measurement."""

    contender: Contender
    running: Running
    calls: int = 1  # for one reading of the clock
    samples: int = 1  # readings at one turn
    spent: float = 0.0
    calm: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        """Return the readings without an interruption, if there are enough of them."""
        return self.calm if len(self.calm) >= ENOUGH else self.calm + self.disturbed

    def sample(self) -> float:
        """Return the seconds that `calls` calls take."""
        step, sync = self.running.step, self.running.sync
        start = time.perf_counter()
        for _ in range(self.calls):
            step()
        if sync is not None:
            sync()
        return time.perf_counter() - start

    def prepare(self) -> None:
        """Warm up, and find out how many calls make a reading."""
        took = self.sample()  # the first call may compile
        if took < 1:
            took = self.sample()
        while took < SAMPLE:
            self.calls = math.ceil(self.calls * min(10.0, 1.2 * SAMPLE / max(took, 1e-7)))
            took = self.sample()
        self.samples = max(1, min(20, round(BLOCK / took)))

    def wants_more(self, effort: Effort) -> bool:
        """True until it has had its time; at least three readings, unless they take very long."""
        readings = len(self.calm) + len(self.disturbed)
        return not readings or self.spent < effort.seconds * (1 if readings >= 3 else 10)

    def play(self) -> None:
        """Take one turn. Drop its first reading if there are others, because caches are cold."""
        if self.samples > 1:
            self.spent += self.sample()
        for _ in range(self.samples):
            before = interruptions()
            took = self.sample()
            self.spent += took
            kept = self.calm if interruptions() == before else self.disturbed
            kept.append(took / (self.calls * self.running.count))


def compare(
    work: str,
    contenders: Iterable[Contender],
    effort: Effort,
    *,
    scale: float = 1.0,
    control: str = HAND,
) -> list[Row]:
    """Run the contenders in turns until each has had its time; return rows for `scale` units.

    The garbage collector is on, as in a user's program. Objects imported before are frozen, so
    that no contender pays for the size of another's library. A reading in which the system
    interrupted the process is dropped if enough others remain.
    """
    turns = [Turn(c, c.start()) for c in effort.present(contenders)]
    for turn in turns:
        turn.prepare()
    gc.collect()
    gc.freeze()
    try:
        rounds = 0
        while unfinished := [t for t in turns if t.wants_more(effort)]:
            playing = [t for t in turns if t in unfinished or t.contender.name == control]
            for turn in playing if rounds % 2 else reversed(playing):
                turn.play()
            rounds += 1
    finally:
        gc.unfreeze()
    medians = {t.contender.name: statistics.median(t.times) for t in turns}
    return [
        Row(
            work,
            t.contender.name,
            medians[t.contender.name] * scale,
            least=min(t.times) * scale,
            ratio=medians[t.contender.name] / medians[control] if control in medians else None,
        )
        for t in turns
    ]
