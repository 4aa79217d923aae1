"""A duck array that stands for an array while a function is traced.

It has the shape and dtype of the real array and does what NumPy does with one; every call goes to
the builder that it belongs to. The eager engine itself runs on Tracers: a Tensor holds one as its
data, so that the backward pass is traced like everything else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from ...advice.user_frames import user_line
from ...errors import MissingError, TraceError
from ...rules.indexing import getitem
from ...rules.shaping import astype
from ...rules.traits import COMPARED, OPERATORS, SIGNS
from ..ir import Var

# Advice if Python asks for a number
_BRANCH = (
    "np.where(condition, a, b) chooses between values. Keep an if statement that depends on values "
    "outside of the function."
)
_CONVERSION = (
    "Arrays of one element compute as numbers do, and NumPy's functions take them (np.exp(x), not "
    "math.exp(x)). Call float() or item() on what the function returns."
)
_SIZE = (
    "Pass sizes and loop counts as Python integers: the function is compiled again for another "
    "one. An array can be indexed with an array."
)
_ARRAY = (
    "np.stack([x, y]) and np.concatenate put arrays together, x.copy() copies one, and "
    "np.where(mask, a, b) replaces a part of one."
)
_PRINTING = "Return the array, and print what the compiled function returns."


class Builder(Protocol):
    """The part of a ProgramBuilder that its Tracers call."""

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute a call on the real values, and append it as a line."""

    def fixed_number(self, x: Tracer) -> Any:
        """Return the number itself if Python may know it, else None."""


