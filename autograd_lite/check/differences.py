"""Derivatives by differences, for checking rules: complex step, central and one-sided differences.

A `Line` is a function restricted to one direction: step -> its results there, as one flat array.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Line = Callable[[Any], NDArray[Any]]
Floats = NDArray[np.float64]
Side = Literal["central", "right", "left"]
ONE_SIDED: tuple[Side, Side] = ("right", "left")

QUICK_STEP = 1e-3  # relative to the scale; the extrapolation error is of its fourth power
COMPLEX_STEP = 1e-20  # nothing is subtracted, so it may be arbitrarily small
LONGEST, SHRINK, COUNT = 0.25, 4.0, 25  # steps from a quarter of the scale down to 1e-15 of it


def quick_derivative(line: Line, scale: float) -> Floats:
    """Return the derivative at 0 from two central differences, by Richardson's extrapolation.

    >>> float(quick_derivative(lambda t: np.array([np.exp(t)]), 1.0)[0])
    0.9999999999...
    """
    h = QUICK_STEP * scale
    wide, narrow = (line(h) - line(-h)) / (2 * h), (line(h / 2) - line(-h / 2)) / h
    estimate: Floats = (4 * narrow - wide) / 3
    return estimate


def complex_step(line: Line, scale: float) -> Floats | None:
    """Return the derivative at 0 from an imaginary step, exact to rounding, or None if it fails.

    An analytic f has f(x + ih) = f(x) + ih f'(x) + O(h^2). This function does not know if f is
    analytic; compare with differences.

    >>> complex_step(lambda t: np.array([np.exp(t)]), 1.0).item()
    1.0
    """
    h = COMPLEX_STEP * scale
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a discarded imaginary part is only a warning
            moved = line(1j * h)
    except Exception:  # the user's function may fail on complex numbers
        return None
    return np.imag(moved) / h if moved.dtype.kind == "c" else None


@dataclass(frozen=True)
class Estimate:
    """A derivative by differences, its error, and the size of f over that of x."""

    value: float
    error: float
    unit: float

    def settles(self, by_rule: float) -> bool:
        """Check if the estimates agree well enough to judge the rule's value."""
        allowed = 1e-3 * np.fmax(abs(self.value), abs(by_rule)) + 1e-6 * self.unit
        return bool(np.isfinite(self.value) and self.error <= allowed)


class Ladder:
    """One result of a line at ever smaller steps to both sides."""

    def __init__(self, line: Line, row: Callable[[NDArray[Any]], float], scale: float) -> None:
        self.steps: Floats = scale * LONGEST / SHRINK ** np.arange(COUNT, dtype=np.float64)
        self.at: float = row(line(0.0))
        self.after: Floats = np.array([row(line(h)) for h in self.steps])
        self.before: Floats = np.array([row(line(-h)) for h in self.steps])
        size = np.fmax(np.fmax(np.abs(self.after), np.abs(self.before)), abs(self.at))
        self.noise: Floats = np.finfo(float).eps * size  # the rounding error of a value
        self.unit: float = float(np.max(size[3:], initial=0.0, where=np.isfinite(size[3:]))) / scale

    def quotients(self, side: Side) -> Floats:
        """Return the difference quotient of every step.

        >>> Ladder(lambda t: np.array([t * t]), lambda y: y.item(), 1.0).quotients("right")[0]
        np.float64(0.25)
        """
        return self._quotients(side)[0]

    def derivative(self, side: Side = "central") -> Estimate:
        """Extrapolate (Richardson) where three neighbouring steps agree best."""
        quotients, resolution = self._quotients(side)
        with np.errstate(all="ignore"):
            weight = SHRINK ** (2 if side == "central" else 1)
            better = (weight * quotients[1:] - quotients[:-1]) / (weight - 1)
            spread = np.abs(np.diff(better))
            rounding = (4 * np.fmax(self.noise, resolution) / self.steps)[2:-1]
            error = np.maximum(spread[1:], spread[:-1]) + rounding
        error[~np.isfinite(error)] = np.inf
        best = int(np.argmin(error))
        if not np.isfinite(error[best]):
            return Estimate(np.nan, np.inf, self.unit)
        return Estimate(float(better[best + 1]), float(error[best]), self.unit)

    def _quotients(self, side: Side) -> tuple[Floats, float]:
        """Return change over step for every step, and the smallest change that f shows."""
        change: Floats = {
            "central": self.after - self.before,
            "right": self.after - self.at,
            "left": self.at - self.before,
        }[side]
        steps = 2 * self.steps if side == "central" else self.steps
        resolution = 0.0
        moved = np.flatnonzero(change != 0)
        if moved.size and moved[-1] + 1 < change.size:
            last = abs(float(change[moved[-1]]))
            most = np.max(np.abs(change), initial=abs(self.at), where=np.isfinite(change))
            if last < 1e-5 * most:  # f is rounded to this, so smaller steps are useless
                resolution = last
                tail = np.arange(change.size) > moved[-1]
                change = np.where((change == 0) & tail, np.nan, change)
        with np.errstate(all="ignore"):
            return change / steps, resolution

    def jumps(self) -> bool:
        """Check if f jumps: its change does not shrink with the step, and is more than rounding."""
        for side in (self.after, self.before):
            change = np.abs(side - self.at)
            if change[-1] > 1e4 * self.noise[-1] and change[-1] > 0.5 * change[-6]:
                return True
        return False

    def steepens(self) -> float:
        """Return the sign of a derivative that grows without bound as the step shrinks, or 0."""
        for side in ONE_SIDED:
            q = self.quotients(side)[2:14]
            q = q[np.isfinite(q)]
            growing = q.size > 5 and np.all(np.abs(q[1:]) > 1.1 * np.abs(q[:-1]))
            if growing and (np.all(q > 0) or np.all(q < 0)):
                return float(np.sign(q[0]))
        return 0.0


