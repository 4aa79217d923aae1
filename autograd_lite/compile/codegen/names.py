"""Names for the variables of a Program, each a Python identifier used once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from ..ir import Line, Program, Var, is_own
from ..passes.layer_names import name_layers

# Names that a generated file uses itself
_RESERVED = {
    "np", "step", "once", "loop", "state", "n", "_", "abs", "float", "range", "slice",
    "FloatingPointError",
}  # fmt: skip
_MEMORY = re.compile(r"[mk]\d+$")


def name_variables(program: Program, more: Iterable[Line] = ()) -> dict[Var, str]:
    """Return a name for every variable: a Python identifier that is not used twice.

    Layers have the course's letters (see `name_layers`), and the gradient of V is dV. Every other
    variable keeps the name it had in the user's function, or becomes t1, t2, ... `more` are lines
    beside the Program that run in the same file.
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


def identifier(name: str) -> str:
    """Return a Python identifier close to a name.

    >>> identifier("layers[0].W"), identifier("lambda"), identifier("2nd")
    ('layers_0_W', 'lambda_', 'v2nd')
    """
    name = re.sub(r"\W+", "_", name).strip("_") or "v"
    if keyword.iskeyword(name) or _MEMORY.match(name):
        return f"{name}_"
    return f"v{name}" if name[0].isdigit() else name


def unused(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it if it is taken, and mark it as taken."""
    new, k = name, 1
    while new in taken:
        k += 1
        new = f"{name}_{k}"
    taken.add(new)
    return new
