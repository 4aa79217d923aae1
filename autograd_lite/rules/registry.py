"""The table: each NumPy function with one vector-Jacobian product per differentiable argument.

    rule(np.tanh, lambda g, y, x: g * (1 - y * y))

`g` is the incoming gradient (the cotangent), `y` the output, then NumPy's own arguments under
NumPy's own names. The names are the contract: an argument that a rule does not name is an error.
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import NoRuleError, RuleError

Function = Callable[..., Any]
_FUNCTION = type(lambda: None)

# Arguments that record nothing; of others it takes longer to know.
_SILENT = frozenset((np.ndarray, np.float64, int, float, bool, tuple, type(None)))
NO_VALUE: Any = vars(np)["_NoValue"]  # what NumPy writes for "not given"
_NOT_GIVEN = (None, NO_VALUE)  # dropping it keeps it out of every rule


class Rule:
    """One row of the table: a function and how a gradient passes through it."""

    __slots__ = (
        "covered", "elementwise", "fn", "names", "none_counts", "out_place", "plain", "read",
        "reads_two", "single", "sparse", "takes_any_number", "variadic", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        fn: Function,
        vjps: tuple[Function | None, ...],
        variadic: Function | None,
        single: tuple[Function, ...] | None = None,
    ) -> None:
        self.fn, self.vjps, self.variadic, self.single = fn, vjps, variadic, single
        self.sparse = False  # gradients of outputs that nobody used stay None
        self.plain = variadic is None and single is None
        # Each output number depends on the input numbers at the same place, and on no others.
        self.elementwise = isinstance(fn, np.ufunc) and fn.signature is None
        # The first parameters are (i,) g, y. Only a default of None says that None means nothing;
        # for the others it has a meaning, as in np.sort(x, axis=None).
        self.names, self.takes_any_number, self.none_counts = parameters_of(
            variadic or next(filter(None, vjps)), 3 if variadic else 2
        )
        self.read: list[tuple[int, ...]] = []  # see `look`
        self.reads_two: list[tuple[bool, bool]] = []
        # So many arguments, from the first, have a derivative each.
        self.covered = (*vjps, None).index(None) if variadic is None else sys.maxsize
        self.out_place = self.names.index("out") if "out" in self.names else sys.maxsize

    def look(self) -> list[tuple[bool, bool]]:
        """Find out which arguments the vjps read; at first use, since for all rules it takes long.

        `read` has for each vjp the positions of the arguments whose values it uses. `reads_two`
        says of the first two arguments whether each is read, if the gradient goes to nobody, to
        the first, to the second, to both.
        """
        self.read = [arguments_read(vjp, self.names) if vjp else () for vjp in self.vjps]
        a, b = (*self.read, ())[:2] if len(self.read) < 3 else ((), ())
        self.reads_two = [(0 in r, 1 in r) for r in ((), a, b, (*a, *b))]
        return self.reads_two

    def become(self, other: Rule) -> None:
        """Take over all of another rule: whoever holds this one, such as an operator, follows."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def reads(self, parents: Sequence[Any]) -> Iterable[int]:
        """Which arguments the vjps of those with a parent look at."""
        if self.variadic is not None:
            return range(len(parents))
        if not self.read:
            self.look()
        if len(self.read) == 1:
            return self.read[0]
        wanted = [read for read, parent in zip(self.read, parents, strict=False) if parent]
        return wanted[0] if len(wanted) == 1 else {i for read in wanted for i in read}

    def vjps_for(self, parents: Sequence[Any]) -> Iterable[Any]:
        """The vector-Jacobian products of the arguments; None where there is no derivative."""
        if self.variadic is not None:
            return [functools.partial(self.variadic, i) for i in range(len(parents))]
        if self.single is not None and sum([p is not None for p in parents]) == 1:
            return self.single
        return self.vjps

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments as the rule wants them: differentiable ones by position, nothing unknown."""
        kwargs = {
            k: v
            for k, v in kwargs.items()
            if (v is None and k in self.none_counts) or not is_default(k, v)
        }
        for name in kwargs:
            if name not in self.names or name == "out":
                raise NoRuleError(
                    f"{printed_name(self.fn)}: the argument {name}= has no derivative rule. "
                    f"Known here: {', '.join(self.names)}. Leave it out, or add a rule that "
                    f"names it with autograd_lite.rule."
                )
        if self.takes_any_number:
            return args, kwargs
        if len(args) > len(self.names):
            raise NoRuleError(
                f"{printed_name(self.fn)}: {len(args)} arguments by position, but the rule knows "
                f"{len(self.names)}: {', '.join(self.names)}."
            )
        if len(args) > self.out_place and args[self.out_place] is not None:
            raise NoRuleError(
                f"{printed_name(self.fn)}: out= writes into an array that the graph may need as it "
                f"was. Use the array that the call returns."
            )
        placed = list(args)
        for name in self.names[len(args) : len(self.vjps)]:
            if name not in kwargs:
                break
            placed.append(kwargs.pop(name))
        return tuple(placed), kwargs


def parameters_of(vjp: Function, skip: int) -> tuple[tuple[str, ...], bool, set[str]]:
    """Return the names of a vjp's parameters from number `skip` on, whether it takes *args there,
    and the names whose default is not None.

    All rules are entered at import, and inspect.signature takes ten times as long as a function's
    own attributes.

    >>> parameters_of(lambda g, y, x, axis=None: g, 2)
    (('x', 'axis'), False, {'x'})
    """
    if type(vjp) is _FUNCTION and not vars(vjp):  # else it may be wrapped
        code, flags = vjp.__code__, vjp.__code__.co_flags
        n, star = code.co_argcount, bool(flags & inspect.CO_VARARGS)
        end = n + code.co_kwonlyargcount
        names = [*code.co_varnames[:end]]
        if flags & inspect.CO_VARKEYWORDS:
            names.append(code.co_varnames[end + star])
        given = vjp.__defaults__ or ()
        defaults = {**dict(zip(names[n - len(given) : n], given)), **(vjp.__kwdefaults__ or {})}  # noqa: B905
        takes_any_number = star and n >= skip
    else:
        parameters = [*inspect.signature(vjp).parameters.values()]
        names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
        defaults = {p.name: p.default for p in parameters}
        takes_any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters[skip:])
    kept = tuple(names[skip:])
    none_counts = {name for name in kept if defaults.get(name, name) is not None}
    return kept, takes_any_number, none_counts - {"initial"}


def is_default(name: str, value: Any) -> bool:
    if name == "out" and isinstance(value, tuple):
        return all(v is None for v in value)
    return any(value is v for v in _NOT_GIVEN) or (name == "where" and value is True)


def arguments_read(vjp: Function, names: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the arguments whose values a vjp uses: those its code loads.

    >>> arguments_read(lambda g, y, a, b: g * b, ("a", "b"))
    (1,)
    """
    code = getattr(vjp, "__code__", None)
    if code is None:  # a partial, a ufunc: assume it reads everything
        return tuple(range(len(names)))
    steps = list(dis.get_instructions(code))
    loaded: set[str] = set()
    for step, after in zip(steps, [*steps[1:], steps[-1]], strict=True):
        if step.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE")) and not (
            after.opname == "LOAD_ATTR" and after.argval in ("shape", "ndim", "size", "dtype")
        ):
            loaded.update(step.argval if isinstance(step.argval, tuple) else (step.argval,))
    own, _, _ = parameters_of(vjp, 2)
    return tuple(i for i, name in enumerate(own) if name in loaded and i < len(names))


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
    """Enter the derivative of `fn`: one `lambda g, y, *arguments` per differentiable argument.

    None stands for an argument without derivative. A function of any number of arrays gives
    `variadic=lambda i, g, y, *arrays` instead. `single` are the vjps for a gradient that only one
    argument wants (the least-norm choice at a tie depends on it). Where a function gives several
    outputs, g is a tuple of gradients, zeros for what nobody used, or None if `sparse`. A function
    that has a rule is refused unless `replace=True`.

    Raises RuleError for a duplicate, or when the vjps do not take the same arguments.

    >>> import numpy as np
    >>> def cube(x): return x * x * x
    >>> rule(cube, lambda g, y, x: g * 3 * x * x)
    >>> RULES.pop(cube).names
    ('x',)
    """
    if not replace:
        _refuse_duplicate(fn)
    if not callable(fn) or (not vjps and variadic is None):
        raise RuleError(f"{printed_name(fn)}: a rule is a function and at least one vjp.")
    new = Rule(fn, vjps, variadic, single)
    for vjp in filter(None, (*vjps, *(single or ()))):
        names, _, _ = parameters_of(vjp, 2)
        if names != new.names:
            raise RuleError(
                f"{printed_name(fn)}: every vjp takes g, y and the same arguments; one has "
                f"({', '.join(names)}), another ({', '.join(new.names)})."
            )
    if variadic is None and len(vjps) > len(new.names) and not new.takes_any_number:
        raise RuleError(
            f"{printed_name(fn)}: {len(vjps)} vjps for {len(new.names)} arguments; a vjp is "
            f"lambda g, y, *arguments, one for each differentiable argument."
        )
    if isinstance(fn, np.ufunc) and len(new.names) != fn.nin:
        raise RuleError(f"{printed_name(fn)} takes {fn.nin} arrays, the rule {len(new.names)}.")
    new.sparse = sparse
    COMPOSED.pop(fn, None)
    known = RULES.setdefault(fn, new)
    if known is not new:
        known.become(new)


