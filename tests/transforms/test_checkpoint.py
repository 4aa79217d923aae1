"""ag.checkpoint: the same derivatives with less memory."""

import gc
import math
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag
from autograd_lite import Tensor

W = Tensor(np.random.default_rng(0).normal(size=(3, 3)), requires_grad=True, name="W")
V = W * 2  # a result that functions below reach through a closure


def layer(p, k=1.0):
    """Containers in, containers and constants out, and two Tensors from outside."""
    h = np.tanh(V @ p["x"]) * k
    return {"h": h, "more": [np.sum(h * W), 3.0, p["x"]], "nothing": None}


def gradients(f):
    """d(W), d(x) of a cost on f's results."""
    W.zero_grad()
    x = Tensor([0.5, -1.0, 2.0], requires_grad=True)
    out = f({"x": x + 0, "unused": None}, k=x[0])
    (np.sum(out["h"]) * out["more"][0] + np.sum(out["more"][2]) * out["more"][1]).backward()
    return W.grad, x.grad


def test_gradients_are_the_same():
    """Through arguments, keywords, containers and closures."""
    for got, want in zip(gradients(ag.checkpoint(layer)), gradients(layer), strict=True):
        assert_array_equal(got, want)


def test_results_are_the_same():
    """Values and structure are those of f."""
    x = Tensor([0.5, -1.0, 2.0], requires_grad=True)
    got, want = ag.checkpoint(layer)({"x": x}), layer({"x": x})
    assert_array_equal(got["h"].data, want["h"].data)
    assert got["nothing"] is None
    assert got["more"][1] == 3.0


def test_derivatives_of_derivatives():
    """Gradients of gradients, Hessians, and levels that reach in by closure."""
    x = np.array([0.1, 0.2, 0.3])
    cost = lambda f: lambda x: np.sum(f({"x": x})["h"] ** 3)
    for verb in (ag.hessian, lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x) ** 2))):
        assert_allclose(verb(cost(ag.checkpoint(layer)))(x), verb(cost(layer))(x), rtol=1e-12)
    assert_allclose(ag.grad(lambda a: ag.checkpoint(lambda z: z * a * a)(a))(2.0), 12.0)
    f = ag.checkpoint(lambda z: z**3)
    assert_allclose(ag.grad(ag.grad(ag.grad(f)))(2.0), 6.0)
    assert_allclose(ag.jvp(f, (2.0,), (1.0,))[1], 12.0)


def test_checkpoints_in_checkpoints():
    """The inner one is replayed while the outer one is."""
    f = ag.checkpoint(lambda x: ag.checkpoint(lambda z: np.sin(z * z) * V[0, 0])(x) * x)
    plain = lambda x: np.sin(x * x) * V[0, 0] * x
    x = np.array([0.3, 0.4])
    assert_allclose(ag.elementwise_grad(f)(x), ag.elementwise_grad(plain)(x), rtol=1e-14)


def test_a_closure_over_a_result_of_another_closure_is_counted_once():
    """f reads both W and V = 2 W; the way from V to W is outside of f."""
    W.zero_grad()
    ag.checkpoint(lambda x: np.sum(W * V) * x)(Tensor(1.0, requires_grad=True)).backward()
    assert_allclose(W.grad, 4 * W.data, rtol=1e-15)


def test_a_graph_may_be_swept_twice():
    """With retain_graph the replay happens again."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = ag.checkpoint(lambda x: x * x)(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert_array_equal(x.grad, [4.0, 8.0])


def test_without_anything_to_differentiate():
    """Under no_grad, and on arrays, it is f."""
    assert type(ag.checkpoint(np.sin)(1.0)) is np.float64
    with ag.no_grad():
        assert not ag.checkpoint(lambda x: x * x)(Tensor(1.0, requires_grad=True)).requires_grad


def test_random_numbers_are_found():
    """Another value in the backward pass is an error, not a wrong gradient."""
    random = np.random.default_rng(0)
    y = ag.checkpoint(lambda x: x * random.normal())(Tensor(1.0, requires_grad=True))
    with pytest.raises(ag.GraphError, match="other values when it was called again"):
        y.backward()


def test_a_loop_variable_that_has_moved_on_is_found():
    """The closure reads k in the backward pass, when it is another."""
    weights = [Tensor(float(k), requires_grad=True) for k in (1, 2, 3)]
    x = Tensor(1.0, requires_grad=True)
    for k in range(3):
        x = ag.checkpoint(lambda x: x * weights[k])(x)  # noqa: B023 (this is the mistake)
    with pytest.raises(ag.GraphError, match="something it reads was changed"):
        x.backward()


def peak(n, piece, function):
    """Return arrays alive at most, forward and backward, on a chain of n sines cut into pieces."""
    size = 20_000

    def sines(h):
        for _ in range(piece):
            h = np.sin(h)
        return h

    step = function(sines)
    x = Tensor(np.full(size, 0.5), requires_grad=True)
    tracemalloc.start()
    try:
        h = x
        for _ in range(n // piece):
            h = step(h)
        h.sum().backward()
        return tracemalloc.get_traced_memory()[1] / (8 * size)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n", [64, 256, pytest.param(1024, marks=pytest.mark.thorough)])
def test_memory_of_a_chain_grows_with_the_square_root(n):
    """Pieces of sqrt(n) calls need some 2 sqrt(n) arrays, where all calls need n."""
    root = math.isqrt(n)
    assert peak(n, root, lambda f: f) >= n
    assert peak(n, root, ag.checkpoint) <= 2 * root + 8


def test_memory_returns_by_reference_count():
    """Nothing is left in a cycle, nor kept for a thread."""
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        f = ag.checkpoint(lambda x: np.sin(x) * W[0, 0])
        for _ in range(2):
            before = tracemalloc.get_traced_memory()[0]
            ag.grad(lambda x: f(f(x)).sum())(np.ones(100_000))
            after = tracemalloc.get_traced_memory()[0]
        assert after - before < 10_000
    finally:
        tracemalloc.stop()
        gc.enable()
