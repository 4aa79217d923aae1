"""Compare hand-written gradients with automatic ones: a table, and mistakes any gradient can have.

Nothing here knows of networks; `nn.diagnose` refines the result with what it knows of a layer.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError
from .report import table

Array: TypeAlias = NDArray[Any]

WIDTH = 92
EXACT = 1e-12  # rounding of float64, relative to the terms that a gradient adds up
SINGLE = 64 * 2.0**-23  # the same for float32
LOOSE = 1e6  # times that, if the size of terms that cancel is unknown

FACTORS = {
    "-1": (-1.0, "the sign is wrong"),
    "2": (2.0, "counted twice"),
    "1/2": (0.5, "halved"),
}


@dataclass(frozen=True)
class ComparedGradient:
    """One gradient of a Diagnosis: how far it is off, and why.

    Attributes
    ----------
    name : str
        The key of the gradient, such as "dW1".
    shape, right_shape : tuple of int
        The shape it has, and the shape it should have.
    relative_error : float
        The largest difference divided by the largest right element; nan if the shapes differ.
    worst : tuple of int or None
        The index of the largest difference; `found` and `expected` are the elements there.
    verdict : str
        "equal", "WRONG" or "CONSEQUENCE".
    kind, diagnosis : str
        A word and a sentence for the mistake.
    consequence : bool
        True if the mistake was made earlier, in the gradients that this one is computed from.
    factor : float
        What the manual gradient is multiplied by, apart from the mistake that `kind` names.
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
    factor: float = 1.0

    @property
    def ok(self) -> bool:
        """True if the gradient is right."""
        return self.verdict == "equal"

    @property
    def pattern(self) -> str:
        """The diagnosis with layers counted from this one, to find the same mistake in others."""
        l = int("0" + "".join(c for c in self.name if c.isdecimal()))
        return re.sub(r"(?<=[WbZA])\d+", lambda n: f"[{int(n[0]) - l}]", self.diagnosis)

    def right(self) -> ComparedGradient:
        """Return this row with the verdict "equal"."""
        return replace(self, verdict="equal", kind="", diagnosis="", consequence=False, factor=1.0)

    def wrong(
        self, kind: str, text: str, *, consequence: bool = False, factor: float = 1.0
    ) -> ComparedGradient:
        """Return this row with a mistake, made here or earlier."""
        verdict = "CONSEQUENCE" if consequence else "WRONG"
        return replace(
            self, verdict=verdict, kind=kind, diagnosis=text, consequence=consequence, factor=factor
        )

    def unexplained(self, M: Array, T: Array) -> ComparedGradient:
        """Return this row as wrong for no known reason, with the place of the differences."""
        text = "none of the known mistakes explains it"
        if M.shape != T.shape:
            text += f"; its shape is {M.shape} and must be {T.shape}"
        else:
            bad = ~np.isclose(M, T, rtol=1e-9, atol=1e-12 * _largest(T))
            text += f"; {int(bad.sum())} of {bad.size} elements are off"
            for axis, place in ((1, "row"), (0, "column")) if bad.ndim == 2 else ():
                at = np.flatnonzero(bad.any(axis=axis)).tolist()
                if len(at) < bad.shape[1 - axis] and len(at) <= 5:
                    text += f", all in {place} {', '.join(map(str, at))}"
        return self.wrong("unexplained", text)


