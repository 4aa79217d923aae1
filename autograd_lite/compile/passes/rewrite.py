"""Rewrites: pairs of NumPy functions; a Program that computes the first gets the second.

    rewrite(lambda x: x.T.T, lambda x: x)
    rewrite(lambda x, y: x + -y, lambda x, y: x - y)
    rewrite(lambda a, b: (a @ b.T).T, lambda a, b: b @ a.T, matrices("a", "b"), once(np.matmul))

Both functions are traced as any other. A parameter called c or d stands for a plain number, any
other for a variable or a number. A rewrite that is no such pair is a function of one line, declared
by `rule`. A rewrite applies only if the result keeps its shape and dtype, and if the lines between,
unless they only move elements, compute with floating numbers, whose signs are exact.

Each rewrite declares its accuracy: EXACT returns the same bits, or saves a rounding; ROUNDING is
within the rounding of the lines it replaces; UNSAFE may lose more.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ...rules.registry import RULES
from ...rules.traits import COMMUTES, MOVES, PYTHON, has
from ..ir import Line, Program, Var, fill, shape_of
from ..tracing.builder import ProgramBuilder
from .cleanup import dead_code

EXACT, ROUNDING, UNSAFE = "exact", "rounding", "unsafe"
NUMBERS = ("c", "d")  # parameters that stand for plain numbers


class Definitions(dict[Var, Line]):
    """The line that makes each variable so far, how often each is read, and the Program."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        self.uses = Counter(v for line in program.lines for v in line.reads)
        self.uses.update(v for v in program.outputs if isinstance(v, Var))


New = Line | list[Line] | Var | None  # simpler lines, an older variable, or nothing better


@dataclass(frozen=True)
class Rule:
    """A function of one line that returns what can replace it, for lines that call `fns`.

    No `fns` stand for every function. `pair` holds the two functions of a rewrite.
    """

    fns: tuple[Any, ...]
    apply: Callable[[Line, Definitions], New]
    accuracy: str
    pair: tuple[Callable[..., Any], Callable[..., Any]] | None = None


def rule(
    *fns: Any, accuracy: str = EXACT, keywords: bool = False
) -> Callable[[Callable[[Line, Definitions], New]], Rule]:
    """Declare a function of one line as a Rule; for lines with keywords only if it knows them."""

    def declare(apply: Callable[[Line, Definitions], New]) -> Rule:
        careful = (
            apply if keywords else lambda line, made: None if line.kwargs else apply(line, made)
        )
        return Rule(fns, careful, accuracy)

    return declare


def rewritten(
    program: Program, rules: Sequence[Rule], constants: Mapping[Var, Any] | None = None
) -> Program:
    """Replace each line by what the first rule that applies returns for it.

    `constants` are new ones; a rule may still enter some while it runs.
    """
    made = Definitions(program)
    same: dict[Var, Any] = {}
    lines: list[Line] = []
    for line in program.lines:
        line = line.using(same)
        fitting = (r.apply(line, made) for r in rules if not r.fns or line.fn in r.fns)
        new = None if line.several else next((x for x in fitting if x is not None), None)
        if isinstance(new, Var):
            same[line.out] = new
            new.take_over(line.out)
            continue
        for x in new if isinstance(new, list) else [new or line]:
            lines.append(x)
            made.update((v, x) for v in x.outs if not x.several)
    if lines == program.lines:
        return program
    return program.renamed(lines, same, constants={**program.constants, **(constants or {})})


def rewritten_fully(program: Program, rules: Sequence[Rule]) -> Program:
    """Apply rules until nothing changes."""
    while (simpler := dead_code(rewritten(program, rules))) is not program:
        program = simpler
    return program


# Pairs of functions


class Match(NamedTuple):
    """A place in a Program that computes the first function of a pair."""

    line: Line
    found: dict[str, Any]  # what each parameter stands for
    between: list[Line]  # the other lines that were matched, last first
    made: Definitions


Condition = Callable[[Match], bool]


