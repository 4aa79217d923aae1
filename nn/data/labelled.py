"""Labelled examples for training and testing, of whatever kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelledData:
    """Examples for training and testing; they are columns, and arrays are read-only.

    ``X_train`` (n_x, m) holds the features, ``Y_train`` (1, m) 0.0 or 1.0, an index into
    ``classes``. The same for the test half. ``source`` says in a sentence's worth of words which
    data these are.
    """

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    classes: tuple[str, ...]
    source: str
