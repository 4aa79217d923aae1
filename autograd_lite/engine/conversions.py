"""Conversions of a Tensor to an array, a number or a text; those that cut a live graph raise."""

from __future__ import annotations

import operator
import sys
from types import FrameType
from typing import Any

import numpy as np

from ..errors import SilentCopyError
from ..rules.devices import foreign
from .graph import Recorded, is_live
from .modes import modes


class Conversions(Recorded):
    """The part of a Tensor that leads out of the graph."""

    __slots__ = ()

    def numpy(self) -> Any:
        """Return a copy of the data, outside the graph."""
        return np.array(self._data)

    def item(self, *args: Any) -> Any:
        """Return the one element as a Python number, outside the graph."""
        return self._data.item(*args)

    def tolist(self) -> Any:
        """Return the data as nested lists of Python numbers, outside the graph."""
        return self._data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Raise SilentCopyError, unless no gradient can be lost."""
        data = self._data
        if (
            data.dtype.kind in "iub"  # an index, labels, a mask: no gradient to lose
            or only_compares(sys._getframe(1))
            or (data.ndim == 0 and self._node is not None and not self._is_live())
        ):
            return np.array(data, dtype)
        raise SilentCopyError(
            f"NumPy was about to turn {self._called()} of shape {data.shape} into a plain array, "
            f"or it would be stored in a plain array, which would cut it from the graph. Write "
            f"t.data if that is meant, t.copy() for a copy in the graph; else collect the Tensors "
            f"in a list and np.stack it, use np.where(mask, new, old) if only a part is new, "
            f"np.concatenate or np.column_stack for np.r_ and np.c_, np.broadcast_to for np.full."
        )

    @property
    def _mask(self) -> Any:
        """Refuse np.ma, which asks every operand for this, after taking `_data` as its own."""
        if self._node is None:
            raise AttributeError("_mask")
        raise SilentCopyError(
            f"np.ma works on plain arrays, which would cut {self._called()} from the graph. Use "
            f"np.where(mask, t, 0), or np.nansum and its relatives; t.data if that is meant."
        )

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __complex__(self) -> complex:
        return complex(self._number("complex()"))

    def __index__(self) -> int:
        return operator.index(self._number("an index"))

    def __bool__(self) -> bool:
        return bool(self._number("a Python branch (if, while, and, or, not)"))

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

    def _is_live(self) -> bool:
        """Return whether a gradient may still flow from here to a variable."""
        return self._node is not None and modes.grad and is_live(self._node)

    def _number(self, asked_by: str) -> Any:
        """Return the data; raise SilentCopyError if a plain number would lose a gradient."""
        if self._data.size == 1 and self._is_live():
            raise SilentCopyError(
                f"{asked_by} needs a plain number, which would cut {self._called()} from its "
                f"graph: no gradient flows through a number. Call NumPy's functions, which take "
                f"Tensors: np.exp(t), not math.exp(t); np.stack of a list, not stores into an "
                f"array; np.where(t > 0, a, b), not an if. If the number itself is meant, write "
                f"t.item(), or t.numpy() for a copy of the array; after backward, and under "
                f"no_grad, {asked_by} works too."
            )
        return self._data


def only_compares(frame: FrameType) -> bool:
    """Return whether a test asks, such as np.testing or pytest.approx: no result comes of it."""
    return str(frame.f_globals.get("__name__")).startswith(("numpy.testing", "_pytest."))
