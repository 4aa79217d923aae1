"""Signatures of rules: which arguments a rule names, and how NumPy's arguments are bound to them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError

Function = Callable[..., Any]
_FUNCTION = type(lambda: None)

NO_VALUE: Any = vars(np)["_NoValue"]  # NumPy's default for "not given"
_NOT_GIVEN = (None, NO_VALUE)  # dropped, so that no rule sees them


class Signature:
    """The arguments that a rule names, read from one of its vjps.

    `any_number`: the rule takes *args. `none_counts`: arguments for which None is a value, as in
    np.sort(x, axis=None), and does not mean "not given". `out_place`: the position of `out`, or
    sys.maxsize if absent.
    """

    __slots__ = ("any_number", "names", "none_counts", "out_place")

    def __init__(self, vjp: Function, skip: int) -> None:
        self.names, self.any_number, self.none_counts = parameters_of(vjp, skip)
        self.out_place = self.names.index("out") if "out" in self.names else sys.maxsize

    def bind(
        self, fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any], positional: int
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of `fn` as its rule takes them: `positional` ones by position.

        Raises NoRuleError for an argument that the rule does not name.
        """
        kwargs = {
            k: v
            for k, v in kwargs.items()
            if (v is None and k in self.none_counts) or not is_default(k, v)
        }
        for name in kwargs:
            if name not in self.names or name == "out":
                raise NoRuleError(
                    f"{printed_name(fn)}: the argument {name}= has no derivative rule. Known here: "
                    f"{', '.join(self.names)}. Leave it out, or add a rule that names it with "
                    f"autograd_lite.rule."
                )
        if self.any_number:
            return args, kwargs
        if len(args) > len(self.names):
            raise NoRuleError(
                f"{printed_name(fn)}: {len(args)} arguments by position, but the rule knows "
                f"{len(self.names)}: {', '.join(self.names)}."
            )
        if len(args) > self.out_place and args[self.out_place] is not None:
            raise NoRuleError(
                f"{printed_name(fn)}: out= writes into an array that the graph may need as it was. Use the "
                f"array that the call returns."
            )
        placed = list(args)
        for name in self.names[len(args) : positional]:
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
    """Return whether an argument has the value that NumPy uses when it is not given."""
    if name == "out" and isinstance(value, tuple):
        return all(v is None for v in value)
    return any(value is v for v in _NOT_GIVEN) or (name == "where" and value is True)


def arguments_read(vjp: Function, names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the positions of the arguments whose values a vjp uses: those its code loads.

    The engine looks once at the code of each rule, never at a caller's: it then watches only the
    arrays that the backward pass will read.

    >>> arguments_read(lambda g, y, a, b: g * b, ("a", "b"))
    (1,)
    """
    import dis

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
    own = parameters_of(vjp, 2)[0]
    return tuple(i for i, name in enumerate(own) if name in loaded and i < len(names))


def printed_name(fn: Function) -> str:
    """Return the function as a person writes it: np.linalg.inv, sigmoid.

    >>> import numpy as np
    >>> printed_name(np.linalg.inv), printed_name(np.add)
    ('np.linalg.inv', 'np.add')
    """
    name: str = getattr(fn, "__autograd_name__", "") or getattr(fn, "__name__", repr(fn))
    if isinstance(fn, np.ufunc):
        return f"np.{name}" if getattr(np, name, None) is fn else name
    module = getattr(fn, "__module__", "") or ""
    if module == "numpy" or module.startswith("numpy."):
        return f"np{module[5:]}.{name}"
    return name
