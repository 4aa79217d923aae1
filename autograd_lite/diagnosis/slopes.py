"""Mistakes that people make in dZ = dA * g'(Z), and with them those in every step of backprop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from .explanations import Candidate, Family, Upstream, of_dA, of_db, of_dW, passed, right_step
from .network import ACTIVATIONS, Array, Network, sigmoid


def candidates(up: Upstream, name: str) -> Iterator[Candidate]:
    """The mistakes that may be made in the step to a gradient."""
    l = int(name[1:])
    yield from {"W": of_dW, "b": of_db, "Z": of_dZ, "A": of_dA}[name[0]](up, l)


def of_dZ(up: Upstream, l: int) -> Iterator[Candidate]:
    """dZ = dA * g'(Z), and what it is mistaken for."""
    net, g, L = up.net, up.grads, up.net.L
    v, used, s = net.values, net.activation.get(l, "relu"), 1 / (up.c * (net.m or 1))
    known = g.get(f"A{l}")

    def dA() -> Array:
        return known if known is not None else right_step(up, f"A{l}")

    def Z() -> Array:
        return v[f"Z{l}"]

    def A() -> Array:
        return v[f"A{l}"]

    must = f"dZ{l} = dA{l} * g'(Z{l}), g = {used}"
    forgot = "the ReLU mask is forgotten" if used == "relu" else f"the slope of {used} is forgotten"
    yield Candidate("forgotten slope", f"{forgot}, dZ{l} = dA{l}: {must}", dA)
    if used not in ("relu", "linear") and l < L:
        yield Candidate(
            "wrong slope", f"the slope of {used} is in it twice: {must}",
            lambda: dA() * net.slope(l) ** 2,
        )  # fmt: skip
    for name, (_, slope) in ACTIVATIONS.items():
        if name not in (used, "linear"):
            yield Candidate(
                "wrong slope", f"the slope of {name} is used where layer {l} has {used}: {must}",
                lambda slope: dA() * slope(Z()), (slope,),
            )  # fmt: skip
    written: list[tuple[str, Callable[[], Array]]] = [
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
        yield Candidate(
            "wrong slope", f"dA{l} is multiplied by {text}: {must}",
            lambda factor: dA() * factor(), (factor,),
        )  # fmt: skip
    for k in (k for k in range(L + 1) if k != l and used not in ("relu", "linear")):
        yield Candidate(
            "wrong slope", f"the slope of {used} is taken from layer {k}, not from Z{l}: {must}",
            lambda k: dA() * slope_at(net, used, k), (k,),
        )  # fmt: skip
    near = sorted(range(L + 1), key=lambda k: abs(k - l))
    for label in (f"{x}{k}" for k in near for x in ("A", "Z", "dA", "dZ")):
        if label not in (f"dZ{l}", f"A{l}", f"Z{l}"):
            yield Candidate(
                "wrong mask", f"the ReLU mask is taken from {label}, not from Z{l}: {must}",
                lambda n: dA() * ((passed(up, n[1:]) if n[0] == "d" else v[n]) > 0), (label,),
            )  # fmt: skip
    yield Candidate(
        "wrong mask", f"the ReLU mask is Z{l} >= 0; where Z{l} is 0, the course's ReLU has slope"
        f" 0: use Z{l} > 0", lambda: dA() * (Z() >= 0),
    )  # fmt: skip
    for k in range(L + 1):
        if k != l:
            yield Candidate(
                "other layer", f"dA{k} is used in place of dA{l}: {must}",
                lambda k: passed(up, f"A{k}") * net.slope(l), (k,),
            )  # fmt: skip
    yield Candidate(
        "forgotten upstream", f"dA{l} is not in it, dZ{l} = g'(Z{l}): {must}",
        lambda: s * net.slope(l),
    )  # fmt: skip
    if l == L:
        yield Candidate(
            "loss", f"it is (A{l} - Y) A{l} (1 - A{l}): the slope of the sigmoid is in it twice, "
            f"as with dA{l} = A{l} - Y of the squared error; dZ{l} = A{l} - Y",
            lambda: right_step(up, f"Z{l}") * net.slope(l),
        )  # fmt: skip
        if used == "sigmoid" and net.Y is not None:
            yield from of_output(l, A, Z, net.Y, s)
    if known is None:
        for one in of_dA(up, l):
            yield Candidate(
                one.kind,
                f"in dA{l}, {one.text}",
                lambda one: one.make(*one.of) * net.slope(l),
                (one,),
            )


def of_output(
    l: int, A: Callable[[], Array], Z: Callable[[], Array], Y: Array, s: float
) -> Iterator[Candidate]:
    """dZ[L] = A[L] - Y, and what it is mistaken for; s is 1, or 1/m."""
    must = f"dZ{l} = A{l} - Y"
    forms: list[tuple[str, str, Callable[[], Array]]] = [
        ("labels", "the labels are 1 - Y: 0 and 1 are exchanged", lambda: A() - (1 - Y)),
        ("loss", f"it is A{l} + Y: the sign of Y is wrong", lambda: A() + Y),
        ("wrong activation", f"it is Z{l} - Y, before the sigmoid", lambda: Z() - Y),
        ("wrong activation", f"it is the predictions (A{l} > 0.5) - Y", lambda: (A() > 0.5) - Y),
        ("loss", f"it is |A{l} - Y|: a sign is lost, here or in dA{l}", lambda: np.abs(A() - Y)),
        ("loss", f"it is (A{l} - Y)**2, a loss, not a derivative", lambda: (A() - Y) ** 2),
        ("loss", f"it is A{l}: Y is not subtracted", A),
    ]
    for kind, text, make in forms:
        yield Candidate(kind, f"{text}; {must}", lambda make: s * make(), (make,))


def slope_at(net: Network, used: str, k: int) -> Array:
    """g' where layer k is; of X, which has no Z, by what tanh' and sigmoid' are of A."""
    A = net.values[f"A{k}"]
    if k == 0 and used in ("tanh", "sigmoid"):
        return np.asarray(1 - A**2 if used == "tanh" else A * (1 - A))
    return ACTIVATIONS[used][1](net.values.get(f"Z{k}", A))


def families(up: Upstream, name: str) -> Iterator[Family]:
    """Mistakes in the step to a dA or dZ with a number in them that nobody told."""
    net, l = up.net, int(name[1:])
    v = net.values
    if name[0] == "A" and l < net.L:
        W, dZ = f"W{l + 1}", f"Z{l + 1}"
        yield Family(
            "updated too early", f"{W} was updated (learning rate {{k:.6g}}) before this gradient "
            "used it: compute all gradients first, then update",
            lambda: v[W].T @ up.grads[dZ], lambda: -(passed(up, W).T @ up.grads[dZ]),
        )  # fmt: skip
    if name[0] == "Z" and net.activation.get(l) in ("relu", "leaky_relu"):
        yield Family(
            "wrong slope", f"the slope is {{k:.6g}} where Z{l} <= 0, and g = {net.activation[l]}",
            lambda: passed(up, f"A{l}") * (v[f"Z{l}"] > 0),
            lambda: passed(up, f"A{l}") * (v[f"Z{l}"] <= 0),
        )  # fmt: skip
    if name[0] == "Z" and f"A{l}" not in up.grads:
        for one in families(up, f"A{l}"):
            yield one._replace(
                text=f"in dA{l}, {one.text}",
                base=partial(sloped, net, l, one.base),
                direction=partial(sloped, net, l, one.direction),
            )


def sloped(net: Network, l: int, of_dA: Callable[[], Array]) -> Array:
    """dZ of a dA."""
    return np.asarray(of_dA() * net.slope(l))
