"""Manual against automatic gradients, and both against numerical ones, in one table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import by_hand, numerical
from .base import Classifier
from .by_hand.notation import Array, Gradients, Parameters
from .classifiers import LLayerClassifier
from .homework.diagnosis import diagnose
from .homework.gradients import Manual, own_gradients
from .train import count

#: Rounding may differ so far. No random network in float32 came to twice the spacing of numbers.
TOLERANCE = {"float64": 1e-12, "float32": 64 * float(np.finfo(np.float32).eps)}
NUMERICAL_TOLERANCE = 1e-9
SAMPLES = 20


@dataclass(frozen=True)
class Row:
    """One gradient, computed in three ways.

    Attributes
    ----------
    name, shape
        Its name, such as "dW1", and the shape it should have.
    absolute : float
        The largest difference between manual and automatic.
    relative : float
        The same, divided by the largest element.
    numerical : float
        The largest difference between numerical and automatic at `sampled` of its `size`
        elements, likewise divided.
    largest, terms : float
        The largest element, and the size of the terms that were added up: if they cancel,
        rounding errors are in proportion to them.
    factor : int
        What the automatic gradient was multiplied by.
    tolerance : float
        What rounding may do, relative to the larger of `largest` and `terms`.
    fits : bool
        True if the manual gradient has the shape it should have.
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
        """True if manual and automatic are equal up to rounding."""
        return self.absolute <= self.tolerance * max(self.largest, self.terms)

    @property
    def confirmed(self) -> bool:
        """True if the numerical derivatives agree with the automatic one."""
        allowed = max(NUMERICAL_TOLERANCE, self.tolerance)
        return self.numerical * self.largest <= allowed * max(self.largest, self.terms)

    @property
    def verdict(self) -> str:
        """The outcome in one or two words."""
        if not self.fits:
            return "OTHER SHAPE"
        if not np.isfinite(self.absolute):
            return "NOT FINITE"
        if self.equal:
            return "equal" if self.confirmed else "BOTH WRONG?"
        return "MANUAL WRONG" if self.confirmed else "DIFFERENT"

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        return (
            self.name + (" *" if self.factor != 1 else ""),
            str(self.shape).replace(" ", ""),
            f"{self.absolute:.1e}",
            f"{self.relative:.1e}",
            f"{self.numerical:.1e}",
            "all" if self.sampled == self.size else f"{self.sampled} of {self.size}",
            self.verdict,
        )


@dataclass(frozen=True)
class Comparison:
    """The result of `compare_gradients`; str() gives a table.

    Attributes
    ----------
    rows : tuple of Row
        The gradients, from the last layer to the first.
    title : str
    m : int
        The number of examples.
    diagnosis : str
        What is wrong with the manual gradients, if anything is.
    """

    rows: tuple[Row, ...]
    title: str
    m: int
    diagnosis: str = ""

    @property
    def ok(self) -> bool:
        """True if all gradients are equal, and confirmed by the numerical ones."""
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
        lines = [head, *(row.cells for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        lines.insert(1, tuple("-" * w for w in widths))
        aligned = "<<>>>><"
        table = [
            "  ".join(f"{c:{a}{w}}" for c, a, w in zip(line, aligned, widths, strict=True)).rstrip()
            for line in lines
        ]
        summary = textwrap.wrap(self.summary, 90)
        diagnosis = ["", self.diagnosis] if self.diagnosis else []
        return "\n".join([self.title, "", *table, "", *self._notes(), "", *summary, *diagnosis])

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
    """Compute every dA, dZ, dW, db by hand, automatically and numerically, and compare them.

    dW and db are those that `fit` descends. dZ and dA, which training does not need, come from
    the same layers.

    Parameters
    ----------
    model : Classifier or sequence of int
        A classifier, at the parameters it has learned or would start from, or the sizes
        (n_x, ..., 1) of an `LLayerClassifier`.
    X : array_like of shape (n_x, m)
    Y : array_like of shape (1, m)
    manual : mapping or callable, optional
        Your own gradients in place of the course's: {"dW1": ..., "db1": ...}, with dZ and dA if
        you like, or the function that returns them: backward(AL, Y, caches),
        backward(parameters, cache, X, Y), or propagate(w, b, X, Y) for logistic regression.
    samples, seed : int
        The numerical derivatives are taken at `samples` elements of each gradient, drawn with
        `seed`, and at the largest element.

    Returns
    -------
    Comparison
        Its `diagnosis` names the mistake if the manual gradients are wrong.

    Raises
    ------
    DataError
        If X and Y do not fit.
    SettingError
        If a manual gradient is missing, or `samples` is below 1.

    Examples
    --------
    >>> print(compare_gradients([2, 3, 1], [[1.0, -2.0], [0.5, 3.0]], [[1, 0]]).summary)
    All 9 gradients are equal: ...
    """
    if not isinstance(model, Classifier):
        model = LLayerClassifier(model)
    X, Y = model.checked(X, Y)
    n_x, m = X.shape
    model.dims(n_x)
    parameters = model.current_parameters(X)
    samples = count("samples", samples)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # shown as NOT FINITE
        network = numerical.NumericalDerivatives(model.layered(parameters), model.hidden, X, Y)
        theirs = (own_gradients(model, parameters, X, Y, manual) if manual is not None
                  else manual_gradients(model, parameters, X, Y))  # fmt: skip
        automatic = automatic_gradients(model, parameters, X, Y)
        rng, rows = np.random.RandomState(seed), []
        for name, terms in numerical.sizes_of_terms(network.W, network.A, network.Y).items():
            if f"d{name}" not in theirs:
                continue
            # The course's dZ and dA are of the sum of the losses, m J.
            factor = m if name[0] in "AZ" else 1
            M, auto = theirs[f"d{name}"], factor * automatic[f"d{name}"]
            places, wide = _places(auto, samples, rng), auto.astype(np.float64)
            differences = [wide[p] - factor * network.derivative(f"d{name}", p) for p in places]
            called = model.own_name(name)
            fits = np.shape(M) == auto.shape
            absolute = _largest(M - wide) if fits else float("nan")
            rows.append(Row(
                name=f"d{called}",
                shape=parameters[called].shape if called in parameters else auto.shape,
                absolute=absolute,
                relative=_ratio(absolute, _largest(auto)),
                numerical=_ratio(_largest(differences), _largest(auto)),
                sampled=len(places),
                size=auto.size,
                largest=_largest(auto),
                terms=terms,
                factor=factor,
                tolerance=TOLERANCE[auto.dtype.name],
                fits=fits,
            ))  # fmt: skip
    state = f"after {model.iterations} iterations" if model.run else "at its first parameters"
    title = f"{model.describe(n_x)}, {X.dtype}, {state}, on {m} examples"
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
    """Return the indices of all elements of a small gradient, else of some and the largest."""
    if auto.size <= samples + 1:
        flat = np.arange(auto.size)
    else:
        # Drawn with replacement: without, every element would get a number first.
        flat = np.unique([*rng.randint(auto.size, size=samples), np.abs(auto).argmax()])
    return [tuple(int(i) for i in np.unravel_index(k, auto.shape)) for k in flat]


def _largest(values: Any) -> float:
    return float(np.max(np.abs(values)))


def _ratio(difference: float, size: float) -> float:
    if difference == 0:
        return 0.0
    return difference / size if size else float("inf")


def manual_gradients(model: Classifier, parameters: Parameters, X: Array, Y: Array) -> Gradients:
    """Return every gradient by the course's functions, under dA2, dZ2, dW2, db2, dA1, ..."""
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
    """Return the same gradients by the engine, but all of J."""
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
