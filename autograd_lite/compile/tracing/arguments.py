"""Take the arguments of a compiled function apart into leaves, and make the key of a call."""

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
    path: str  # the Python expression that reaches it from the arguments
    value: Any


@dataclass(frozen=True)
class Call:
    """The arguments of one call, taken apart."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: list[Leaf]
    containers: list[tuple[str, Any]]  # each dict, list and tuple, with its path

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
        """Return arguments in the same containers, with other leaves."""
        following = iter([v for v in values if v is not None])  # None is no leaf of a pytree
        return pytree.rebuild((self.args, self.kwargs), following)  # type: ignore[no-any-return]

    def key(self) -> tuple[Any, ...]:
        """Return what calls share that run the same lines: structure, shapes, dtypes, values."""
        return (
            tuple(self.kwargs),
            *((type(c), tuple(c) if isinstance(c, dict) else len(c)) for _, c in self.containers),
            *(leaf_key(leaf) for leaf in self.leaves),
        )

    def plain(self) -> Call:
        """Return the call with plain arrays in place of Tensors and memory maps."""
        if all(type(leaf.value) is np.ndarray or not is_array(leaf.value) for leaf in self.leaves):
            return self
        leaves = [leaf._replace(value=plain(leaf.value)) for leaf in self.leaves]
        args, kwargs = self.rebuilt([leaf.value for leaf in leaves])
        return Call(args, kwargs, leaves, self.containers)


def take_apart(
    tree: Any, name: str, path: str, leaves: list[Leaf], containers: list[tuple[str, Any]]
) -> None:
    """Append the leaves and containers of a pytree, in the order in which `pytree.map` visits them.

    >>> leaves = []
    >>> take_apart({"W1": 1.0, "b": [2.0]}, "p", "p", leaves, [])
    >>> [(leaf.name, leaf.path) for leaf in leaves]
    [('W1', "p['W1']"), ('b_0', "p['b'][0]")]
    """
    if not isinstance(tree, dict | tuple | list):
        leaves.append(Leaf(name, path, tree))
        return
    containers.append((path, tree))
    for key, item in pytree.children(tree):
        called = str(key) if isinstance(tree, dict) else f"{name}_{key}"
        take_apart(item, called, f"{path}[{key!r}]", leaves, containers)


def leaf_key(leaf: Leaf) -> Any:
    """Return what two leaves share for which the same lines can run.

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
            f"({', '.join(held)}); compiled, their elements would stay as they are now. Pass the "
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
    """Return whether a leaf varies between calls, as arrays and numbers do."""
    return is_array(value) or (
        isinstance(value, float | complex | int) and not isinstance(value, bool)
    )


def is_array(value: Any) -> bool:
    """Return whether a leaf is an array, a NumPy number or a Tensor."""
    return isinstance(value, np.ndarray | np.generic | Tensor)


def plain(value: Any) -> Any:
    """Return the array in a Tensor, or behind a memory map."""
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


def is_traced_from_outside(call: Call) -> bool:
    """Return whether an outer differentiation or compilation is to see through this call."""
    return any(
        isinstance(v, Tracer) or (isinstance(v, Tensor) and (v.requires_grad or not plain_data(v)))
        for _, _, v in call.leaves
    )


def plain_data(t: Tensor) -> bool:
    """Return whether a Tensor holds a NumPy array."""
    return isinstance(t._data, np.ndarray | np.generic)
