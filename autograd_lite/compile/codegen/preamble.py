"""The preamble of a file: source of functions that are not NumPy's, so that it stands by itself."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ...rules.shaping import astype
from ..ir import Line, is_own
from ..tracing.purity import names_in


@dataclass
class Preamble:
    """Imports, definitions, each below what it uses, and functions whose source is not available.

    The functions in `given` are passed to the generated code as objects.
    """

    imports: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Preamble:
        """Collect all functions in the lines that are not NumPy's."""
        found = cls()
        for line in lines:
            if is_own(line.fn) and line.fn not in (getitem, astype):  # printed as x[i], x.astype
                found.add(line.fn)
        return found

    @property
    def text(self) -> str:
        """The head of a file, below `import numpy as np`."""
        notes = [f"# {name}: your function, whose source is not available" for name in self.given]
        head = "\n".join([*dict.fromkeys(self.imports), *notes])
        return "\n\n\n".join(part for part in (head, *self.sources.values()) if part)

    def add(self, fn: Callable[..., Any]) -> None:
        """Add a function and all that it uses, or the object itself if source is not enough."""
        name = fn.__name__
        if name in self.sources or name in self.given:
            return
        trial = Preamble(list(self.imports), {**self.sources, name: ""}, dict(self.given))
        try:
            text = undecorated(inspect.unwrap(fn))
            trial.add_globals(inspect.unwrap(fn))
        except (OSError, TypeError, LookupError, SyntaxError):
            self.given[name] = fn
            return
        del trial.sources[name]  # so far a mark against recursion; it belongs below what it uses
        self.imports, self.given = trial.imports, trial.given
        self.sources = {**trial.sources, name: text}

    def add_globals(self, fn: Any) -> None:
        """Add the functions, modules and constants that the code of a function names.

        Raises LookupError for anything else.
        """
        if fn.__closure__:
            raise LookupError("a closure")
        for name in dict.fromkeys(names_in(fn.__code__)):
            if name not in fn.__globals__:
                continue  # a builtin, or an attribute
            value = fn.__globals__[name]
            if inspect.ismodule(value):
                if value is not np or name != "np":
                    self.imports.append(f"import {value.__name__} as {name}")
            elif inspect.isfunction(value) and value.__name__ == name:
                self.add(value)
            elif isinstance(value, int | float | str | tuple):
                self.sources.setdefault(name, f"{name} = {value!r}")
            else:
                raise LookupError(name)


def undecorated(fn: Callable[..., Any]) -> str:
    """Return the source of a function without decorators, docstring and annotations."""
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
