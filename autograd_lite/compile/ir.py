"""A Program: straight-line NumPy as plain data. Each line calls a function on variables."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import pytree
from ..rules.registry import RULES, printed_name
from ..rules.traits import is_elementwise

_count = itertools.count().__next__


class Var:
    """One value of a Program: an input, a constant, or the result of a line.

    `weak` marks a Python number, which does not decide the dtype of a result. `gradient_of` is the
    variable whose gradient this is. `found` marks a gradient that a backward pass was asked for.
    `order` counts variables, so that sorting by it returns the same order in every run.
    """

    __slots__ = ("dtype", "found", "gradient_of", "name", "order", "shape", "weak")

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, name: str | None = None, weak: bool = False
    ) -> None:
        self.shape: tuple[int, ...] = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.name = name
        self.weak: bool = weak
        self.gradient_of: Var | None = None
        self.found: bool = False
        self.order: int = _count()

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return math.prod(self.shape)

    def take_over(self, other: Var) -> None:
        """Stand for another variable too, under its name and in its role."""
        self.name = self.name or other.name
        self.gradient_of = self.gradient_of or other.gradient_of
        self.found = self.found or other.found

    def __repr__(self) -> str:
        return f"{self.name or f'v{self.order}'}{list(self.shape)}"


@dataclass(eq=False, frozen=True)
class Line:
    """outs = fn(*args, **kwargs), with arguments that are Vars, plain values, or pytrees of both.

    `rules` names the derivative rules that the line comes from; a forward line has none.
    """

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outs: tuple[Var, ...]
    several: bool = False  # fn returns a tuple
    rules: tuple[str, ...] = ()

    @property
    def out(self) -> Var:
        """Return the first output, which most lines have alone."""
        return self.outs[0]

    @functools.cached_property
    def reads(self) -> tuple[Var, ...]:
        """Return every variable among the arguments."""
        return tuple(variables((self.args, self.kwargs)))

    @functools.cached_property
    def shape(self) -> tuple[int, ...] | None:
        """Return the shape of the result if the shapes of the arguments determine it."""
        if self.several:
            return None
        if is_elementwise(self.fn):
            shapes = set(map(shape_of, self.args)) - {()}
            return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
        if self.fn in (np.matmul, np.dot):
            a, b = map(shape_of, self.args)
            if len(a) == len(b) == 2:
                return (a[0], b[1]) if a[1] == b[0] else ()
        return shape_of(self.args[0])[::-1] if is_transpose(self) else None

    def using(self, known: Mapping[Var, Any]) -> Line:
        """Return the line with other arguments in place of some variables."""
        if known.keys().isdisjoint(self.reads):
            return self
        return dataclasses.replace(
            self, args=fill(self.args, known), kwargs=fill(self.kwargs, known)
        )

    def calling(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Line:
        """Return a line that makes the same variables in another way."""
        return dataclasses.replace(self, fn=fn, args=args, kwargs=kwargs)

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outs))} = {printed_name(self.fn)}{self.args}"


@dataclass(slots=True, eq=False, frozen=True)
class Program:
    """Inputs, constants, lines in order, outputs.

    `watched` are gradients in which a nan means that the engine must run its backward pass again
    with strong zeros, which straight lines cannot do (see backward.backpropagate). `finite` are
    values that overflow if a rewrite was unsafe for this input.
    """

    inputs: list[Var]
    constants: dict[Var, Any]
    lines: list[Line]
    outputs: list[Any]  # Vars, or plain values that do not depend on the inputs
    watched: list[Var] = field(default_factory=list)
    finite: list[Var] = field(default_factory=list)

    def run(self, *values: Any) -> list[Any]:
        """Interpret the lines. This is slow, and the meaning that every pass must keep."""
        known: dict[Var, Any] = dict(self.constants)
        known.update(zip(self.inputs, values, strict=True))
        for line in self.lines:
            result = line.fn(*fill(line.args, known), **fill(line.kwargs, known))
            parts = tuple(result) if line.several else (result,)
            known.update(zip(line.outs, parts, strict=True))
        return [known[v] if isinstance(v, Var) else v for v in self.outputs]

    def replace(self, **changes: Any) -> Program:
        """Return the Program with some parts changed, and check it."""
        return check(dataclasses.replace(self, **changes))

    def renamed(self, lines: list[Line], same: Mapping[Var, Any], **changes: Any) -> Program:
        """Return the Program with new lines, and with other variables in place of some."""
        return self.replace(
            lines=lines,
            outputs=[fill(v, same) for v in self.outputs],
            watched=distinct(fill(v, same) for v in self.watched),
            finite=distinct(fill(v, same) for v in self.finite),
            **changes,
        )

    def __str__(self) -> str:
        return "\n".join(map(repr, self.lines))

    def makers(self) -> dict[Var, Line]:
        """Map the variable of each line with one output to the line."""
        return {line.out: line for line in self.lines if not line.several}


def distinct(items: Iterable[Any]) -> list[Var]:
    """Return the variables among the items, each once."""
    return list(dict.fromkeys(v for v in items if isinstance(v, Var)))


def check(program: Program) -> Program:
    """Raise ValueError unless each variable is made once, before use, with shapes that fit."""
    known = set(program.inputs) | set(program.constants)
    for line in program.lines:
        for v in line.reads:
            if v not in known:
                raise ValueError(f"{v} is used before it is made, in {line}")
        for v in line.outs:
            if v in known:
                raise ValueError(f"{v} is made twice, in {line}")
            known.add(v)
        if line.shape not in (None, line.out.shape):
            raise ValueError(f"{line} returns shape {line.shape}, not {line.out.shape}")
    for v in variables(program.outputs):
        if v not in known:
            raise ValueError(f"the output {v} is never made")
    return program


def is_transpose(line: Line) -> bool:
    """Return whether a line is x.T."""
    return line.fn is np.transpose and len(line.args) == 1 and not line.kwargs


def is_own(fn: Any) -> bool:
    """Return whether a function is a primitive of this package or of the user."""
    return fn in RULES and hasattr(fn, "__autograd_primitive__")


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of an argument."""
    return x.shape if isinstance(x, Var) else () if isinstance(x, int | float) else np.shape(x)


def variables(x: Any) -> list[Var]:
    """Return every Var in a pytree."""
    return [leaf for leaf in pytree.leaves(x) if isinstance(leaf, Var)]


def fill(x: Any, known: Mapping[Var, Any]) -> Any:
    """Return the same pytree with values, or other Vars, for Vars; unknown Vars stay."""
    return pytree.map(lambda leaf: known.get(leaf, leaf) if isinstance(leaf, Var) else leaf, x)
