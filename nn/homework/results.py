"""Checks of what a learner's functions returned, so that a table can be made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..by_hand.notation import Array, Gradients, Parameters
from ..errors import SettingError


class Results:
    """A reader of what the functions of one file returned for one network.

    A result of another kind than the course's raises SettingError, which says what it is.
    """

    def __init__(self, file: str, parameters: Parameters) -> None:
        self.file = file
        self.shapes: dict[str, tuple[int, ...]] = {
            f"d{name}": p.shape for name, p in parameters.items()
        }
        self.L = len(parameters) // 2

    def gradients(self, name: str, result: Any, expected: str) -> Gradients:
        """Return the dict of gradients in a result; those of the parameters must all be there."""
        if type(result) is tuple:
            result = next((x for x in result if isinstance(x, Mapping)), result)
        if not isinstance(result, Mapping):
            raise self.unlike(name, result, f"{expected}, with {self.wanted()} in the dict grads")
        missing = [key for key in self.shapes if key not in result]
        if missing:
            has = ", ".join(map(str, result)) or "nothing"
            raise SettingError(
                f"{self.file}: {name} returned a dict without {', '.join(missing)}; found {has}, "
                f"expected {self.wanted()}."
            )
        passing = {f"d{x}{l}" for x in "AZ" for l in range(self.L + 1)}
        return {
            key: self.number(name, key, g)
            for key, g in result.items()
            if key in self.shapes or key in passing
        }

    def wanted(self) -> str:
        """Return the keys and shapes of the gradients."""
        return ", ".join(f"{key} {shape}" for key, shape in self.shapes.items())

    def number(self, name: str, key: str, g: Any) -> Array:
        """Return a gradient as an array of numbers; SettingError if it is something else."""
        try:
            array = np.asarray(g)
        except ValueError:
            array = np.asarray(None)
        if array.dtype.kind not in "fiub":
            shape = self.shapes.get(key)
            raise SettingError(
                f"{self.file}: {name} returned {kind(g)} for {key}; expected an array of numbers"
                + (f" {shape}." if shape is not None else ".")
            )
        return array.astype(np.float64) if array.dtype.kind != "f" else array

    def several(self, name: str, result: Any, expected: str) -> Any:
        """Check that there are as many results as the course's function returns."""
        if type(result) is not tuple or len(result) != expected.count(",") + 1:
            raise self.unlike(name, result, expected)
        return result

    def require(self, name: str, key: str, found: Any, shape: tuple[int, ...]) -> None:
        """Raise SettingError if what the next layer needs has another shape."""
        if np.shape(found) != shape:
            raise SettingError(
                f"{self.file}: {name} returned {key} with shape {np.shape(found)}; "
                f"expected {shape}. The next layer cannot continue from it."
            )

    def unlike(self, name: str, result: Any, expected: str) -> SettingError:
        """Return the error for a result of another kind than the course's."""
        forgotten = " Is its return missing?" if result is None else ""
        return SettingError(
            f"{self.file}: {name} returned {kind(result)}; expected {expected}.{forgotten}"
        )

    def different(self, name: str, key: str, found: Any, right: Array) -> list[str]:
        """Return a remark if a forward pass has other numbers than the right one."""
        if np.shape(found) != right.shape:
            return [f"Its {name} returns {key} with shape {np.shape(found)}, not {right.shape}."]
        off = float(np.max(np.abs(np.asarray(found) - right)))
        if off <= 1e-9:
            return []
        return [
            f"Its {name} returns an {key} that is up to {off:.2g} away from the right one, so its "
            f"gradients start from wrong numbers: fix it first."
        ]


def shown(x: Any) -> str:
    """Return a number in six digits, or the kind of something else.

    >>> shown(np.array([[0.25]])), shown(None)
    ('0.25', 'None')
    """
    is_number = np.size(x) == 1 and np.asarray(x).dtype.kind in "fiub"
    return f"{float(np.squeeze(x)):.6g}" if is_number else kind(x)


def kind(x: Any) -> str:
    """Return the kind of an object in words.

    >>> kind((1, None)), kind(np.ones((2, 3)))
    ('a tuple of 2: a number, None', 'an array (2, 3)')
    """
    if x is None:
        return "None"
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return f"an array {x.shape}"
    if isinstance(x, int | float | np.number):
        return "a number"
    if isinstance(x, tuple) and len(x) <= 4:
        return f"a tuple of {len(x)}: {', '.join(map(kind, x))}"
    name = type(x).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
