"""Mistakes that people make in dZ = dA * g'(Z), and the mistakes of every step by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ...by_hand.activations import ACTIVATIONS
from ...by_hand.basics import sigmoid
from ...by_hand.notation import Array
from .forward_pass import ForwardPass
from .linear_mistakes import (
    Candidate,
    Family,
    Make,
    Upstream,
    mistakes_in_dA,
    mistakes_in_db,
    mistakes_in_dW,
    passed,
    right_step,
)


def candidates(up: Upstream, name: str) -> Iterator[Candidate]:
    """Yield the mistakes that can be made in the step to a gradient."""
    mistakes = {
        "W": mistakes_in_dW, "b": mistakes_in_db, "Z": mistakes_in_dZ, "A": mistakes_in_dA,
    }  # fmt: skip
    yield from mistakes[name[0]](up, int(name[1:]))


def mistakes_in_dZ(up: Upstream, l: int) -> Iterator[Candidate]:
    """Yield what dZ = dA * g'(Z) is mistaken for."""
    net, L = up.net, up.net.L
    v, used, s = net.values, net.activation.get(l, "relu"), 1 / (up.c * (net.m or 1))
    dA: Make = lambda: passed(up, f"A{l}")
    Z: Make = lambda: v[f"Z{l}"]
    A: Make = lambda: v[f"A{l}"]
    must = f"dZ{l} = dA{l} * g'(Z{l}), g = {used}"
    forgot = "the ReLU mask is forgotten" if used == "relu" else f"the slope of {used} is forgotten"
    yield Candidate("forgotten slope", f"{forgot}, dZ{l} = dA{l}: {must}", dA)
    for one in wrong_slopes(net, l, used, A, Z):
        times = lambda one: dA() * one.numbers()
        yield Candidate("wrong slope", f"{one.text}: {must}", times, (one,))
    for k in sorted(range(L + 1), key=lambda k: abs(k - l)):
        for label in (f"{x}{k}" for x in ("A", "Z", "dA", "dZ")):
            if label not in (f"dZ{l}", f"A{l}", f"Z{l}"):
                text = f"the ReLU mask is taken from {label}, not from Z{l}: {must}"
                yield Candidate(
                    "wrong mask",
                    text,
                    lambda n: dA() * ((passed(up, n[1:]) if n[0] == "d" else v[n]) > 0),
                    (label,),
                )
    text = (
        f"the ReLU mask is Z{l} >= 0; where Z{l} is 0, the course's ReLU has slope 0: use Z{l} > 0"
    )
    yield Candidate("wrong mask", text, lambda: dA() * (Z() >= 0))
    for k in range(L + 1):
        if k != l:
            text = f"dA{k} is used in place of dA{l}: {must}"
            step = lambda k: passed(up, f"A{k}") * net.slope(l)
            yield Candidate("other layer", text, step, (k,))
    text = f"dA{l} is not in it, dZ{l} = g'(Z{l}): {must}"
    yield Candidate("forgotten upstream", text, lambda: s * net.slope(l))
    if l == L:
        text = (
            f"it is (A{l} - Y) A{l} (1 - A{l}): the slope of the sigmoid is in it twice, "
            f"as with dA{l} = A{l} - Y of the squared error; dZ{l} = A{l} - Y"
        )
        yield Candidate("loss", text, lambda: right_step(up, f"Z{l}") * net.slope(l))
        if used == "sigmoid" and net.Y is not None:
            yield from mistakes_in_the_output(l, A, Z, net.Y, s)
    if f"A{l}" not in up.grads:
        for one in mistakes_in_dA(up, l):
            sloped = lambda one: one.numbers() * net.slope(l)
            yield Candidate(one.kind, f"in dA{l}, {one.text}", sloped, (one,), one)


