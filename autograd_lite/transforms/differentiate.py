"""One call in place of a hand-written backward pass: every gradient under the course's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError


def differentiate(forward_and_cost: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Return a function that computes {"dW1": ..., "db1": ...}, in place of a backward pass.

    Parameters
    ----------
    forward_and_cost : callable
        `forward_and_cost(parameters, X, Y)` returns the cost, or a pair of it and the forward pass:
        a dict {"Z1": ..., "A1": ...}, or the course's list of caches ((A_prev, W, b), Z).

    Returns
    -------
    callable
        Takes a dict of parameters, X and Y; returns a dict of gradients, dW1 in the shape of W1. It
        also holds dZ1, dA1, ..., dA0 if the forward pass was returned. These are gradients of the
        SUM of the losses, m times those of the cost, by the course's convention.

    Raises
    ------
    NotDifferentiableError
        If the cost does not depend on the parameters.

    Examples
    --------
    >>> cost = lambda p, X, Y: np.sum((p["W1"] @ X - Y) ** 2)
    >>> differentiate(cost)({"W1": np.array([[1.0]])}, np.array([[2.0]]), np.array([[1.0]]))
    {'dW1': array([[4.]])}
    """

    def gradients(parameters: Mapping[str, Any], X: Any, Y: Any) -> dict[str, Any]:
        leaves = {name: _leaf(p, name) for name, p in parameters.items()}
        data = _leaf(X, "X")
        result = forward_and_cost(leaves, data, Y)
        cost, forward = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
        if not isinstance(cost, Tensor):
            raise NotDifferentiableError(
                "The cost does not depend on the parameters. Compute it from them with NumPy, and "
                "return it, or the pair (cost, caches). float(cost) and cost.item() leave the "
                "graph."
            )
        inner = {
            name: t
            for name, t in forward_values(forward).items()
            if isinstance(t, Tensor) and name not in leaves
        }
        for t in inner.values():
            if t is not data:
                t.retain_grad()
        cost.backward()
        unused = [name for name, t in leaves.items() if t.grad is None]
        if unused:
            from ..advice.warnings import warn_of_unused

            warn_of_unused(unused)
        m = np.shape(Y)[-1]
        grads = {f"d{name}": _gradient(t) for name, t in leaves.items()}
        return {**grads, **{f"d{name}": m * _gradient(t) for name, t in inner.items()}}

    return gradients


def _leaf(value: Any, name: str) -> Tensor:
    """Return a variable of floating dtype."""
    return Tensor(np.array(value, np.result_type(np.asarray(value), np.float32)), True, name=name)


def forward_values(forward: Any) -> dict[str, Any]:
    """Return Z1, A1, ... from a dict or from the course's list of caches.

    >>> forward_values([(("X", "W", "b"), "Z")])
    {'A0': 'X', 'Z1': 'Z'}
    """
    if isinstance(forward, Mapping):
        return {str(name): value for name, value in forward.items()}
    found: dict[str, Any] = {}
    for l, ((A_prev, _, _), Z) in enumerate(forward, 1):
        found |= {f"A{l - 1}": A_prev, f"Z{l}": Z}
    return found


def _gradient(t: Tensor) -> Any:
    """Return the gradient, zeros if the cost does not depend on t."""
    return np.zeros(t.shape, t.dtype) if t.grad is None else t.grad
