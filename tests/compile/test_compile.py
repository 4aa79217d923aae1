"""ag.compile: what a compiled step returns, when it compiles anew, and when f itself runs."""

import ast
import functools
import os
import subprocess
import sys
import threading
import tracemalloc
import warnings
from collections import OrderedDict, namedtuple
from concurrent.futures import ThreadPoolExecutor

import dask.array
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag
from nn import by_hand

RNG = np.random.RandomState(0)
M = 30
X = RNG.randn(3, M)
Y = (RNG.rand(1, M) > 0.5) * 1.0
for a in (X, Y):
    a.flags.writeable = False
Pair = namedtuple("Pair", "W b")


def parameters(*sizes, dtype=np.float64, seed=0):
    """Return read-only weights of a net with these layers."""
    rng = np.random.RandomState(seed)
    p = {}
    for l, (n, k) in enumerate(zip(sizes[1:], sizes, strict=False), 1):
        p[f"W{l}"] = (rng.randn(n, k) / np.sqrt(k)).astype(dtype)
        p[f"b{l}"] = (0.1 * rng.randn(n, 1)).astype(dtype)
    for a in p.values():
        a.flags.writeable = False
    return p


def log_loss(A, Y):
    """Return the cross-entropy as the course writes it."""
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]


def net_cost(hidden, p, X, Y):
    """Return the cost of a net with sigmoid output."""
    A, L = X, len(p) // 2
    for l in range(1, L):
        A = hidden(p[f"W{l}"] @ A + p[f"b{l}"])
    return log_loss(ag.sigmoid(p[f"W{L}"] @ A + p[f"b{L}"]), Y)


def descent(cost):
    """Return a function that takes one step of gradient descent."""

    def step(p, X, Y, rate):
        J, g = ag.value_and_grad(cost)(p, X, Y)
        return {k: p[k] - rate * g[k] for k in p}, J

    return step


