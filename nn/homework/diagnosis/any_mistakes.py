"""Mistakes that any gradient can have, and mistakes made before the backward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ...by_hand.activations import ACTIVATIONS
from ...by_hand.notation import Array
from .forward_pass import ForwardPass, number
from .linear_mistakes import RESHAPED, Candidate, reshaped
from .rounding import exact, multiple


def factors(net: ForwardPass, m: int) -> dict[str, tuple[float, str]]:
    """Return the constants that turn up in wrong backward passes: label -> (value, mistake)."""
    found: dict[str, tuple[float, str]] = {}
    if m > 1:
        found = {
            f"m = {m}": (m, "the mean over the examples, 1/m, is missing"),
            f"1/m = 1/{m}": (1 / m, "divided by m once too often"),
            f"-m = -{m}": (-m, "the sign is wrong, and 1/m is missing"),
            f"-1/m = -1/{m}": (-1 / m, "the sign is wrong, and m divides once too often"),
            f"2 m = {2 * m}": (2 * m, "counted twice, and 1/m is missing"),
            f"2/m = 2/{m}": (2 / m, "counted twice, and m divides once too often"),
            f"m/2 = {m}/2": (m / 2, "divided by 2, not by m"),
            f"m^2 = {m * m}": (m * m, "multiplied by m where m divides"),
        }
    if m > 2:
        found[f"m/(m - 1) = {m}/{m - 1}"] = (m / (m - 1), "divided by m - 1, not by m")
    if rate := net.learning_rate:
        found |= {
            f"the learning rate {rate:g}": (rate, "that belongs into the update only"),
            f"minus the learning rate {rate:g}": (-rate, "it is the step, not the gradient"),
            f"m times the learning rate, {rate * m:g}": (rate * m, "and 1/m is missing"),
            f"the learning rate over m, {rate / m:g}": (
                rate / m, "and m divides once too often"),
            f"1 over the learning rate, {1 / rate:g}": (1 / rate, "divided by it"),
        }  # fmt: skip
    # Sizes of layers last: a number of units may be one of the constants above.
    known = [value for value, _ in found.values()]
    for n in sorted({n for W in net.values.values() for n in W.shape} - {1, 2, m}):
        if not np.any(np.isclose(m / n, [*known, -1, 2, 0.5], rtol=1e-9)):
            found[f"m/n = {m}/{n}"] = (m / n, f"divided by n = {n}, not by m = {m}")
    return found


def general(
    name: str,
    E: Array,
    manual: Mapping[str, Array],
    truth: Mapping[str, Array],
    net: ForwardPass,
    before: Mapping[str, Array],
) -> Iterator[Candidate]:
    """Yield sums with other gradients, other gradients, and parameters in place of gradients."""
    if name in net.previous:
        yield Candidate(
            "accumulated",
            "the gradient of the step before is still in it: start from zero at every step",
            lambda: E + net.previous[name],
        )
        yield Candidate(
            "stale", "it is the gradient of the step before", lambda: net.previous[name]
        )
    for n in manual:
        if n[:1] != name[:1] or n == name or number(n) is None:
            continue
        if n in before:
            text = f"d{n} is added to it: start from zero in every layer"
            yield Candidate("accumulated", text, lambda n: E + before[n], (n,))
        yield Candidate("other layer", f"it is d{n}", lambda n: truth[n], (n,))
    M, W, rate = manual[name], net.values.get(name), net.learning_rate
    if W is None or name[0] not in "Wb" or not M.shape == E.shape == W.shape:
        return
    updated = "it is the updated parameter, {name} - {rate:.6g} d{name}, not the gradient"
    if rate is not None:
        text = updated.format(name=name, rate=rate)
        yield Candidate("updated parameter", text, lambda: W - rate * E)
    if M.size < 3:
        return
    rtol = 1e3 * exact(M, E, W)
    if k := multiple(M - E, W, rtol):
        text = f"{k:.6g} {name} is added to it, as weight decay adds"
        yield Candidate("added", text, lambda: E + k * W)
    if a := multiple(W - M, E, rtol):
        text = updated.format(name=name, rate=a)
        yield Candidate("updated parameter", text, lambda: W - a * E)


def other_networks(
    net: ForwardPass, truth: Mapping[str, Array]
) -> Iterator[tuple[str, str, ForwardPass]]:
    """Yield kind and text of mistakes before the backward pass, and the network each leads to."""
    v, rate = net.values, net.learning_rate
    assert net.Y is not None
    for make in reshaped(v["A0"]):
        yield "reshape", RESHAPED, net.changed(A0=make())
    yield "labels", "the labels are 1 - Y: 0 and 1 are exchanged", net.changed(Y=1 - net.Y)
    for hidden in ACTIVATIONS:
        if net.L > 1 and {net.activation[l] for l in range(1, net.L)} != {hidden}:
            text = f"the whole network was run with {hidden}, not {net.activation[1]}"
            yield "other activation", text, net.changed(activations=hidden)
    if rate is not None:
        text = "the gradients are those after the update: compute them before it"
        moved = {n: v[n] - rate * g for n, g in truth.items() if n[0] in "Wb"}
        yield "updated too early", text, net.changed(**moved)