def judge(by_rule: float, ladder: Ladder, rtol: float, floor: float) -> tuple[str, Estimate, str]:
    """Judge a rule's value: return a verdict, the derivative by differences and a remark.

    The verdict is "right", "wrong", "kink", "jump" or "unclear".

    >>> at_its_kink = Ladder(lambda t: np.array([abs(t)]), lambda y: y.item(), 1.0)
    >>> judge(0.25, at_its_kink, 1e-6, 0.0)[::2]
    ('kink', "kink here: left -1, right 1; the rule's value lies between: not an error")
    >>> judge(2.0, at_its_kink, 1e-6, 0.0)[0]
    'wrong'
    """
    estimate, left = ladder.derivative(), ladder.derivative("left")
    right = ladder.derivative("right")

    def near(other: Estimate) -> bool:
        allowed = rtol * max(abs(by_rule), abs(other.value)) + 3 * other.error + floor
        return bool(other.settles(by_rule) and abs(by_rule - other.value) <= allowed)

    if np.isfinite(by_rule) and near(estimate):
        return "right", estimate, ""
    if ladder.jumps():
        return "jump", estimate, "f jumps here, so it has no derivative"
    steep = ladder.steepens()
    if steep:
        if by_rule == steep * np.inf:
            return "right", Estimate(by_rule, 0.0, 0.0), "the derivative is infinite"
        return "unclear", estimate, "the derivative grows without bound"
    if left.settles(by_rule) and right.settles(by_rule):
        low, high = sorted((left, right), key=lambda one: one.value)
        apart = high.value - low.value
        if apart > 10 * (low.error + high.error) + rtol * max(abs(low.value), abs(high.value)):
            slack = 3 * (low.error + high.error) + rtol * apart + floor
            sides = f"left {left.value:.4g}, right {right.value:.4g}"
            if low.value - slack <= by_rule <= high.value + slack:
                remark = f"kink here: {sides}; the rule's value lies between: not an error"
                return "kink", estimate, remark
            return "wrong", estimate, f"kink here: {sides}; the rule's value lies outside"
    for side, name, other in ((left, "left", right), (right, "right", left)):
        if side.settles(by_rule) and not np.isfinite(other.value):
            remark = f"f exists only to the {name}"
            return ("right" if near(side) else "wrong"), side, remark
    if estimate.settles(by_rule):
        return "wrong", estimate, "the rule returns nan" if np.isnan(by_rule) else ""
    return "unclear", estimate, "differences do not settle: f is rough or too noisy here"