class Tracer:
    """A stand-in for an array or a number; `value` is the real one, of the example being run."""

    __slots__ = ("__weakref__", "builder", "value", "variable")
    __array_priority__ = 500.0  # below Tensor, above ndarray
    __hash__ = None  # type: ignore[assignment]  # == is traced, so it cannot be a key

    def __init__(self, builder: Builder, variable: Var, value: Any) -> None:
        self.builder, self.variable, self.value = builder, variable, value

    shape = property(lambda self: self.variable.shape, doc="As of an ndarray.")
    dtype = property(lambda self: self.variable.dtype, doc="As of an ndarray.")
    ndim = property(lambda self: len(self.variable.shape), doc="As of an ndarray.")
    size = property(lambda self: self.variable.size, doc="As of an ndarray.")
    itemsize = property(lambda self: self.variable.dtype.itemsize, doc="As of an ndarray.")
    nbytes = property(lambda self: self.size * self.itemsize, doc="As of an ndarray.")
    base = property(lambda self: getattr(self.value, "base", None), doc="None if it is no view.")
    T = property(lambda self: np.transpose(self), doc="Axes reversed.")
    mT = property(lambda self: np.swapaxes(self, -1, -2), doc="Last axes swapped.")  # noqa: N815 (NumPy's name)
    real = property(lambda self: np.real(self), doc="Real part.")
    imag = property(lambda self: np.imag(self), doc="Imaginary part.")
    flat = property(lambda self: iter(self.ravel()), doc="Its elements in row-major order.")

    # NumPy's two protocols, and that of this package's own functions

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(outranks(x) for x in inputs):
            return NotImplemented
        if method == "__call__":
            return self.builder.call(ufunc, inputs, kwargs)
        if method == "reduce" and ufunc is np.add and "initial" not in kwargs:
            return np.sum(*inputs, **(kwargs if len(inputs) > 1 else {"axis": 0, **kwargs}))
        return self.builder.call(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(
        self, fn: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if any(hasattr(t, "__autograd_call__") and t is not Tracer for t in types):
            return NotImplemented
        return self.builder.call(fn, args, kwargs)

    def __autograd_call__(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return self.builder.call(fn, args, kwargs)

    # Methods of ndarray other than operators

    def __getitem__(self, index: Any) -> Any:
        return self.builder.call(getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TraceError(
            f"a compiled function may not write into an array{here()}. Build a new one with "
            f"np.where or np.concatenate."
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d array")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """Return the elements in another dtype; a copy even if they have that dtype already."""
        np.empty(0, self.dtype).astype(dtype, **kwargs)  # raises what NumPy does
        if np.dtype(dtype) == self.dtype and not self.variable.weak:
            return self if kwargs.get("copy") is False else np.copy(self)
        return self.builder.call(astype, (self, np.dtype(dtype)), {})

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """Do as the method of ndarray does."""
        return self.builder.call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), kwargs)

    def transpose(self, *axes: Any) -> Any:
        """Do as the method of ndarray does."""
        given = axes if len(axes) < 2 else (axes,)
        return self.builder.call(np.transpose, (self, *given), {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # a protocol that Tracers do not support
        advice = (
            "it would write into the array"
            if name in ("sort", "fill", "put", "itemset", "partition", "resize", "setflags")
            else "it has no counterpart among NumPy's functions that dispatch"
        )
        raise MissingError(f".{name} does not work in a compiled function{here()}: {advice}.")

    # Conversions to Python's numbers

    def _number(self, what: str, advice: str) -> Any:
        value = self.builder.fixed_number(self)
        if value is not None:
            return value
        raise TraceError(
            f"{what} needs the value of {self._called()}{here()}, but a compiled function runs "
            f"the same lines for every value. {advice}"
        )

    def _called(self) -> str:
        """Describe it: `x of shape (3, 4) and dtype float64`."""
        name = self.variable.name or ("a result" if self.variable.weak else "an array")
        if self.variable.weak:
            return name
        return f"{name} of shape {self.shape} and dtype {self.dtype}"

    def __bool__(self) -> bool:
        return bool(self._number("a Python branch (if, while, and, or, not)", _BRANCH))

    def __float__(self) -> float:
        return float(self._number("float()", _CONVERSION))

    def __int__(self) -> int:
        return int(self._number("int()", _CONVERSION))

    def __complex__(self) -> complex:
        return complex(self._number("complex()", _CONVERSION))

    def __index__(self) -> int:
        return operator.index(self._number("an index, a size or a loop count", _SIZE))

    def item(self, *args: Any) -> Any:
        """Raise TraceError: the value is not known while compiling."""
        return self._number("item()", _CONVERSION)

    def tolist(self) -> Any:
        """Raise TraceError: the values are not known while compiling."""
        return self._number("tolist()", _CONVERSION)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.array(self._number("making a plain array (np.array(x), a[i] = x)", _ARRAY))

    def __format__(self, spec: str) -> str:
        return format(self._number("printing", _PRINTING), spec)

    def __str__(self) -> str:
        return str(self._number("printing", _PRINTING))

    def __repr__(self) -> str:
        return f"Tracer(shape={self.shape}, dtype={self.dtype})"


def here() -> str:
    """Return the line of the user's code in parentheses, to be added to a sentence."""
    line = user_line()
    return f" ({line})" if line else ""


def outranks(x: Any) -> bool:
    """Return whether another kind of array handles a call instead: a Tensor around Tracers."""
    return not isinstance(x, Tracer) and hasattr(type(x), "__autograd_call__")


def _operator(ufunc: Any, compute: Any, reflected: bool = False) -> Any:
    """Return an operator method: NumPy's function, or Python's operator if all are numbers."""

    def operate(self: Tracer, other: Any) -> Any:
        if outranks(other) or other is None or isinstance(other, str):
            return NotImplemented
        fn = ufunc
        if self.variable.weak and is_weak(other):
            fn = compute  # as eagerly: a Python number stays one, and decides no dtype
        return self.builder.call(fn, (other, self) if reflected else (self, other), {})

    return operate


def _unary(ufunc: Any, compute: Any) -> Any:
    def operate(self: Tracer) -> Any:
        return self.builder.call(compute if self.variable.weak else ufunc, (self,), {})

    return operate


def is_weak(x: Any) -> bool:
    """Return whether an operand is a Python number, or stands for one."""
    if isinstance(x, Tracer):
        return x.variable.weak
    return isinstance(x, int | float | complex) and not isinstance(x, np.generic)


def _method(fn: Any) -> Any:
    def call(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    call.__doc__ = "Do as the method of ndarray does."
    return call


def _compress(self: Tracer, condition: Any, axis: Any = None) -> Any:
    return np.compress(condition, self, axis)


def _flatten(self: Tracer, *args: Any, **kwargs: Any) -> Any:
    return np.copy(np.ravel(self, *args, **kwargs))  # unlike ravel, never a view


for _ufunc, _compute in OPERATORS.items():
    _name = _compute.__name__.strip("_")  # and_ is __and__
    if _ufunc.nin == 1:
        setattr(Tracer, f"__{_name}__", _unary(_ufunc, _compute))
        continue
    setattr(Tracer, f"__{_name}__", _operator(_ufunc, _compute))
    if SIGNS[_ufunc].binding != COMPARED:
        setattr(Tracer, f"__r{_name}__", _operator(_ufunc, _compute, reflected=True))
for _fn in (
    np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.cumsum, np.cumprod, np.trace,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.all, np.any, np.squeeze, np.swapaxes,
    np.ravel, np.repeat, np.take, np.diagonal, np.clip, np.dot, np.round, np.nonzero, np.choose,
    np.searchsorted, np.conj, np.conjugate,
):  # fmt: skip
    setattr(Tracer, _fn.__name__, _method(_fn))
# mypy sees no attributes that are attached
Tracer.conj = _method(np.conj)  # type: ignore[attr-defined]
Tracer.flatten = _flatten  # type: ignore[attr-defined]
Tracer.copy = _method(np.copy)  # type: ignore[attr-defined]
Tracer.compress = _compress  # type: ignore[attr-defined]
for _name, _divmod in (
    ("__divmod__", lambda self, other: (self // other, self % other)),
    ("__rdivmod__", lambda self, other: (other // self, other % self)),
):
    setattr(Tracer, _name, _divmod)
