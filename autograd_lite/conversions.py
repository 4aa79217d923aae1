"""A Tensor as something else: an array, a number, a text. What would cut the graph raises."""

from __future__ import annotations

import operator
import sys
from dis import opname
from types import FrameType
from typing import Any

import numpy as np

from .errors import SilentCopyError
from .graph import Node
from .rules.devices import foreign


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

    def __float__(self) -> float:
        if self._node is not None and storing(sys._getframe(1)):
            raise SilentCopyError(
                f"{self._called()} was about to be stored as a plain number in an array, which "
                f"would cut it from the graph. Collect the Tensors in a list and np.stack it, or "
                f"store float(t) where that is meant."
            )
        return float(self._data)

    def __int__(self) -> int:
        return int(self._data)

    def __complex__(self) -> complex:
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

    def _called(self) -> str:
        return f"the Tensor {self._name!r}" if self._name else "a Tensor"


def storing(frame: FrameType) -> bool:
    """Whether the code of this frame is at `a[i] = value`, where NumPy asks for a float itself."""
    return opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR"
