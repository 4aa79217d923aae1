"""Which arguments of a function to differentiate, and how a transform must be called."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import NotDifferentiableError

Argnums = int | Sequence[int]


def positions(argnums: Argnums, count: int) -> list[int]:
    """Return the positions of the arguments to differentiate, counted from the front.

    Raises NotDifferentiableError if there is no such argument.

    >>> positions((0, -1), 3)
    [0, 2]
    """
    found = []
    for i in argnums if isinstance(argnums, Sequence) else (argnums,):
        try:
            n = operator.index(i)
        except TypeError:
            raise NotDifferentiableError(
                f"argnums={argnums!r}: arguments are named by their positions, counted from 0."
            ) from None
        if not -count <= n < count:
            raise NotDifferentiableError(
                f"argnums={argnums!r} asks for argument number {n}, but {count} were given by "
                f"position. Arguments to differentiate are given by position, counted from 0."
            )
        found.append(n % count)
    return found


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return what f calls its positional arguments; `argument i` if f does not say.

    >>> argument_names(lambda W, *rest: W, 2)
    ['W', 'argument 1']
    """
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # NumPy's own functions
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"argument {i}" for i in range(len(names), count)])[:count]


def as_tuple(argnums: Argnums, part: Any) -> Any:
    """Return one part per argument: `part` itself if argnums is a sequence, else `(part,)`."""
    return part if isinstance(argnums, Sequence) else (part,)


def refuse_arguments(misplaced: tuple[Any, ...], transform: str, call: str = "x") -> None:
    """Raise NotDifferentiableError if a transform was given more than the function.

    >>> refuse_arguments((2.0,), "grad")
    Traceback (most recent call last):
    ...
    autograd_lite.errors.NotDifferentiableError: grad takes a function and returns a function...
    """
    if misplaced:
        raise NotDifferentiableError(
            f"{transform} takes a function and returns a function: write "
            f"ag.{transform}(f)({call}), not ag.{transform}(f, {call}). Options are keywords: "
            f"ag.{transform}(f, argnums=0)({call})."
        )
