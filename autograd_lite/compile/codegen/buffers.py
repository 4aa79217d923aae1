"""Memory: every intermediate result is written into an array allocated once, reused when dead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..ir import Line, Program, Var, is_elementwise, variables
from ..passes.aliasing import is_fresh, roots
from .printer import Printer, literal, lone

_KEYWORD_OUT = (np.maximum, np.minimum)  # out by position is deprecated there
_REDUCED = {np.sum: "add", np.max: "maximum", np.min: "minimum"}
_VIEWS = (np.transpose, np.swapaxes, np.broadcast_to)


class Plan:
    """Which memory each variable is written into, and the lines that do it.

    `in_place` maps an output of a loop's body to the input whose memory it takes over.
    """

    def __init__(
        self, program: Program, names: Mapping[Var, str], in_place: dict[Var, Var] | None = None
    ) -> None:
        self.program = program
        self.names = names
        self.printer = Printer(names)
        self.in_place = in_place or {}
        self._in_states = {*self.in_place, *self.in_place.values()}  # in the memory of an input
        self.slots: list[tuple[tuple[int, ...], Any]] = []
        self.slot: dict[Var, str] = {}  # the name of the memory that a variable is written into
        self.numbers: dict[tuple[Any, str], str] = {}
        self.views: dict[Var, str] = {}  # of such memory, and how they are made
        self._viewed: dict[Var, Var] = {}  # and what they are views of
        self._roots = roots(program.lines)
        self._last: dict[Var, int] = {}  # the number of the line that reads a variable last
        for i, line in enumerate(program.lines):
            self._last.update((v, i) for v in self._read(line))
        self._kept = {r for v in variables(program.outputs) for r in self._roots_of(v)}
        self._over = self._written_over()
        self._assign()
        self._fix_views()
        self.body()  # meets all numbers

    def _roots_of(self, v: Var) -> Iterable[Var]:
        return self._roots.get(v, (v,))

    def _read(self, line: Line) -> set[Var]:
        return {r for v in line.reads for r in self._roots_of(v)}

    def _dying(self, i: int) -> list[Var]:
        """What nobody needs after line number i."""
        read = self._read(self.program.lines[i])
        dying = (v for v in read if self._last[v] == i and v not in self._kept)
        return sorted(dying, key=lambda v: v.order)

    def _written_over(self) -> dict[Var, Var]:
        """For a result that leaves the function: the dying operand whose memory it takes over.

        That operand then needs no memory kept for it, nor does what it is itself written over.
        """
        made = self.program.makers()
        found: dict[Var, Var] = {}
        leaving = set(self._kept)
        for i, line in reversed(list(enumerate(self.program.lines))):
            v = line.out
            if v not in leaving or v in self.in_place or not is_elementwise(line.fn):
                continue
            for u in self._dying(i) if writes_into(line) else ():
                fits = u in line.args and (u.shape, u.dtype) == (v.shape, v.dtype)
                if fits and u in made and writes_into(made[u]) and u not in leaving:
                    found[v] = u
                    leaving.add(u)
                    break
        return found

    def _assign(self) -> None:
        fresh = {*self._kept, *self._over.values()}
        free: dict[Any, list[str]] = defaultdict(list)
        for i, line in enumerate(self.program.lines):
            dying = [v for v in self._dying(i) if v in self.slot]
            if is_elementwise(line.fn):  # the result may stand where a dying operand stood
                self._release(dying, free)
            v = line.out
            if v in self.in_place:
                self.slot[v] = self.names[self.in_place[v]]
            elif writes_into(line) and v not in fresh:
                pool = free[v.shape, v.dtype]
                if not pool:
                    self.slots.append((v.shape, v.dtype))
                    pool.append(f"m{len(self.slots)}")
                self.slot[v] = pool.pop()
            if not is_elementwise(line.fn):
                self._release(dying, free)

    def _release(self, dying: Iterable[Var], free: dict[Any, list[str]]) -> None:
        for v in dying:
            if v not in self.in_place:
                free[v.shape, v.dtype].append(self.slot[v])

    def _fix_views(self) -> None:
        """Views of memory that stays where it is are made once, too."""
        fixed = {**self.slot, **{v: self.names[v] for v in self.in_place.values()}}
        printer = Printer({**self.names, **fixed})
        for line in self.program.lines:
            source = line.args[0] if line.args else None
            if not (isinstance(source, Var) and source in fixed):
                continue
            # A reshape is a view only where the numbers lie in the order that it takes them in.
            # Memory of the file's own is in C order; a state lies as the caller's array did.
            in_order = source not in self._in_states and not line.kwargs
            if line.fn in _VIEWS or (line.fn is np.reshape and in_order):
                self._viewed[line.out] = source
                self.views[line.out] = f"{self.names[line.out]} = {printer.expression(line)[0]}"

    def preparation(self) -> list[str]:
        """Source lines that make the memory, views of it, and numbers as arrays."""
        return [
            *(
                f"m{i} = np.empty({shape}{'' if dtype == np.float64 else f', {literal(dtype)}'})"
                for i, (shape, dtype) in enumerate(self.slots, 1)
            ),
            *(text for v, text in self.views.items() if self._viewed[v] not in self._in_states),
            *(
                f"{name} = np.array({literal(value)}, {literal(np.dtype(dtype))})"
                for (value, dtype), name in self.numbers.items()
            ),
        ]

    def views_of_inputs(self) -> list[str]:
        """Source lines that make views of inputs that are written in place."""
        return [text for v, text in self.views.items() if self._viewed[v] in self._in_states]

    def body(self, indent: str = "    ", lines: list[Line] | None = None) -> str:
        """Source of the lines, or of some of them."""
        lines = self.program.lines if lines is None else lines
        lines = [line for line in lines if line.out not in self.views]
        text = [f"{indent}{self.assignment(line)}" for line in lines]
        width = min(max((len(t) for t in text), default=0), 72)
        return "\n".join(
            f"{t:{width}}  # {line.out.shape}" if line.out.shape else t
            for t, line in zip(text, lines, strict=True)
        )

    def assignment(self, line: Line) -> str:
        """One line as Python."""
        left = ", ".join(self.names[v] for v in line.outs)
        if line.several and len(line.outs) == 1:
            left += ","
        return f"{left} = {self.right(line)}"

    def right(self, line: Line) -> str:
        """The call; its last argument is the memory it writes into, if it has some."""
        over = self._over.get(line.out)
        memory = self.slot.get(line.out) if over is None else self.names[over]
        if line.fn in _REDUCED and set(line.kwargs) <= {"axis", "keepdims"} and len(line.args) == 1:
            # what np.sum leads to after a microsecond
            options = {"axis": None, **line.kwargs}
            shown = [self.operand(line.args[0], line)]
            shown += [f"{k}={literal(lone(v))}" for k, v in options.items()]
            shown += [f"out={memory}"] if memory else []
            return f"np.{_REDUCED[line.fn]}.reduce({', '.join(shown)})"
        as_dot = is_matrix_product(line)
        if memory is None and not as_dot:
            return self.printer.expression(line)[0]
        shown = [self.operand(a, line) for a in line.args]
        if memory is not None:
            shown.append(f"out={memory}" if line.fn in _KEYWORD_OUT else memory)
        return f"np.{'dot' if as_dot else line.fn.__name__}({', '.join(shown)})"

    def operand(self, a: Any, line: Line) -> str:
        """An argument; a number as an array made beforehand, which NumPy takes in faster."""
        dtype = common_type(line)
        plain = isinstance(a, int | float) and not isinstance(a, bool | np.generic)
        if plain and dtype is not None and line.fn is not np.power:
            key = (float(a), dtype.name)
            return self.numbers.setdefault(key, f"k{len(self.numbers) + 1}")
        return self.printer.argument(a)


def writes_into(line: Line) -> bool:
    """Whether a line can write its result into given memory."""
    if line.several or not line.out.shape or line.out.size == 0 or not is_fresh(line):
        return False
    if isinstance(line.fn, np.ufunc):
        return not line.kwargs and line.out.dtype.kind in "fcb"
    if line.fn is np.dot:
        return is_matrix_product(line)
    return line.fn is np.sum and set(line.kwargs) <= {"axis", "keepdims"} and len(line.args) == 1


def is_matrix_product(line: Line) -> bool:
    """A product of two matrices, for which np.dot is the quicker way to the same BLAS call."""
    return line.fn in (np.matmul, np.dot) and all(
        isinstance(a, Var) and len(a.shape) == 2 and a.dtype == line.out.dtype for a in line.args
    )


def common_type(line: Line) -> Any:
    """The floating type of all arrays that a ufunc takes, if there is one; None otherwise."""
    if not isinstance(line.fn, np.ufunc) or line.fn.signature is not None:
        return None
    types = {a.dtype for a in line.args if isinstance(a, Var) and not a.weak}
    dtype = next(iter(types)) if len(types) == 1 else None
    return dtype if dtype is not None and dtype.kind == "f" else None


def strong_numbers(program: Program, inputs: list[Var], names: Mapping[Var, str]) -> list[str]:
    """Source lines that turn Python numbers among the inputs into arrays once.

    Only where that is the same: when all that they meet is of one floating type, and they are not
    themselves a result.
    """
    result = []
    for v in inputs:
        if not v.weak or any(u is v for u in program.outputs):
            continue
        users = [line for line in program.lines if any(u is v for u in line.reads)]
        types = {common_type(line) if line.out.shape else None for line in users}
        dtype = next(iter(types)) if len(types) == 1 else None
        if len(users) > 1 and dtype is not None:
            result.append(f"{names[v]} = np.array({names[v]}, {literal(dtype)})")
    return result
