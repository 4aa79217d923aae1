"""Threads and forks: the same gradients to the last bit, and no deadlock."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import autograd_lite as ag
from autograd_lite import Tensor
from autograd_lite.engine.modes import not_plain

THREADS, EACH = 8, 1000
# Interference between threads shows among the first few hundred, if at all.
HOW_OFTEN = pytest.mark.parametrize("each", [200, pytest.param(EACH, marks=pytest.mark.thorough)])
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(3, 5))
W = Tensor(RANDOM.normal(size=(4, 3)), requires_grad=True, name="W")
WEIGHTS = RANDOM.normal(size=(EACH, 4, 5))


@pytest.fixture(autouse=True)
def _switch_often():
    """Threads change places far more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def in_threads(work):
    """work(thread number) in eight threads at once; what they gave, in order."""
    barrier = threading.Barrier(THREADS)

    def start(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def gradient(i, w=W):
    """Return one of a thousand gradients with respect to a leaf that all threads share."""
    return ag.grad(lambda w: np.sum(np.tanh(w @ X) * WEIGHTS[i]))(w)


@HOW_OFTEN
def test_gradients_in_threads_are_those_in_one(each):
    """Gradients in 8 threads that share the leaf and the data equal the serial ones bit for bit."""
    serial = [gradient(i).data for i in range(each)]
    for found in in_threads(lambda _: [gradient(i).data for i in range(each)]):
        for got, want in zip(found, serial, strict=True):
            assert got.tobytes() == want.tobytes()


@HOW_OFTEN
def test_backward_in_threads_loses_nothing(each):
    """Backward calls of 8 threads into one shared leaf add up; halves and integers add exactly."""
    shared = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    own = [Tensor(np.ones(3), requires_grad=True) for _ in range(THREADS)]

    def work(number):
        for i in range(each):
            (np.sum(shared * (i % 8)) * 0.5 + np.sum(own[number] * number)).backward()

    in_threads(work)
    assert_array_equal(
        shared.grad, np.full((2, 3), THREADS * sum(i % 8 for i in range(each)) * 0.5)
    )
    for number in range(THREADS):
        assert_array_equal(own[number].grad, np.full(3, float(each * number)))


def test_one_graph_swept_by_many_threads():
    """A graph recorded once may be swept from several threads at once."""
    x = Tensor(np.linspace(0, 1, 50), requires_grad=True)
    _, pullback = ag.vjp(lambda x: np.cumsum(np.tanh(x * x) * x), x.data)
    want = [pullback(np.full(50, float(i)))[0] for i in range(100)]
    for found in in_threads(lambda _: [pullback(np.full(50, float(i)))[0] for i in range(100)]):
        for got, expected in zip(found, want, strict=True):
            assert got.tobytes() == expected.tobytes()


def test_a_checkpointed_graph_swept_by_many_threads():
    """Each thread replays for itself."""
    _, pullback = ag.vjp(ag.checkpoint(lambda x, y: np.tanh(x * y)), X, X + 1)
    want = [pullback(np.full(X.shape, float(i))) for i in range(50)]
    for found in in_threads(lambda _: [pullback(np.full(X.shape, float(i))) for i in range(50)]):
        for got, expected in zip(found, want, strict=True):
            assert_array_equal(got, expected)


def test_switches_belong_to_one_thread():
    """no_grad in one thread leaves the others recording."""
    inside, done = threading.Event(), threading.Event()

    recorded = []

    def halt():
        with ag.no_grad():
            recorded.extend([(W * 2).requires_grad, np.exp(W).requires_grad])
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=halt)
    thread.start()
    inside.wait(10)
    try:
        assert (W * 2).requires_grad
        assert np.exp(W).requires_grad
        assert recorded == [False, False]
        assert not_plain
    finally:
        done.set()
        thread.join()
    assert not not_plain  # so that operators need not ask the thread


def test_derivatives_of_derivatives_in_threads():
    """Levels are told apart within each thread."""

    def work(number):
        f = lambda x: x * ag.grad(lambda y: x * y * y)(float(number))
        return [float(ag.grad(f)(2.0)) for _ in range(200)]

    for number, found in enumerate(in_threads(work)):
        assert found == [8.0 * number] * 200


class Slow(np.ndarray):
    """Lets every other thread go first when something is added to it."""

    def __add__(self, other):
        time.sleep(0.05)
        return np.asarray(self) + other


def test_adding_to_a_gradient_is_not_interrupted():
    """Nothing is lost between reading the gradient and writing the sum."""
    leaf = Tensor(np.zeros(2), requires_grad=True)
    leaf.grad = np.zeros(2).view(Slow)
    in_threads(lambda number: leaf.sum().backward())
    assert leaf.grad.tolist() == [THREADS, THREADS]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("forks", [5, pytest.param(100, marks=pytest.mark.thorough)])
def test_fork_while_threads_are_busy(forks):
    """Both sides go on differentiating; no lock that a thread held is held for ever."""
    stop = threading.Event()
    leaf = Tensor(np.ones((4, 3)), requires_grad=True)

    def work():
        while not stop.is_set():
            np.sum(np.tanh(leaf @ X)).backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    want = gradient(0).data.tobytes()
    try:
        for _ in range(forks):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on fork
                child = os.fork()
            if child == 0:  # not a word to pytest from here on
                own = Tensor(np.ones((4, 3)), requires_grad=True)
                np.sum(own @ X).backward()
                same = gradient(0).data.tobytes() == want
                np.sum(leaf @ X).backward()
                os._exit(0 if same and own.grad is not None else 1)
            assert gradient(0).data.tobytes() == want
            assert finished(child) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_lock_held_at_the_fork_is_open_in_the_child():
    """A thread that is just adding to a gradient does not stop the child's backward."""
    from autograd_lite.engine import tensor

    held, leaf = threading.Event(), Tensor([1.0, 2.0], requires_grad=True)

    def hold():
        with tensor._deposit_lock:
            held.set()
            time.sleep(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        leaf.sum().backward()
        os._exit(0 if leaf.grad is not None else 1)
    thread.join()
    assert finished(child, 10) == 0
    leaf.sum().backward()


def test_spawned_processes_differentiate():
    """Each imports everything anew, and gets its arguments by pickling."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(slope, [0.1, 0.2, 0.3], timeout=120))
    assert found == [slope(x) for x in (0.1, 0.2, 0.3)]


def slope(x):
    """Return a derivative as a plain number, which can be sent."""
    return float(ag.grad(lambda x: np.sum(np.tanh(x * X)))(x))


def finished(child, seconds=60):
    """Return the exit status of a process; end one that hangs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"
