"""One computation at one point: its derivatives by rule, and by differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pytree
from ..engine.modes import no_grad
from ..engine.tensor import Tensor
from ..errors import GradientMismatch, NotDifferentiableError
from ..transforms.reverse import vjp
from .differences import QUICK_STEP, complex_step, judge, quick_derivative
from .report import Finding, Probe

ROWS = 32  # up to so many results are checked one by one; if there are more, random sums
SUMS = 3
FLOOR = 1e-12  # relative to an argument's largest derivative; smaller ones count as zero
ENOUGH = 12  # wrong derivatives of an argument, after which the rest is not examined


class Comparison:
    """A function of flat arrays at one point, differentiated by rule and by differences."""

    def __init__(
        self,
        f: Callable[..., Any],
        points: list[Any],
        names: list[str],
        rtol: float,
        elements: int,
        random: np.random.Generator,
        order: int = 1,
        size: float = 0.0,
    ) -> None:
        self.f: Callable[..., Any] = f
        self.points: list[Any] = points
        self.names: list[str] = names
        self.order: int = order
        self.rtol: float = rtol
        self.elements: int = elements
        self.random: np.random.Generator = random
        self.at: NDArray[Any] = self.values(points)
        # Scale of f's rounding errors: a derivative is as accurate as the values it came from.
        self.size: NDArray[Any] = np.fmax(np.abs(self.at), size)
        self.value: Any
        self.pullback: Callable[..., Any]
        self.value, self.pullback = vjp(f, *points)
        self._require_a_function()
        n = self.at.size
        self.weights: NDArray[Any] = np.eye(n) if n <= ROWS else random.standard_normal((SUMS, n))
        self.labels: list[str] = (
            labels(self.value) if n <= ROWS else [f"sum {i + 1}" for i in range(SUMS)]
        )
        real = not any(kind(x) == "c" for x in [*points, *pytree.leaves(self.value)])
        self.analytic: bool = order == 1 and real  # until a complex step fails

    def orders(self) -> Iterator[Comparison]:
        """Yield this comparison, then that of a directional derivative, and so on."""
        one = self
        while True:
            yield one
            size = float(np.max(one.size, initial=0.0)) / min(map(typical, one.points))
            settings = (one.names, one.rtol, one.elements, one.random, one.order + 1, size)
            one = Comparison(one.along_a_direction(), one.points, *settings)

    def values(self, points: Sequence[Any], keep: bool = False) -> NDArray[Any]:
        """Return the elements of f's result on plain arrays."""
        with no_grad(), np.errstate(all="ignore"):
            return flat_elements(self.f(*points), keep)

    def _require_a_function(self) -> None:
        """Raise if f returns other values the second time, or on Tensors."""
        if not same(self.at, self.values(self.points)):
            raise NotDifferentiableError(
                "check_grads called f twice with the same arguments and got different values. Draw "
                "random numbers outside f, and pass them."
            )
        recorded = flat_elements(self.value)
        if not same(self.at, recorded):
            raise GradientMismatch(
                f"f returns {recorded} on Tensors, but {self.at} on arrays, so its "
                f"derivatives cannot be compared."
            )

    def along_a_direction(self) -> Callable[..., Any]:
        """Return f's derivative along a random direction, by rule, as a function of the arrays."""
        n = self.at.size
        weights = np.ones(1) if n == 1 else self.random.standard_normal(n)
        directions = [self.random.standard_normal(np.shape(p)) for p in self.points]

        def derivative(*points: Any) -> Any:
            value, pullback = vjp(self.f, *points)
            gradients = pullback(weighted(value, weights))
            parts = [np.sum(g * d) for g, d in zip(gradients, directions, strict=True)]
            return sum(np.real(part) if kind(part) == "c" else part for part in parts)

        return derivative

    def findings(self) -> Iterator[Finding]:
        """Yield every derivative that is checked."""
        by_rule = [self.pullback(weighted(self.value, row)) for row in self.weights]
        for i, (point, name) in enumerate(zip(self.points, self.names, strict=True)):
            rows = [np.asarray(g[i]) for g in by_rule]
            yield from Argument(self, i, point, name, rows).findings()


