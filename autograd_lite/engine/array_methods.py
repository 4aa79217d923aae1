"""What else a Tensor does as an ndarray does: NumPy's two doors, indexing, and its methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import SilentCopyError
from ..rules import METHODS
from ..rules.indexing import getitem
from ..rules.registry import RULES, Function, is_default, missing, printed_name
from ..rules.shaping import astype
from .graph import NOTHING
from .operators import BINARY, UNARY, unary
from .record import (
    apply,
    arguments,
    as_array,
    call,
    call_with_options,
    plain,
    record,
    remember,
    wrap,
)
from .record import in_place as writes_into
from .tensor import Tensor

ndarray = np.ndarray
_CONVERTED = frozenset((Tensor, list, tuple))  # kinds of arguments that `record` looks into


# NumPy's two doors


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NEP 13: np.add(t, x), np.add.reduce(t)."""
    if method == "__call__":
        if kwargs:
            return call_with_options(ufunc, inputs, kwargs)
        if len(inputs) == 1:
            operate = UNARY.get(ufunc)
            return record(ufunc, inputs) if operate is None else operate(self)
        operators = BINARY.get(ufunc)
        if operators is None:
            return record(ufunc, tuple([as_array(a) if type(a) is list else a for a in inputs]))
        a, b = inputs
        return operators[0](a, b) if type(a) is Tensor else operators[1](b, a)
    table: dict[Any, Any] = METHODS
    definition = table.get((ufunc, method)) or table.get((None, method))
    if definition is None:
        raise missing(getattr(ufunc, method))
    if not is_default("out", kwargs.pop("out", None)):
        raise writes_into(ufunc, "out")
    return definition(ufunc, *inputs, **kwargs)