def compose(fn: Function, definition: Function) -> None:
    """Say `fn` in terms of functions that have rules; `definition` runs in its place on Tensors."""
    _refuse_duplicate(fn)
    COMPOSED[fn] = definition


def constant(*fns: Function) -> None:
    """Enter functions whose derivative is zero, or that return no numbers: they run on raw data."""
    for fn in fns:
        _refuse_duplicate(fn)
        CONSTANT.add(fn)


def unsupported(reason: str, *fns: Function) -> None:
    """Name functions that have no derivative rule, with the reason that the error will give."""
    for fn in fns:
        _refuse_duplicate(fn)
        UNSUPPORTED[fn] = reason


def missing(fn: Function) -> NoRuleError:
    """The error for a function that no gradient can pass through."""
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
) -> Callable[[Function], Function]:
    """Make a function of arrays differentiable by a rule of its own.

    The body runs on plain arrays; on a Tensor, or any array with NumPy's dispatch, it is one
    recorded call. Takes the same vjps as `rule`; `elementwise` says that each output number depends
    only on the input numbers at its place.

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
                # Where two kinds of recording array meet, Tensor outranks the others.
                if (
                    kind not in _SILENT
                    and hasattr(kind, "__autograd_call__")
                    and (top is None or kind.__array_priority__ > top.__array_priority__)
                ):
                    top = a
            if top is not None:
                return top.__autograd_call__(dispatch, args, kwargs)
            return body(*args, **kwargs)

        dispatch.__autograd_primitive__ = True  # type: ignore[attr-defined]
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


def printed_name(fn: Function) -> str:
    """How a person writes the function: np.linalg.inv, sigmoid.

    >>> import numpy as np
    >>> printed_name(np.linalg.inv), printed_name(np.add)
    ('np.linalg.inv', 'np.add')
    """
    name = getattr(fn, "__name__", repr(fn))
    if isinstance(fn, np.ufunc):
        return f"np.{name}" if getattr(np, name, None) is fn else name
    module = getattr(fn, "__module__", "") or ""
    if module == "numpy" or module.startswith("numpy."):
        return f"np{module[5:]}.{name}"
    return name
