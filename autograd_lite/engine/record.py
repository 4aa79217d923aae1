"""Recording: the one door from any NumPy function to a node of the graph, by the table of rules."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pytree
from ..errors import NoRuleError
from ..rules.joining import laid_out
from ..rules.registry import COMPOSED, CONSTANT, RULES, Rule, missing, printed_name
from ..rules.signature import NO_VALUE, Function, is_default
from . import hooks
from .backward import PICK
from .graph import NOTHING, Node, Recorded, next_order, tensor_of
from .modes import inspect_node, modes, not_plain
from .write_guard import protect

if TYPE_CHECKING:
    from .tensor import Tensor

ndarray = np.ndarray
_LISTS = frozenset((list, tuple))
_new = object.__new__
_ARRAYS = frozenset((ndarray, np.float64))


def apply(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call any NumPy function on arguments that include Tensors, by what the table says of it."""
    rule = RULES.get(fn)
    if rule is not None:
        if kwargs or len(args) > 1 or type(args[0]) is not Recorded.kind:
            args, kwargs = arguments(rule, args, kwargs)
        return record(fn, args, kwargs)
    if fn in CONSTANT:
        return fn(*plain(args), **plain(kwargs))
    if not modes.grad or not needs_gradient((args, kwargs)):
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


def record(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any] = NOTHING) -> Tensor:
    """Call `fn`, which has a rule, on raw arrays; record the call if a gradient can flow."""
    rule = RULES.get(fn)
    if rule is None or not args:
        return apply(fn, args, kwargs)  # type: ignore[no-any-return]
    kind = Recorded.kind
    if len(args) == 1 and type(args[0]) is kind:
        a = args[0]._data
        return result(rule, (a,), kwargs, call(fn, fn, (a,), kwargs), (args[0]._node,))
    if rule.variadic is None and not _LISTS.isdisjoint(map(type, args)):
        args = with_arrays(args, rule)
    raw = tuple([a._data if type(a) is kind else a for a in args])
    parents = tuple([a._node if type(a) is kind else None for a in args])
    if len(args) > rule.covered and modes.grad:
        for i in range(rule.covered, len(args)):
            if parents[i] is not None and (i >= len(rule.vjps) or not rule.vjps[i]):
                raise NoRuleError(
                    f"{printed_name(fn)} has no derivative with respect to "
                    f"{rule.signature.names[i]}, but got a Tensor there that requires a gradient. "
                    f"Pass tensor.data."
                )
    return result(rule, raw, kwargs, call(fn, fn, raw, kwargs, parents), parents)


def call(
    fn: Function,
    compute: Function,
    raw: tuple[Any, ...],
    kwargs: dict[str, Any],
    parents: tuple[Node | None, ...] = (),
) -> Any:
    """Return `compute(*raw, **kwargs)`, which is `fn`; explain an error about shapes."""
    try:
        return compute(*raw, **kwargs)
    except ValueError as error:
        raise hooks.shape_error(fn, raw, error, parents) or error from None


def result(
    rule: Rule,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    out: Any,
    parents: tuple[Node | None, ...],
    reads: Iterable[int] | None = None,
) -> Tensor:
    """Return a Tensor for the output of a call, tied to the nodes that made its arguments.

    `reads` are the positions of the arguments that the backward pass will read, if known.
    """
    if (not parents or parents[0] is None) and not any(parents):
        return wrap(out)  # type: ignore[no-any-return]
    if not_plain and not modes.grad:
        return wrap(out)  # type: ignore[no-any-return]
    is_several = type(out) not in _ARRAYS and isinstance(out, tuple | list)
    # Node(...) and tensor_of(...), spelled out because every recorded call comes through here
    node: Node = _new(Node)
    node.rule = rule
    node.args = args
    node.kwargs = kwargs
    node.out = tuple(out) if is_several else out
    node.parents = parents
    node.order = next_order()
    node.meta = None
    node.saved = None
    node.swept = False
    for i in rule.reads(parents) if reads is None else reads:
        a = args[i] if i < len(args) else None
        if type(a) is ndarray:
            parent = parents[i]
            # Results inside the graph are read-only; constants, variables and views can change.
            if parent is None or parent.rule is None or a.base is not None:
                protect(node, i, a)
    if not_plain and not modes.plain:
        inspect_node(node)
    if is_several:
        return several(node, out)  # type: ignore[no-any-return]
    t: Any = _new(Recorded.kind)
    t._data = out
    t._node = node
    t._name = None
    t._grad = None
    return t  # type: ignore[no-any-return]


