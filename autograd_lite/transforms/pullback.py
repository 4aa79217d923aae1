"""The transposed Jacobian of a recorded computation, and the gradients that go into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.backward import backpropagate
from ..engine.graph import Node, depending, reachable, tensor_of
from ..engine.tensor import Tensor
from ..errors import ShapeError
from ..rules.devices import in_type_of
from ..rules.registry import RULES, primitive


@primitive(variadic=lambda i, g, y, *arrays: g[i])
def bundle(*arrays: Any) -> tuple[Any, ...]:
    """Return several results as one tuple, so that a single sweep starts from all of them."""
    return arrays


_BUNDLE = RULES[bundle]


def bundled(results: Sequence[Tensor]) -> Node:
    """Return a node from which one sweep reaches all results, given a tuple of their gradients."""
    data = tuple([r._data for r in results])
    return Node(_BUNDLE, data, {}, data, tuple([r._node for r in results]))


class Pullback:
    """The transposed Jacobian of one recorded computation; it may be applied any number of times.

    `lifted`: its gradients record how they were computed. `complete`: the last sweep reached every
    variable.
    """

    __slots__ = ("complete", "lifted", "nodes", "tied", "variables", "wanted")

    def __init__(
        self, results: Sequence[Any], variables: Sequence[Tensor], lifted: bool = False
    ) -> None:
        self.variables: Sequence[Tensor] = variables
        self.lifted: bool = lifted
        self.complete: bool = False
        self.wanted: set[Node] = {v._node for v in variables if v._node is not None}
        self.tied: list[int] = [
            i for i, r in enumerate(results) if type(r) is Tensor and r._node is not None
        ]
        roots = [results[i] for i in self.tied]
        self.nodes: list[Node] = []
        if len(roots) == 1:
            self.nodes = reachable(roots[0]._node)
        elif roots:
            self.nodes = reachable(bundled(roots))

    def prune(self) -> Pullback:
        """Drop the calls through which no gradient reaches a variable; return self."""
        alive = depending(self.nodes, self.wanted)
        reaches = bool(self.nodes) and self.nodes[0] in alive
        self.nodes = [n for n in self.nodes if n in alive] if reaches else []
        return self

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """Return the gradient of every variable, zeros if the results do not depend on it.

        `gradients` holds one gradient per result, of its shape and dtype; those of constants are
        not read.
        """
        found: dict[Any, Any] = {}
        if self.nodes:
            given = [gradients[i] for i in self.tied]
            lift = self.lifted or any([type(g) is Tensor and g._node is not None for g in given])
            g = given[0] if len(given) == 1 else tuple(given)
            lifted = tensor_of if lift else None
            found = backpropagate(self.nodes, g, lifted, self.wanted)
        self.complete = len(found) == len(self.variables)
        return [
            found[v._node] if v._node in found else np.zeros_like(v._data) for v in self.variables
        ]


def gradients_for(pattern: Any, tree: Any, called: str) -> list[Any]:
    """Return the arrays of `tree`, one per leaf of `pattern`, in its dtype and memory of their own.

    Raises ShapeError if containers or shapes differ.
    """
    given = pytree.leaves_like(pattern, tree, called)
    places = zip(pytree.leaves(pattern), given, pytree.paths(pattern, called), strict=True)
    return [gradient_for(like, g, path) for like, g, path in places]


def gradient_for(like: Any, g: Any, called: str) -> Any:
    """Return `g` as an array of the shape and dtype of `like`; a Tensor stays a Tensor."""
    data = like._data if type(like) is Tensor else like
    if np.shape(g) != np.shape(data):
        raise ShapeError(
            f"{called} has shape {np.shape(g)}, but what it belongs to has shape {np.shape(data)}."
        )
    dtype = getattr(data, "dtype", None)
    if type(g) is Tensor:
        return g if dtype is None or g.dtype == dtype else g.astype(dtype)
    g = in_type_of(data, g)
    return np.array(g) if isinstance(g, np.ndarray) else g
