"""What has no derivative, or a derivative of zero: these run on the raw data."""

import numpy as np

from ..registry import compose, constant

constant(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isfinite, np.isinf, np.signbit, np.logical_not, np.logical_and, np.logical_or,
    np.logical_xor, np.argmax, np.argmin, np.argsort, np.shape, np.ndim, np.size, np.all, np.any,
    np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.allclose, np.isclose,
    np.array_equal, np.nonzero, np.searchsorted, np.count_nonzero, np.array2string, np.array_repr,
    np.array_str, np.sign, np.floor, np.ceil, np.rint, np.trunc,
)
compose(np.clip, lambda a, a_min=None, a_max=None, out=None, *, min=None, max=None:
            clip(a, a_min if min is None else min, a_max if max is None else max))


def clip(a, low, high):
    """np.clip is a maximum, then a minimum: kinks and ties are theirs."""
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)
