"""How the first weights are drawn: the course's five ways, a factor, or your own function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .by_hand.initialization import SCALES
from .by_hand.notation import Array, ScaleName
from .errors import SettingError

#: A name of SCALES, a factor for standard-normal draws, or a function (n_out, n_in, rng) -> W.
Initializer: TypeAlias = ScaleName | float | Callable[[int, int, np.random.RandomState], Array]

NAMES = tuple(SCALES)


def check(init: Initializer) -> None:
    """Check that `init` is a way in which weights can be drawn.

    Parameters
    ----------
    init : str, float or callable
        See `draw`.

    Raises
    ------
    SettingError
        If it is not.
    """
    if isinstance(init, str) and init not in SCALES:
        raise SettingError(
            f"There is no initializer {init!r}. Use one of {', '.join(NAMES)}, a number that "
            f"multiplies standard-normal draws, or a function (n_out, n_in, rng) -> W."
        )
    if not (isinstance(init, str | int | float) or callable(init)) or isinstance(init, bool):
        raise SettingError(f"An initializer is a name, a number or a function, not {init!r}.")


def draw(
    init: Initializer, n_out: int, n_in: int, rng: np.random.RandomState, dtype: Any = float
) -> Array:
    """Draw W (n_out, n_in), as the course does.

    Parameters
    ----------
    init : str, float or callable
        "zeros", "small" (randn * 0.01), "scaled" (randn / sqrt(n_in)), "he"
        (randn * sqrt(2 / n_in)), "large" (randn * 10), a number that multiplies randn, or a
        function ``(n_out, n_in, rng)`` that returns W.
    n_out, n_in : int
        The shape of W.
    rng : numpy.random.RandomState
        NumPy's legacy generator, which the course uses.
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_out, n_in)

    Raises
    ------
    SettingError
        If `init` is unknown, or its function returns another shape.

    Examples
    --------
    >>> draw("scaled", 1, 4, np.random.RandomState(1))
    array([[ 0.81217268, -0.30587821, -0.26408588, -0.53648431]])
    """
    check(init)
    if callable(init):
        W = np.asarray(init(n_out, n_in, rng))
        if W.shape != (n_out, n_in):
            raise SettingError(
                f"The initializer returned W of shape {W.shape}; "
                f"this layer needs ({n_out}, {n_in})."
            )
    else:
        # "zeros" draws too, so that it leaves the generator in the same state as the others.
        R = rng.randn(n_out, n_in)
        W = SCALES[init](R, n_in) if isinstance(init, str) else R * init
    return W.astype(dtype, copy=False)
