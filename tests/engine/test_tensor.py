"""Tensor: what it is, how it mixes with NumPy, and how gradients are asked for and watched."""

import copy
import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import BroadcastableShapes, arrays, mutually_broadcastable_shapes
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag
from autograd_lite import Tensor

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
X.flags.writeable = False


def variable(data=X, **options):
    """Return a Tensor that requires a gradient."""
    return Tensor(data, requires_grad=True, **options)


# Attributes


def test_attributes_are_those_of_the_array():
    """shape, dtype, ndim, size, len and T."""
    t = variable(name="W")
    assert (t.shape, t.ndim, t.size, len(t), t.nbytes, t.itemsize) == ((2, 3), 2, 6, 2, 48, 8)
    assert t.dtype == np.float64
    assert t.T.shape == t.mT.shape == (3, 2)
    assert t.name == "W"
    assert t.is_leaf
    assert t.requires_grad
    assert not (t * 2).is_leaf
    assert t.grad is None


def test_data_are_copied():
    """A Tensor does not change when the array it was made of does, nor the other way round."""
    source = np.array([1.0, 2.0])
    t = Tensor(source)
    source[0] = 9.0
    assert_array_equal(t.data, [1.0, 2.0])
    t.data[1] = 7.0
    assert source[1] == 2.0


@pytest.mark.parametrize("data", [3, 3.0, [1.0, 2.0], (1, 2), np.float32(2), X, Tensor(X), True])
def test_anything_like_an_array_makes_a_tensor(data):
    """Numbers, lists, tuples, scalars, arrays and Tensors."""
    t = Tensor(data)
    expected = np.asarray(data.data if isinstance(data, Tensor) else data)
    assert_array_equal(t.data, expected)
    assert t.dtype == expected.dtype


def test_dtype_is_chosen_or_kept():
    """float32 stays float32 unless another type is asked for."""
    assert Tensor(np.ones(2, np.float32)).dtype == np.float32
    assert Tensor([1, 2], dtype=np.float32).dtype == np.float32
    assert Tensor([1, 2], dtype=float, requires_grad=True).requires_grad


@pytest.mark.parametrize("data", [[1, 2], [True], ["a"], np.array([None])])
def test_only_floating_numbers_can_require_a_gradient(data):
    """The message says what to pass."""
    with pytest.raises(ag.NotDifferentiableError, match="dtype=float"):
        variable(data)


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (variable([1.0], name="b"), "Tensor([1.], requires_grad=True, name='b')"),
        (Tensor(np.float32(2)), "Tensor(2., dtype=float32)"),
        (Tensor(3), "Tensor(3, dtype=int64)"),
        (Tensor([[1.0], [2.0]]), "Tensor([[1.],\n        [2.]])"),
    ],
)
def test_repr(t, text):
    """The numbers, a type that is not float64, and whether a gradient flows."""
    assert repr(t) == text


def test_numbers_in_text():
    """A scalar takes a format, as a cost in a message does."""
    assert f"{Tensor(0.123456):.3f}" == "0.123"
    assert f"{Tensor(2.5)}" == "2.5"
    assert "%.1f" % Tensor(2.5) == "2.5"  # noqa: UP031 (the course writes costs so)
    assert str(Tensor([1.0])) == "Tensor([1.])"