def leaves(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [leaf for item in x for leaf in leaves(item)] if isinstance(x, tuple | list) else [x]


def assert_same(a, b, tolerance=1e-12):
    """Assert that both are equal in structure, shape, dtype and value."""
    for x, y in zip(leaves(a), leaves(b), strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert_allclose(x, y, rtol=tolerance, atol=tolerance)


# The same results


HIDDEN = {
    "tanh": np.tanh, "relu": ag.relu, "maximum": lambda Z: np.maximum(0, Z), "sigmoid": ag.sigmoid,
    "leaky": ag.leaky_relu, "softplus": ag.softplus, "where": lambda Z: np.where(Z > 0, Z, 0.1 * Z),
    "by hand": lambda Z: 1 / (1 + np.exp(-Z)), "swish": lambda Z: Z * ag.sigmoid(Z),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_nets_train_as_they_do_eagerly(hidden, dtype):
    """Three steps agree, each from the parameters of the last; float32 stays float32."""
    f = descent(functools.partial(net_cost, HIDDEN[hidden]))
    step = ag.compile(f)
    p, X32, Y32 = parameters(3, 5, 4, 1, dtype=dtype), X.astype(dtype), Y.astype(dtype)
    for _ in range(3):
        new = f(p, X32, Y32, 0.1)
        assert_same(step(p, X32, Y32, 0.1), new, 1e-12 if dtype == np.float64 else 2e-6)
        p = new[0]
    assert len(step._all) == 1


def softmax_cost(p, X, Y):
    """Return the cross-entropy of a softmax net; Y has a row for each class."""
    A = ag.relu(p["W1"] @ X + p["b1"])
    return -np.mean(np.sum(Y * ag.log_softmax(p["W2"] @ A + p["b2"], axis=0), axis=0))


@pytest.mark.parametrize(
    "cost",
    [
        softmax_cost,
        lambda p, X, Y: (
            -np.sum(Y * np.log(ag.softmax(p["W2"] @ ag.relu(p["W1"] @ X + p["b1"]))))
            + np.sum(p["b2"] ** 2)
        ),
        lambda p, X, Y: ag.logsumexp(p["W2"] @ (p["W1"] @ X + p["b1"]) - p["b2"]),
    ],
)
def test_softmax_nets(cost):
    f = descent(cost)
    classes = np.eye(4)[:, RNG.randint(0, 4, M)]
    args = parameters(3, 5, 4), X, classes, 0.1
    assert_same(ag.compile(f)(*args), f(*args))


@pytest.mark.parametrize("labels", [np.float64, np.int64, np.uint8])
def test_the_by_hand_forward_pass(labels):
    """The course's own functions, deep and planar, can be differentiated and compiled."""

    def deep(p, X, Y):
        return by_hand.compute_cost(by_hand.L_model_forward(X, p)[0], Y)

    def planar(p, X, Y):
        return by_hand.planar.compute_cost(by_hand.planar.forward_propagation(X, p)[0], Y)

    for cost, p in ((deep, parameters(3, 5, 4, 1)), (planar, parameters(3, 4, 1))):
        f = descent(cost)
        args = p, X, Y.astype(labels), 0.1
        assert_same(ag.compile(f)(*args), f(*args))


def momentum(state, X, Y, rate, beta=0.9, decay=0.01):
    """Take a step of momentum with weight decay."""
    p, v = state
    J, g = ag.value_and_grad(functools.partial(net_cost, np.tanh))(p, X, Y)
    v = {k: beta * v[k] + g[k] + decay * p[k] for k in p}
    return ({k: p[k] - rate * v[k] for k in p}, v), J


def adam(state, X, Y, rate):
    """Take a step of Adam, whose count of steps is a Python number."""
    p, m, v, t = state
    J, g = ag.value_and_grad(functools.partial(net_cost, ag.relu))(p, X, Y)
    t = t + 1
    m = {k: 0.9 * m[k] + (1 - 0.9) * g[k] for k in p}
    v = {k: 0.999 * v[k] + (1 - 0.999) * g[k] * g[k] for k in p}
    alpha = rate * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
    return ({k: p[k] - alpha * m[k] / (np.sqrt(v[k]) + 1e-8) for k in p}, m, v, t), J


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_optimizers_with_memory(dtype):
    """The count of steps neither compiles anew nor turns float32 into float64."""
    p = parameters(3, 4, 1, dtype=dtype)
    zeros = {k: np.zeros_like(a) for k, a in p.items()}
    X32, Y32 = X.astype(dtype), Y.astype(dtype)
    for f, state in ((momentum, (p, zeros)), (adam, (p, zeros, zeros, 0))):
        step = ag.compile(f)
        for _ in range(4):
            expected = f(state, X32, Y32, 0.01)
            got = step(state, X32, Y32, 0.01)
            assert_same(got, expected, 1e-12 if dtype == np.float64 else 1e-5)
            state = expected[0]
        assert len(step._all) == 1
        assert {a.dtype for a in state[0].values()} == {np.dtype(dtype)}


FUNCTIONS = {
    "second derivative": lambda x: ag.grad(lambda x: np.sum(ag.grad(lambda x: np.sum(np.sin(x * x)))(x) ** 2))(x),
    "hessian": lambda x: ag.hessian(lambda x: np.sum(np.tanh(x[0]) ** 3))(x),
    "jacobian": lambda x: ag.jacobian(lambda x: np.sin(x @ x.T))(x),
    "hvp": lambda x: ag.hvp(lambda x: np.sum(np.exp(x) * x))(x, x),
    "jvp": lambda x: ag.jvp(lambda x: np.tanh(x) * x, (x,), (2 * x,)),
    "vjp": lambda x: ag.vjp(lambda x: np.tanh(x) * x, x)[1](x),
    "solve": lambda x: ag.grad(lambda A: np.sum(np.linalg.solve(A @ A.T + 3 * np.eye(2), A)))(x),
    "inv": lambda x: ag.grad(lambda A: np.sum(np.linalg.inv(A @ A.T + 3 * np.eye(2)) ** 2))(x),
    "slogdet": lambda x: ag.grad(lambda A: np.linalg.slogdet(A @ A.T + np.eye(2))[1])(x),
    "det": lambda x: ag.grad(lambda A: np.linalg.det(A @ A.T))(x),
    "norm": lambda x: ag.value_and_grad(np.linalg.norm)(x),
    "svd": lambda x: ag.grad(lambda A: np.sum(np.linalg.svd(A, compute_uv=False) ** 3))(x),
    "eigh": lambda x: ag.grad(lambda A: np.sum(np.linalg.eigh(A @ A.T)[0] ** 2))(x),
    "cholesky": lambda x: ag.grad(lambda A: np.sum(np.linalg.cholesky(A @ A.T + np.eye(2))))(x),
    "qr": lambda x: ag.grad(lambda A: np.sum(np.linalg.qr(A.T)[1] ** 2))(x),
    "einsum": lambda x: ag.grad(lambda A: np.einsum("ij,kj->", A, A * A))(x),
    "fft": lambda x: ag.grad(lambda A: np.sum(np.abs(np.fft.rfft(A)) ** 2))(x),
    "sort": lambda x: ag.grad(lambda A: np.sum(np.sort(A, axis=1) * np.arange(3.0)))(x),
    "cumsum": lambda x: ag.grad(lambda A: np.sum(np.cumsum(A, axis=None) ** 2))(x),
    "prod": lambda x: ag.grad(np.prod)(x),
    "concatenate, axis None": lambda x: np.concatenate([x, 2 * x], axis=None),
    "sort, axis None": lambda x: np.sort(x, axis=None),
    "argmax": lambda x: (x.argmax(axis=0), x == x.max(), np.argsort(x)),
    "index arrays": lambda x: ag.grad(lambda A: np.sum(A[[0, 0, 1], [0, 0, 2]] ** 2))(x),
    "take": lambda x: ag.grad(lambda A: np.sum(np.take(A, [0, 2, 2], axis=1) ** 2))(x),
    "pad": lambda x: ag.grad(lambda A: np.sum(np.pad(A, 1, mode="reflect") ** 2))(x),
    "complex": lambda x: ag.grad(lambda A: np.sum(np.abs(np.exp(1j * A) + A) ** 2))(x),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=0),
    "add.accumulate": lambda x: np.add.accumulate(x, axis=1),
    "multiply.outer": lambda x: np.multiply.outer(x[0], x[1]),
    "divmod": lambda x: (divmod(x, 0.3), np.modf(x), np.frexp(x)),
    "checkpoint": lambda x: ag.grad(lambda A: np.sum(ag.checkpoint(np.tanh)(A)))(x),
    "clip": lambda x: ag.grad(lambda A: np.sum(np.clip(A, -0.5, 0.5) * A))(x),
    "clip, one side": lambda x: np.clip(x, None, 0.5) + np.clip(x, 0.1, None),
    "where and masks": lambda x: np.where((x > 0) & ~(x > 1) | (x < -1), x, -x),
    "var": lambda x: ag.grad(lambda A: np.var(A, axis=1, ddof=1).sum() + A.std())(x),
    "whole numbers": lambda x: (x.astype(int) // 2, x.astype(int) % 3, (x > 0) ^ (x < 1)),
    "inputs and duplicates": lambda x: (x, x, [x + 0, x.T]),
    "constants": lambda x: (np.zeros(3), 5, "text", None, True, 2.5, np.float32(1), x.shape, x.dtype),
    "batches of products": lambda x: ag.grad(lambda A: np.sum(np.stack([A, A]) @ A.T))(x),
    "a vector": lambda x: ag.grad(lambda w: np.sum(np.tanh(x @ w)))(x[0]),
    "numbers": lambda x: ag.grad(lambda s: s * np.sum(x) + s**3)(x[0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions_of_all_kinds(case):
    """Gradients of linear algebra, of any order, of indices and of kinks agree; so does plain NumPy."""
    f, step = FUNCTIONS[case], ag.compile(FUNCTIONS[case])
    for k in range(2):
        x = np.random.RandomState(k).randn(2, 3)
        got, expected = step(x), f(x)
        for a, b in zip(leaves(got), leaves(expected), strict=True):
            if isinstance(b, str | np.dtype) or b is None:
                assert a == b
            else:
                assert_same(a, b, 1e-11)
    assert len(step._all) == 1


def test_a_function_of_ones_own():
    """A primitive of the user's compiles with its gradient."""

    @ag.primitive(lambda g, y, x: g * 3 * x * x)
    def cube(x):
        return x * x * x

    f = lambda x: ag.value_and_grad(lambda x: np.sum(cube(x)))(x)
    assert_same(ag.compile(f)(X), f(X))


# Containers, arguments


def test_nested_containers_go_in_and_out():
    """Namedtuples and ordered dicts keep their type."""

    def f(net, extra):
        W, b = net["layers"][0]
        return OrderedDict(z=[W @ extra[0] + b], p=Pair(W * 2, {"b": b})), (extra[1], None)

    step = ag.compile(f)
    net = {"layers": [Pair(np.ones((2, 3)), np.ones((2, 1)))]}
    for _ in range(2):
        got = step(net, (X, 2.0))
        expected = f(net, (X, 2.0))
        assert_same(got[0], expected[0])
        assert type(got[0]) is OrderedDict
        assert type(got[0]["p"]) is Pair
        assert got[1] == expected[1]


def test_other_containers_are_another_version():
    """A list in place of a tuple, or another order of keys, is compiled anew."""
    step = ag.compile(lambda p: [p])
    assert step((X,))[0][0] is X
    assert type(step([X])[0]) is list
    step({"a": X, "b": Y})
    assert list(step({"b": Y, "a": X})[0]) == ["b", "a"]
    assert len(step._all) == 4


def test_keywords_defaults_and_any_number_of_arguments():
    """A compiled function takes arguments in every way in which f does."""

    def f(x, scale=2.0, *rest, power=1, **more):
        return x * scale**power + sum(rest) + more.get("shift", 0)

    step = ag.compile(f)
    for args, kwargs in [
        ((X,), {}), ((X, 3.0), {}), ((X,), {"scale": 3.0}), ((), {"x": X, "power": 2}),
        ((X, 2.0, 1.0, 5.0), {"power": 3}), ((X,), {"shift": 1.5}),
    ]:  # fmt: skip
        for _ in range(2):
            assert_allclose(step(*args, **kwargs), f(*args, **kwargs), rtol=1e-14)


def test_text_booleans_and_none_decide():
    """Each value has a version of its own."""

    def f(x, kind, flip, more=None):
        x = np.tanh(x) if kind == "tanh" else np.exp(x)
        return -x if flip else x if more is None else x + more

    step = ag.compile(f)
    for args in [(X, "tanh", True), (X, "exp", False), (X, "tanh", False, 1.0), (X, "tanh", 1)]:
        assert_allclose(step(*args), f(*args), rtol=1e-14)
    assert len(step._all) == 4


def test_whole_numbers_are_pinned_where_python_needs_them():
    """A loop count is pinned; a factor is not."""

    def f(x, n, k):
        for _ in range(n):
            x = x * k
        return x.reshape(n, -1)

    step = ag.compile(f)
    for n, k in [(2, 3), (2, 5), (3, 3), (2, 7), (3, 4)]:
        assert_array_equal(step(X, n, k), f(X, n, k))
    assert len(step._all) == 2


def test_whole_numbers_as_axis_size_and_index():
    """NumPy's functions get the integers themselves."""

    def f(x, axis, i):
        return np.sum(x, axis=axis), x[i], x[i : i + 2], np.repeat(x, i, axis=axis), np.roll(x, i)

    step = ag.compile(f)
    for args in [(X, 0, 1), (X, 1, 2), (X, 0, 1)]:
        assert_same(step(*args), f(*args))
    assert len(step._all) == 2


def test_a_function_as_an_argument():
    """Another function is another version."""
    step = ag.compile(lambda x, g: g(x))
    assert_allclose(step(X, np.tanh), np.tanh(X))
    assert_allclose(step(X, np.exp), np.exp(X))


def test_arguments_that_cannot_be_compared_raise():
    """Unhashable arguments, masked arrays and Dask arrays raise TraceError."""
    with pytest.raises(ag.TraceError, match="cannot tell"):
        ag.compile(lambda x, s: x)(X, {1, 2})
    with pytest.raises(ag.TraceError, match="plain arrays"):
        ag.compile(lambda x: x)(np.ma.masked_array(X, X > 0))
    with pytest.raises(ag.TraceError, match="takes NumPy's arrays"):
        ag.compile(lambda x: x)(dask.array.ones((2, 2)))


def test_an_object_that_holds_arrays_is_refused():
    """Its arrays would be frozen, and the object, once changed, would still be the same."""

    class Model:
        def __init__(self):
            self.W = np.ones((2, 3))

    with pytest.raises(ag.TraceError, match=r"model is a Model that holds arrays \(W\).*dict"):
        ag.compile(lambda model, x: model.W * x)(Model(), 2.0)


def test_only_functions_can_be_compiled():
    """The error comes at once, not at the first call."""
    with pytest.raises(TypeError, match="takes a function, not a ndarray"):
        ag.compile(np.ones(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_number_of_pythons_comes_back_as_one(dtype):
    """It is used as an array if that is faster, but not returned as one."""

    def f(x, rate):
        return x * rate + np.tanh(x) * rate, rate, (rate, 2)

    step = ag.compile(f)
    for rate in (0.5, 0.25):
        _, again, pair = step(np.ones((2, 3), dtype), rate)
        assert type(again) is float
        assert again == rate
        assert pair == (rate, 2)


def test_memory_maps_are_arrays(tmp_path):
    """Data may lie in a file."""
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, mode="w+", shape=X.shape)
    mapped[:] = X
    assert_allclose(ag.compile(np.tanh)(mapped), np.tanh(X))


def test_numbers_of_every_kind():
    """Python's numbers, NumPy's, and 0-d arrays agree, in turn."""
    step = ag.compile(lambda x, s: (x * s, s * 2))
    for s in (2.0, np.float64(2), np.array(2.0), np.float32(2), 2, 2j, np.array(2.0), 2.0):
        got, expected = step(X, s), (X * s, s * 2)
        assert_same(got, expected)
        assert type(got[1]) is type(expected[1])


def test_orders_in_memory_do_not_matter():
    """Transposed, strided, reversed and byte-swapped arrays agree."""
    step = ag.compile(lambda x: np.tanh(x) @ x.T)
    for x in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X[::-1], X.astype(">f8")):
        assert_allclose(step(x), np.tanh(x) @ x.T, rtol=1e-12)


def test_sizes_of_zero_and_one():
    step = ag.compile(lambda W, X: ag.value_and_grad(lambda W: np.sum(np.tanh(W @ X)))(W))
    for m in (0, 1):
        f = lambda W, X: ag.value_and_grad(lambda W: np.sum(np.tanh(W @ X)))(W)
        args = np.ones((1, 3)), X[:, :m]
        assert_same(step(*args), f(*args))


def test_ufuncs_and_partials_compile():
    """Functions without a name or a signature compile."""
    assert_allclose(ag.compile(np.tanh)(X), np.tanh(X))
    assert_allclose(ag.compile(functools.partial(np.multiply, 2))(X), 2 * X)
    assert_allclose(ag.compile(ag.compile(np.tanh))(X), np.tanh(X))


def test_arguments_are_not_written_to():
    """Nothing is written to that an argument or an earlier result shares memory with."""
    f = descent(functools.partial(net_cost, np.tanh))
    step = ag.compile(f)
    p = {k: np.array(a) for k, a in parameters(3, 4, 1).items()}
    before = {k: np.array(a) for k, a in p.items()}
    first = step(p, X, Y, 0.1)
    kept = [np.array(a) for a in leaves(first)]
    step(p, X * 2, Y, 0.3)
    assert_same(p, before, 0)
    for a, b in zip(leaves(first), kept, strict=True):
        assert_array_equal(a, b)


def test_adding_in_place_makes_a_new_array():
    """The caller's array stays as it was."""

    def f(x):
        x -= 1
        x *= 2
        return x

    x = np.array(X)
    assert_allclose(ag.compile(f)(x), (X - 1) * 2)
    assert_array_equal(x, X)


# Versions


def test_a_new_shape_or_type_compiles_anew():
    """The old version is kept."""
    step = ag.compile(lambda x: x.sum(axis=1))
    for x in (X, X.astype(np.float32), X, X[:, :7], X, X[:, :7]):
        assert_same(step(x), x.sum(axis=1), 1e-6)
    assert len(step._all) == 3


def test_too_many_versions_warn_with_the_reason():
    """There is one warning for every eight versions."""
    step = ag.compile(lambda x, k: x * k)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for m in range(1, 8):
            step(X[:, :m], 1.0)
    with pytest.warns(
        UserWarning, match=r"8 times.*x from float64\[3, 7\] to float64\[3, 8\]"
    ) as w:
        step(X[:, :8], 1.0)
    assert w[0].filename == __file__


def test_the_warning_names_a_pinned_number():
    step = ag.compile(lambda x, n: x[:, :n])
    for n in range(1, 8):
        step(X, n)
    with pytest.warns(UserWarning, match="n from 7 to 8"):
        step(X, 8)


def test_the_warning_names_a_learning_rate_that_decides():
    """A float is no reason to compile anew, unless an if statement looks at it."""
    step = ag.compile(lambda x, rate: x * rate if rate > 0 else -x)
    for k in range(7):
        step(np.ones(2), k + 1.5)
    with pytest.warns(UserWarning, match=r"rate from 7.5 to 8.5 \(its value decides"):
        step(np.ones(2), 8.5)


def test_before_the_first_call_there_is_no_source():
    with pytest.raises(ag.TraceError, match="not called yet"):
        _ = ag.compile(np.tanh).source


# f itself runs


def test_gradients_flow_through_a_compiled_function():
    """f itself runs inside ag.grad and on variables."""
    f = lambda x: np.sum(np.tanh(x) * x)
    step = ag.compile(f)
    step(X)
    assert_allclose(ag.grad(step)(X), ag.grad(f)(X))
    assert_allclose(ag.grad(lambda x: np.sum(ag.grad(step)(x) ** 2))(X), ag.grad(
        lambda x: np.sum(ag.grad(f)(x) ** 2))(X))  # fmt: skip
    t = ag.Tensor(X, requires_grad=True)
    step(t).backward()
    assert_allclose(t.grad, ag.grad(f)(X))


def test_a_compiled_function_inside_another():
    """Its lines are part of the outer function's."""
    inner = ag.compile(np.tanh)
    outer = ag.compile(lambda x: ag.grad(lambda x: np.sum(inner(x) ** 2))(x))
    expected = ag.grad(lambda x: np.sum(np.tanh(x) ** 2))(X)
    assert_allclose(outer(X), expected)
    inner(X)
    assert_allclose(outer(X), expected)


def test_tensors_go_in_and_come_out():
    """Tensors that need no gradient are compiled; Tensors are returned."""
    step = ag.compile(lambda x, y: (x + y, 1))
    out, one = step(ag.Tensor(X), np.array(Y))
    assert isinstance(out, ag.Tensor)
    assert_array_equal(out.data, X + Y)
    assert one == 1
    assert isinstance(step(X, Y)[0], np.ndarray)


def test_anomaly_detection_looks_at_the_function_itself():
    """The error names the user's line."""
    step = ag.compile(lambda x: np.log(x))
    step(np.ones(3))
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match=r"np\.log"):
        ag.grad(lambda x: np.sum(step(x)))(np.array([0.0, 1.0]))


NAN = {
    "where": lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 0)), x)),
    "where, sqrt": lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x) * (x > 0)), 0)),
    "masked division": lambda x: np.sum(np.where(x > 0, 1 / (x * (x > 0)), x * x)),
    "through a product": lambda x: np.sum(
        np.ones((1, 3)) @ np.where(x > 0, np.log(np.where(x > 0, x, 0)), x)
    ),
    "norm at zero": lambda x: np.sum(np.where(x > 0, np.sqrt(x * x * (x > 0)), 0)),
    "nan for good": lambda x: np.sum(np.log(x)),
    "infinite": lambda x: np.sum(1 / (x * (x > 0) + 0.0)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", NAN)
def test_nan_that_the_engine_can_repair(case):
    """Zero times anything is zero in a branch that is not taken; the step agrees with eager."""
    f = lambda x: ag.value_and_grad(NAN[case])(x)
    step = ag.compile(f)
    x = np.abs(RNG.randn(3, 4)) + 0.1
    assert_same(step(x), f(x))
    x[0, 0], x[1, 2] = -1.0, 0.0
    for _ in range(2):
        assert_same(step(x), f(x))
    if case not in ("nan for good", "infinite"):
        assert np.isfinite(step(x)[1]).all()


def test_second_derivatives_that_the_engine_can_repair():
    """The guard looks at every sweep, also at inner ones."""
    inner = ag.grad(lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 0)) * x, x * x)))
    f = ag.grad(lambda x: np.sum(inner(x) ** 2))
    x = np.array([1.0, -2.0, 0.0, 3.0])
    with np.errstate(all="ignore"):
        assert_same(ag.compile(lambda x: f(x))(x), f(x))


