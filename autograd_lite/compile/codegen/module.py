"""Generated files: how they are written, line by line, and the one place that runs them."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import itertools
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir import Line, Program, Var
from ..passes.broadcasting import is_uniform
from .buffers import BufferPlan, is_matrix_product, is_reduction
from .nan_guards import Guard
from .preamble import Preamble
from .printer import Printer, literal, lone

PRINTED_SIZE = 64  # elements at most of an array that is printed
_NOTE = "# Buffers and numbers, made once; the last argument of a call is the buffer it writes into"
_KEYWORD_OUT = (np.maximum, np.minimum)  # a positional `out` is deprecated there
_REDUCTIONS = {np.sum: "add", np.max: "maximum", np.min: "minimum"}
_files = itertools.count(1)

Functions = tuple[Callable[..., Any], ...]


@dataclass(frozen=True)
class Module:
    """A generated file with the functions `names`, and the objects that it cannot spell out."""

    title: str
    source: str
    names: tuple[str, ...]
    given: dict[str, Any]  # functions whose source is not available
    constants: list[Any]  # arrays too large to print: last arguments of the first function
    idle: list[Functions] = field(default_factory=list)

    def load(self) -> Functions:
        """Run the file; return its functions, with buffers of their own."""
        scope = evaluate(self.source, self.title, self.given)
        return tuple(silent(scope[name]) for name in self.names)

    @contextlib.contextmanager
    def lend(self) -> Iterator[Functions]:
        """Lend the functions to one thread, so that threads do not share buffers."""
        try:
            functions = self.idle.pop()
        except IndexError:
            functions = self.load()
        try:
            yield functions
        finally:
            self.idle.append(functions)


def evaluate(source: str, title: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Run generated source and return its names. Tracebacks and pdb show its lines."""
    file = f"<autograd_lite {title} {next(_files)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    scope: dict[str, Any] = {"__name__": title, **given}
    exec(compile(source, file, "exec"), scope)
    return scope


def silent(fn: Any) -> Any:
    """Replace the decorator np.errstate by a context in which warnings are off already.

    That costs a twentieth of what the decorator takes at each call.
    """
    if not hasattr(fn, "__wrapped__"):
        return fn
    context = contextvars.copy_context()
    context.run(np.seterr, all="ignore")
    return functools.partial(context.run, fn.__wrapped__)


