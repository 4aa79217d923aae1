"""Constant arrays that a rule needs, placed on the device of the arrays they will meet.

NumPy's own arrays need nothing. Other kinds (CuPy's on a GPU, Dask's in pieces) define themselves,
through NumPy's `like=`, how a NumPy array becomes one of theirs.
"""

from typing import Any

import numpy as np


def beside(like: Any, a: Any) -> Any:
    """Convert a NumPy array, a list or a number to the kind of array that `like` is.

    >>> beside(np.zeros(2), [3.0])
    array([3.])
    """
    if hasattr(type(a), "__array_function__") and not isinstance(a, np.ndarray):
        return a  # already of another kind
    like = getattr(like, "__autograd_data__", like)
    return np.asarray(a, like=like) if foreign(like) else np.asarray(a)


def in_type_of(like: Any, a: Any) -> Any:
    """Convert `a`, which may be a list of numbers, to the dtype and the kind of `like`."""
    a = beside(like, a)
    dtype = getattr(like, "dtype", a.dtype)
    return a if a.dtype == dtype else a.astype(dtype)


def foreign(x: Any) -> Any:
    """Check if an array keeps its data elsewhere; an array that records calls does not."""
    kind = type(x)
    if issubclass(kind, np.ndarray | np.generic) or hasattr(kind, "__autograd_call__"):
        return False
    return hasattr(kind, "__array_function__")


def lazy(x: Any) -> Any:
    """Check if the elements are not computed yet; Dask marks its collections this way."""
    return hasattr(getattr(x, "__autograd_data__", x), "__dask_graph__")


def identity(n: Any, like: Any, dtype: Any = None) -> Any:
    """Return the identity matrix, by default in the dtype of `like`."""
    return beside(like, np.eye(n, dtype=dtype or like.dtype))
