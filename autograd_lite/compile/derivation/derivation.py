"""The result of `derive`: statements of the forward and the backward pass, ready to be printed."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import pytree
from ..codegen.module import file_of, passed_constants, printed_constants
from ..codegen.names import identifier, name_variables
from ..codegen.preamble import Preamble
from ..codegen.printer import PlainPrinter, Verbatim
from ..ir import Line, Program, Var, variables
from ..tracing.arguments import Call, Leaf, is_traced
from ..tracing.trace import Result
from .handout import align, handout
from .latex import LatexPrinter
from .statement import Statement

MAX_INLINED = 60  # characters of an expression that is written where it is used
_ACTIVATION = re.compile(r"A\d*$")


class Derivation:
    """The backprop of one cost function; str() is NumPy, `.latex` and `.markdown` are for people.

    `forward` and `backward` are lists of Statements.
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        call: Call,
        wanted: list[Leaf],
        program: Program,
        examples: tuple[Var, Var] | None,
        grads: Any,
    ) -> None:
        self.name = name
        self._program, self._arguments, self._grads = program, arguments, grads
        leaves = [leaf for leaf in call.leaves if is_traced(leaf.value)]
        self._inputs = list(zip(leaves, program.inputs, strict=False))
        self._examples = None  # the number of examples, and the array that has it as columns
        if examples is not None and any(examples[0] in line.reads for line in program.lines):
            self._examples = examples
        wishes = ["J", *(f"d{identifier(leaf.name)}" for leaf in wanted)]
        made = {v for line in program.lines for v in line.outs}
        for v, wish in reversed([*zip(program.outputs, wishes, strict=True)]):
            if v in made:
                v.name, v.gradient_of = wish, None
        self._names = name_variables(program)
        self._inlined: dict[Var, Line] = {}
        self._python = PlainPrinter(self._names, self._inlined)
        self._inline()
        m = None if self._examples is None else self._examples[1].shape[1]
        self._math = LatexPrinter(self._names, self._inlined, m)
        lines = [line for line in program.lines if line.out not in self._inlined]
        self.forward = [self._statement(line) for line in lines if not line.rules]
        backward = [self._statement(line) for line in lines if line.rules]
        self._results = [self._python.argument(v) for v in program.outputs]
        for i, (v, wish) in enumerate(zip(program.outputs, wishes, strict=True)):
            if v not in made:  # a number, or one of the arguments
                given = Statement(wish, self._results[i], self._math.argument(v))
                (backward if i else self.forward).append(given)
                self._results[i] = wish
        self.backward = ordered(backward, self._results[1:])

    def _inline(self) -> None:
        """Choose lines to be written where their result is used: once, unnamed, not too long."""
        program = self._program
        uses = Counter(v for line in program.lines for v in line.reads)
        kept = set(variables(program.outputs))
        for line in program.lines:
            v = line.out
            if line.several or v in kept or uses[v] != 1 or is_worth_a_name(v):
                continue
            if len(self._python.expression(line)[0]) <= MAX_INLINED:
                self._inlined[v] = line

    def _statement(self, line: Line) -> Statement:
        rules: list[str] = []
        reads: list[str] = []

        def visit(x: Line) -> None:
            for v in x.reads:
                if v in self._inlined:
                    visit(self._inlined[v])
                else:
                    reads.append(self._names[v])
            rules.extend(x.rules)

        visit(line)
        summed = line.fn is np.sum and line.rules == ("np.add",)
        return Statement(
            ", ".join(self._names[v] for v in line.outs),
            self._python.expression(line)[0],
            self._math.expression(line)[0],
            line.out.shape,
            tuple(dict.fromkeys(rules)) if line.rules else (),
            frozenset(reads),
            ", summed where it was repeated" if summed else "",
        )

    def __str__(self) -> str:
        return "\n\n".join([*self._prologue(), *self._sections()])

    __repr__ = __str__

    def _prologue(self) -> list[str]:
        """Return the line that defines the number of examples, if it is used."""
        if self._examples is None:
            return []
        m, X = (self._names[v] for v in self._examples)
        return [f"{m} = {X}.shape[1]"]

    def _sections(self) -> list[str]:
        """Return the forward and the backward lines, with comments in one column."""
        both = [*self.forward, *self.backward]
        width = max([len(f"{s.name} = {s.python}") for s in both], default=0)
        width = min(width, MAX_INLINED)

        def section(title: str, statements: Iterable[Statement]) -> str:
            lines = [
                f"{f'{s.name} = {s.python}':{width}}  # {s.comment}".rstrip(" #")
                for s in statements
            ]
            return "\n".join([f"# {title}", *lines])

        return [section("forward", self.forward), section("backward", self.backward)]

    @property
    def source(self) -> str:
        """Return a file that needs only NumPy, with a function that returns cost and gradients.

        The function takes the arguments of the cost function.
        """
        constants = [self._names[v] for v in passed_constants(self._program)]
        paths = [(self._names[v], rooted(leaf.path, self._arguments)) for leaf, v in self._inputs]
        taken = [f"{name} = {path}" for name, path in paths if name != path]
        head = "\n".join([*taken, *self._prologue()])
        results = iter(self._results[1:])
        grads = pytree.map(
            lambda x: Verbatim(next(results)) if isinstance(x, Result) else x.value, self._grads
        )
        ending = f"return {self._results[0]}, {grads!r}"
        body = "\n\n".join(filter(None, [head, *self._sections(), ending]))
        code = textwrap.indent(body, "    ")
        return file_of(
            f"Backpropagation of {self.name}, derived by autograd_lite.",
            Preamble.of(self._program.lines).text,
            "\n".join(printed_constants(self._program, self._names)),
            f"def cost_and_gradients({', '.join([*self._arguments, *constants])}):\n{code}",
        )

    @property
    def latex(self) -> str:
        """Return the equations of both passes, as two align* environments."""
        return "\n\n".join([align(self.forward), align(self.backward)])

    @property
    def markdown(self) -> str:
        """Return a page to hand out: symbols and shapes, both passes, the program."""
        given = [(self._names[v], v.shape) for _, v in self._inputs]
        known = self._examples is not None
        return handout(self.name, given, known, self.forward, self.backward, self.source)

    def _repr_markdown_(self) -> str:
        return self.markdown


def rooted(path: str, arguments: list[str]) -> str:
    """Return a path such as a0['W1'] with the name of the argument in place of its number."""
    root, bracket, rest = path.partition("[")
    return path if root == "kwargs" else arguments[int(root[1:])] + bracket + rest


def is_worth_a_name(v: Var) -> bool:
    """Return whether the user or the course has a name for a variable.

    dA has none: it is only a step on the way to dZ.
    """
    if v.gradient_of is not None:
        forward = v.gradient_of.name
        return forward is not None and not _ACTIVATION.match(forward)
    return v.name is not None


def ordered(statements: list[Statement], results: list[str]) -> list[Statement]:
    """Return the statements with each result as early as possible, W before b."""
    waiting = list(statements)
    unknown = {s.name for s in statements}
    rank = {name: i for i, name in enumerate(results)}
    done: list[Statement] = []
    while waiting:
        ready = [s for s in waiting if not (s.reads & unknown)]
        best = min(ready, key=lambda s: rank.get(s.name, len(results)))
        waiting.remove(best)
        unknown.discard(best.name)
        done.append(best)
    return done
