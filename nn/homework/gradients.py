"""Gradients from a backward pass that somebody else wrote, under the names of the table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .. import by_hand
from ..base import Classifier
from ..by_hand.notation import Array, Cache, Gradients, Parameters
from ..errors import SettingError
from .diagnosis.forward_pass import layered, renumber, units

Manual: TypeAlias = Mapping[str, Any] | Callable[..., Any]


def own_gradients(
    model: Classifier, parameters: Parameters, X: Array, Y: Array, manual: Manual
) -> Gradients:
    """Return somebody else's gradients under dW1, db1, ...; SettingError if one is missing."""
    layers = model.layered(parameters)
    if callable(manual):
        manual = _called(manual, model, parameters, X, Y)
    if not isinstance(manual, Mapping):
        raise SettingError(
            f"manual is a dict of gradients or a function that returns one, not {manual!r}."
        )
    named = layered(manual)
    renumber(named, len(layers) // 2, units(layers))
    missing = [f"d{name}" for name in layers if name not in named]
    if missing:
        raise SettingError(f"The manual gradients have no {', '.join(missing)}.")
    return {f"d{name}": g for name, g in named.items()}


def planar_cache(AL: Array, caches: list[Cache]) -> dict[str, Array]:
    """Return {"A0": X, "Z1": ..., "A1": ..., ...}, the cache of the planar network's functions."""
    cache = {f"A{len(caches)}": AL}
    for l, ((A_prev, _, _), Z) in enumerate(caches, 1):
        cache |= {f"A{l - 1}": A_prev, f"Z{l}": Z}
    return cache


def _called(
    manual: Callable[..., Any], model: Classifier, parameters: Parameters, X: Array, Y: Array
) -> Any:
    """Call a backward pass with the arguments that the course's has, and return its gradients."""
    AL, caches = by_hand.L_model_forward(X, model.layered(parameters), hidden=model.hidden)
    required = [
        p for p in inspect.signature(manual).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]  # fmt: skip
    if "w" in parameters:
        found = manual(parameters["w"], parameters["b"], X, Y)
    elif len(required) == 3:
        found = manual(AL, Y, caches)
    else:
        found = manual(parameters, planar_cache(AL, caches), X, Y)
    return found[0] if isinstance(found, tuple) else found
