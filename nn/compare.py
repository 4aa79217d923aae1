"""Manual against automatic gradients, both against numerical ones: one row for each gradient."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import by_hand, numerical, validation
from .base import Classifier
from .by_hand.notation import Array, Gradients, Parameters
from .classifiers import LLayerClassifier
from .errors import SettingError
from .homework.diagnosis import diagnose
from .homework.gradients import Manual, own_gradients

#: What rounding may do. Of random networks in float32, none came to twice the spacing of numbers.
TOLERANCE = {"float64": 1e-12, "float32": 64 * float(np.finfo(np.float32).eps)}
NUMERICAL_TOLERANCE = 1e-9
SAMPLES = 20


@dataclass(frozen=True)
class Row:
    """One gradient, computed in three ways.

    `absolute` is the largest difference between manual and automatic, `relative` that over the
    largest number in the gradient, `numerical` the same for numerical and automatic at `sampled`
    elements. `terms` is the size of what was added up to get the gradient: where the terms cancel,
    rounding shows in proportion to them. `factor`: what the automatic gradient was multiplied by.
    `fits`: whether the manual gradient has the shape it should have.
    """

    name: str
    shape: tuple[int, ...]
    absolute: float
    relative: float
    numerical: float
    sampled: int
    size: int
    largest: float
    terms: float
    factor: int
    tolerance: float
    fits: bool = True

    @property
    def equal(self) -> bool:
        """Whether manual and automatic are the same number, but for rounding."""
        return self.absolute <= self.tolerance * max(self.largest, self.terms)

    @property
    def confirmed(self) -> bool:
        """Whether the numerical derivatives agree with the automatic one."""
        allowed = max(NUMERICAL_TOLERANCE, self.tolerance)
        return self.numerical * self.largest <= allowed * max(self.largest, self.terms)

    @property
    def verdict(self) -> str:
        """In one or two words."""
        if not self.fits:
            return "OTHER SHAPE"
        if not np.isfinite(self.absolute):
            return "NOT FINITE"
        if self.equal:
            return "equal" if self.confirmed else "BOTH WRONG?"
        return "MANUAL WRONG" if self.confirmed else "DIFFERENT"


@dataclass(frozen=True)
class Comparison:
    """The rows, from the last layer to the first as backprop goes; printed, a table."""

    rows: tuple[Row, ...]
    title: str
    m: int
    diagnosis: str = ""

    @property
    def ok(self) -> bool:
        """Whether all gradients are equal, and confirmed by the numerical ones."""
        return all(row.equal and row.confirmed for row in self.rows)

    @property
    def summary(self) -> str:
        """The outcome in a sentence."""
        if self.ok:
            largest = max(row.relative for row in self.rows)
            return (
                f"All {len(self.rows)} gradients are equal: manual and automatic differ by at most "
                f"{largest:.1e} relative; numerical ones confirm them."
            )
        bad = [row.name for row in self.rows if row.verdict != "equal"]
        return f"{len(bad)} of {len(self.rows)} gradients are not confirmed: {', '.join(bad)}."

    def __str__(self) -> str:
        head = ("gradient", "shape", "absolute", "relative", "numerical", "at", "verdict")
        lines = [
            (
                row.name + (" *" if row.factor != 1 else ""),
                str(row.shape).replace(" ", ""),
                f"{row.absolute:.1e}",
                f"{row.relative:.1e}",
                f"{row.numerical:.1e}",
                "all" if row.sampled == row.size else f"{row.sampled} of {row.size}",
                row.verdict,
            )
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        left = (0, 1, 6)
        table = [
            "  ".join(
                cell.ljust(w) if i in left else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in (head, tuple("-" * w for w in widths), *lines)
        ]
        summary = textwrap.wrap(self.summary, 90)
        told = ["", self.diagnosis] if self.diagnosis else []
        return "\n".join([self.title, "", *table, "", *self._notes(), "", *summary, *told])

    def _notes(self) -> list[str]:
        tolerance = self.rows[0].tolerance
        notes = [
            "absolute   largest |manual - automatic|",
            "relative   the same, divided by the largest number in the gradient",
            "numerical  largest |complex step - automatic| at some elements, likewise divided",
            f"equal      within {tolerance:.0e}, of the gradient or of the terms it adds up",
        ]
        if all(row.factor == 1 for row in self.rows):
            return notes
        return [
            *notes,
            "*          the course's dZ and dA are gradients of the SUM of the losses, dW and db",
            "           are those of their mean J; so the automatic dJ/dZ and dJ/dA are multiplied",
            f"           by m = {self.m} before they are compared, and dW and db are not",
        ]


def compare_gradients(
    model: Classifier | Sequence[int],
    X: Any,
    Y: Any,
    *,
    manual: Manual | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compute every dA, dZ, dW, db on X (n_x, m), Y (1, m) by hand, automatically and numerically.

    `model`: a classifier, at the parameters it has learned or would start from, or the sizes
    (n_x, ..., 1) of an L-layer classifier. dW and db are those that `fit` descends; dZ and dA, for
    which training has no use, are asked from the same layers. The numerical derivatives are taken
    at `samples` elements of each gradient, drawn with `seed`, and at the largest one.

    `manual`: your own gradients in place of the course's, {"dW1": ..., "db1": ...} and dZ, dA if
    you like, or the function that gives them: backward(AL, Y, caches), backward(parameters, cache,
    X, Y), or for logistic regression propagate(w, b, X, Y). Where they are wrong, `diagnosis` says
    what the mistake is.

    >>> print(compare_gradients([2, 3, 1], [[1.0, -2.0], [0.5, 3.0]], [[1, 0]]).summary)
    All 9 gradients are equal: ...
    """
    if not isinstance(model, Classifier):
        model = LLayerClassifier(model)
    dtype = model._dtype() if model.run is None else next(iter(model.parameters.values())).dtype
    X = validation.inputs(X, dtype=dtype)
    Y = validation.labels(Y, X.shape[1], X.dtype)
    n_x, m = X.shape
    sizes = model.dims(n_x)
    trained = model.run is not None
    parameters = model.parameters if trained else model.initialize(n_x, X.dtype)
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
        raise SettingError(f"samples is {samples!r}; it must be a whole number, at least 1.")

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # shown as NOT FINITE
        network = numerical.NumericalDerivatives(model.layered(parameters), model.hidden, X, Y)
        theirs = (own_gradients(model, parameters, X, Y, manual) if manual is not None
                  else manual_gradients(model, parameters, X, Y))  # fmt: skip
        automatic = automatic_gradients(model, parameters, X, Y)
        rng, rows = np.random.RandomState(seed), []
        for letter, terms in numerical.sizes_of_terms(network.W, network.A, network.Y).items():
            name = f"d{letter}"
            if name not in theirs:
                continue
            # The course's dZ and dA are of the sum of the losses, m J.
            factor = m if name[1] in "AZ" else 1
            auto = factor * automatic[name]
            places = _places(auto, samples, rng)
            found = [factor * network.derivative(name, place) for place in places]
            called = model.own_name(name[1:])
            shape = parameters[called].shape if called in parameters else auto.shape
            rows.append(_row(f"d{called}", shape, theirs[name], auto, places, found, terms, factor))
    state = f"after {model.iterations} iterations" if trained else "at its first parameters"
    shown = "-".join(map(str, sizes))
    title = f"{type(model).__name__} {shown}, {X.dtype}, {state}, on {m} examples"
    comparison = Comparison(tuple(rows), title, m)
    if comparison.ok or not all(row.confirmed for row in rows):  # the automatic ones may be wrong
        return comparison
    context = {
        "parameters": model.layered(parameters), "X": X, "Y": Y, "activations": model.hidden,
        "learning_rate": model.course.learning_rate,
    }  # fmt: skip
    if model.own_name("W1") == "w":
        theirs = {"dw": theirs["dW1"].T, "db": theirs["db1"]}
    return replace(comparison, diagnosis=diagnose(theirs, automatic, context).text)


