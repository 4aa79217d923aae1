"""Arguments of a compiled function: nested containers taken apart into leaves, and their key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import pytree
from ...engine.tensor import Tensor
from ...errors import TraceError
from .tracer import Tracer


class Leaf(NamedTuple):
    """An array, a number or a fixed value among the arguments."""

    name: str
    path: str  # Python that reaches it from the arguments
    value: Any


@dataclass(frozen=True)
class Call:
    """The arguments of one call, taken apart."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: list[Leaf]
    containers: list[tuple[str, Any]]  # each dict, list and tuple, with Python that reaches it

    @classmethod
    def of(cls, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str]) -> Call:
        """Take arguments apart; `names` are those of the positional ones."""
        leaves: list[Leaf] = []
        containers: list[tuple[str, Any]] = []
        for i, (name, a) in enumerate(zip(names, args, strict=True)):
            take_apart(a, name, f"a{i}", leaves, containers)
        for name, a in kwargs.items():
            take_apart(a, name, f"kwargs[{name!r}]", leaves, containers)
        return cls(tuple(args), kwargs, leaves, containers)

    def rebuilt(self, values: Iterable[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments in the same containers, with other leaves."""
        following = iter([v for v in values if v is not None])  # None is no leaf of a tree
        return pytree.rebuild((self.args, self.kwargs), following)  # type: ignore[no-any-return]

    def key(self) -> tuple[Any, ...]:
        """What calls share that run the same lines: containers, shapes, types, fixed values."""
        return (
            tuple(self.kwargs),
            *((type(c), tuple(c) if isinstance(c, dict) else len(c)) for _, c in self.containers),
            *(leaf_key(leaf) for leaf in self.leaves),
        )

    def plain(self) -> Call:
        """The same with arrays in place of Tensors, and of arrays that only differ in class."""
        if all(type(leaf.value) is np.ndarray or not is_array(leaf.value) for leaf in self.leaves):
            return self
        leaves = [leaf._replace(value=plain(leaf.value)) for leaf in self.leaves]
        args, kwargs = self.rebuilt([leaf.value for leaf in leaves])
        return Call(args, kwargs, leaves, self.containers)


def take_apart(
    tree: Any, name: str, path: str, leaves: list[Leaf], containers: list[tuple[str, Any]]
) -> None:
    """Append the leaves and containers of a nest, in the order in which `pytree.map` meets them.

    >>> leaves = []
    >>> take_apart({"W1": 1.0, "b": [2.0]}, "p", "p", leaves, [])
    >>> [(leaf.name, leaf.path) for leaf in leaves]
    [('W1', "p['W1']"), ('b_0', "p['b'][0]")]
    """
    if isinstance(tree, dict):
        containers.append((path, tree))
        for key, item in tree.items():
            take_apart(item, str(key), f"{path}[{key!r}]", leaves, containers)
    elif isinstance(tree, tuple | list):
        containers.append((path, tree))
        for i, item in enumerate(tree):
            take_apart(item, f"{name}_{i}", f"{path}[{i}]", leaves, containers)
    else:
        leaves.append(Leaf(name, path, tree))


def leaf_key(leaf: Leaf) -> Any:
    """What two leaves share for which the same lines can run.

    Raises TraceError for a value that cannot be told from another.
    """
    value = leaf.value
    if isinstance(value, np.ndarray | np.generic | Tensor):
        return value.shape, value.dtype
    if is_traced(value):
        return type(value)
    if hasattr(value, "__array_function__"):
        raise TraceError(
            f"the argument {leaf.name} is an array of type {type(value).__name__}; ag.compile "
            f"writes NumPy, and takes NumPy's arrays."
        )
    held = [k for k, v in getattr(value, "__dict__", {}).items() if is_array(v)]
    if held:
        raise TraceError(
            f"the argument {leaf.name} is a {type(value).__name__} that holds arrays "
            f"({', '.join(held)}); compiled, their numbers would stay as they are now. Pass the "
            f"arrays themselves, in a dict for example."
        )
    try:
        hash(value)
    except TypeError:
        raise TraceError(
            f"the argument {leaf.name} is a {type(value).__name__}, which ag.compile cannot tell "
            f"from another one. Pass arrays, numbers, text, or nested dicts, lists and tuples."
        ) from None
    return type(value), value


def is_traced(value: Any) -> bool:
    """Whether a leaf varies between calls: arrays and numbers do; text, None, bools do not."""
    return is_array(value) or (
        isinstance(value, float | complex | int) and not isinstance(value, bool)
    )


def is_array(value: Any) -> bool:
    """Whether a leaf is an array, or a number of NumPy's."""
    return isinstance(value, np.ndarray | np.generic | Tensor)


def plain(value: Any) -> Any:
    """The array in a Tensor, or behind a memory map."""
    if isinstance(value, Tensor):
        value = value._data
    if type(value) is np.ndarray or not isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.memmap):
        return np.asarray(value)
    raise TraceError(
        f"ag.compile takes plain arrays, not {type(value).__name__}: use np.asarray(x), or "
        f"x.filled() of a masked array."
    )


def being_recorded(call: Call) -> bool:
    """Whether an outer differentiation or compilation is to see through this call."""
    return any(
        isinstance(v, Tracer) or (isinstance(v, Tensor) and (v.requires_grad or not plain_data(v)))
        for _, _, v in call.leaves
    )


def plain_data(t: Tensor) -> bool:
    """Whether a Tensor holds an array of NumPy's."""
    return isinstance(t._data, np.ndarray | np.generic)
