"""Random programs against a naive evaluator: dual numbers, one Python object for each number.

A program is source text of plain NumPy. It runs twice, on Tensors and on object arrays of Dual;
NumPy itself brings an operation on an object array down to the operators and methods of Dual.
"""

from __future__ import annotations

import functools
import math
import random
from collections import Counter
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.rules.registry import RULES

# Shapes are drawn at random, so (n,) does meet (n, 1) and all pairs are meant.
pytestmark = pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")

NODES, PROGRAMS, THOROUGH = 200, 300, 10_000


class Dual:
    """A number and its derivatives with respect to every input: forward mode, as one learns it."""

    def __init__(self, value: float, slopes: Any) -> None:
        self.value, self.slopes = value, slopes

    def of(self, value: float, slope: float) -> Dual:
        """f(self), given f and f' at self."""
        return Dual(value, slope * self.slopes)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented  # NumPy's turn
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.slopes)
        return Dual(self.value + other.value, self.slopes + other.slopes)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if not isinstance(other, Dual):
            return Dual(self.value * other, self.slopes * other)
        return Dual(self.value * other.value, self.slopes * other.value + other.slopes * self.value)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Dual:
        return self * -1.0

    def __pos__(self) -> Dual:
        return self

    def __sub__(self, other: Any) -> Dual:
        return self + -other

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    def reciprocal(self) -> Dual:
        return self.of(1 / self.value, -1 / self.value**2)

    def __truediv__(self, other: Any) -> Dual:
        return self * (other.reciprocal() if isinstance(other, Dual) else 1 / other)

    def __rtruediv__(self, other: Any) -> Dual:
        return self.reciprocal() * other

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            return (self.log() * other).exp()
        return self.of(self.value**other, other * self.value ** (other - 1))

    def __rpow__(self, other: float) -> Dual:
        return (self * math.log(other)).exp()

    def __abs__(self) -> Dual:
        return self if self.value > 0 else -self

    def __lt__(self, other: Any) -> bool:
        return self.value < (other.value if isinstance(other, Dual) else other)

    def __gt__(self, other: Any) -> bool:
        return self.value > (other.value if isinstance(other, Dual) else other)

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def conjugate(self) -> Dual:
        return self

    def arctan2(self, other: Dual) -> Dual:
        squares = self.value**2 + other.value**2
        slopes = (self.slopes * other.value - other.slopes * self.value) / squares
        return Dual(math.atan2(self.value, other.value), slopes)

    def hypot(self, other: Dual) -> Dual:
        return (self * self + other * other).sqrt()


