"""The planar flower: points of two classes on petals, which no straight line separates."""

from __future__ import annotations

from ..by_hand import load_planar_dataset
from ..errors import DataError
from .labelled import Array, LabelledData

CLASSES = ("red", "blue")


def flower(m: int = 400, seed: int = 1) -> LabelledData:
    """Draw the course's flower for training, and another one for testing.

    Parameters
    ----------
    m : int
        Number of points of each, even.
    seed : int
        The next seed draws the points for testing.

    Returns
    -------
    LabelledData

    Raises
    ------
    DataError
        If m is not even, or the seed is out of range.

    Examples
    --------
    >>> data = flower()
    >>> data.X_train.shape, data.Y_test.shape
    ((2, 400), (1, 400))
    >>> print(data.source)
    the course's planar flower (seed 1): 400 points for training, 400 for testing
    """
    if isinstance(m, bool) or not isinstance(m, int) or m < 2 or m % 2:
        raise DataError(None, "m", repr(m), "an even number of points, at least 2")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32 - 1:
        raise DataError(None, "seed", repr(seed), "a whole number from 0 to 2**32 - 2")
    X, Y = _split(m, seed)
    X_test, Y_test = _split(m, seed + 1)
    source = f"the course's planar flower (seed {seed}): {m} points for training, {m} for testing"
    return LabelledData(X, Y, X_test, Y_test, CLASSES, source)


def _split(m: int, seed: int) -> tuple[Array, Array]:
    X, Y = load_planar_dataset(m, seed=seed)
    Y = Y.astype(float)
    for array in (X, Y):
        array.setflags(write=False)
    return X, Y
