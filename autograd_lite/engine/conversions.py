"""A Tensor as something else: an array, a number, a text. What would cut the graph raises."""

from __future__ import annotations

import dis
import functools
import operator
import sys
from types import BuiltinFunctionType, CodeType, FrameType
from typing import Any

import numpy as np

from ..errors import SilentCopyError
from ..rules.devices import foreign
from .graph import Node, modes


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
        called = function_of_numbers(frame)
        if called is not None:
            name = f"{called.__module__}.{called.__name__}"
            raise SilentCopyError(
                f"{name} takes a plain number, so {self._called()} would leave the graph there, "
                f"and its slope be lost. Write np.{AS_NUMPY[called.__name__]}; or "
                f"{name}(float(t)) where a plain number is meant."
            )

    def _called(self) -> str:
        return f"the Tensor {self._name!r}" if self._name else "a Tensor"


def only_compares(frame: FrameType) -> bool:
    """Whether a test asks: np.testing.assert_allclose, pytest.approx. No number comes of it."""
    return str(frame.f_globals.get("__name__")).startswith(("numpy.testing", "_pytest."))


def storing(frame: FrameType) -> bool:
    """Whether the code of this frame is at `a[i] = value`, where NumPy asks for a float itself."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in ("STORE_SUBSCR", "STORE_SLICE")


# Functions of `math` and `cmath` that move with their argument, and what NumPy calls them
AS_NUMPY = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "cbrt": "cbrt", "copysign": "copysign", "cos": "cos",
    "cosh": "cosh", "degrees": "degrees", "dist": "linalg.norm", "exp": "exp", "exp2": "exp2",
    "expm1": "expm1", "fabs": "fabs", "fmod": "fmod", "fsum": "sum", "hypot": "hypot", "log": "log",
    "log10": "log10", "log1p": "log1p", "log2": "log2", "phase": "angle", "pow": "power",
    "radians": "radians", "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "tan": "tan",
    "tanh": "tanh", "fromiter": "stack", "float64": "copy", "complex128": "copy",
}  # fmt: skip


def function_of_numbers(frame: FrameType) -> Any:
    """The function of plain numbers that this frame is calling; known from Python 3.11 on."""
    first, *rest = names_called(frame.f_code, frame.f_lasti // 2)
    if first in ("", "float", "complex"):
        return None
    found: Any = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in rest:
        found = getattr(found, name, None)
    if any(found is one for one in (np.fromiter, np.float64, np.complex128)):
        return found
    of_math = type(found) is BuiltinFunctionType and found.__module__ in ("math", "cmath")
    return found if of_math and found.__name__ in AS_NUMPY else None


@functools.lru_cache(maxsize=1024)
def names_called(code: CodeType, at: int) -> tuple[str, ...]:
    """The names in the call that stands in some code at an instruction: ("math", "sin").

    In math.sin(t) the loads of math and of sin start where the call starts. Without a name, or
    before Python 3.11, ("",).
    """
    if not hasattr(code, "co_positions"):
        return ("",)
    starts = [(line, column) for line, _, column, _ in code.co_positions()]
    names: list[str] = []
    for step in dis.get_instructions(code):
        k = step.offset // 2
        if k < at and starts[k] == starts[at] and type(step.argval) is str:
            if step.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")):
                names.append(step.argval)
            elif step.opname.startswith("LOAD_"):
                names = [step.argval]
    return tuple(names) or ("",)
