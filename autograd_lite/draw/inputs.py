"""From what the user hands over, a Tensor or a function with example arguments, to a picture."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytree
from ..advice.user_frames import user_frame
from ..advice.user_names import NameWatcher, UserNames
from ..engine.graph import modes
from ..engine.modes import trace_lines
from ..engine.tensor import Tensor
from ..errors import DrawingError
from .picture import Passes, Picture, read
from .program_picture import is_step, picture_of_step


def picture_of(
    what: Any,
    examples: tuple[Any, ...],
    passes: Passes | None,
    gradient: Any = None,
    explore: bool = False,
) -> tuple[Picture, UserNames]:
    """The picture of a Tensor, of a function run on `examples`, or of a compiled step."""
    seen = UserNames()
    if type(what) is Tensor:
        if examples:
            raise DrawingError("example arguments go with a function; a Tensor is drawn as it is.")
        seen.look_at_frame(user_frame())
        return read(what, seen, passes, gradient, explore and np.size(what._data) == 1), seen
    if is_step(what):
        if explore:
            raise DrawingError(
                "a compiled step has no numbers to step through: explore the function itself."
            )
        return picture_of_step(what, *examples, passes=passes), seen
    if not callable(what):
        raise DrawingError(
            f"draw and explore take a Tensor, or a function and example arguments, "
            f"not {type(what).__name__}."
        )
    result, seen = run(what, examples)
    ran = np.size(result._data) == 1
    return read(result, seen, passes, gradient, ran), seen


def run(f: Callable[..., Any], examples: tuple[Any, ...]) -> tuple[Tensor, UserNames]:
    """Call `f` on variables made from the examples, and watch what it calls its results.

    Arrays in dicts and lists become variables named by their keys. Where nothing that f gives
    depends on a variable then, the floating arguments themselves become variables.
    """
    names = argument_names(f, len(examples))
    for itself in (False, True):
        seen = UserNames()
        arguments = [
            as_variables(name, x, itself, seen) for name, x in zip(names, examples, strict=True)
        ]
        before = modes.update(grad=True)
        try:
            with trace_lines(), NameWatcher(seen):
                result = f(*arguments)
        finally:
            modes.update(**before)
        for t in pytree.leaves(result):
            if type(t) is Tensor and t.requires_grad:
                return t, seen
    raise DrawingError(
        "the function gave nothing that depends on a variable: pass the parameters as a dict of "
        "floating arrays, and return the cost."
    )


def as_variables(name: str, x: Any, here: bool, seen: UserNames) -> Any:
    """Variables in place of the arrays in x, each under its key; `here` includes x itself."""
    if isinstance(x, dict):
        return {k: as_variables(str(k), v, True, seen) for k, v in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(as_variables(k, v, True, seen) for k, v in zip(x._fields, x, strict=True)))
    if isinstance(x, list | tuple):
        return type(x)(as_variables(f"{name}[{i}]", v, True, seen) for i, v in enumerate(x))
    if type(x) is Tensor:
        seen.see(name, x, ())
        return x
    is_number = isinstance(x, float) or (hasattr(x, "dtype") and x.dtype.kind in "fc")
    if here and is_number:
        return Tensor(x, requires_grad=True, name=name)
    seen.see(name, x, ())
    return x


def function_name(f: Any) -> str:
    """The heading of a page on a function: `cost(parameters, X, Y)`; empty for other things."""
    name = getattr(f, "__name__", "")
    if type(f) is Tensor or not name.isidentifier():
        return ""
    try:
        return f"{name}({', '.join(inspect.signature(f).parameters)})"
    except (TypeError, ValueError):
        return name


def argument_names(f: Callable[..., Any], n: int) -> list[str]:
    """What f calls its first n arguments."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL][:n]
    return names + [f"x{i}" for i in range(len(names) + 1, n + 1)]