def wrong_slopes(net: ForwardPass, l: int, used: str, A: Make, Z: Make) -> Iterator[Candidate]:
    """Yield what the factor g'(Z[l]) is mistaken for."""
    kind = "wrong slope"
    curved = used not in ("relu", "linear")
    if curved and l < net.L:
        yield Candidate(kind, f"the slope of {used} is in it twice", lambda: net.slope(l) ** 2)
    for name, (_, slope) in ACTIVATIONS.items():
        if name not in (used, "linear"):
            text = f"the slope of {name} is used where layer {l} has {used}"
            yield Candidate(kind, text, lambda slope: slope(Z()), (slope,))
    written: list[tuple[str, Make]] = [
        (f"1 - A{l}", lambda: 1 - A()),
        (f"1 - A{l}**2", lambda: 1 - A() ** 2),
        (f"A{l} * (1 - A{l})", lambda: A() * (1 - A())),
        (f"A{l}", A),
        (f"A{l}**2", lambda: A() ** 2),
        (f"1 + A{l}**2", lambda: 1 + A() ** 2),
        (f"1 - 2 * A{l}", lambda: 1 - 2 * A()),
        (f"Z{l}", Z),
        (f"1 - Z{l}**2", lambda: 1 - Z() ** 2),
        (f"Z{l} * (1 - Z{l})", lambda: Z() * (1 - Z())),
        (f"1 - tanh(A{l})**2", lambda: 1 - np.tanh(A()) ** 2),
        (f"sigmoid(A{l}) * (1 - sigmoid(A{l}))", lambda: sigmoid(A()) * (1 - sigmoid(A()))),
        (f"(Z{l} < 0)", lambda: Z() < 0),
    ]
    for text, factor in written:
        yield Candidate(kind, f"dA{l} is multiplied by {text}", factor)
    for k in range(net.L + 1):
        if k != l and curved:
            text = f"the slope of {used} is taken from layer {k}, not from Z{l}"
            yield Candidate(kind, text, lambda k: slope_at(net, used, k), (k,))


def mistakes_in_the_output(l: int, A: Make, Z: Make, Y: Array, s: float) -> Iterator[Candidate]:
    """Yield what dZ[L] = A[L] - Y is mistaken for; s is 1, or 1/m."""
    forms: list[tuple[str, str, Make]] = [
        ("labels", "the labels are 1 - Y: 0 and 1 are exchanged", lambda: A() - (1 - Y)),
        ("loss", f"it is A{l} + Y: the sign of Y is wrong", lambda: A() + Y),
        ("wrong activation", f"it is Z{l} - Y, before the sigmoid", lambda: Z() - Y),
        ("wrong activation", f"it is the predictions (A{l} > 0.5) - Y", lambda: (A() > 0.5) - Y),
        ("loss", f"it is |A{l} - Y|: a sign is lost, here or in dA{l}", lambda: np.abs(A() - Y)),
        ("loss", f"it is (A{l} - Y)**2, a loss, not a derivative", lambda: (A() - Y) ** 2),
        ("loss", f"it is A{l}: Y is not subtracted", A),
    ]
    for kind, text, make in forms:
        yield Candidate(kind, f"{text}; dZ{l} = A{l} - Y", lambda make: s * make(), (make,))


def slope_at(net: ForwardPass, used: str, k: int) -> Array:
    """Return g' at layer k; at X, which has no Z, tanh' and sigmoid' as functions of A."""
    A = net.values[f"A{k}"]
    if k == 0 and used in ("tanh", "sigmoid"):
        return np.asarray(1 - A**2 if used == "tanh" else A * (1 - A))
    return ACTIVATIONS[used][1](net.values.get(f"Z{k}", A))


def families(up: Upstream, name: str) -> Iterator[Family]:
    """Yield the mistakes with an unknown factor in the step to a dA or dZ."""
    net, l = up.net, int(name[1:])
    v = net.values
    if name[0] == "A" and l < net.L:
        W, dZ = f"W{l + 1}", f"Z{l + 1}"
        yield Family(
            "updated too early",
            f"{W} was updated (learning rate {{k:.6g}}) before this gradient used it: "
            "compute all gradients first, then update",
            lambda: v[W].T @ up.grads[dZ],
            lambda: -(passed(up, W).T @ up.grads[dZ]),
        )
    if name[0] == "Z" and net.activation.get(l) in ("relu", "leaky_relu"):
        yield Family(
            "wrong slope",
            f"the slope is {{k:.6g}} where Z{l} <= 0, and g = {net.activation[l]}",
            lambda: passed(up, f"A{l}") * (v[f"Z{l}"] > 0),
            lambda: passed(up, f"A{l}") * (v[f"Z{l}"] <= 0),
        )
    if name[0] == "Z" and f"A{l}" not in up.grads:
        for one in families(up, f"A{l}"):
            yield one._replace(
                text=f"in dA{l}, {one.text}",
                base=partial(through_slope, net, l, one.base),
                direction=partial(through_slope, net, l, one.direction),
            )


def through_slope(net: ForwardPass, l: int, dA: Make) -> Array:
    """Return dZ = dA * g'(Z[l])."""
    return np.asarray(dA() * net.slope(l))