# The methods that NumPy calls on an object for np.exp and so on: name, function, derivative
for _name, _f, _slope in (
    ("exp", math.exp, math.exp),
    ("exp2", lambda x: 2**x, lambda x: 2**x * math.log(2)),
    ("expm1", math.expm1, math.exp),
    ("log", math.log, lambda x: 1 / x),
    ("log2", math.log2, lambda x: 1 / (x * math.log(2))),
    ("log10", math.log10, lambda x: 1 / (x * math.log(10))),
    ("log1p", math.log1p, lambda x: 1 / (1 + x)),
    ("sqrt", math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    ("sin", math.sin, math.cos),
    ("cos", math.cos, lambda x: -math.sin(x)),
    ("tan", math.tan, lambda x: 1 / math.cos(x) ** 2),
    ("arcsin", math.asin, lambda x: 1 / math.sqrt(1 - x * x)),
    ("arccos", math.acos, lambda x: -1 / math.sqrt(1 - x * x)),
    ("arctan", math.atan, lambda x: 1 / (1 + x * x)),
    ("sinh", math.sinh, math.cosh),
    ("cosh", math.cosh, math.sinh),
    ("tanh", math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    ("arcsinh", math.asinh, lambda x: 1 / math.sqrt(1 + x * x)),
    ("arccosh", math.acosh, lambda x: 1 / math.sqrt(x * x - 1)),
    ("arctanh", math.atanh, lambda x: 1 / (1 - x * x)),
):
    setattr(Dual, _name, lambda self, f=_f, slope=_slope: self.of(f(self.value), slope(self.value)))


# The operations: source text, and where it may be used


def anywhere(*values: Any) -> bool:
    """Return True: the operation takes all numbers."""
    return True


def inside(low: float, high: float) -> Callable[..., bool]:
    """Return a condition: all numbers lie between two."""
    return lambda a, *rest: bool(np.all((a > low) & (a < high)))


def apart(a: Any, b: Any = 0.0) -> bool:
    """Return whether two operands are nowhere nearly equal: no kink is near."""
    return bool(np.all(np.abs(np.subtract(a, b)) > 1e-3))


def distinct(a: Any) -> bool:
    """Return whether no two numbers are nearly equal."""
    return bool(np.all(np.diff(np.sort(a, axis=None)) > 1e-3))


ONE: dict[str, Callable[..., bool]] = {
    "-{a}": anywhere,
    "{a} * 0.7 + 0.2": anywhere,
    "1.5 - {a}": anywhere,
    "{a} / 2.0": anywhere,
    "1.0 / {a}": inside(0.3, 9),
    "np.reciprocal({a})": inside(0.3, 9),
    "2.0 ** {a}": anywhere,
    "{a} ** 2": anywhere,
    "{a} ** 3": anywhere,
    "{a} ** 1.5": inside(0.2, 9),
    "np.square({a})": anywhere,
    "np.exp(-{a} * {a})": anywhere,
    "np.exp({a})": inside(-9, 1.5),
    "np.exp2({a})": anywhere,
    "np.expm1({a})": inside(-9, 1.5),
    "np.log({a})": inside(0.2, 9),
    "np.log2({a})": inside(0.2, 9),
    "np.log10({a})": inside(0.2, 9),
    "np.log1p({a})": inside(-0.7, 9),
    "np.sqrt({a})": inside(0.2, 9),
    "np.sin({a})": anywhere,
    "np.cos({a})": anywhere,
    "np.tan({a})": inside(-1.2, 1.2),
    "np.arcsin({a})": inside(-0.9, 0.9),
    "np.arccos({a})": inside(-0.9, 0.9),
    "np.arctan({a})": anywhere,
    "np.sinh({a})": inside(-2, 2),
    "np.cosh({a})": inside(-2, 2),
    "np.tanh({a})": anywhere,
    "np.arcsinh({a})": anywhere,
    "np.arccosh({a})": inside(1.2, 9),
    "np.arctanh({a})": inside(-0.9, 0.9),
    "1 / (1 + np.exp(-{a}))": anywhere,
    "np.log(1 + np.exp({a}))": anywhere,
    "np.absolute({a})": apart,
    "np.maximum({a}, 0)": apart,
    "np.minimum(0.1, {a})": lambda a: apart(a, 0.1),
    "np.where({a} > 0, {a}, 0.1 * {a})": apart,
    "np.ravel({a})": anywhere,
    "{a}.T": anywhere,
    "{a}[..., None]": anywhere,
    "np.flip({a})": anywhere,
    "np.sum({a})": anywhere,
    "np.cumsum({a})": anywhere,
    "np.tile({a}, 2)": anywhere,
    "np.repeat({a}, 2)": anywhere,
    "np.sort({a}, axis=None)": distinct,
    "np.max({a})": distinct,
    "np.min({a})": distinct,
    "np.squeeze({a})": anywhere,
    "np.reshape({a}, (-1, 1))": anywhere,
    "np.reshape({a}, (2, -1))": anywhere,
    "np.diag(np.ravel({a})[:3])": anywhere,
}
ALONG: dict[str, Callable[..., bool]] = {  # {i} is an axis
    "np.sum({a}, axis={i})": anywhere,
    "np.sum({a}, axis={i}, keepdims=True)": anywhere,
    "np.mean({a}, axis={i})": anywhere,
    "np.prod({a}, axis={i})": anywhere,
    "np.cumsum({a}, axis={i})": anywhere,
    "np.cumprod({a}, axis={i})": anywhere,
    "np.max({a}, axis={i})": distinct,
    "np.min({a}, axis={i}, keepdims=True)": distinct,
    "np.sort({a}, axis={i})": distinct,
    "np.flip({a}, {i})": anywhere,
    "np.roll({a}, 1, axis={i})": anywhere,
    "np.diff({a}, axis={i})": anywhere,
    "np.take({a}, [0, 0, -1], axis={i})": anywhere,
    "np.repeat({a}, 2, axis={i})": anywhere,
    "np.delete({a}, 0, axis={i})": anywhere,
    "np.expand_dims({a}, {i})": anywhere,
    "np.moveaxis({a}, {i}, 0)": anywhere,
    "np.swapaxes({a}, {i}, -1)": anywhere,
    "np.concatenate([{a}, {a} * 0.5], axis={i})": anywhere,
    "np.stack([{a}, 1 - {a}], axis={i})": anywhere,
    "{a}[1:]": anywhere,
    "{a}[::-1]": anywhere,
    "{a}[0]": anywhere,
    "{a}[[0, -1, 0]]": anywhere,
    "np.append({a}, {a}[:1], axis=0)": anywhere,
    "np.pad({a}, 1, 'wrap')": anywhere,
    "np.tril(np.atleast_2d({a}))": anywhere,
    "np.trace(np.atleast_2d({a}))": anywhere,
    "np.diagonal(np.atleast_2d({a}))": anywhere,
    "np.split({a}, [1])[-1]": anywhere,
}
TWO: dict[str, Callable[..., bool]] = {
    "{a} + {b}": anywhere,
    "{a} - {b}": anywhere,
    "{a} * {b}": anywhere,
    "{a} / {b}": lambda a, b: inside(0.3, 9)(np.abs(b)),
    "{a} ** {b}": lambda a, b: inside(0.2, 9)(a),
    "np.maximum({a}, {b})": apart,
    "np.minimum({a}, {b})": apart,
    "np.hypot({a}, {b})": lambda a, b: apart(a) and apart(b),
    "np.arctan2({a}, {b})": lambda a, b: inside(0.1, 9)(b),
    "np.where({a} > {b}, {a}, {b} * {b})": apart,
    "{a} @ {b}": anywhere,
    "np.dot({a}, {b})": anywhere,
    "np.outer({a}, {b})": anywhere,
    "np.concatenate([np.ravel({a}), np.ravel({b})])": anywhere,
    "np.stack([{a}, {b}])": anywhere,
    "np.append({a}, {b})": anywhere,
    "np.vstack([{a}, {b}])": anywhere,
    "np.sum({a} * {b}, axis=-1)": anywhere,
    "np.broadcast_to({a}, np.shape({a} + {b}))": anywhere,
}
OPERATIONS = {**ONE, **ALONG, **TWO}


@functools.cache
def compiled(text: str) -> CodeType:
    """Return the bytecode of an expression, which runs on arrays, Tensors and dual numbers."""
    return compile(text, "a random program", "eval")


def write(seed: int) -> tuple[list[str], dict[str, Any]]:
    """Return a program of at most 200 calls of moderate values, and its inputs."""
    rng, inputs_rng = random.Random(seed), np.random.default_rng(seed)
    shapes = ((2, 3), (3,), (2, 1), ())
    inputs = {f"x{i}": inputs_rng.uniform(-2, 2, shape) for i, shape in enumerate(shapes)}
    values: dict[str, Any] = dict(inputs)
    names, lines = list(values), []
    length = rng.randrange(10, NODES - 20)
    templates = [list(group) for group in (ONE, ALONG, TWO)]
    while len(lines) < length:
        (group,) = rng.choices(templates, (0.4, 0.25, 0.35))
        template = rng.choice(group)
        recent = names[-12:] if rng.random() < 0.7 else names
        a, b = rng.choice(recent), rng.choice(recent)
        axis = rng.randrange(max(1, np.ndim(values[a])))
        text = template.format(a=a, b=b, i=axis)
        try:
            operands = (values[a], values[b]) if "{b}" in template else (values[a],)
            if not OPERATIONS[template](*operands):
                continue
            value = eval(compiled(text), {"np": np}, values)
        except (ValueError, IndexError, TypeError):  # the shapes do not fit
            continue
        if 0 < np.size(value) <= 12 and np.ndim(value) <= 3 and np.all(np.abs(value) < 8):
            names.append(f"v{len(lines)}")
            values[names[-1]] = value
            lines.append(f"{names[-1]} = {text}")
    ends = [f"v{rng.randrange(length)}" for _ in range(6)] + [f"v{length - 1}"]
    lines.append("J = " + " + ".join(f"np.sum(np.sin({v}))" for v in ends))
    return lines, inputs


def run(lines: list[str], inputs: dict[str, Any], tidy: Callable[[Any], Any] | None = None) -> Any:
    """Return what the program computes; `tidy` is called on the value of each line."""
    names: dict[str, Any] = {"np": np, **inputs}
    for line in lines:
        name, text = line.split(" = ", 1)
        value = eval(compiled(text), names)
        names[name] = value if tidy is None else tidy(value)
    return names["J"]


def naive_gradient(lines: list[str], inputs: dict[str, Any]) -> Any:
    """Return the derivatives by dual numbers."""
    n = sum(x.size for x in inputs.values())
    units = iter(np.eye(n))

    def duals(values: Any) -> Any:
        """Return an object array in which every number is dual."""
        out = np.empty(np.shape(values), object)
        for i, value in enumerate(np.ravel(values)):
            value = value.item() if isinstance(value, np.ndarray) else value
            out.flat[i] = value if isinstance(value, Dual) else Dual(float(value), np.zeros(n))
        return out

    variables = {name: duals(x) for name, x in inputs.items()}
    for x in variables.values():
        for dual in x.flat:
            dual.slopes = next(units)
    return run(lines, variables, duals).item().slopes


def check(seed: int) -> list[str]:
    """Check that the gradient of one program is that by dual numbers; return its lines."""
    lines, inputs = write(seed)
    got = ag.grad(lambda x: run(lines, x))(inputs)
    want = naive_gradient(lines, inputs)
    flat = np.concatenate([np.ravel(got[name]) for name in inputs])
    scale = max(1.0, float(np.abs(want).max()))
    error = float(np.abs(flat - want).max())
    assert error <= 1e-10 * scale, f"seed {seed}: off by {error:.1e}\n" + "\n".join(lines)
    return lines


def test_naive_evaluator_is_right() -> None:
    """Dual numbers by hand: d(x sin x) = sin x + x cos x, and a product of matrices."""
    lines = ["J = np.sum(x * np.sin(x))"]
    x = np.array([0.3, 2.0])
    np.testing.assert_allclose(naive_gradient(lines, {"x": x}), np.sin(x) + x * np.cos(x))
    A, B = np.ones((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]])
    want = [3, 7, 3, 7, 2, 2, 2, 2]
    assert naive_gradient(["J = np.sum(A @ B)"], {"A": A, "B": B}).tolist() == want


def test_programs_use_many_operations() -> None:
    """Programs of up to 200 calls, made of more than 40 operations, deep and wide."""
    programs = [write(seed)[0] for seed in range(30)]
    assert max(len(lines) for lines in programs) > 150
    used = Counter(line.split(" = ", 1)[1].split("(")[0] for lines in programs for line in lines)
    assert len([name for name in used if name.startswith("np.")]) >= 40
    assert len(OPERATIONS) >= 90


@pytest.mark.parametrize("start", range(0, PROGRAMS, 50))
def test_random_programs(start: int) -> None:
    """Gradients of random programs, to 1e-10."""
    for seed in range(start, start + 50):
        check(seed)


@pytest.mark.thorough
@pytest.mark.parametrize("start", range(PROGRAMS, THOROUGH, 100))
def test_random_programs_thoroughly(start: int) -> None:
    """10,000 of them."""
    for seed in range(start, min(start + 100, THOROUGH)):
        check(seed)


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the rule of tanh wrong by a thousandth, a program would show it."""
    rule = RULES[np.tanh]
    vjp = rule.vjps[0]
    monkeypatch.setattr(rule, "vjps", (lambda g, y, x: vjp(g, y, x) * 1.001,))
    with pytest.raises(AssertionError, match="off by"):
        [check(seed) for seed in range(20)]
