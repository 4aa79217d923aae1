"""ag.check_grads: derivatives by rule against derivatives by differences, explained."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.graph import tensor_of
from ..engine.tensor import Tensor
from ..errors import GradientMismatch, NotDifferentiableError
from ..transforms.argnums import Argnums, argument_names, positions
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
    """Compare the derivatives of f by rule with derivatives by differences.

    The first order is measured by a complex step if f is analytic, otherwise by central differences
    with Richardson's extrapolation. A higher order is measured from the order below, along random
    directions. If derivatives differ, many steps and both sides are tried, to tell errors from
    kinks. float32 is promoted to float64.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested dicts, lists and tuples of them.
    *args : array or pytree
        The arguments of f. Every floating or complex array in them is checked.
    order : int
        The highest order of derivatives to check.
    argnums : int or sequence of int, optional
        Which arguments to check, if not all.
    rtol : float
        The largest relative difference that is not looked at more closely.
    elements : int
        Elements to check in each array; a larger array is also checked along a random direction.
    seed : int
        The seed of the random directions.
    plot : str or path, optional
        A file for a drawing of error against step.

    Returns
    -------
    Report
        What was found; it prints as a table.

    Raises
    ------
    GradientMismatch
        If derivatives differ and no kink explains it. The message is the table, and names the rule
        at fault.
    NotDifferentiableError
        If no argument holds a floating array, or f is random.

    Examples
    --------
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
    """Return f as a function of the arrays to check, those in double precision, names, and notes.

    Raises NotDifferentiableError if there are none.
    """
    given = pytree.leaves(args)
    data = [x._data if type(x) is Tensor else x for x in given]
    named = [
        (i in numbers, path)
        for i, (arg, name) in enumerate(zip(args, argument_names(f, len(args)), strict=True))
        for path in pytree.paths(arg, name)
    ]
    checked = [
        i for i, x in enumerate(data) if named[i][0] and type(x) is not int and kind(x) in "fc"
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
