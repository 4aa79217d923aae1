"""Products beyond the table: constants in every form, repeated operands, spellings, refusals."""

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.graph import reachable
from autograd_lite.errors import NoRuleError
from autograd_lite.rules.einsum import spelled
from support.orders import check_orders, like

V = np.array([0.5, -1.0, 2.0])
M = np.array([[1.0, 2, -1], [0.5, 0, 3]])


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x, c: np.dot(x, c([1.0, 2, 3])), V),
        (lambda x, c: np.dot(c([1.0, 2, 3]), x), V),
        (lambda x, c: np.dot(c((1.0, 2, 3)), x), V),
        (lambda x, c: np.dot(x, 2.5), M),
        (lambda x, c: np.dot(2, x), M),
        (lambda x, c: np.matmul(c([[1.0, 2], [3, 4]]), x), M),
        (lambda x, c: np.matmul(x, c([1, 2, 3])), M),
        (lambda x, c: x @ c([1, 2, 3]), M),
        (lambda x, c: c([1, 2]) @ x, M),
        (lambda x, c: np.inner(x, c([1.0, 2, 3])), M),
        (lambda x, c: np.inner(2.0, x), M),
        (lambda x, c: np.outer(c([1.0, 2]), x), M),
        (lambda x, c: np.outer(x, 2.0), M),
        (lambda x, c: np.vdot(c([1.0, 2, 3]), x), V),
        (lambda x, c: np.vecdot(x, c([1.0, 2, 3])), M),
        (lambda x, c: np.tensordot(x, c([1.0, 2, 3]), 1), M),
        (lambda x, c: np.tensordot(c([1.0, 2]), x, [[0], [0]]), M),
        (lambda x, c: np.kron(2.0, x), M),
        (lambda x, c: np.kron(c([1.0, 2]), x), M),
        (lambda x, c: np.cross(x, c([1.0, 2, 3])), M),
        (lambda x, c: np.einsum("ij,j", x, c([1.0, 2, 3])), M),
        (lambda x, c: np.convolve(c([1, 2]), x, "same"), V),
        (lambda x, c: np.correlate(x, c([1, 2])), V),
        (lambda x, c: np.convolve(x, 2.0), V),
        (lambda x, c: np.linalg.multi_dot([c([[1.0, 2]]), x]), M),
        (lambda x, c: np.linalg.solve(c([[1.0, 2], [3, 4]]), x), M),
        (lambda x, c: np.linalg.solve(x[:, :2], c([1, 2])), M),
        (lambda x, c: np.polyval(c([1, 2, 3]), x), M),
        (lambda x, c: np.polyval(x, 2), V),
        (lambda x, c: np.polyadd(x, c([2])), V),
        (lambda x, c: np.polymul(c([2, 1]), x), V),
    ],
)
def test_a_constant_may_be_a_list_a_tuple_or_a_number(f: Any, x: Any) -> None:
    """A constant factor may be anything that NumPy takes as an array."""
    listed = ag.grad(lambda x: np.sum(f(x, lambda c: c) ** 2))(x)
    array = ag.grad(lambda x: np.sum(f(x, lambda c: np.array(c, float)) ** 2))(x)
    np.testing.assert_array_equal(listed, array)
    assert np.any(listed != 0)
    check_orders(lambda x: f(x, lambda c: c), x)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) >= "2.5.0", reason="NumPy 2.5 has no cross in the plane"
)
@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize(
    ("a", "b", "axes"),
    [
        ((2,), (2,), {}), ((2,), (3,), {}), ((3,), (2,), {}), ((4, 2), (2,), {}),
        ((1, 2), (4, 3), {}), ((2, 4), (2, 4), {"axis": 0}), ((4, 3), (2, 4), {"axisb": 0}),
        ((2, 4), (4, 3), {"axisa": 0, "axisc": 0}),
    ],
)  # fmt: skip
def test_cross_of_vectors_in_the_plane(a: Any, b: Any, axes: Any, dtype: Any) -> None:
    """A vector of two numbers has z = 0; of two such only z is given."""
    rng = np.random.default_rng(0)
    x, y = like(np.zeros(a, dtype), rng), like(np.zeros(b, dtype), rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy would rather not have them
        want = np.cross(x, y, **axes)
        np.testing.assert_array_equal(np.cross(ag.Tensor(x), ag.Tensor(y), **axes).data, want)
        check_orders(lambda x, y: np.cross(x, y, **axes), x, y)


def test_the_same_operand_twice() -> None:
    """An array that stands in several places gets the gradients of all."""
    np.testing.assert_allclose(ag.grad(lambda x: np.einsum("i,i->", x, x))(V), 2 * V)
    np.testing.assert_allclose(ag.grad(lambda x: np.dot(x, x))(V), 2 * V)
    np.testing.assert_allclose(ag.grad(lambda x: np.sum(np.cross(x, x)))(V), 0 * V)
    np.testing.assert_allclose(ag.grad(lambda x: np.sum(np.outer(x, x)))(V), 2 * np.sum(V) + 0 * V)
    square = M[:, :2]
    got = ag.grad(lambda a: np.einsum("ij,jk,ik->", a, a, square))(square)
    np.testing.assert_allclose(got, square @ square.T + square.T @ square)


@pytest.mark.parametrize(
    ("call", "labels", "output"),
    [
        (("ij,jk", M, M.T), [["i", "j"], ["j", "k"]], ["i", "k"]),
        (("ba,cb", M.T, M), [["b", "a"], ["c", "b"]], ["a", "c"]),
        ((" i j -> j i ", M), [["i", "j"]], ["j", "i"]),
        (("ii", M), [["i", "i"]], []),
        (("aB", M), [["a", "B"]], ["B", "a"]),
        (("i...", M), [["i", "A"]], ["A", "i"]),
        (("...j,...", M, V), [["A", "j"], ["A"]], ["A", "j"]),
        ((M, [0, 27]), [["A", "b"]], ["A", "b"]),
        ((M, [..., 1], V, [1], [...]), [["A", "B"], ["B"]], ["A"]),
    ],
)
def test_einsum_is_read_as_numpy_reads_it(call: Any, labels: Any, output: Any) -> None:
    """Both calling forms, with and without an output, with and without an ellipsis."""
    _, got, out = spelled(call)
    assert got == labels
    assert out == output


def test_einsum_in_every_spelling_has_one_gradient() -> None:
    """Strings, lists, spaces, ellipses and optimisers say the same."""
    a, b, c = M, M.T + 1, M[:, :2]
    forms = [
        lambda a: np.einsum("ij,jk,kl->il", a, b, c),
        lambda a: np.einsum(" ij , jk , kl -> il ", a, b, c),
        lambda a: np.einsum("ij,jk,kl", a, b, c),
        lambda a: np.einsum("...j,jk,kl->...l", a, b, c),
        lambda a: np.einsum(a, [0, 1], b, [1, 2], c, [2, 3], [0, 3]),
        lambda a: np.einsum(a, [..., 1], b, [1, 2], c, [2, 3], [..., 3]),
        lambda a: np.einsum("ij,jk,kl->il", a, b, c, optimize=True),
        lambda a: np.einsum("ij,jk,kl->il", a, b, c, optimize="optimal"),
        lambda a: np.einsum("ij,jk,kl->il", a, b, c, optimize=["einsum_path", (1, 2), (0, 1)]),
        lambda a: np.einsum("ij,jk,kl->il", a, b, c, out=None, dtype=float),
        lambda a: a @ b @ c,
    ]
    want = ag.grad(lambda a: np.sum(np.sin(a @ b @ c)))(a)
    for form in forms:
        np.testing.assert_allclose(
            ag.grad(lambda a, f=form: np.sum(np.sin(f(a))))(a), want, rtol=1e-12
        )


def test_a_factor_met_by_a_batch_gathers_all_of_it() -> None:
    """The gradient of one matrix in a batch of products is the sum over the batch."""
    rng = np.random.default_rng(0)
    batch, w = rng.normal(size=(5, 4, 2, 3)), rng.normal(size=(3, 2))
    g = rng.normal(size=(5, 4, 2, 2))
    got = ag.grad(lambda w: np.sum((batch @ w) * g))(w)
    want = sum(batch[i, j].T @ g[i, j] for i in range(5) for j in range(4))
    np.testing.assert_allclose(got, want, rtol=1e-12)
    assert ag.grad(lambda w: np.sum(batch[:0] @ w))(w).tolist() == np.zeros((3, 2)).tolist()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_products_of_nothing(shape: Any) -> None:
    """Sums over no terms are zero, and so are their gradients."""
    a, b = np.zeros(shape), np.ones((*shape[:0:-1], 2))
    for product in (np.matmul, np.dot, lambda a, b: np.einsum("ij,jk", a, b)):
        got = ag.grad(lambda a, b, f=product: np.sum(f(a, b)), argnums=(0, 1))(a, b)
        assert [g.shape for g in got] == [a.shape, b.shape]
        assert not got[1].any()


def fewest(sizes: Any) -> int:
    """Multiplications in a chain of matrices (sizes[0] x sizes[1]), ..., by trying everything."""
    ends = range(1, len(sizes) - 1)
    parts = (
        fewest(sizes[: k + 1]) + fewest(sizes[k:]) + sizes[0] * sizes[k] * sizes[-1] for k in ends
    )
    return min(parts, default=0)


@pytest.mark.parametrize("seed", range(8))
def test_multi_dot_multiplies_in_the_cheapest_order(seed: int) -> None:
    """Seen in the graph: the shapes of the products that were made."""
    sizes = [int(n) for n in np.random.default_rng(seed).integers(1, 12, 6)]
    arrays = [np.ones(shape) for shape in itertools.pairwise(sizes)]
    y = np.linalg.multi_dot([ag.Tensor(a, requires_grad=True) for a in arrays])
    made = [node.args for node in reachable(y._node) if node.rule is not None]
    assert sum(a.shape[0] * a.shape[1] * b.shape[1] for a, b in made) == fewest(sizes)


@pytest.mark.parametrize("n", range(-3, 6))
def test_matrix_power_is_repeated_multiplication(n: int) -> None:
    """Also for the power 0, the identity whatever the matrix, and for negative ones."""
    a = np.array([[2.0, 1.0], [0.5, 3.0]])
    t = ag.Tensor(a, requires_grad=True)
    y = np.linalg.matrix_power(t, n)
    np.testing.assert_allclose(y.data, np.linalg.matrix_power(a, n))
    y.backward(np.ones((2, 2)))

    def powers(a: Any) -> Any:
        factor = a if n > 0 else np.linalg.inv(a)
        y = np.eye(2)
        for _ in range(abs(n)):
            y = y @ factor
        return np.sum(y * 1.0)

    want = ag.grad(powers)(a) if n else np.zeros((2, 2))
    np.testing.assert_allclose(t.grad, want, atol=1e-13)


def test_what_is_conjugated() -> None:
    """JAX's convention: a holomorphic function has g f'(z); vdot, vecdot, vecmat conjugate one."""
    rng = np.random.default_rng(0)
    a, b = (like(np.zeros(3, complex), rng) for _ in range(2))
    for f, of_a, of_b in [
        (np.dot, b, a),
        (np.inner, b, a),
        (lambda a, b: np.einsum("i,i", a, b), b, a),
        (np.vdot, np.conj(b), np.conj(a)),
        (np.vecdot, np.conj(b), np.conj(a)),
    ]:
        got = ag.grad(lambda a, b, f=f: np.real(f(a, b)), argnums=(0, 1))(a, b)
        np.testing.assert_allclose(got[0], of_a)
        np.testing.assert_allclose(got[1], of_b)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda t: np.einsum("ij->ji", t, surprise=1), "surprise"),
        (lambda t: np.linalg.multi_dot([t, t.T], out=np.zeros((2, 2)), surprise=1), "surprise"),
        (lambda t: np.kron(t, t, 3), "kron"),
        (lambda t: np.dot(t, t.T, np.zeros((2, 2))), "dot"),
        (lambda t: np.polyfit(t[0], t[1], 1, cov=True), "polyfit"),
    ],
)
def test_an_argument_that_no_rule_knows_is_refused(call: Any, word: str) -> None:
    """An error on the forward call, never a wrong gradient."""
    with pytest.raises((NoRuleError, TypeError), match=word):
        call(ag.Tensor(M, requires_grad=True))


def test_shapes_that_do_not_fit_are_numpys_own_error() -> None:
    """The forward call is NumPy's, and so is what it refuses."""
    t = ag.Tensor(M, requires_grad=True)
    for call in (
        lambda: t @ t,
        lambda: np.dot(t, t),
        lambda: np.tensordot(t, t, 1),
        lambda: np.einsum("ij,jk", t, t),
        lambda: np.cross(np.ones((2, 4)), t),
        lambda: np.linalg.solve(t, t),
    ):
        with pytest.raises((ValueError, np.linalg.LinAlgError)):
            call()
