"""The guard against writing: an array that the backward pass needs must not have changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError
from .graph import Node, describe

ndarray = np.ndarray

# An array with at most this many elements is fingerprinted whole, a larger one by samples.
SAMPLED_ELEMENTS = 1024


def protect(node: Node, i: int, a: Any) -> None:
    """Save the fingerprint of argument number i, which the rule will read."""
    if node.saved is None:
        node.saved = []
    node.saved.append((i, fingerprint(a)))


def fingerprint(a: Any) -> bytes:
    """Return the bytes of a small array, or of a grid of samples of a large one."""
    if a.size <= SAMPLED_ELEMENTS:
        return a.tobytes()  # type: ignore[no-any-return]
    per_axis = int(SAMPLED_ELEMENTS ** (1 / a.ndim))
    return a[tuple([slice(None, None, -(-n // per_axis)) for n in a.shape])].tobytes()  # type: ignore[no-any-return]


def check_unwritten(node: Node) -> None:
    """Raise GraphError if an array that the rule will read was written to since the call."""
    for i, before in node.saved or ():
        if fingerprint(node.args[i]) != before:
            raise GraphError(
                f"an array that backward needs was written to after the forward pass: argument "
                f"{i + 1} of {describe(node)}. Write into it after backward, or give the forward "
                f"pass a copy."
            )
