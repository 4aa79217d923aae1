"""From a Tensor, a function with example arguments, or a compiled step to a picture."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import pytree
from ..advice.user_frames import user_frame
from ..advice.user_names import NameWatcher, UserNames
from ..engine.modes import modes, trace_lines
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
    """Return the picture of a Tensor, of a function run on `examples`, or of a compiled step."""
    if type(what) is Tensor:
        if examples:
            raise DrawingError("example arguments go with a function; a Tensor is drawn as it is.")
        seen = UserNames().look_at_frame(user_frame())
        asked = explore and np.size(what._data) == 1
        return read(what, seen, passes, gradient, asked), seen
    if is_step(what):
        if explore:
            raise DrawingError(
                "a compiled step has no numbers to step through: explore the function itself."
            )
        return picture_of_step(what, *examples, passes=passes), UserNames()
    if not callable(what):
        raise DrawingError(
            f"draw and explore take a Tensor, or a function and example arguments, "
            f"not {type(what).__name__}."
        )
    result, seen = run(what, examples)
    return read(result, seen, passes, gradient, np.size(result._data) == 1), seen


def run(f: Callable[..., Any], examples: tuple[Any, ...]) -> tuple[Tensor, UserNames]:
    """Call `f` on variables made from the examples, and learn the names of its results.

    Arrays in containers become variables, named by their keys. If no result depends on one of
    them, the floating-point arguments themselves become variables.
    """
    names = parameters_of(f)[: len(examples)]
    names += [f"x{i}" for i in range(len(names) + 1, len(examples) + 1)]
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
        "the function returned nothing that depends on a variable: pass the parameters as a dict "
        "of floating arrays, and return the cost."
    )


def as_variables(name: str, x: Any, itself: bool, seen: UserNames) -> Any:
    """Return the argument with variables in place of arrays in it, or of `itself`."""

    def variable(name: str, leaf: Any) -> Any:
        floating = isinstance(leaf, float) or getattr(leaf, "dtype", np.dtype(int)).kind in "fc"
        if type(leaf) is not Tensor and floating and (itself or leaf is not x):
            return Tensor(leaf, requires_grad=True, name=name)
        seen.see(name, leaf, ())
        return leaf

    return pytree.rebuild(x, [variable(name, leaf) for name, leaf in named_leaves(name, x)])


def named_leaves(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a pytree, each by its own key or by its place in a list.

    >>> list(named_leaves("p", {"W": 1.0, "more": [2.0]}))
    [('W', 1.0), ('more[0]', 2.0)]
    """
    if tree is not None and not isinstance(tree, dict | list | tuple):
        yield name, tree
    fields = getattr(tree, "_fields", None)
    for key, item in pytree.children(tree):
        inner = str(key) if isinstance(tree, dict) else f"{name}[{key}]"
        yield from named_leaves(fields[key] if fields else inner, item)


def title_of(f: Any) -> str:
    """Return the title of a page on a function: `cost(parameters, X, Y)`; else nothing."""
    name = getattr(f, "__name__", "")
    if type(f) is Tensor or not name.isidentifier():
        return ""
    return f"{name}({', '.join(parameters_of(f))})"


def parameters_of(f: Callable[..., Any]) -> list[str]:
    """Return the names of a function's parameters, as far as they are known."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
