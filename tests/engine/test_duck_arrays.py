"""The same rules on other arrays: a strict one for every rule, Dask's lazily, CuPy's on a GPU."""

from collections.abc import Callable, Iterator
from typing import Any

import dask
import dask.array
import distributed
import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd_lite as ag
from rules.test_rules import CASES, arrays
from support.cases import Case
from support.strict_array import Strict

pytestmark = pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 12))  # examples are columns
Y = (RNG.random((1, 12)) < 0.5) * 1.0
PARAMETERS = {
    "W1": RNG.normal(size=(4, 2)), "b1": np.zeros((4, 1)),
    "W2": RNG.normal(size=(1, 4)), "b2": np.zeros((1, 1)),
}  # fmt: skip


def cost(p: Any, X: Any, Y: Any) -> Any:
    """Return the course's net of two layers, and its cost."""
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    A2 = ag.sigmoid(p["W2"] @ A1 + p["b2"])
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def mixture(out: Any) -> Any:
    """Return a real number made of all outputs of a case."""
    parts = out if isinstance(out, tuple | list) else [out]
    return sum(np.sum(np.real(y * y)) for y in parts if y.dtype.kind in "fc")


def slopes(f: Callable[..., Any], order: int, *args: Any) -> Any:
    """Return the gradient of the mixture, or of the squares of that gradient."""
    numbers = tuple(range(len(args)))
    first = ag.grad(lambda *a: mixture(f(*a)), argnums=numbers)
    return (
        first(*args)
        if order == 1
        else ag.grad(lambda *a: mixture(first(*a)), argnums=numbers)(*args)
    )


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "arithmetic": (lambda x: (x * 2 + 1 / (x + 9)) ** 2 - x, (3, 4)),
    "elementwise": (lambda x: np.exp(-x) * np.sin(x) + np.tanh(x) * np.hypot(x, 2), (3, 4)),
    "broadcasting": (lambda x: x * x[:, :1] + x[0], (3, 4)),
    "sum over axes": (lambda x: np.sum(x * x, axis=(0, -1)) * np.mean(x), (3, 4, 2)),
    "var, std": (lambda x: np.var(x, axis=0) + x.std(ddof=1), (3, 4)),
    "max, min": (lambda x: np.max(x, axis=1) * x.min(), (3, 4)),
    "prod": (lambda x: np.prod(x, axis=0), (3, 4)),
    "matmul": (lambda x: x @ x.T @ x, (3, 4)),
    "tensordot": (lambda x: np.tensordot(x, x, ((1,), (1,))), (3, 4)),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), (3, 4)),
    "reshape, transpose": (lambda x: np.reshape((x.T * 2).T, (12,)) * x.reshape(12), (3, 4)),
    "stack, concatenate": (lambda x: np.concatenate([x, x * x]) + np.stack([x, x])[1, 0], (3, 4)),
    "slices": (lambda x: x[1:, ::2] * x[:-1, None, 1].T, (3, 4)),
    "pad, roll": (lambda x: np.pad(x, 1) * np.pad(np.roll(x, 1), 1), (3, 4)),
    "cumsum": (lambda x: np.cumsum(x * x, axis=1), (3, 4)),
    "where": (lambda x: np.where(x > 0, x**3, -x), (3, 4)),
    "where, with infinity in the branch not taken":
        (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 0)) * x, 0), (3, 4)),
    "clip, maximum": (lambda x: np.clip(x, -0.5, 0.5) + np.maximum(x, 0), (3, 4)),
    "norm": (lambda x: np.linalg.norm(x * x, axis=0), (3, 4)),
    "sigmoid": (lambda x: ag.sigmoid(x) + ag.softplus(x) + ag.log_sigmoid(x), (3, 4)),
    "relu": (lambda x: ag.relu(x) + ag.leaky_relu(x) * x, (3, 4)),
    "softmax": (lambda x: ag.softmax(x) * ag.log_softmax(x), (3, 4)),
    "logsumexp": (lambda x: ag.logsumexp(x, axis=0), (3, 4)),
    "the logarithm of a probability that rounded to 1":
        (lambda x: np.log(1 - ag.sigmoid(40 + x)), (3, 4)),
}  # fmt: skip
every_program = pytest.mark.parametrize("name", PROGRAMS)


def check_program(
    name: str, order: int, to: Callable[[Any], Any], back: Callable[[Any], Any]
) -> None:
    """Check that the gradient on arrays of another kind is that on NumPy's, and of this kind."""
    f, shape = PROGRAMS[name]
    x = np.random.default_rng(7).normal(size=shape)
    (want,), (got,) = slopes(f, order, x), slopes(f, order, to(x))
    assert type(got) is type(to(x))
    assert got.shape == want.shape
    assert np.any(want)
    assert_allclose(back(got), want, rtol=1e-12, atol=1e-12)


