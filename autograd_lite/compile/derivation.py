"""What `derive` gives: statements of a forward and a backward pass, ready to be printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..trees import tree_map
from .arguments import Call, Leaf
from .emit import Printer, literal
from .handout import handout
from .latex import LatexPrinter, symbol
from .names import name_variables
from .program import Line, Program, Var, variables
from .render import constants_made, handed_over
from .sources import sources_of
from .trace import Result

MAX_INLINED = 60  # characters of an expression that is written where it is used
MAX_RULES = 4


@dataclass(frozen=True)
class Statement:
    """One line of a derivation."""

    name: str
    python: str
    latex: str
    shape: tuple[int, ...]
    rules: tuple[str, ...]  # whose derivatives it comes from; of a forward line none

    @property
    def rule(self) -> str:
        """The rules as a phrase."""
        if len(self.rules) > MAX_RULES:
            return f"{', '.join(self.rules[: MAX_RULES - 1])}, ..., {self.rules[-1]}"
        return ", ".join(self.rules)

    @property
    def comment(self) -> str:
        """The shape, and the rules."""
        shape = str(self.shape) if self.shape else ""
        return "  ".join(part for part in (shape, self.rule) if part)


class Derivation:
    """The backprop of one cost function; str() is NumPy, `.latex` and `.markdown` are for people."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        call: Call,
        wanted: list[Leaf],
        program: Program,
        m: Var | None,
        given: Var | None,
        grads: Any,
    ) -> None:
        self.name, self.program = name, program
        self._arguments, self._call, self._wanted, self._grads = arguments, call, wanted, grads
        J, *derivatives = program.outputs
        gradients = dict(zip(derivatives, (f"d{leaf.name}" for leaf in wanted), strict=False))
        for v, wish in [*gradients.items(), (J, "J")]:
            if isinstance(v, Var) and v not in program.inputs and v not in program.constants:
                v.name, v.gradient_of = wish, None
        self._names = name_variables(program)
        used = {v for line in program.lines for v in line.reads()}
        self._m = m if m in used else None
        self._given = given
        inlined = chosen(program, self._names)
        self._printer = Printer(self._names, inlined)
        self._latex = LatexPrinter(self._names, inlined)
        statements = [
            self._statement(line, inlined) for line in program.lines if line.out not in inlined
        ]
        order = [self._names.get(v, "") for v in derivatives if isinstance(v, Var)]
        self.forward = [s for s in statements if not s.rules]
        self.backward = ordered([s for s in statements if s.rules], order)
        self.results = [self._printer.argument(v) for v in program.outputs]
