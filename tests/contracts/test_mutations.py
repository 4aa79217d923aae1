"""Bugs sown into the engine, one at a time: the tests must notice at least 95 of 100 of them.

Rules have a score of their own, in test_rules.py: there every one, scaled by 1.001, is noticed.
"""

import ast
from pathlib import Path

import pytest

from support.mutants import (
    Bug,
    a,
    always,
    argument,
    asks,
    binary,
    call,
    either,
    first_argument,
    leaving,
    left,
    never,
    nothing,
    noticed,
    other_way,
    put,
    renamed,
    right,
    runs,
    sets,
    sow,
    unguarded,
    value,
    without,
    without_keywords,
)

# fmt: off
BUGS = [
    # The sweep
    Bug("sweep", a(ast.Continue), leaving),
    Bug("sweep", asks("meta"), never),
    Bug("sweep", asks("observer"), never),
    Bug("sweep", either("wanted"), without("wanted"), 1),
    Bug("pass_on", binary(ast.Add), right),
    Bug("pass_on", asks("saved"), never),
    Bug("pass_on", asks("PICK"), never),
    Bug("pass_on", asks("anomaly"), never),
    Bug("pass_on", asks("plain"), always),
    Bug("pass_on", either("tuple"), without("tuple")),
    Bug("pass_on", either("add_piece"), without("add_piece")),
    Bug("pass_on", either("alive"), without("alive"), 1),
    Bug("pass_on", call("fit"), first_argument),
    Bug("pass_on", call("vjp"), without_keywords),
    Bug("lean_sweep", a(ast.Continue), leaving, 1),
    Bug("lean_sweep", binary(ast.Add), right, 0),
    Bug("lean_sweep", binary(ast.Add), right, 1),
    Bug("lean_sweep", asks("hooks"), never),
    Bug("lean_sweep", asks("saved"), never),
    Bug("lean_sweep", either("kwargs"), without("kwargs")),
    Bug("lean_sweep", either("kwargs"), without("plain")),
    Bug("lean_sweep", either("kwargs"), without("_BY_PASS_ON")),
    Bug("lean_sweep", either("shape"), without("shape")),
    Bug("lean_sweep", either("dtype"), without("dtype")),
    Bug("lean_sweep", either("dtype"), without("base")),
    Bug("lean_sweep", call("fit"), first_argument, 0),
    Bug("lean_sweep", call("fit"), first_argument, 2),
    Bug("backpropagate", either("ends_at_leaves"), without("ends_at_leaves")),
    Bug("backpropagate", either("ends_at_leaves"), without("observer")),
    Bug("backpropagate", either("ends_at_leaves"), without("lift")),
    Bug("backpropagate", asks("has_nan"), never),
    Bug("backpropagate", call("errstate"), argument("all", "'warn'")),
    Bug("wait_for_others", a(ast.IfExp), always),
    Bug("operands", call("zeros_like"), renamed("zeros_like", "ones_like")),
    Bug("operands", asks("lift"), never),
    Bug("add_piece", a(ast.IfExp), never),
    Bug("add_piece", runs("scatter_into"), nothing),
    Bug("arrive", asks("released"), never),
    Bug("arrive", sets("g"), nothing),
    Bug("arrive", asks("sink"), never),
    Bug("seed", call("type"), argument(0, "2"), 1),
    # Shapes and types of gradients
    Bug("fit", sets("d"), nothing, 3),
    Bug("fit", sets("d"), nothing, 4),
    Bug("fit", runs("outer_broadcast"), nothing),
    Bug("unbroadcast", call("reduce"), argument(1, "0")),
    Bug("repeated_axes", a(ast.Starred), put("0")),
    Bug("repeated_axes", a(ast.Compare), put("n == 2"), 2),
    Bug("cast", call("real"), renamed("real", "imag")),
    # Branches not taken
    Bug("with_strong_zero", a(ast.Compare), other_way),
    Bug("with_lost_slope", call("isinf"), put("True"), 1),
    Bug("has_nan", a(ast.Compare), other_way, 4),
    # The graph
    Bug("reachable", runs("sort"), nothing),
    Bug("release", sets("released"), nothing),
    Bug("NodeMeta.__init__", sets("released"), value("True")),
    Bug("Modes.update", runs("append"), nothing),
    Bug("check_unwritten", asks("fingerprint"), never),
    # Recording
    Bug("result", asks("grad"), never),
    Bug("result", runs("protect"), nothing),
    Bug("result", runs("inspect_node"), nothing),
    Bug("apply", asks("given"), never, 1),
    # Tensors
    Bug("Tensor._deposit", a(ast.IfExp), always),
    Bug("Tensor._deposit", a(ast.With), unguarded),
    Bug("Tensor.backward", asks("retain_graph"), never),
    Bug("Tensor.backward", asks("create_graph"), never),
    Bug("Tensor.detach", call("tensor_of"), argument(1, "self._node")),
    Bug("Tensor.data", sets("writeable"), nothing),
    Bug("binary", asks("reflected"), never),
    Bug("may_be_zero", a(ast.Compare), other_way, 1),
    Bug("logit", either("is_one"), without("is_one")),
    # Differentiation of functions
    Bug("Trace.__exit__", sets("depth"), nothing),
    Bug("positions", binary(ast.Mod), left),
    Bug("require_scalar", asks("prod"), never),
    Bug("Pullback.__call__", call("zeros_like"), renamed("zeros_like", "ones_like")),
    Bug("_jvp", call("transposed"), argument(2, "pytree.leaves(trace.moved())[::-1]")),
    Bug("transposed", call("Pullback"), argument("lifted", "False"), 1),
    Bug("units", a(ast.Subscript), put("e[0]")),
    Bug("by_columns", call("moveaxis"), first_argument),
]
# fmt: on


def test_every_bug_has_its_place() -> None:
    """Each of 59 bugs and more changes exactly one function of the engine."""
    assert len(BUGS) >= 59
    assert len({sow(bug) for bug in BUGS}) == len(BUGS)


@pytest.mark.thorough
def test_bugs_of_the_engine_are_noticed(tmp_path: Path) -> None:
    """At least 95 % of the bugs make a test fail; without one, all pass.

    It takes minutes, and fails only if tests of the engine were lost.
    """
    right_code, *found = noticed([None, *BUGS], tmp_path)
    assert not right_code
    missed = [str(bug) for bug, was in zip(BUGS, found, strict=True) if not was]
    assert len(missed) <= 0.05 * len(BUGS), f"{len(missed)} of {len(BUGS)} not noticed: {missed}"
