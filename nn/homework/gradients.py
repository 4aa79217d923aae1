"""Gradients from a backward pass that somebody else wrote, under the names that a table needs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import autograd_lite as ag

from .. import by_hand
from ..base import Classifier
from ..by_hand.notation import Array, Gradients, Parameters
from ..errors import SettingError

Manual: TypeAlias = Mapping[str, Any] | Callable[..., Any]


def own_gradients(
    model: Classifier, parameters: Parameters, X: Array, Y: Array, manual: Manual
) -> Gradients:
    """Gradients that somebody else's backward pass gives, under dW1, db1, ...; SettingError
    for what gives none, or not all.
    """
    if callable(manual):
        layers = model.layered(parameters)
        AL, caches = by_hand.L_model_forward(X, layers, hidden=model.hidden)
        names = len([p for p in inspect.signature(manual).parameters.values() if _required(p)])
        if "w" in parameters:
            manual = manual(parameters["w"], parameters["b"], X, Y)
        elif names == 3:
            manual = manual(AL, Y, caches)
        else:
            cache = {f"Z{l}": Z for l, (_, Z) in enumerate(caches, 1)}
            cache |= {f"A{l}": A for l, ((A, _, _), _) in enumerate(caches)} | {
                f"A{len(caches)}": AL
            }
            manual = manual(parameters, cache, X, Y)
        manual = manual[0] if isinstance(manual, tuple) else manual
    if not isinstance(manual, Mapping):
        raise SettingError(
            f"manual is a dict of gradients or a function that gives one, not {manual!r}."
        )
    named = {name if name[0] == "d" else f"d{name}": np.asarray(g) for name, g in manual.items()}
    if "w" in parameters and "dw" in named:
        named["dW1"] = named.pop("dw").T
        b = named.pop("db", None)
        if b is not None:
            named["db1"] = b.reshape(1, 1) if b.size == 1 else b
    layers = model.layered(parameters)
    renumber(named, len(layers) // 2, layers)
    missing = [f"d{name}" for name in model.layered(parameters) if f"d{name}" not in named]
    if missing:
        raise SettingError(f"The manual gradients have no {', '.join(missing)}.")
    return named


def renumber(grads: Gradients, L: int, parameters: Parameters) -> bool:
    """Call dA_prev of layer l dA[l-1] where it is called dA[l], as in an earlier edition of the
    course; whether it was.
    """
    last, before = grads.get(f"dA{L}"), parameters[f"W{L}"].shape[1]
    if last is None or "dA0" in grads or before == 1 or last.shape[:1] != (before,):
        return False
    for l in range(1, L + 1):
        if f"dA{l}" in grads:
            grads[f"dA{l - 1}"] = grads.pop(f"dA{l}")
    return True


def _required(p: inspect.Parameter) -> bool:
    return p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)


def diagnose(
    model: Classifier,
    parameters: Parameters,
    X: Array,
    Y: Array,
    manual: Gradients,
    automatic: Gradients,
) -> str:
    """What is wrong with the manual gradients, in sentences; the automatic ones are of J."""
    context = {
        "parameters": model.layered(parameters),
        "X": X,
        "Y": Y,
        "activations": model.hidden,
        "learning_rate": model.course.learning_rate,
    }
    if model.own_name("W1") == "w":
        manual = {"dw": manual["dW1"].T, "db": manual["db1"]}
    return ag.compare(manual, automatic, context).text