# A strict array, as CuPy's are


def test_strict_array_is_strict() -> None:
    """It neither becomes an array of NumPy's nor meets one."""
    x = Strict([1.0, 2.0])
    for wrong in (lambda: np.asarray(x), lambda: x + np.ones(2), lambda: np.ones(2) * x,
                  lambda: np.where(x > 0, x, np.ones(2)), lambda: np.dot(x, np.ones(2))):  # fmt: skip
        with pytest.raises(TypeError):
            wrong()


# Cases with a list or a NumPy array beside a strict one, which CuPy refuses too.
MIXED = {"compress(3m)", "polyval(m)", "block(m, n)", "piecewise(5)"}


def on_device(case: Case, args: list[Any]) -> list[Any] | None:
    """Return the arrays of a case as strict ones; None if the function does not take these."""
    moved = [Strict(a) for a in args]
    try:
        mixture(case.f(*moved))
    except TypeError:
        return None
    return moved


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_rule_stays_on_the_device(case: Case) -> None:
    """First and second derivatives never leave the device on the way."""
    args, _ = arrays(case)
    moved = on_device(case, args)
    if moved is None or case.name in MIXED or not any(case.free):
        return
    numbers = [k for k, free in enumerate(case.free) if free]

    def of(a: list[Any]) -> Callable[..., Any]:
        """Return the function of the arrays that are differentiated."""

        def f(*free: Any) -> Any:
            whole = list(a)
            for k, x in zip(numbers, free, strict=True):
                whole[k] = x
            return case.f(*whole)

        return f

    for order in (1, 2) if case.smooth else (1,):
        want = slopes(of(args), order, *[args[k] for k in numbers])
        got = slopes(of(moved), order, *[moved[k] for k in numbers])
        for g, w in zip(got, want, strict=True):
            assert type(g) is Strict
            assert_allclose(g.get(), w, rtol=1e-9, atol=1e-9)


def test_most_cases_run_on_the_device() -> None:
    """The test above says something about nine cases in ten, if only few are left out."""
    ran = [case for case in CASES if on_device(case, arrays(case)[0]) is not None]
    assert len(ran) >= 0.85 * len(CASES)


@every_program
@pytest.mark.parametrize("order", [1, 2])
def test_program_on_the_device(name: str, order: int) -> None:
    """Programs of several calls."""
    check_program(name, order, Strict, Strict.get)


def test_training_on_the_device() -> None:
    """A net is trained where its numbers are; Tensors, backward and print do not fetch them."""
    p = {k: ag.Tensor(Strict(a), requires_grad=True, name=k) for k, a in PARAMETERS.items()}
    q = {k: a.copy() for k, a in PARAMETERS.items()}
    for _ in range(5):
        J = cost(p, Strict(X), Strict(Y))
        J.backward()
        repr(J)
        _, g = ag.value_and_grad(cost)(q, X, Y)
        for k, t in p.items():
            t.data = t.data - 0.5 * t.grad
            t.zero_grad()
            q[k] = q[k] - 0.5 * g[k]
    for k, t in p.items():
        assert_allclose(t.data.get(), q[k], rtol=1e-12)


def test_functional_forms_on_the_device() -> None:
    """jvp, jacobian, hessian, hvp and elementwise_grad."""
    f = lambda x: np.tanh(x) * np.sum(x * x)
    x, v = np.array([0.3, -0.2, 0.5]), np.array([1.0, 2.0, -1.0])
    s = lambda x: np.sum(f(x))
    for of in (
        lambda x, v: ag.jvp(f)(x, v)[1], lambda x, v: ag.jacobian(f)(x),
        lambda x, v: ag.jacobian(f, mode="forward")(x), lambda x, v: ag.hessian(s)(x),
        lambda x, v: ag.hvp(s)(x, v), lambda x, v: ag.elementwise_grad(np.tanh)(x),
        lambda x, v: ag.vjp(f, x)[1](v)[0],
    ):  # fmt: skip
        got = of(Strict(x), Strict(v))
        assert type(got) is Strict
        assert_allclose(got.get(), of(x, v), rtol=1e-12)


# Dask: nothing is computed until it is asked for


def refuse(*args: Any, **kwargs: Any) -> Any:
    """Raise in place of a scheduler that computes."""
    raise AssertionError("a lazy graph was computed while differentiating")