class ModuleWriter:
    """Writes the functions of a file, and then what they use: constants, buffers and numbers."""

    def __init__(self, program: Program, names: Mapping[Var, str], plan: BufferPlan) -> None:
        self.program, self.names, self.plan = program, names, plan
        self.printer = Printer(names)
        self.numbers: dict[tuple[float, str], str] = {}
        self.functions: dict[str, str] = {}
        self.once: list[str] = []  # statements that run when the file is loaded

    def define(self, name: str, arguments: str, body: Iterable[str], quiet: str = "") -> None:
        """Write a function; `quiet` are the warnings of NumPy's that it holds back."""
        head = [f'@np.errstate({quiet}="ignore")'] if quiet else []
        self.functions[name] = "\n".join([*head, f"def {name}({arguments}):", *indented(body)])

    def finish(self, title: str, docstring: str, lines: Iterable[Line]) -> Module:
        """Return the file; `lines` are all lines of its functions."""
        preamble = Preamble.of(lines)
        buffers = {name: v for v, name in self.plan.buffers.items()}
        made = [
            *printed_constants(self.program, self.names),
            *(f"{m} = np.empty({v.shape}, {literal(v.dtype)})" for m, v in buffers.items()),
            *self.once,
            *(
                f"{k} = np.array({literal(value)}, {literal(np.dtype(dtype))})"
                for (value, dtype), k in self.numbers.items()
            ),
        ]
        head = "\n".join([_NOTE, *made]) if made else ""
        source = file_of(docstring, preamble.text, head, *self.functions.values())
        constants = list(passed_constants(self.program).values())
        return Module(title, source, tuple(self.functions), preamble.given, constants)

    def views(self) -> list[str]:
        """Return statements that make views of memory that never moves."""
        printer = Printer({**self.names, **self.plan.fixed})
        views = self.plan.views.items()
        return [f"{self.names[v]} = {printer.expression(line)[0]}" for v, line in views]

    def statements(self, lines: Iterable[Line], guards: Iterable[Guard] = ()) -> list[str]:
        """Return the lines as Python, with shapes in one column, and the guards behind them."""
        lines = [line for line in lines if line.out not in self.plan.views]
        shown = [(self.statement(line), line.out.shape) for line in lines]
        width = min(max((len(text) for text, _ in shown), default=0), 68)
        printed = [f"{text:{width}}  # {shape}" if shape else text for text, shape in shown]
        return [*printed, *(text for guard in guards for text in guard.statements(self.names))]

    def statement(self, line: Line) -> str:
        """Return one line as Python."""
        left = ", ".join(self.names[v] for v in line.outs)
        if line.several and len(line.outs) == 1:
            left += ","
        return f"{left} = {self._call(line)}"

    def _call(self, line: Line) -> str:
        """Return the call of a line; its last argument is the memory that it writes into."""
        target = self.plan.targets.get(line.out)
        if line.fn in _REDUCTIONS and is_reduction(line):  # np.sum takes a microsecond more
            options = {"axis": None, **line.kwargs}
            shown = [self._operand(line.args[0], line)]
            shown += [f"{k}={literal(lone(v))}" for k, v in options.items()]
            shown += [f"out={target}"] if target else []
            return f"np.{_REDUCTIONS[line.fn]}.reduce({', '.join(shown)})"
        as_dot = is_matrix_product(line)
        if target is None and not as_dot:
            return self.printer.expression(line)[0]
        shown = [self._operand(a, line) for a in line.args]
        if target is not None:
            shown.append(f"out={target}" if line.fn in _KEYWORD_OUT else target)
        return f"np.{'dot' if as_dot else line.fn.__name__}({', '.join(shown)})"

    def _operand(self, a: Any, line: Line) -> str:
        """Return an argument; a number as an array made beforehand, which NumPy reads faster."""
        dtype = common_dtype(line)
        number = isinstance(a, int | float) and not isinstance(a, bool | np.generic)
        if number and dtype is not None and line.fn is not np.power:
            return self.numbers.setdefault((float(a), dtype.name), f"k{len(self.numbers) + 1}")
        return self.printer.argument(a)

    def strong_numbers(self, program: Program, inputs: Iterable[Var]) -> list[str]:
        """Return statements that turn Python numbers among the inputs into arrays.

        Only if that changes no result: all operands beside a number have one floating dtype, and
        it is no result itself.
        """
        found = []
        for v in inputs:
            if not v.weak or any(u is v for u in program.outputs):
                continue
            users = [line for line in program.lines if any(u is v for u in line.reads)]
            dtypes = {common_dtype(line) if line.out.shape else None for line in users}
            dtype = next(iter(dtypes)) if len(dtypes) == 1 else None
            if len(users) > 1 and dtype is not None:
                found.append(f"{self.names[v]} = np.array({self.names[v]}, {literal(dtype)})")
        return found

    def listed(self, items: Iterable[Any]) -> str:
        """Return the items as Python, with a comma behind each."""
        return "".join(f"{self.printer.argument(v)}, " for v in items)


def common_dtype(line: Line) -> Any:
    """Return the floating dtype of all arrays that a ufunc takes, or None if there is no such."""
    if not isinstance(line.fn, np.ufunc) or line.fn.signature is not None:
        return None
    dtypes = {a.dtype for a in line.args if isinstance(a, Var) and not a.weak}
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else None
    return dtype if dtype is not None and dtype.kind == "f" else None


def indented(lines: Iterable[str]) -> list[str]:
    """Return the lines four spaces further to the right."""
    return [f"    {line}" for line in lines]


def file_of(docstring: str, *parts: str) -> str:
    """Return a file of Python, from its parts. A docstring cannot end early."""
    docstring = docstring.replace("\\", "/").replace('"', "'")
    head = f'"""{docstring}"""\n\nimport numpy as np'
    return "\n\n".join([head, *filter(None, parts)]) + "\n"


def passed_constants(program: Program) -> dict[Var, Any]:
    """Return the constants that are too large to print: arguments of the generated function."""
    return {v: c for v, c in program.constants.items() if printed_array(c) is None}


def printed_constants(program: Program, names: Mapping[Var, str]) -> list[str]:
    """Return statements that make the other constants."""
    printed = {v: printed_array(c) for v, c in program.constants.items()}
    return [f"{names[v]} = {text}" for v, text in printed.items() if text is not None]


def printed_array(c: Any) -> str | None:
    """Return Python that makes an array, or None if that is long."""
    if c.size and is_uniform(c) and c.dtype.kind in "fiub":
        return f"np.full({c.shape}, {literal(c.ravel()[0])})"
    exact = c.dtype.kind in "iub" or (c.dtype.kind == "f" and np.isfinite(c).all())
    if 0 < c.size <= PRINTED_SIZE and exact:
        return f"np.array({c.tolist()}, {literal(c.dtype)})"
    return None
