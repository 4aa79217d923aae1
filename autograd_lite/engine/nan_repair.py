"""Repair of nan: zero times infinity is zero where no gradient comes in.

`np.where(x > 0, np.log(x), 0)` sends a gradient of zero into log, whose derivative at 0 is
infinite. Plain arithmetic returns 0 * inf = nan; the derivative is 0. If a sweep returns nan, the
sweep runs once more with these repairs after every rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules.devices import lazy

ndarray = np.ndarray


def has_nan(d: Any) -> bool:
    """Return whether an array holds a nan; arrays whose elements are unknown hold none."""
    if type(d) is not ndarray:
        d = raw(d)
    if type(d) is ndarray and d.dtype.kind == "f":
        # argmax finds a nan first, and is quick; only a nan differs from itself
        return d.size > 0 and (largest := d.item(d.argmax())) != largest
    if lazy(d) or hasattr(d, "__autograd_call__"):
        return False  # lazy arrays and tracers cannot be inspected
    return bool(np.isnan(d).any())


def repaired(d: Any, g: Any, a: Any, y: Any, elementwise: bool, computed: bool) -> Any:
    """Return the gradient `d` of the input `a` without nan where no gradient `g` came in.

    `computed`: `a` is itself the result of a call, whose derivative may be infinite.
    """
    if type(g) is tuple:
        return d
    if elementwise and computed:
        d = with_lost_slope(d, g, a, y)
    return with_strong_zero(d, g, elementwise)


def with_strong_zero(d: Any, g: Any, elementwise: bool) -> Any:
    """Return `d` with its nan replaced by zero wherever no gradient came in."""
    if not (lazy(d) or np.isnan(d).any()):
        return d
    nothing = g == 0
    if not elementwise or g.shape != d.shape:
        nothing = nothing.all()
    return np.where(np.isnan(d) & nothing, 0, d)


def with_lost_slope(d: Any, g: Any, a: Any, y: Any) -> Any:
    """Return `d` with nan for a derivative of 1 / inf: it has underflowed and is no true zero.

    In log(exp(1000)) it meets exp's derivative of infinity, and their product is unknown.
    """
    lost = (d == 0) & (g != 0) & np.isinf(a) & np.isinf(y)
    return np.where(lost, np.nan, d) if lazy(d) or np.any(lost) else d


def raw(d: Any) -> Any:
    """Return the array inside a Tensor; anything else as it is."""
    return getattr(d, "__autograd_data__", d)
