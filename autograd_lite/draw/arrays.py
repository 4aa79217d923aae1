"""Arrays for the explorer: small ones in full, large ones as a heat map and a summary."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from .values import extent, histogram

FULL = 48  # elements; a larger array is sent as a grid
CELLS = 960  # at most this many means are in a grid
MOST_COLUMNS = 96


class Store:
    """The arrays of a page; equal arrays are stored once.

    >>> store = Store()
    >>> store.add(np.float64(3)), store.add(np.zeros(2)), store.add(np.zeros(2))
    (0, 1, 1)
    >>> store.entries[0]
    {'s': [], 't': 'float64', 'x': [3.0]}
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.places: dict[Any, int] = {}

    def add(self, x: Any) -> int:
        """Return the place of an array; add it if it is new."""
        if isinstance(x, tuple | list):
            return self._enter(("several", len(x)), {"s": [len(x)], "t": "arrays", "several": 1})
        a = np.asarray(x)
        key = (a.shape, a.dtype.str, a.tobytes() if a.size <= 1 << 16 else digest(a))
        if key in self.places:
            return self.places[key]
        return self._enter(key, encode(a))

    def _enter(self, key: Any, entry: dict[str, Any]) -> int:
        if key not in self.places:
            self.places[key] = len(self.entries)
            self.entries.append(entry)
        return self.places[key]


def digest(a: Any) -> bytes:
    """Return a hash of a large array."""
    from hashlib import blake2b

    return blake2b(np.ascontiguousarray(a).data, digest_size=16).digest()


def encode(a: Any) -> dict[str, Any]:
    """Return what the page needs to show an array."""
    entry: dict[str, Any] = {"s": list(a.shape), "t": str(a.dtype)}
    if a.size <= FULL or a.dtype.kind not in "fiub":
        entry["x"] = [json_value(v) for v in a.ravel()[:FULL].tolist()]
        if a.size > FULL:
            entry["more"] = 1
        return entry
    low, high, mean = extent(a)
    cells, rows, columns = grid(a)
    largest = float(np.max(np.abs(cells[np.isfinite(cells)]), initial=0.0)) or 1.0
    packed = (cells / largest).astype("<f2").tobytes()
    entry |= {
        "lo": json_value(low), "hi": json_value(high), "mean": json_value(mean),
        "hist": histogram(a, 16),
        "grid": [rows, columns, json_value(largest), base64.b64encode(packed).decode()],
        "text": np.array2string(a, precision=4, threshold=40, edgeitems=2, max_line_width=72),
    }  # fmt: skip
    bad = int(a.size - np.isfinite(a).sum())
    return entry | ({"bad": bad} if bad else {})


def grid(a: Any) -> tuple[Any, int, int]:
    """Return means over blocks of a matrix, row by row, and the number of rows and columns.

    >>> grid(np.array([[1.0, 3.0]]))
    (array([1., 3.]), 1, 2)
    """
    matrix = a.reshape(-1, a.shape[-1]) if a.ndim > 1 else a.reshape(1, -1)
    matrix = matrix.astype(float)
    rows = min(matrix.shape[0], 16)
    columns = min(matrix.shape[1], MOST_COLUMNS, CELLS // rows)
    if matrix.shape[1] < CELLS // MOST_COLUMNS:
        rows = min(matrix.shape[0], CELLS // matrix.shape[1], 48)
    for axis, n in ((0, rows), (1, columns)):
        size = matrix.shape[axis]
        starts = np.arange(n) * size // n
        counts = np.diff([*starts, size])
        matrix = np.add.reduceat(matrix, starts, axis=axis)
        matrix = matrix / (counts[:, None] if axis == 0 else counts)
    return matrix.ravel(), rows, columns


def json_value(x: Any) -> Any:
    """Return a number for JSON: nan, infinities and complex numbers as text."""
    if isinstance(x, complex):
        return f"{x.real:g}{x.imag:+g}j"
    if isinstance(x, float) and not np.isfinite(x):
        return str(x)
    return x
