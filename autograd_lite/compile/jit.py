"""ag.compile: a function, backward pass included, as straight-line NumPy."""

from __future__ import annotations

import contextvars
import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytree
from ..engine.graph import modes
from ..engine.tensor import Tensor, tensor_of
from ..errors import TraceError
from .codegen.entry import MISS, entry
from .codegen.module import evaluate, sources_of
from .codegen.names import name_variables
from .codegen.nan_guards import with_finite_watch, with_watch
from .codegen.step_module import handed_over, quietness, render
from .ir import Program
from .passes.pipeline import quick
from .tracing.arguments import Call, being_recorded, is_array, is_traced
from .tracing.trace import Traced, trace

MANY_VERSIONS = 8


def compile(f: Callable[..., Any]) -> Step:  # the public name
    """A function that gives what `f` gives, from straight-line NumPy written by the engine itself.

    `f` takes arrays and numbers, or nested dicts, lists and tuples of them, and may call grad,
    value_and_grad or backward. The first call with new shapes or types compiles, in some ten
    milliseconds; `step.source` is what runs, a file that needs only NumPy.

    `f` runs once, on stand-ins, and is to be pure:

    - Its results depend on its arguments only. Arrays and numbers that it reaches in another way,
      through a closure, a global or an attribute, stay as they were when it was compiled. This
      is not noticed: neither a counter, nor a clock, nor a file that is read anew.
    - It has no other effects. What it prints or appends to a list happens while compiling, and
      not again. A stand-in that leaks out raises TraceError when it is used.
    - No value decides what is computed: `if x > 0`, float(x), x[x > 0] raise TraceError; np.where
      chooses between values. Text, booleans and None may decide, and whole numbers where Python
      needs one (a loop count, a size, an axis): another one is compiled anew.
    - It draws no random numbers: they would be the same at every call. Drawing from NumPy's or
      Python's global generator, or from one that is in reach by name, raises TraceError; a
      generator made inside, np.random.default_rng(), is not noticed. Pass a mask as an argument.
    - Arrays are not written into; `a += x` makes a new array and leaves the caller's as it was.

    Results are f's to rounding. Where a gradient is nan, f itself runs, since the engine has a cure
    (see backward.backpropagate) that straight lines have not. Warnings of NumPy's are held back.
    While a gradient is taken through the step, or `detect_anomaly` is on, f itself runs too.

    Raises TraceError where f cannot be written down as straight-line NumPy.

    >>> import autograd_lite as ag
    >>> def descend(W, X, rate):
    ...     return W - rate * ag.grad(lambda W: np.sum(np.square(W @ X)))(W)
    >>> step = compile(descend)
    >>> step(np.ones((1, 2)), np.eye(2), 0.25)
    array([[0.5, 0.5]])
    """
    return Step(f)


