"""ag.compile: a pure function of arrays, backward pass included, as straight-line NumPy."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functional import leaves
from ..graph import modes
from ..tensor import Tensor
from .algebra import cancel_divisions, simplify
from .buffers import Plan, strong_numbers
from .emit import argument, evaluate, own_functions, parameters
from .names import name_layers, name_variables
from .passes import common_subexpressions, dead_code, fold, inline
from .program import Program
from .recorder import Recorder, Trace, TraceError
from .trees import flatten, is_traced, rebuild, structure

MANY_VERSIONS = 8


def compile(f: Callable[..., Any]) -> Step:  # noqa: A001 (the public name)
    """A function that gives what `f` gives, from straight-line NumPy written by the engine itself.

    `f` is pure: its results depend on its arguments only, which are arrays and numbers, or nested
    dicts, lists and tuples of them. It may call grad, value_and_grad or backward. The first call
    with new shapes or types compiles; `step.source` is what runs.

    Raises TraceError where a value would decide what is computed (if, float(), printing).

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

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.signature = inspect.signature(f)
        self.versions: dict[Any, Version] = {}
        self.latest: Version | None = None
        self._lock = threading.Lock()
        functools.update_wrapper(self, f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        latest = self.latest
        if latest is not None and not kwargs:
            result = latest.enter(args)
            if result is not MISS:
                return result
        if any(isinstance(x, Tensor) and x.requires_grad for x in leaves((args, kwargs))):
            return self.f(*args, **kwargs)  # a gradient should flow through: run f itself
        version = self.version(*args, **kwargs)
        return version.enter(self.positional(args, kwargs))

    def positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, defaults filled in, Tensors as plain arrays."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TraceError(
                f"{self.__name__} has keyword-only arguments {', '.join(bound.kwargs)}; a compiled "
                f"function takes its arguments by position."
            )
        return tuple(rebuild(a, lambda x: x.data if isinstance(x, Tensor) else x) for a in bound.args)

    def version(self, *args: Any, **kwargs: Any) -> Version:
        """The Version for arguments like these, compiled now if it is not there yet."""
        given = self.positional(args, kwargs)
        key = structure(given)
        found = self.versions.get(key)
        if found is None or not found.accepts(given):
            with self._lock:
                found = self.versions[key] = Version(self.f, given, self._names(given))
            if len(self.versions) == MANY_VERSIONS:
                warnings.warn(
                    f"{self.__name__} was compiled {MANY_VERSIONS} times, because shapes, types, "
                    f"structure or fixed values of its arguments changed each time; the last: "
                    f"{key}. Keep them equal (pad the last batch, for example).",
                    stacklevel=3,
                )
        self.latest = found
        return found

    def _names(self, given: tuple[Any, ...]) -> list[str]:
        names = []
        for p in self.signature.parameters.values():
            if p.kind is p.VAR_POSITIONAL:
                names += [f"{p.name}_{i}" for i in range(len(given) - len(names))]
            else:
                names.append(p.name)
        return names[: len(given)]

    @property
    def source(self) -> str:
        """The NumPy that runs, a file of its own; of the version called last."""
        return self._latest().source

    @property
    def program(self) -> Program:
        """The Program behind it, after all passes."""
        return self._latest().program

    def _latest(self) -> Version:
        if self.latest is None:
            raise TraceError(f"{self.__name__} was not called yet: shapes are known then.")
        return self.latest


