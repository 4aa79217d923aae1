"""Source of the functions in a Program that are not NumPy's, so that a file stands by itself."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ...rules.shaping import astype
from ..ir import Line, is_own
from ..tracing.purity import names_in

_files = itertools.count(1)


@dataclass
class Sources:
    """Imports, definitions, and what could only be handed over as an object."""

    imports: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What stands at the head of the file, below `import numpy as np`."""
        notes = [
            f"# {name}: a function of yours, whose source is not at hand" for name in self.given
        ]
        head = "\n".join([*dict.fromkeys(self.imports), *notes])
        return "\n\n\n".join(part for part in (head, *self.definitions.values()) if part)


def sources_of(lines: Iterable[Line]) -> Sources:
    """Of all own functions in the lines."""
    found = Sources()
    for line in lines:
        if is_own(line.fn) and line.fn not in (getitem, astype):
            collect(line.fn, found)
    return found


def collect(fn: Callable[..., Any], found: Sources) -> None:
    """A function and what it uses, or the function itself where its source is not enough."""
    name = fn.__name__
    if name in found.definitions or name in found.given:
        return
    body = inspect.unwrap(fn)
    found.definitions[name] = ""  # a function that calls itself is met again
    trial = Sources(list(found.imports), dict(found.definitions), dict(found.given))
    try:
        text = undecorated(body)
        collect_globals(body, trial)
    except (OSError, TypeError, LookupError, SyntaxError):
        del found.definitions[name]
        found.given[name] = fn
        return
    del trial.definitions[name]  # below what it uses
    found.imports, found.definitions, found.given = trial.imports, trial.definitions, trial.given
    found.definitions[name] = text


def collect_globals(body: Any, found: Sources) -> None:
    """What a function's code names: functions, modules, numbers.

    Raises LookupError for anything else.
    """
    if body.__closure__:
        raise LookupError("a closure")
    for name in dict.fromkeys(names_in(body.__code__)):
        if name not in body.__globals__:
            continue  # a builtin, or an attribute
        value = body.__globals__[name]
        if inspect.ismodule(value):
            if value is not np or name != "np":
                found.imports.append(f"import {value.__name__} as {name}")
        elif inspect.isfunction(value) and value.__name__ == name:
            collect(value, found)
        elif isinstance(value, int | float | str | tuple):
            found.definitions.setdefault(name, f"{name} = {value!r}")
        else:
            raise LookupError(name)


def undecorated(fn: Callable[..., Any]) -> str:
    """A function's source without decorators, docstring and annotations."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(fn))).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise LookupError("no def")
    definition.decorator_list, definition.returns = [], None
    a = definition.args
    for argument in [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]:
        argument.annotation = None
    if ast.get_docstring(definition) is not None and len(definition.body) > 1:
        del definition.body[0]
    return ast.unparse(definition)


def evaluate(source: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Run generated source; gives its names. Tracebacks and pdb show its lines."""
    file = f"<autograd_lite {name} {next(_files)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": name, **given}
    exec(compile(source, file, "exec"), namespace)
    return namespace