def _places(auto: Array, samples: int, rng: np.random.RandomState) -> list[tuple[int, ...]]:
    """All elements of a small gradient; of others some drawn ones, and the largest."""
    if auto.size <= samples + 1:
        flat = np.arange(auto.size)
    else:
        # Drawn with replacement: without, every element would get a number first.
        flat = np.unique([*rng.randint(auto.size, size=samples), np.abs(auto).argmax()])
    return [tuple(int(i) for i in np.unravel_index(k, auto.shape)) for k in flat]


def _row(
    name: str,
    shape: tuple[int, ...],
    manual: Array,
    auto: Array,
    places: list[tuple[int, ...]],
    numeric: list[float],
    terms: float,
    factor: int,
) -> Row:
    wide = auto.astype(np.float64)
    fits = np.shape(manual) == auto.shape
    absolute = float(np.max(np.abs(manual - wide))) if fits else float("nan")
    largest = float(np.max(np.abs(wide)))
    off = float(np.max(np.abs([wide[p] - d for p, d in zip(places, numeric, strict=True)])))
    return Row(
        name,
        shape,
        absolute,
        _over(absolute, largest),
        _over(off, largest),
        len(places),
        auto.size,
        largest,
        terms,
        factor,
        TOLERANCE[auto.dtype.name],
        fits,
    )


