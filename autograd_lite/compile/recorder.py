"""A duck array that writes down each NumPy call, with its real value beside it.

The eager engine itself runs on Recorders once, sweep and update included; what it leaves behind is
the Program of a training step with its backward pass.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import AutogradError
from ..registry import printed_name
from ..rules.indexing import getitem
from ..rules.shaping import astype
from ..watch import user_line
from .program import Line, Program, Var


class TraceError(AutogradError, TypeError):
    """The function cannot be written down as straight-line NumPy; the message says where and why."""


class Trace:
    """The writing-down under way: its lines, and the arrays met on the way."""

    def __init__(self) -> None:
        self.inputs: list[Var] = []
        self.constants: dict[Var, Any] = {}
        self.lines: list[Line] = []
        self.pinned: set[Var] = set()  # whole numbers that decided a shape or an axis
        self.open = True
        self._seen: dict[int, Var] = {}

    def input(self, value: Any, name: str) -> Recorder:
        """A Recorder for an argument."""
        var = Var(np.shape(value), np.asarray(value).dtype, name)
        var.weak = isinstance(value, int | float | complex) and not isinstance(value, np.generic)
        self.inputs.append(var)
        return Recorder(self, var, value)

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do the call on the real values, and write it down."""
        if not self.open:
            raise TraceError(
                f"{printed_name(fn)} was called on an array that belongs to a finished ag.compile: "
                f"it leaked out through a global, an attribute or a list. Return it instead."
            )
        kwargs = {
            k: v for k, v in kwargs.items()
            if not (v is None or v is np._NoValue or (k == "where" and v is True))
        }  # fmt: skip
        while len(args) > 1 and args[-1] is None and not hasattr(fn, "__autograd_primitive__"):
            args = args[:-1]  # NumPy's way to say "not given"
        if "out" in kwargs:
            raise TraceError(f"{printed_name(fn)}: out= writes into an array; return a new one.")
        value = fn(*values(args), **values(kwargs))
        several = isinstance(value, tuple | list)
        parts = value if several else (value,)
        if not all(isinstance(part, np.ndarray | np.generic) for part in parts):
            return value  # a shape, a bool: the same whenever the shapes are
        outs = tuple(Var(part.shape, part.dtype) for part in parts)
        self.lines.append(Line(fn, self._vars(args), self._vars(kwargs), outs, several))
        recorders = [Recorder(self, v, p) for v, p in zip(outs, parts, strict=True)]
        if not several:
            return recorders[0]
        return type(value)(*recorders) if hasattr(value, "_fields") else type(value)(recorders)

    def _vars(self, x: Any) -> Any:
        if isinstance(x, Recorder):
            if x.recording is not self:
                raise TraceError("an array of another ag.compile came in; pass it as an argument.")
            return x.variable
        if isinstance(x, np.ndarray):
            return self.constant(x)
        if type(x) is tuple or type(x) is list:
            return type(x)([self._vars(item) for item in x])
        if type(x) is dict:
            return {key: self._vars(item) for key, item in x.items()}
        return x

    def constant(self, array: Any) -> Any:
        """The Var of an array that is not an argument; its numbers are frozen."""
        var = self._seen.get(id(array))
        if var is None:
            var = self._seen[id(array)] = Var(array.shape, array.dtype)
            self.constants[var] = array
        return var

    def finish(self, outputs: list[Any]) -> Program:
        """The Program, and no further calls."""
        program = Program(
            self.inputs, self.constants, self.lines, [self._vars(x) for x in outputs]
        )
        self.open = False
        return program


