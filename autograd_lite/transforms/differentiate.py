"""One call in place of a whole backward pass: every gradient under the course's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..advice.warnings import warn_of_unused
from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError


def differentiate(forward_and_cost: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """A function that gives {"dW1": ..., "db1": ...} in place of the whole of a backward pass.

    `forward_and_cost(parameters, X, Y)` gives the cost, or a pair of it and the forward pass: a
    dict {"Z1": ..., "A1": ...}, or the course's list of caches ((A_prev, W, b), Z). Of what it
    names the gradients come too, as dZ1, dA1, ..., dA0; these are of the SUM of the losses, m times
    those of the cost, as the course has them.

    Raises NotDifferentiableError where the cost does not come from the parameters.

    >>> cost = lambda p, X, Y: np.sum((p["W1"] @ X - Y) ** 2)
    >>> differentiate(cost)({"W1": np.array([[1.0]])}, np.array([[2.0]]), np.array([[1.0]]))
    {'dW1': array([[4.]])}
    """

    def gradients(parameters: Mapping[str, Any], X: Any, Y: Any) -> dict[str, Any]:
        leaves = {
            name: Tensor(
                np.array(p, dtype=np.result_type(np.asarray(p), np.float32)), True, name=name
            )
            for name, p in parameters.items()
        }
        data = Tensor(np.array(X, dtype=np.result_type(np.asarray(X), np.float32)), True, name="X")
        result = forward_and_cost(leaves, data, Y)
        cost, passed = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
        if not isinstance(cost, Tensor):
            raise NotDifferentiableError(
                "The cost does not come from the parameters. Compute it from them with NumPy, and "
                "return it, or the pair (cost, caches). float(cost) and cost.item() leave the "
                "graph."
            )
        named = {n: t for n, t in forward_values(passed).items() if isinstance(t, Tensor)}
        for name, t in named.items():
            if name not in leaves and t is not data:
                t.retain_grad()
        cost.backward()
        warn_of_unused([n for n, t in leaves.items() if t.grad is None])
        grads = {f"d{n}": zero_if_none(t) for n, t in leaves.items()}
        m = np.shape(Y)[-1]
        passing = {n: t for n, t in named.items() if n not in leaves}
        return {**grads, **{f"d{n}": m * zero_if_none(t) for n, t in passing.items()}}

    return gradients


def forward_values(passed: Any) -> dict[str, Any]:
    """Z1, A1, ... of a dict or of the course's list of caches.

    >>> forward_values([(("X", "W", "b"), "Z")])
    {'A0': 'X', 'Z1': 'Z'}
    """
    if isinstance(passed, Mapping):
        return {str(name): value for name, value in passed.items()}
    found: dict[str, Any] = {}
    for l, ((A_prev, _, _), Z) in enumerate(passed, 1):
        found |= {f"A{l - 1}": A_prev, f"Z{l}": Z}
    return found


def zero_if_none(t: Tensor) -> Any:
    """The gradient; zeros where the cost does not depend on it."""
    return np.zeros(t.shape, t.dtype) if t.grad is None else t.grad
