"""The walk from the last layer to the first, which names every mistake that explains the numbers.

Each gradient is computed anew by the right formula from the MANUAL gradients before it. If that
gives the manual numbers, the mistake was made earlier. If not, it is made here, and candidates
are tried until one gives the manual numbers, to rounding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag

from ...by_hand.notation import Array
from .any_mistakes import other_networks
from .forward_pass import forward_pass, layered, number, recognize, renumber, units
from .inference import FAILURES, Inference, before_of
from .linear_mistakes import Upstream, right_step

EARLIER = (
    "The manual dA[l] is the gradient of A[l-1], as in an earlier edition of the course; here it "
    "is called dA[l-1]."
)


def diagnose(
    manual: Mapping[str, Any],
    automatic: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
) -> ag.Diagnosis:
    """Say what is wrong with hand-written gradients of a network, in which layer, and what follows.

    Parameters
    ----------
    manual, automatic : mapping of str to array_like
        Gradients under the course's keys, dW1, db1, dZ1, dA1, ... or W1, b1, ...; dw and db for
        logistic regression. dZ and dA may be of the sum of the losses, as in the course, or of
        their mean, and the two mappings may differ in that.
    context : mapping, optional
        What is known of the network: "parameters", "X" (n_x, m), "Y" (1, m), Z1, A1, ... or
        "caches", "learning_rate", "activations" (a name for the hidden layers, or one for each
        layer) and "previous" (the gradients of the step before). The more it holds, the more
        mistakes are recognised.

    Returns
    -------
    autograd_lite.Diagnosis
        A row for each gradient from the last layer to the first; `text` holds the sentences.

    Raises
    ------
    autograd_lite.ShapeError
        If no gradient is in both mappings.

    Examples
    --------
    >>> report = diagnose({"dW1": [[2.0, 4.0]]}, {"dW1": [[1.0, 2.0]]})
    >>> report.ok, report.rows[0].diagnosis
    (False, 'it is 2 times what it should be: counted twice')
    """
    one_unit = bool({"dw", "w"} & set(manual))
    return _Walk(layered(manual), layered(automatic), context or {}, one_unit).diagnosis()


class _Walk(Inference):
    """The walk from the last layer to the first."""

    def __init__(
        self,
        manual: dict[str, Array],
        automatic: dict[str, Array],
        context: Mapping[str, Any],
        one_unit: bool,
    ) -> None:
        self.manual, self.truth = manual, dict(automatic)
        self.one_unit = one_unit
        with np.errstate(all="ignore"):
            self.net = forward_pass(context, automatic)
        self.earlier = renumber(self.manual, self.net.L, units(automatic))
        self.rows: list[ag.ComparedGradient] = []
        self.hidden = {}
        if any(x.dtype == np.float32 for x in [*self.truth.values(), *self.net.values.values()]):
            # Nothing is known more precisely.
            self.manual = {n: g.astype(np.float32) for n, g in self.manual.items()}
        self.found: dict[str, list[tuple[str, str]]] = {}
        self.lost = self.teller = ""
        self.m = self.net.m or 1
        with np.errstate(all="ignore"):
            self.c, self.sizes = recognize(self.net, self.truth)
            self.scale = self._convention()
        self.known = {
            n: g
            for n, g in self.manual.items()
            if n in self.truth and n[0] in "AZ" and g.shape == self.truth[n].shape
        }
        self.up = Upstream(self.net, self.known, self.c)

    def _convention(self) -> float:
        """Scale the right dZ and dA to the manual convention, and return the factor.

        The convention is the one in which the fewest steps of backprop are wrong, and of two the
        course's, the sum of the losses. A factor m that is a mistake makes a step wrong.
        """
        passing = {n: g for n, g in self.manual.items() if n[0] in "AZ" and n in self.truth}
        c, fits = self.c, {}
        for s in self.conventions():
            up, self.c = Upstream(self.net, dict(passing), c / s), c / s
            wrong, right = 0, sum(self.equal(n, g, s * self.truth[n]) for n, g in passing.items())
            for name in [n for n in self.order() if n in self.truth and number(n) is not None]:
                try:
                    E = right_step(up, name)
                except FAILURES:
                    continue
                if name in self.manual:
                    wrong += not self.equal(name, self.manual[name], E)
                elif name[0] == "Z":
                    up = up._replace(grads={**up.grads, name: E})
            fits[s] = (-wrong, right)
        best = max(fits, key=lambda s: fits[s]) if passing else 1.0
        for name in [n for n in self.truth if n[0] in "AZ"]:
            self.truth[name] = best * self.truth[name]
        self.c = c / best
        return best

    def conventions(self) -> tuple[float, float]:
        """Return the factors of dZ and dA for the sum of the losses, and for their mean."""
        return self.c * self.m, self.c

    def diagnosis(self) -> ag.Diagnosis:
        """Judge every gradient, from the last layer to the first."""
        names = [n for n in self.order() if n in self.truth]
        common = [n for n in names if n in self.manual]
        both = ({f"d{n}": g for n, g in side.items()} for side in (self.manual, self.truth))
        report = ag.compare(*both)
        self.measured = {row.name: row for row in report.rows}
        with np.errstate(all="ignore"):
            bad = [n for n in common if not self.right(n)]
            whole = self.whole(common) if bad else None
            for name in names:
                if name in self.manual:
                    self.rows.append(self.row(name, whole, bad))
                    if before_of(name) and name[0] in "AZ":
                        self.lost = ""  # from here on the gradient is known again
                elif name[0] in "Wb":
                    self.rows.append(self.measured[f"d{name}"])  # missing
                else:
                    self.infer(name)
        self.settle()
        notes = []
        if not np.isclose(self.scale, 1) and any(n[0] in "AZ" for n in common):
            of = "mean" if self.c == 1 else "sum"
            notes = [f"The manual dZ and dA are of the {of} of the losses, and compared as such."]
        if self.earlier:
            notes.append(EARLIER)
        rows = map(in_letters_of_one_unit, self.rows) if self.one_unit else self.rows
        return replace(report, rows=tuple(rows), notes=tuple(notes), chained=True)

    def order(self) -> list[str]:
        """Return the names as backprop goes; those that belong to no layer come last."""
        known = [f"{n}{l}" for l in range(self.net.L, -1, -1) for n in "AZWb"]
        return known + [n for n in {**self.truth, **self.manual} if number(n) is None]

    def row(self, name: str, whole: tuple[str, str] | None, bad: list[str]) -> ag.ComparedGradient:
        """Judge one gradient, and let the next ones start from it."""
        M, T, row = self.manual[name], self.truth[name], self.measured[f"d{name}"]
        local = self.local(name)
        if number(name) is not None:
            fits = M.shape == T.shape
            self.known[name] = M if fits else local if local is not None else T
        if name not in bad:
            return row.right()
        if row.kind == "not finite":
            return row
        if whole is not None:
            return row.wrong(*whole, consequence=name != bad[0])
        before = before_of(name)
        if local is not None and self.equal(name, M, local):
            if before not in self.hidden:
                return row.wrong("consequence", f"follows from d{before}", consequence=True)
            found = self.hidden.pop(before)
        else:
            found = self.explain(name, local if local is not None else T, local is not None)
            if not found:
                return self.unexplained(row, name)
            earlier = [r.diagnosis for r in self.rows if r.name[1] in "AZ" and r.kind == "factor"]
            if local is None and found[0][1] in earlier:
                text = "the same factor as in the gradients before it"
                return row.wrong("consequence", text, consequence=True)
        self.found[row.name] = found
        return row.wrong(*found[0])

    def unexplained(self, row: ag.ComparedGradient, name: str) -> ag.ComparedGradient:
        """Judge a gradient wrong for no known reason; after an unknown dZ it may be right."""
        wrong = row.unexplained(self.manual[name], self.truth[name])
        if not self.lost or number(name) is None:
            return wrong
        if not self.teller:
            self.teller = row.name
            text = f"{wrong.diagnosis}; perhaps d{self.lost}, which is not shown, is wrong already"
            return wrong.wrong("unexplained", text)
        text = f"it may follow from what is wrong in {self.teller}: d{self.lost} is not shown"
        return wrong.wrong("unexplained", text, consequence=True)

    def settle(self) -> None:
        """If several mistakes give the same numbers, prefer one that is made elsewhere, too."""
        counts = Counter(kind for found in self.found.values() for kind in {k for k, _ in found})
        for i, row in enumerate(self.rows):
            if row.name in self.found:
                kind, text = max(self.found[row.name], key=lambda one: counts[one[0]])
                self.rows[i] = row.wrong(kind, text)

    def whole(self, common: list[str]) -> tuple[str, str] | None:
        """Return kind and text of one mistake before backprop that explains every gradient."""
        if not self.sizes or not any(n[0] in "Wb" for n in common):
            return None
        for kind, text, net in other_networks(self.net, self.truth):
            found, _ = net.backward()
            for s in self.conventions():
                scale = {n: s / (self.c * self.m) if n[0] in "AZ" else 1.0 for n in common}
                if all(
                    n in found and self.equal(n, self.manual[n], scale[n] * found[n])
                    for n in common
                ):
                    return kind, text
        return None


def in_letters_of_one_unit(row: ag.ComparedGradient) -> ag.ComparedGradient:
    """Return a row of a one-layer network in the letters of logistic regression: dw is (n_x, 1)."""
    text = row.diagnosis
    if row.name == "dW1":
        for shape in (row.shape, row.right_shape):
            text = text.replace(f" {shape}", f" {shape[::-1]}")
        row = replace(
            row,
            shape=row.shape[::-1],
            right_shape=row.right_shape[::-1],
            worst=None if row.worst is None else row.worst[::-1],
        )
    for letter, pattern in (("", r"(?<=[bZA])1\b"), ("w", "W1"), ("X", "A0")):
        text = re.sub(pattern, letter, text)
    name = {"dW1": "dw", "db1": "db"}.get(row.name, row.name)
    return replace(row, name=name, diagnosis=text)