@dataclass(frozen=True)
class Diagnosis:
    """The result of `compare`: a row for each gradient; str() gives a table and sentences.

    Attributes
    ----------
    rows : tuple of ComparedGradient
        The gradients; from the last layer to the first if they are a network's.
    notes : tuple of str
        Remarks on conventions.
    chained : bool
        True if the rows stand in the order of a backward pass.
    """

    rows: tuple[ComparedGradient, ...]
    notes: tuple[str, ...] = ()
    chained: bool = False

    @property
    def ok(self) -> bool:
        """True if all gradients are right."""
        return all(row.ok for row in self.rows)

    @property
    def mistakes(self) -> tuple[ComparedGradient, ...]:
        """The gradients that are wrong by themselves, in order."""
        return tuple(row for row in self.rows if not row.ok and not row.consequence)

    @property
    def first(self) -> ComparedGradient | None:
        """The first gradient that is wrong by itself."""
        return next(iter(self.mistakes), None)

    @property
    def sentences(self) -> list[str]:
        """A sentence for each mistake, and what follows from it."""
        if self.ok:
            return [f"All {len(self.rows)} gradients are right.", *self.notes]
        alike: dict[str, list[ComparedGradient]] = {}
        for row in self.mistakes:
            alike.setdefault(row.pattern, []).append(row)
        found = []
        for first, *others in alike.values():
            likewise = f" (likewise {', '.join(row.name for row in others)})" if others else ""
            found.append(f"{first.name}{likewise}: {first.diagnosis}.")
        if self.chained and self.first is not None and len(self.rows) > 1:
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
            place = "-" if row.worst is None else _compact(list(row.worst))
            shape = _compact(row.shape)
            if row.shape != row.right_shape:
                shape += f", not {_compact(row.right_shape)}"
            numbers = ("-", "-", "-") if row.worst is None else (
                f"{row.relative_error:.1e}", f"{row.found:.6g}", f"{row.expected:.6g}",
            )  # fmt: skip
            rows.append((row.name, shape, numbers[0], place, *numbers[1:], row.verdict))
        return f"{table(rows)}\n\n{self.text}"


def compare(
    manual: Mapping[str, Any],
    automatic: Mapping[str, Any],
    *,
    factors: Mapping[str, tuple[float, str]] | None = None,
    rtol: float | None = None,
) -> Diagnosis:
    """Compare gradients written by hand with automatic ones, and name the mistake in each.

    A factor, a sign, a transpose, a reshape, a sum over an axis and a forgotten ``keepdims`` are
    recognised. `nn.diagnose` also knows the mistakes that belong to the layers of a network.

    Parameters
    ----------
    manual, automatic : mapping of str to array_like
        Gradients under the same keys, such as "dW1", or "W1".
    factors : mapping of str to (float, str), optional
        Further constants that a gradient may have been multiplied by: a label, the value, and
        the mistake, as in ``{"m = 20": (20, "1/m is missing")}``.
    rtol : float, optional
        Largest relative difference of equal gradients. By default 1e-6 for float64, since terms
        may cancel, and 1e-3 for float32.

    Returns
    -------
    Diagnosis
        A row for each automatic gradient.

    Raises
    ------
    ShapeError
        If no key is in both.

    Examples
    --------
    >>> report = compare({"dW1": [[2.0, 4.0]]}, {"dW1": [[1.0, 2.0]]})
    >>> report.ok, report.rows[0].diagnosis
    (False, 'it is 2 times what it should be: counted twice')
    """
    ours, right = _named(manual), _named(automatic)
    if not ours.keys() & right.keys():
        raise ShapeError("no gradient is in both: use the same keys, dW1, db1, ..., in both.")
    floor = 0.0 if rtol is not None else 1e-2 * max(map(_largest, right.values()))
    known = {**FACTORS, **(factors or {})}
    rows = []
    with np.errstate(all="ignore"):
        for name, T in right.items():
            M = ours.get(name)
            if M is None:
                row = _measured(name, T * np.nan, T)
                text = "it is missing: the manual gradients have no such key"
                rows.append(row.wrong("missing", text))
            else:
                rows.append(_judged(_measured(name, M, T), M, T, known, rtol, floor))
    return Diagnosis(tuple(rows))


def _named(gradients: Mapping[str, Any]) -> dict[str, Array]:
    """Return arrays under their keys, each with a leading d."""
    return {
        key if len(key) > 1 and key[0] == "d" else f"d{key}": np.asarray(g)
        for key, g in gradients.items()
    }


def _measured(name: str, M: Array, T: Array) -> ComparedGradient:
    """Return a row with the differences, not judged yet."""
    nan = float("nan")
    if M.shape != T.shape or not M.size:
        return ComparedGradient(name, M.shape, T.shape, nan, None, nan, nan)
    off = np.abs(M - T)
    index = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), T.shape)
    worst = tuple(int(i) for i in index)
    largest, size = float(np.max(off)), float(np.max(np.abs(T)))
    error = 0.0 if largest == 0 else largest / size if size else float("inf")
    return ComparedGradient(name, M.shape, T.shape, error, worst, float(M[worst]), float(T[worst]))


