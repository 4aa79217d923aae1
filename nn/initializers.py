"""How the first weights are drawn: the course's five ways, a number, or a function of your own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .by_hand.initialization import SCALES
from .by_hand.notation import Array
from .errors import SettingError

#: A name of SCALES, a factor for standard-normal draws, or a function (n_out, n_in, rng) -> W.
Initializer: TypeAlias = str | float | Callable[[int, int, np.random.RandomState], Array]

NAMES = tuple(SCALES)


def check(init: Initializer) -> None:
    """Raise SettingError unless `init` is one of the ways in which weights can be drawn."""
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
    """Draw W (n_out, n_in) from `rng`, NumPy's legacy generator, as the course does.

    "zeros", "small" (randn * 0.01), "scaled" (randn / sqrt(n_in)), "he" (randn * sqrt(2 / n_in)),
    "large" (randn * 10); a number c gives randn * c.

    Raises SettingError for an unknown way, or a function whose W has another shape.

    >>> draw("scaled", 1, 4, np.random.RandomState(1))
    array([[ 0.81217268, -0.30587821, -0.26408588, -0.53648431]])
    """
    check(init)
    if callable(init):
        W = np.asarray(init(n_out, n_in, rng))
        if W.shape != (n_out, n_in):
            raise SettingError(
                f"The initializer gave W of shape {W.shape}; this layer needs ({n_out}, {n_in})."
            )
    else:
        # The draws are made for "zeros" too, so that it leaves the generator where others leave it.
        R = rng.randn(n_out, n_in)
        W = SCALES[init](R, n_in) if isinstance(init, str) else R * init
    return W.astype(dtype, copy=False)