def test_a_branch_that_hides_a_nan_is_watched():
    """np.where takes the nan out of the step, but not out of the gradient."""

    def f(x):
        g = ag.grad(lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 0)), x)))(x)
        return x - np.where(g == g, g, 100)

    x = np.array([1.0, -2.0, 3.0])
    with np.errstate(all="ignore"):
        assert_same(ag.compile(f)(x), f(x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("z", [0.0, 30.0, 40.0, 90.0, 800.0, -30.0, -90.0, -720.0, -800.0])
def test_saturated_outputs(z, dtype):
    """If A rounds to 0 or 1 the cost stays finite and right, as it does eagerly."""

    def cost(p, X, Y):
        return log_loss(ag.sigmoid(p["W1"] @ X + p["b1"]), Y)

    p = {"W1": np.full((1, 2), z, dtype), "b1": np.zeros((1, 1), dtype)}
    args = p, np.array([[1, 0.5], [0, 0.5]], dtype), np.array([[1, 0]], dtype), 0.1
    f = descent(cost)
    with np.errstate(all="ignore"):
        (got, J), (expected, J_eager) = ag.compile(f)(*args), f(*args)
    assert_same(got, expected, 1e-12 if dtype == np.float64 else 1e-5)
    # -log(A) and -log(1 - A) come from the logits; eager log(1 - A) has lost what A rounded off
    Z = np.longdouble(z)
    right = np.mean(np.logaddexp(0, np.array([-1, 1]) * Z))
    assert_allclose(float(J), float(right), rtol=1e-12 if dtype == np.float64 else 1e-5, atol=1e-12)
    assert abs(float(J) - right) <= abs(float(J_eager) - right) + 1e-12


def test_warnings_are_held_back_as_the_engine_holds_them_back():
    """A sigmoid overflows silently; a logarithm of zero warns."""
    step = ag.compile(lambda x: ag.grad(lambda x: np.sum(ag.sigmoid(x)))(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(np.array([-1000.0, 1000.0]))
    plain = ag.compile(lambda x: np.log(x))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        plain(np.zeros(3))


# Threads, memory, source


def test_threads_do_not_share_memory():
    """Many threads at once get the results for their own arguments."""
    f = descent(functools.partial(net_cost, np.tanh))
    step = ag.compile(f)
    p = parameters(3, 8, 1)
    inputs = [np.random.RandomState(k).randn(3, 200) for k in range(8)]
    labels = np.resize(Y, (1, 200))
    expected = [step(p, x, labels, 0.1) for x in inputs]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda k: step(p, inputs[k % 8], labels, 0.1), range(400)))
    finally:
        sys.setswitchinterval(switch)
    for k, r in enumerate(results):
        assert_same(r, expected[k % 8], 0)


def test_threads_compile_once():
    """Threads wait for each other, so that one of them compiles."""
    runs = []

    def f(x):
        runs.append(threading.get_ident())
        return np.tanh(x)

    step = ag.compile(f)
    barrier = threading.Barrier(6)

    def call(_):
        barrier.wait()
        return step(X)

    with ThreadPoolExecutor(6) as pool:
        assert all((r == np.tanh(X)).all() for r in pool.map(call, range(6)))
    assert len(runs) == 1


def hand_step(p, X, Y, rate):
    """Take the course's step for (n, 20, 7, 5, 1), by hand."""
    m, caches, A = X.shape[1], [], X
    for l in range(1, 5):
        Z = p[f"W{l}"] @ A + p[f"b{l}"]
        caches.append((A, Z))
        A = np.maximum(0, Z) if l < 4 else 1 / (1 + np.exp(-Z))
    J = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dZ, new = A - Y, {}
    for l in range(4, 0, -1):
        A_prev = caches[l - 1][0]
        dW, db = dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m
        new[f"W{l}"], new[f"b{l}"] = p[f"W{l}"] - rate * dW, p[f"b{l}"] - rate * db
        if l > 1:
            dZ = np.where(caches[l - 2][1] <= 0, 0, p[f"W{l}"].T @ dZ)
    return new, J


def peak(f, *args):
    """Return the bytes at the peak of a call, beyond those before it."""
    f(*args)
    tracemalloc.start()
    f(*args)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def test_memory_is_at_most_that_of_the_hand_written_step():
    """The buffers that it keeps are included."""
    n, m = 3000, 209
    p = parameters(n, 20, 7, 5, 1)
    X, Y = RNG.rand(n, m), (RNG.rand(1, m) > 0.6) * 1.0
    step = ag.compile(descent(functools.partial(net_cost, ag.relu)))
    new, J = step(p, X, Y, 0.01)
    by_hand_new, by_hand_J = hand_step(p, X, Y, 0.01)
    assert_same(J, by_hand_J)
    assert_same(new, {k: by_hand_new[k] for k in new})
    lines = [x for x in step.source.splitlines() if x.startswith(("m", "k")) and "= np." in x]
    scope = {"np": np}
    exec("\n".join(lines), scope)
    kept = sum(a.nbytes for a in scope.values() if isinstance(a, np.ndarray))
    assert peak(step, p, X, Y, 0.01) + kept <= peak(hand_step, p, X, Y, 0.01)


def test_a_compiled_step_keeps_no_argument_alive():
    """The example that it was compiled for can be freed."""

    class Watched(np.ndarray):
        pass

    import weakref

    x = np.ones((50, 50))
    alive = weakref.ref(x)
    step = ag.compile(lambda x: np.tanh(x) * 2)
    step(x)
    del x
    assert alive() is None


def run_alone(source, call):
    """Run a source file in a fresh Python that cannot import this package."""
    code = f"import sys; sys.modules['autograd_lite'] = None\n{source}\n{call}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_source_is_a_file_of_its_own():
    """With nothing but NumPy, it returns the same."""
    f = descent(functools.partial(net_cost, ag.leaky_relu))
    step = ag.compile(f)
    p = parameters(3, 4, 1)
    expected = step(p, X, Y, 0.1)
    values = [*p.values(), X, Y]
    given = ", ".join(f"np.array({a.tolist()})" for a in values)
    out = run_alone(step.source, f"print([np.asarray(r).tolist() for r in step({given}, 0.1)])")
    for a, b in zip(ast.literal_eval(out), leaves(expected), strict=True):
        assert_allclose(a, b, rtol=1e-14)


def test_the_source_holds_functions_that_are_no_lines():
    """Functions of this package and of the user stand in it, with what they use."""
    X = RNG.randn(3, 4)

    def f(x):
        return ag.grad(lambda x: np.sum(x[[0, 0, 1]] * 2))(x), uses_more(x)

    step = ag.compile(f)
    g, y = step(X)
    out = run_alone(step.source, f"print([a.tolist() for a in step(np.array({X.tolist()}))])")
    got = ast.literal_eval(out)
    assert_allclose(got[0], g)
    assert_allclose(got[1], y)


FACTOR = 3


@ag.primitive(lambda g, y, x: g * FACTOR)
def uses_more(x):
    """Return 3 x, by a body that cannot be traced: it asks for a number."""
    return helper(x) if float(np.sum(x)) == float(np.sum(x)) else x


def helper(x):
    return x * FACTOR


def test_names_in_the_source_are_the_courses():
    """The source has Z1, A1, dZ1, dW1, and the user's names for the rest."""
    step = ag.compile(descent(functools.partial(net_cost, np.tanh)))
    step(parameters(3, 4, 1), X, Y, 0.1)
    names = {line.split(" = ")[0].strip() for line in step.source.splitlines() if " = " in line}
    assert {"Z1", "A1", "Z2", "A2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"} <= names


def test_tracebacks_show_the_generated_lines():
    """linecache knows the generated file."""
    step = ag.compile(lambda A: np.linalg.inv(A))
    step(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError) as raised:
        step(np.zeros((2, 2)))
    text = "".join(str(entry.statement) for entry in raised.traceback)
    assert "np.linalg.inv(A)" in text


def test_names_do_not_collide():
    """Names differ from Python's keywords, from each other, and from names of the file."""

    def f(p):
        return sum(p.values()) * 2

    p = {k: X for k in ("np", "lambda", "m1", "k1", "step", "t1", "a b", "2", "range", "watch", "")}
    assert_allclose(ag.compile(f)(p), f(p))


def test_a_long_chain_compiles():
    """A chain of 400 functions compiles."""

    def f(x):
        for _ in range(400):
            x = np.sin(x) * 1.01
        return ag.grad(lambda x: np.sum(x * x))(x)

    assert_allclose(ag.compile(f)(X), f(X), rtol=1e-10)


def test_the_docstring_and_the_name_stay():
    def descend(x):
        """Go down."""
        return x

    step = ag.compile(descend)
    assert (step.__name__, step.__doc__) == ("descend", "Go down.")
    assert repr(step) == "<compiled descend>"
