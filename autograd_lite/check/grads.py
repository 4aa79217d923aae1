"""Gradient checking that explains: derivatives by rule against derivatives by differences."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.tensor import Tensor, tensor_of
from ..errors import GradientMismatch, NotDifferentiableError
from ..transforms.argnums import Argnums, positions
from .comparison import Comparison, kind
from .report import Finding, Report
from .suspects import suspects


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    argnums: Argnums | None = None,
    rtol: float = 1e-6,
    elements: int = 64,
    seed: int = 0,
    plot: Any = None,
) -> Report:
    """Compare the derivatives of f by rule with derivatives by differences, up to `order`.

    Every floating or complex array in `args` is checked, or those of `argnums` only: all of its
    elements, or `elements` of them and a random direction through all. The first order is measured
    by a complex step if f is analytic, else by central differences with Richardson's extrapolation.
    A higher order is measured from the order below, along random directions. If derivatives differ
    by more than `rtol`, many steps on both sides are tried, to distinguish errors from kinks.
    float32 is promoted to float64. `plot` is a path for a drawing of error against step.

    Return a report, which prints as a table. Raises GradientMismatch if derivatives differ and no
    kink explains it; the message is that table, and names the rule at fault.

    >>> check_grads(lambda x, y: np.sum(np.sin(x) * y), np.array([1.0, 2.0]), 3.0)
    <Report: Derivatives by rule and by differences agree: 6 compared.>
    """
    numbers = range(len(args)) if argnums is None else positions(argnums, len(args))
    flat, points, names, notes = flattened(f, args, numbers)
    first = Comparison(flat, points, names, rtol, elements, np.random.default_rng(seed))
    findings: list[Finding] = []
    for n, comparison in zip(range(1, order + 1), first.orders(), strict=False):
        findings += comparison.findings()
        if any(one.verdict == "wrong" for one in findings):
            notes += suspects(flat, points, n, rtol)
            break
    report = Report(findings, notes)
    if plot is not None:
        report.draw(plot)
    if not report.ok:
        raise GradientMismatch(str(report))
    return report


def flattened(
    f: Callable[..., Any], args: tuple[Any, ...], numbers: Sequence[int]
) -> tuple[Callable[..., Any], list[Any], list[str], list[str]]:
    """Return f as a function of the arrays to check, these in double precision, names and notes.

    Raises NotDifferentiableError if there are none.
    """
    given = pytree.leaves(args)
    named = [
        (i in numbers, path)
        for i, (arg, name) in enumerate(zip(args, argument_names(f, len(args)), strict=True))
        for path in pytree.paths(arg, name)
    ]
    data = [x._data if type(x) is Tensor else x for x in given]
    checked = [
        i
        for i, (x, (wanted, _)) in enumerate(zip(data, named, strict=True))
        if wanted and type(x) is not int and kind(x) in "fc"
    ]
    if not checked:
        raise NotDifferentiableError(
            "check_grads found no floating array among the arguments: it takes f and then f's own "
            "arguments, as in check_grads(f, x, y)."
        )
    points = [np.array(data[i], np.result_type(data[i], np.float64)) for i in checked]

    @functools.wraps(f, updated=())
    def flat(*arrays: Any) -> Any:
        filled = list(given)
        for i, a in zip(checked, arrays, strict=True):
            filled[i] = tensor_of(a, None) if type(given[i]) is Tensor is not type(a) else a
        return f(*pytree.rebuild(args, filled))

    small = {str(np.asarray(data[i]).dtype) for i in checked} - {"float64", "complex128"}
    notes = [f"{', '.join(sorted(small))} was promoted to double precision."] if small else []
    return flat, points, [named[i][1] for i in checked], notes


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return f's names for its arguments, or their positions."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # NumPy's own functions
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"argument {i}" for i in range(len(names), count)])[:count]
