"""`detect_anomaly` stops at the first nan or infinity, and names the call, its shapes and its line."""

from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag

FILE = Path(__file__).name
X = np.array([0.5, -1.0, 2.0])

# The call that makes the first nan or inf, the shapes it was given, and a program around it.
# Later calls hold them too, and must not be named.
FORWARD = [
    ("np.log", "(3,)", "nan", lambda x: np.sum(np.tanh(np.log(x)) * 2)),
    ("np.sqrt", "(3,)", "nan", lambda x: np.sum(np.exp(np.sqrt(x)))),
    ("np.divide", "(3,), (3,)", "inf", lambda x: np.sum(1 - x / (x - x[0]))),
    ("np.divide", "(), ()", "nan", lambda x: (x[0] - x[0]) / (x[1] - x[1]) + 1),
    ("np.exp", "(3,)", "inf", lambda x: np.sum(1 / (1 + np.exp(1000 * x)))),
    ("np.power", "(3,), 0.5", "nan", lambda x: np.sum(x**0.5)),
    ("np.power", "(3,), -1.0", "inf", lambda x: np.sum((x + 1) ** -1.0)),
    ("np.arccos", "(3,)", "nan", lambda x: np.mean(np.arccos(2 * x))),
    ("np.multiply", "(3,), 1e+308", "inf", lambda x: np.sum(np.maximum(x * 1e308 * 10, 0))),
    ("np.sum", "(3,)", "inf", lambda x: np.sum(np.abs(x) * 8e307) - 1),
    ("np.matmul", "(1, 3), (3, 1)", "inf", lambda x: ((x[None] * 1e200) @ (x[:, None] * 1e200))[0, 0]),
    ("np.cosh", "(3,)", "inf", lambda x: np.sum(1 / np.cosh(1000 * x))),
]  # fmt: skip
# All is finite on the way forward; the named call's rule makes the first one in the backward pass.
BACKWARD = [
    ("np.sqrt", "(3,)", "inf", lambda x: np.sum(np.tanh(np.sqrt(x + 1)))),
    ("np.cbrt", "(3,)", "inf", lambda x: np.sum(np.cbrt(x - x.data[0]) * 2)),
    ("np.power", "(3,), 0.5", "inf", lambda x: np.sum((x + 1) ** 0.5 + 3)),
    ("np.arcsin", "(3,)", "inf", lambda x: np.sum(np.arcsin(x / 2) * x)),
    ("np.arccosh", "(3,)", "inf", lambda x: np.sum(np.arccosh(x + 2))),
    ("np.arctan2", "(), ()", "nan", lambda x: np.arctan2(x[0] - x[0], x[1] - x[1]) + x[2]),
    ("np.multiply", "(3,), 1e+200", "inf", lambda x: np.sum(x * 1e-300 * 1e200 * 1e120)),
    ("np.log1p", "(3,)", "inf", lambda x: np.sum(np.log1p(x * 1e-320 - 1 + 1e-16) * 1e300)),
]  # fmt: skip


def told(program, x):
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError) as error:
        program(x).backward()
    return str(error.value)


@pytest.mark.parametrize(("call", "shapes", "what", "program"), FORWARD)
def test_forward(call, shapes, what, program):
    """Before anything is swept."""
    x = ag.Tensor(X, requires_grad=True)
    line = program.__code__.co_firstlineno
    start = f"{call} on {shapes} ({FILE}, line {line}) made the first {what} of the forward pass."
    assert told(program, x).startswith(start)


@pytest.mark.parametrize(("call", "shapes", "what", "program"), BACKWARD)
def test_backward(call, shapes, what, program):
    """The value is finite, and without the switch there is no error."""
    x = ag.Tensor(X, requires_grad=True)
    assert np.isfinite(program(x).data).all()
    line = program.__code__.co_firstlineno
    start = f"backward of {call} on {shapes} ({FILE}, line {line}) made the first {what}."
    assert told(program, x).startswith(start)


def test_nothing_is_said_of_finite_numbers():
    """And the switch is off again afterwards, also after an error."""
    x = ag.Tensor(X, requires_grad=True)
    with ag.detect_anomaly():
        np.sum(np.tanh(x)).backward()
    told(lambda x: np.sum(np.log(x)), x)
    with np.errstate(all="ignore"):
        assert np.isnan(np.log(x).data).any()