@pytest.fixture
def lazy() -> Iterator[Callable[[Any], Any]]:
    """Makes Dask arrays in pieces, of which none can be computed by accident."""
    with dask.config.set(scheduler=refuse):
        yield lambda a: dask.array.from_array(
            a, chunks=tuple(max(1, (n + 1) // 2) for n in a.shape)
        )


def check_lazily(name: str, order: int, lazy: Callable[[Any], Any]) -> None:
    """Check that the gradient of a lazy array is lazy, and once computed the eager one."""
    with np.errstate(all="ignore"):  # of what is computed late the caller sees every step
        check_program(name, order, lazy, lambda a: a.compute(scheduler="synchronous"))


@every_program
def test_program_on_dask(name: str, lazy: Callable[[Any], Any]) -> None:
    """First derivatives of each program."""
    check_lazily(name, 1, lazy)


@pytest.mark.parametrize(
    "name", ["tensordot", *[pytest.param(name, marks=pytest.mark.thorough) for name in PROGRAMS]]
)
def test_second_order_on_dask(name: str, lazy: Callable[[Any], Any]) -> None:
    """Second derivatives, whose graphs are large."""
    check_lazily(name, 2, lazy)


def batches(lazy: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return the examples in three pieces."""
    return lazy(X).rechunk((2, 4)), lazy(Y).rechunk((1, 4))


def assert_equal_gradients(got: Any, want: Any) -> None:
    """Cost and gradients equal to 1e-12."""
    assert_allclose(got[0], want[0], rtol=1e-12)
    for k in PARAMETERS:
        assert_allclose(got[1][k], want[1][k], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_chunked_batch(scheduler: str, lazy: Callable[[Any], Any]) -> None:
    """Parameters in NumPy, examples in pieces along m: each piece is one task of a thread."""
    value, g = ag.value_and_grad(cost)(PARAMETERS, *batches(lazy))
    got = dask.compute(value, g, scheduler=scheduler)
    assert_equal_gradients(got, ag.value_and_grad(cost)(PARAMETERS, X, Y))


def test_chunked_batch_on_a_cluster(lazy: Callable[[Any], Any]) -> None:
    """The same by a scheduler and two workers, which talk to each other inside this process."""
    value, g = ag.value_and_grad(cost)(PARAMETERS, *batches(lazy))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None,
            protocol="inproc://",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        got = client.gather(client.compute([value, g]))
    assert isinstance(value, dask.base.DaskMethodsMixin)
    assert_equal_gradients(got, ag.value_and_grad(cost)(PARAMETERS, X, Y))


def test_backward_is_lazy(lazy: Callable[[Any], Any]) -> None:
    """A Tensor of a lazy array: shape, print and backward compute nothing."""
    t = ag.Tensor(lazy(X), requires_grad=True, name="X")
    J = np.sum(np.tanh(t) * t[0])
    assert "dask" in repr(t)
    assert J.shape == ()
    J.backward()
    want = ag.grad(lambda x: np.sum(np.tanh(x) * x[0]))(X)
    assert_allclose(t.grad.compute(scheduler="synchronous"), want, rtol=1e-12)


def test_repeated_places_on_dask(lazy: Callable[[Any], Any]) -> None:
    """An element that is looked up twice gets both gradients, lazily."""
    rows = np.array([0, 1, 0, 0])
    (got,) = slopes(lambda x: x[rows] * np.take(x, rows, axis=0), 1, lazy(X))
    (want,) = slopes(lambda x: x[rows] * x[rows], 1, X)
    assert_allclose(got.compute(scheduler="synchronous"), want, rtol=1e-12)


# CuPy, where there is a GPU


@pytest.fixture
def cupy() -> Any:
    """CuPy with a device."""
    cp = pytest.importorskip("cupy", reason="CuPy is not installed")
    try:
        if not cp.cuda.runtime.getDeviceCount():
            pytest.skip("no GPU is here")
    except cp.cuda.runtime.CUDARuntimeError as error:
        pytest.skip(f"no GPU is here: {error}")
    return cp


@pytest.mark.gpu
@every_program
@pytest.mark.parametrize("order", [1, 2])
def test_program_on_cupy(name: str, order: int, cupy: Any) -> None:
    """The programs, on a GPU."""
    check_program(name, order, cupy.asarray, cupy.asnumpy)


@pytest.mark.gpu
def test_training_cost_on_cupy(cupy: Any) -> None:
    """The course's net on a GPU."""
    p = {k: cupy.asarray(a) for k, a in PARAMETERS.items()}
    value, g = ag.value_and_grad(cost)(p, cupy.asarray(X), cupy.asarray(Y))
    got = float(value), {k: cupy.asnumpy(a) for k, a in g.items()}
    assert_equal_gradients(got, ag.value_and_grad(cost)(PARAMETERS, X, Y))
