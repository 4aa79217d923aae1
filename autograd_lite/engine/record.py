"""Recording: one door from any NumPy function to a node of the graph, by what the table says."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..rules.joining import laid_out
from ..rules.registry import (
    COMPOSED,
    CONSTANT,
    NO_VALUE,
    RULES,
    Function,
    Rule,
    is_default,
    missing,
    printed_name,
)
from . import hooks
from .backward import PICK
from .graph import NOTHING, Node, modes, protect
from .modes import watch
from .tensor import Tensor, tensor_of

ndarray = np.ndarray
_LISTS = frozenset((list, tuple))
_SEVERAL = (tuple, list)
_ARRAYS = frozenset((ndarray, np.float64))


def apply(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Any NumPy function on arguments of which some are Tensors, by whatever the table says."""
    rule = RULES.get(fn)
    if rule is not None:
        if kwargs or len(args) > 1 or type(args[0]) is not Tensor:
            args, kwargs = arguments(rule, args, kwargs)
        return record(fn, args, kwargs)
    if fn in CONSTANT:
        return fn(*plain(args), **plain(kwargs))
    if not modes.grad or not any(t.requires_grad for t in tensors_in((args, kwargs))):
        return wrap(fn(*plain(args), **plain(kwargs)))
    definition = COMPOSED.get(fn)
    if definition is None:
        raise missing(fn)
    given = {k: v for k, v in kwargs.items() if v is not NO_VALUE}
    if given.get("out", given) is None:
        del given["out"]
    place = out_place(definition)
    if "out" in given or (len(args) > place and args[place] is not None):
        raise in_place(fn, "out")
    try:
        return definition(*args, **given)
    except TypeError:
        check_call(fn, definition, args, given)
        raise


def arguments(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`Rule.bind`, with no Tensor left among the keywords: only positions have derivatives."""
    args, kwargs = rule.bind(args, kwargs)
    for name, value in kwargs.items():
        if modes.grad and any(t.requires_grad for t in tensors_in(value)):
            raise NoRuleError(
                f"{printed_name(rule.fn)} has no derivative with respect to {name}=, but got a "
                f"Tensor there that requires a gradient. Pass tensor.data."
            )
    return args, plain(kwargs) if kwargs else kwargs


def check_call(fn: Function, definition: Function, args: Any, kwargs: dict[str, Any]) -> None:
    """Raise NoRuleError if the definition of `fn` does not know one of these arguments."""
    try:
        inspect.signature(definition).bind(*args, **kwargs)
    except TypeError as error:
        raise NoRuleError(
            f"{printed_name(fn)} on Tensors: {error}. Leave the argument out, or call the function "
            f"on tensor.data where no gradient is wanted."
        ) from None


@functools.cache
def out_place(definition: Function) -> int:
    """Where among the arguments of a definition `out` stands; far away if it is not there."""
    names = list(inspect.signature(definition).parameters)
    return names.index("out") if "out" in names else sys.maxsize


def in_place(fn: Function, name: str) -> NoRuleError:
    """The error for a call that would write into one of its arguments."""
    return NoRuleError(
        f"{printed_name(fn)} with {name}= writes into an array that the graph may need as it was, "
        f"and leaves the graph in silence. Use the array that the call returns, and np.where(mask, "
        f"new, old) where only a part shall change; instead of a += t write a = a + t."
    )


def call_with_options(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc with keywords: dtype= converts the operands, out= and where= would write in place."""
    inputs = tuple([as_array(a) if type(a) is list else a for a in inputs])
    if ufunc not in RULES:
        return apply(ufunc, inputs, kwargs)
    harmless = ("casting", "order", "subok", "dtype")
    for name, value in kwargs.items():
        if name in harmless or is_default(name, value):
            continue
        if name in ("out", "where"):
            raise in_place(ufunc, name)
        raise NoRuleError(f"{printed_name(ufunc)}: the argument {name}= has no derivative rule.")
    dtype = kwargs.get("dtype")
    if dtype is not None:
        inputs = tuple([a.astype(dtype) if hasattr(a, "astype") else a for a in inputs])
    return record(ufunc, inputs)


def record(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any] = NOTHING) -> Any:
    """Call `fn` on raw arrays, and remember the call when a gradient will flow through it."""
    rule = RULES.get(fn)
    if rule is None or not args:
        return apply(fn, args, kwargs)
    if len(args) == 1 and type(args[0]) is Tensor:
        a = args[0]._data
        return remember(rule, (a,), kwargs, call(fn, fn, (a,), kwargs), (args[0]._node,))
    if rule.variadic is None and not _LISTS.isdisjoint(map(type, args)):
        args = with_arrays(args, rule)
    raw = tuple([a._data if type(a) is Tensor else a for a in args])
    parents = tuple([a._node if type(a) is Tensor else None for a in args])
    if len(args) > rule.covered:
        for i in range(rule.covered, len(args)):
            if parents[i] is not None and modes.grad and (i >= len(rule.vjps) or not rule.vjps[i]):
                raise NoRuleError(
                    f"{printed_name(fn)} has no derivative with respect to {rule.names[i]}, but "
                    f"got a Tensor there that requires a gradient. Pass tensor.data."
                )
    return remember(rule, raw, kwargs, call(fn, fn, raw, kwargs, parents), parents)


