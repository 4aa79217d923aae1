"""Build a Program while a function is traced: each NumPy call on Tracers becomes a line."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from ... import pytree
from ...advice.user_names import user_variables
from ...engine.write_guard import fingerprint
from ...errors import TraceError
from ...rules.indexing import getitem
from ...rules.registry import UNSUPPORTED, printed_name
from ...rules.signature import NO_VALUE
from ...rules.traits import PYTHON, REDUCES, SIZED, SIZED_LATER, STATIC, VALUES, WRITES, has
from ..ir import Line, Program, Var
from .tracer import Tracer, here, is_weak


class ProgramBuilder:
    """The lines traced so far, and the arrays that were found on the way."""

    def __init__(self) -> None:
        self.inputs: list[Var] = []
        self.constants: dict[Var, Any] = {}
        self.lines: list[Line] = []
        self.pinned: set[Var] = set()  # integers that decided a shape or a branch
        self.found: list[Var] = []  # gradients that a backward pass was asked for
        self.rule = ""  # the function whose derivative is being traced
        self.open = True
        self.code: CodeType | None = None  # of the function that runs the user's function
        self._seen: dict[tuple[int, bytes], Var] = {}
        self._by_id: dict[int, Var] = {}
        self._alive: list[Any] = []  # so that no id is used twice
        self._sources: dict[Var, frozenset[Var]] = {}  # inputs that a Python number depends on

    def input(self, value: Any, name: str) -> Tracer:
        """Return a Tracer for an argument."""
        var = Var(np.shape(value), np.asarray(value).dtype, name, is_weak(value))
        self.inputs.append(var)
        return self.adopt(var, value)

    def adopt(self, var: Var, value: Any) -> Tracer:
        """Return a Tracer for a variable that exists already."""
        if var.weak:
            self._sources[var] = frozenset([var])
        return Tracer(self, var, value)

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute a call on the real values, and append it as a line."""
        if not self.open:
            raise leaked(printed_name(fn))
        args, kwargs = normal(fn, args, kwargs)
        refuse(fn, args, kwargs)
        weak = has(fn, PYTHON)
        if not isinstance(fn, np.ufunc) and not has(fn, VALUES) and not weak:
            args, kwargs = pytree.map(self._pinned, args), pytree.map(self._pinned, kwargs)
        value = fn(*pytree.map(value_of, args), **pytree.map(value_of, kwargs))
        if has(fn, STATIC):
            return value
        several = isinstance(value, tuple | list)
        parts = value if several else (value,)
        if not weak and not all(isinstance(p, np.ndarray | np.generic) for p in parts):
            raise TraceError(
                f"{printed_name(fn)} returns a Python value that depends on the elements of an "
                f"array{here()}; it would be the same at every call. Keep it outside of the "
                f"function, or compute an array: np.all(x == y), np.where(condition, a, b)."
            )
        outs = tuple(Var(np.shape(p), np.asarray(p).dtype, weak=weak) for p in parts)
        rules = (self.rule,) if self.rule else ()
        self.lines.append(
            Line(
                fn, pytree.map(self._var, args), pytree.map(self._var, kwargs), outs, several, rules
            )
        )
        if weak:
            self._sources[outs[0]] = frozenset().union(
                *(self._sources[v] for v in self.lines[-1].reads)
            )
        if self.code is not None and not self.rule:
            self._note_names(self.code)
        tracers = [Tracer(self, v, p) for v, p in zip(outs, parts, strict=True)]
        return pytree.like(value, tracers) if several else tracers[0]

    def _note_names(self, code: CodeType) -> None:
        """Name variables as the user's code names them by now."""
        named: set[Var] = set()
        for name, x in user_variables(code):
            x = getattr(x, "__autograd_data__", x)
            if isinstance(x, Tracer) and x.builder is self:
                var: Var | None = x.variable
            elif isinstance(x, np.ndarray):
                var = self._by_id.get(id(x))
            else:
                continue
            if var is not None and var not in named and var not in self.inputs:
                var.name = name
                named.add(var)

    def fixed_number(self, x: Tracer) -> Any:
        """Return the number itself if it is a Python integer, which is pinned by that; else None.

        A call with another integer is compiled anew.
        """
        if not self.open:
            raise leaked("a value")
        if x.variable.weak and isinstance(x.value, int):
            self.pinned |= self._sources[x.variable]
            return x.value
        return None

    def _pinned(self, x: Any) -> Any:
        """Return the pinned integer that a Tracer stands for as an axis, a size or an index."""
        if isinstance(x, Tracer):
            number = self.fixed_number(x)
            return x if number is None else number
        return slice(*map(self._pinned, (x.start, x.stop, x.step))) if type(x) is slice else x

    def _var(self, x: Any) -> Any:
        """Return the Var of an argument, or the argument if it is no array."""
        if isinstance(x, Tracer):
            if x.builder is not self:
                raise TraceError("an array of another ag.compile came in; pass it as an argument.")
            return x.variable
        if isinstance(x, np.ndarray):
            return self.constant(x) if x.shape else x[()]
        return x

    def constant(self, array: Any) -> Var:
        """Return the Var of an array that is no argument; it is frozen as it is now."""
        key = id(array), fingerprint(array)
        var = self._seen.get(key)
        if var is None:
            var = self._seen[key] = Var(array.shape, array.dtype)
            frozen = np.array(array)
            frozen.flags.writeable = False
            self.constants[var] = frozen
            self._by_id[id(array)] = var
            self._alive.append(array)
        return var

    def finish(self, outputs: list[Any]) -> Program:
        """Return the Program, and accept no further calls."""
        variables = [self._var(x) for x in outputs]
        self.open = False
        made = {v for line in self.lines for v in line.outs}
        watched = [v for v in dict.fromkeys(self.found) if v in made]
        return Program(self.inputs, self.constants, self.lines, variables, watched)


