"""Convolution and correlation of two signals."""

from typing import Any

import numpy as np

from .products import conj
from .registry import rule

# y[k] = sum over n of a[n] v[k - n]; both gradients slide the other signal over the whole of g
rule(np.convolve,   lambda g, y, a, v, mode="full": slide(whole(g, a, v, mode), backwards(v)),
                    lambda g, y, a, v, mode="full": slide(whole(g, a, v, mode), backwards(a)))
# correlate(a, v) is convolve(a, conj(v) backwards), except for the start of "same"
rule(np.correlate,  lambda g, y, a, v, mode="valid":
                        slide(whole(g, a, v, mode, 1), conj(np.ravel(v))),
                    lambda g, y, a, v, mode="valid":
                        conj(backwards(slide(whole(g, a, v, mode, 1), backwards(a)))))


def backwards(x: Any) -> Any:
    """Return a vector from its end to its start."""
    return np.ravel(x)[::-1]


def slide(g: Any, v: Any) -> Any:
    """Return sum over k of g[n + k] * (v backwards)[k], for every n at which v lies inside g."""
    return np.convolve(g, v, "valid")


def whole(g: Any, a: Any, v: Any, mode: Any, late: Any = 0) -> Any:
    """Return the gradient of the full convolution, of which the mode returned a part."""
    m, n = np.size(a), np.size(v)
    if isinstance(mode, int):
        mode = ("valid", "same", "full")[mode]
    start = {"full": 0, "valid": min(m, n) - 1, "same": (min(m, n) - 1 + late * (n > m)) // 2}[mode]
    return np.pad(g, (start, m + n - 1 - g.shape[0] - start)) if g.shape[0] < m + n - 1 else g