def _judged(
    row: ComparedGradient,
    M: Array,
    T: Array,
    factors: Mapping[str, tuple[float, str]],
    rtol: float | None,
    floor: float,
) -> ComparedGradient:
    """Return the row with its verdict."""
    exact = SINGLE if any(x.dtype in (np.float32, np.float16) for x in (M, T)) else EXACT
    loose = min(LOOSE * exact, 1e-3) if rtol is None else rtol
    if not np.all(np.isfinite(M)):
        return row.wrong("not finite", "it has nan or infinity in it")

    def near(E: Array) -> bool:
        size = max(_largest(M), _largest(E))
        off = np.max(np.abs(M - E), initial=0.0) if M.shape == E.shape else np.inf
        return bool(off <= loose * size + floor * exact)

    if near(T):
        return row.right()
    tight = exact if rtol is None else rtol
    k, text = _factor(M, T, factors, M.size > 2, tight)
    if text:
        return row.wrong("factor", text, factor=k)
    patterns = list(_patterns(M, T))
    for kind, text, E in patterns:
        if near(E):
            return row.wrong(kind, text)
    for kind, text, E in patterns:
        k, also = _factor(M, E, factors, False, tight)
        if also:
            return row.wrong(kind, f"{text}; and {also}", factor=k)
    return row.unexplained(M, T)


def _factor(
    M: Array, E: Array, factors: Mapping[str, tuple[float, str]], any_factor: bool, rtol: float
) -> tuple[float, str]:
    """Return k and a sentence if M = k E to rounding: for a known k, or if `any_factor` any."""
    if M.shape != E.shape or not np.any(E):
        return 1.0, ""
    a, b = M.astype(np.float64).ravel(), E.astype(np.float64).ravel()
    k = float((a @ b) / (b @ b))
    if not np.max(np.abs(a - k * b)) <= rtol * np.max(np.abs(a)):
        return 1.0, ""
    if k == 0:
        return k, "it is 0 throughout: never computed, or overwritten"
    close = max(1e-9, 10 * rtol)
    fits = [(label, why) for label, (value, why) in factors.items()
            if abs(k - value) <= close * abs(value)]  # fmt: skip
    if fits:
        (label, why), *others = fits[:3]
        rest = "".join(f" (or {label}: {why})" for label, why in others)
        return k, f"it is {label} times what it should be: {why}{rest}"
    digits = 10 if rtol < 1e-9 else 5
    return k, f"it is {k:.{digits}g} times what it should be, throughout" if any_factor else ""


def _patterns(M: Array, E: Array) -> Iterator[tuple[str, str, Array]]:
    """Yield what E becomes by each mistake: its kind, a sentence, and the elements."""
    over = "summed over everything, to one number"
    if E.ndim == 2 and M.shape == E.shape[::-1]:
        yield "transpose", "it is transposed", E.T
    if E.ndim == 2 and M.shape == E.shape:
        text = "it is reshaped where it should be transposed: use .T"
        yield "reshape", text, E.T.reshape(E.shape)
    yield "sum over everything", f"it is {over}", np.asarray(E.sum())
    if M.shape == E.shape:
        text = f"it is {over}, the same everywhere"
        yield "sum over everything", text, np.full(E.shape, E.sum())
    if M.size == E.size:
        text = f"the numbers are right, but the shape must be {E.shape}"
        yield "shape", text, E.reshape(M.shape)
    for axis in (i for i, n in enumerate(E.shape) if n > 1 and E.ndim > 1):
        for keepdims in (True, False):
            yield "wrong axis", f"it is summed over axis {axis}", E.sum(axis, keepdims=keepdims)
    try:
        wide = np.broadcast_to(E, M.shape)
    except ValueError:
        return
    yield "keepdims", (
        f"the right column is broadcast to {M.shape}: keepdims=True is missing, or it is not summed"
    ), wide  # fmt: skip


def _largest(a: Array) -> float:
    return float(np.max(np.abs(a), initial=0.0))


def _compact(shape: object) -> str:
    return str(shape).replace(" ", "")
