"""A generated function that takes arguments apart, checks them, runs the lines, and nests results.

It is what a call of a compiled step costs beside the lines themselves: about a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import pytree
from ..tracing.arguments import Call, is_array, is_traced
from ..tracing.trace import Fixed, Result, Traced
from .module import evaluate

MISS = object()  # the arguments are for another version


def entry(
    call: Call, traced: Traced, constants: list[Any], make: Callable[[], Any]
) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """The entry for calls like this one; `make()` gives a runner with memory of its own.

    The entry gives MISS where other lines are needed, and raises FloatingPointError where a
    gradient is nan.
    """
    known: dict[str, Any] = {
        "MISS": MISS, "ndarray": np.ndarray, "generic": np.generic, "make": make, "idle": [make()]
    }  # fmt: skip
    checks = [f"len(kwargs) == {len(call.kwargs)}"]
    lines, passed = [], []
    for i, (path, container) in enumerate(call.containers):
        known[f"C{i}"] = type(container)
        checks.append(f"{path}.__class__ is C{i}")
        if isinstance(container, dict):
            known[f"K{i}"] = [*container]
            checks.append(f"[*{path}] == K{i}")  # their order is that of the results
        else:
            checks.append(f"len({path}) == {len(container)}")
    for i, leaf in enumerate(call.leaves):
        lines.append(f"        x{i} = {leaf.path}")
        checks += leaf_checks(i, leaf.value, traced.pinned, known)
        if is_traced(leaf.value):
            passed.append(f"x{i}")
    for i, c in enumerate(constants):
        known[f"c{i}"] = c
        passed.append(f"c{i}")
    source = "\n".join(
        [
            "def enter(args, kwargs):",
            "    try:",
            f"        {''.join(f'a{i}, ' for i in range(len(call.args)))} = args" if call.args
            else "        () = args",
            *lines,
            f"        fits = {' and '.join(checks)}",
            "    except (TypeError, ValueError, LookupError, AttributeError):",
            "        return MISS",
            "    if not fits:",
            "        return MISS",
            "    try:",
            "        run = idle.pop()",
            "    except IndexError:  # other threads have them all",
            "        run = make()",
            "    try:",
            f"        r = run({', '.join(passed)})",
            "    finally:",
            "        idle.append(run)",
            f"    return {nested(traced.results, known)}",
        ]
    )  # fmt: skip
    return evaluate(source, "enter", known)["enter"]  # type: ignore[no-any-return]


def leaf_checks(i: int, value: Any, pinned: dict[int, Any], known: dict[str, Any]) -> list[str]:
    """Conditions under which the same lines can run on another leaf."""
    if is_array(value):
        known[f"d{i}"] = value.dtype
        kind = f"x{i}.__class__ is ndarray"
        if value.shape == ():
            kind = f"isinstance(x{i}, (ndarray, generic))"
        return [kind, f"x{i}.shape == {value.shape}", f"x{i}.dtype is d{i}"]
    known[f"d{i}"], known[f"v{i}"] = type(value), value
    same = [] if is_traced(value) and i not in pinned else [f"x{i} == v{i}"]
    return [f"x{i}.__class__ is d{i}", *same]


def nested(results: Any, known: dict[str, Any]) -> str:
    """Python that nests the results as `f` did."""
    if isinstance(results, Result):
        return f"r[{results.i}]"
    if type(results) is dict:
        return "{" + ", ".join(f"{k!r}: {nested(v, known)}" for k, v in results.items()) + "}"
    if type(results) is list:
        return "[" + ", ".join(nested(v, known) for v in results) + "]"
    if type(results) is tuple:
        return "(" + "".join(nested(v, known) + ", " for v in results) + ")"
    if results is None:
        return "None"
    name = f"o{len(known)}"
    if isinstance(results, Fixed):
        known[name] = results.value
        return name
    known[name] = lambda r: placed(results, r)  # a namedtuple, an OrderedDict
    return f"{name}(r)"


def placed(results: Any, values: Any) -> Any:
    """Values in the nest that results have."""
    return pytree.map(lambda x: values[x.i] if isinstance(x, Result) else x.value, results)
