"""The entry of a compiled step: a generated function that unpacks, checks, calls and nests.

A call of a compiled step costs this function, about a microsecond, beside the lines themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import pytree
from ..tracing.arguments import Call, is_array, is_traced
from ..tracing.trace import Fixed, Result, Traced
from .module import Module, evaluate, indented

MISS = object()  # returned if the arguments need another version

Enter = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def entry(call: Call, traced: Traced, module: Module) -> Enter:
    """Return a function that runs the step for all calls like this one.

    It returns MISS if the arguments need other lines, and raises FloatingPointError if a gradient
    is nan.
    """
    writer = EntryWriter(traced)
    writer.unpack(call.args, "args", known_class=True)
    writer.unpack(call.kwargs, "kwargs", known_class=True)
    passed = [*writer.passed, *(writer.known(c) for c in module.constants)]
    source = "\n".join(
        [
            "def enter(args, kwargs):",
            "    try:",
            *indented(indented(writer.lines)),
            f"        if not ({' and '.join(writer.checks) or True}):",
            "            return MISS",
            "    except (TypeError, ValueError, LookupError, AttributeError):",
            "        return MISS",
            "    try:",
            "        functions = idle.pop()",
            "    except IndexError:  # other threads have them all",
            "        functions = load()",
            "    try:",
            f"        r = functions[0]({', '.join(passed)})",
            "    finally:",
            "        idle.append(functions)",
            f"    return {writer.nested(traced.results)}",
        ]
    )
    module.idle.append(module.load())
    given = {"MISS": MISS, "ndarray": np.ndarray, "generic": np.generic}
    given.update(writer.objects, idle=module.idle, load=module.load)
    return evaluate(source, "entry", given)["enter"]  # type: ignore[no-any-return]


class EntryWriter:
    """Writes the parts of an entry. No string of the user's is printed; all are named objects."""

    def __init__(self, traced: Traced) -> None:
        self.pinned = traced.pinned
        self.objects: dict[str, Any] = {}
        self.lines: list[str] = []  # unpack containers, if these are the expected ones
        self.checks: list[str] = []  # conditions on the leaves
        self.passed: list[str] = []  # arguments of the step
        self.leaves = 0

    def known(self, value: Any) -> str:
        """Return a name for an object."""
        name = f"o{len(self.objects)}"
        self.objects[name] = value
        return name

    def unpack(self, tree: Any, name: str, known_class: bool = False) -> None:
        """Write lines that assign the leaves of a container to names, if it is the expected one."""
        if not isinstance(tree, dict | tuple | list):
            self.check(tree, name)
            return
        wrong = [] if known_class else [f"{name}.__class__ is not {self.known(type(tree))}"]
        if not tree:
            wrong.append(name)
        elif isinstance(tree, dict):  # the order of the keys is that of the results
            wrong.append(f"[*{name}] != {self.known([*tree])}")
        if wrong:
            self.lines += [f"if {' or '.join(wrong)}:", "    return MISS"]
        parts = [(f"{name}_{i}", item) for i, (_, item) in enumerate(pytree.children(tree))]
        if parts:
            items = f"{name}.values()" if isinstance(tree, dict) else name
            self.lines.append(f"({''.join(f'{part}, ' for part, _ in parts)}) = {items}")
        for part, item in parts:
            self.unpack(item, part)

    def check(self, value: Any, name: str) -> None:
        """Write the conditions under which the same lines can run on another leaf."""
        i, self.leaves = self.leaves, self.leaves + 1
        if is_traced(value):
            self.passed.append(name)
        if is_array(value):
            kind = f"{name}.__class__ is ndarray"
            if value.shape == ():
                kind = f"isinstance({name}, (ndarray, generic))"
            dtype = self.known(value.dtype)
            self.checks += [kind, f"{name}.shape == {value.shape}", f"{name}.dtype is {dtype}"]
            return
        self.checks.append(f"{name}.__class__ is {self.known(type(value))}")
        if i in self.pinned or not is_traced(value):
            self.checks.append(f"{name} == {self.known(value)}")

    def nested(self, results: Any) -> str:
        """Return Python that nests the results r as the function did."""
        if isinstance(results, Result):
            return f"r[{results.i}]"
        if isinstance(results, Fixed):
            return self.known(results.value)
        if type(results) not in (dict, tuple, list):  # None, a namedtuple, an OrderedDict
            return f"{self.known(lambda r: placed(results, r))}(r)"
        items = [(key, self.nested(item)) for key, item in pytree.children(results)]
        if type(results) is dict:
            return "{" + ", ".join(f"{self.known(key)}: {text}" for key, text in items) + "}"
        inner = "".join(f"{text}, " for _, text in items)
        return f"({inner})" if type(results) is tuple else f"[{inner}]"


def placed(results: Any, values: Any) -> Any:
    """Return values in the containers that results have."""
    return pytree.map(lambda x: values[x.i] if isinstance(x, Result) else x.value, results)
