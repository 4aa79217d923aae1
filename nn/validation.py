"""Checks of X (n_x, m) and Y (1, m) before any work: examples are columns, labels 0 or 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from .by_hand.notation import Array
from .errors import DataError

_X = "numbers of shape (n_x, m), one column for each example"
_Y = "labels 0 and 1 of shape (1, m), one for each column of X"


def inputs(X: Any, n_x: int | None = None, dtype: Any = None) -> Array:
    """Return X as an array (n_x, m) of floats, copied only if needed.

    float32 stays float32 and other numbers become float64, unless `dtype` is given. Other shapes,
    nan and infinity raise DataError, with the remedy.

    >>> inputs([[1, 2, 3]])
    array([[1., 2., 3.]])
    """
    array = _numbers(X, "X", _X)
    if array.ndim == 1:
        hint = "X.reshape(-1, 1) is one example, X.reshape(1, -1) is one feature"
        raise DataError(None, "X", f"a rank-1 array of shape {array.shape}", f"{_X}; {hint}")
    if array.ndim != 2 or 0 in array.shape:
        hint = "; X.reshape(len(X), -1).T makes columns of pictures" if array.ndim > 2 else ""
        raise DataError(None, "X", f"shape {array.shape}", _X + hint)
    if n_x is not None and array.shape[0] != n_x:
        hint = "; X.T would fit" if array.shape[1] == n_x else ""
        raise DataError(None, "X", f"shape {array.shape}", f"({n_x}, m), n_x = {n_x}{hint}")
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.float64
    array = array.astype(dtype, copy=False)
    _check_finite(array, "X", _X)
    return array


def labels(Y: Any, m: int, dtype: Any = np.float64) -> Array:
    """Return Y as an array (1, m) of floats 0 and 1; DataError, with the remedy, otherwise.

    >>> labels([[True, False]], 2)
    array([[1., 0.]])
    """
    array = _numbers(Y, "Y", _Y)
    if array.ndim == 1:
        found = f"a rank-1 array of shape {array.shape}"
        raise DataError(None, "Y", found, f"{_Y}; Y.reshape(1, -1) would fit")
    if array.ndim != 2 or array.shape[0] != 1:
        hint = "; Y.T would fit" if array.shape == (m, 1) else ""
        raise DataError(None, "Y", f"shape {array.shape}", _Y + hint)
    if array.shape[1] != m:
        raise DataError(None, "Y", f"{array.shape[1]} labels", f"{m}, one for each column of X")
    _check_finite(array, "Y", _Y)
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        hint = "; (Y > 0) would fit labels -1 and 1" if set(np.unique(array)) == {-1, 1} else ""
        raise DataError(None, "Y", f"the label {wrong[0]}", "0 and 1 only" + hint)
    return array.astype(dtype, copy=False)


def _numbers(values: Any, name: str, expected: str) -> Array:
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:  # ragged lists; Tensors, whose error names t.data
        raise DataError(None, name, f"{type(values).__name__}: {error}", expected) from error
    if array.dtype.kind not in "biuf":
        raise DataError(None, name, f"values of type {array.dtype}", expected)
    return array


def _check_finite(array: Array, name: str, expected: str) -> None:
    # The sum needs one pass and no temporary array; it may overflow without anything being wrong.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):
            return
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        found = f"{array[row, column]} in row {row}, column {column}"
        more = f", and {len(bad) - 1} more like it" if len(bad) > 1 else ""
        raise DataError(None, name, found + more, expected)
