"""Mistakes that people make in dW, db and dA, each with the numbers that it leads to.

The numbers of a candidate are computed only when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...by_hand.notation import Array
from .forward_pass import ForwardPass

Make: TypeAlias = Callable[[], Array]


class Candidate(NamedTuple):
    """A mistake, and the numbers it leads to; computing these can fail if shapes do not fit.

    `of` are the arguments of `make`; `upstream` is the mistake in dA, if a dZ is wrong by it.
    """

    kind: str
    text: str
    make: Callable[..., Array]
    of: tuple[Any, ...] = ()
    upstream: Candidate | None = None

    def numbers(self) -> Array:
        """Return the gradient that the mistake leads to."""
        return np.asarray(self.make(*self.of))


class Family(NamedTuple):
    """A mistake with an unknown factor k in it: the numbers are base + k direction."""

    kind: str
    text: str
    base: Callable[[], Array]
    direction: Callable[[], Array]


class Upstream(NamedTuple):
    """The network and the manual gradients so far, from which a step of backprop starts.

    `c`: dW = c dZ A_prev^T; 1/m if dZ is of the sum of the losses, 1 if it is of their mean.
    """

    net: ForwardPass
    grads: Mapping[str, Array]
    c: float


def right_step(up: Upstream, name: str) -> Array:
    """Return a gradient by the right formula from those before it; KeyError if one is missing.

    >>> up = Upstream(ForwardPass({}, {}), {"Z1": np.array([[1.0, 2.0]])}, 0.5)
    >>> right_step(up, "b1")
    array([[1.5]])
    """
    net, g, l = up.net, up.grads, int(name[1:])
    v, m = net.values, net.m or 1
    if name[0] == "A" and l < net.L:
        return np.asarray(v[f"W{l + 1}"].T @ g[f"Z{l + 1}"])
    if name[0] in "AZ" and net.Y is None and l == net.L and f"A{l}" not in g:
        raise KeyError("Y")
    if name[0] == "A":
        Y, AL = net.Y, v[f"A{l}"]
        return np.asarray(-(Y / AL - (1 - Y) / (1 - AL)) / (up.c * m))  # type: ignore[operator]
    if name[0] == "Z":
        if l == net.L and f"A{l}" not in g and net.activation[l] == "sigmoid":
            return np.asarray((v[f"A{l}"] - net.Y) / (up.c * m))
        return np.asarray(passed(up, f"A{l}") * net.slope(l))
    dZ = g[f"Z{l}"]
    if name[0] == "W":
        return np.asarray(up.c * (dZ @ v[f"A{l - 1}"].T))
    return np.asarray(up.c * np.sum(dZ, axis=1, keepdims=True))


def passed(up: Upstream, name: str) -> Array:
    """Return a dZ or dA of the manual code, or what it must have been if it is not shown."""
    return up.grads[name] if name in up.grads else right_step(up, name)


def mistakes_in_db(up: Upstream, l: int) -> Iterator[Candidate]:
    """Yield what db = 1/m np.sum(dZ, axis=1, keepdims=True) is mistaken for."""
    c, m, shown = up.c, up.net.m or 1, up.grads.get(f"Z{l}")
    one_unit = shown is not None and shown.shape[:1] == (1,)
    dZ: Make = lambda: up.grads[f"Z{l}"]
    right: Make = lambda: right_step(up, f"b{l}")
    total: Make = lambda: np.asarray(c * np.sum(dZ()))
    mean: Make = lambda: np.asarray(c * m * np.mean(dZ()))
    use = "use np.sum(dZ, axis=1, keepdims=True)"
    everything = f"dZ{l} is summed over everything, units and examples, to one number"
    average = f"np.mean averages dZ{l} over everything, units and examples, to one number"
    keep = f"{average}: use np.mean(dZ, axis=1, keepdims=True)"
    alike = " (or summed over axis 0, its one unit)" if one_unit else ""
    axis_0 = f"over axis 0, the units, not over the examples: {use}"
    forms: list[tuple[str, str, Make]] = [
        ("keepdims", f"keepdims=True is missing, so it is a rank-1 array (n,): {use}",
         lambda: right().ravel()),
        ("sum over everything", f"{everything}: {use}", total),
        ("sum over everything", f"{everything}, the same for all units: {use}",
         lambda: np.full(right().shape, total())),
        ("sum over everything", f"{everything}: {use}", lambda: total().reshape(1, 1)),
        ("transpose", "it is a row (1, n) and must be a column (n, 1)", lambda: right().T),
        ("not summed", f"it is not summed over the examples{alike}: {use}", lambda: c * dZ()),
        ("keepdims", f"it is the same column for every example, broadcast to (n, m): {use}",
         lambda: np.broadcast_to(right(), dZ().shape)),
        ("wrong axis", f"dZ{l} is summed {axis_0}", lambda: c * dZ().sum(0, keepdims=True)),
        ("wrong axis", f"dZ{l} is summed {axis_0}", lambda: c * dZ().sum(0)),
        ("sum over everything", keep, mean),
        ("sum over everything", keep, lambda: mean().reshape(1, 1)),
        ("sum over everything", keep, lambda: np.full(right().shape, mean())),
        ("one example", f"only the first example is in it: {use}", lambda: c * dZ()[:, [0]]),
        ("one example", f"only the last example is in it: {use}", lambda: c * dZ()[:, [-1]]),
    ]  # fmt: skip
    if not one_unit:  # the mean over one unit is no mean
        forms[9:9] = [
            ("wrong axis", f"dZ{l} is averaged {axis_0}",
             lambda: c * m * dZ().mean(0, keepdims=True)),
            ("wrong axis", f"dZ{l} is averaged {axis_0}", lambda: c * m * dZ().mean(0)),
        ]  # fmt: skip
    yield from (Candidate(*form) for form in forms)
    yield from wrong_upstream(up, l, lambda g: c * np.sum(g, axis=1, keepdims=True))


def mistakes_in_dW(up: Upstream, l: int) -> Iterator[Candidate]:
    """Yield what dW = 1/m dZ A_prev^T is mistaken for."""
    v, X = up.net.values, up.net.values.get("A0")
    times: Callable[[Array], Array] = lambda A: np.asarray(up.c * (up.grads[f"Z{l}"] @ A.T))
    for k in range(up.net.L + 1):
        if k != l - 1:
            text = f"A{k} is used in place of A{l - 1} in 1/m dZ{l} A{l - 1}^T"
            yield Candidate("wrong activation", text, lambda k: times(v[f"A{k}"]), (k,))
    if l > 1:
        text = f"Z{l - 1} is used in place of A{l - 1} = g(Z{l - 1})"
        yield Candidate("wrong activation", text, lambda: times(v[f"Z{l - 1}"]))
    if l == 1 and X is not None:
        for make in reshaped(X):
            yield Candidate("reshape", RESHAPED, lambda make: times(make()), (make,))
    yield from wrong_upstream(up, l, lambda g: up.c * (g @ v[f"A{l - 1}"].T))


def mistakes_in_dA(up: Upstream, l: int) -> Iterator[Candidate]:
    """Yield what dA_prev = W^T dZ is mistaken for, and in the last layer the loss's derivative."""
    if l == up.net.L:
        yield from mistakes_in_the_loss(up, l)
        return
    v, g, L, net = up.net.values, up.grads, up.net.L, up.net
    W, rate = f"W{l + 1}", net.learning_rate
    step = f"dA{l} = {W}^T dZ{l + 1}"
    dZ: Make = lambda: g[f"Z{l + 1}"]
    yield Candidate("transpose", f"{W} is used without its transpose: {step}", lambda: v[W] @ dZ())
    for k in range(1, L + 1):
        if k != l + 1:
            place = f"is used in place of {W}: {step}"
            yield Candidate("wrong parameter", f"W{k} {place}", lambda k: v[f"W{k}"].T @ dZ(), (k,))
            text = f"W{k}, without its transpose, {place}"
            yield Candidate("wrong parameter", text, lambda k: v[f"W{k}"] @ dZ(), (k,))
    if rate is not None and W in g:
        for sign, step_taken in (("-", -rate), ("+", rate)):
            yield Candidate(
                "updated too early",
                f"{W} was updated before this gradient used it (W {sign} learning_rate dW): "
                "compute all gradients first, then update",
                lambda a: (v[W] + a * g[W]).T @ dZ(),
                (step_taken,),
            )
    yield Candidate(
        "overwritten",
        f"the mask of layer {l} is in it already: dZ{l} was computed in place, without a copy of "
        f"dA{l}",
        lambda: (v[W].T @ dZ()) * net.slope(l),
    )
    text = f"d{W} is used in place of {W}: {step}"
    yield Candidate("wrong parameter", text, lambda: passed(up, W).T @ dZ())
    yield from wrong_upstream(up, l + 1, lambda g: v[W].T @ g)


