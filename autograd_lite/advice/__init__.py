"""Advice: what is said to a person, in the names of their own variables.

Read user_frames (which code is the user's), user_names (what they call their arrays), shape_errors
and warnings. Only this file is loaded with the package: each listener imports its module when it is
first called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine import hooks
from ..engine.graph import Node


def register() -> None:
    """Attach the listeners to the engine's hooks."""
    hooks.shape_error.register(_shape_error)
    hooks.outer_broadcast.register(_outer_broadcast)
    hooks.gradient_accumulated.register(_gradient_accumulated)
    hooks.user_line.register(_user_line)


def _shape_error(fn: Any, raw: Sequence[Any], error: ValueError, parents: Sequence[Any]) -> Any:
    from .shape_errors import explain

    return explain(fn, raw, error, parents)


def _outer_broadcast(node: Node, operand: Any) -> None:
    from .warnings import warn_of_outer_broadcast

    warn_of_outer_broadcast(node, operand)


def _gradient_accumulated(tensor: Any) -> None:
    from .warnings import warn_of_accumulation

    warn_of_accumulation(tensor)


def _user_line() -> str | None:
    from .user_frames import user_line

    return user_line()
