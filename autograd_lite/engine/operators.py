"""Operators of a Tensor. They skip NumPy's doors and run Python's operator on the raw arrays: most
programs spend their time here. They are attached, so that tensor.py stays a page about gradients.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from numbers import Rational
from typing import Any

import numpy as np

from ..rules.devices import foreign
from ..rules.registry import RULES, Function
from . import hooks
from .functions import log_one_minus_sigmoid, log_sigmoid, sigmoid
from .graph import NOTHING, Node, fingerprint, modes, next_order, not_plain
from .record import as_array, plain, remember
from .tensor import Tensor

ndarray = np.ndarray
_LISTS = (list, tuple)
_NUMBERS = (np.generic, bool, int, float, complex)
_AS_THEY_ARE = frozenset((ndarray, float, int, np.float64))
_new = Tensor.__new__
_new_node = Node.__new__


def binary(fn: Function, compute: Callable[[Any, Any], Any], reflected: bool = False) -> Any:
    """An operator method that records the NumPy function `fn`."""
    rule = RULES[fn]

    def operate(self: Tensor, other: Any) -> Any:
        if type(other) is Tensor:
            b, q = other._data, other._node
        elif type(other) in _AS_THEY_ARE:
            b, q = other, None
        elif isinstance(other, _LISTS):
            return operate(self, as_array(other))
        else:
            b, q = operand(other), None
            if b is NotImplemented:
                return NotImplemented
        a, p = self._data, self._node
        if reflected:
            a, b, p, q = b, a, q, p
            if type(a) is complex and type(b) is np.float64:  # Python would make it a complex
                a = np.complex128(a)
        try:
            out = compute(a, b)
        except ValueError as error:
            raise hooks.shape_error(fn, (a, b), error, (p, q)) or error from None
        if (p is None and q is None) or (not_plain and not modes.plain):
            return remember(rule, (a, b), NOTHING, out, (p, q))
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a, b), NOTHING, out
        node.parents, node.order, node.meta, node.saved = (p, q), next_order(), None, None
        # As in `protect`, spelled out, because most calls of most programs come through here.
        reads_a, reads_b = (rule.reads_two or rule.look())[(p is not None) + 2 * (q is not None)]
        if reads_b and type(b) is ndarray and (q is None or q.rule is None or b.base is not None):
            node.saved = ((1, fingerprint(b)),)
        if reads_a and type(a) is ndarray and (p is None or p.rule is None or a.base is not None):
            node.saved = (*(node.saved or ()), (0, fingerprint(a)))
        t: Tensor = _new(Tensor)
        t._data = out
        t._node = node
        t._name = None
        t._grad = None
        return t

    return operate


def operand(other: Any) -> Any:
    """What stands beside a Tensor, as NumPy takes it; NotImplemented for what is no number, or says
    by `__array_ufunc__ = None` that it wants to be asked itself (NEP 13)."""
    if isinstance(other, _NUMBERS) or hasattr(other, "__array_function__"):
        return other
    if isinstance(other, Rational):
        return float(other)
    if isinstance(other, str | bytes) or getattr(other, "__array_ufunc__", False) is None:
        return NotImplemented
    return other if isinstance(other, Sequence) or hasattr(other, "__array__") else NotImplemented


# So that np.add(t, x) is as quick as t + x: the operators of a ufunc, plain and reflected
BINARY: dict[Function, tuple[Any, Any]] = {}
UNARY: dict[Function, Any] = {}


def unary(fn: Function, compute: Callable[[Any], Any]) -> Any:
    """A method that records the one-argument NumPy function `fn`."""
    rule = RULES[fn]

    def operate(self: Tensor) -> Any:
        a, p = self._data, self._node
        try:
            out = compute(a)
        except ValueError as error:
            raise hooks.shape_error(fn, (a,), error, (p,)) or error from None
        if p is None or (not_plain and not modes.plain) or type(out) is tuple:
            return remember(rule, (a,), NOTHING, out, (p,))
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a,), NOTHING, out
        node.parents, node.order, node.meta, node.saved = (p,), next_order(), None, None
        if (
            (rule.reads_two or rule.look())[1][0]
            and type(a) is ndarray
            and (p.rule is None or a.base is not None)
        ):
            node.saved = ((0, fingerprint(a)),)
        t: Tensor = _new(Tensor)
        t._data = out
        t._node = node
        t._name = None
        t._grad = None
        return t

    return operate


def log_of_probability(self: Tensor) -> Any:
    """np.log; of a sigmoid that rounded to 0 or 1, computed from what went into the sigmoid.

    The course's cost holds log(A) and log(1 - A) with A = sigmoid(Z). Where Z is 40 or more, A is 1
    and log(1 - A) would be -inf; where the graph shows Z, it is -Z.
    """
    p = self._node
    if p is not None and p.rule in _PROBABILITIES and may_be_zero(self._data):
        source = logit(p)
        if source is not None:
            fn, z, node = source
            return remember(RULES[fn], (z,), NOTHING, fn(z), (node,))
    return _plain_log(self)


_PROBABILITIES = (RULES[sigmoid], RULES[np.subtract], RULES[np.true_divide])


def may_be_zero(a: Any) -> bool:
    """Whether one of the numbers is 0, or asking costs more than to be ready for it.

    It does on a device, and where nothing is computed yet.
    """
    if type(a) is ndarray and a.size:
        return a.item(a.argmin()) == 0  # type: ignore[no-any-return]  # quicker than a.min()
    return bool(a == 0) if isinstance(a, np.floating) else foreign(a)


def logit(p: Node) -> tuple[Function, Any, Node | None] | None:
    """For a node that is sigmoid(Z) or 1 - sigmoid(Z): the logarithm as a function of Z, and Z."""
    fn = log_sigmoid
    if p.rule is RULES[np.subtract] and is_one(p.args[0]) and p.parents[1] is not None:
        fn, p = log_one_minus_sigmoid, p.parents[1]
    if p.rule is RULES[sigmoid]:
        return fn, p.args[0], p.parents[0]
    # 1 / (1 + exp(-Z)), as written in the course
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
    """Whether an operand is the number 1."""
    return isinstance(x, int | float) and x == 1


def comparison(fn: Function) -> Any:
    """A comparison: plain booleans, no gradient."""

    def operate(self: Tensor, other: Any) -> Any:
        if getattr(other, "__array_ufunc__", False) is None:
            return NotImplemented
        return fn(self._data, plain(other))

    return operate


_ARITHMETIC: list[tuple[str, Any, Any]] = [
    ("add", np.add, operator.add), ("sub", np.subtract, operator.sub),
    ("mul", np.multiply, operator.mul), ("truediv", np.true_divide, operator.truediv),
    ("pow", np.power, operator.pow), ("matmul", np.matmul, operator.matmul),
    ("mod", np.remainder, operator.mod), ("floordiv", np.floor_divide, operator.floordiv),
]  # fmt: skip
_SIGNS: list[tuple[str, Any, Any]] = [
    ("neg", np.negative, operator.neg), ("pos", np.positive, operator.pos),
    ("abs", np.absolute, operator.abs),
]  # fmt: skip
_COMPARISONS: list[tuple[str, Any]] = [
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
    ("gt", np.greater), ("ge", np.greater_equal),
]  # fmt: skip

for _name, _fn, _compute in _ARITHMETIC:
    BINARY[_fn] = binary(_fn, _compute), binary(_fn, _compute, reflected=True)
    setattr(Tensor, f"__{_name}__", BINARY[_fn][0])
    setattr(Tensor, f"__r{_name}__", BINARY[_fn][1])
for _name, _fn, _compute in _SIGNS:
    UNARY[_fn] = unary(_fn, _compute)
    setattr(Tensor, f"__{_name}__", UNARY[_fn])
for _fn, _rule in RULES.items():
    if _rule.elementwise and len(_rule.names) == 1 and _fn not in UNARY:
        UNARY[_fn] = unary(_fn, getattr(_fn, "__wrapped__", _fn))  # our own, past their door
_plain_log = UNARY[np.log]
UNARY[np.log] = log_of_probability
for _name, _fn in _COMPARISONS:
    setattr(Tensor, f"__{_name}__", comparison(_fn))
