"""An array of a device of its own: NumPy's two protocols and nothing else, as strict as CuPy's.

It has no way to become a NumPy array unasked, and does not mix with one: only numbers, and places
in an index, may come from NumPy. A derivative that it has was computed on the device.
"""

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Strict(NDArrayOperatorsMixin):
    """`Strict(a)` moves an array to the device, `t.get()` back; one number is an array, too."""

    __array_priority__ = 100

    def __init__(self, numbers: Any) -> None:
        self._numbers = np.array(numbers)

    shape = property(lambda self: self._numbers.shape)
    ndim = property(lambda self: self._numbers.ndim)
    size = property(lambda self: self._numbers.size)
    dtype = property(lambda self: self._numbers.dtype)
    nbytes = property(lambda self: self._numbers.nbytes)
    T = property(lambda self: moved(self._numbers.T))
    real = property(lambda self: moved(self._numbers.real))
    imag = property(lambda self: moved(self._numbers.imag))

    def get(self) -> Any:
        """Return a copy in NumPy's memory, which must be asked for."""
        return self._numbers.copy()

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("implicit conversion to a NumPy array: use .get()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        known = (Strict, np.ndarray, np.generic)
        if any(hasattr(x, "__array_ufunc__") and not isinstance(x, known) for x in inputs):
            return NotImplemented  # another kind knows what to do
        if method == "at":
            a, index, *values = inputs
            return ufunc.at(a._numbers, place(index), *fetched(values))
        if any(isinstance(x, tuple | list) for x in inputs):
            raise TypeError("unsupported type: a list")
        return moved(getattr(ufunc, method)(*fetched(inputs), **fetched(kwargs)))

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if kwargs.pop("like", None) is not None or fn in (np.asarray, np.array):
            return Strict(fn(*args, **kwargs))  # asked for
        if not all(issubclass(t, Strict) for t in types):
            return NotImplemented
        return moved(fn(*fetched(args), **fetched(kwargs)))

    def __getitem__(self, index: Any) -> Any:
        return moved(self._numbers[place(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._numbers[place(index)] = fetched(value)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def __int__(self) -> int:
        return int(self._numbers)

    def __index__(self) -> int:
        return int(self._numbers[()].__index__())

    def __float__(self) -> float:
        return float(self._numbers)

    def __repr__(self) -> str:
        return f"Strict({self._numbers})"

    def item(self, *args: Any) -> Any:
        """Return one number, as Python's own."""
        return self._numbers.item(*args)


def method(name: str) -> Any:
    """Return a method of ndarray's."""

    def call(self: Strict, *args: Any, **kwargs: Any) -> Any:
        return moved(getattr(self._numbers, name)(*fetched(args), **fetched(kwargs)))

    return call


for _name in [
    "all", "any", "argmax", "argmin", "argsort", "astype", "conj", "copy", "cumprod", "cumsum",
    "diagonal", "dot", "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape",
    "round", "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose", "var",
]:  # fmt: skip
    setattr(Strict, _name, method(_name))


def moved(out: Any) -> Any:
    """Return NumPy's result on the device: numbers too."""
    if isinstance(out, np.ndarray | np.generic):
        return Strict(out)
    if isinstance(out, tuple | list):
        parts = [moved(part) for part in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)
    return out


def fetched(x: Any) -> Any:
    """Return the arrays that the device computes with; refuse those in NumPy's memory."""
    if isinstance(x, Strict):
        return x._numbers
    if isinstance(x, tuple | list):
        return type(x)(fetched(item) for item in x)
    if isinstance(x, dict):
        return {key: fetched(item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        raise TypeError(f"unsupported type: an array of NumPy's of shape {x.shape}")
    return x


def place(index: Any) -> Any:
    """Return an index, whose places may be listed in NumPy's memory."""
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple([p._numbers if isinstance(p, Strict) else p for p in parts])
    return parts if isinstance(index, tuple) else parts[0]