class Pattern:
    """A traced function of arrays and numbers, and its occurrences in a Program."""

    def __init__(self, f: Callable[..., Any], in_order: bool = False) -> None:
        builder = ProgramBuilder()
        self.in_order = in_order
        self.parameters = {}
        for name in f.__code__.co_varnames[: f.__code__.co_argcount]:
            number = name in NUMBERS
            example = 1.5 if number else np.full((2, 2), 0.5)
            self.parameters[Var(np.shape(example), float, name, weak=number)] = example
        result = f(*(builder.adopt(v, example) for v, example in self.parameters.items()))
        self.lines = builder.lines
        self.result: Var = result.variable
        self.makers = {line.out: line for line in self.lines}
        last = self.lines[-1].reads if self.lines else ()
        self.operands = {self.makers[v].fn for v in last if v in self.makers}

    def matches(self, line: Line, made: Definitions) -> Iterator[Match]:
        """Yield each way in which a line computes the pattern's result."""
        operands = {made[a].fn for a in line.reads if a in made}
        if not self.operands <= operands:
            return  # most lines, found in a moment
        for known in self._calls(self.makers[self.result], line, {}, made):
            found = {v.name or "": plain(known[v]) if v.weak else known[v] for v in self.parameters}
            between = [made[known[v]] for v in self.makers if v is not self.result]
            yield Match(line, found, between[::-1], made)

    def _calls(
        self, wanted: Line, line: Line | None, found: dict[Var, Any], made: Mapping[Var, Line]
    ) -> Iterator[dict[Var, Any]]:
        """Yield each way in which a line is the call that the pattern wants."""
        if line is None or line.fn is not wanted.fn or line.kwargs != wanted.kwargs:
            return
        if len(line.args) != len(wanted.args):
            return
        orders = [line.args]
        if has(line.fn, COMMUTES) and not self.in_order:
            orders.append(line.args[::-1])
        for args in orders:
            ways: Iterable[dict[Var, Any]] = [{**found, wanted.out: line.out}]
            for p, a in zip(wanted.args, args, strict=True):
                ways = [more for way in ways for more in self._stands_for(p, a, way, made)]
            yield from ways

    def _stands_for(
        self, p: Any, a: Any, found: dict[Var, Any], made: Mapping[Var, Line]
    ) -> Iterator[dict[Var, Any]]:
        """Yield each way in which an argument is the one that the pattern wants."""
        if not isinstance(p, Var):
            if is_number(a, p):
                yield found
        elif p in found:
            if found[p] is a:
                yield found
        elif p in self.makers:
            yield from self._calls(
                self.makers[p], made.get(a) if isinstance(a, Var) else None, found, made
            )
        elif is_number(a) or (isinstance(a, Var) and not p.weak):
            yield {**found, p: a}

    def lines_for(self, match: Match) -> New:
        """Return the pattern's lines on other arguments, making what the matched lines made.

        None if that would change a shape or a dtype. Each line comes from the rules of the matched
        line that calls the same function, or from those of the last one.
        """
        line = match.line
        origin = {x.fn: x.rules for x in (*match.between, line) if x.rules}
        known: dict[Var, Any] = {v: match.found[v.name or ""] for v in self.parameters}
        lines: list[Line] = []
        for p in self.lines:
            args = fill(p.args, known)
            if has(p.fn, PYTHON):
                known[p.out] = p.fn(*args)
                continue
            new = Line(p.fn, args, p.kwargs, (line.out,), rules=origin.get(p.fn, line.rules))
            kind = result_kind(new)
            if kind is None or (p.out is self.result and kind != kind_of(line.out)):
                return None
            if p.out is not self.result:
                new = Line(p.fn, args, p.kwargs, (Var(*kind),), rules=new.rules)
            known[p.out] = new.out
            lines.append(new)
        if lines:
            return lines
        return known[self.result] if alike(known[self.result], line.out) else None


def rewrite(
    before: Callable[..., Any],
    after: Callable[..., Any],
    *where: Condition,
    accuracy: str = EXACT,
    in_order: bool = False,
) -> Rule:
    """Return the Rule for a pair of functions, which applies if all conditions in `where` hold.

    `in_order` takes a * b and a + b only with their operands as they stand.
    """
    pattern, replacement = Pattern(before, in_order), Pattern(after)

    def apply(line: Line, made: Definitions) -> New:
        for match in pattern.matches(line, made):
            floating = all(x.out.dtype.kind in "fc" or has(x.fn, MOVES) for x in match.between)
            if floating and all(holds(match) for holds in where):
                return replacement.lines_for(match)
        return None

    return Rule((pattern.makers[pattern.result].fn,), apply, accuracy, (before, after))


