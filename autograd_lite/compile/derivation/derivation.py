"""What `derive` gives: statements of a forward and a backward pass, ready to be printed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ... import pytree
from ..codegen.definitions import Definitions
from ..codegen.module import file_of, passed_constants, printed_constants
from ..codegen.names import identifier, name_variables
from ..codegen.printer import PlainPrinter
from ..ir import Line, Program, Var, variables
from ..tracing.arguments import Call, Leaf, is_traced
from ..tracing.trace import Result
from .handout import align, handout
from .latex import LatexPrinter
from .statement import Statement

MAX_INLINED = 60  # characters of an expression that is written where it is used
_ADD = ("np.add",)
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
        self._program, self._arguments, self._call, self._grads = program, arguments, call, grads
        derivatives = [f"d{identifier(leaf.name)}" for leaf in wanted]
        made = {v for line in program.lines for v in line.outs}
        for v, wish in reversed([*zip(program.outputs, ["J", *derivatives], strict=True)]):
            if v in made:
                v.name, v.gradient_of = wish, None
        self._names = name_variables(program)
        self._examples = None
        if examples is not None and any(examples[0] in line.reads for line in program.lines):
            self._examples = examples
        inlined = chosen(program, self._names)
        self._python = PlainPrinter(self._names, inlined)
        m = None if self._examples is None else self._examples[1].shape[1]
        self._math = LatexPrinter(self._names, inlined, m)
        statements = [
            self._statement(line, inlined) for line in program.lines if line.out not in inlined
        ]
        results = [self._python.argument(v) for v in program.outputs]
        self.forward = [s for s in statements if not s.rules]
        backward = [s for s in statements if s.rules]
        for i, v in enumerate(program.outputs):
            if v not in made:  # a number, or one of the arguments
                wish = ["J", *derivatives][i]
                given = Statement(wish, results[i], self._math.argument(v), (), (), frozenset())
                (backward if i else self.forward).append(given)
                results[i] = wish
        self.backward = ordered(backward, results[1:])
        self._results = results

    def _statement(self, line: Line, inlined: Mapping[Var, Line]) -> Statement:
        rules: list[str] = []
        reads: list[Var] = []

        def visit(x: Line) -> None:
            for v in x.reads:
                if v in inlined:
                    visit(inlined[v])
                else:
                    reads.append(v)
            rules.extend(x.rules)

        visit(line)
        return Statement(
            ", ".join(self._names[v] for v in line.outs),
            self._python.expression(line)[0],
            self._math.expression(line)[0],
            line.out.shape,
            tuple(dict.fromkeys(rules)) if line.rules else (),
            frozenset(self._names[v] for v in reads),
            ", summed where it was repeated" if line.fn is np.sum and line.rules == _ADD else "",
        )

    def __str__(self) -> str:
        return "\n\n".join([*self._prologue(), *self._sections()])

    __repr__ = __str__

    def _prologue(self) -> list[str]:
        """The number of examples, where it is used."""
        if self._examples is None:
            return []
        m, X = (self._names[v] for v in self._examples)
        return [f"{m} = {X}.shape[1]"]

    def _sections(self) -> list[str]:
        """Forward and backward lines with comments in one column."""
        width = max(
            (len(f"{s.name} = {s.python}") for s in (*self.forward, *self.backward)), default=0
        )
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
        """A file that needs only NumPy, with a function that gives the cost and its gradients.

        The function takes what the cost function takes.
        """
        constants = [self._names[v] for v in passed_constants(self._program)]
        taken = [
            f"{self._names[v]} = {rooted(leaf.path, self._arguments)}"
            for leaf, v in self._inputs()
            if rooted(leaf.path, self._arguments) != self._names[v]
        ]
        head = "\n".join([*taken, *self._prologue()])
        ending = f"return {self._results[0]}, {self._nested_grads()}"
        body = "\n\n".join(filter(None, [head, *self._sections(), ending]))
        code = textwrap.indent(body, "    ")
        return file_of(
            f"Backpropagation of {self.name}, derived by autograd_lite.",
            Definitions.of(self._program.lines).text,
            "\n".join(printed_constants(self._program, self._names)),
            f"def cost_and_gradients({', '.join([*self._arguments, *constants])}):\n{code}",
        )

    def _inputs(self) -> list[tuple[Leaf, Var]]:
        """The leaves of the arguments that vary, with their variables."""
        leaves = [leaf for leaf in self._call.leaves if is_traced(leaf.value)]
        return list(zip(leaves, self._program.inputs, strict=False))

    def _nested_grads(self) -> str:
        """The gradients, nested as the arguments are."""
        first = 1

        def place(x: Any) -> Any:
            nonlocal first
            if isinstance(x, Result):
                first += 1
                return Name(self._results[first - 1])
            return x.value

        return repr(pytree.map(place, self._grads))

    @property
    def latex(self) -> str:
        """The equations, forward and backward, as two align* environments."""
        return "\n\n".join([align(self.forward), align(self.backward)])

    @property
    def markdown(self) -> str:
        """A page to hand out: symbols and shapes, the forward pass, the backward pass, the code."""
        given = [(self._names[v], v.shape) for _, v in self._inputs()]
        known = self._examples is not None
        return handout(self.name, given, known, self.forward, self.backward, self.source)

    def _repr_markdown_(self) -> str:
        return self.markdown


class Name(str):
    """Text that prints without quotes, as an expression."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def rooted(path: str, arguments: list[str]) -> str:
    """a0['W1'] with the name of the argument in place of its number."""
    root, bracket, rest = path.partition("[")
    if root == "kwargs":
        return path
    return arguments[int(root[1:])] + bracket + rest


def chosen(program: Program, names: Mapping[Var, str]) -> dict[Var, Line]:
    """Lines to be written where their result is used: once, unnamed, and not too long."""
    uses: dict[Var, int] = {}
    for line in program.lines:
        for v in line.reads:
            uses[v] = uses.get(v, 0) + 1
    kept = set(variables(program.outputs))
    inlined: dict[Var, Line] = {}
    for line in program.lines:
        v = line.out
        if line.several or v in kept or uses.get(v) != 1 or is_worth_a_name(v):
            continue
        if len(PlainPrinter(names, inlined).expression(line)[0]) <= MAX_INLINED:
            inlined[v] = line
    return inlined


def is_worth_a_name(v: Var) -> bool:
    """Whether the user, or the course, has a name for it; dA is only a step on the way to dZ."""
    if v.gradient_of is not None:
        forward = v.gradient_of.name
        return forward is not None and not _ACTIVATION.match(forward)
    return v.name is not None


def ordered(statements: list[Statement], results: list[str]) -> list[Statement]:
    """Results as soon as they can be had, W before b; the way back in between."""
    waiting = list(statements)
    known = {s.name for s in statements}
    done: list[Statement] = []
    while waiting:
        ready = [s for s in waiting if not (s.reads & known)]
        rank = {name: i for i, name in enumerate(results)}
        best = min(ready, key=lambda s: rank.get(s.name, len(results)))
        waiting.remove(best)
        known.discard(best.name)
        done.append(best)
    return done
