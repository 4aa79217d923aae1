"""A Tensor as something else: an array, a number, a text. What would cut the graph raises."""

from __future__ import annotations

import cmath
import linecache
import math
import operator
import re
import sys
from dis import opname
from types import FrameType
from typing import Any

import numpy as np

from .errors import SilentCopyError
from .graph import Node, modes
from .rules.devices import foreign

# Functions of plain numbers, of which a slope would be lost; those that are flat lose nothing.
_FLAT = {"ceil", "floor", "isclose", "isfinite", "isinf", "isnan", "trunc"}
_OF_MATH = [
    f for m in (math, cmath) for name, f in vars(m).items() if callable(f) and name not in _FLAT
]
_OF_NUMBERS = (*_OF_MATH, np.float64, np.complex128, np.fromiter)


class Conversions:
    """The part of a Tensor that leads out of the graph."""

    __slots__ = ()
    _data: Any
    _name: str | None
    _node: Node | None

    def numpy(self) -> Any:
        """A copy of the data, outside the graph."""
        return np.array(self._data)

    def item(self, *args: Any) -> Any:
        """The one number inside, as Python's own."""
        return self._data.item(*args)

    def tolist(self) -> Any:
        """The data as nested lists of Python's numbers."""
        return self._data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._data.dtype.kind in "iub":  # an index, labels, a mask: no gradient to lose
            return np.array(self._data, dtype)
        if only_compares(sys._getframe(1)):
            return np.array(self._data, dtype)
        if storing(sys._getframe(1)):
            raise SilentCopyError(
                f"{self._called()} of shape {self._data.shape} was about to be stored in a plain "
                f"array, which would cut it from the graph. Collect the Tensors in a list and "
                f"np.stack it, use np.where(mask, new, old) where only a part is new, or store "
                f"t.data where that is meant."
            )
        raise SilentCopyError(
            f"NumPy was about to turn {self._called()} of shape {self._data.shape} into a plain "
            f"array, which would cut it from the graph. Write t.data where that is meant, t.copy() "
            f"for a copy in the graph; else use a NumPy function that dispatches, such as np.stack "
            f"for a list of Tensors, np.concatenate or np.column_stack for np.r_ and np.c_, "
            f"np.broadcast_to for np.full."
        )

    @property
    def _mask(self) -> Any:
        """What np.ma asks of every operand, after it has taken `_data` for a masked array's own."""
        if self._node is None:
            raise AttributeError("_mask")
        raise SilentCopyError(
            f"np.ma works on plain arrays, which would cut {self._called()} from the graph. Use "
            f"np.where(mask, t, 0), or np.nansum and its relatives; t.data where that is meant."
        )

    def __float__(self) -> float:
        if self._node is not None and storing(sys._getframe(1)):
            raise SilentCopyError(
                f"{self._called()} was about to be stored as a plain number in an array, which "
                f"would cut it from the graph. Collect the Tensors in a list and np.stack it, or "
                f"store float(t) where that is meant."
            )
        self._refuse_to_enter(sys._getframe(1))
        return float(self._data)

    def __int__(self) -> int:
        return int(self._data)

    def __complex__(self) -> complex:
        self._refuse_to_enter(sys._getframe(1))
        return complex(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __index__(self) -> int:
        return operator.index(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __format__(self, spec: str) -> str:
        return format(self._data.item() if self._data.ndim == 0 and spec else self._data, spec)

    def __repr__(self) -> str:
        if foreign(self._data):
            text = repr(self._data)
        else:
            text = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        name = f", name={self._name!r}" if self._name else ""
        wanted = ", requires_grad=True" if self._node is not None else ""
        usual = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        return f"Tensor({text}{usual}{wanted}{name})"

    def _refuse_to_enter(self, frame: FrameType) -> None:
        """Raise where not the user's `float(t)` asks for the number but a function of numbers."""
        if self._node is None or not modes.grad:
            return
        called, f = function_of_numbers(frame)
        if called:
            same = f"np.{f.__name__}" if f in _OF_MATH and hasattr(np, f.__name__) else "np.stack"
            raise SilentCopyError(
                f"{called} takes plain numbers: that would cut {self._called()} from the graph, "
                f"and its slope would be lost. Write {same}, or what else NumPy has for it; or "
                f"float(t) where a plain number is meant."
            )

    def _called(self) -> str:
        return f"the Tensor {self._name!r}" if self._name else "a Tensor"


def only_compares(frame: FrameType) -> bool:
    """Whether a test asks: np.testing.assert_allclose, pytest.approx. No number comes of it."""
    return str(frame.f_globals.get("__name__")).startswith(("numpy.testing", "_pytest."))


def storing(frame: FrameType) -> bool:
    """Whether the code of this frame is at `a[i] = value`, where NumPy asks for a float itself."""
    return opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR"


def function_of_numbers(frame: FrameType) -> tuple[str, Any]:
    """The function that asks for a number on the line that this frame is at, and what it is called
    there: "math.exp"; an empty name for `float(t)` and all else."""
    if not opname[frame.f_code.co_code[frame.f_lasti]].startswith(("CALL", "PRECALL")):
        return "", None
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals)
    every = re.findall(r"([A-Za-z_][\w.]*)\(", line)
    if "float" in every or "complex" in every:
        return "", None
    for called in every:
        first, *rest = called.split(".")
        f = frame.f_locals.get(first, frame.f_globals.get(first))
        for name in rest:
            f = getattr(f, name, None)
        if any(f is one for one in _OF_NUMBERS):
            return called, f
    return "", None
