"""Large graphs, and the memory they take: linear in time and space, returned at once."""

import gc
import subprocess
import sys
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd_lite as ag
from autograd_lite import Tensor

ARRAY = 50_000  # numbers in an array that counts as one
BYTES = 8 * ARRAY


@contextmanager
def without_collector() -> Iterator[None]:
    """Memory must return by reference counts alone."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def held() -> int:
    """Bytes in use."""
    return tracemalloc.get_traced_memory()[0]


def peak_over(work: Callable[[], object]) -> float:
    """Return how many arrays `work` needs at its peak, beyond those held before."""
    tracemalloc.reset_peak()
    before = held()
    work()
    return (tracemalloc.get_traced_memory()[1] - before) / BYTES


# Shapes of graphs: each makes a scalar from a leaf by some n calls


def chain(x, n):
    """Make the calls one after the other."""
    for _ in range(n):
        x = x * 1.0000001
    return x


def calls(x, n):
    """Make the calls through NumPy's dispatch."""
    for _ in range(n):
        x = np.sin(x)
    return x


def fan_out(x, n):
    """Use one number n times."""
    y = x * 0.0
    for _ in range(n // 2):
        y = y + x * 2.0
    return y


def fan_in_stack(x, n):
    """Make one call of n arguments."""
    return np.stack([x * 2.0 for _ in range(n // 2)]).sum()


def fan_in_concatenate(x, n):
    """Make one call of n arguments, each a vector."""
    row = x.reshape(1)
    return np.concatenate([row * 2.0 for _ in range(n // 2)]).sum()


def fan_in_rows(x, n):
    """Make such calls of each function that makes arrays taller, wider or deeper."""
    row = x.reshape(1)
    rows = [row * 2.0 for _ in range(n // 8)]
    joins = (np.vstack, np.hstack, np.dstack, np.column_stack)
    return sum(join(rows).sum() for join in joins)


def slices(x, n):
    """Take each element of an array by itself."""
    spread = x * np.ones(n // 2)
    total = 0.0
    for i in range(n // 2):
        total = total + spread[i]
    return total


SHAPES = [chain, calls, fan_out, fan_in_stack, fan_in_concatenate, fan_in_rows, slices]


def seconds(shape, n):
    """Return the processor time of forward, backward and freeing."""
    start = time.process_time()
    x = Tensor(0.5, requires_grad=True)
    y = shape(x, n)
    y.backward()
    del y
    return time.process_time() - start


@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear_in_the_size_of_the_graph(shape):
    """Four times the calls take at most five times as long."""
    with without_collector():
        small = large = float("inf")
        for _attempt in range(24):  # other processes disturb a measurement; the least is least so
            small = min(small, seconds(shape, 12_000))  # both too large for the nearest caches
            large = min(large, seconds(shape, 48_000))
            if large <= 5 * small:
                return
    pytest.fail(f"{large:.3f} s for four times the graph that took {small:.3f} s")


LARGE = """
import gc, pathlib, sys, time
import autograd_lite as ag
def memory(kind):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))
gc.collect()  # what importing left
gc.disable()
n = int(sys.argv[1])
x = ag.Tensor(0.5, requires_grad=True)
before, start = memory("VmRSS"), time.process_time()
y = x
for _ in range(n):
    y = y * 1.0000001
y.backward()
del y
print(time.process_time() - start, memory("VmHWM"), memory("VmRSS") - before, gc.collect(), x.grad)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
# Time and memory are linear, which shorter chains show as well.
@pytest.mark.parametrize(
    "n", [200_000, *[pytest.param(n, marks=pytest.mark.thorough) for n in (1_000_000, 5_000_000)]]
)
def test_a_chain_of_many_calls(n):
    """No recursion; 6 s and 850 MB for a million at the most; all of it comes back."""
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(n)], capture_output=True, text=True, check=True
    )
    took, peak, left, collected, gradient = map(float, done.stdout.split())
    assert_allclose(gradient, 1.0000001**n, rtol=1e-6)
    assert took <= 6.0 * n / 1e6
    assert peak <= 100 + 750 * n / 1e6  # Python and NumPy, and the graph
    assert left <= 40
    assert collected == 0


def test_derivatives_of_derivatives_of_a_long_chain():
    """Nor is there recursion at second order."""
    n = 3000
    assert_allclose(ag.grad(ag.grad(lambda x: chain(x, n) ** 2))(0.5), 2 * 1.0000001 ** (2 * n))


# Memory that is held, and for how long


def network(x):
    """Eight calls on one array, of which the rules read most."""
    return np.sum(np.tanh(np.exp(np.sin(x * x)) + x) * np.sqrt(x))


def test_memory_returns_by_reference_count():
    """When the last name goes, so does the graph: nothing is left for the collector."""
    with without_collector(), traced():
        x = Tensor(np.full(ARRAY, 0.5), requires_grad=True)
        before = held()
        y = network(x)
        assert held() - before > 5 * BYTES
        del y
        assert held() - before < BYTES / 10
        assert gc.collect() == 0


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda x: ag.grad(network)(x),
        lambda x: ag.grad(lambda z: np.sum(ag.grad(network)(z) ** 2))(x),
        lambda x: ag.hvp(network)(x, x),
        lambda x: ag.jvp(network, (x,), (x,)),
        lambda x: ag.vjp(network, x)[1](1.0),
        lambda x: ag.elementwise_grad(np.tanh)(x),
        lambda x: ag.grad(ag.checkpoint(network))(x),
    ],
)
def test_derivatives_of_functions_leave_nothing(differentiate):
    """No verb holds on to its graph, in a cycle or otherwise."""
    x = np.full(ARRAY, 0.5)
    with without_collector(), traced():
        differentiate(x)
        before = held()
        differentiate(x)
        assert held() - before < BYTES / 10
        assert gc.collect() == 0


def test_create_graph_leaves_nothing():
    """Gradients that remember are freed with their last name too."""
    with without_collector(), traced():
        x = Tensor(np.full(ARRAY, 0.5), requires_grad=True)
        before = held()
        network(x).backward(create_graph=True)
        x.grad.sum().backward()
        x.zero_grad()
        assert held() - before < BYTES / 10
        assert gc.collect() == 0


def test_a_tensor_is_freed_while_its_results_live():
    """A graph holds arrays, not Tensors."""
    with without_collector():
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = x * x
        z = y.sum()
        watched = weakref.ref(y)
        del y
        assert watched() is None
        z.backward()


def test_backward_frees_a_large_graph_at_once():
    """Without retain_graph the arrays are gone, though the cost is still named."""
    with without_collector(), traced():
        x = Tensor(np.full(ARRAY, 0.5), requires_grad=True)
        before = held()
        y = network(x)
        y.backward()
        assert held() - before < 1.5 * BYTES  # the gradient
        assert y.requires_grad


@pytest.mark.parametrize("n", [10, 60])
@pytest.mark.parametrize("lines", [False, True], ids=["lean sweep", "full sweep"])
@pytest.mark.parametrize(
    "step", [np.tanh, lambda h: h * 1.5, lambda h: h + 1.0, lambda h: np.exp(h) * 0.1]
)
def test_backward_needs_three_arrays_more(step, lines, n):
    """The peak of backward is what was alive, and at most three arrays, at any length."""

    def cost_of(x):
        for _ in range(n):
            x = step(x)
        return x.sum()

    x = Tensor(np.full(ARRAY, 0.1), requires_grad=True)
    cost = cost_of(x)
    with ag.trace_lines(lines), traced():
        assert peak_over(cost.backward) <= 3.1


WARM = 1100  # Python 3.10 makes a cache for code that has run 1,024 times
STEPS = pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.thorough)])


@STEPS
def test_training_does_not_grow(count):
    """Ten thousand steps of a small net leave less than 64 KiB, fewer steps their share."""
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(2, 8)), random.normal(size=(1, 8))
    W1 = Tensor(random.normal(size=(3, 2)), requires_grad=True)
    W2 = Tensor(random.normal(size=(1, 3)), requires_grad=True)

    def steps(count):
        for _ in range(count):
            J = np.mean(np.square(W2 @ np.tanh(W1 @ X) - Y))
            J.backward()
            for W in (W1, W2):
                W.data = W.data - 0.01 * W.grad
                W.zero_grad()

    with without_collector():
        steps(WARM)
        with traced():
            before = held()
            steps(count)
            assert held() - before < 64 * 1024 * count / 10_000


@STEPS
def test_functional_training_does_not_grow(count):
    """Nor do as many calls of value_and_grad on plain arrays."""
    X = np.linspace(0, 1, 8)
    step = ag.value_and_grad(lambda p: np.mean(np.square(np.tanh(p["w"] * X) + p["b"])))

    def steps(count):
        p = {"w": np.array(1.0), "b": np.array(0.0)}
        for _ in range(count):
            _, g = step(p)
            p = {key: p[key] - 0.01 * g[key] for key in p}

    with without_collector():
        steps(WARM)
        with traced():
            before = held()
            steps(count)
            assert held() - before < 64 * 1024 * count / 10_000