def array_function(
    self: Tensor, fn: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """NEP 18: np.sum(t), np.concatenate([t, x])."""
    if args and type(args[0]) is Tensor and fn in QUICK and kwargs.keys() <= SHARED:
        return QUICK[fn](*args, **kwargs)
    return apply(fn, args, kwargs)


def autograd_call(self: Tensor, fn: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
    """Our own functions: sigmoid(t)."""
    if type(self._data) is ndarray and len(args) == 1 and not kwargs and fn in UNARY:
        return UNARY[fn](self)
    return apply(fn, args, kwargs)


# Indexing


def get_item(self: Tensor, index: Any) -> Any:
    """t[index]"""
    return record(getitem, (self, plain(index)))


def set_item(self: Tensor, index: Any, value: Any) -> None:
    """Refused: it would change what the graph remembers."""
    raise SilentCopyError(
        f"writing into {self._called()} would change what the graph remembers. Build the new "
        f"array with np.where or np.concatenate; or write into t.data when no graph needs it."
    )


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The Tensors along the first axis."""
    if self._data.ndim == 0:
        raise TypeError("iteration over a 0-d Tensor")
    return (self[i] for i in range(len(self._data)))


def method(fn: Function) -> Any:
    """A method of ndarray's that records the NumPy function of the same arguments."""
    quick: Any = getattr(ndarray, fn.__name__, None)  # skips a layer of NumPy's own dispatch
    alone = unary(fn, quick) if fn in RULES and quick is not None else None

    def run(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if alone is None or type(self._data) is not ndarray:
            return apply(fn, (self, *args), kwargs)
        if not args and not kwargs:
            return alone(self)
        rule = RULES[fn]
        args, kwargs = arguments(rule, (self, *args), kwargs)
        if any([type(a) in _CONVERTED for a in args[1:]]):
            return record(fn, args, kwargs)
        args = args[1:]
        raw, parents = (self._data, *args), (self._node, *[None] * len(args))
        out = call(fn, quick, raw, kwargs, parents)
        return remember(rule, raw, kwargs or NOTHING, out, parents)

    run.__doc__ = f"As {printed_name(fn)}."
    return run


_AS_FUNCTIONS: list[Any] = [
    np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.cumsum, np.cumprod, np.trace,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.all, np.any, np.nonzero, np.searchsorted,
    np.transpose, np.squeeze, np.swapaxes, np.ravel, np.repeat, np.take, np.diagonal, np.clip,
    np.dot, np.round, np.choose, np.conjugate,
]  # fmt: skip
# np.sum(t) is t.sum(), but functions may have options that methods lack.
SHARED = {"axis", "keepdims"}
QUICK: dict[Function, Any] = {fn: method(fn) for fn in _AS_FUNCTIONS}
for _fn, _run in QUICK.items():
    setattr(Tensor, _fn.__name__, _run)


# Methods whose arguments differ from those of the function


def _reshape(self: Tensor, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """As np.reshape; the shape may be given as one tuple or as several numbers."""
    given = NOTHING if order == "C" else {"order": order}
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        (shape,) = shape
    return apply(np.reshape, (self, shape), given)


def _transpose(self: Tensor, *axes: Any) -> Any:
    """As np.transpose; the axes may be given as one tuple or as several numbers."""
    return record(np.transpose, (self, *(axes if len(axes) < 2 else (axes,))))


def _flatten(self: Tensor, order: str = "C") -> Any:
    """As np.ravel; a Tensor never shares its memory."""
    return apply(np.ravel, (self,), NOTHING if order == "C" else {"order": order})


def _copy(self: Tensor, order: str = "C") -> Any:
    """The same numbers as a new node of the graph."""
    return record(np.positive, (self,))


def _compress(self: Tensor, condition: Any, axis: int | None = None) -> Any:
    """As np.compress, which takes the condition first."""
    return apply(np.compress, (condition, self, axis), {})


def _divmod(self: Tensor, other: Any) -> Any:
    """As np.divmod."""
    return record(np.divmod, (self, other))


def _rdivmod(self: Tensor, other: Any) -> Any:
    """As np.divmod, with self on the right."""
    return record(np.divmod, (other, self))


def _round(self: Tensor, decimals: int = 0) -> Any:
    """As np.round: round(t, 2)."""
    return record(np.round, (self, decimals))


def in_place(name: str, instead: str) -> Any:
    """A method of ndarray's that would write into the array, refused."""

    def refuse(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        raise SilentCopyError(
            f"t.{name}() would change {self._called()} in place, and the graph may need it as it "
            f"was. Use {instead}, which gives a new one."
        )

    refuse.__doc__ = f"Refused: {instead} gives a new array."
    return refuse


def _contains(self: Tensor, value: Any) -> bool:
    """Whether a number is among the elements."""
    return value in self._data


def _astype(self: Tensor, dtype: Any, **kwargs: Any) -> Any:
    """The same numbers in another type; the gradient comes back in the old one.

    Whole numbers and booleans have no gradient, so there the graph ends.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fc":
        return wrap(self._data.astype(dtype))
    return record(astype, (self, dtype))


for _name, _method in (
    ("reshape", _reshape), ("transpose", _transpose), ("flatten", _flatten), ("copy", _copy),
    ("compress", _compress), ("__divmod__", _divmod), ("__rdivmod__", _rdivmod),
    ("__round__", _round),
    ("astype", _astype), ("__contains__", _contains), ("__getitem__", get_item),
    ("__setitem__", set_item), ("__iter__", iterate), ("__array_ufunc__", array_ufunc),
    ("__array_function__", array_function), ("__autograd_call__", autograd_call),
    ("conj", method(np.conjugate)), ("ptp", method(np.ptp)),
    ("T", property(lambda self: record(np.transpose, (self,)), doc="Axes reversed.")),
    ("mT", property(lambda self: record(np.swapaxes, (self, -1, -2)), doc="Last two swapped.")),
    ("real", property(np.real, doc="Real part.")),
    ("imag", property(np.imag, doc="Imaginary part.")),
    ("flat", property(lambda self: iter(self.ravel()), doc="Its numbers in row-major order.")),
):  # fmt: skip
    setattr(Tensor, _name, _method)
for _name, _instead in (
    ("sort", "np.sort(t)"), ("partition", "np.partition(t, kth)"),
    ("resize", "np.resize(t, shape)"), ("fill", "np.full_like(t, value)"),
    ("put", "np.where(mask, new, t)"),
):  # fmt: skip
    setattr(Tensor, _name, in_place(_name, _instead))
