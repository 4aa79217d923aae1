"""ag.derive: the backprop of a cost function, as a person would write it in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytree
from ..errors import TraceError
from ..transforms.argnums import Argnums, positions
from ..transforms.reverse import value_and_grad
from .derivation.derivation import Derivation
from .ir import Line, Program, Var
from .jit import Step
from .passes.algebra import simplify
from .passes.cleanup import common_subexpressions, dead_code
from .passes.pipeline import readable
from .passes.rewrite import ROUNDING, Definitions, New, is_number, rewritten, rule
from .tracing.trace import Result, trace


def derive(f: Callable[..., Any], *args: Any, argnums: Argnums = 0) -> Derivation:
    """Return the backpropagation of a cost function as readable NumPy in the course's names.

    Parameters
    ----------
    f : callable
        A function that returns a scalar cost.
    *args : array, number, or a nested dict, list or tuple of these
        Example arguments of f, of any shapes that f takes.
    argnums : int or sequence of int, default 0
        The arguments with respect to which to differentiate.

    Returns
    -------
    Derivation
        Print it, or use `.source` (a file that needs only NumPy), `.latex` or `.markdown` (a page
        to hand out).

    Raises
    ------
    TraceError
        If f is not straight-line NumPy (see `compile`).
    NotDifferentiableError
        If f does not return a scalar.

    Examples
    --------
    >>> print(derive(lambda W, X: np.sum((W @ X) ** 2), np.ones((1, 3)), np.ones((3, 4))))
    # forward
    Z = W @ X         # (1, 4)
    J = np.sum(Z**2)
    <BLANKLINE>
    # backward
    dZ = 2 * Z        # (1, 4)  np.power
    dW = dZ @ X.T     # (1, 3)  np.matmul
    """
    step = Step(f)
    call = step.call(args, {}).plain()
    traced = trace(value_and_grad(f, argnums=argnums), call)
    if not isinstance(traced.results[0], Result):
        raise TraceError(
            f"{step.__name__} returned {traced.results[0].value!r}, which depends on no argument: "
            f"there is nothing to derive. Return the cost as NumPy's functions return it."
        )
    roots = [f"a{i}" for i in positions(argnums, len(call.args))]
    wanted = [leaf for root in roots for leaf in call.leaves if leaf.path.split("[")[0] == root]
    program = readable(traced.program)
    order = [r.i for r in pytree.leaves(traced.results) if isinstance(r, Result)]
    program = program.replace(outputs=[program.outputs[i] for i in order], watched=[])
    by = {leaf.name for leaf in wanted}
    given = next((v for v in program.inputs if len(v.shape) == 2 and v.name not in by), None)
    examples = None
    if given is not None:
        m = Var((), np.int64, "m", weak=True)
        examples = m, given
        program = with_examples_named(program, m, given.shape[1])
    names = list(step.signature.parameters)[: len(call.args)]
    return Derivation(step.__name__, names, call, wanted, program, examples, traced.results[1])


def with_examples_named(program: Program, m: Var, examples: int) -> Program:
    """Replace products with 1 / examples or 2 / examples by a division by m, the same number."""

    @rule(np.multiply, np.true_divide, accuracy=ROUNDING)
    def share_of_examples(line: Line, made: Definitions) -> New:
        if examples < 2:
            return None
        x, c = line.args
        if line.fn is np.multiply and is_number(x):
            x, c = c, x
        if not is_number(c) or not isinstance(x, Var) or c == 0:
            return None
        share = c * examples if line.fn is np.multiply else examples / c
        if not np.isclose(abs(share), (1, 2), rtol=1e-12, atol=0).any():
            return None
        lines = []
        for wanted, fn, args in (
            (round(abs(share)) == 2, np.multiply, (2,)),
            (share < 0, np.negative, ()),
        ):
            if wanted:
                new = Var(x.shape, line.out.dtype)
                lines.append(Line(fn, (*args, x), {}, (new,), rules=line.rules))
                x = new
        return [*lines, line.calling(np.true_divide, x, m)]

    program = program.replace(inputs=[*program.inputs, m])
    return dead_code(common_subexpressions(simplify(rewritten(program, [share_of_examples]))))
