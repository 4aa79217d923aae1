"""NumPy's two doors into a Tensor, that of our own functions, and indexing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SilentCopyError
from ..rules import METHODS
from ..rules.indexing import getitem
from ..rules.registry import missing
from ..rules.signature import Function, is_default
from .array_methods import QUICK, SHARED
from .graph import Recorded
from .operators import BINARY, UNARY
from .record import apply, as_array, call_with_options, in_place, plain, record

if TYPE_CHECKING:
    from .tensor import Tensor


class ArrayProtocol(Recorded):
    """The part of a Tensor that NumPy calls."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
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
            return operators[0](a, b) if type(a) is type(self) else operators[1](b, a)
        table: dict[Any, Any] = METHODS
        definition = table.get((ufunc, method)) or table.get((None, method))
        if definition is None:
            raise missing(getattr(ufunc, method))
        if not is_default("out", kwargs.pop("out", None)):
            raise in_place(ufunc, "out")
        return definition(ufunc, *inputs, **kwargs)

    def __array_function__(
        self, fn: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """NEP 18: np.sum(t), np.concatenate([t, x])."""
        if args and type(args[0]) is type(self) and fn in QUICK and kwargs.keys() <= SHARED:
            return QUICK[fn](*args, **kwargs)
        return apply(fn, args, kwargs)

    def __autograd_call__(self, fn: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
        """Call one of our own functions: sigmoid(t)."""
        if type(self._data) is np.ndarray and len(args) == 1 and not kwargs and fn in UNARY:
            return UNARY[fn](self)
        return apply(fn, args, kwargs)

    @property
    def __autograd_data__(self) -> Any:
        """The raw array, for code that must not import Tensor."""
        return self._data

    def __getitem__(self, index: Any) -> Tensor:
        """Return t[index]."""
        return record(getitem, (self, plain(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        """Raise SilentCopyError: writing would change what the graph remembers."""
        raise SilentCopyError(
            f"writing into {self._called()} would change what the graph remembers. Build the new "
            f"array with np.where or np.concatenate; or write into t.data when no graph needs it."
        )

    def __iter__(self) -> Iterator[Tensor]:
        """Return the Tensors along the first axis."""
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self._data)))

    def __contains__(self, value: Any) -> bool:
        """Return whether a value is among the elements."""
        return value in self._data
