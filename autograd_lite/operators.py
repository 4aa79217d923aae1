"""Operators, ndarray's methods, and the two doors through which NumPy enters: all end in record.

They are attached to Tensor here, so that tensor.py stays the page about gradients. Operators skip
NumPy's doors and run Python's operator on the raw arrays: most programs spend their time there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import SilentCopyError
from .functions import log_one_minus_sigmoid, log_sigmoid, sigmoid
from .graph import Node, fingerprint, modes, next_order, protect
from .recording import (
    NOTHING,
    apply,
    arguments,
    call,
    call_with_options,
    in_place as writes_into,
    misfit,
    plain,
    record,
    remember,
    wrap,
)
from .registry import RULES, Function, is_default, missing, printed_name
from .rules import METHODS
from .rules.indexing import getitem
from .rules.shaping import astype
from .tensor import Tensor

ndarray = np.ndarray
_new = Tensor.__new__
_new_node = Node.__new__

# NumPy's two doors


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NEP 13: np.add(t, x), np.add.reduce(t)."""
    if method == "__call__":
        if kwargs:
            return call_with_options(ufunc, inputs, kwargs)
        if len(inputs) == 1:
            operate = UNARY.get(ufunc)
            return record(ufunc, inputs) if operate is None else operate(self)
        operators = BINARY.get(ufunc)
        if operators is None:
            return record(ufunc, tuple([np.asarray(a) if type(a) is list else a for a in inputs]))
        a, b = inputs
        return operators[0](a, b) if type(a) is Tensor else operators[1](b, a)
    definition = METHODS.get((ufunc, method)) or METHODS.get((None, method))
    if definition is None:
        raise missing(getattr(ufunc, method))
    if not is_default("out", kwargs.pop("out", None)):
        raise writes_into(ufunc, "out")
    return definition(ufunc, *inputs, **kwargs)


