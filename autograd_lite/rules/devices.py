"""Constant arrays that a rule needs, where the numbers are that they will meet.

NumPy's own arrays need nothing. Other kinds (CuPy's on a GPU, Dask's in pieces) say themselves, by
NumPy's `like=`, how an array of NumPy's becomes one of theirs.
"""

import numpy as np


def beside(like, a):
    """An array of NumPy's, a list or a number as an array of the kind of `like`.

    >>> beside(np.zeros(2), [3.0])
    array([3.])
    """
    if hasattr(type(a), "__array_function__") and not isinstance(a, np.ndarray):
        return a  # of a kind of its own already
    like = getattr(like, "__autograd_data__", like)
    return np.asarray(a, like=like) if foreign(like) else np.asarray(a)


def in_type_of(like, a):
    """`a`, which may be a list of numbers, in the type of `like` and of its kind."""
    a = beside(like, a)
    dtype = getattr(like, "dtype", a.dtype)
    return a if a.dtype == dtype else a.astype(dtype)


def foreign(x):
    """Whether an array is of a kind that keeps its numbers elsewhere; one that records does not."""
    kind = type(x)
    if issubclass(kind, np.ndarray | np.generic) or hasattr(kind, "__autograd_call__"):
        return False
    return hasattr(kind, "__array_function__")


def lazy(x):
    """Whether the numbers are not computed yet; so Dask tells what is a collection of its own."""
    return hasattr(getattr(x, "__autograd_data__", x), "__dask_graph__")


def identity(n, like, dtype=None):
    """The identity matrix, in the type of `like` if no other is wanted."""
    return beside(like, np.eye(n, dtype=dtype or like.dtype))
