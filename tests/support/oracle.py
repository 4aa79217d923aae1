"""Derivatives without the engine: complex step, and Richardson's differences in long doubles.

A function here is plain NumPy code of some arrays. `args` is a list of arrays, `free` says which of
them are differentiated; columns of a Jacobian run over the numbers of all free arrays in turn.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Function = Callable[..., Any]
Arrays = Sequence[Any]

TINY = 1e-25  # the complex step: f(x + i h) = f(x) + i h f'(x) + O(h^2), with nothing cancelled


def flat(out: Any) -> Any:
    """Return every element of an output, or of a tuple of outputs, in one vector."""
    if isinstance(out, tuple | list):
        return np.concatenate([np.ravel(part) for part in out])
    return np.ravel(out)


def nudged(args: Arrays, k: int, i: int, step: complex) -> list[Any]:
    """Return the arguments with element `i` of array `k` moved by `step`."""
    moved = list(args)
    moved[k] = np.array(args[k], order="C")
    moved[k].reshape(-1)[i] += step
    return moved


def places(args: Arrays, free: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the columns of a Jacobian: position of the array, and of the element within it."""
    return [(k, i) for k, a in enumerate(args) if free[k] for i in range(np.size(a))]


def widened(args: Arrays, free: Sequence[bool], wide: bool, kind: str = "") -> list[Any]:
    """Copies of the free arrays in row-major order, as long doubles if `wide`, or of a kind."""
    real, complex_ = (np.longdouble, np.clongdouble) if wide else (float, complex)
    return [
        np.array(a, complex_ if "c" in (kind, a.dtype.kind) else real, order="C") if f else a
        for a, f in zip(args, free, strict=True)
    ]


def complex_step(f: Function, args: Arrays, free: Sequence[bool], wide: bool = False) -> Any:
    """Return the Jacobian of an analytic real function."""
    args = widened(args, free, wide, "c")
    columns = [flat(f(*nudged(args, k, i, 1j * TINY))).imag / TINY for k, i in places(args, free)]
    return columns_of(columns, f, args)


def differences(f: Function, args: Arrays, free: Sequence[bool], wide: bool = True) -> Any:
    """Return the Jacobian of a function that is smooth near the arguments.

    A complex number has two columns: one for its real part and one for its imaginary part.
    """
    args = widened(args, free, wide)
    columns = []
    for k, i in places(args, free):
        for step in (1, 1j) if args[k].dtype.kind == "c" else (1,):
            columns.append(richardson(lambda h: flat(f(*nudged(args, k, i, h * step)))))  # noqa: B023
    return columns_of(columns, f, args)


def richardson(line: Callable[[Any], Any], levels: int = 4, base: float = 2**-6) -> Any:
    """Return the derivative at 0 of a function of one variable, by extrapolated differences."""
    return extrapolated(lambda h: (line(h) - line(-h)) / (2 * h), levels, base)


def extrapolated(difference: Callable[[Any], Any], levels: int = 4, base: float = 2**-6) -> Any:
    """Return the limit of central differences at step 0: their error is a series in h^2."""
    row = [difference(np.longdouble(base) / 2**level) for level in range(levels)]
    for order in range(1, levels):
        row = [b + (b - a) / (4**order - 1) for a, b in itertools.pairwise(row)]
    return row[0]


def hessian(f: Function, args: Arrays, free: Sequence[bool], u: Any, analytic: bool) -> Any:
    """Return the Hessian of sum(u * f): differences of complex steps, or of differences.

    The differences of differences keep 10 digits in long doubles, and 8 in double precision.
    """
    wide = computes_widely(f, args, free)
    args = widened(args, free, wide)
    columns = places(args, free)
    if analytic:
        return rows_of(lambda moved: u @ complex_step(f, moved, free, wide), args, free)
    found = np.zeros((len(columns), len(columns)))
    mixture = lambda moved: u @ flat(f(*moved))
    here = mixture(args)
    for p, first in enumerate(columns):
        for q, second in enumerate(columns[: p + 1]):
            line = second_difference(mixture, args, first, second, here)
            found[p, q] = found[q, p] = extrapolated(line, 4 if wide else 3)
    return found


def second_difference(
    f: Callable[[list[Any]], Any],
    args: Arrays,
    p: tuple[int, int],
    q: tuple[int, int],
    here: Any,
) -> Callable[[Any], Any]:
    """Return the central difference of second order in two numbers, or twice in one, by step."""
    if p == q:
        return lambda h: (f(nudged(args, *p, h)) - 2 * here + f(nudged(args, *p, -h))) / (h * h)

    def corner(h: Any, k: Any) -> Any:
        return f(nudged(nudged(args, *p, h), *q, k))

    return lambda h: (corner(h, h) - corner(h, -h) - corner(-h, h) + corner(-h, -h)) / (4 * h * h)


def rows_of(slopes: Callable[[list[Any]], Any], args: Arrays, free: Sequence[bool]) -> Any:
    """Return the derivatives of a gradient, a function of the list of arrays, by element."""
    columns = places(args, free)
    lines = [richardson(lambda h: slopes(nudged(args, *p, h))) for p in columns]  # noqa: B023
    return np.array(lines, dtype=float).reshape(len(columns), len(columns))


def computes_widely(f: Function, args: Arrays, free: Sequence[bool]) -> bool:
    """Return whether f works in long doubles when it is given some; LAPACK and np.interp do not."""
    try:
        return bool(flat(f(*widened(args, free, True))).dtype.char in "gG")
    except TypeError:
        return False


def columns_of(columns: list[Any], f: Function, args: Arrays) -> Any:
    """Return a matrix from its columns, also when there are none."""
    if columns:
        return np.stack(columns, axis=1)
    return np.zeros((flat(f(*args)).size, 0))
