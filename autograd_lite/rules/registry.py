"""The table: each NumPy function with one vector-Jacobian product per differentiable argument.

    rule(np.tanh, lambda g, y, x: g * (1 - y * y))

`g` is the incoming gradient (the cotangent), `y` the output, then NumPy's own arguments under
NumPy's own names. The names are the contract: an argument that a rule does not name is an error.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import NoRuleError, RuleError
from .signature import Function as Function
from .signature import Signature, arguments_read
from .signature import printed_name as printed_name

# Types that are never traced; tested first because hasattr is slow.
_UNTRACED = frozenset((np.ndarray, np.float64, int, float, bool, tuple, type(None)))


class Rule:
    """One row of the table: a function and how a gradient passes through it."""

    __slots__ = (
        "covered", "elementwise", "fn", "plain", "read", "read_by", "signature", "single",
        "sparse", "variadic", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        fn: Function,
        vjps: tuple[Function | None, ...],
        variadic: Function | None,
        single: tuple[Function, ...] | None = None,
    ) -> None:
        self.fn, self.vjps, self.variadic, self.single = fn, vjps, variadic, single
        self.sparse = False  # gradients of unused outputs stay None
        self.plain = variadic is None and single is None
        # Each output element depends on the input elements at the same place, and on no others.
        self.elementwise = isinstance(fn, np.ufunc) and fn.signature is None
        # A vjp takes g and y, a variadic one i, g and y, before NumPy's arguments.
        self.signature = Signature(variadic or next(filter(None, vjps)), 3 if variadic else 2)
        # Number of leading arguments that have a derivative
        self.covered = (*vjps, None).index(None) if variadic is None else sys.maxsize
        self.read: list[tuple[int, ...]] = []  # see `look`
        self.read_by: list[tuple[int, ...]] = []

    def become(self, other: Rule) -> None:
        """Take over all of another rule, so that every holder of this one, such as an operator,
        uses the other.
        """
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def look(self) -> list[tuple[int, ...]]:
        """Find out which arguments the vjps read; on first use, since it takes long for all rules.

        `read` holds for each vjp the positions of the arguments whose values it uses. `read_by`
        holds, for calls of one or two arguments, the positions that are read if none, the first,
        the second or both of them need a gradient.
        """
        names = self.signature.names
        self.read = [arguments_read(vjp, names) if vjp else () for vjp in self.vjps]
        a, b = (*self.read, (), ())[:2]
        self.read_by = [(), a, b, tuple({*a, *b})]
        return self.read_by

    def reads(self, parents: Sequence[Any]) -> Iterable[int]:
        """Return the positions of the arguments whose values the backward pass will read.

        `parents` are None for the arguments that need no gradient.
        """
        if self.variadic is not None:
            return range(len(parents))
        by = self.read_by or self.look()
        if len(self.read) == 1:
            return by[1]
        if len(parents) == 2:
            return by[(parents[0] is not None) + 2 * (parents[1] is not None)]
        return {i for read, p in zip(self.read, parents, strict=False) if p is not None for i in read}

    def vjps_for(self, parents: Sequence[Any]) -> Iterable[Any]:
        """Return the vector-Jacobian product of each argument, or None if it has no derivative."""
        if self.variadic is not None:
            return [functools.partial(self.variadic, i) for i in range(len(parents))]
        if self.single is not None and sum([p is not None for p in parents]) == 1:
            return self.single
        return self.vjps

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments as the vjps take them: differentiable ones by position."""
        return self.signature.bind(self.fn, args, kwargs, len(self.vjps))


RULES: dict[Function, Rule] = {}
COMPOSED: dict[Function, Function] = {}
CONSTANT: set[Function] = set()
UNSUPPORTED: dict[Function, str] = {}


