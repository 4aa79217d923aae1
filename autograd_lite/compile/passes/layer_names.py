"""Name the results of layers Z and A, as in the course, by the names of W and b."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from ..ir import Line, Program, Var

_LAYER = re.compile(r"^(?:params_|parameters_)?([Wwb])(\d*)$")
_LETTER = re.compile(r"[A-Za-z]{1,2}\d*$")
_ACTIVATIONS = {"tanh", "sigmoid", "relu", "leaky_relu", "maximum", "softmax", "softplus"}


def with_layers_named(program: Program) -> Program:
    """Name Z and A of each layer; return the Program."""
    name_layers(program)
    return program


def name_layers(program: Program) -> dict[Var, str]:
    """Name Z and A of each layer; return the layer number of each variable that has one.

    W1 @ X is followed by + b1, so their sum is Z1, and tanh of Z1 is A1.
    """
    made = program.makers()
    layers: dict[Var, str] = {}
    chosen = Counter(line.out.name for line in program.lines)
    for line in program.lines:
        if not line.several and not line.rules:
            name = line.out.name
            name_layer(line, made, layers)
            if name is not None and chosen[name] == 1 and not _LETTER.match(name):
                line.out.name = name  # the user has a word for this one alone
    return layers


def name_layer(line: Line, made: dict[Var, Line], layers: dict[Var, str]) -> None:
    """Name the result of one line if it is Z or A of a layer."""
    operands = [a for a in line.args if isinstance(a, Var)]
    if line.fn in (np.matmul, np.dot):
        number = next(
            (found for a in operands if (found := layer_of(a, "W", made)) is not None), None
        )
        if number is not None:
            layers[line.out] = number
            line.out.name = "Z" + number
    elif line.fn is np.add:
        product = next(
            (a for a in operands if a in made and made[a].fn in (np.matmul, np.dot)), None
        )
        others = [a for a in operands if a is not product]
        number = next(
            (found for a in others if (found := layer_of(a, "b", made)) is not None), None
        )
        if product is not None and (product in layers or number is not None):
            layers[line.out] = layers.get(product, number or "")
            line.out.name = "Z" + layers[line.out]
            product.name = None  # before the bias it has no name of its own
    elif getattr(line.fn, "__name__", "") in _ACTIVATIONS:
        number = next(
            (layers[a] for a in operands if a in layers and a.name == "Z" + layers[a]), None
        )
        if number is not None:
            line.out.name = "A" + number


def layer_of(v: Var, letter: str, made: dict[Var, Line]) -> str | None:
    """Return the number in a name such as W2 or b2; a W may be transposed, as in w.T @ X."""
    if v in made and made[v].fn is np.transpose:
        v = made[v].args[0]
    found = _LAYER.match(v.name or "")
    return found[2] if found and (found[1] == "b") == (letter == "b") else None
