"""Names for the variables of a Program: the course's letters where the structure shows them."""

from __future__ import annotations

import keyword
import re


import numpy as np

from .program import Line, Program, Var

_LAYER = re.compile(r"^(?:params_|parameters_)?([Wwb])(\d*)$")
_ACTIVATIONS = {"tanh", "sigmoid", "relu", "leaky_relu", "maximum", "softmax", "softplus"}


def name_variables(program: Program) -> Program:
    """Give every variable a name that is a Python identifier and is not used twice.

    W1 @ X is followed by + b1, so their sum is Z1; what tanh makes of Z1 is A1; a gradient of V is
    dV. What is left keeps the name it had in the user's function, or becomes t1, t2, ...
    """
    layers = name_layers(program)
    for line in program.lines:
        for v in line.outs:
            forward = v.gradient_of
            if forward is not None and forward.name and not v.name:
                v.name = "d" + forward.name
            elif forward is not None and forward.name and v not in layers:
                v.name = "d" + forward.name
    taken: set[str] = {"np"}
    for v in [*program.inputs, *program.constants]:
        v.name = unused(identifier(v.name or "c"), taken)
    count = 0
    for line in program.lines:
        for v in line.outs:
            if v.name is None:
                count += 1
                v.name = f"t{count}"
            v.name = unused(identifier(v.name), taken)
    return program


def name_layers(program: Program) -> dict[Var, str]:
    """Name Z and A of each layer; gives the layer number of each variable that has one."""
    made = {v: line for line in program.lines for v in line.outs}
    layers: dict[Var, str] = {}
    for line in program.lines:
        name_layer(line, made, layers)
    return layers


def name_layer(line: Line, made: dict[Var, Line], layers: dict[Var, str]) -> None:
    """Z and A of a layer, from the names of its W or b."""
    fn, args = line.fn, line.args
    if line.several:
        return
    out = line.out
    if fn in (np.add, np.matmul, np.dot):
        for a in args:
            found = _LAYER.match(a.name or "") if isinstance(a, Var) else None
            if found and (fn is np.add) == (found[1] == "b"):
                layers[out] = found[2]
        for a in args:
            if fn is np.add and isinstance(a, Var) and a in layers and out not in layers:
                layers[out] = layers[a]
        if out in layers and (fn is np.add or not out.name):
            if fn is np.add:
                for a in args:  # the product before the bias has no name of its own
                    if isinstance(a, Var) and a in made:
                        a.name = None
            out.name = "Z" + layers[out]
    elif getattr(fn, "__name__", "") in _ACTIVATIONS:
        source = next((a for a in args if isinstance(a, Var) and a in layers), None)
        if source is not None and source.name == "Z" + layers[source] and source is not out:
            out.name = "A" + layers[source]


def identifier(name: str) -> str:
    """A Python identifier close to a name: 'layers[0].W' becomes layers_0_W."""
    name = re.sub(r"\W+", "_", name).strip("_") or "v"
    return f"{name}_" if keyword.iskeyword(name) else f"v{name}" if name[0].isdigit() else name


def unused(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken."""
    new, k = name, 1
    while new in taken:
        k += 1
        new = f"{name}_{k}"
    taken.add(new)
    return new


