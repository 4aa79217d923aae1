"""Run a function once on Tracers: the Program that this makes, and how its results are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import pytree
from ...engine.graph import Node
from ...engine.modes import observing, setting
from ...engine.tensor import Tensor
from ...errors import TraceError
from ...rules.registry import printed_name
from ..ir import Program
from .arguments import Call, is_traced
from .builder import ProgramBuilder
from .purity import has_drawn, random_states
from .tracer import Tracer

_PLAIN_RESULTS = (str, bytes, int, float, complex, np.dtype, type)


@dataclass(frozen=True)
class Result:
    """A mark for output number `i` of the Program in the structure of the results."""

    i: int


@dataclass(frozen=True)
class Fixed:
    """A mark for a result that is no array: a size, a name."""

    value: Any


@dataclass(frozen=True)
class Traced:
    """A traced function."""

    program: Program
    results: Any  # nested as f's results, with a Result or a Fixed for each
    pinned: dict[int, Any]  # index of a leaf of the arguments, and the integer it must be


def trace(f: Callable[..., Any], call: Call) -> Traced:
    """Run `f` once on Tracers, with the values of this call as the example.

    Raises TraceError if the function is no straight-line NumPy, or is seen to be impure.
    """
    builder = ProgramBuilder()
    builder.code = trace.__code__
    leaves = [
        builder.input(leaf.value, leaf.name) if is_traced(leaf.value) else leaf.value
        for leaf in call.leaves
    ]
    args, kwargs = call.rebuilt(leaves)
    name = printed_name(f)
    draws = random_states(f)
    watcher = Watcher(builder)
    try:
        with (
            np.errstate(all="ignore"),
            setting(grad=True, lines=False, anomaly=False),
            observing(watcher.observe),
        ):
            out = f(*args, **kwargs)
        results, outputs = take_apart_results(out, name)
        program = builder.finish(outputs)
    except ValueError as error:  # NumPy raises it when it puts a Tracer into an array
        if isinstance(error.__cause__, TraceError):
            raise error.__cause__ from None
        raise
    finally:
        builder.open = False
        watcher.clean_up()
    watcher.refuse_leaks(name)
    if has_drawn(draws, random_states(f)):
        raise TraceError(
            f"{name} drew random numbers: they would be the same at every call. Draw them outside "
            f"and pass them as an argument."
        )
    pinned = {
        i: leaf.value
        for i, (leaf, x) in enumerate(zip(call.leaves, leaves, strict=True))
        if isinstance(x, Tracer) and x.variable in builder.pinned
    }
    return Traced(program, results, pinned)


def take_apart_results(out: Any, name: str) -> tuple[Any, list[Any]]:
    """Return the structure of what a function returned, and its arrays."""
    outputs: list[Any] = []

    def mark(x: Any) -> Any:
        x = x._data if type(x) is Tensor else x
        if isinstance(x, Tracer | np.ndarray | np.generic):
            outputs.append(x)
            return Result(len(outputs) - 1)
        if not isinstance(x, _PLAIN_RESULTS):
            raise TraceError(
                f"{name} returned a {type(x).__name__}. A compiled function returns arrays and "
                f"numbers, or nested dicts, lists and tuples of them."
            )
        return Fixed(x)

    return pytree.map(mark, out), outputs


class Watcher:
    """Listener for gradients that a backward pass completes; labels them in the ProgramBuilder.

    A variable that is no argument, whose `grad` a backward() inside the function would fill, is a
    leak: its elements are frozen, and a Tracer would stay behind in it.
    """

    def __init__(self, builder: ProgramBuilder) -> None:
        self.builder = builder
        self.filled: list[tuple[Tensor, Any]] = []

    def observe(self, node: Node, g: Any) -> None:
        """Note which variable is the gradient of which, and whose derivative comes next."""
        self.builder.rule = "" if node.rule is None else printed_name(node.rule.fn)
        sink = None if node.meta is None else node.meta.sink
        wanted = node.rule is None or node.rule.fn is np.positive or sink is not None
        for part, out in pairs(g, node.out):
            part = part._data if type(part) is Tensor else part
            if not isinstance(part, Tracer):
                continue
            if isinstance(out, Tracer):
                part.variable.gradient_of = part.variable.gradient_of or out.variable
            if wanted:
                part.variable.found = True
                self.builder.found.append(part.variable)
        tensor = None if sink is None else sink()
        if tensor is not None and isinstance(node.out, np.ndarray | np.generic):
            self.filled.append((tensor, tensor._grad))

    def clean_up(self) -> None:
        """Take Tracers out of the gradients of Tensors that outlive the trace."""
        for tensor, before in reversed(self.filled):
            tensor._grad = before

    def refuse_leaks(self, name: str) -> None:
        """Raise TraceError if a gradient went to a Tensor from outside."""
        for tensor, _ in self.filled:
            called = f"the Tensor {tensor.name!r}" if tensor.name else "a Tensor"
            raise TraceError(
                f"{name} leaves a gradient in {called} of shape {tensor.shape}, which is no "
                f"argument: compiled, its elements would stay as they are now. Pass parameters as "
                f"arguments, and take gradients with ag.value_and_grad."
            )


def pairs(g: Any, out: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each gradient with the output of the call that it belongs to."""
    if type(out) is tuple:
        parts = g if isinstance(g, tuple | list) else (g,)
        yield from zip(parts, out, strict=False)
    else:
        yield g, out
