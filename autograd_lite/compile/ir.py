"""A Program: straight-line NumPy as plain data. Each line calls a function on variables."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..rules.registry import RULES, printed_name

_count = itertools.count().__next__


class Var:
    """One value of a Program: an input, a constant, or what a line gives.

    `weak`: a Python number, which does not decide the type of a result. `gradient_of`: the
    variable whose gradient this is. `found`: a gradient that a sweep was asked for. `order` counts
    variables, so that what is sorted by it comes out the same in every run.
    """

    __slots__ = ("dtype", "found", "gradient_of", "name", "order", "shape", "weak")

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, name: str | None = None, weak: bool = False
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.name = name
        self.weak = weak
        self.gradient_of: Var | None = None
        self.found = False
        self.order = _count()

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    def take_over(self, other: Var) -> None:
        """Stand for another variable too, under its name and in its role."""
        self.name = self.name or other.name
        self.gradient_of = self.gradient_of or other.gradient_of
        self.found = self.found or other.found

    def __repr__(self) -> str:
        return f"{self.name or 'v'}{list(self.shape)}"


@dataclass(eq=False, frozen=True)
class Line:
    """outs = fn(*args, **kwargs), where arguments are Vars, plain values, or nests of both.

    `rules` names the derivative rules that the line comes from; a forward line has none.
    """

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outs: tuple[Var, ...]
    several: bool = False  # fn gives a tuple
    rules: tuple[str, ...] = ()

    @property
    def out(self) -> Var:
        """The first output, of most lines the only one."""
        return self.outs[0]

    @functools.cached_property
    def reads(self) -> tuple[Var, ...]:
        """Every variable among the arguments."""
        return (*variables(self.args), *(variables(self.kwargs) if self.kwargs else ()))

    def using(self, known: Mapping[Var, Any]) -> Line:
        """The line with other arguments in place of some variables."""
        if known.keys().isdisjoint(self.reads):
            return self
        return dataclasses.replace(
            self, args=fill(self.args, known), kwargs=fill(self.kwargs, known)
        )

    def calling(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Line:
        """A line that makes the same variables in another way."""
        return dataclasses.replace(self, fn=fn, args=args, kwargs=kwargs)

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outs))} = {printed_name(self.fn)}{self.args}"


@dataclass(slots=True, eq=False, frozen=True)
class Program:
    """Inputs, constants, lines in order, outputs.

    `watched` are gradients in which a nan would mean that the engine must sweep again with strong
    zeros, which straight lines cannot do (see backward.backpropagate); `finite` are numbers that
    tell, by not being finite, that a shorter way than the engine's led too far.
    """

    inputs: list[Var]
    constants: dict[Var, Any]
    lines: list[Line]
    outputs: list[Any]  # Vars, or plain values that do not depend on the inputs
    watched: list[Var] = field(default_factory=list)
    finite: list[Var] = field(default_factory=list)

    def run(self, *values: Any) -> list[Any]:
        """Interpret the lines: slow, and the meaning that every pass must keep."""
        known: dict[Var, Any] = dict(self.constants)
        known.update(zip(self.inputs, values, strict=True))
        for line in self.lines:
            result = line.fn(*fill(line.args, known), **fill(line.kwargs, known))
            parts = tuple(result) if line.several else (result,)
            known.update(zip(line.outs, parts, strict=True))
        return [known[v] if isinstance(v, Var) else v for v in self.outputs]

    def replace(self, **changes: Any) -> Program:
        """The same Program with some parts changed, and checked."""
        return check(dataclasses.replace(self, **changes))

    def renamed(self, lines: list[Line], same: Mapping[Var, Any], **changes: Any) -> Program:
        """The Program with new lines, and with other variables in place of some."""
        return self.replace(
            lines=lines,
            outputs=[fill(v, same) for v in self.outputs],
            watched=distinct(fill(v, same) for v in self.watched),
            finite=distinct(fill(v, same) for v in self.finite),
            **changes,
        )

    def makers(self) -> dict[Var, Line]:
        """The line that makes each variable, of lines with one output."""
        return {line.out: line for line in self.lines if not line.several}


def distinct(items: Iterable[Any]) -> list[Var]:
    """The variables among them, each once."""
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
        fits = expected_shape(line)
        if fits is not None and fits != line.out.shape:
            raise ValueError(f"{line} gives shape {fits}, not {line.out.shape}")
    for v in variables(program.outputs):
        if v not in known:
            raise ValueError(f"the output {v} is never made")
    return program


def expected_shape(line: Line) -> tuple[int, ...] | None:
    """The shape that a line gives, where it follows from the shapes of its arguments."""
    if line.several:
        return None
    if is_elementwise(line.fn):
        shapes = set(map(shape_of, line.args)) - {()}
        return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    if line.fn in (np.matmul, np.dot):
        a, b = map(shape_of, line.args)
        if len(a) == len(b) == 2:
            return (a[0], b[1]) if a[1] == b[0] else ()
    if line.fn is np.transpose and len(line.args) == 1 and not line.kwargs:
        return shape_of(line.args[0])[::-1]
    return None


def is_elementwise(fn: Any) -> bool:
    """Whether each number of the result comes from the numbers at the same place."""
    return fn is np.where or (isinstance(fn, np.ufunc) and fn.signature is None)


def is_own(fn: Any) -> bool:
    """Return whether a function is a primitive of this package or of the user."""
    return fn in RULES and hasattr(fn, "__autograd_primitive__")


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an argument."""
    return x.shape if isinstance(x, Var) else () if isinstance(x, int | float) else np.shape(x)


def variables(x: Any) -> Iterator[Var]:
    """Every Var in a nest of tuples, lists and dicts."""
    if isinstance(x, Var):
        yield x
    elif isinstance(x, tuple | list):
        for item in x:
            yield from variables(item)
    elif isinstance(x, dict):
        for item in x.values():
            yield from variables(item)


def fill(x: Any, known: Mapping[Var, Any]) -> Any:
    """The same nest with values, or other Vars, in place of Vars; unknown Vars stay."""
    if isinstance(x, Var):
        return known.get(x, x)
    if type(x) is tuple or type(x) is list:
        return type(x)([fill(item, known) for item in x])
    if type(x) is dict:
        return {key: fill(item, known) for key, item in x.items()}
    return x