def test_python_numbers():
    """float, int, bool, complex, index, round, math functions and item."""
    t = Tensor(2.0)
    assert (float(t), int(t), bool(t), complex(t), t.item()) == (2.0, 2, True, 2 + 0j, 2.0)
    assert math.sqrt(Tensor(4.0)) == 2.0
    assert [10, 20, 30][Tensor(1)] == 20
    assert Tensor([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    with pytest.raises((TypeError, ValueError)):
        float(Tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor([1.0, 2.0]))


def test_comparisons_are_plain_booleans():
    """As NumPy's; and since == compares elements, a Tensor is no key."""
    t = variable()
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for other in (0.4, X, Tensor(X), np.float64(0.4)):
            plain = other.data if isinstance(other, Tensor) else other
            assert type(compare(t, other)) is np.ndarray
            assert_array_equal(compare(t, other), compare(X, plain))
            assert_array_equal(compare(X, t), compare(X, X))
    with pytest.raises(TypeError, match="unhashable"):
        hash(t)


def test_iteration_and_membership():
    """Rows are Tensors of the graph."""
    t = variable()
    rows = list(t)
    assert [row.shape for row in rows] == [(3,), (3,)]
    rows[1].sum().backward()
    assert_array_equal(t.grad, [[0, 0, 0], [1, 1, 1]])
    assert 0.3 in t
    with pytest.raises(TypeError, match="0-d"):
        iter(Tensor(1.0))


def test_copies():
    """copy stays in the graph, deepcopy makes a new leaf."""
    t = variable(name="W")
    copy.copy(t).sum().backward()
    assert_array_equal(t.grad, np.ones_like(X))
    other = copy.deepcopy(t)
    assert other.is_leaf
    assert other.requires_grad
    assert other.name == "W"
    other.data[0, 0] = 9.0
    assert t.data[0, 0] == 0.3


# Nothing leaves the graph in silence


@pytest.mark.parametrize(
    "leave",
    [np.asarray, np.array, lambda t: np.array([t, t]), lambda t: np.add(X, 1, out=t)],
)
def test_becoming_an_array_is_an_error(leave):
    """The message names t.data."""
    with pytest.raises((ag.SilentCopyError, ag.NoRuleError, TypeError)) as caught:
        leave(variable())
    assert "t.data" in str(caught.value) or "out" in str(caught.value)


def test_ways_out_that_say_so():
    """data, numpy(), item() and detach()."""
    t = variable()
    assert type(t.data) is np.ndarray
    assert type(t.numpy()) is np.ndarray
    t.numpy()[0] = 9.0
    assert_array_equal(t.data, X)
    assert not t.detach().requires_grad


def test_writing_into_a_tensor_is_an_error():
    """t[i] = x would change what the graph remembers; t.sort() too."""
    t = variable()
    with pytest.raises(ag.SilentCopyError, match=r"np\.where"):
        t[0] = 1.0
    with pytest.raises(ag.SilentCopyError, match=r"np\.sort"):
        t.sort()


def test_results_are_read_only():
    """Data of a result belong to the graph."""
    y = variable() * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1.0
    with pytest.raises(ag.SilentCopyError, match="detach"):
        y.data = X


def test_new_data_must_fit():
    """The shape stays; the type is kept."""
    t = variable(np.ones(2, np.float32))
    t.data = np.array([3.0, 4.0])
    assert t.dtype == np.float32
    with pytest.raises(ag.ShapeError, match=r"\(2,\)"):
        t.data = np.ones(3)
    with pytest.raises(ag.ShapeError, match=r"\(2,\)"):
        t.grad = np.ones(3)


@pytest.mark.parametrize("update", ["+=", "-=", "*=", "/=", "**=", "@="])
def test_in_place_operators_rebind(update):
    """t += x makes a new Tensor; the old one, and what was made of it, stay as they were."""
    t = variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    kept, square = t, t * t
    names = {"t": t, "x": np.array([[2.0, 1.0], [1.0, 2.0]])}
    exec(f"t {update} x", {}, names)
    assert names["t"] is not kept
    assert names["t"].requires_grad
    assert_array_equal(kept.data, [[1.0, 2.0], [3.0, 4.0]])
    square.sum().backward()
    assert_array_equal(kept.grad, 2 * kept.data)


def test_an_array_updated_by_a_tensor_becomes_one():
    """array += tensor cannot be kept in the array, so it is an error or rebinds to a Tensor."""
    a = np.ones_like(X)
    try:
        a += variable()
    except (ag.AutogradError, TypeError):
        return
    assert type(a) is Tensor


# Mixed operands


OTHERS = {
    "Tensor": Tensor(X + 2),
    "variable": variable(X + 2),
    "array": X + 2,
    "float32 array": (X + 2).astype(np.float32),
    "integers": np.array([[1, 2, 3], [4, 5, 6]]),
    "float": 1.5,
    "int": 2,
    "np.float64": np.float64(1.5),
    "np.float32": np.float32(1.5),
    "np.int64": np.int64(2),
    "0-d array": np.array(1.5),
    "list": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    "tuple": (1.0, 2.0, 3.0),
    "bool": True,
}
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]
UFUNCS = [np.add, np.subtract, np.multiply, np.true_divide, np.power, np.maximum, np.arctan2]


@pytest.mark.parametrize("operate", OPERATORS + UFUNCS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_mixed_operands_give_a_tensor(operate, other, side):
    """Whatever stands on the other side, on either side; value and gradient as they should be."""
    x = OTHERS[other]
    t = variable(np.abs(X) + 0.5)
    plain = np.asarray(x.data if type(x) is Tensor else x)
    if type(x) in (int, float, bool):
        plain = x  # a weak type
    left = side == "left"
    y = operate(t, x) if left else operate(x, t)
    want = operate(t.data, plain) if left else operate(plain, t.data)
    assert type(y) is Tensor
    assert y.dtype == want.dtype
    assert_allclose(y.data, want, rtol=1e-15)
    y.sum().backward()
    h = 1e-6
    up, down = t.data + h, t.data - h
    slope = (
        (operate(up, plain) - operate(down, plain)) / (2 * h)
        if left
        else (operate(plain, up) - operate(plain, down)) / (2 * h)
    )
    slope = np.broadcast_to(slope, np.broadcast_shapes(slope.shape, t.shape))
    assert_allclose(t.grad, slope, rtol=1e-6, atol=1e-8)


class Asked:
    """Something that wants to be asked itself what it is beside an array (NEP 13)."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "added to", type(other)

    def __eq__(self, other):
        return "compared with", type(other)

    __hash__ = None


def test_other_kinds_of_operands():
    """An object that defines the operator is asked, with the Tensor; an operand that is no number is a TypeError."""
    for t in (variable(), variable(1.0)):
        assert t + Asked() == ("added to", Tensor)
        assert (t == Asked()) == ("compared with", Tensor)
        half = t * Fraction(1, 2)
        half.sum().backward()
        assert_allclose(half.data, t.data / 2)
        assert_allclose(t.grad, np.full(t.shape, 0.5))
        for other in (None, "a", {}, np.sin, object(), Decimal(2)):
            with pytest.raises(TypeError, match=r"for \+: 'Tensor' and"):
                t + other
            with pytest.raises(TypeError, match=r"and 'Tensor'"):
                other - t
    assert_allclose((variable(np.ones(2)) * range(2)).data, [0, 1])


def test_tests_may_look():
    """An assertion takes no number out of the graph."""
    t = variable()
    np.testing.assert_allclose(t, X)
    np.testing.assert_array_equal(t * 2, X * 2)
    with pytest.raises(AssertionError, match="Mismatched"):
        np.testing.assert_allclose(t, X + 1)
    assert variable(2.0) == pytest.approx(2.0)
    assert variable(2.0) != pytest.approx(2.1)
    assert t == pytest.approx(X)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (variable(X), X.T),
        (X, variable(X.T)),
        (variable(X), Tensor(X.T)),
        (variable(X), [1.0, 2.0, 3.0]),
        ([1.0, 2.0], variable(X)),
    ],
)
def test_mixed_matrix_products(a, b):
    """@ with a Tensor on either side."""
    y = a @ b
    plain = [np.asarray(t.data if type(t) is Tensor else t) for t in (a, b)]
    assert type(y) is Tensor
    assert_allclose(y.data, plain[0] @ plain[1])


@pytest.mark.parametrize(
    ("call", "slope"),
    [
        (lambda w, s: w @ [s, s * s], 1 + 2 * 3.0 * 2),
        (lambda w, s: [s, 2 * s] @ w, 1 + 2 * 2),
        (lambda w, s: np.dot([s, 2 * s], w), 1 + 2 * 2),
        (lambda w, s: w * (s, 5.0), 1),
        (lambda w, s: [[s, 5.0]] - w, 1),
        (lambda w, s: np.maximum(w, [3 * s, 0.0]), 3),
        (lambda w, s: np.multiply([s, 5.0], w, dtype=float), 1),
        (lambda w, s: np.where([True, False], [2 * s, s], w), 2),
        (lambda w, s: np.concatenate([[s, 2.0], w, [], [s * s]]), 1 + 2 * 3),
        (lambda w, s: np.append([s, s], w), 2),
        (lambda w, s: np.stack([[s, 2 * s], w]), 3),
    ],
)
def test_a_list_with_tensors_in_it_is_an_array(call, slope):
    """Wherever NumPy asks us; gradients reach the Tensors in the list and beside it."""
    w, s = variable(np.array([1.0, 2.0])), variable(np.array(3.0))
    y = call(w, s)
    assert_allclose(y.data, call(w.data, s.data))
    y.sum().backward()
    assert_allclose(s.grad, slope)
    assert w.grad.shape == (2,)


def test_functions_of_lists_of_mixed_arrays():
    """np.stack, np.concatenate and np.where take Tensors among arrays."""
    t = variable(np.array([1.0, 2.0]))
    for y in (
        np.stack([t, np.ones(2), t]),
        np.concatenate([np.ones(2), t]),
        np.where(np.array([True, False]), t, 0.0),
        np.where(np.array([True, False]), [3.0, 4.0], t),
        np.vstack([t, t.data]),
    ):
        assert type(y) is Tensor
        assert y.requires_grad


@pytest.mark.parametrize("left", [True, False])
def test_python_scalars_are_weak(left):
    """float32 with a Python number is float32, with a float64 array float64: NumPy's own rules."""
    t = variable(np.ones(2, np.float32))
    for weak in (2, 0.5, True):
        assert (t * weak if left else weak * t).dtype == np.float32
    assert (t * np.float64(2) if left else np.float64(2) * t).dtype == np.float64
    assert (t * np.ones(2) if left else np.ones(2) * t).dtype == np.float64
    (t * np.ones(2)).sum().backward()
    assert t.grad.dtype == np.float32


# float32


FLOAT32 = {
    "arithmetic": lambda t: (2 * t + 1) / (t * t + 3) - t**2 + t**0.5,
    "ufuncs": lambda t: np.exp(t) + np.log(t) + np.tanh(t) + np.sqrt(t) + np.abs(t) + np.sin(t),
    "kinks": lambda t: np.maximum(t, 0) + np.clip(t, 0.4, 0.6) + np.where(t > 0.5, t, 0.0),
    "reductions": lambda t: t.mean() + t.std() + t.max() + np.sum(t, axis=0) + np.prod(t),
    "products": lambda t: t @ t.T + np.dot(t, t.T) + np.einsum("ij,kj->ik", t, t),
    "shapes": lambda t: np.concatenate([t.T.reshape(-1), t[0, ::-1], np.stack([t[0], t[1]])[1]]),
    "own": lambda t: ag.sigmoid(t) + ag.relu(t) + ag.leaky_relu(t) + ag.softplus(t) + ag.softmax(t),
    "log": lambda t: ag.log_softmax(t) + ag.logsumexp(t) + ag.log_sigmoid(t),
    "linalg": lambda t: np.linalg.inv(t @ t.T + np.eye(2, dtype=t.dtype)) + np.linalg.norm(t),
}


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_stays_float32(name):
    """Values, gradients, and gradients of gradients."""
    t = variable(np.array([[0.3, 0.5, 0.7], [0.2, 0.4, 0.9]], np.float32))
    y = FLOAT32[name](t)
    assert y.dtype == np.float32
    np.sum(y * y).backward(create_graph=True)
    assert t.grad.dtype == np.float32
    g = t.grad
    t.zero_grad()
    np.sum(g * g).backward()
    assert t.grad.dtype == np.float32


# ndarray's own methods


METHODS = {
    "sum": lambda a: a.sum(axis=0),
    "mean": lambda a: a.mean(1, keepdims=True),
    "max": lambda a: a.max(),
    "min": lambda a: a.min(axis=1),
    "prod": lambda a: a.prod(),
    "std": lambda a: a.std(),
    "var": lambda a: a.var(axis=0, ddof=1),
    "ptp": lambda a: np.ptp(a),
    "cumsum": lambda a: a.cumsum(axis=1),
    "cumprod": lambda a: a.cumprod(),
    "trace": lambda a: a.trace(),
    "diagonal": lambda a: a.diagonal(),
    "reshape numbers": lambda a: a.reshape(3, 2),
    "reshape tuple": lambda a: a.reshape((3, -1)),
    "reshape order": lambda a: a.reshape(3, 2, order="F"),
    "transpose": lambda a: a.transpose(),
    "transpose axes": lambda a: a.transpose(1, 0),
    "transpose tuple": lambda a: a.transpose((1, 0)),
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "squeeze": lambda a: a[:1].squeeze(),
    "ravel": lambda a: a.ravel(),
    "flatten": lambda a: a.flatten("F"),
    "repeat": lambda a: a.repeat(2, axis=0),
    "take": lambda a: a.take([0, 2], axis=1),
    "clip": lambda a: a.clip(0.0, 0.5),
    "dot": lambda a: a.dot(a.T),
    "round": lambda a: a.round(1),
    "copy": lambda a: a.copy(),
    "compress": lambda a: a.compress([True, False, True], axis=1),
    "astype": lambda a: a.astype(np.float32),
    "conj": lambda a: a.conj(),
    "T": lambda a: a.T,
    "real": lambda a: a.real,
    "flat": lambda a: list(a.flat)[1],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_ndarray(name):
    """The same value as NumPy's, as a Tensor, with a gradient that differences confirm."""
    use = METHODS[name]
    t = variable()
    y = use(t)
    assert type(y) is Tensor
    assert_allclose(y.data, use(X), rtol=1e-15)
    assert y.dtype == np.asarray(use(X)).dtype
    ag.check_grads(lambda x: use(x) * 1.0, X, order=1, rtol=1e-2 if name == "astype" else 1e-6)


@pytest.mark.parametrize(
    "name", ["argmax", "argmin", "argsort", "all", "any", "nonzero", "searchsorted"]
)
def test_methods_without_derivative_give_plain_arrays(name):
    """Positions and truths are no Tensors."""
    args = (0.5,) if name == "searchsorted" else ()
    data = np.sort(X.ravel())
    got, want = getattr(Tensor(data), name)(*args), getattr(data, name)(*args)
    assert type(got) is type(want)
    assert_array_equal(got, want)


# backward


def test_gradients_add_up_until_they_are_forgotten():
    """Two backward passes add; zero_grad starts anew."""
    t = variable()
    for times in (1, 2):
        (t * X).sum().backward()
        assert_allclose(t.grad, times * X)
    t.zero_grad()
    assert t.grad is None


def test_backward_of_what_is_no_scalar_needs_a_gradient():
    """gradient= has the shape of self."""
    t = variable()
    with pytest.raises(ag.ShapeError, match="only a scalar"):
        (t * 2).backward()
    with pytest.raises(ag.ShapeError, match=r"\(3,\).*\(2, 3\)"):
        (t * 2).backward(np.ones(3))
    (t * 2).backward(X)
    assert_allclose(t.grad, 2 * X)


def test_backward_twice_is_an_error_unless_the_graph_is_kept():
    """Also through a cost that was swept before, of a small and of a large graph."""
    for data in (X, np.ones(5000)):
        t = variable(data)
        y = (t * t).sum()
        y.backward(retain_graph=True)
        y.backward()
        assert_allclose(t.grad, 4 * data)
        with pytest.raises(ag.GraphError, match="retain_graph=True"):
            y.backward()
        with pytest.raises(ag.GraphError, match="retain_graph=True"):
            (y * 2 + t.sum()).backward()


def test_backward_of_a_leaf():
    """d(x)/d(x) is 1, as often as one likes, and x stays usable."""
    t = variable(2.0)
    t.backward()
    t.backward()
    (t * t).backward()
    assert_array_equal(t.grad, 6.0)


def test_backward_without_a_variable():
    """The message says how to make one."""
    with pytest.raises(ag.NotDifferentiableError, match="requires_grad=True"):
        Tensor(1.0).backward()
    with ag.no_grad():
        y = variable(1.0) * 2
    with pytest.raises(ag.NotDifferentiableError, match="no_grad"):
        y.backward()


def test_create_graph_gives_gradients_that_can_be_differentiated():
    """grad is then a Tensor of the graph."""
    t = variable(2.0)
    (t**3).backward(create_graph=True)
    g = t.grad
    t.zero_grad()
    g.backward()
    assert_allclose(t.grad, 12.0)


def test_a_gradient_given_as_a_tensor_gives_arrays():
    """Only create_graph makes gradients Tensors: what comes back otherwise is as for an array."""
    t = variable(2.0)
    (t * t).backward(ag.Tensor(3.0, requires_grad=True))
    assert type(t.grad) is np.ndarray
    assert_allclose(t.grad, 12.0)
    s = ag.Tensor(3.0, requires_grad=True)
    t.zero_grad()
    (t * t).backward(s, create_graph=True)
    t.grad.backward()
    assert_allclose(s.grad, 4.0)


def test_gradients_share_no_memory():
    """Writing into one gradient changes no other, nor the data."""
    a, b = variable(), variable()
    (a + b).sum().backward()
    a.grad[0, 0] = 9.0
    assert b.grad[0, 0] == 1.0
    t = variable()
    gradient = np.ones_like(X)
    (t + 0.0).backward(gradient)
    t.grad[0, 0] = 9.0
    assert gradient[0, 0] == 1.0


# Hooks, retain_grad, detach, no_grad


def test_a_hook_sees_the_gradient_and_may_replace_it():
    """On a result and on a leaf, in the order in which they were registered."""
    t = variable(3.0)
    y = t * t
    seen = []
    y.register_hook(seen.append)
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g))
    t.register_hook(lambda g: g + 1)
    (y * 2).backward()
    assert [float(g) for g in seen] == [2.0, 20.0]
    assert_array_equal(t.grad, 121.0)


def test_a_hook_runs_once_when_the_gradient_is_complete():
    """Contributions have been added by then."""
    t = variable(3.0)
    y = t * 1.0
    seen = []
    y.register_hook(lambda g: seen.append(float(g)))
    (y * 2 + y * 3).backward()
    assert seen == [5.0]


def test_a_hook_can_be_removed():
    """register_hook returns the function that does it."""
    t = variable(3.0)
    remove = t.register_hook(lambda g: g * 100)
    remove()
    (t * 2).backward()
    assert_array_equal(t.grad, 2.0)


def test_a_hook_that_gives_another_shape_is_an_error():
    """Both shapes are named."""
    t = variable()
    t.register_hook(lambda g: g.sum(axis=0))
    with pytest.raises(ag.ShapeError, match=r"\(3,\).*\(2, 3\)"):
        t.sum().backward()


def test_hooks_and_retain_grad_need_a_gradient():
    """On a constant both are errors."""
    with pytest.raises(ag.NotDifferentiableError, match="register_hook"):
        Tensor(1.0).register_hook(print)
    with pytest.raises(ag.NotDifferentiableError, match="retain_grad"):
        Tensor(1.0).retain_grad()


def test_retain_grad_keeps_the_gradient_of_a_result():
    """Only leaves keep theirs otherwise."""
    t = variable(3.0)
    y, z = t * 2, t * 3
    y.retain_grad()
    (y * y + z).backward()
    assert_array_equal(y.grad, 12.0)
    assert z.grad is None
    assert_array_equal(t.grad, 27.0)


def test_detach_cuts():
    """The same numbers, no gradient, no copy."""
    t = variable(3.0)
    y = t * t
    (y.detach() * t).backward()
    assert_array_equal(t.grad, 9.0)
    assert y.detach().is_leaf


def test_no_grad_stops_recording_and_starts_again():
    """Nested, and after an error."""
    t = variable(3.0)
    with ag.no_grad():
        with ag.no_grad():
            assert not (t * 2).requires_grad
        assert not (t * 2).requires_grad
    assert (t * 2).requires_grad
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        1 / 0  # noqa: B018
    assert (t * 2).requires_grad


def test_requires_grad_can_be_switched():
    """On a leaf; a result cannot stop."""
    t = Tensor(3.0)
    t.requires_grad = True
    (t * t).backward()
    assert_array_equal(t.grad, 6.0)
    t.requires_grad = False
    assert not (t * t).requires_grad
    y = variable(1.0) * 2
    with pytest.raises(ag.GraphError, match="detach"):
        y.requires_grad = False


def test_names_reach_errors():
    """A named Tensor is called by its name."""
    with pytest.raises(ag.SilentCopyError, match="'W1'"):
        np.asarray(variable(name="W1"))


# Broadcasting


NUMBERS = st.floats(-3, 3, width=32)
SHAPES = mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4)


@pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")  # (n,) meets (n, 1)
@settings(max_examples=150, deadline=None)
@given(shapes=SHAPES, data=st.data())
@pytest.mark.parametrize(
    "operate", [operator.add, operator.mul, np.maximum], ids=lambda f: f.__name__
)
def test_gradients_of_broadcast_operands(operate, shapes: BroadcastableShapes, data):
    """A gradient has its operand's shape: it is summed over the places the operand went to."""
    a, b = (data.draw(arrays(np.float64, shape, elements=NUMBERS)) for shape in shapes.input_shapes)
    g = data.draw(arrays(np.float64, shapes.result_shape, elements=NUMBERS))
    ta, tb = variable(a), variable(b)
    y = operate(ta, tb)
    assert y.shape == shapes.result_shape
    y.backward(g)
    wide = [np.broadcast_to(x, shapes.result_shape) for x in (a, b)]
    slopes = {
        operator.add: lambda p, q: np.ones_like(p),
        operator.mul: lambda p, q: q,
        np.maximum: lambda p, q: 0.5 * (p > q) + 0.5 * (p >= q),
    }[operate]
    for t, slope in ((ta, slopes(*wide)), (tb, slopes(*wide[::-1]))):
        assert t.grad.shape == t.shape
        expected = np.zeros(t.shape)
        places = np.broadcast_to(np.arange(t.size).reshape(t.shape), shapes.result_shape)
        np.add.at(expected.reshape(-1), places.reshape(-1), (g * slope).reshape(-1))
        assert_allclose(t.grad, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")
@settings(max_examples=100, deadline=None)
@given(shapes=SHAPES, data=st.data())
def test_broadcasting_is_linear_and_transposed(shapes, data):
    """<g, J v> = <J.T g, v> for a product of broadcast operands."""
    assume(np.prod(shapes.result_shape) > 0)
    a, b = (data.draw(arrays(np.float64, shape, elements=NUMBERS)) for shape in shapes.input_shapes)
    g = data.draw(arrays(np.float64, shapes.result_shape, elements=NUMBERS))
    _, tangent = ag.jvp(np.multiply, (a, b), (a, b))
    back = ag.vjp(np.multiply, a, b)[1](g)
    left, right = np.sum(g * tangent), np.sum(back[0] * a) + np.sum(back[1] * b)
    assert abs(left - right) <= 1e-13 * (np.sum(np.abs(g * tangent)) + 1)


@settings(max_examples=50, deadline=None)
@given(
    signature=mutually_broadcastable_shapes(
        signature="(n,k),(k,m)->(n,m)", max_dims=2, max_side=3, min_side=1
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients_of_broadcast_matrix_products(signature, seed):
    """Batches of matrices broadcast as numbers do."""
    random = np.random.default_rng(seed)
    a, b = (random.normal(size=shape) for shape in signature.input_shapes)
    g = random.normal(size=signature.result_shape)
    da, db = ag.vjp(np.matmul, a, b)[1](g)
    va, vb = random.normal(size=a.shape), random.normal(size=b.shape)
    left = np.sum(g * (va @ b + a @ vb))
    assert abs(left - np.sum(da * va) - np.sum(db * vb)) <= 1e-11 * (1 + np.abs(left))
    assert (da.shape, db.shape) == (a.shape, b.shape)