def several(node: Node, out: Any) -> Any:
    """Return a Tensor for each output of one call; integers, which have no gradient, stay raw."""
    parts = [
        tensor_of(part, Node(PICK, (node.out, i), NOTHING, part, (node, None)))
        if part.dtype.kind in "fc"
        else part
        for i, part in enumerate(node.out)
    ]
    return pytree.like(out, parts)


def wrap(out: Any) -> Any:
    """Return results that need no gradient as Tensors; other values stay what they are."""
    return pytree.map(
        lambda x: (
            tensor_of(x, None)
            if isinstance(x, ndarray | np.generic) or hasattr(x, "__array_function__")
            else x
        ),
        out,
    )


def plain(x: Any) -> Any:
    """Return the same nest of containers with raw arrays in place of Tensors."""
    kind = Recorded.kind
    return pytree.map(lambda leaf: leaf._data if type(leaf) is kind else leaf, x)


def tensors_in(x: Any) -> Iterator[Any]:
    """Yield every Tensor in a nest of containers."""
    kind = Recorded.kind
    return (leaf for leaf in pytree.leaves(x) if type(leaf) is kind)


def needs_gradient(x: Any) -> bool:
    """Return whether a nest of containers holds a Tensor that requires a gradient."""
    return any(t._node is not None for t in tensors_in(x))


# Arguments


def arguments(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Bind arguments to a rule, with no Tensor left among the keywords: they have no derivative."""
    args, kwargs = rule.bind(args, kwargs)
    for name, value in kwargs.items():
        if modes.grad and needs_gradient(value):
            raise NoRuleError(
                f"{printed_name(rule.fn)} has no derivative with respect to {name}=, but got a "
                f"Tensor there that requires a gradient. Pass tensor.data."
            )
    return args, plain(kwargs) if kwargs else kwargs


def with_arrays(args: tuple[Any, ...], rule: Rule) -> tuple[Any, ...]:
    """Return the arguments with lists as arrays, if the argument is differentiable."""
    vjps = (*rule.vjps, *[None] * len(args))
    return tuple(
        as_array(a) if type(a) in _LISTS and vjp is not None else a
        for a, vjp in zip(args, vjps, strict=False)
    )


def as_array(items: list[Any] | tuple[Any, ...]) -> Any:
    """Return a list of numbers as an array; with Tensors among them, as one Tensor.

    NumPy dispatches `x @ [s, t]` to a Tensor, though not `np.array([s, t])`.
    """
    return np.asarray(items) if next(tensors_in(items), None) is None else laid_out(items)


def call_with_options(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a ufunc with keywords: dtype= converts the operands, out= and where= are refused."""
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


def check_call(fn: Function, definition: Function, args: Any, kwargs: dict[str, Any]) -> None:
    """Raise NoRuleError if the definition of `fn` does not take one of these arguments."""
    try:
        inspect.signature(definition).bind(*args, **kwargs)
    except TypeError as error:
        raise NoRuleError(
            f"{printed_name(fn)} on Tensors: {error}. Leave the argument out, or call the function "
            f"on tensor.data if no gradient is wanted."
        ) from None


@functools.cache
def out_place(definition: Function) -> int:
    """Return the position of `out` among the arguments, or sys.maxsize if absent."""
    names = list(inspect.signature(definition).parameters)
    return names.index("out") if "out" in names else sys.maxsize


def in_place(fn: Function, name: str) -> NoRuleError:
    """Return the error for a call that would write into one of its arguments."""
    return NoRuleError(
        f"{printed_name(fn)} with {name}= writes into an array that the graph may need as it was, "
        f"and silently leaves the graph. Use the array that the call returns, and np.where(mask, "
        f"new, old) if only a part shall change; instead of a += t write a = a + t."
    )
