"""Facts about NumPy's functions beside their derivatives: one row each, for every room above.

    row(np.exp,        NAN)                                      a nan in an operand is a nan in the result
    row(np.add,        FINITE | LINEAR | COMMUTES,  "+", ADDED, operator.add)

A function without a row has the facts that follow from its kind: a ufunc returns fresh memory.
Nothing is known of any other function, which is always safe. A test tries each fact on arrays.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import RuleError
from .indexing import getitem, scatter
from .registry import printed_name
from .shaping import astype, spread

# Facts about a function: bits, since an enum's take ten times as long to import.
FRESH = 1 << 0  # the result is memory of its own
VIEW = 1 << 1  # the result lies in the memory of the first argument
FROZEN = 1 << 2  # the result is a view that cannot be written to
NAN = 1 << 3  # a nan in an operand makes a nan in the result
SHOWS = 1 << 4  # an infinite operand, but for a divisor, makes a result that is not finite
FINITE = NAN | SHOWS  # the result is finite only if every operand is
LINEAR = 1 << 5  # f(x + y) = f(x) + f(y), in all array operands together
FACTOR = 1 << 6  # linear in the first operand, for a fixed second one
COMMUTES = 1 << 7  # f(a, b) equals f(b, a) to the last bit
MOVES = 1 << 8  # elements of the operand in another shape or order, not computed with
REPEATS = 1 << 9  # elements of the operand, each many times
REDUCES = 1 << 10  # takes axis= and keepdims=, and returns one element for many
STATIC = 1 << 11  # the result depends on shapes and dtypes only
SIZED = 1 << 12  # the shape of the result depends on elements of an operand
SIZED_LATER = 1 << 13  # ... on elements of an argument after the first
WRITES = 1 << 14  # writes into its first argument
VALUES = 1 << 15  # takes Python's whole numbers as elements, not as axes or sizes
SYNTAX = 1 << 16  # one of ours for which Python has a syntax or a method
PYTHON = 1 << 17  # one of Python's operators, for Python's own numbers
NONE = 0

# How tightly Python binds; a call or a name binds tightest.
COMPARED, BITWISE, ADDED, MULTIPLIED, NEGATED, RAISED, ATOM = range(7)


class Sign(NamedTuple):
    """How Python writes a function between its two operands, or before its only one."""

    text: str
    binding: int


TRAITS: dict[Callable[..., Any], int] = {}
SIGNS: dict[Callable[..., Any], Sign] = {}
OPERATORS: dict[np.ufunc, Callable[..., Any]] = {}  # Python's operator for a ufunc of NumPy


def row(fn: Callable[..., Any], traits: int, sign: str = "", binding: int = ATOM, python: Any = None) -> None:
    """Enter the facts about a function, its sign, and the operator of Python that does the same.

    Raises RuleError for a function that has a row already.
    """
    if fn in TRAITS:
        raise RuleError(f"{printed_name(fn)} has a row in the table of traits already.")
    TRAITS[fn] = traits | (FRESH if isinstance(fn, np.ufunc) else NONE)
    if sign:
        SIGNS[fn] = Sign(sign, binding)
    if python is not None:
        OPERATORS[fn] = python
        row(python, PYTHON, sign, binding)


def rows(traits: int, *fns: Callable[..., Any]) -> None:
    """Enter several functions with the same facts."""
    for fn in fns:
        row(fn, traits)


def has(fn: Callable[..., Any], trait: int) -> bool:
    """Return whether a trait is known of a function."""
    known = TRAITS.get(fn)
    if known is None:
        return trait == FRESH and isinstance(fn, np.ufunc)
    return known & trait == trait


def is_elementwise(fn: Any) -> bool:
    """Return whether a function of NumPy computes each element from the elements at its place."""
    return fn is np.where or (isinstance(fn, np.ufunc) and fn.signature is None)


# Arithmetic, and what Python writes with a sign
row(np.add,            FINITE | LINEAR | COMMUTES,   "+",  ADDED,      operator.add)
row(np.subtract,       FINITE | LINEAR,              "-",  ADDED,      operator.sub)
row(np.multiply,       FINITE | FACTOR | COMMUTES,   "*",  MULTIPLIED, operator.mul)
row(np.true_divide,    FINITE | FACTOR,              "/",  MULTIPLIED, operator.truediv)
row(np.matmul,         NAN | FACTOR,                 "@",  MULTIPLIED, operator.matmul)
row(np.floor_divide,   NAN,                          "//", MULTIPLIED, operator.floordiv)
row(np.remainder,      NAN,                          "%",  MULTIPLIED, operator.mod)
row(np.power,          NONE,                        "**", RAISED,     operator.pow)  # nan**0 is 1
row(np.negative,       FINITE | LINEAR,              "-",  NEGATED,    operator.neg)
row(np.positive,       FINITE | LINEAR,              "+",  NEGATED,    operator.pos)
row(np.invert,         NONE,                        "~",  NEGATED,    operator.invert)
row(np.absolute,       NAN,                          "",   ATOM,       operator.abs)
row(np.bitwise_and,    COMMUTES,                     "&",  BITWISE,    operator.and_)
row(np.bitwise_or,     COMMUTES,                     "|",  BITWISE,    operator.or_)
row(np.bitwise_xor,    COMMUTES,                     "^",  BITWISE,    operator.xor)
row(np.left_shift,     NONE,                         "<<", BITWISE,    operator.lshift)
row(np.right_shift,    NONE,                         ">>", BITWISE,    operator.rshift)
row(np.equal,          COMMUTES,                     "==", COMPARED,   operator.eq)
row(np.not_equal,      COMMUTES,                     "!=", COMPARED,   operator.ne)
row(np.less,           NONE,                         "<",  COMPARED,   operator.lt)
row(np.less_equal,     NONE,                         "<=", COMPARED,   operator.le)
row(np.greater,        NONE,                         ">",  COMPARED,   operator.gt)
row(np.greater_equal,  NONE,                         ">=", COMPARED,   operator.ge)

# Functions of each element
rows(NAN, np.square, np.sqrt, np.exp, np.log, np.log1p, np.expm1, np.tanh, np.sin, np.cos, np.reciprocal,
          np.maximum, np.minimum)
rows(FRESH | VALUES, np.where, np.clip, np.full_like, np.nan_to_num)
row(np.round,          FRESH)
row(astype,            FRESH | NAN | LINEAR | SYNTAX)

# Reductions and products
row(np.sum,            FRESH | FINITE | LINEAR | REDUCES)
row(np.mean,           FRESH | FINITE | LINEAR | REDUCES)
rows(FRESH | REDUCES,  np.prod, np.max, np.min, np.std, np.var, np.any, np.all, np.argmax, np.argmin)
rows(FRESH | NAN | FACTOR, np.dot, np.vdot)
rows(FRESH | FACTOR,   np.outer, np.inner, np.tensordot)
rows(FRESH,            np.cumsum, np.cumprod, np.argsort, np.sort)

# Shapes and places
row(np.reshape,        NAN | LINEAR | MOVES)  # a view or a copy: that depends on the order in memory
row(np.ravel,          NAN | LINEAR | MOVES)
row(np.copy,           FRESH | NAN | LINEAR)
rows(VIEW | NAN | LINEAR | MOVES, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.squeeze, np.expand_dims)
row(np.diagonal,       VIEW | FROZEN | LINEAR)
row(np.broadcast_to,   VIEW | FROZEN | NAN | LINEAR | REPEATS)
row(spread,            FRESH | NAN | LINEAR | REPEATS)
row(getitem,           LINEAR | MOVES | SYNTAX)
row(scatter,           FRESH | LINEAR)
rows(FRESH,            np.concatenate, np.stack, np.vstack, np.hstack, np.take, np.tile, np.array)
row(np.repeat,         FRESH | SIZED_LATER)

# New arrays that take no more than shape and dtype from old ones
rows(FRESH,            np.zeros, np.zeros_like, np.ones_like, np.empty_like)

# Functions that a Program of fixed shapes cannot hold, or only as a value known beforehand
rows(STATIC, np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type,
             np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory, np.einsum_path)
rows(SIZED,  np.nonzero, np.flatnonzero, np.argwhere, np.compress, np.extract, np.trim_zeros, np.unique,
             np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.union1d, np.intersect1d,
             np.setdiff1d, np.setxor1d, np.bincount, np.linalg.lstsq)
rows(SIZED_LATER, np.delete, np.insert, np.split, np.array_split)
rows(WRITES, np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal)
