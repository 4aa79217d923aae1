"""Program -> readable NumPy source, which a person could have written."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..registry import RULES, printed_name
from ..rules.indexing import getitem
from ..rules.shaping import astype
from .program import Line, Program, Var, variables

_SIGNS: dict[Any, tuple[str, int]] = {
    np.add: ("+", 1), np.subtract: ("-", 1), np.multiply: ("*", 2), np.true_divide: ("/", 2),
    np.matmul: ("@", 2), np.power: ("**", 4), np.greater: (">", 0), np.less: ("<", 0),
    np.greater_equal: (">=", 0), np.less_equal: ("<=", 0), np.equal: ("==", 0),
}  # fmt: skip
_files = itertools.count(1)


def argument(x: Any) -> str:
    """An argument as source: a name, a number, a tuple, a slice."""
    if isinstance(x, Var):
        assert x.name is not None
        return x.name
    if isinstance(x, slice):
        return f"slice({argument(x.start)}, {argument(x.stop)}, {argument(x.step)})"
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.bool_):
        return str(bool(x))
    if isinstance(x, np.generic):
        plain = x.item()
        return repr(plain) if isinstance(plain, float | int) and np.isfinite(plain) and x.dtype in (np.float64, np.int64) else f"np.{x.dtype.name}({plain!r})"
    if isinstance(x, float) and not np.isfinite(x):
        return f"float('{x}')"
    if isinstance(x, np.dtype):
        return f"np.dtype('{x.str}')"
    if isinstance(x, type) and issubclass(x, np.generic):
        return f"np.{x.__name__}"
    if type(x) is tuple:
        return f"({', '.join(map(argument, x))}{',' if len(x) == 1 else ''})"
    if type(x) is list:
        return f"[{', '.join(map(argument, x))}]"
    if callable(x):
        return printed_name(x)
    return repr(x)


def call(line: Line) -> str:
    """A line's right-hand side, as a person writes it."""
    fn, args = line.fn, line.args
    shown = [argument(a) for a in args]
    if fn in _SIGNS and not line.kwargs:
        a, b = (f"({s})" if s.startswith("-") and i == 1 else s for i, s in enumerate(shown))
        return f"{a} {_SIGNS[fn][0]} {b}"
    if fn is np.negative:
        return f"-{shown[0]}"
    if fn is np.square:
        return f"{shown[0]} * {shown[0]}"
    if fn is np.transpose and len(args) == 1:
        return f"{shown[0]}.T"
    if fn is getitem:
        return f"{shown[0]}[{index(args[1])}]"
    if fn is astype:
        return f"{shown[0]}.astype({argument(args[1])})"
    if fn is np.sum and isinstance(args[0], Var):
        axes = [*shown[1:], *(f"{k}={axis(v)}" for k, v in line.kwargs.items())]
        return f"{shown[0]}.sum({', '.join(axes)})"
    shown += [f"{k}={argument(v)}" for k, v in line.kwargs.items()]
    return f"{printed_name(fn)}({', '.join(shown)})"


def axis(x: Any) -> str:
    """axis=(1,) reads axis=1."""
    return argument(x[0] if type(x) is tuple and len(x) == 1 else x)


def index(x: Any) -> str:
    """What stands between brackets."""

    def one(p: Any) -> str:
        if isinstance(p, slice):
            parts = ["" if v is None else argument(v) for v in (p.start, p.stop)]
            return ":".join(parts) + ("" if p.step is None else f":{argument(p.step)}")
        return "None" if p is None else argument(p)

    return ", ".join(map(one, x)) if type(x) is tuple and x else one(x)


def own_functions(lines: list[Line]) -> str:
    """Source of the functions that are not NumPy's, so that the file stands by itself."""
    wanted: dict[str, Callable[..., Any]] = {}
    for line in lines:
        if is_own(line.fn) and line.fn not in (getitem, astype):
            collect(line.fn.__wrapped__, wanted)  # type: ignore[attr-defined]
    return "\n\n".join(undecorated(fn) for fn in wanted.values())


def is_own(fn: Any) -> bool:
    """Whether a function is a primitive of this package's or the user's, rather than NumPy's."""
    return fn in RULES and hasattr(fn, "__autograd_primitive__")


def collect(fn: Callable[..., Any], wanted: dict[str, Callable[..., Any]]) -> None:
    """A function and the own functions that it calls."""
    if fn.__name__ in wanted:
        return
    for name in fn.__code__.co_names:
        inner = fn.__globals__.get(name)
        inner = getattr(inner, "__wrapped__", inner)
        if inspect.isfunction(inner) and inner is not fn and not inner.__module__.startswith("numpy"):
            collect(inner, wanted)
    wanted[fn.__name__] = fn


def undecorated(fn: Callable[..., Any]) -> str:
    """A function's source without decorators, docstring and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(fn)))
    body = tree.body[0]
    assert isinstance(body, ast.FunctionDef)
    body.decorator_list, body.returns = [], None
    for a in [*body.args.args, *body.args.kwonlyargs, *filter(None, (body.args.vararg,))]:
        a.annotation = None
    return ast.unparse(body)


def evaluate(source: str, name: str, given: Mapping[str, Any]) -> Any:
    """Run generated source and give one of its functions; tracebacks and pdb show its lines."""
    file = f"<autograd_lite {name} {next(_files)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace: dict[str, Any] = {"np": np, **given}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def parameters(program: Program) -> str:
    """The parameter list of the generated function."""
    return ", ".join(argument(v) for v in [*program.inputs, *program.constants])


def shape_note(v: Var) -> str:
    """A shape as a comment."""
    return "" if v.shape == () else f"  # {v.shape}"


def used(lines: list[Line]) -> set[Var]:
    """All variables that some line reads."""
    return {v for line in lines for v in variables((line.args, line.kwargs))}
