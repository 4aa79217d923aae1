"""Values as short text: scalars, small arrays in full, large ones as a summary and a histogram."""

from __future__ import annotations

from typing import Any

import numpy as np

BARS = "▁▂▃▄▅▆▇█"
FULL = 12  # elements; a larger array is summarized
FULL_ROWS = 4


def brief(x: Any, digits: int = 4) -> str:
    """Return a number with few digits.

    >>> brief(33.0), brief(0.123456), brief(-1e-9), brief(np.nan), brief(2 - 1j)
    ('33', '0.1235', '-1e-09', 'nan', '2-1j')
    """
    x = x.item() if hasattr(x, "item") else x
    if isinstance(x, bool | int):
        return str(x)
    if isinstance(x, complex):
        return f"{brief(x.real, digits)}{x.imag:+.{digits}g}j"
    if isinstance(x, float):
        if x.is_integer() and abs(x) < 1e6:
            return str(int(x))
        return f"{x:.{digits}g}"
    return str(x)


def lines_of(x: Any) -> list[str]:
    """Return the lines that show a value: all elements of a small array, else a summary.

    >>> lines_of(np.array([[1.0, -2.5]])), lines_of(3.0)
    (['[[ 1.  -2.5]]'], ['3'])
    >>> lines_of(np.array([np.nan, *range(99)]))[-1]
    '1 of 100 nan or inf'
    >>> lines_of(np.arange(100.0))
    ['0 … 99', 'mean 49.5 ██████████']
    """
    if isinstance(x, tuple | list):
        return [f"{len(x)} arrays"]
    a = np.asarray(x) if not hasattr(x, "shape") else x
    if a.size == 1 and a.ndim == 0:
        return [brief(a)]
    if a.size == 0:
        return ["empty"]
    if is_small(a):
        text = np.array2string(np.asarray(a), precision=4, suppress_small=False, max_line_width=60)
        return text.split("\n")
    if a.dtype.kind not in "fiub":
        return [f"{a.size} numbers"]
    bad = a.size - int(np.isfinite(a).sum())
    if bad == a.size:
        return ["all nan or inf"]
    return summary(a) + ([f"{bad} of {a.size} nan or inf"] if bad else [])


def summary(a: Any) -> list[str]:
    """Return range, mean and histogram of the finite elements of an array."""
    low, high, mean = extent(a)
    digits = 3
    while digits < 7 and low < high and brief(low, digits) == brief(high, digits):
        digits += 1
    if brief(low, 7) == brief(high, 7):
        return [f"all {brief(low)}"]
    ends = f"{brief(low, digits)} … {brief(high, digits)}"
    return [ends, f"mean {brief(mean, digits)} {sparkline(a)}"]


def is_small(a: Any) -> bool:
    """Return whether a drawing has room for every element."""
    rows = int(np.prod(a.shape[:-1]))
    return a.size <= FULL and rows <= FULL_ROWS and a.ndim <= 2


def extent(a: Any) -> tuple[float, float, float]:
    """Return minimum, maximum and mean of the finite elements; nan if there are none."""
    flat = np.asarray(a, dtype=float).ravel()
    if not np.isfinite(np.dot(flat, flat)):
        flat = flat[np.isfinite(flat)]
    if not flat.size:
        return (float("nan"),) * 3
    return float(flat.min()), float(flat.max()), float(flat.mean())


def sparkline(a: Any, bins: int = 10) -> str:
    """Return a histogram in one line of block characters; the lowest one stands for zero.

    >>> sparkline(np.array([0, 0, 0, 1, 2, 2]), bins=3)
    '█▄▆'
    """
    heights = histogram(a, bins)
    top = max(max(heights), 1)
    return "".join(BARS[-(-h * 7 // top)] for h in heights)


def histogram(a: Any, bins: int = 10) -> list[int]:
    """Count the finite elements in each of `bins` equal parts of their range.

    >>> histogram(np.array([0.0, 0.1, 1.0]), bins=2)
    [2, 1]
    """
    flat = np.asarray(a, dtype=float).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return [0] * bins
    low, high = float(flat.min()), float(flat.max())
    if not high > low:
        return [0] * (bins // 2) + [flat.size] + [0] * (bins - bins // 2 - 1)
    place = ((flat - low) * (bins / (high - low))).astype(np.intp)
    counts = np.bincount(np.minimum(place, bins - 1), minlength=bins)
    return [int(n) for n in counts]


def shape_text(x: Any) -> str:
    """Return shape and dtype, as `(4, 400) float64`."""
    if isinstance(x, tuple | list):
        return f"{len(x)} outputs"
    a = x if hasattr(x, "shape") else np.asarray(x)
    return f"{tuple(a.shape)} {a.dtype}"