class Recorder:
    """Stands for an array in a Trace; does what NumPy does with one, and has its shape and type."""

    __slots__ = ("__weakref__", "recording", "value", "variable")
    __array_priority__ = 500.0  # below Tensor, above ndarray
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, trace: Trace, var: Var, value: Any) -> None:
        self.recording, self.variable, self.value = trace, var, value

    shape = property(lambda self: self.variable.shape)
    dtype = property(lambda self: self.variable.dtype)
    ndim = property(lambda self: len(self.variable.shape))
    size = property(lambda self: self.variable.size)
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.swapaxes(self, -1, -2))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(outranks(x) for x in inputs):
            return NotImplemented
        fn: Any = ufunc
        if method == "reduce" and ufunc is np.add:
            return np.sum(*inputs, **{"axis": 0, **kwargs} if len(inputs) == 1 else kwargs)
        if method != "__call__":
            fn = getattr(ufunc, method)
        return self.recording.call(fn, inputs, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(hasattr(t, "__autograd_call__") and t is not Recorder for t in types):
            return NotImplemented
        return self.recording.call(fn, args, kwargs)

    def __autograd_call__(self, fn: Any, args: Any, kwargs: Any) -> Any:
        return self.recording.call(fn, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.recording.call(getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TraceError(
            f"a compiled function may not write into an array ({user_line()}); build a new one "
            f"with np.where or np.concatenate."
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d array")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """The same numbers in another type."""
        return self.recording.call(astype, (self, np.dtype(dtype)), {})

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """As ndarray's."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **kwargs)  # type: ignore[arg-type, call-overload]

    def transpose(self, *axes: Any) -> Any:
        """As ndarray's."""
        return np.transpose(self, *(axes if len(axes) < 2 else (axes,)))  # type: ignore[arg-type]

    def _number(self, what: str) -> Any:
        if self.variable.weak and isinstance(self.value, int):
            self.recording.pinned.add(self.variable)  # compiled again for another whole number
            return self.value
        raise TraceError(
            f"{what} needs the number inside an array, which ag.compile does not know: the same "
            f"lines run for every value ({user_line()}). Use np.where for a choice between values; "
            f"leave printing, item() and if statements outside the compiled function."
        )

    def __bool__(self) -> bool:
        return bool(self._number("a Python branch (if, while, and, or, not)"))

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __index__(self) -> int:
        return operator.index(self._number("using it as an index, a size or a loop count"))

    def item(self, *args: Any) -> Any:
        """Refused: the number is not known while compiling."""
        return self._number("item()")

    def tolist(self) -> Any:
        """Refused: the numbers are not known while compiling."""
        return self._number("tolist()")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self._number("np.asarray()")

    def __format__(self, spec: str) -> str:
        return str(self._number("formatting or printing it"))

    def __repr__(self) -> str:
        return f"Recorder(shape={self.shape}, dtype={self.dtype})"


def values(x: Any) -> Any:
    """The same nest with real values in place of Recorders."""
    if isinstance(x, Recorder):
        return x.value
    if type(x) is tuple or type(x) is list:
        return type(x)([values(item) for item in x])
    if type(x) is dict:
        return {key: values(item) for key, item in x.items()}
    return x


def outranks(x: Any) -> bool:
    """Whether another kind of array should handle a call instead (a Tensor around Recorders)."""
    return hasattr(type(x), "__autograd_call__") and not isinstance(x, Recorder)


def _operator(ufunc: Any, reflected: bool = False) -> Any:
    def operate(self: Recorder, other: Any) -> Any:
        if outranks(other):
            return NotImplemented
        return self.recording.call(ufunc, (other, self) if reflected else (self, other), {})

    return operate


def _method(fn: Any) -> Any:
    def call(self: Recorder, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    return call


for _name, _fn in (
    ("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.true_divide),
    ("pow", np.power), ("matmul", np.matmul), ("mod", np.remainder), ("floordiv", np.floor_divide),
    ("and", np.bitwise_and), ("or", np.bitwise_or), ("xor", np.bitwise_xor),
):  # fmt: skip
    setattr(Recorder, f"__{_name}__", _operator(_fn))
    setattr(Recorder, f"__r{_name}__", _operator(_fn, reflected=True))
for _name, _fn in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
    ("gt", np.greater), ("ge", np.greater_equal),
):  # fmt: skip
    setattr(Recorder, f"__{_name}__", _operator(_fn))
for _name, _fn in (
    ("neg", np.negative), ("pos", np.positive), ("abs", np.absolute), ("invert", np.invert),
):  # fmt: skip
    setattr(Recorder, f"__{_name}__", _method(_fn))
for _method_name in (
    "sum mean max min prod std var cumsum cumprod trace argmax argmin argsort all any squeeze "
    "swapaxes ravel repeat take diagonal clip dot round conj nonzero compress choose"
).split():
    setattr(Recorder, _method_name, _method(getattr(np, _method_name)))
Recorder.flatten = Recorder.ravel  # type: ignore[attr-defined]
Recorder.copy = _method(np.positive)  # type: ignore[attr-defined]
