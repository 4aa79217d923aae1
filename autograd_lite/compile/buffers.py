"""Memory: every intermediate result is written into an array allocated once, reused when dead."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ..rules.indexing import getitem
from .emit import argument, axis, call
from .program import Line, Program, Var, variables

_VIEWS = {
    np.transpose, np.reshape, np.swapaxes, np.squeeze, np.ravel, np.expand_dims, np.broadcast_to,
    np.moveaxis, np.real, np.imag, getitem, np.diagonal, np.flip,
}  # fmt: skip


class Plan:
    """Which memory each variable is written into, and the arrays that takes."""

    def __init__(self, program: Program, in_place: dict[Var, Var] | None = None) -> None:
        self.program = program
        self.in_place = in_place or {}  # an output, and the input whose memory it takes over
        self.slots: list[tuple[tuple[int, ...], Any]] = []
        self.slot: dict[Var, str] = {}
        self.numbers: dict[tuple[float, str], str] = {}
        self._assign()
        self.body()  # meets all numbers

    def _assign(self) -> None:
        roots = view_roots(self.program.lines)
        last: dict[Var, int] = {}
        for i, line in enumerate(self.program.lines):
            for v in variables((line.args, line.kwargs)):
                last[roots.get(v, v)] = i
        kept = {roots.get(v, v) for v in variables(self.program.outputs)}
        free: dict[Any, list[str]] = defaultdict(list)
        for i, line in enumerate(self.program.lines):
            dying = [
                v
                for v in {roots.get(a, a) for a in variables((line.args, line.kwargs))}
                if last.get(v) == i and v in self.slot and v not in kept
            ]
            elementwise = isinstance(line.fn, np.ufunc) and line.fn.signature is None
            if elementwise:  # the result may stand where a dying operand stood
                self._release(dying, free)
            v = line.outs[0]
            if v in self.in_place:
                self.slot[v] = argument(self.in_place[v])
            elif not line.several and writes_into(line) and v not in kept:
                pool = free[v.shape, v.dtype]
                if pool:
                    self.slot[v] = pool.pop()
                else:
                    self.slots.append((v.shape, v.dtype))
                    self.slot[v] = f"m{len(self.slots)}"
            if not elementwise:
                self._release(dying, free)

    def _release(self, dying: list[Var], free: dict[Any, list[str]]) -> None:
        for v in dying:
            if v not in self.in_place:
                free[v.shape, v.dtype].append(self.slot[v])

    def preparation(self) -> list[str]:
        """Source lines that make the memory, and the numbers as arrays."""
        lines = [
            f"m{i} = np.empty({shape}{'' if dtype == np.float64 else f', np.{dtype.name}'})"
            for i, (shape, dtype) in enumerate(self.slots, 1)
        ]
        return lines + [
            f"{name} = np.array({value!r}, np.{dtype})"
            for (value, dtype), name in self.numbers.items()
        ]

    def body(self, indent: str = "    ", lines: list[Line] | None = None) -> str:
        """Source of the lines, or of some of them."""
        lines = self.program.lines if lines is None else lines
        text = [f"{indent}{self.assignment(line)}" for line in lines]
        width = min(max((len(t) for t in text), default=0), 72)
        return "\n".join(
            f"{t:{width}}  # {line.outs[0].shape}" if line.outs[0].shape != () else t
            for t, line in zip(text, lines, strict=True)
        )

    def assignment(self, line: Line) -> str:
        """One line as Python."""
        left = ", ".join(argument(v) for v in line.outs)
        if line.several and len(line.outs) == 1:
            left += ","
        slot = self.slot.get(line.outs[0])
        return f"{left} = {quick_call(line) if slot is None else self.into(line, slot)}"

    def into(self, line: Line, memory: str) -> str:
        """The call with `out=`."""
        shown = ", ".join(self.operand(a, line) for a in line.args)
        if line.fn is np.sum:
            options = [f"{k}={axis(v)}" for k, v in line.kwargs.items()]
            return f"np.add.reduce({', '.join([shown, *options])}, out={memory})"
        name = "dot" if is_matrix_product(line) else line.fn.__name__
        return f"np.{name}({shown}, out={memory})"

    def operand(self, a: Any, line: Line) -> str:
        """An argument; a number as an array made beforehand, which NumPy takes in faster."""
        if isinstance(a, int | float) and not isinstance(a, bool) and isinstance(line.fn, np.ufunc):
            dtype = line.outs[0].dtype
            if dtype.kind == "f" and line.fn is not np.power:
                known = self.numbers.setdefault((float(a), dtype.name), f"k{len(self.numbers) + 1}")
                return known
        return argument(a)


def view_roots(lines: list[Line]) -> dict[Var, Var]:
    """For each variable that may share memory with an older one, the oldest."""
    roots: dict[Var, Var] = {}
    for line in lines:
        if line.fn in _VIEWS:
            source = next(iter(variables(line.args)), None)
            if source is not None:
                roots[line.out] = roots.get(source, source)
    return roots


def writes_into(line: Line) -> bool:
    """Whether a line can write its result into given memory."""
    if line.outs[0].size < 2 or line.outs[0].dtype.kind not in "fcb":
        return False
    if isinstance(line.fn, np.ufunc):
        return not line.kwargs
    return line.fn is np.sum and set(line.kwargs) <= {"axis", "keepdims"} and len(line.args) == 1


def is_matrix_product(line: Line) -> bool:
    """A product of two matrices, for which np.dot is the quicker way to the same BLAS call."""
    return line.fn is np.matmul and all(
        isinstance(a, Var) and len(a.shape) == 2 and a.dtype == line.outs[0].dtype for a in line.args
    )


def quick_call(line: Line) -> str:
    """The call, with a sum as the reduction that it is: np.sum only leads there."""
    if line.fn is np.sum and set(line.kwargs) <= {"axis", "keepdims"} and len(line.args) == 1:
        options = {"axis": None, **line.kwargs}
        shown = ", ".join(f"{k}={axis(v)}" for k, v in options.items())
        return f"np.add.reduce({argument(line.args[0])}, {shown})"
    if is_matrix_product(line):
        return f"np.dot({', '.join(map(argument, line.args))})"
    return call(line)


def strong_numbers(lines: list[Line], inputs: list[Var]) -> list[str]:
    """Source lines that turn Python numbers among the inputs into arrays once, where that is
    the same: when all they meet is of one floating type."""
    result = []
    for v in inputs:
        if not v.weak:
            continue
        users = [line for line in lines if v in set(variables((line.args, line.kwargs)))]
        types = {line.outs[0].dtype for line in users}
        simple = all(isinstance(line.fn, np.ufunc) and line.outs[0].size > 1 for line in users)
        if len(users) > 1 and simple and len(types) == 1 and next(iter(types)).kind == "f":
            result.append(f"{v.name} = np.array({v.name}, np.{next(iter(types)).name})")
    return result
