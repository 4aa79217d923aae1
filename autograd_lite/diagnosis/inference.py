"""What the manual gradients tell: which mistakes explain one that is shown, or a hidden dZ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from .explanations import Candidate, Upstream, right_step
from .network import Array, Network, number
from .patterns import (
    EXACT,
    LOOSE,
    constant_factor,
    exact,
    general,
    largest,
    made,
    multiple,
    near,
    settled,
)
from .slopes import candidates, families


class Guess(NamedTuple):
    """A mistake that a hidden dZ may have: the dZ, and where it is made before, the dA."""

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
    net: Network
    up: Upstream
    m: int
    c: float
    #: Mistakes found in a dZ that nobody shows; the dZ for which none was, and what tells of it.
    hidden: dict[str, list[tuple[str, str]]]
    lost: str
    told: str

    def local(self, name: str) -> Array | None:
        """The right formula from the manual gradients before it; None where it cannot be had."""
        try:
            return right_step(self.up, name) if number(name) is not None else None
        except (KeyError, ValueError, TypeError):
            return None

    def infer(self, name: str) -> None:
        """What dA or dZ must have been, if the manual code shows only what comes of it."""
        if name[0] != "Z":
            return
        local, l = self.local(name), int(name[1:])
        if local is None:
            return
        comes = (f"b{l}", f"W{l}", f"A{l - 1}")
        shown = [n for n in comes if n in self.manual and self.tells(n, name, local)]
        fitting = self.score(shown, name, local)
        if fitting < len(shown) and (fitting == 0 or not self.told_apart(shown, name, local)):
            guesses = list(self.guesses(shown, name, local))
            scores = [self.score(shown, name, guess.value) for guess in guesses]
            most = max(scores, default=0)
            apart = self.told_apart(shown, name, local)
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
                self.lost, self.told = name, ""
        self.known[name] = local

    def guesses(self, shown: list[str], name: str, local: Array) -> Iterator[Guess]:
        """Mistakes in a dZ that is not shown, alone, with a number in them, or with a factor."""
        every = [Candidate("factor", "", lambda: local), *candidates(self.up, name)]
        tried = [(one, v) for one in every if (v := made(one, local.shape)) is not None]
        yield from [Guess(one.kind, one.text, value, one.inner()) for one, value in tried[1:]]
        for n in shown:
            for each in families(self.up, name):
                k = settled(each, self.manual[n], partial(self.local_of, n, name))
                if k is not None:
                    dZ = each.base() + k * each.direction()
                    yield Guess(each.kind, each.text.format(k=k), dZ)
        for n in [n for n in shown if self.manual[n].size > 2] or shown:
            for one, value in tried:
                E = self.local_of(n, name, value)
                k, text = (1.0, None) if E is None else self.factor(n, E, one.text == "")
                if text:
                    said = "; and ".join(filter(None, (one.text, text)))
                    yield Guess(one.kind, said, k * value)

    def told_apart(self, shown: list[str], name: str, value: Array) -> bool:
        """Whether each gradient that is off has a mistake of its own, if dZ were `value`."""
        return all(self.own(n, name, value) for n in shown)

    def own(self, name: str, before: str, value: Array) -> bool:
        """Whether a gradient is right, or explained by itself, if the one before were `value`."""
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
        """Whether a gradient tells anything of the one before it: behind dead units all are 0."""
        E = self.local_of(name, before, value)
        return E is not None and bool(np.any(E) or np.any(self.manual[name]))

    def factor(self, name: str, E: Array, any_factor: bool) -> tuple[float, str | None]:
        """k, where the manual gradient is k E, and the sentence about it."""
        M = self.manual[name]
        noise = self.sizes.get(name, 0.0) / (largest(self.truth[name]) or 1.0)
        rtol = min(exact(M, E) * max(1.0, noise), 1e-5 if exact(M, E) == EXACT else 1e-3)
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
        for each in families(self.up, name) if from_manual and name[0] in "AZ" else ():
            k = settled(each, M, lambda D: D)
            if k is not None:
                return [(each.kind, each.text.format(k=k))]
        for one, value in tried:
            _, text = self.factor(name, value, False)
            if text:
                return [(one.kind, f"{one.text}; and {text}")]
        return []

    def right(self, name: str) -> bool:
        """Whether manual and right gradient are the same but for rounding."""
        return self.equal(name, self.manual[name], self.truth[name])

    def equal(self, name: str, M: Array, E: Array) -> bool:
        """Whether two gradients differ by rounding only, of them or of the terms they add up."""
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


def before_of(name: str) -> str:
    """The gradient that a gradient is computed from; "" for one of no layer.

    >>> before_of("W2"), before_of("A1")
    ('Z2', 'Z2')
    """
    if number(name) is None:
        return ""
    l = int(name[1:])
    return {"Z": f"A{l}", "A": f"Z{l + 1}"}.get(name[0], f"Z{l}")
