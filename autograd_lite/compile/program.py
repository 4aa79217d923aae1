"""A Program: straight-line NumPy as plain data. Each line calls a function on variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..registry import printed_name


class Var:
    """One value of a Program: an input, a constant, or what a line gives."""

    __slots__ = ("dtype", "gradient_of", "name", "shape", "weak")

    def __init__(self, shape: tuple[int, ...], dtype: Any, name: str | None = None) -> None:
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.weak = False  # a Python number, which does not decide the type of a result
        self.gradient_of: Var | None = None

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(np.prod(self.shape))

    def __repr__(self) -> str:
        return f"{self.name or 'v'}{list(self.shape)}"


@dataclass(slots=True, eq=False)
class Line:
    """outs = fn(*args, **kwargs), where arguments are Vars, plain values, or nests of both."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outs: tuple[Var, ...]
    several: bool = False  # fn gives a tuple

    @property
    def out(self) -> Var:
        """The one output."""
        return self.outs[0]

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outs))} = {printed_name(self.fn)}{self.args}"


@dataclass(slots=True, eq=False)
class Program:
    """Inputs, constants, lines in order, outputs."""

    inputs: list[Var]
    constants: dict[Var, Any]
    lines: list[Line]
    outputs: list[Any]  # Vars, or plain values that do not depend on the inputs
    notes: list[str] = field(default_factory=list)

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
        """The same Program with some parts changed."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return check(Program(**{**parts, **changes}))


def check(program: Program) -> Program:
    """Raise ValueError unless each variable is made once, before use, with shapes that fit."""
    known = set(program.inputs) | set(program.constants)
    for line in program.lines:
        for v in variables((line.args, line.kwargs)):
            if v not in known:
                raise ValueError(f"{v} is used before it is made, in {line}")
        for v in line.outs:
            if v in known:
                raise ValueError(f"{v} is made twice, in {line}")
            known.add(v)
        if isinstance(line.fn, np.ufunc) and line.fn.signature is None and not line.several:
            fits = np.broadcast_shapes(*(np.shape(a) for a in map(shaped, line.args)))
            if fits != line.out.shape:
                raise ValueError(f"{line} gives shape {fits}, not {line.out.shape}")
    for v in variables(program.outputs):
        if v not in known:
            raise ValueError(f"the output {v} is never made")
    return program


def shaped(a: Any) -> Any:
    """Something np.shape understands: broadcasting only needs the shape."""
    return np.broadcast_to(0, a.shape) if isinstance(a, Var) else a


def variables(x: Any) -> Iterator[Var]:
    """Every Var in a nest of tuples, lists, dicts and slices."""
    if isinstance(x, Var):
        yield x
    elif isinstance(x, tuple | list):
        for item in x:
            yield from variables(item)
    elif isinstance(x, dict):
        for item in x.values():
            yield from variables(item)


def fill(x: Any, known: dict[Var, Any]) -> Any:
    """The same nest with values, or other Vars, in place of Vars; unknown Vars stay."""
    if isinstance(x, Var):
        return known.get(x, x)
    if type(x) is tuple or type(x) is list:
        return type(x)([fill(item, known) for item in x])
    if type(x) is dict:
        return {key: fill(item, known) for key, item in x.items()}
    return x
