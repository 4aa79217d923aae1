"""Notice what a function does beside computing its results: whether it draws random numbers."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

MAX_DEPTH = 7
MAX_LOOKED_AT = 2000
_PLAIN = (np.ndarray, np.generic, str, bytes, int, float, complex, type(None), np.dtype)


def random_states(f: Callable[..., Any]) -> dict[Any, Any]:
    """Return the states of the global generators, and of those that `f` can reach.

    They are searched in its closure, defaults and instance, in the globals that it names, in
    functions that it calls, and in attributes and containers of these.
    """
    random = sys.modules.get("random")  # a module that was never imported draws no numbers
    states: dict[Any, Any] = {"numpy": frozen(np.random.get_state(legacy=False))}
    if random is not None:
        states["python"] = random.getstate()
    for x in reachable(f):
        if isinstance(x, np.random.Generator):
            states[id(x)] = frozen(x.bit_generator.state)
        elif isinstance(x, np.random.RandomState):
            states[id(x)] = frozen(x.get_state(legacy=False))
        elif random is not None and isinstance(x, random.Random):
            states[id(x)] = x.getstate()
    return states


def has_drawn(before: dict[Any, Any], after: dict[Any, Any]) -> bool:
    """Return whether one of the generators known before has advanced."""
    return any(after.get(key, state) != state for key, state in before.items())


def frozen(state: Any) -> Any:
    """Return a generator's state as something that can be compared."""
    if isinstance(state, dict):
        return [(key, frozen(item)) for key, item in state.items()]
    return state.tobytes() if isinstance(state, np.ndarray) else state


def reachable(f: Any) -> Iterator[Any]:
    """Yield the objects that `f` can reach by name, up to some depth."""
    seen: set[int] = set()
    level = [f]
    for _ in range(MAX_DEPTH):
        following: list[Any] = []
        for x in level:
            if id(x) in seen or isinstance(x, _PLAIN) or len(seen) > MAX_LOOKED_AT:
                continue
            seen.add(id(x))
            yield x
            following += neighbours(x)
        level = following


def neighbours(x: Any) -> list[Any]:
    """Return what one object refers to, if a function could use it."""
    if isinstance(x, functools.partial):
        return [x.func, *x.args, *x.keywords.values()]
    if inspect.ismethod(x):
        return [x.__self__, x.__func__]
    if inspect.isfunction(x):
        if x.__module__ and x.__module__.split(".")[0] in ("numpy", "autograd_lite"):
            # Look through this package's own decorators; the rest of it draws nothing.
            return [cell for cell in cells(x) if callable(cell)]
        names = list(names_in(x.__code__))
        named = [x.__globals__.get(name) for name in names]
        modules = [m for m in named if inspect.ismodule(m) and m is not np]
        in_modules = [vars(m).get(name) for m in modules for name in names]
        defaults = [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
        return [*cells(x), *defaults, *named, *in_modules]
    if isinstance(x, dict):
        return list(x.values())
    if isinstance(x, list | tuple | set):
        return list(x)
    if inspect.ismodule(x) or isinstance(x, type):
        return []
    return [getattr(x, "__wrapped__", None), *getattr(x, "__dict__", {}).values()]


def cells(f: Any) -> list[Any]:
    """Return what the closure of a function holds by now."""
    found = []
    for cell in f.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # not yet assigned
            continue
    return found


def names_in(code: Any) -> Iterator[str]:
    """Yield the global and attribute names of a piece of code, and of functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from names_in(constant)
