"""Mistakes that any gradient may have, whatever it belongs to: a factor, a transpose, a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .explanations import RESHAPED, Candidate, Family, reshaped
from .network import ACTIVATIONS, Array, Network

EXACT = 1e-12
SINGLE = 64 * 2.0**-23  # for EXACT, of float32
LOOSE = 1e6  # times EXACT, where the size of the terms that cancel is not known
NEAR = 1e-9


def exact(*arrays: Array) -> float:
    """What rounding may do, of the terms that a gradient adds up, in the coarsest number format."""
    return SINGLE if any(x.dtype in (np.float32, np.float16) for x in arrays) else EXACT


def multiple(M: Array, E: Array, rtol: float = EXACT) -> float | None:
    """k where M = k E, to rounding; None where there is none.

    >>> multiple(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
    2.0
    """
    if M.shape != E.shape or not np.any(E):
        return None
    a, b = M.astype(np.float64).ravel(), E.astype(np.float64).ravel()
    k = float((a @ b) / (b @ b))
    off = np.max(np.abs(a - k * b))
    return k if off <= rtol * np.max(np.abs(a), initial=0.0) else None


def constant_factor(
    k: float, net: Network, m: int, any_factor: bool = True, rtol: float = EXACT
) -> str | None:
    """A sentence about the factor k, known to `rtol`: by name, or if `any_factor` by value.

    >>> constant_factor(-1.0, Network({}, {}), 4)
    'it is -1 times what it should be: the sign is wrong'
    """
    if k == 0:
        return "it is 0 throughout: never computed, or overwritten"
    rate = net.learning_rate
    named: list[tuple[float, str, str]] = [
        (-1, "-1", "the sign is wrong"),
        (2, "2", "counted twice"),
        (0.5, "1/2", "halved"),
    ]
    if m > 1:
        named += [
            (m, f"m = {m}", "the mean over the examples, 1/m, is missing"),
            (1 / m, f"1/m = 1/{m}", "divided by m once too often"),
            (-m, f"-m = -{m}", "the sign is wrong, and 1/m is missing"),
            (-1 / m, f"-1/m = -1/{m}", "the sign is wrong, and m divides once too often"),
            (2 * m, f"2 m = {2 * m}", "counted twice, and 1/m is missing"),
            (2 / m, f"2/m = 2/{m}", "counted twice, and m divides once too often"),
            (m / 2, f"m/2 = {m}/2", "divided by 2, not by m"),
            (m * m, f"m^2 = {m * m}", "multiplied by m where m divides"),
        ]
    if m > 2:
        named.append((m / (m - 1), f"m/(m - 1) = {m}/{m - 1}", "divided by m - 1, not by m"))
    if rate:
        named += [
            (rate, f"the learning rate {rate:g}", "that belongs into the update only"),
            (-rate, f"minus the learning rate {rate:g}", "it is the step, not the gradient"),
            (rate * m, f"m times the learning rate, {rate * m:g}", "and 1/m is missing"),
            (rate / m, f"the learning rate over m, {rate / m:g}", "and m divides once too often"),
            (1 / rate, f"1 over the learning rate, {1 / rate:g}", "divided by it"),
        ]
    sizes = sorted({n for W in net.values.values() for n in W.shape} - {1, 2, m})
    units = [(m / n, f"m/n = {m}/{n}", f"divided by n = {n}, not by m = {m}") for n in sizes]
    close = max(NEAR, 10 * rtol)
    fits = [(label, why) for value, label, why in named if abs(k - value) <= close * abs(value)]
    fits = fits or [(label, why) for value, label, why in units if abs(k - value) <= close * value]
    if fits:
        rest = "".join(f" (or {label}: {why})" for label, why in fits[1:3])
        return f"it is {fits[0][0]} times what it should be: {fits[0][1]}{rest}"
    return (
        f"it is {k:.{10 if rtol < NEAR else 5}g} times what it should be, throughout"
        if any_factor
        else None
    )


def general(
    name: str,
    E: Array,
    manual: Mapping[str, Array],
    truth: Mapping[str, Array],
    net: Network,
    before: Mapping[str, Array],
) -> Iterator[Candidate]:
    """A transpose, a flattened array, sums with other gradients, parameters in place of them."""
    M = manual[name]
    if name[0] == "b" and number_like(name):
        pass  # keepdims and axes are told in more words
    elif E.ndim == 2:
        yield Candidate("transpose", "it is transposed", lambda: E.T)
    if M.shape == E.shape and E.ndim == 2:
        yield Candidate(
            "reshape", "it is reshaped where it should be transposed: use .T",
            lambda: E.T.reshape(E.shape),
        )  # fmt: skip
    if name[0] != "b" or M.shape == ():
        over = "summed over everything, to one number"
        yield Candidate("sum over everything", f"it is {over}", lambda: np.asarray(E.sum()))
        yield Candidate(
            "sum over everything", f"it is {over}, the same everywhere",
            lambda: np.full(E.shape, E.sum()),
        )  # fmt: skip
    text = f"the numbers are right, but the shape must be {E.shape}"
    yield Candidate("shape", text, lambda: E.reshape(M.shape))
    if not number_like(name) or not net.values:
        yield Candidate(
            "keepdims", f"the right column is broadcast to {M.shape}: keepdims=True is missing, or "
            "it is not summed", lambda: np.broadcast_to(E, M.shape),
        )  # fmt: skip
    if name in net.previous:
        yield Candidate(
            "accumulated", "the gradient of the step before is still in it: start from zero at "
            "every step", lambda: E + net.previous[name],
        )  # fmt: skip
        yield Candidate(
            "stale", "it is the gradient of the step before", lambda: net.previous[name]
        )
    others = [n for n in manual if n[:1] == name[:1] and n != name and number_like(n)]
    for n in others:
        if n in before:
            yield Candidate(
                "accumulated", f"d{n} is added to it: start from zero in every layer",
                lambda n: E + before[n], (n,),
            )  # fmt: skip
        yield Candidate("other layer", f"it is d{n}", lambda n: truth[n], (n,))
    for part in (net.values.get(name),):
        if part is not None and name[0] in "Wb":
            yield from _with_parameter(name, M, E, part, net.learning_rate)


def _with_parameter(
    name: str, M: Array, E: Array, W: Array, a: float | None
) -> Iterator[Candidate]:
    """The parameter itself in the gradient: weight decay, or the updated parameter."""
    if not M.shape == E.shape == W.shape:
        return
    if a is not None:
        yield Candidate(
            "updated parameter", f"it is the updated parameter, {name} - {a:.6g} d{name}, not "
            "the gradient", lambda: W - a * E,
        )  # fmt: skip
    if M.size < 3:
        return
    rtol = 1e3 * exact(M, E, W)
    k = multiple(M - E, W, rtol)
    if k:
        yield Candidate(
            "added", f"{k:.6g} {name} is added to it, as weight decay adds", lambda: E + k * W
        )
    rate = multiple(W - M, E, rtol)
    if rate:
        yield Candidate(
            "updated parameter", f"it is the updated parameter, {name} - {rate:.6g} d{name}, not "
            "the gradient", lambda: W - rate * E,
        )  # fmt: skip


def settled(one: Family, M: Array, onto: Callable[[Array], Array | None]) -> float | None:
    """k of a family, by a gradient M that `onto` computes from its numbers; None where none is."""
    try:
        base, direction = onto(one.base()), onto(one.direction())
    except (KeyError, ValueError, TypeError, IndexError):
        return None
    if base is None or direction is None or not M.shape == base.shape == direction.shape:
        return None
    k = multiple(M - base, direction, 1e3 * exact(M, base)) if M.size > 2 else None
    return k or None


def number_like(name: str) -> bool:
    """Whether it is W, b, Z or A of a layer."""
    return name[1:].isdecimal()


def other_networks(net: Network, truth: Mapping[str, Array]) -> Iterator[tuple[Candidate, Network]]:
    """The network as it would be after a mistake before backprop."""
    v = net.values
    nothing = lambda: np.zeros(0)
    for make in reshaped(v["A0"]):
        yield Candidate("reshape", RESHAPED, nothing), net.changed(A0=make())
    flipped = Candidate("labels", "the labels are 1 - Y: 0 and 1 are exchanged", nothing)
    yield flipped, net.changed(Y=1 - net.Y)  # type: ignore[operator]
    for hidden in ACTIVATIONS:
        if net.L > 1 and {net.activation[l] for l in range(1, net.L)} != {hidden}:
            text = f"the whole network was run with {hidden}, not {net.activation[1]}"
            one = Candidate("other activation", text, nothing)
            yield one, net.changed(activations=hidden)
    if net.learning_rate is not None:
        text = "the gradients are those after the update: compute them before it"
        a, t = net.learning_rate, truth
        moved = {n: v[n] - a * t[n] for n in t if n[0] in "Wb"}
        yield Candidate("updated too early", text, nothing), net.changed(**moved)


def made(one: Candidate, shape: tuple[int, ...]) -> Array | None:
    """The numbers of a candidate, where it has any of this shape."""
    try:
        value = np.asarray(one.make(*one.of))
    except (KeyError, ValueError, TypeError, IndexError):
        return None
    return value if value.shape == shape and np.all(np.isfinite(value)) else None


def near(a: Array, b: Array, rtol: float, atol: float = 0.0) -> bool:
    """Whether arrays of one shape differ by at most rtol of the largest number, plus atol."""
    if a.shape != b.shape or not np.all(np.isfinite(a)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= rtol * max(largest(a), largest(b)) + atol)


def largest(a: Array) -> float:
    """The largest absolute value."""
    return float(np.max(np.abs(a), initial=0.0))


def recognize(net: Network, truth: dict[str, Array]) -> tuple[float, dict[str, float]]:
    """c of dW = c dZ A_prev^T in the right gradients, and the sizes of the terms they add up.

    Where the network explains the right gradients, dZ and dA that they lack are put in; where it
    does not it is another network, and its forward values are dropped: they explain nothing.
    """
    m = net.m or 1
    c = 1 / m
    if net.complete:
        found, sizes = net.backprop()
        if matches(net, truth):
            passing = [n for n in found if n in truth and n[0] in "AZ"]
            rtol = max(1e-6, 100 * exact(*truth.values(), *found.values()))
            if passing and m > 1 and all(near(truth[n] * m, found[n], rtol) for n in passing):
                c = 1.0
            for name in found:
                truth.setdefault(name, found[name] / (c * m))
            return c, sizes
        net.values.clear()
    for name, value in truth.items():
        bias = truth.get(f"b{name[1:]}")
        if name[0] == "Z" and bias is not None and value.ndim == 2 and m > 1:
            rtol = min(LOOSE * exact(bias), 1e-3)
            c = 1.0 if near(bias, value.sum(axis=1, keepdims=True), rtol) else c
    return c, {}


def matches(net: Network, truth: Mapping[str, Array]) -> bool:
    """Whether backprop through the network gives the right dW and db."""
    found, sizes = net.backprop()
    both = [n for n in found if n in truth and n[0] in "Wb"]
    rtol = exact(*truth.values(), *found.values())
    return bool(both) and all(
        near(truth[n], found[n], max(1e-6, 10 * rtol), sizes[n] * max(1e-9, 10 * rtol))
        for n in both
    )


def network(context: Mapping[str, Any], truth: Mapping[str, Array]) -> Network:
    """The network of a context; which activation it has, the right gradients tell if need be."""
    net = Network(context, truth)
    if "activations" not in context and net.complete and not matches(net, truth):
        for hidden in ACTIVATIONS:
            other = Network({**context, "activations": hidden}, truth)
            if matches(other, truth):
                return other
    return net