class Version:
    """What was compiled for one combination of shapes, types and structure."""

    def __init__(self, f: Callable[..., Any], given: tuple[Any, ...], names: list[str]) -> None:
        self.names = names
        self.traced = trace(f, given, names)
        self.program = name_variables(optimize(self.traced.program))
        self.source = render(f"{f.__name__}{signature_note(self.traced)}", self.program)
        self.constants = list(self.program.constants.values())
        self.enter = self._entry(given)
        self.loop: Any = None  # see `iterate`

    def accepts(self, given: tuple[Any, ...]) -> bool:
        """Whether whole numbers that decided a shape are the same."""
        flat = flat_arguments(given, self.names)
        return all(flat[i][2] == value for i, value in self.traced.pinned.items())

    def _entry(self, given: tuple[Any, ...]) -> Callable[[tuple[Any, ...]], Any]:
        """A generated function that takes containers apart, checks, calls, and puts together."""
        flat = flat_arguments(given, self.names)
        checks = [f"len(args) == {len(given)}"]
        lines, passed = [], []
        for i, (_, path, value) in enumerate(flat):
            lines.append(f"        x{i} = {path}")
            if isinstance(value, np.ndarray):
                checks.append(
                    f"x{i}.__class__ is ndarray and x{i}.shape == {value.shape} "
                    f"and x{i}.dtype == d{i}"
                )
            elif is_traced(value) and i not in self.traced.pinned:
                checks.append(f"x{i}.__class__ is d{i}")
            else:
                checks.append(f"x{i} == v{i}")
            if is_traced(value):
                passed.append(f"x{i}")
        sizes: list[tuple[str, Any]] = []
        for name, a in zip(self.names, given, strict=True):
            containers(a, name, sizes)
        checks += [f"len({path}) == {len(c)}" for path, c in sizes]
        passed += [f"c{i}" for i in range(len(self.constants))]
        source = "\n".join(
            [
                "def enter(args):",
                "    try:",
                f"        {''.join(name + ', ' for name in self.names)} = args" if given else "",
                *lines,
                f"        fits = {' and '.join(checks)}",
                "    except (TypeError, ValueError, KeyError, IndexError, AttributeError):",
                "        return MISS",
                "    if not fits:",
                "        return MISS",
                "    run = idle.pop() if idle else make()",
                "    try:",
                f"        r = run({', '.join(passed)})",
                "    finally:",
                "        idle.append(run)",
                f"    return {rebuilt(self.traced.results)}",
            ]
        )

        def make() -> Any:  # memory of its own, so that threads do not share it
            return evaluate(self.source, "step", {})

        known: dict[str, Any] = {"MISS": MISS, "ndarray": np.ndarray, "make": make, "idle": [make()]}
        for i, (_, _, value) in enumerate(flat):
            known[f"d{i}"] = value.dtype if isinstance(value, np.ndarray) else type(value)
            known[f"v{i}"] = value
        known.update((f"c{i}", c) for i, c in enumerate(self.constants))
        known.update((f"fixed{i}", c) for i, c in enumerate(self.traced.fixed))
        return evaluate(source, "enter", known)  # type: ignore[no-any-return]


MISS = object()


class Result:
    """Marks output number `i` of the Program in the structure of the results."""

    def __init__(self, i: int) -> None:
        self.i = i


class Fixed:
    """Marks a result that is no array: a shape, a name."""

    def __init__(self, i: int) -> None:
        self.i = i


@dataclass
class Traced:
    """A function written down: its Program and how its results are nested."""

    program: Program
    results: Any
    pinned: dict[int, Any]  # position and value of whole numbers that decided a shape
    fixed: list[Any]
    names: list[str]


def flat_arguments(given: tuple[Any, ...], names: list[str]) -> list[tuple[str, str, Any]]:
    """Name, source expression and value of everything in the arguments."""
    return [leaf for name, a in zip(names, given, strict=True) for leaf in flatten(a, name)]


def trace(f: Callable[..., Any], given: tuple[Any, ...], names: list[str]) -> Traced:
    """Run `f` once on Recorders."""
    recording = Trace()
    flat = flat_arguments(given, names)
    inputs = {
        path: recording.input(value, name) for name, path, value in flat if is_traced(value)
    }
    traced = [
        rebuild_paths(a, name, inputs) for a, name in zip(given, names, strict=True)
    ]
    before = modes.update(grad=True, lines=False, anomaly=False)
    observer, modes.observer = modes.observer, label_gradient
    draws = random_states(f)
    try:
        with np.errstate(all="ignore"):
            out = f(*traced)
    finally:
        modes.observer = observer
        modes.update(**before)
    if random_states(f) != draws:
        recording.open = False
        raise TraceError(
            f"{f.__name__} drew random numbers: they would be the same at every call. Draw them "
            f"outside and pass them as an argument."
        )
    outputs: list[Any] = []
    fixed: list[Any] = []

    def mark(x: Any) -> Any:
        if type(x) is Tensor:
            x = x._data
        if isinstance(x, Recorder | np.ndarray | np.generic):
            outputs.append(x)
            return Result(len(outputs) - 1)
        fixed.append(x)
        return Fixed(len(fixed) - 1)

    results = rebuild(out, mark)
    pinned = {
        i: value
        for i, (_, path, value) in enumerate(flat)
        if path in inputs and inputs[path].variable in recording.pinned
    }
    program = recording.finish(outputs)
    program.constants = {v: np.array(a) for v, a in program.constants.items()}
    return Traced(program, results, pinned, fixed, [name for name, _, _ in flat])