def _over(difference: float, size: float) -> float:
    if difference == 0:
        return 0.0
    return difference / size if size else float("inf")


def manual_gradients(model: Classifier, parameters: Parameters, X: Array, Y: Array) -> Gradients:
    """Every gradient as the course's functions give it, under dA2, dZ2, dW2, db2, dA1, ..."""
    _, grads = model.cost_and_gradients(X, Y, "by_hand")(parameters)
    found = {f"d{name}": g for name, g in model.layered(grads).items()}
    layers, hidden = model.layered(parameters), model.hidden
    L = len(layers) // 2
    AL, caches = by_hand.L_model_forward(X, layers, hidden=hidden)
    deep = by_hand.L_model_backward(AL, Y, caches, hidden=hidden)
    found.update({name: g for name, g in deep.items() if name.startswith("dA")})
    # dA[L] = -(Y / A[L] - (1 - Y) / (1 - A[L]))
    found[f"dA{L}"] = -(Y / AL - (1 - Y) / (1 - AL))
    for l in range(1, L + 1):
        dA, (_, Z) = found[f"dA{l}"], caches[l - 1]
        if l == L:
            found[f"dZ{l}"] = by_hand.sigmoid_backward(dA, Z)
        elif hidden == "relu":
            found[f"dZ{l}"] = by_hand.relu_backward(dA, Z)
        else:
            _, slope = by_hand.activations.activation_named(hidden)
            # dZ[l] = dA[l] * g[l]'(Z[l])
            found[f"dZ{l}"] = dA * slope(Z)
    return found


def automatic_gradients(model: Classifier, parameters: Parameters, X: Array, Y: Array) -> Gradients:
    """The same gradients, but of J, by the engine; those of the parameters as `fit` has them."""
    _, grads = model.cost_and_gradients(X, Y, "auto")(parameters)
    found = {f"d{name}": g for name, g in model.layered(grads).items()}
    graph = model.graph(X, Y, parameters, of_inputs=True)
    passing = {name: t for name, t in graph.items() if name[0] in "AZ"}
    for t in passing.values():
        t.retain_grad()
    graph["J"].backward()
    found.update({f"d{name}": t.grad for name, t in passing.items()})
    found["dA0"] = graph["X"].grad
    return found
