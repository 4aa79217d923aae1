"""Functions that take many numbers together: their gradients are spread back over the axes."""

import numpy as np

from ..registry import rule
from .shaping import count, kept, spread

rule(np.sum,   lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                   masked(spread(g, a.shape, axis, keepdims), where))
rule(np.mean,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, where=True:
                   masked(spread(g / number(a, axis, keepdims, where), a.shape, axis, keepdims), where))

# Ties share evenly
rule(np.max,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                   share(g, y, a, axis, keepdims, where))
rule(np.min,   lambda g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                   share(g, y, a, axis, keepdims, where))


def number(a, axis, keepdims, where):
    """How many numbers went into each mean."""
    if where is True:
        return count(a.shape, axis)
    return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)


def masked(d, where):
    """`d` with zero where the reduction did not look."""
    return d if where is True else np.where(where, d, 0)


def share(g, y, a, axis, keepdims, where):
    """The gradient of an extreme value, shared evenly among the elements that reach it."""
    hit = masked(a == np.reshape(y, kept(a.shape, axis)), where)
    n = np.maximum(np.sum(hit, axis=axis, keepdims=keepdims), 1)  # 0 where `initial` won
    return spread(g / n, a.shape, axis, keepdims) * hit