def rebuild_paths(tree: Any, name: str, inputs: dict[str, Recorder]) -> Any:
    """The argument with Recorders in place of arrays and numbers."""
    paths = iter([path for _, path, _ in flatten(tree, name)])

    def leaf(value: Any) -> Any:
        return inputs.get(next(paths), value)

    return rebuild(tree, leaf)


def label_gradient(node: Any, g: Any) -> None:
    """Note in the Program which variable is the gradient of which."""
    g = g._data if type(g) is Tensor else g
    if isinstance(g, Recorder) and isinstance(node.out, Recorder):
        g.variable.gradient_of = g.variable.gradient_of or node.out.variable


def random_states(f: Callable[..., Any]) -> list[str]:
    """The states of NumPy's global generator and of those that `f` can reach by name."""
    code = getattr(f, "__code__", None)
    reach = [] if code is None else [f.__globals__.get(name) for name in code.co_names]  # type: ignore[attr-defined]
    reach += [cell.cell_contents for cell in getattr(f, "__closure__", None) or () if cell_full(cell)]
    states = [str(np.random.get_state(legacy=False))]
    for x in reach:
        if isinstance(x, np.random.Generator):
            states.append(str(x.bit_generator.state))
        elif isinstance(x, np.random.RandomState):
            states.append(str(x.get_state(legacy=False)))
    return states


def cell_full(cell: Any) -> bool:
    """Whether a closure's cell holds something yet."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def optimize(program: Program) -> Program:
    """All passes, in an order in which each finds what it looks for."""
    program = common_subexpressions(simplify(fold(dead_code(program))))
    program = common_subexpressions(simplify(cancel_divisions(program)))
    name_layers(program)
    program = common_subexpressions(simplify(fold(inline(program))))
    return dead_code(program)


def render(title: str, program: Program) -> str:
    """The source of a step: memory, then one function."""
    plan = Plan(program)
    own = own_functions(program.lines)
    results = "".join(argument(v) + ", " for v in program.outputs)
    quiet = "quiet" in program.notes
    indent = "        " if quiet else "    "
    parts = [
        f'"""Written by autograd_lite: {title}."""',
        "import numpy as np",
        own,
        "\n".join(["# Memory for results on the way, and numbers, made once", *plan.preparation()])
        if plan.preparation()
        else "",
        "\n".join(
            [
                f"def step({parameters(program)}):",
                *(["    with np.errstate(over='ignore'):"] if quiet and program.lines else []),
                *(indent + line for line in strong_numbers(program.lines, program.inputs)),
                *([plan.body(indent)] if program.lines else []),
                f"    return ({results})",
            ]
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def signature_note(traced: Traced) -> str:
    """Names of the flat arguments, for the title."""
    return f"({', '.join(traced.names)})"


def containers(tree: Any, path: str, found: list[tuple[str, Any]]) -> None:
    """Every dict, list and tuple in a nest, with the expression that reaches it."""
    if isinstance(tree, dict):
        found.append((path, tree))
        for key, item in tree.items():
            containers(item, f"{path}[{key!r}]", found)
    elif isinstance(tree, tuple | list):
        found.append((path, tree))
        for i, item in enumerate(tree):
            containers(item, f"{path}[{i}]", found)


def rebuilt(results: Any) -> str:
    """The expression that nests the results as `f` did."""
    if isinstance(results, Result):
        return f"r[{results.i}]"
    if isinstance(results, Fixed):
        return f"fixed{results.i}"
    if isinstance(results, dict):
        return "{" + ", ".join(f"{key!r}: {rebuilt(item)}" for key, item in results.items()) + "}"
    inner = "".join(rebuilt(item) + ", " for item in results)
    return f"({inner})" if isinstance(results, tuple) else f"[{inner}]"