def made_by(line: Line, out: Var, fn: Any, *args: Any) -> Line:
    """Return another line from the same rules."""
    return Line(fn, args, {}, (out,), rules=line.rules)


# Conditions


def once(*fns: Any) -> Condition:
    """Require that no other line reads the results of the matched lines that call `fns`."""
    return lambda m: all(m.made.uses[x.out] == 1 for x in m.between if x.fn in fns)


def matrices(*names: str) -> Condition:
    """Require parameters that stand for variables with two axes."""
    return lambda m: all(
        isinstance(m.found[name], Var) and len(m.found[name].shape) == 2 for name in names
    )


def single(name: str) -> Condition:
    """Require a parameter that stands for a number, or for a variable that has no axes."""
    return lambda m: shape_of(m.found[name]) == ()


def exactly(combine: Callable[..., Any]) -> Condition:
    """Require that combining the numbers c (and d) loses no bit in the dtype of the result."""

    def condition(m: Match) -> bool:
        numbers = [m.found[name] for name in NUMBERS if name in m.found]
        real = np.empty(0, m.line.out.dtype).real.dtype
        if real.kind != "f" or not all(x != 0 and math.isfinite(x) for x in numbers):
            return False
        fractions = [*map(Fraction, numbers)]
        return all(is_held(x, real) for x in (*fractions, combine(*fractions)))

    return condition


def is_held(x: Fraction, dtype: Any) -> bool:
    """Return whether a floating dtype holds this number exactly, far from its limits."""
    largest = min(2.0**100, float(np.finfo(dtype).max))
    return 2**-100 < abs(x) < largest and Fraction(float(dtype.type(float(x)))) == x


# Arguments


def is_number(x: Any, value: float | None = None) -> bool:
    """Return whether an argument is a plain real number, or a certain one; -0.0 is not 0."""
    if isinstance(x, Var | bool | np.complexfloating) or not isinstance(x, int | float | np.number):
        return False
    return value is None or bool(x == value and math.copysign(1, x) == math.copysign(1, value))


def plain(x: Any) -> Any:
    """Return a number of NumPy as one of Python."""
    return x.item() if isinstance(x, np.generic) else x


def alike(x: Any, out: Var) -> bool:
    """Return whether a variable can stand for another."""
    return isinstance(x, Var) and kind_of(x) == kind_of(out) and not x.weak


def kind_of(v: Var) -> tuple[tuple[int, ...], Any]:
    """Return shape and dtype."""
    return v.shape, v.dtype


def result_kind(line: Line) -> tuple[tuple[int, ...], Any] | None:
    """Return shape and dtype of what a line makes, or None if they are not known."""
    fn = line.fn
    if fn in (np.sum, np.vdot) and not line.kwargs:
        shape: tuple[int, ...] | None = ()
    elif fn in RULES and RULES[fn].elementwise and not isinstance(fn, np.ufunc):
        shape = shape_of(line.args[0])
    else:
        shape = line.shape
    dtype = result_dtype(fn, line.args)
    return None if shape is None or dtype is None else (shape, dtype)


@functools.lru_cache(maxsize=4096)
def _resolved(fn: Any, kinds: tuple[Any, ...]) -> Any:
    try:
        return fn.resolve_dtypes((*kinds, *[None] * fn.nout))[-1]
    except TypeError:
        return None


def result_dtype(fn: Any, args: Sequence[Any]) -> Any:
    """Return the dtype that a function makes of arguments, as NumPy decides it."""
    if isinstance(fn, np.ufunc):
        return _resolved(fn, tuple(map(dtype_of, args)))
    dtypes = {a.dtype for a in args if isinstance(a, Var) and not a.weak}
    return dtypes.pop() if len(dtypes) == 1 else None


def dtype_of(a: Any) -> Any:
    """Return the dtype of an argument; of a Python number its type, which decides no dtype."""
    if isinstance(a, Var) and a.weak:
        return {"f": float, "c": complex}.get(a.dtype.kind, int)
    return (
        type(a)
        if isinstance(a, int | float | complex) and not isinstance(a, np.generic)
        else a.dtype
    )
