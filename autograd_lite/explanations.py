"""Mistakes that people make in backprop, each as the numbers that it would give.

A candidate is (kind, sentence, numbers); the numbers are computed only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .network import ACTIVATIONS, Array, Network, sigmoid


class Candidate(NamedTuple):
    """A mistake, and the numbers that it would give; these may fail where shapes do not fit."""

    kind: str
    text: str
    make: Callable[..., Array]
    of: tuple[Any, ...] = ()


class Upstream(NamedTuple):
    """What a local step of backprop starts from: the network, and the manual gradients so far.

    `c`: dW = c dZ A_prev^T; 1/m where dZ is of the sum of the losses, 1 where it is of their mean.
    """

    net: Network
    grads: Mapping[str, Array]
    c: float


def right_step(up: Upstream, name: str) -> Array:
    """A gradient by the right formula from the gradients before it; KeyError where one is missing.

    >>> up = Upstream(Network({}, {}), {"Z1": np.array([[1.0, 2.0]])}, 0.5)
    >>> right_step(up, "b1")
    array([[1.5]])
    """
    net, g, l = up.net, up.grads, int(name[1:])
    v, m = net.values, net.m or 1
    if name[0] == "A" and l == net.L:
        AL = v[f"A{l}"]
        if net.Y is None:
            raise KeyError("Y")
        return np.asarray(-(net.Y / AL - (1 - net.Y) / (1 - AL)) / (up.c * m))
    if name[0] == "A":
        return np.asarray(v[f"W{l + 1}"].T @ g[f"Z{l + 1}"])
    if name[0] == "Z":
        if l == net.L and f"A{l}" not in g and net.activation[l] == "sigmoid":
            if net.Y is None:
                raise KeyError("Y")
            return np.asarray((v[f"A{l}"] - net.Y) / (up.c * m))
        dA = g[f"A{l}"] if f"A{l}" in g else right_step(up, f"A{l}")
        return np.asarray(dA * net.slope(l))
    dZ = g[f"Z{l}"]
    if name[0] == "W":
        return np.asarray(up.c * (dZ @ v[f"A{l - 1}"].T))
    return np.asarray(up.c * np.sum(dZ, axis=1, keepdims=True))


def candidates(up: Upstream, name: str) -> Iterator[Candidate]:
    """The mistakes that may be made in the step to a gradient."""
    l = int(name[1:])
    yield from {"W": of_dW, "b": of_db, "Z": of_dZ, "A": of_dA}[name[0]](up, l)


def of_db(up: Upstream, l: int) -> Iterator[Candidate]:
    """db = 1/m np.sum(dZ, axis=1, keepdims=True), and what it is mistaken for."""
    c, g, L = up.c, up.grads, up.net.L

    def dZ() -> Array:
        return up.grads[f"Z{l}"]

    def right() -> Array:
        return right_step(up, f"b{l}")

    def total() -> Array:
        return np.asarray(c * np.sum(dZ()))

    all_ = f"dZ{l} is summed over everything, units and examples, to one number"
    use = "use np.sum(dZ, axis=1, keepdims=True)"
    yield Candidate(
        "keepdims", f"keepdims=True is missing, so it is a rank-1 array (n,): {use}",
        lambda: right().ravel(),
    )  # fmt: skip
    yield Candidate("sum over everything", f"{all_}: {use}", total)
    yield Candidate(
        "sum over everything", f"{all_}, the same for all units: {use}",
        lambda: np.full(right().shape, total()),
    )  # fmt: skip
    yield Candidate("sum over everything", f"{all_}: {use}", lambda: total().reshape(1, 1))
    yield Candidate(
        "transpose", "it is a row (1, n) and must be a column (n, 1)", lambda: right().T
    )
    yield Candidate("not summed", f"it is not summed over the examples: {use}", lambda: c * dZ())
    yield Candidate(
        "keepdims", f"it is the same column for every example, broadcast to (n, m): {use}",
        lambda: np.broadcast_to(right(), dZ().shape),
    )  # fmt: skip
    for keep in (True, False):
        yield Candidate(
            "wrong axis", f"dZ{l} is summed over axis 0, the units, not over the examples: {use}",
            lambda keep: c * np.sum(dZ(), axis=0, keepdims=keep), (keep,),
        )  # fmt: skip
    for i, which in ((0, "first"), (-1, "last")):
        yield Candidate(
            "one example", f"only the {which} example is in it: {use}",
            lambda i: c * dZ()[:, [i]], (i,),
        )  # fmt: skip
    yield from _upstream(up, l, lambda k: c * np.sum(k, axis=1, keepdims=True))
    yield from _layers(g, L, l, lambda k: c * np.sum(k, axis=1, keepdims=True))


def of_dW(up: Upstream, l: int) -> Iterator[Candidate]:
    """dW = 1/m dZ A_prev^T, and what it is mistaken for."""
    v, g, c, L = up.net.values, up.grads, up.c, up.net.L

    def times(A: Array) -> Array:
        return np.asarray(c * (g[f"Z{l}"] @ A.T))

    for k in range(L + 1):
        if k != l - 1:
            yield Candidate(
                "wrong activation", f"A{k} is used in place of A{l - 1} in 1/m dZ{l} A{l - 1}^T",
                lambda k: times(v[f"A{k}"]), (k,),
            )  # fmt: skip
    if l > 1:
        yield Candidate(
            "wrong activation", f"Z{l - 1} is used in place of A{l - 1} = g(Z{l - 1})",
            lambda: times(v[f"Z{l - 1}"]),
        )  # fmt: skip
    X = v.get("A0")
    if l == 1 and X is not None:
        for make in reshaped(X):
            yield Candidate("reshape", RESHAPED, lambda make: times(make()), (make,))
    yield from _upstream(up, l, lambda k: c * (k @ v[f"A{l - 1}"].T))
    yield from _layers(g, L, l, lambda k: c * (k @ v[f"A{l - 1}"].T))


def of_dA(up: Upstream, l: int) -> Iterator[Candidate]:
    """dA_prev = W^T dZ, and what it is mistaken for; of the last layer, the loss by A."""
    v, g, L, net = up.net.values, up.grads, up.net.L, up.net
    s = 1 / (up.c * (net.m or 1))
    if l == L:
        Y = net.Y if net.Y is not None else np.nan
        loss = f"dA{l} = -(Y / A{l} - (1 - Y) / (1 - A{l}))"
        yield Candidate("loss", f"the second term is missing: {loss}", lambda: -s * Y / v[f"A{l}"])
        yield Candidate(
            "loss", f"the two terms have the wrong sign between them: {loss}",
            lambda: -s * (Y / v[f"A{l}"] + (1 - Y) / (1 - v[f"A{l}"])),
        )  # fmt: skip
        yield Candidate(
            "loss", f"it is A{l} - Y, which is dZ{l} of the log loss, or dA of the squared error",
            lambda: s * (v[f"A{l}"] - Y),
        )  # fmt: skip
        return
    W = f"W{l + 1}"

    def dZ() -> Array:
        return g[f"Z{l + 1}"]

    step = f"dA{l} = {W}^T dZ{l + 1}"
    yield Candidate("transpose", f"{W} is used without its transpose: {step}", lambda: v[W] @ dZ())
    for k in range(1, L + 1):
        if k != l + 1:
            yield Candidate(
                "wrong parameter", f"W{k} is used in place of {W}: {step}",
                lambda k: v[f"W{k}"].T @ dZ(), (k,),
            )  # fmt: skip
    if net.learning_rate is not None and W in g:
        for name, sign in (("W - learning_rate dW", -1), ("W + learning_rate dW", 1)):
            yield Candidate(
                "updated too early", f"{W} was updated before this gradient used it ({name}): "
                "compute all gradients first, then update",
                lambda sign: (v[W] + sign * net.learning_rate * g[W]).T @ dZ(), (sign,),
            )  # fmt: skip
    yield Candidate(
        "overwritten", f"the mask of layer {l} is in it already: dZ{l} was computed in place, "
        f"without a copy of dA{l}", lambda: (v[W].T @ dZ()) * net.slope(l),
    )  # fmt: skip
    yield from _upstream(up, l + 1, lambda k: v[W].T @ k)
    yield from _layers(g, L, l + 1, lambda k: v[W].T @ k)


def of_dZ(up: Upstream, l: int) -> Iterator[Candidate]:
    """dZ = dA * g'(Z), and what it is mistaken for."""
    net, g, L = up.net, up.grads, up.net.L
    v, used = net.values, net.activation.get(l, "relu")
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
        (f"1 - tanh(A{l})**2", lambda: 1 - np.tanh(A()) ** 2),
        (f"sigmoid(A{l}) * (1 - sigmoid(A{l}))", lambda: sigmoid(A()) * (1 - sigmoid(A()))),
        (f"(Z{l} < 0)", lambda: Z() < 0),
    ]
    for text, factor in written:
        yield Candidate(
            "wrong slope", f"dA{l} is multiplied by {text}: {must}",
            lambda factor: dA() * factor(), (factor,),
        )  # fmt: skip
    masks: dict[str, Mapping[str, Array]] = {}
    for k in sorted(range(L + 1), key=lambda k: abs(k - l)):
        masks |= {f"A{k}": v, f"Z{k}": v, f"dA{k}": g, f"dZ{k}": g}
    for label, source in masks.items():
        if label not in (f"dZ{l}", f"A{l}", f"Z{l}"):
            yield Candidate(
                "wrong mask", f"the ReLU mask is taken from {label}, not from Z{l}: {must}",
                lambda n, s: dA() * (s[n] > 0), (label.removeprefix("d"), source),
            )  # fmt: skip
    for k in range(L + 1):
        if k != l:
            yield Candidate(
                "other layer", f"dA{k} is used in place of dA{l}: {must}",
                lambda k: g[f"A{k}"] * net.slope(l), (k,),
            )  # fmt: skip
    if known is None:
        for one in of_dA(up, l):
            yield Candidate(
                one.kind,
                f"in dA{l}, {one.text}",
                lambda one: one.make(*one.of) * net.slope(l),
                (one,),
            )
    if l == L:
        yield Candidate(
            "loss", f"the slope of the sigmoid is in it twice; dZ{l} = A{l} - Y has it already",
            lambda: right_step(up, f"Z{l}") * net.slope(l),
        )  # fmt: skip


RESHAPED = (
    "the pictures were reshaped without .T, so columns mix examples: "
    "X = pictures.reshape(pictures.shape[0], -1).T"
)


def reshaped(X: Array) -> list[Callable[[], Array]]:
    """X as if pictures.reshape(-1, m) had made it, and the other way round."""
    n, m = X.shape
    return [lambda: X.T.reshape(n, m), lambda: X.reshape(m, n).T]


def _upstream(up: Upstream, l: int, step: Callable[[Array], Array]) -> Iterator[Candidate]:
    """dA where dZ belongs."""
    yield Candidate(
        "upstream", f"dA{l} is used in place of dZ{l} = dA{l} * g'(Z{l})",
        lambda: step(up.grads[f"A{l}"]),
    )  # fmt: skip


def _layers(
    g: Mapping[str, Array], L: int, l: int, step: Callable[[Array], Array]
) -> Iterator[Candidate]:
    """The upstream gradient of another layer."""
    for k in range(1, L + 1):
        for kind in "ZA":
            if k != l:
                yield Candidate(
                    "other layer", f"d{kind}{k} of another layer is used in place of dZ{l}",
                    lambda k, kind: step(g[f"{kind}{k}"]), (k, kind),
                )  # fmt: skip
