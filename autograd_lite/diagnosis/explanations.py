"""Mistakes that people make in dW, db and dA, each as the numbers that it would give.

A candidate is (kind, sentence, numbers); the numbers are computed only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .network import Array, Network


class Candidate(NamedTuple):
    """A mistake, and the numbers that it would give; these may fail where shapes do not fit."""

    kind: str
    text: str
    make: Callable[..., Array]
    of: tuple[Any, ...] = ()

    def inner(self) -> Array | None:
        """The numbers of the candidate that this one is made of, a dA of a dZ; None without one."""
        one = self.of[0] if self.of else None
        return np.asarray(one.make(*one.of)) if isinstance(one, Candidate) else None


class Family(NamedTuple):
    """A mistake with a number k in it that nobody told: the numbers are base + k direction."""

    kind: str
    text: str
    base: Callable[[], Array]
    direction: Callable[[], Array]


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


def passed(up: Upstream, name: str) -> Array:
    """A dZ or dA of the manual code, or what it must have been where the code does not show it."""
    return up.grads[name] if name in up.grads else right_step(up, name)


def rows(up: Upstream, name: str) -> int:
    """The number of units of a dZ; 0 where it is not known."""
    return int(up.grads[name].shape[0]) if name in up.grads and up.grads[name].ndim else 0


def of_db(up: Upstream, l: int) -> Iterator[Candidate]:
    """db = 1/m np.sum(dZ, axis=1, keepdims=True), and what it is mistaken for."""
    c, L, m = up.c, up.net.L, up.net.m or 1

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
    alike = " (or summed over axis 0, its one unit)" if rows(up, f"Z{l}") == 1 else ""
    yield Candidate(
        "not summed", f"it is not summed over the examples{alike}: {use}", lambda: c * dZ()
    )
    yield Candidate(
        "keepdims", f"it is the same column for every example, broadcast to (n, m): {use}",
        lambda: np.broadcast_to(right(), dZ().shape),
    )  # fmt: skip
    for keep in (True, False):
        yield Candidate(
            "wrong axis", f"dZ{l} is summed over axis 0, the units, not over the examples: {use}",
            lambda keep: c * np.sum(dZ(), axis=0, keepdims=keep), (keep,),
        )  # fmt: skip
        if rows(up, f"Z{l}") == 1:
            continue  # its mean over one unit is no mean
        yield Candidate(
            "wrong axis", f"dZ{l} is averaged over axis 0, the units, not over the examples: {use}",
            lambda keep: c * m * np.mean(dZ(), axis=0, keepdims=keep), (keep,),
        )  # fmt: skip
    average = f"np.mean averages dZ{l} over everything, units and examples, to one number"
    for shape in ((), (1, 1), None):
        yield Candidate(
            "sum over everything", f"{average}: use np.mean(dZ, axis=1, keepdims=True)",
            lambda shape: np.full(right().shape if shape is None else shape, c * m * dZ().mean()),
            (shape,),
        )  # fmt: skip
    for i, which in ((0, "first"), (-1, "last")):
        yield Candidate(
            "one example", f"only the {which} example is in it: {use}",
            lambda i: c * dZ()[:, [i]], (i,),
        )  # fmt: skip
    yield from _upstream(up, l, lambda k: c * np.sum(k, axis=1, keepdims=True))
    yield from _layers(up, L, l, lambda k: c * np.sum(k, axis=1, keepdims=True))


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
    yield from _layers(up, L, l, lambda k: c * (k @ v[f"A{l - 1}"].T))


def of_dA(up: Upstream, l: int) -> Iterator[Candidate]:
    """dA_prev = W^T dZ, and what it is mistaken for; of the last layer, the loss by A."""
    v, g, L, net = up.net.values, up.grads, up.net.L, up.net
    s = 1 / (up.c * (net.m or 1))
    if l == L:
        Y = net.Y if net.Y is not None else np.nan
        loss = f"dA{l} = -(Y / A{l} - (1 - Y) / (1 - A{l}))"
        yield Candidate("loss", f"the second term is missing: {loss}", lambda: -s * Y / v[f"A{l}"])
        yield Candidate(
            "loss", f"the first term is missing: {loss}", lambda: s * (1 - Y) / (1 - v[f"A{l}"])
        )
        yield Candidate(
            "labels", f"Y and 1 - Y are exchanged: {loss}",
            lambda: -s * ((1 - Y) / v[f"A{l}"] - Y / (1 - v[f"A{l}"])),
        )  # fmt: skip
        yield Candidate(
            "loss", f"the denominators A{l} and 1 - A{l} are exchanged: {loss}",
            lambda: -s * (Y / (1 - v[f"A{l}"]) - (1 - Y) / v[f"A{l}"]),
        )  # fmt: skip
        yield Candidate(
            "loss", f"it is the loss itself, not its derivative: {loss}",
            lambda: -s * (Y * np.log(v[f"A{l}"]) + (1 - Y) * np.log(1 - v[f"A{l}"])),
        )  # fmt: skip
        yield Candidate(
            "loss", f"the two terms have the wrong sign between them: {loss}",
            lambda: -s * (Y / v[f"A{l}"] + (1 - Y) / (1 - v[f"A{l}"])),
        )  # fmt: skip
        yield Candidate(
            "loss", f"it is A{l} - Y, which is dZ{l} of the log loss, or dA of the squared error",
            lambda: s * (v[f"A{l}"] - Y),
        )  # fmt: skip
        yield Candidate(
            "loss", f"it is 2 (A{l} - Y), dA of the squared error, not of the log loss: {loss}",
            lambda: 2 * s * (v[f"A{l}"] - Y),
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
            yield Candidate(
                "wrong parameter", f"W{k}, without its transpose, is used in place of {W}: {step}",
                lambda k: v[f"W{k}"] @ dZ(), (k,),
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
    yield Candidate(
        "wrong parameter", f"d{W} is used in place of {W}: {step}",
        lambda: passed(up, W).T @ dZ(),
    )  # fmt: skip
    yield from _layers(up, L, l + 1, lambda k: v[W].T @ k)


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
        lambda: step(passed(up, f"A{l}")),
    )  # fmt: skip
    s = 1 / (up.c * (up.net.m or 1))
    yield Candidate(
        "upstream", f"A{l} is used in place of dZ{l}", lambda: step(s * up.net.values[f"A{l}"])
    )


def _layers(up: Upstream, L: int, l: int, step: Callable[[Array], Array]) -> Iterator[Candidate]:
    """The upstream gradient of another layer."""
    for k in range(1, L + 1):
        for kind in "ZA":
            if k != l:
                yield Candidate(
                    "other layer", f"d{kind}{k} of another layer is used in place of dZ{l}",
                    lambda k, kind: step(passed(up, f"{kind}{k}")), (k, kind),
                )  # fmt: skip
