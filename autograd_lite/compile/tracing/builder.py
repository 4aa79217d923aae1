"""The writing-down under way: each NumPy call on Tracers becomes a line."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from ...advice.user_names import user_variables
from ...engine.graph import fingerprint
from ...errors import TraceError
from ...rules.indexing import getitem
from ...rules.registry import NO_VALUE, UNSUPPORTED, printed_name
from ..ir import Line, Program, Var
from .tracer import Tracer, here, is_weak

# What these give hangs on shapes and types alone, so it is the same at every call.
_OF_SHAPES = (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type,
    np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory, np.einsum_path,
)  # fmt: skip
# How many numbers these give hangs on the numbers themselves ...
_SHAPE_UNKNOWN = (
    np.nonzero, np.flatnonzero, np.argwhere, np.compress, np.extract, np.trim_zeros, np.unique,
    np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.union1d,
    np.intersect1d, np.setdiff1d, np.setxor1d, np.bincount, np.linalg.lstsq,
)  # fmt: skip
# ... and of these, when the second argument is no constant.
_SHAPE_FROM_SECOND = (np.repeat, np.delete, np.insert, np.split, np.array_split)
_WRITING = (np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal)
# Functions other than ufuncs that take a whole number as a value, not as an axis or a size.
_TAKE_VALUES = (np.where, np.clip, np.full_like, np.nan_to_num)
_REDUCTIONS = (
    np.sum, np.mean, np.max, np.min, np.prod, np.any, np.all, np.std, np.var, np.argmax, np.argmin
)  # fmt: skip


class ProgramBuilder:
    """Lines written so far, and the arrays met on the way."""

    def __init__(self) -> None:
        self.inputs: list[Var] = []
        self.constants: dict[Var, Any] = {}
        self.lines: list[Line] = []
        self.pinned: set[Var] = set()  # whole numbers that decided a shape or a branch
        self.found: list[Var] = []  # gradients that a sweep was asked for
        self.rule = ""  # whose derivative is being written down
        self.open = True
        self.code: CodeType | None = None  # of the function that runs the user's
        self._seen: dict[tuple[int, bytes], Var] = {}
        self._by_id: dict[int, Var] = {}
        self._alive: list[Any] = []  # so that no id is used twice
        self._sources: dict[Var, frozenset[Var]] = {}  # inputs that a Python number hangs on

    def input(self, value: Any, name: str) -> Tracer:
        """A Tracer for an argument."""
        var = Var(np.shape(value), np.asarray(value).dtype, name, is_weak(value))
        self.inputs.append(var)
        return self.adopt(var, value)

    def adopt(self, var: Var, value: Any) -> Tracer:
        """A Tracer for a variable that is there already."""
        if var.weak:
            self._sources[var] = frozenset([var])
        return Tracer(self, var, value)

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do the call on the real values, and write it down."""
        if not self.open:
            raise leaked(printed_name(fn))
        args, kwargs = normal(fn, args, kwargs)
        refuse(fn, args, kwargs)
        if not isinstance(fn, np.ufunc) and fn not in _TAKE_VALUES and fn not in _PYTHON:
            args, kwargs = self._with_whole_numbers(args), self._with_whole_numbers(kwargs)
        value = fn(*values(args), **values(kwargs))
        if fn in _OF_SHAPES:
            return value
        several = isinstance(value, tuple | list)
        parts = value if several else (value,)
        if fn not in _PYTHON and not all(isinstance(p, np.ndarray | np.generic) for p in parts):
            raise TraceError(
                f"{printed_name(fn)} gives a value of Python's that hangs on the numbers in an "
                f"array{here()}; it would be the same at every call. Leave it outside, or compute "
                f"an array: np.all(x == y), np.where(condition, a, b)."
            )
        outs = tuple(Var(np.shape(p), np.asarray(p).dtype, weak=fn in _PYTHON) for p in parts)
        rules = (self.rule,) if self.rule else ()
        self.lines.append(Line(fn, self._vars(args), self._vars(kwargs), outs, several, rules))
        if fn in _PYTHON:
            self._sources[outs[0]] = frozenset().union(
                *(self._sources[v] for v in self.lines[-1].reads)
            )
        if self.code is not None and not self.rule:
            self._note_names(self.code)
        recorders = [Tracer(self, v, p) for v, p in zip(outs, parts, strict=True)]
        if not several:
            return recorders[0]
        return type(value)(*recorders) if hasattr(value, "_fields") else type(value)(recorders)

    def _note_names(self, code: CodeType) -> None:
        """Call variables what the user's code calls them by now."""
        named: set[Var] = set()
        for name, x in user_variables(code):
            x = getattr(x, "__autograd_data__", x)
            if isinstance(x, Tracer) and x.recording is self:
                var: Var | None = x.variable
            elif isinstance(x, np.ndarray):
                var = self._by_id.get(id(x))
            else:
                continue
            if var is not None and var not in named and var not in self.inputs:
                var.name = name
                named.add(var)

    def fixed_number(self, x: Tracer) -> Any:
        """The number itself, where Python may know it: a whole number, which is pinned by that.

        A call with another one is compiled anew. None for everything else.
        """
        if not self.open:
            raise leaked("a value")
        if x.variable.weak and isinstance(x.value, int):
            self.pinned |= self._sources[x.variable]
            return x.value
        return None

    def _with_whole_numbers(self, x: Any) -> Any:
        """The same nest of arguments, with pinned numbers for axes, sizes and indices."""
        if isinstance(x, Tracer):
            number = self.fixed_number(x)
            return x if number is None else number
        if type(x) is tuple or type(x) is list:
            return type(x)([self._with_whole_numbers(item) for item in x])
        if type(x) is dict:
            return {key: self._with_whole_numbers(item) for key, item in x.items()}
        if type(x) is slice:
            return slice(*map(self._with_whole_numbers, (x.start, x.stop, x.step)))
        return x

    def _vars(self, x: Any) -> Any:
        if isinstance(x, Tracer):
            if x.recording is not self:
                raise TraceError("an array of another ag.compile came in; pass it as an argument.")
            return x.variable
        if isinstance(x, np.ndarray):
            return self.constant(x) if x.shape else x[()]
        if type(x) is tuple or type(x) is list:
            return type(x)([self._vars(item) for item in x])
        if type(x) is dict:
            return {key: self._vars(item) for key, item in x.items()}
        return x

    def constant(self, array: Any) -> Var:
        """The Var of an array that is no argument; its numbers are frozen as they are now."""
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
        """The Program, and no further calls."""
        variables = [self._vars(x) for x in outputs]
        self.open = False
        made = {v for line in self.lines for v in line.outs}
        watched = [v for v in dict.fromkeys(self.found) if v in made]
        return Program(self.inputs, self.constants, self.lines, variables, watched)