def array_function(
    self: Tensor, fn: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """NEP 18: np.sum(t), np.concatenate([t, x])."""
    return apply(fn, args, kwargs)


def autograd_call(self: Tensor, fn: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
    """Our own functions: sigmoid(t)."""
    return apply(fn, args, kwargs)


# Indexing


def get_item(self: Tensor, index: Any) -> Any:
    """t[index]"""
    return record(getitem, (self, plain(index)))


def set_item(self: Tensor, index: Any, value: Any) -> None:
    """Refused: it would change what the graph remembers."""
    raise SilentCopyError(
        f"writing into {self._called()} would change what the graph remembers. Build the new "
        f"array with np.where or np.concatenate; or write into t.data when no graph needs it."
    )


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The Tensors along the first axis."""
    if self._data.ndim == 0:
        raise TypeError("iteration over a 0-d Tensor")
    return (self[i] for i in range(len(self._data)))


# Operators


def binary(fn: Function, compute: Callable[[Any, Any], Any], reflected: bool = False) -> Any:
    """An operator method that records the NumPy function `fn`."""
    rule = RULES[fn]
    of_a, of_b = rule.read
    # Whether a and b are read, when the gradient goes to: nobody, a, b, both.
    reads = [(0 in r, 1 in r) for r in ((), of_a, of_b, of_a + of_b)]

    def operate(self: Tensor, other: Any) -> Tensor:
        if type(other) is Tensor:
            b, q = other._data, other._node
        else:
            b, q = np.asarray(other) if isinstance(other, list | tuple) else other, None
        a, p = self._data, self._node
        if reflected:
            a, b, p, q = b, a, q, p
            if type(a) is complex and type(b) is np.float64:  # Python would make it a complex
                a = np.complex128(a)
        try:
            out = compute(a, b)
        except ValueError as error:
            raise misfit(fn, (a, b), error) from None
        if (p is None and q is None) or not modes.plain:
            return remember(rule, (a, b), NOTHING, out, (p, q))  # type: ignore[no-any-return]
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a, b), NOTHING, out
        node.parents, node.order, node.notes, node.saved = (p, q), next_order(), None, None
        # As in `protect`, spelled out, because most calls of most programs come through here.
        reads_a, reads_b = reads[(p is not None) + 2 * (q is not None)]
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


# So that np.add(t, x) is as quick as t + x: the operators of a ufunc, plain and reflected
BINARY: dict[Function, tuple[Any, Any]] = {}
UNARY: dict[Function, Any] = {}


def unary(fn: Function, compute: Callable[[Any], Any]) -> Any:
    """A method that records the one-argument NumPy function `fn`."""
    rule = RULES[fn]
    reads = bool(rule.read[0])

    def operate(self: Tensor) -> Any:
        a, p = self._data, self._node
        out = compute(a)
        if p is None or not modes.plain or type(out) is tuple:
            return remember(rule, (a,), NOTHING, out, (p,))
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a,), NOTHING, out
        node.parents, node.order, node.notes, node.saved = (p,), next_order(), None, None
        if reads and type(a) is ndarray and (p.rule is None or a.base is not None):
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
    a, p = self._data, self._node
    if p is not None and isinstance(a, ndarray | np.floating) and a.size:
        source = logit(p) if a.item(a.argmin()) == 0 else None
        if source is not None:
            fn, z, node = source
            return remember(RULES[fn], (z,), NOTHING, fn(z), (node,))
    return _plain_log(self)


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
        return fn(self._data, plain(other))

    return operate


def method(fn: Function) -> Any:
    """A method of ndarray's that records the NumPy function of the same arguments."""
    quick = getattr(ndarray, fn.__name__, None)  # skips a layer of NumPy's own dispatch

    def run(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        rule = RULES.get(fn)
        if rule is None or type(self._data) is not ndarray or quick is None:
            return apply(fn, (self, *args), kwargs)
        if args or kwargs:
            args, kwargs = arguments(rule, (self, *args), kwargs)
            if any([type(a) is Tensor for a in args[1:]]):
                return record(fn, args, kwargs)
            args = args[1:]
        data = self._data
        return remember(
            rule,
            (data, *args),
            kwargs or NOTHING,
            call(fn, quick, (data, *args), kwargs),
            (self._node, *[None] * len(args)),
        )

    run.__doc__ = f"As {printed_name(fn)}."
    return run


for _name, _fn, _compute in (
    ("add", np.add, operator.add), ("sub", np.subtract, operator.sub),
    ("mul", np.multiply, operator.mul), ("truediv", np.true_divide, operator.truediv),
    ("pow", np.power, operator.pow), ("matmul", np.matmul, operator.matmul),
    ("mod", np.remainder, operator.mod), ("floordiv", np.floor_divide, operator.floordiv),
):  # fmt: skip
    BINARY[_fn] = binary(_fn, _compute), binary(_fn, _compute, reflected=True)
    setattr(Tensor, f"__{_name}__", BINARY[_fn][0])
    setattr(Tensor, f"__r{_name}__", BINARY[_fn][1])
for _name, _fn, _compute in (
    ("neg", np.negative, operator.neg), ("pos", np.positive, operator.pos),
    ("abs", np.absolute, operator.abs),
):  # fmt: skip
    UNARY[_fn] = unary(_fn, _compute)
    setattr(Tensor, f"__{_name}__", UNARY[_fn])
for _fn in list(RULES):
    if isinstance(_fn, np.ufunc) and _fn.nin == 1 and _fn not in UNARY:
        UNARY[_fn] = unary(_fn, _fn)
_plain_log = UNARY[np.log]
UNARY[np.log] = log_of_probability
for _name, _fn in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
    ("gt", np.greater), ("ge", np.greater_equal),
):  # fmt: skip
    setattr(Tensor, f"__{_name}__", comparison(_fn))
for _fn in (
    np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.cumsum, np.cumprod, np.trace,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.all, np.any, np.nonzero, np.searchsorted,
    np.transpose, np.squeeze, np.swapaxes, np.ravel, np.repeat, np.take, np.diagonal, np.clip,
    np.dot, np.round, np.choose, np.conjugate,
):  # fmt: skip
    setattr(Tensor, _fn.__name__, method(_fn))




# Methods whose arguments differ from those of the function


def _reshape(self: Tensor, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """As np.reshape; the shape may be given as one tuple or as several numbers."""
    return apply(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {"order": order})


def _transpose(self: Tensor, *axes: Any) -> Any:
    """As np.transpose; the axes may be given as one tuple or as several numbers."""
    return record(np.transpose, (self, *(axes if len(axes) < 2 else (axes,))))


def _flatten(self: Tensor, order: str = "C") -> Any:
    """As np.ravel; a Tensor never shares its memory."""
    return apply(np.ravel, (self,), {"order": order})


def _copy(self: Tensor, order: str = "C") -> Any:
    """The same numbers as a new node of the graph."""
    return record(np.positive, (self,))


def _compress(self: Tensor, condition: Any, axis: int | None = None) -> Any:
    """As np.compress, which takes the condition first."""
    return apply(np.compress, (condition, self, axis), {})


def _divmod(self: Tensor, other: Any) -> Any:
    """As np.divmod."""
    return record(np.divmod, (self, other))


def _rdivmod(self: Tensor, other: Any) -> Any:
    """As np.divmod, with self on the right."""
    return record(np.divmod, (other, self))


def _round(self: Tensor, decimals: int = 0) -> Any:
    """As np.round: round(t, 2)."""
    return record(np.round, (self, decimals))


def in_place(name: str, instead: str) -> Any:
    """A method of ndarray's that would write into the array, refused."""

    def refuse(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        raise SilentCopyError(
            f"t.{name}() would change {self._called()} in place, and the graph may need it as it "
            f"was. Use {instead}, which gives a new one."
        )

    refuse.__doc__ = f"Refused: {instead} gives a new array."
    return refuse


def _contains(self: Tensor, value: Any) -> bool:
    """Whether a number is among the elements."""
    return value in self._data


def _astype(self: Tensor, dtype: Any, **kwargs: Any) -> Any:
    """The same numbers in another type; the gradient comes back in the old one.

    Whole numbers and booleans have no gradient, so there the graph ends.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fc":
        return wrap(self._data.astype(dtype))
    return record(astype, (self, dtype))


for _name, _method in (
    ("reshape", _reshape), ("transpose", _transpose), ("flatten", _flatten), ("copy", _copy),
    ("compress", _compress), ("__divmod__", _divmod), ("__rdivmod__", _rdivmod),
    ("__round__", _round),
    ("astype", _astype), ("__contains__", _contains), ("__getitem__", get_item),
    ("__setitem__", set_item), ("__iter__", iterate), ("__array_ufunc__", array_ufunc),
    ("__array_function__", array_function), ("__autograd_call__", autograd_call),
    ("conj", Tensor.conjugate), ("ptp", method(np.ptp)),
    ("T", property(lambda self: record(np.transpose, (self,)), doc="Axes reversed.")),
    ("mT", property(lambda self: record(np.swapaxes, (self, -1, -2)), doc="Last two swapped.")),
    ("real", property(np.real, doc="Real part.")),
    ("imag", property(np.imag, doc="Imaginary part.")),
    ("flat", property(lambda self: iter(self.ravel()), doc="Its numbers in row-major order.")),
):  # fmt: skip
    setattr(Tensor, _name, _method)
for _name, _instead in (
    ("sort", "np.sort(t)"), ("partition", "np.partition(t, kth)"), ("resize", "np.resize(t, shape)"),
    ("fill", "np.full_like(t, value)"), ("put", "np.where(mask, new, t)"),
):  # fmt: skip
    setattr(Tensor, _name, in_place(_name, _instead))