def rule(
    fn: Function,
    *vjps: Function | None,
    variadic: Function | None = None,
    single: tuple[Function, ...] | None = None,
    sparse: bool = False,
    replace: bool = False,
) -> None:
    """Register the derivative of `fn`: one vector-Jacobian product per differentiable argument.

    Parameters
    ----------
    fn : function of arrays, such as np.tanh
    *vjps : `lambda g, y, *arguments` for each argument from the first, or None if it has no
        derivative. `g` is the gradient of the output `y`; if `fn` returns several outputs, `g` is a
        tuple of gradients.
    variadic : `lambda i, g, y, *arrays`, instead of vjps, for any number of arrays
    single : vjps to use if only one argument needs a gradient (the minimum-norm choice at a tie
        depends on it)
    sparse : pass None, rather than zeros, for the gradients of unused outputs
    replace : overrule an existing rule

    Raises
    ------
    RuleError
        For a duplicate, or if the vjps do not take the same arguments.

    Examples
    --------
    >>> def cube(x): return x * x * x
    >>> rule(cube, lambda g, y, x: g * 3 * x * x)
    >>> RULES.pop(cube).signature.names
    ('x',)
    """
    if not replace:
        _refuse_duplicate(fn)
    if not callable(fn) or (not vjps and variadic is None):
        raise RuleError(f"{printed_name(fn)}: a rule is a function and at least one vjp.")
    new = Rule(fn, vjps, variadic, single)
    names = new.signature.names
    for vjp in filter(None, (*vjps, *(single or ()))):
        given = Signature(vjp, 2).names
        if given != names:
            raise RuleError(
                f"{printed_name(fn)}: every vjp takes g, y and the same arguments; one has "
                f"({', '.join(given)}), another ({', '.join(names)})."
            )
    if variadic is None and len(vjps) > len(names) and not new.signature.any_number:
        raise RuleError(
            f"{printed_name(fn)}: {len(vjps)} vjps for {len(names)} arguments; a vjp is "
            f"lambda g, y, *arguments, one for each differentiable argument."
        )
    if isinstance(fn, np.ufunc) and len(names) != fn.nin:
        raise RuleError(f"{printed_name(fn)} takes {fn.nin} arrays, the rule {len(names)}.")
    new.sparse = sparse
    COMPOSED.pop(fn, None)
    known = RULES.setdefault(fn, new)
    if known is not new:
        known.become(new)


def compose(fn: Function, definition: Function) -> None:
    """Define `fn` by functions that have rules; `definition` runs in its place on Tensors."""
    _refuse_duplicate(fn)
    COMPOSED[fn] = definition


def constant(*fns: Function) -> None:
    """Register functions whose derivative is zero, or that return no numbers: they run on raw
    data.
    """
    for fn in fns:
        _refuse_duplicate(fn)
        CONSTANT.add(fn)


def unsupported(reason: str, *fns: Function) -> None:
    """Register functions without derivative rule, and the reason that the error states."""
    for fn in fns:
        _refuse_duplicate(fn)
        UNSUPPORTED[fn] = reason


def missing(fn: Function) -> NoRuleError:
    """Return the error for a function that no gradient can pass through."""
    reason = UNSUPPORTED.get(fn, "it is not in the table of derivative rules")
    return NoRuleError(
        f"{printed_name(fn)} has no derivative rule: {reason}. Write it with functions that have "
        f"one, add one with autograd_lite.rule({printed_name(fn)}, ...), or, if no gradient is "
        f"wanted through it, call it on tensor.data."
    )


def primitive(
    *vjps: Function | None,
    variadic: Function | None = None,
    single: tuple[Function, ...] | None = None,
    elementwise: bool = False,
    sparse: bool = False,
    name: str | None = None,
) -> Callable[[Function], Function]:
    """Make a function of arrays differentiable by a rule of its own.

    The body runs on plain arrays. On a Tensor it is one recorded call.

    Parameters
    ----------
    *vjps, variadic, single, sparse : as of `rule`
    elementwise : each output element depends only on the input elements at its place
    name : the name in messages, if it is not that of the function

    Raises
    ------
    RuleError
        If there is no vjp, or the vjps do not take the same arguments.

    Examples
    --------
    >>> @primitive(lambda g, y, x: g * 3 * x * x)
    ... def cube(x):
    ...     return x * x * x
    >>> cube(2.0)
    8.0
    """

    def decorate(body: Function) -> Function:
        @functools.wraps(body)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            top = None
            for a in args:
                kind = type(a)
                # If two kinds of traced array meet, Tensor outranks the other.
                if (
                    kind not in _UNTRACED
                    and hasattr(kind, "__autograd_call__")
                    and (top is None or kind.__array_priority__ > top.__array_priority__)
                ):
                    top = a
            if top is not None:
                return top.__autograd_call__(dispatch, args, kwargs)
            return body(*args, **kwargs)

        dispatch.__autograd_primitive__ = True  # type: ignore[attr-defined]
        if name is not None:
            dispatch.__autograd_name__ = name  # type: ignore[attr-defined]
        rule(dispatch, *vjps, variadic=variadic, single=single, sparse=sparse)
        RULES[dispatch].elementwise = elementwise
        return dispatch

    if not vjps and variadic is None:
        raise RuleError("primitive needs a vjp: @primitive(lambda g, y, x: ...).")
    return decorate


def _refuse_duplicate(fn: Function) -> None:
    if fn in RULES or fn in COMPOSED or fn in CONSTANT or fn in UNSUPPORTED:
        raise RuleError(
            f"{printed_name(fn)} is in the table already (NumPy has aliases: divide is "
            f"true_divide, abs is absolute). Pass replace=True to rule() to overrule."
        )
