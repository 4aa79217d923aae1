"""Labelled examples of any kind for training and testing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelledData:
    """Examples for training and testing, as columns of read-only arrays.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_x, m)
        The features.
    Y_train, Y_test : ndarray of shape (1, m)
        0.0 or 1.0, an index into `classes`.
    classes : tuple of str
        The names of the two classes.
    source : str
        A description of the data.
    """

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    classes: tuple[str, ...]
    source: str
