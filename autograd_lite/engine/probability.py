"""The logarithm of a probability: log(sigmoid(z)) where the sigmoid has rounded to 0 or 1.

The course's cost holds log(A) and log(1 - A) with A = sigmoid(Z). For Z of 40 or more, A is 1 and
log(1 - A) would be -inf. The graph shows Z, and there the logarithm is -Z.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules.devices import foreign
from ..rules.registry import RULES
from ..rules.signature import Function
from .functions import log_one_minus_sigmoid, log_sigmoid, sigmoid
from .graph import NOTHING, Node, Recorded
from .record import result

_PROBABILITIES = (RULES[sigmoid], RULES[np.subtract], RULES[np.true_divide])


def log_of_probability(t: Recorded) -> Any:
    """Return log(t), computed from z, if `t` is a sigmoid of z with an element 0; else None."""
    p = t._node
    if p is None or p.rule not in _PROBABILITIES or not may_be_zero(t._data):
        return None
    source = logit(p)
    if source is None:
        return None
    fn, z, node = source
    return result(RULES[fn], (z,), NOTHING, fn(z), (node,))


def may_be_zero(a: Any) -> bool:
    """Return whether an element is 0, or whether that is unknown (lazy arrays, devices)."""
    if type(a) is np.ndarray and a.size:
        return a.item(a.argmin()) == 0  # type: ignore[no-any-return]  # quicker than a.min()
    return bool(a == 0) if isinstance(a, np.floating) else foreign(a)


def logit(p: Node) -> tuple[Function, Any, Node | None] | None:
    """Return the logarithm of sigmoid(z) or 1 - sigmoid(z) as a function of z, z and its node."""
    fn = log_sigmoid
    if p.rule is RULES[np.subtract] and is_one(p.args[0]) and p.parents[1] is not None:
        fn, p = log_one_minus_sigmoid, p.parents[1]
    if p.rule is RULES[sigmoid]:
        return fn, p.args[0], p.parents[0]
    # 1 / (1 + exp(-z)), as written in the course
    if p.rule is RULES[np.true_divide] and is_one(p.args[0]) and p.parents[1] is not None:
        p = p.parents[1]
        one, e = p.args if len(p.args) == 2 else (None, None)
        node = p.parents[-1] if is_one(one) else p.parents[0] if is_one(e) else None
        if p.rule is RULES[np.add] and node is not None and node.rule is RULES[np.exp]:
            node = node.parents[0]
            if node is not None and node.rule is RULES[np.negative]:
                return fn, node.args[0], node.parents[0]
    return None


def is_one(x: Any) -> bool:
    """Return whether an operand is the number 1."""
    return isinstance(x, int | float) and x == 1
