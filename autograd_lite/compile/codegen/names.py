"""Names for the variables of a Program: the course's letters where the structure shows them."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from ..ir import Line, Program, Var
from .printer import is_own

_LAYER = re.compile(r"^(?:params_|parameters_)?([Wwb])(\d*)$")
_LETTER = re.compile(r"[A-Za-z]{1,2}\d*$")
_ACTIVATIONS = {"tanh", "sigmoid", "relu", "leaky_relu", "maximum", "softmax", "softplus"}
# What a generated file uses itself
_RESERVED = {
    "np", "step", "once", "loop", "state", "n", "_", "abs", "float", "range", "slice",
    "FloatingPointError",
}  # fmt: skip
_MEMORY = re.compile(r"[mk]\d+$")


def name_variables(program: Program, more: Iterable[Line] = ()) -> dict[Var, str]:
    """A name for every variable, a Python identifier that is not used twice.

    W1 @ X is followed by + b1, so their sum is Z1; what tanh makes of Z1 is A1; a gradient of V is
    dV. What is left keeps the name it had in the user's function, or becomes t1, t2, ... `more`
    are lines beside the Program that run in the same file.
    """
    layers = name_layers(program)
    names: dict[Var, str] = {}
    taken = {line.fn.__name__ for line in [*program.lines, *more] if is_own(line.fn)} | _RESERVED
    for v in [*program.inputs, *program.constants]:
        names[v] = unused(identifier(v.name or "c"), taken)
    count = 0
    for v in [v for line in [*program.lines, *more] for v in line.outs]:
        forward = v.gradient_of
        wish = v.name
        if forward is not None and forward.name and v not in layers:
            wish = "d" + names.get(forward, forward.name)
        if wish is None:
            count += 1
            wish = f"t{count}"
        names[v] = unused(identifier(wish), taken)
    return names


def name_layers(program: Program) -> dict[Var, str]:
    """Name Z and A of each layer; gives the layer number of each variable that has one."""
    made = program.makers()
    layers: dict[Var, str] = {}
    chosen = Counter(line.out.name for line in program.lines)
    for line in program.lines:
        if not line.several and not line.rules:
            name = line.out.name
            name_layer(line, made, layers)
            if name is not None and chosen[name] == 1 and not _LETTER.match(name):
                line.out.name = name  # a word of the user's, for this one
    return layers


def name_layer(line: Line, made: dict[Var, Line], layers: dict[Var, str]) -> None:
    """Z and A of a layer, from the names of its W or b."""
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
    """The number in a name such as W2 or b2; a W may be transposed, as in w.T @ X."""
    if v in made and made[v].fn is np.transpose:
        v = made[v].args[0]
    found = _LAYER.match(v.name or "")
    return found[2] if found and (found[1] == "b") == (letter == "b") else None


def identifier(name: str) -> str:
    """A Python identifier close to a name.

    >>> identifier("layers[0].W"), identifier("lambda"), identifier("2nd")
    ('layers_0_W', 'lambda_', 'v2nd')
    """
    name = re.sub(r"\W+", "_", name).strip("_") or "v"
    if keyword.iskeyword(name) or _MEMORY.match(name):
        return f"{name}_"
    return f"v{name}" if name[0].isdigit() else name


def unused(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken."""
    new, k = name, 1
    while new in taken:
        k += 1
        new = f"{name}_{k}"
    taken.add(new)
    return new
