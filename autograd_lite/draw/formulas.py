"""Derivatives as text, from the rules themselves: what a call passes on, and its local derivative.

A rule is traced as `compile` traces a function, and the printer of drawings writes what it
computes. A rule that cannot be traced is shown by its own line of source.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compile.codegen.names import unused
from ..compile.derivation.derivation import rooted
from ..compile.ir import Line, Program, Var
from ..compile.passes.pipeline import readable
from ..compile.tracing.arguments import Call, is_traced
from ..compile.tracing.trace import Fixed, Result, trace
from ..engine.backward import PICK, repeated_axes
from ..engine.graph import Node
from ..errors import AutogradError
from .expressions import CUT, DrawingPrinter

LONGEST = 160  # characters of a formula; the source of its rule is easier to read than a longer one
SHORT = 24  # characters of a part that is repeated rather than named
SMALL = 8  # elements of a constant array that are written out
Names = Sequence[str | None]  # of the arguments of a call; None for one that is written out


class Formulas:
    """The derivatives of the calls in a graph; the rule of calls that are alike is traced once."""

    def __init__(self) -> None:
        self._traced: dict[Any, Program | None] = {}

    def passed_on(self, node: Node, i: int, y: str, names: Names) -> str:
        """Return what a call named `y` passes on to its argument i, before broadcasting is undone.

        >>> from autograd_lite import Tensor
        >>> node = np.tanh(Tensor(0.5, requires_grad=True))._node
        >>> Formulas().passed_on(node, 0, "A1", ["Z1"])
        'dA1 * (1 - A1**2)'
        """
        if node.rule is PICK:
            return f"d{y} at output {node.args[1]}, 0 at the others"
        out = node.out
        g = tuple(map(np.ones_like, out)) if isinstance(out, tuple) else np.ones_like(out)
        called = [f"d{y}", y, *names]
        return self._text(node, i, [g, out, *node.args], called) or source_of(node, i, called)

    def local(self, node: Node, i: int, y: str, names: Names) -> str:
        """Return d(output)/d(argument i) of an elementwise call of real numbers, else "".

        >>> from autograd_lite import Tensor
        >>> node = np.tanh(Tensor(0.5, requires_grad=True))._node
        >>> Formulas().local(node, 0, "A1", ["Z1"])
        '1 - A1**2'
        """
        rule, out = node.rule, node.out
        if rule is None or not rule.elementwise or not np.size(out) or isinstance(out, tuple):
            return ""
        one = [np.ravel(x)[0] if hasattr(x, "shape") else x for x in (out, *node.args)]
        if any(map(np.iscomplexobj, one)):
            return ""  # of a conjugate, g is no factor
        text = self._text(node, i, [one[0].dtype.type(1), *one], [None, y, *names])
        return re.sub(r"^(-?)1 \* ", r"\1", text)

    def _text(self, node: Node, i: int, values: list[Any], names: Names) -> str:
        """Print the rule for argument i, traced with these values of g, y and the arguments."""
        rule = node.rule
        assert rule is not None
        named = [name is not None for name in names]
        called = [name for name in names if name is not None]
        call = Call.of([x for x, given in zip(values, named, strict=True) if given], {}, called)
        vjp = list(rule.vjps_for(node.parents))[i]

        def run(*tracers: Any) -> Any:
            following = iter(tracers)
            full = [next(following) if n else x for x, n in zip(values, named, strict=True)]
            return vjp(*full, **node.kwargs)

        rest = [x for x, given in zip(values, named, strict=True) if not given]
        kinds = [kind_of(leaf.value) for leaf in call.leaves]
        key = ((rule.fn, i) if rule.variadic else vjp, *kinds, repr(rest), repr(node.kwargs))
        if key not in self._traced:
            self._traced[key] = traced(run, call)
        program = self._traced[key]
        labels = [rooted(leaf.path, called) for leaf in call.leaves if is_traced(leaf.value)]
        return "" if program is None else printed(program, labels)


def kind_of(x: Any) -> Any:
    """Return what two arguments share for which a rule is the same Program."""
    return (type(x), x.shape, x.dtype) if hasattr(x, "ndim") and is_traced(x) else repr(x)


def traced(run: Callable[..., Any], call: Call) -> Program | None:
    """Return a rule as a Program; None if it is no straight-line NumPy."""
    try:
        found = trace(run, call)
        if isinstance(found.results, Fixed):
            return found.program.replace(outputs=[found.results.value])
        if isinstance(found.results, Result):
            return readable(found.program)
    except (AutogradError, TypeError, ValueError, AttributeError, IndexError):
        pass
    return None


def printed(program: Program, labels: Sequence[str]) -> str:
    """Return a Program as one expression; an empty string if it would be long.

    A long part that is used twice is named: `h * g, where h = ...`.
    """
    names: dict[Var, str] = dict(zip(program.inputs, labels, strict=True))
    for v, c in program.constants.items():
        if c.size > SMALL:
            return ""
        names[v] = f"array({c.tolist()})"
    inlined: dict[Var, Line] = {}
    parts: list[str] = []
    taken = set(labels)
    printer = DrawingPrinter(names, inlined)
    uses = Counter(v for line in program.lines for v in line.reads)
    for line in program.lines:
        text = printer.expression(line)[0]
        if line.several:
            return ""
        if uses[line.out] > 1 and len(text) > SHORT:
            names[line.out] = unused("h", taken)
            parts.append(f"{names[line.out]} = {text}")
        else:
            inlined[line.out] = line
    text = printer.argument(program.outputs[0])
    text += f", where {' and '.join(reversed(parts))}" if parts else ""
    return "" if len(text) > LONGEST or CUT in text else text


def source_of(node: Node, i: int, names: Names) -> str:
    """Return the line of source of the rule for argument i, with the names of the graph.

    >>> from autograd_lite import Tensor
    >>> source_of(np.tanh(Tensor(0.5, requires_grad=True))._node, 0, ["dJ", "J", "x"])
    'dJ * (1 - J * J)'
    """
    rule = node.rule
    assert rule is not None
    vjp = rule.variadic or rule.vjps[i]
    assert vjp is not None
    source = text_of(vjp)
    if not source.startswith("lambda"):
        return source
    whole = ast.parse(source, mode="eval").body
    assert isinstance(whole, ast.Lambda)
    own = [a.arg for a in (*whole.args.posonlyargs, *whole.args.args)]
    own = own[own.index("g") :] if "g" in own else own
    printer = DrawingPrinter({})
    full = [
        name or printer.argument(x)
        for name, x in zip(names, [None, None, *node.args], strict=False)
    ]
    known = dict(zip(own, full, strict=False))
    known |= {key: printer.argument(value) for key, value in node.kwargs.items()}
    for part in ast.walk(whole.body):
        if isinstance(part, ast.Name):
            part.id = known.get(part.id, part.id)
    return ast.unparse(whole.body).replace("np.", "")


@functools.cache
def text_of(vjp: Callable[..., Any]) -> str:
    """Return the source of a vector-Jacobian product, or its name if the source is not at hand."""
    try:
        statement = inspect.getsource(vjp)
    except (OSError, TypeError):
        return getattr(vjp, "__name__", "its rule")
    return lambda_in(statement, vjp) or " ".join(statement.split())


def lambda_in(statement: str, vjp: Callable[..., Any]) -> str | None:
    """Return the text of the one of several lambdas in a statement that has the code of `vjp`."""
    code = vjp.__code__
    lines = linecache.getlines(code.co_filename)
    try:
        tree = ast.parse("".join(lines) if lines else statement.strip())
    except SyntaxError:
        return None
    found = [
        ast.unparse(part)
        for part in ast.walk(tree)
        if isinstance(part, ast.Lambda) and part.lineno == code.co_firstlineno
    ]
    for text in found:
        twin = next(c for c in compile(text, "<rule>", "eval").co_consts if inspect.iscode(c))
        if all(getattr(twin, k) == getattr(code, k) for k in ("co_code", "co_names", "co_consts")):
            return text
    return found[0] if found else None


def why_summed(shape: tuple[int, ...], y_shape: tuple[int, ...]) -> str:
    """Return why a gradient is summed, if broadcasting repeated the argument, else an empty string.

    >>> why_summed((4, 1), (4, 400)), why_summed((4, 400), (4, 400))
    ('summed over the columns (axis 1), because it was repeated 400 times in the forward pass', '')
    """
    axes = repeated_axes(y_shape, shape)
    if not axes:
        return ""
    times = int(np.prod([y_shape[i] for i in axes]))
    where = "everything" if len(axes) == len(y_shape) else f"axis {', '.join(map(str, axes))}"
    if len(y_shape) == 2 and len(axes) == 1:
        where = f"the {('rows', 'columns')[axes[0]]} (axis {axes[0]})"
    return f"summed over {where}, because it was repeated {times} times in the forward pass"
