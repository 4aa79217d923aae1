"""The rules in course notation: what a call sends back to each argument, and its local derivative.

Each row gives, per argument, what is passed on and d(output)/d(argument). `{g}` is the gradient of
the output, `{y}` the output, `{a}` and `{b}` the first and second argument, `{n}` how many numbers
went into one mean. A dot is a matrix product, a star works number by number. What has no row here
is shown by the source line of its rule.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import functions as own
from ..engine.backward import PICK
from ..engine.graph import Node
from ..rules import indexing, joining, shaping
from .expressions import literal

Row = tuple[tuple[str, str], ...]
SAME_SHAPE: Row = (("{g} in the shape of {a}", "1, moved to another place"),)
PART: Row = (("the part of {g} that came from here", "1, moved to another place"),)
LARGER: Row = (
    ("{g} * ({a} > {b})", "1 where {a} > {b}, else 0"),
    ("{g} * ({b} > {a})", "1 where {b} > {a}, else 0"),
)
SMALLER: Row = (
    ("{g} * ({a} < {b})", "1 where {a} < {b}, else 0"),
    ("{g} * ({b} < {a})", "1 where {b} < {a}, else 0"),
)
PRODUCT: Row = (
    ("{g} · {b}ᵀ", "multiply by {b}ᵀ from the right"),
    ("{a}ᵀ · {g}", "multiply by {a}ᵀ from the left"),
)

FORMULAS: dict[Any, Row] = {
    np.positive: (("{g}", "1"),),
    np.negative: (("-{g}", "-1"),),
    np.add: (("{g}", "1"), ("{g}", "1")),
    np.subtract: (("{g}", "1"), ("-{g}", "-1")),
    np.multiply: (("{g} * {b}", "{b}"), ("{g} * {a}", "{a}")),
    np.true_divide: (("{g} / {b}", "1 / {b}"), ("-{g} * {y} / {b}", "-{y} / {b}")),
    np.reciprocal: (("-{g} * {y}²", "-{y}²"),),
    np.square: (("{g} * 2 * {a}", "2 * {a}"),),
    np.sqrt: (("{g} / (2 * {y})", "1 / (2 * {y})"),),
    np.power: (
        ("{g} * {b} * {a}^({b} - 1)", "{b} * {a}^({b} - 1)"),
        ("{g} * {y} * log({a})", "{y} * log({a})"),
    ),
    np.exp: (("{g} * {y}", "{y}"),),
    np.expm1: (("{g} * ({y} + 1)", "{y} + 1"),),
    np.log: (("{g} / {a}", "1 / {a}"),),
    np.log1p: (("{g} / (1 + {a})", "1 / (1 + {a})"),),
    np.sin: (("{g} * cos({a})", "cos({a})"),),
    np.cos: (("-{g} * sin({a})", "-sin({a})"),),
    np.tanh: (("{g} * (1 - {y}²)", "1 - {y}²"),),
    np.absolute: (("{g} * sign({a})", "sign({a})"),),
    np.maximum: LARGER,
    np.minimum: SMALLER,
    np.where: (
        ("", ""),
        ("{g} where {a}, else 0", "1 where {a}, else 0"),
        ("0 where {a}, else {g}", "0 where {a}, else 1"),
    ),
    np.matmul: PRODUCT,
    np.dot: PRODUCT,
    np.sum: (("{g}, copied to every number", "1 for every number"),),
    np.mean: (("{g} / {n}, copied to every number", "1 / {n} for every number"),),
    np.max: (("{g} where {a} is largest, else 0", "1 at the largest, else 0"),),
    np.min: (("{g} where {a} is smallest, else 0", "1 at the smallest, else 0"),),
    np.transpose: (("{g}ᵀ", "1, moved to another place"),),
    np.reshape: SAME_SHAPE,
    np.ravel: SAME_SHAPE,
    np.squeeze: SAME_SHAPE,
    np.expand_dims: SAME_SHAPE,
    np.swapaxes: (("{g} with its axes swapped back", "1, moved to another place"),),
    np.moveaxis: (("{g} with its axes moved back", "1, moved to another place"),),
    np.broadcast_to: (("{g}", "1"),),
    shaping.astype: (("{g}", "1"),),
    indexing.getitem: (("{g} put back in place, 0 elsewhere", "1 at the place, else 0"),),
    own.sigmoid: (("{g} * {y} * (1 - {y})", "{y} * (1 - {y})"),),
    own.relu: (("{g} * ({a} > 0)", "1 where {a} > 0, else 0"),),
    own.softplus: (("{g} * sigmoid({a})", "sigmoid({a})"),),
    own.log_sigmoid: (("{g} * sigmoid(-{a})", "sigmoid(-{a})"),),
    own.leaky_relu: (("{g} where {a} > 0, else slope * {g}", "1 where {a} > 0, else slope"),),
    own.softmax: (
        ("{y} * ({g} - Σ {g} * {y})", "y_i (1 - y_i) and -y_i y_j in each column"),
    ),
    own.log_softmax: (("{g} - exp({y}) * Σ {g}", "1 - exp(y_i) and -exp(y_j) in each column"),),
    own.logsumexp: (("{g} * exp({a} - {y})", "exp({a} - {y}), the softmax of {a}"),),
}  # fmt: skip


def formula(node: Node, i: int, y: str, arguments: list[str]) -> tuple[str, str]:
    """What is passed on to argument i, and its local derivative, with the names put in.

    >>> from autograd_lite import Tensor
    >>> formula(np.tanh(Tensor(0.5, requires_grad=True))._node, 0, "A1", ["Z1"])
    ('dA1 * (1 - A1²)', '1 - A1²')
    """
    assert node.rule is not None
    fn = node.rule.fn
    if node.rule is PICK:
        return f"d{y}, put at place {node.args[1]}", "1 at the place, else 0"
    if fn in (joining.join, joining.pile):
        passed, local = PART[0]
        return passed.format(g=f"d{y}"), local
    if fn is np.power and i == 0 and isinstance(node.args[1], int | float):
        slope = power_derivative(arguments[0], node.args[1])
        return f"d{y} * {slope}", slope
    row = FORMULAS.get(fn)
    if row is None or i >= len(row):
        return rewritten(source_of(node, i), node, f"d{y}", y, arguments), ""
    if fn in (np.matmul, np.dot) and 0 in (np.ndim(node.args[0]), np.ndim(node.args[1])):
        row = FORMULAS[np.multiply]
    names = [bracketed(name) for name in arguments] + [""]
    passed, local = row[i]
    known = {"g": f"d{y}", "y": y, "a": names[0], "b": names[1]}
    known["n"] = str(np.size(node.args[0]) // max(np.size(node.out), 1))
    return passed.format(**known), local.format(**known)


def bracketed(name: str) -> str:
    """A factor: negative numbers stand in brackets."""
    return f"({name})" if name.startswith("-") else name


def power_derivative(name: str, exponent: float) -> str:
    """The derivative of a fixed power.

    >>> power_derivative("x", 2), power_derivative("x", 3), power_derivative("x", 0.5)
    ('2 * x', '3 * x^2', '0.5 * x^-0.5')
    """
    if exponent == 2:
        return f"2 * {name}"
    return f"{exponent:g} * {name}^{exponent - 1:g}"


def rewritten(source: str, node: Node, g: str, y: str, arguments: list[str]) -> str:
    """The body of a rule's lambda with the names of the graph in place of its own.

    >>> from autograd_lite import Tensor
    >>> rewritten("lambda g, y, a: g * np.sign(a)", abs(Tensor(1.0, True))._node, "dJ", "J", ["x"])
    'dJ * sign(x)'
    """
    if not source.startswith("lambda"):
        return source
    whole = ast.parse(source, mode="eval").body
    assert isinstance(whole, ast.Lambda)
    own = [a.arg for a in (*whole.args.posonlyargs, *whole.args.args)]
    own = own[own.index("g") :] if "g" in own else own
    names = dict(zip(own, [g, y, *arguments], strict=False))
    names |= {key: literal(value) for key, value in node.kwargs.items()}
    for part in ast.walk(whole.body):
        if isinstance(part, ast.Name):
            part.id = names.get(part.id, part.id)
    return ast.unparse(whole.body).replace("np.", "").replace(" ** 2", "²")


def source_of(node: Node, i: int) -> str:
    """The source text of the rule for argument i.

    >>> from autograd_lite import Tensor
    >>> source_of(np.tanh(Tensor(0.5, requires_grad=True))._node, 0)
    'lambda g, y, x: g * (1 - y * y)'
    """
    rule = node.rule
    assert rule is not None
    vjp: Any = (
        rule.variadic if rule.variadic is not None else rule.vjps[i] if i < len(rule.vjps) else None
    )
    return "no derivative" if vjp is None else text_of(vjp)


@functools.cache
def text_of(vjp: Callable[..., Any]) -> str:
    """The source text of a vector-Jacobian product."""
    try:
        statement = inspect.getsource(vjp)
    except (OSError, TypeError):
        return getattr(vjp, "__name__", "its rule")
    return lambda_in(statement, vjp) or " ".join(statement.split())


def lambda_in(statement: str, vjp: Callable[..., Any]) -> str | None:
    """Of several lambdas in one statement, the text of this one: the one with the same code."""
    code = vjp.__code__
    lines = linecache.getlines(code.co_filename)
    try:
        tree: Any = ast.parse("".join(lines) if lines else statement.strip())
    except SyntaxError:
        return None
    found = [
        ast.unparse(part)
        for part in ast.walk(tree)
        if isinstance(part, ast.Lambda) and part.lineno == code.co_firstlineno
    ]
    for text in found:
        twin = eval(compile(text, "<rule>", "eval"), vjp.__globals__).__code__
        same = [getattr(twin, k) == getattr(code, k) for k in ("co_code", "co_names", "co_consts")]
        if all(same):
            return text
    return found[0] if found else None


def repeated(shape: tuple[int, ...], y_shape: tuple[int, ...]) -> str:
    """Why a gradient is summed: the argument was repeated on the way forward; else nothing.

    >>> repeated((4, 1), (4, 400)), repeated((4, 400), (4, 400))
    ('summed over the columns (axis 1), because it was repeated 400 times on the way forward', '')
    """
    extra = len(y_shape) - len(shape)
    if extra < 0:
        return ""
    axes = list(range(extra))
    axes += [i + extra for i, n in enumerate(shape) if n == 1 and y_shape[i + extra] != 1]
    if not axes:
        return ""
    times = int(np.prod([y_shape[i] for i in axes]))
    where = "everything" if len(axes) == len(y_shape) else f"axis {', '.join(map(str, axes))}"
    if len(y_shape) == 2 and len(axes) == 1:
        where = f"the {('rows', 'columns')[axes[0]]} (axis {axes[0]})"
    return f"summed over {where}, because it was repeated {times} times on the way forward"