class Step:
    """A compiled function; one Version for each combination of shapes, types and structure."""

    __name__: str

    def __init__(self, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise TypeError(
                f"ag.compile takes a function, not a {type(f).__name__}: write ag.compile(f), and "
                f"call what it gives with the arguments."
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
        """A call that the latest version is not for, or that is written in another way."""
        call = self.call(args, kwargs)
        if modes.anomaly or being_recorded(call):
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
        """What f itself gives, with arrays in place of Tensors."""
        return pytree.map(lambda x: x.data if isinstance(x, Tensor) else x, self.f(*args, **kwargs))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """The arguments taken apart: by position as far as that goes, defaults filled in."""
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
        """The Version for arguments like these, compiled now if it is not there yet."""
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
        changed = difference(self._all[-2], new)
        warnings.warn(
            f"{self.__name__} was compiled {count} times. Since the version before, {changed} "
            f"changed. Keep shapes and types the same (pad the last batch, for example), and let "
            f"no number that changes decide a size or an if statement: np.where chooses, too.",
            stacklevel=5,
        )

    @property
    def source(self) -> str:
        """The NumPy that runs, a file of its own; of the version called last."""
        return self._called().source

    @property
    def program(self) -> Program:
        """The Program behind it, after all passes; of the version called last."""
        return self._called().program

    def _called(self) -> Version:
        if self.latest is None:
            raise TraceError(
                f"{self.__name__} was not called yet, and is compiled when shapes are known: call "
                f"it once with arrays such as it will get, then ask for its source or program."
            )
        return self.latest

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}>"


class Version:
    """What was compiled for one combination of shapes, types and structure."""

    def __init__(self, f: Callable[..., Any], name: str, call: Call) -> None:
        self.leaves = [leaf._replace(value=light(leaf.value)) for leaf in call.leaves]
        self.traced: Traced = trace(f, call)
        values = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
        examples = dict(zip(self.traced.program.inputs, values, strict=True))
        program, watch = with_watch(quick(self.traced.program, examples))
        self.program, finite = with_finite_watch(program)
        sources = sources_of(self.program.lines)
        quiet = quietness(self.traced.program)
        title = f"{name}({', '.join(leaf.name for leaf in call.leaves)})"
        names = name_variables(self.program)
        self.source = render(title, self.program, names, (watch, finite), quiet, sources)
        make = functools.partial(runner, self.source, sources.given, bool(quiet))
        self.enter = entry(call, self.traced, list(handed_over(self.program).values()), make)
        self.loop: Any = None  # see `iterate`

    def accepts(self, call: Call) -> bool:
        """Whether whole numbers that decided something are the same."""
        return all(call.leaves[i].value == value for i, value in self.traced.pinned.items())

    def run(self, call: Call) -> Any:
        """The results for arguments with this version's key."""
        old = [leaf.value for leaf in self.leaves]
        new = [leaf.value for leaf in call.leaves]
        args, kwargs = call.rebuilt(map(canonical, new, old))
        result = self.enter(args, kwargs)
        assert result is not MISS, "the key of a call says less than the checks of the entry"
        return result


def runner(source: str, given: dict[str, Any], quiet: bool) -> Callable[..., Any]:
    """The generated function, with memory of its own, so that threads do not share it."""
    step: Callable[..., Any] = evaluate(source, "step", given)["step"]
    return silent(step) if quiet else step


def silent(fn: Any) -> Callable[..., Any]:
    """A function decorated with np.errstate, in a context where nothing is left for that to do.

    It costs a twentieth of what the decorator takes at each call.
    """
    context = contextvars.copy_context()
    context.run(np.seterr, all="ignore")
    return functools.partial(context.run, fn.__wrapped__)


def canonical(value: Any, example: Any) -> Any:
    """An array with the very dtype object that the entry compares with."""
    if isinstance(value, np.ndarray) and value.dtype is not example.dtype:
        return value.view(example.dtype)
    return value


def as_tensor(x: Any) -> Any:
    """Results as Tensors, where one went in."""
    return tensor_of(x, None) if isinstance(x, np.ndarray | np.generic) else x


def signature_of(f: Callable[..., Any]) -> inspect.Signature:
    """The signature of f, or *args of what has none, or a wood of options, as a ufunc has."""
    if isinstance(f, Step):
        return f.signature
    try:
        if isinstance(f.func if isinstance(f, functools.partial) else f, np.ufunc):
            raise ValueError
        return inspect.signature(f)
    except (TypeError, ValueError):
        return inspect.signature(lambda *args, **kwargs: None)


def light(value: Any) -> Any:
    """Something of the same shape and type that keeps no memory alive."""
    return np.broadcast_to(np.zeros((), value.dtype), value.shape) if is_array(value) else value


def difference(before: Version, now: Version) -> str:
    """Which arguments changed, and from what to what."""
    if [leaf.path for leaf in before.leaves] != [leaf.path for leaf in now.leaves]:
        return "the structure of the arguments"
    changed = []
    for i, (old, new) in enumerate(zip(before.leaves, now.leaves, strict=True)):
        a, b = described(old.value), described(new.value)
        if i in now.traced.pinned and old.value != new.value:
            a, b = repr(old.value), f"{new.value!r} (its value decides what is computed)"
        if a != b or (not is_traced(old.value) and old.value != new.value):
            changed.append(f"{old.name} from {a} to {b}")
    return ", ".join(changed) or "the containers of the arguments"


def described(value: Any) -> str:
    """Shape and type of an array; anything else as it is."""
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value) if isinstance(value, int | str) or value is None else type(value).__name__
