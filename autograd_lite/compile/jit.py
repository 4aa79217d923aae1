"""ag.compile: a function, backward pass included, as straight-line NumPy."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytree
from ..engine.graph import tensor_of
from ..engine.modes import modes
from ..engine.tensor import Tensor
from ..errors import TraceError
from .codegen.entry import MISS, entry
from .codegen.step_module import quietness, step_module
from .ir import Program
from .passes.pipeline import quick
from .tracing.arguments import Call, is_array, is_traced, is_traced_from_outside
from .tracing.trace import trace

MANY_VERSIONS = 8


def compile(f: Callable[..., Any]) -> Step:  # the public name
    """Return a function that computes what `f` computes, by generated straight-line NumPy.

    The first call with new shapes or dtypes compiles, in some ten milliseconds. `step.source` is
    what runs, a file that needs only NumPy.

    `f` runs once, on stand-ins for its arguments, and must be pure:

    - Its results depend on its arguments only. Arrays and numbers that it reaches in another way,
      through a closure, a global or an attribute, keep the values that they had when it was
      compiled. This is not noticed; nor is a counter, a clock, or a file that is read anew.
    - It has no other effects. Printing and appending to lists happens while compiling, and not
      again. A stand-in that leaks out raises TraceError when it is used.
    - No value decides what is computed: `if x > 0`, float(x), x[x > 0] raise TraceError; np.where
      chooses between values. Strings, booleans and None may decide, and so may integers where
      Python needs one (a loop count, a size, an axis): another value is compiled anew.
    - It draws no random numbers: they would be the same at every call. Drawing from NumPy's or
      Python's global generator, or from one that is in reach by name, raises TraceError; a
      generator made inside, np.random.default_rng(), is not noticed. Pass a mask as an argument.
    - It writes into no arrays; `a += x` makes a new array and leaves the caller's as it was.

    Results equal f's up to rounding. If a gradient is nan, f itself runs, since the engine can
    repair some (see backward.backpropagate) and straight lines cannot. Warnings of NumPy's are
    held back. While a gradient is taken through the step, or `detect_anomaly` is on, f itself runs
    too.

    Parameters
    ----------
    f : callable
        Takes arrays and numbers, or nested dicts, lists and tuples of them, and may call grad,
        value_and_grad or backward.

    Returns
    -------
    Step
        Called as `f` is. Its properties `source` and `program` show what runs.

    Raises
    ------
    TypeError
        If `f` cannot be called.
    TraceError
        At the first call, if f cannot be traced as straight-line NumPy.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> def descend(W, X, rate):
    ...     return W - rate * ag.grad(lambda W: np.sum(np.square(W @ X)))(W)
    >>> step = compile(descend)
    >>> step(np.ones((1, 2)), np.eye(2), 0.25)
    array([[0.5, 0.5]])
    """
    return Step(f)


class Step:
    """A compiled function; it holds a Version for each combination of shapes, dtypes and structure.

    Attributes
    ----------
    f : callable
        The function that was compiled.
    source : str
        The generated file of the version called last.
    program : Program
        The lines of the version called last, after all passes.
    """

    __name__: str

    def __init__(self, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise TypeError(
                f"ag.compile takes a function, not a {type(f).__name__}: write ag.compile(f), and "
                f"call what it returns with the arguments."
            )
        self.f = f
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        functools.update_wrapper(self, f, updated=())
        self.signature = signature_of(f)
        self.latest: Version | None = None
        self._versions: dict[Any, list[Version]] = {}
        self._all: list[Version] = []  # in the order in which they were compiled
        self._lock = threading.RLock()  # a function may call itself

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the compiled code; compile first if the shapes or dtypes are new."""
        latest = self.latest
        if latest is not None and not modes.anomaly:
            try:
                result = latest.enter(args, kwargs)
            except FloatingPointError:
                return self.eager(args, kwargs)
            if result is not MISS:
                return result
        return self._other(args, kwargs)

    def _other(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do a call that the latest version is not for, or that passes arguments in another way."""
        call = self.call(args, kwargs)
        if modes.anomaly or is_traced_from_outside(call):
            return self.f(*args, **kwargs)
        tensors = any(isinstance(leaf.value, Tensor) for leaf in call.leaves)
        call = call.plain()
        version = self.version(call)
        try:
            result = version.run(call)
        except FloatingPointError:
            result = self.eager(call.args, call.kwargs)
        return pytree.map(as_tensor, result) if tensors else result

    def eager(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call f itself; return arrays in place of Tensors."""
        return pytree.map(lambda x: x.data if isinstance(x, Tensor) else x, self.f(*args, **kwargs))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """Take the arguments apart, positional as far as that goes, with defaults filled in."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        names: list[str] = []
        for p in self.signature.parameters.values():
            if p.kind is p.VAR_POSITIONAL:
                names += [f"{p.name}_{i}" for i in range(len(bound.args) - len(names))]
            elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
                names.append(p.name)
        return Call.of(bound.args, bound.kwargs, names)

    def version(self, call: Call) -> Version:
        """Return the Version for arguments like these, compiled now if there is none yet."""
        key = call.key()
        with self._lock:
            versions = self._versions.setdefault(key, [])
            found = next((v for v in versions if v.accepts(call)), None)
            if found is None:
                found = Version(self.f, self.__name__, call)
                versions.append(found)
                self._all.append(found)
                if len(self._all) % MANY_VERSIONS == 0:
                    self._warn(len(self._all), found)
        self.latest = found
        return found

    def _warn(self, count: int, new: Version) -> None:
        """Warn of many versions, and name what changed between the last two."""
        changed = difference(self._all[-2], new)
        warnings.warn(
            f"{self.__name__} was compiled {count} times. Since the version before, {changed} "
            f"changed. Keep shapes and dtypes the same (pad the last batch, for example), and let "
            f"no number that changes decide a size or an if statement: np.where chooses, too.",
            stacklevel=5,
        )

    @property
    def source(self) -> str:
        """The NumPy that runs, a file of its own; of the version called last."""
        return self._called().module.source

    @property
    def program(self) -> Program:
        """The Program behind it, after all passes; of the version called last."""
        return self._called().program

    def _called(self) -> Version:
        """Return the version called last."""
        if self.latest is None:
            raise TraceError(
                f"{self.__name__} was not called yet, and is compiled when shapes are known: call "
                f"it once with arrays of the right shapes, then ask for its source or program."
            )
        return self.latest

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}>"


class Version:
    """The code compiled for one combination of shapes, dtypes and structure."""

    def __init__(self, f: Callable[..., Any], name: str, call: Call) -> None:
        self.leaves = [leaf._replace(value=light(leaf.value)) for leaf in call.leaves]
        self.traced = trace(f, call)
        traced = self.traced.program
        values = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
        program = quick(traced, dict(zip(traced.inputs, values, strict=True)))
        title = f"{name}({', '.join(leaf.name for leaf in call.leaves)})"
        self.module, self.program = step_module(title, program, quietness(traced))
        self.enter = entry(call, self.traced, self.module)
        self.loops: Any = None  # see `iterate`

    def accepts(self, call: Call) -> bool:
        """Return whether the integers that decided something are the same."""
        return all(call.leaves[i].value == value for i, value in self.traced.pinned.items())

    def run(self, call: Call) -> Any:
        """Return the results for arguments with this version's key."""
        old = [leaf.value for leaf in self.leaves]
        new = [leaf.value for leaf in call.leaves]
        args, kwargs = call.rebuilt(map(canonical, new, old))
        result = self.enter(args, kwargs)
        assert result is not MISS, "the key of a call says less than the checks of the entry"
        return result


def canonical(value: Any, example: Any) -> Any:
    """Return an array with the very dtype object that the entry compares with."""
    if isinstance(value, np.ndarray) and value.dtype is not example.dtype:
        return value.view(example.dtype)
    return value


def as_tensor(x: Any) -> Any:
    """Return an array as a Tensor."""
    return tensor_of(x, None) if isinstance(x, np.ndarray | np.generic) else x


def signature_of(f: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of f; `(*args, **kwargs)` if it has none or is a ufunc."""
    if isinstance(f, Step):
        return f.signature
    try:
        if isinstance(f.func if isinstance(f, functools.partial) else f, np.ufunc):
            raise ValueError  # its many options have defaults that NumPy does not take
        return inspect.signature(f)
    except (TypeError, ValueError):
        return inspect.signature(lambda *args, **kwargs: None)


def light(value: Any) -> Any:
    """Return a value of the same shape and dtype that keeps no memory alive."""
    return np.broadcast_to(np.zeros((), value.dtype), value.shape) if is_array(value) else value


def difference(before: Version, now: Version) -> str:
    """Return which arguments changed, and from what to what."""
    if [leaf.path for leaf in before.leaves] != [leaf.path for leaf in now.leaves]:
        return "the structure of the arguments"
    changed = []
    for i, (old, new) in enumerate(zip(before.leaves, now.leaves, strict=True)):
        pinned = i in now.traced.pinned
        a, b = described(old.value, pinned), described(new.value, pinned)
        if a != b:
            why = " (its value decides what is computed)" if pinned else ""
            changed.append(f"{old.name} from {a} to {b}{why}")
    return ", ".join(changed) or "the containers of the arguments"


def described(value: Any, decides: bool) -> str:
    """Return dtype and shape of an array, a value that decides, or the type of another number."""
    if is_array(value):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value) if decides or not is_traced(value) else type(value).__name__