def normal(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call without defaults; axis and keepdims of a reduction by name."""
    kwargs = {
        k: v
        for k, v in kwargs.items()
        if not (
            v is NO_VALUE
            or (v is None and k in ("out", "dtype"))
            or (k == "where" and v is True)
            or (k == "optimize" and v is False)
        )
    }
    if fn is np.transpose and len(args) == 2 and args[1] is None:
        args = args[:1]
    if has(fn, REDUCES) and len(args) < 3:
        kwargs = {**({"axis": args[1]} if len(args) == 2 else {}), **kwargs}
        neutral = {"axis": None, "keepdims": False}
        kwargs = {k: v for k, v in kwargs.items() if k not in neutral or v is not neutral[k]}
        args = args[:1]
    return args, kwargs


def refuse(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TraceError for a call that writes into an array, or whose shape is not known."""
    out = kwargs.get("out")
    if out is not None and not (isinstance(out, tuple) and all(o is None for o in out)):
        raise TraceError(
            f"{printed_name(fn)} with out= writes into an array{here()}, as a += x does for a "
            f"plain array a. Use the array that the call returns: a = a + x."
        )
    if has(fn, WRITES) or getattr(fn, "__name__", "") == "at":
        why = UNSUPPORTED.get(fn, "it writes into its first argument; np.where makes a new array")
        raise TraceError(f"{printed_name(fn)} does not work in a compiled function{here()}: {why}.")
    if (
        has(fn, SIZED)
        or (fn is np.where and len(args) == 1)
        or (has(fn, SIZED_LATER) and holds_tracer(args[1:]))
        or (fn is getitem and holds_tracer(args[1], np.dtype(bool)))
    ):
        called = "x[mask]" if fn is getitem else printed_name(fn)
        raise TraceError(
            f"{called} returns an array whose shape depends on the elements of another{here()}; a "
            f"compiled function has fixed shapes. np.where(mask, x, 0) keeps the shape of x. "
            f"Anything that has no such form, compute outside and pass as an argument."
        )
    for x in (*args, *kwargs.values()):
        if callable(x) and not isinstance(x, type | np.ufunc | Tracer):
            raise TraceError(
                f"{printed_name(fn)} calls a Python function on elements{here()}; write it with "
                f"NumPy's functions on whole arrays."
            )


def holds_tracer(x: Any, dtype: Any = None) -> bool:
    """Return whether a pytree holds a Tracer of an array, or of one with this dtype."""
    return any(
        isinstance(leaf, Tracer) and not leaf.variable.weak and dtype in (None, leaf.dtype)
        for leaf in pytree.leaves(x)
    )


def value_of(x: Any) -> Any:
    """Return the real value of a Tracer; anything else as it is."""
    return x.value if isinstance(x, Tracer) else x


def leaked(what: str) -> TraceError:
    """Return the error for a Tracer that outlived its trace."""
    return TraceError(
        f"{what} was asked of an array that belongs to a finished ag.compile{here()}: it leaked "
        f"through a global, an attribute or a list. Return it from the function instead."
    )