def mistakes_in_the_loss(up: Upstream, l: int) -> Iterator[Candidate]:
    """Yield what dA[L] = -(Y / A[L] - (1 - Y) / (1 - A[L])) is mistaken for."""
    Y = up.net.Y if up.net.Y is not None else np.asarray(np.nan)
    A = up.net.values.get(f"A{l}", np.asarray(np.nan))
    s = 1 / (up.c * (up.net.m or 1))
    loss = f"dA{l} = -(Y / A{l} - (1 - Y) / (1 - A{l}))"
    forms: list[tuple[str, str, Make]] = [
        ("loss", f"the second term is missing: {loss}", lambda: -Y / A),
        ("loss", f"the first term is missing: {loss}", lambda: (1 - Y) / (1 - A)),
        ("labels", f"Y and 1 - Y are exchanged: {loss}", lambda: -((1 - Y) / A - Y / (1 - A))),
        ("loss", f"the denominators A{l} and 1 - A{l} are exchanged: {loss}",
         lambda: -(Y / (1 - A) - (1 - Y) / A)),
        ("loss", f"it is the loss itself, not its derivative: {loss}",
         lambda: -(Y * np.log(A) + (1 - Y) * np.log(1 - A))),
        ("loss", f"the two terms have the wrong sign between them: {loss}",
         lambda: -(Y / A + (1 - Y) / (1 - A))),
        ("loss", f"it is A{l} - Y, which is dZ{l} of the log loss, or dA of the squared error",
         lambda: A - Y),
        ("loss", f"it is 2 (A{l} - Y), dA of the squared error, not of the log loss: {loss}",
         lambda: 2 * (A - Y)),
    ]  # fmt: skip
    for kind, text, make in forms:
        yield Candidate(kind, text, lambda make: s * make(), (make,))


RESHAPED = (
    "the pictures were reshaped without .T, so columns mix examples: "
    "X = pictures.reshape(pictures.shape[0], -1).T"
)


def reshaped(X: Array) -> list[Callable[[], Array]]:
    """Return X as if pictures.reshape(-1, m) had made it, and the other way round."""
    n, m = X.shape
    return [lambda: X.T.reshape(n, m), lambda: X.reshape(m, n).T]


def wrong_upstream(up: Upstream, l: int, step: Callable[[Array], Array]) -> Iterator[Candidate]:
    """Yield a dA, an A, or the gradient of another layer in place of dZ[l]."""
    s = 1 / (up.c * (up.net.m or 1))
    text = f"dA{l} is used in place of dZ{l} = dA{l} * g'(Z{l})"
    yield Candidate("upstream", text, lambda: step(passed(up, f"A{l}")))
    text = f"A{l} is used in place of dZ{l}"
    yield Candidate("upstream", text, lambda: step(s * up.net.values[f"A{l}"]))
    for name in (f"{kind}{k}" for k in range(1, up.net.L + 1) if k != l for kind in "ZA"):
        text = f"d{name} of another layer is used in place of dZ{l}"
        yield Candidate("other layer", text, lambda name: step(passed(up, name)), (name,))
