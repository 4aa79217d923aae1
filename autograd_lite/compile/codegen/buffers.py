"""Buffers: memory that is allocated once and written into, in place of a new array each time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...rules.traits import VIEW, has, is_elementwise
from ..ir import Line, Program, Var, variables
from ..passes.aliasing import is_fresh, roots


class BufferPlan:
    """The memory that each line of a Program writes its result into.

    `targets` holds its name: a buffer, which is reused as soon as nothing reads it any more; an
    operand that nothing reads afterwards; or, in a loop, the state that the result replaces. A
    result without a target is a new array. `states` are the states of a loop, old and new.
    """

    def __init__(
        self, program: Program, names: Mapping[Var, str], states: Sequence[tuple[Var, Any]] = ()
    ) -> None:
        self.lines = program.lines
        self.made = program.makers()
        self._roots = roots(program.lines)
        self._last: dict[Var, int] = {}  # index of the last line that reads a variable
        for i, line in enumerate(program.lines):
            self._last.update((v, i) for v in self._read(line))
        self._kept = Counter(r for v in variables(program.outputs) for r in self._roots_of(v))
        self.in_place = self._over_states(states)  # new state -> old state
        over = self._over_operands()
        self.buffers = self._allocate({*self._kept, *over.values()})
        self.targets = {
            **self.buffers,
            **{out: names[s] for out, s in self.in_place.items()},
            **{v: names[u] for v, u in over.items()},
        }
        #: names of memory that never moves, and lines that make views of it: they can run once
        stays = {**self.targets, **{s: names[s] for s in self.in_place.values()}}
        self.fixed = {v: name for v, name in stays.items() if v not in over}
        self.views = {line.out: line for line in self.lines if self._is_fixed_view(line)}

    def _roots_of(self, v: Var) -> Iterable[Var]:
        """Return the variables in whose memory v may lie."""
        return self._roots.get(v, (v,))

    def _read(self, line: Line) -> set[Var]:
        """Return the variables whose memory a line reads."""
        return {r for v in line.reads for r in self._roots_of(v)}

    def _dying(self, i: int) -> list[Var]:
        """Return the variables that line number i is the last to read."""
        dying = (v for v in self._read(self.lines[i]) if self._last[v] == i and v not in self._kept)
        return sorted(dying, key=lambda v: v.order)

    def _over_states(self, states: Sequence[tuple[Var, Any]]) -> dict[Var, Var]:
        """Map each new state that may overwrite an old one to that: nothing reads it afterwards."""
        number = {v: i for i, line in enumerate(self.lines) for v in line.outs}
        found: dict[Var, Var] = {}
        for s, out in states:
            i = number.get(out, -1)
            if i < self._last.get(s, 0) or (out.shape, out.dtype) != (s.shape, s.dtype):
                continue
            shared = self._kept[s] or self._kept[out] > 1  # one of two states would overwrite both
            if not shared and writes_into(self.lines[i]) and is_elementwise(self.lines[i].fn):
                found[out] = s
        return found

    def _over_operands(self) -> dict[Var, Var]:
        """Map each result that leaves the function to a dying operand whose memory it takes over.

        That operand is a new array then, and may take over the memory of another in turn.
        """
        found: dict[Var, Var] = {}
        leaving = set(self._kept)
        for i, line in reversed(list(enumerate(self.lines))):
            v = line.out
            if v not in leaving or v in self.in_place or not is_elementwise(line.fn):
                continue
            for u in self._dying(i) if writes_into(line) else ():
                fits = u in line.args and (u.shape, u.dtype) == (v.shape, v.dtype)
                if fits and u not in leaving and u in self.made and writes_into(self.made[u]):
                    found[v] = u
                    leaving.add(u)
                    break
        return found

    def _allocate(self, leaving: set[Var]) -> dict[Var, str]:
        """Name a buffer, m1, m2, ..., for each result that does not leave the function."""
        buffers: dict[Var, str] = {}
        free: dict[Any, list[str]] = defaultdict(list)
        count = 0
        for i, line in enumerate(self.lines):
            v, released = line.out, [u for u in self._dying(i) if u in buffers]
            # An elementwise result may lie where a dying operand lay, another may not.
            early = released if is_elementwise(line.fn) else []
            for u in early:
                free[u.shape, u.dtype].append(buffers[u])
            if writes_into(line) and v not in leaving and v not in self.in_place:
                pool = free[v.shape, v.dtype]
                if not pool:
                    count += 1
                    pool.append(f"m{count}")
                buffers[v] = pool.pop()
            for u in released[len(early) :]:
                free[u.shape, u.dtype].append(buffers[u])
        return buffers

    def _is_fixed_view(self, line: Line) -> bool:
        """Return whether a line makes a view of memory that never moves."""
        if len(line.reads) != 1 or line.reads[0] not in self.fixed:
            return False
        # A reshape is a view only if the elements lie in the order that it takes them in.
        # Buffers are in C order; a state lies as the caller's array did.
        in_order = line.reads[0] in self.buffers and not line.kwargs
        return has(line.fn, VIEW) or (line.fn is np.reshape and in_order)


def writes_into(line: Line) -> bool:
    """Return whether a line can write its result into given memory."""
    if line.several or not line.out.shape or line.out.size == 0 or not is_fresh(line):
        return False
    if isinstance(line.fn, np.ufunc):
        return not line.kwargs and line.out.dtype.kind in "fcb"
    return is_matrix_product(line) or (line.fn is np.sum and is_reduction(line))


def is_reduction(line: Line) -> bool:
    """Return whether a line has the options of np.add.reduce: axis and keepdims."""
    return set(line.kwargs) <= {"axis", "keepdims"} and len(line.args) == 1


def is_matrix_product(line: Line) -> bool:
    """Return whether a line multiplies two matrices; np.dot calls the same BLAS, and faster."""
    return line.fn in (np.matmul, np.dot) and all(
        isinstance(a, Var) and len(a.shape) == 2 and a.dtype == line.out.dtype for a in line.args
    )
