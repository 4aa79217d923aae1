"""Inference from the manual gradients: which mistakes explain one, or a dZ that is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

import autograd_lite as ag

from ...by_hand.notation import Array
from .activation_mistakes import candidates, families
from .any_mistakes import factors, general
from .forward_pass import ForwardPass, number
from .linear_mistakes import Candidate, Family, Upstream, right_step
from .rounding import EXACT, LOOSE, exact, largest, multiple, near

#: Errors that computing a candidate can raise if its shapes do not fit or a value is unknown.
FAILURES = (KeyError, ValueError, TypeError, IndexError)


class Guess(NamedTuple):
    """A mistake that a hidden dZ may have: the dZ, and the dA if the mistake was made there."""

    kind: str
    text: str
    value: Array
    upstream: Array | None = None


class Inference:
    """The manual gradients beside the right ones, and what is known of those not shown."""

    manual: dict[str, Array]
    truth: dict[str, Array]
    known: dict[str, Array]
    sizes: dict[str, float]
    net: ForwardPass
    up: Upstream
    m: int
    c: float
    #: Mistakes found in a dZ that is not shown.
    hidden: dict[str, list[tuple[str, str]]]
    #: A dZ that is not shown and is wrong for no known reason, and the gradient that tells.
    lost: str
    teller: str

    def local(self, name: str, before: str = "", value: Array | None = None) -> Array | None:
        """Return the right formula from the manual gradients before it, or None if one is missing.

        `value` stands for the gradient `before`, if one is given.
        """
        up = self.up
        if value is not None:
            up = up._replace(grads={**up.grads, before: value})
        try:
            return right_step(up, name) if number(name) is not None else None
        except FAILURES:
            return None

    def infer(self, name: str) -> None:
        """Find what a dZ must have been if the manual code shows only what follows from it."""
        local = self.local(name)
        if name[0] != "Z" or local is None:
            return
        l = int(name[1:])
        follow = (f"b{l}", f"W{l}", f"A{l - 1}")
        shown = [n for n in follow if n in self.manual and self.tells(n, name, local)]
        fitting = self.score(shown, name, local)
        if fitting < len(shown) and (fitting == 0 or not self.separate(shown, name, local)):
            guesses = list(self.guesses(shown, name, local))
            scores = [self.score(shown, name, guess.value) for guess in guesses]
            most = max(scores, default=0)
            apart = self.separate(shown, name, local)
            if most == len(shown) > fitting or (
                fitting == 0 and (most > 1 or (most and not apart))
            ):
                best = guesses[scores.index(most)]
                local = best.value
                if best.upstream is not None:
                    self.known[f"A{l}"] = best.upstream
                self.hidden[name] = [
                    (guess.kind, f"in d{name}, {guess.text}")
                    for guess in guesses
                    if near(guess.value, local, exact(local))
                ]
            elif not self.lost and fitting == 0 and not apart:
                self.lost, self.teller = name, ""
        self.known[name] = local

    def guesses(self, shown: list[str], name: str, local: Array) -> Iterator[Guess]:
        """Yield mistakes in a dZ that is not shown: alone, or with a factor."""
        tried = [(one, v) for one in candidates(self.up, name)
                 if (v := made(one, local.shape)) is not None]  # fmt: skip
        for one, value in tried:
            dA = None if one.upstream is None else one.upstream.numbers()
            yield Guess(one.kind, one.text, value, dA)
        for n in shown:
            for each in families(self.up, name):
                k = settled(each, self.manual[n], partial(self.local, n, name))
                if k is not None:
                    dZ = each.base() + k * each.direction()
                    yield Guess(each.kind, each.text.format(k=k), dZ)
        right = Candidate("factor", "", lambda: local)
        for n in [n for n in shown if self.manual[n].size > 2] or shown:
            for one, value in [(right, local), *tried]:
                E = self.local(n, name, value)
                k, text = (1.0, "") if E is None else self.factor(n, E, one is right)
                if text:
                    yield Guess(one.kind, "; and ".join(filter(None, (one.text, text))), k * value)

    def separate(self, shown: list[str], name: str, value: Array) -> bool:
        """Return True if each wrong gradient has a mistake of its own, if dZ were `value`."""
        return all(self.has_its_own(n, name, value) for n in shown)

    def has_its_own(self, name: str, before: str, value: Array) -> bool:
        """Return True if a gradient is right, or explained by itself, if `before` were `value`."""
        kept, self.known[before] = self.known.get(before), value
        E = self.local(name)
        found = E is not None and (
            self.equal(name, self.manual[name], E) or bool(self.explain(name, E, True))
        )
        del self.known[before]
        if kept is not None:
            self.known[before] = kept
        return found

    def tells(self, name: str, before: str, value: Array) -> bool:
        """Return True if a gradient depends on the one before it: behind dead units all are 0."""
        E = self.local(name, before, value)
        return E is not None and bool(np.any(E) or np.any(self.manual[name]))

    def score(self, shown: list[str], name: str, value: Array) -> int:
        """Return how many of the gradients shown follow from a dZ."""
        made = [(n, self.local(n, name, value)) for n in shown]
        return sum(E is not None and self.equal(n, self.manual[n], E) for n, E in made)

    def factor(self, name: str, E: Array, any_factor: bool) -> tuple[float, str]:
        """Return k and the sentence about it if the manual gradient is k E, else 1 and ""."""
        rtol = self.rtol(name, E)
        k = multiple(self.manual[name], E, rtol)
        if k is None:
            return 1.0, ""
        row = self.without_network(name, E, rtol)
        named = row.kind == "factor" and (any_factor or not row.diagnosis.endswith("throughout"))
        return k, row.diagnosis if named else ""

    def rtol(self, name: str, E: Array) -> float:
        """Return the rounding of a gradient, wider if the terms it adds up cancel."""
        rtol = exact(self.manual[name], E)
        noise = self.sizes.get(name, 0.0) / (largest(self.truth[name]) or 1.0)
        return min(rtol * max(1.0, noise), 1e-5 if rtol == EXACT else 1e-3)

    def without_network(self, name: str, E: Array, rtol: float | None) -> ag.ComparedGradient:
        """Return what `ag.compare` finds in a manual gradient that should be E."""
        constants = factors(self.net, self.m)
        report = ag.compare({"g": self.manual[name]}, {"g": E}, factors=constants, rtol=rtol)
        return report.rows[0]

    def explain(self, name: str, E: Array, from_manual: bool) -> list[tuple[str, str]]:
        """Return kind and sentence of every mistake that leads to the manual numbers."""
        M = self.manual[name]
        _, text = self.factor(name, E, M.size > 2)
        if text:
            return [("factor", text)]
        layer = number(name) is not None
        every = list(candidates(self.up, name)) if layer and from_manual else []
        every += general(name, E, self.manual, self.truth, self.net, self.known)
        tried = [(one, v) for one in every if (v := made(one, M.shape)) is not None]
        found = [(one.kind, one.text) for one, value in tried if self.equal(name, M, value)]
        # Without the sizes of the terms, ag.compare allows for terms that cancel.
        plain = self.without_network(name, E, self.rtol(name, E) if name in self.sizes else None)
        explained = plain.kind not in ("", "unexplained", "not finite")
        if explained and plain.factor == 1.0 and not found:
            found = [(plain.kind, plain.diagnosis)]
        if found:
            return found
        for each in families(self.up, name) if from_manual and name[0] in "AZ" else ():
            k = settled(each, M, lambda D: D)
            if k is not None:
                return [(each.kind, each.text.format(k=k))]
        for one, value in tried:
            _, text = self.factor(name, value, False)
            if text:
                return [(one.kind, f"{one.text}; and {text}")]
        return [(plain.kind, plain.diagnosis)] if explained else []

    def right(self, name: str) -> bool:
        """Return True if manual and right gradient are equal to rounding."""
        return self.equal(name, self.manual[name], self.truth[name])

    def equal(self, name: str, M: Array, E: Array) -> bool:
        """Return True if two gradients differ by rounding only, of them or of their terms."""
        rtol = exact(M, E)
        size = self.sizes.get(name)
        if size is None:
            floor = max((largest(t) for t in self.truth.values()), default=0.0) * rtol / 100
            return near(M, E, min(LOOSE * rtol, 1e-3), floor)
        if name[0] in "AZ":
            size /= self.c * self.m
        truth = largest(self.truth[name])
        size *= max(1.0, largest(E) / truth) if truth else 1.0
        return near(M, E, rtol, rtol * size)


def made(one: Candidate, shape: tuple[int, ...]) -> Array | None:
    """Return the elements of a candidate, or None if they are not finite or not of this shape."""
    try:
        value = one.numbers()
    except FAILURES:
        return None
    return value if value.shape == shape and np.all(np.isfinite(value)) else None


def settled(one: Family, M: Array, onto: Callable[[Array], Array | None]) -> float | None:
    """Return k of a family from a gradient M that `onto` computes from its elements, or None."""
    try:
        base, direction = onto(one.base()), onto(one.direction())
    except FAILURES:
        return None
    if base is None or direction is None or not M.shape == base.shape == direction.shape:
        return None
    k = multiple(M - base, direction, 1e3 * exact(M, base)) if M.size > 2 else None
    return k or None


def before_of(name: str) -> str:
    """Return the gradient that a gradient is computed from; "" if it belongs to no layer.

    >>> before_of("W2"), before_of("A1")
    ('Z2', 'Z2')
    """
    if number(name) is None:
        return ""
    l = int(name[1:])
    return {"Z": f"A{l}", "A": f"Z{l + 1}"}.get(name[0], f"Z{l}")