def call(
    fn: Function,
    compute: Function,
    raw: tuple[Any, ...],
    kwargs: dict[str, Any],
    parents: tuple[Node | None, ...] = (),
) -> Any:
    """`compute(*raw, **kwargs)`, which is `fn`; an error about shapes says whose they are."""
    try:
        return compute(*raw, **kwargs)
    except ValueError as error:
        raise hooks.shape_error(fn, raw, error, parents) or error from None


def with_arrays(args: tuple[Any, ...], rule: Rule) -> tuple[Any, ...]:
    """The arguments with arrays in place of lists of numbers, where an array is differentiable."""
    vjps = (*rule.vjps, *[None] * len(args))
    return tuple(
        as_array(a) if type(a) in _LISTS and vjp is not None else a
        for a, vjp in zip(args, vjps, strict=False)
    )


def as_array(items: list[Any] | tuple[Any, ...]) -> Any:
    """A list of numbers as an array; with Tensors among them, as one Tensor.

    NumPy asks us about `x @ [s, t]`, though not about `np.array([s, t])`.
    """
    return np.asarray(items) if next(tensors_in(items), None) is None else laid_out(items)


def remember(
    rule: Rule, raw: tuple[Any, ...], kwargs: Any, out: Any, parents: tuple[Node | None, ...]
) -> Any:
    """A Tensor for the result of a call, tied to the calls that made its arguments."""
    if not any(parents) or not modes.grad:
        return wrap(out)
    if type(out) not in _ARRAYS and isinstance(out, _SEVERAL):
        return several(Node(rule, raw, kwargs, tuple(out), parents), out)
    node = Node(rule, raw, kwargs, out, parents)
    protect(node)
    if not modes.plain:
        watch(node)
    return tensor_of(out, node)


def several(node: Node, out: Any) -> Any:
    """A Tensor for each output of one call; whole numbers, which have no gradient, stay raw."""
    protect(node)
    if not modes.plain:
        watch(node)
    parts = [
        tensor_of(part, Node(PICK, (node.out, i), NOTHING, part, (node, None)))
        if part.dtype.kind in "fc"
        else part
        for i, part in enumerate(node.out)
    ]
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)


def wrap(out: Any) -> Any:
    """Results that need no gradient, as Tensors; what is no array stays what it is."""
    if isinstance(out, ndarray | np.generic) or hasattr(out, "__array_function__"):
        return tensor_of(out, None)
    if isinstance(out, tuple | list):
        parts = [wrap(part) for part in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)
    return out


def plain(x: Any) -> Any:
    """The same nest of tuples, lists and dicts with raw arrays in place of Tensors."""
    if type(x) is Tensor:
        return x._data
    if type(x) in (tuple, list):
        return type(x)(plain(item) for item in x)
    if type(x) is dict:
        return {key: plain(item) for key, item in x.items()}
    return x


def tensors_in(x: Any) -> Iterator[Tensor]:
    """Every Tensor in a nest of tuples, lists and dicts."""
    if type(x) is Tensor:
        yield x
    elif isinstance(x, tuple | list):
        for item in x:
            yield from tensors_in(item)
    elif isinstance(x, dict):
        yield from tensors_in(list(x.values()))
