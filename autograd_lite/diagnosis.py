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

from .errors import ShapeError
from .explanations import Candidate, Upstream, candidates, right_step
from .judgement import Diagnosis, Judged
from .network import Array, layered, number
from .patterns import (
    EXACT,
    LOOSE,
    constant_factor,
    general,
    largest,
    made,
    multiple,
    near,
    network,
    other_networks,
    recognize,
)


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


class Comparing:
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
        self.rows: list[Judged] = []
        self.hidden: dict[str, list[tuple[str, str]]] = {}  # mistakes in a dZ that nobody shows
        if any(x.dtype == np.float32 for x in [*self.truth.values(), *self.net.values.values()]):
            self.manual = {n: g.astype(np.float32) for n, g in manual.items()}  # no more is known
        self.fits: dict[str, list[tuple[str, str]]] = {}
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

        A convention is the sum's or the mean's if its dZ and dA are right, and if dW and db come of
        them as it says; a factor m that is no convention, but a mistake, does not pass on so.
        """
        passing = {n: g for n, g in self.manual.items() if n[0] in "AZ" and n in self.truth}
        fits = {}
        for s in (1.0, float(self.m), 1.0 / self.m):
            up = Upstream(self.net, passing, self.c / s)
            fits[s] = 2 * sum(self.equal(n, g, s * self.truth[n]) for n, g in passing.items())
            for name in [n for n in self.manual if n[0] in "Wb" and number(n) is not None]:
                try:
                    before = f"Z{name[1:]}"
                    dZ = passing[before] if before in passing else right_step(up, before)
                    E = right_step(up._replace(grads={**passing, before: dZ}), name)
                    fits[s] += self.equal(name, self.manual[name], E)
                except (KeyError, ValueError, TypeError):
                    continue
        best = max(fits, key=lambda s: fits[s])
        for name in [n for n in self.truth if n[0] in "AZ"]:
            self.truth[name] = best * self.truth[name]
        self.c /= best
        return best

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
                elif name[0] in "Wb":
                    self.rows.append(self.missing(name))
                else:
                    self.infer(name)
        self.settle()
        notes = []
        if not np.isclose(self.scale, 1) and any(n[0] in "AZ" for n in common):
            of = "mean" if self.c == 1 else "sum"
            notes = [f"The manual dZ and dA are of the {of} of the losses, and compared as such."]
        return Diagnosis(tuple(self.rows), tuple(notes))

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
        before = self.before(name)
        if local is not None and self.equal(name, M, local):
            if before in self.hidden:
                self.fits[judged.name] = self.hidden.pop(before)
                return judged.wrong(*self.fits[judged.name][0], False)
            return judged.wrong("consequence", f"follows from d{before}", True)
        found = self.explain(name, local if local is not None else T, local is not None)
        if not found:
            return judged.unexplained(M, T)
        passed_on = [r.diagnosis for r in self.rows if r.name[1] in "AZ" and r.kind == "factor"]
        if local is None and found[0][1] in passed_on:
            return judged.wrong(
                "consequence", "the same factor as in the gradients before it", True
            )
        self.fits[judged.name] = found
        return judged.wrong(*found[0], False)

    def settle(self) -> None:
        """Where several mistakes give the same numbers, prefer one that is made elsewhere, too."""
        counts = Counter(kind for found in self.fits.values() for kind in {k for k, _ in found})
        for i, row in enumerate(self.rows):
            if row.name in self.fits:
                kind, text = max(self.fits[row.name], key=lambda one: counts[one[0]])
                self.rows[i] = row.wrong(kind, text, False)

    def local(self, name: str) -> Array | None:
        """The right formula from the manual gradients before it; None where it cannot be had."""
        try:
            return right_step(self.up, name) if number(name) is not None else None
        except (KeyError, ValueError, TypeError):
            return None

    def before(self, name: str) -> str:
        """The gradient that a gradient is computed from; "" for one of no layer."""
        if number(name) is None:
            return ""
        l = int(name[1:])
        return {"Z": f"A{l}", "A": f"Z{l + 1}"}.get(name[0], f"Z{l}")

    def missing(self, name: str) -> Judged:
        """A parameter whose gradient was not computed."""
        T = self.truth[name]
        return Judged.measured(f"d{self.spelled.get(name, name)}", T * np.nan, T).wrong(
            "missing", "it is missing: the manual gradients have no such key", False
        )

    # Gradients that the manual code does not show

    def infer(self, name: str) -> None:
        """What dA or dZ must have been, if the manual code shows only what comes of it."""
        if name[0] != "Z":
            return
        local, l = self.local(name), int(name[1:])
        if local is None:
            return
        comes = (f"W{l}", f"b{l}", f"A{l - 1}")
        shown = [n for n in comes if n in self.manual and self.tells(n, name, local)]
        if shown and self.score(shown, name, local) == 0:
            every = [*candidates(self.up, name), *self.multiples(shown[0], name, local)]
            tried = [(one, v) for one in every if (v := made(one, local.shape)) is not None]
            scores = [self.score(shown, name, value) for _, value in tried]
            most = max(scores, default=0)
            if most > 1 or (most and len(shown) == 1):
                local = tried[scores.index(most)][1]
                self.hidden[name] = [
                    (one.kind, f"in d{name}, {one.text}")
                    for one, value in tried
                    if near(value, local, EXACT)
                ]
        self.known[name] = local

    def tells(self, name: str, before: str, value: Array) -> bool:
        """Whether a gradient tells anything of the one before it: behind dead units all are 0."""
        E = self.local_of(name, before, value)
        return E is not None and bool(np.any(E) or np.any(self.manual[name]))

    def multiples(self, shown: str, name: str, local: Array) -> list[Candidate]:
        """dZ times a constant, if the first gradient that comes of it is a multiple."""
        E = self.local_of(shown, name, local)
        if E is None:
            return []
        k, found = self.factor(shown, E, True)
        return [Candidate("factor", found, lambda: k * local)] if found else []

    def factor(self, name: str, E: Array, any_factor: bool) -> tuple[float, str | None]:
        """k, where the manual gradient is k E, and the sentence about it."""
        M = self.manual[name]
        noise = self.sizes.get(name, 0.0) / (largest(self.truth[name]) or 1.0)
        single = 2e-2 * 2.0**29 if M.dtype == np.float32 else 1.0
        rtol = EXACT * min(max(1.0, noise, single), 1e7)
        k = multiple(M, E, rtol)
        if k is None:
            return 1.0, None
        return k, constant_factor(k, self.net, self.m, any_factor, rtol)

    def local_of(self, name: str, before: str, value: Array) -> Array | None:
        """A gradient by the right formula, if the one before it were `value`."""
        try:
            return right_step(self.up._replace(grads={**self.up.grads, before: value}), name)
        except (KeyError, ValueError, TypeError):
            return None

    def score(self, shown: list[str], name: str, value: Array) -> int:
        """How many of the gradients shown come of it."""
        made = [(n, self.local_of(n, name, value)) for n in shown]
        return sum(E is not None and self.equal(n, self.manual[n], E) for n, E in made)

    # Explanations

    def explain(self, name: str, E: Array, from_manual: bool) -> list[tuple[str, str]]:
        """The kind and the sentence of every mistake that gives the manual numbers."""
        M = self.manual[name]
        _, text = self.factor(name, E, M.size > 2)
        if text:
            return [("factor", text)]
        every = list(candidates(self.up, name)) if number(name) is not None and from_manual else []
        every += general(name, E, self.manual, self.truth, self.net, self.known)
        tried = [(one, value) for one in every if (value := made(one, M.shape)) is not None]
        found = [(one.kind, one.text) for one, value in tried if self.equal(name, M, value)]
        if found:
            return found
        for one, value in tried:
            _, text = self.factor(name, value, False)
            if text:
                return [(one.kind, f"{one.text}; and {text}")]
        return []

    def whole(self, common: list[str]) -> Candidate | None:
        """One mistake before backprop that explains every gradient: other data, another forward."""
        if not self.sizes or not any(n[0] in "Wb" for n in common):
            return None
        for one, net in other_networks(self.net, self.truth):
            found, _ = net.backprop()
            scale = {n: 1 / (self.c * self.m) if n[0] in "AZ" else 1.0 for n in common}
            if all(
                n in found and self.equal(n, self.manual[n], scale[n] * found[n]) for n in common
            ):
                return one
        return None

    # Equality

    def right(self, name: str) -> bool:
        """Whether manual and right gradient are the same but for rounding."""
        return self.equal(name, self.manual[name], self.truth[name])

    def equal(self, name: str, M: Array, E: Array) -> bool:
        """Whether two gradients differ by rounding only, of them or of the terms they add up."""
        bits = max(np.finfo(x.dtype).eps if x.dtype.kind == "f" else 0.0 for x in (M, E)) / 2.0**-52
        size = self.sizes.get(name)
        if size is None:
            floor = max((largest(t) for t in self.truth.values()), default=0.0) * 1e-14 * bits
            return near(M, E, LOOSE * bits, floor)
        if name[0] in "AZ":
            size /= self.c * self.m
        truth = largest(self.truth[name])
        size *= max(1.0, largest(E) / truth) if truth else 1.0
        return near(M, E, EXACT * bits, EXACT * bits * size)