# Python's own operators, written down where all operands are Python's numbers
_PYTHON = frozenset((
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.neg, operator.pos, operator.abs, operator.invert, operator.and_,
    operator.or_, operator.xor, operator.lshift, operator.rshift, operator.eq, operator.ne,
    operator.lt, operator.le, operator.gt, operator.ge,
))  # fmt: skip


def normal(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call without arguments that say nothing; axis and keepdims of a reduction by name."""
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
    if fn in _REDUCTIONS and len(args) < 3:
        kwargs = {**({"axis": args[1]} if len(args) == 2 else {}), **kwargs}
        neutral = {"axis": None, "keepdims": False}
        kwargs = {k: v for k, v in kwargs.items() if k not in neutral or v is not neutral[k]}
        args = args[:1]
    return args, kwargs


def refuse(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TraceError for calls that write into arrays, or give shapes that are not known."""
    out = kwargs.get("out")
    if out is not None and not (isinstance(out, tuple) and all(o is None for o in out)):
        raise TraceError(
            f"{printed_name(fn)} with out= writes into an array{here()}, as a += x does for a "
            f"plain array a. Use the array that the call returns: a = a + x."
        )
    if fn in _WRITING or getattr(fn, "__name__", "") == "at":
        why = UNSUPPORTED.get(fn, "it writes into its first argument; np.where makes a new array")
        raise TraceError(f"{printed_name(fn)} does not work in a compiled function{here()}: {why}.")
    if (
        fn in _SHAPE_UNKNOWN
        or (fn is np.where and len(args) == 1)
        or (fn in _SHAPE_FROM_SECOND and any_recorder(args[1:]))
        or (fn is getitem and any_recorder(args[1], bool))
    ):
        called = "x[mask]" if fn is getitem else printed_name(fn)
        raise TraceError(
            f"{called} gives an array whose shape hangs on the numbers in another{here()}; a "
            f"compiled function has fixed shapes. np.where(mask, x, 0) keeps the shape of x; what "
            f"has no such form, compute outside and pass it as an argument."
        )
    for x in (*args, *kwargs.values()):
        if callable(x) and not isinstance(x, type | np.ufunc | Tracer):
            raise TraceError(
                f"{printed_name(fn)} calls a Python function for its numbers{here()}; write it "
                f"with NumPy's functions on whole arrays."
            )


def any_recorder(x: Any, kind: Any = None) -> bool:
    """Whether a nest holds a Tracer of an array, or of one of a certain type."""
    if isinstance(x, Tracer):
        return not x.variable.weak and (kind is None or x.dtype == kind)
    return isinstance(x, tuple | list) and any(any_recorder(item, kind) for item in x)


def values(x: Any) -> Any:
    """The same nest with real values in place of Tracers."""
    if isinstance(x, Tracer):
        return x.value
    if type(x) is tuple or type(x) is list:
        return type(x)([values(item) for item in x])
    if type(x) is dict:
        return {key: values(item) for key, item in x.items()}
    return x


def leaked(what: str) -> TraceError:
    """The error for a Tracer that outlived its trace."""
    return TraceError(
        f"{what} was asked of an array that belongs to a finished ag.compile{here()}: it leaked "
        f"out through a global, an attribute or a list. Return it from the function instead."
    )