class Argument:
    """One array of a Comparison, and the gradient of each row of weights with respect to it."""

    def __init__(
        self, comparison: Comparison, i: int, point: Any, name: str, rows: list[Any]
    ) -> None:
        self.comparison: Comparison = comparison
        self.i: int = i
        self.point: Any = point
        self.name: str = name
        self.rows: list[Any] = rows
        largest = [np.max(np.abs(g[np.isfinite(g)]), initial=0.0) for g in rows]
        self.floors: list[float] = [FLOOR * float(one) for one in largest]
        self.wrong: int = 0

    def findings(self) -> Iterator[Finding]:
        """Yield single elements, all or some; if some, then a direction through all."""
        random, size = self.comparison.random, self.point.size
        units = (1.0, 1j) if np.iscomplexobj(self.point) else (1.0,)
        few = size <= self.comparison.elements
        elements = size if few else self.comparison.elements
        for j in range(size) if few else sorted(random.choice(size, elements, False).tolist()):
            for unit in units:
                yield from self.along(*self.one_element(j, unit))
        if not few and not self.wrong:
            direction = random.standard_normal(self.point.shape)
            direction *= typical(self.point) / np.sqrt(size)
            yield from self.along(direction, 1.0, f"{self.name}, a random direction")
            if self.wrong:
                yield from self.along(*self.one_element(self.search(direction), 1.0))

    def one_element(self, j: int, unit: complex) -> tuple[Any, float, str]:
        """Return the direction of element j, the scale of its steps, and its name."""
        index = np.unravel_index(j, self.point.shape)
        direction = np.zeros(self.point.shape, self.point.dtype)
        direction[index] = unit
        scale = max(float(np.abs(self.point[index])), typical(self.point))
        place = f"[{', '.join(map(str, index))}]" if index else ""
        return direction, scale, f"{self.name}{place}" + (" imaginary" if unit == 1j else "")

    def search(self, direction: Any) -> int:
        """Find an element whose derivative is wrong, by halving a direction that is wrong."""
        j = np.arange(self.point.size)
        while j.size > 1:
            half = np.zeros(self.point.size)
            half[j[: j.size // 2]] = direction.ravel()[j[: j.size // 2]]
            found = list(self.along(half.reshape(self.point.shape), 1.0, ""))
            bad = any(one.verdict == "wrong" for one in found)
            j = j[: j.size // 2] if bad else j[j.size // 2 :]
        return int(j[0])

    def along(self, direction: Any, scale: float, where: str) -> Iterator[Finding]:
        """Yield the derivative of each row along one direction."""
        with np.errstate(all="ignore"):  # steps may leave the domain of f
            yield from self._along(direction, scale, where)

    def _along(self, direction: Any, scale: float, where: str) -> Iterator[Finding]:
        comparison, points = self.comparison, list(self.comparison.points)

        def line(t: Any) -> NDArray[Any]:
            points[self.i] = self.point + t * direction
            return comparison.values(points, keep=isinstance(t, complex))

        moved = direction != 0
        quick = quick_derivative(line, scale)
        exact = complex_step(line, scale) if comparison.analytic else None
        comparison.analytic &= exact is not None
        rounding = 20 * np.finfo(float).eps * comparison.size / scale
        for k, (row, g) in enumerate(zip(comparison.weights, self.rows, strict=True)):
            by_rule = float(np.sum(np.real(g[moved] * direction[moved])))
            rounded = float(np.abs(row) @ rounding)
            floor = rounded + self.floors[k] * scale_of(direction)
            measured = float(row @ quick)
            how, noise = "differences", floor + rounded / QUICK_STEP
            by_imaginary = np.nan if exact is None else float(row @ exact)
            if near(by_imaginary, measured, 1e-5, noise):
                measured, how, noise = by_imaginary, "complex step", floor
            verdict, remark, probe = "right", "", Probe(line, row, scale)
            if not near(by_rule, measured, comparison.rtol, noise):
                verdict = "wrong"
                if self.wrong < ENOUGH:
                    verdict, measured, remark = self.look(probe, by_rule, by_imaginary, floor)
                    how = "differences"
            self.wrong += verdict == "wrong"
            label = f"{where} of {comparison.labels[k]}" if comparison.labels[k] else where
            values = by_rule, measured, how, verdict, remark, floor, probe
            yield Finding(comparison.order, self.name, self.point.shape, label, *values)

    def look(
        self, probe: Probe, by_rule: float, by_imaginary: float, floor: float
    ) -> tuple[str, float, str]:
        """Examine all steps and both sides: return verdict, derivative by differences, remark."""
        verdict, estimate, remark = judge(by_rule, probe.ladder(), self.comparison.rtol, floor)
        rough = near(by_rule, by_imaginary, 1e-9, floor) and not estimate.settles(0.0)
        if verdict == "wrong" and rough:
            verdict, remark = "unclear", "too rough for differences"
        return verdict, np.nan if verdict in ("jump", "unclear") else estimate.value, remark


def typical(point: Any) -> float:
    """Return the root mean square of the elements of an array, or 1."""
    return (float(np.sqrt(np.mean(np.abs(point) ** 2))) if point.size else 0.0) or 1.0


def scale_of(direction: Any) -> float:
    """Return the length of a direction."""
    return float(np.sqrt(np.sum(np.abs(direction) ** 2)))


def labels(value: Any) -> list[str]:
    """Return the name of each element in a result, or nothing if there is only one."""
    found = []
    for x, path in zip(pytree.leaves(value), pytree.paths(value, "result"), strict=True):
        if kind(x) in "fc":
            indices = np.ndindex(np.shape(x))
            places = [f"{path}[{', '.join(map(str, i))}]" if i else path for i in indices]
            parts = (", real", ", imaginary") if kind(x) == "c" else ("",)
            found += [place + part for part in parts for place in places]
    return found if len(found) > 1 else [""] * len(found)


def weighted(value: Any, weights: NDArray[Any]) -> Any:
    """Return the gradient of a weighted sum of the elements in `value`, for every array in it."""
    given = []
    for x in pytree.leaves(value):
        n = np.size(x) if kind(x) in "fc" else 0
        c, weights = weights[:n], weights[n:]
        if kind(x) == "c":  # Re(c z) = a Re(z) + b Im(z) for c = a - ib
            c, weights = c - 1j * weights[:n], weights[n:]
        given.append(np.reshape(c, np.shape(x)) if n else np.zeros(np.shape(x)))
    return pytree.rebuild(value, given)


def flat_elements(result: Any, keep: bool = False) -> NDArray[Any]:
    """Return the floating elements in a result; both parts of complex ones, unless `keep`."""
    parts: list[NDArray[Any]] = []
    for x in pytree.leaves(result):
        if kind(x) in "fc":
            data = np.ravel(x._data if type(x) is Tensor else x)
            parts += [np.real(data), np.imag(data)] if kind(x) == "c" and not keep else [data]
    return np.concatenate(parts) if parts else np.zeros(0)


def kind(x: Any) -> str:
    """Return the letter of its dtype: f for floating, c for complex."""
    letter: str = (x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype).kind
    return letter


def near(a: float, b: float, rtol: float, atol: float) -> bool:
    """Check if two finite numbers agree."""
    return bool(np.isfinite(a - b) and abs(a - b) <= rtol * max(abs(a), abs(b)) + atol)


def same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Check if two computations of the same elements agree to rounding."""
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
