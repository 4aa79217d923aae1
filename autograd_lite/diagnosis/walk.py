"""What is wrong with gradients written by hand: every mistake that explains the numbers, by name.

Each gradient is computed anew by the right formula from the MANUAL gradients before it. Where that
gives the manual numbers, the mistake was made before; where it does not, it is made here, and the
candidates of `explanations` are tried until one gives the manual numbers, to rounding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ShapeError
from .explanations import Candidate, Upstream, right_step
from .inference import Inference, before_of
from .judgement import Diagnosis, Judged, in_letters_of_one_unit
from .network import Array, layered, number, renumbered
from .patterns import network, other_networks, recognize


def compare(
    manual: Mapping[str, Any],
    automatic: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
) -> Diagnosis:
    """Compare gradients written by hand with right ones, and say what is wrong with them.

    Both are dicts under the course's keys, dW1, db1, dZ1, dA1, ... or W1, b1, ... `context` may
    hold the parameters, "X", "Y", Z1, A1, ... or "caches", "learning_rate", "activations" (a name
    for the hidden layers, or one for each layer) and "previous" (the gradients one step before);
    the more it holds, the more mistakes can be told. dZ and dA may be of the sum of the losses, as
    in the course, or of their mean; the two dicts may differ in that.

    Raises ShapeError where no gradient is in both.

    >>> report = compare({"dW1": [[2.0, 4.0]]}, {"dW1": [[1.0, 2.0]]})
    >>> report.ok, report.rows[0].diagnosis
    (False, 'it is 2 times what it should be: counted twice')
    """
    return Comparing(layered(manual), layered(automatic), context or {}, set(manual)).judge()


EARLIER = (
    "The manual dA[l] is the gradient of A[l-1], as in an earlier edition of the course; here it "
    "is called dA[l-1]."
)


class Comparing(Inference):
    """The walk from the last layer to the first."""

    def __init__(
        self,
        manual: dict[str, Array],
        automatic: dict[str, Array],
        context: Mapping[str, Any],
        spelled: set[str],
    ) -> None:
        self.manual, self.truth = manual, dict(automatic)
        self.spelled = {"W1": "w", "b1": "b"} if spelled & {"dw", "w"} else {}
        with np.errstate(all="ignore"):
            self.net = network(context, automatic)
        units: dict[str, int] = {}
        for n, g in automatic.items():
            if n[:1] == "W" and number(n) and g.ndim == 2:
                units |= {f"A{int(n[1:]) - 1}": g.shape[1], f"A{n[1:]}": g.shape[0]}
        self.earlier = renumbered(self.manual, self.net.L, units)
        self.rows: list[Judged] = []
        self.hidden: dict[str, list[tuple[str, str]]] = {}  # mistakes in a dZ that nobody shows
        if any(x.dtype == np.float32 for x in [*self.truth.values(), *self.net.values.values()]):
            # No more is known.
            self.manual = {n: g.astype(np.float32) for n, g in self.manual.items()}
        self.fits: dict[str, list[tuple[str, str]]] = {}
        self.lost = self.told = ""  # a dZ that nobody shows and nothing explains, and what tells it
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
        """By what the right dZ and dA are multiplied to be in the manual ones' convention.

        The convention is the one in which fewest steps of backprop are wrong, and of two the
        course's, the sum of the losses; a factor m that is a mistake makes a step wrong.
        """
        passing = {n: g for n, g in self.manual.items() if n[0] in "AZ" and n in self.truth}
        c, fits = self.c, {}
        for s in self.conventions():
            up, self.c = Upstream(self.net, dict(passing), c / s), c / s
            wrong, right = 0, sum(self.equal(n, g, s * self.truth[n]) for n, g in passing.items())
            for name in [n for n in self.order() if n in self.truth and number(n) is not None]:
                try:
                    E = right_step(up, name)
                except (KeyError, ValueError, TypeError):
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
        """By what dZ and dA are multiplied to be of the sum of the losses, and of their mean."""
        return self.c * self.m, self.c

    # The walk

    def judge(self) -> Diagnosis:
        """Every gradient, from the last layer to the first."""
        names = [n for n in self.order() if n in self.truth]
        common = [n for n in names if n in self.manual]
        if not common:
            raise ShapeError("no gradient is in both: use the same keys, dW1, db1, ..., in both.")
        with np.errstate(all="ignore"):
            bad = [n for n in common if not self.right(n)]
            whole = self.whole(common) if bad else None
            for name in names:
                if name in self.manual:
                    self.rows.append(self.row(name, whole, bad))
                    if before_of(name) and name[0] in "AZ":
                        self.lost = ""  # from here on it is known again
                elif name[0] in "Wb":
                    self.rows.append(self.missing(name))
                else:
                    self.infer(name)
        self.settle()
        notes = []
        if not np.isclose(self.scale, 1) and any(n[0] in "AZ" for n in common):
            of = "mean" if self.c == 1 else "sum"
            notes = [f"The manual dZ and dA are of the {of} of the losses, and compared as such."]
        if self.earlier:
            notes.append(EARLIER)
        rows = map(in_letters_of_one_unit, self.rows) if self.spelled else self.rows
        return Diagnosis(tuple(rows), tuple(notes))

    def order(self) -> list[str]:
        """As backprop goes; what belongs to no layer comes last."""
        known = [f"{n}{l}" for l in range(self.net.L, -1, -1) for n in "AZWb"]
        return known + [n for n in {**self.truth, **self.manual} if number(n) is None]

    def row(self, name: str, whole: Candidate | None, bad: list[str]) -> Judged:
        """The judgement of one gradient; what it is becomes what the next ones start from."""
        M, T = self.manual[name], self.truth[name]
        judged = Judged.measured(f"d{self.spelled.get(name, name)}", M, T)
        local = self.local(name)
        if number(name) is not None:
            fits = M.shape == T.shape
            self.known[name] = M if fits else local if local is not None else T
        if name not in bad:
            return judged.right()
        if not np.all(np.isfinite(M)):
            return judged.wrong("not finite", "it has nan or infinity in it", False)
        if whole is not None:
            return judged.wrong(whole.kind, whole.text, name != bad[0])
        before = before_of(name)
        if local is not None and self.equal(name, M, local):
            if before in self.hidden:
                self.fits[judged.name] = self.hidden.pop(before)
                return judged.wrong(*self.fits[judged.name][0], False)
            return judged.wrong("consequence", f"follows from d{before}", True)
        found = self.explain(name, local if local is not None else T, local is not None)
        if not found:
            return self.unexplained(judged, name)
        passed_on = [r.diagnosis for r in self.rows if r.name[1] in "AZ" and r.kind == "factor"]
        if local is None and found[0][1] in passed_on:
            return judged.wrong(
                "consequence", "the same factor as in the gradients before it", True
            )
        self.fits[judged.name] = found
        return judged.wrong(*found[0], False)

    def unexplained(self, judged: Judged, name: str) -> Judged:
        """Judged wrong for no reason known; behind a dZ that is not known, perhaps right."""
        wrong = judged.unexplained(self.manual[name], self.truth[name])
        if not self.lost or number(name) is None:
            return wrong
        if not self.told:
            self.told = judged.name
            text = f"{wrong.diagnosis}; perhaps d{self.lost}, which is not shown, is wrong already"
            return wrong.wrong("unexplained", text, False)
        text = f"it may follow from what is wrong in {self.told}: d{self.lost} is not shown"
        return wrong.wrong("unexplained", text, True)

    def settle(self) -> None:
        """Where several mistakes give the same numbers, prefer one that is made elsewhere, too."""
        counts = Counter(kind for found in self.fits.values() for kind in {k for k, _ in found})
        for i, row in enumerate(self.rows):
            if row.name in self.fits:
                kind, text = max(self.fits[row.name], key=lambda one: counts[one[0]])
                self.rows[i] = row.wrong(kind, text, False)

    def missing(self, name: str) -> Judged:
        """A parameter whose gradient was not computed."""
        T = self.truth[name]
        return Judged.measured(f"d{self.spelled.get(name, name)}", T * np.nan, T).wrong(
            "missing", "it is missing: the manual gradients have no such key", False
        )

    def whole(self, common: list[str]) -> Candidate | None:
        """One mistake before backprop that explains every gradient: other data, another forward."""
        if not self.sizes or not any(n[0] in "Wb" for n in common):
            return None
        for one, net in other_networks(self.net, self.truth):
            found, _ = net.backprop()
            for s in self.conventions():
                scale = {n: s / (self.c * self.m) if n[0] in "AZ" else 1.0 for n in common}
                if all(
                    n in found and self.equal(n, self.manual[n], scale[n] * found[n])
                    for n in common
                ):
                    return one
        return None
