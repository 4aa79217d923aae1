"""Layers, activations, losses and initializers against formulas written out, and by_hand."""

import math
import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import by_hand, losses
from nn.errors import DataError, SettingError


def read_only(array):
    array = np.array(array)
    array.setflags(write=False)
    return array


X = read_only([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])


# Linear and Sequential


def test_linear_and_its_gradients():
    """Z = W X + b; with J the sum of Z, dW repeats the sum over examples and db counts them."""
    layer = nn.Linear(2, 3, seed=4)
    Z = layer(X)
    W, b = layer.parameters["W"], layer.parameters["b"]
    np.testing.assert_array_equal(Z.data, np.dot(W.data, X) + b.data)
    Z.sum().backward()
    np.testing.assert_array_equal(W.grad, [[-0.5, 2.0]] * 3)
    np.testing.assert_array_equal(b.grad, [[3.0]] * 3)


@pytest.mark.parametrize("init", ["zeros", "small", "scaled", "he", "large", 0.3])
def test_sequential_draws_as_the_course(init):
    """W1, b1, W2, ... are those of initialize_parameters_deep with the same seed."""
    net = nn.Sequential(
        nn.Linear(5, 4, init), nn.Tanh(), nn.Sequential(nn.Linear(4, 3, init), nn.ReLU()),
        nn.Linear(3, 1, init), seed=3,
    )  # fmt: skip
    course = by_hand.initialize_parameters_deep([5, 4, 3, 1], seed=3, scale=init)
    assert list(net.parameters) == list(course)
    for name, p in course.items():
        np.testing.assert_array_equal(net.parameters[name].data, p)
        assert net.parameters[name].name == name


@pytest.mark.parametrize(
    ("init", "factor"),
    [("zeros", 0), ("small", 0.01), ("scaled", 1 / 2), ("he", math.sqrt(2 / 4)), ("large", 10)],
)
def test_initializers_scale_the_draws(init, factor):
    """Each way multiplies the standard-normal draws by its own factor, for n_in = 4."""
    drawn = nn.initializers.draw(init, 3, 4, np.random.RandomState(7))
    np.testing.assert_allclose(drawn, np.random.RandomState(7).randn(3, 4) * factor, rtol=1e-15)


def test_an_initializer_of_ones_own():
    """A function of the sizes and the generator draws W."""
    layer = nn.Linear(2, 3, init=lambda n_out, n_in, rng: np.full((n_out, n_in), 7.0))
    np.testing.assert_array_equal(layer.parameters["W"].data, np.full((3, 2), 7.0))


def test_float32_net_stays_float32():
    """Parameters, outputs, the cost and gradients keep the number format."""
    net = nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(), nn.Linear(3, 1), dtype=np.float32)
    Z = net(X.astype(np.float32))
    J = losses.binary_cross_entropy_from_logits(Z, np.ones((1, 3), np.float32))
    J.backward()
    assert {Z.dtype, J.dtype, *(p.grad.dtype for p in net.parameters.values())} == {Z.dtype}
    assert Z.dtype == np.float32


def test_pure_functions_learn_the_flower():
    """apply, value_and_grad and Adam reach 85 % on the planar data, where a line reaches half."""
    flower, Y = by_hand.load_planar_dataset()
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), seed=1)
    parameters = net.initialize(np.random.RandomState(1))
    optimizer = nn.optimizers.adam(0.05)
    state = optimizer.init(parameters)
    both = ag.value_and_grad(
        lambda p: losses.binary_cross_entropy_from_logits(net.apply(p, flower), Y)
    )
    for _ in range(500):
        _, grads = both(parameters)
        steps, state = optimizer.update(grads, state, parameters)
        parameters = {name: p + steps[name] for name, p in parameters.items()}
    assert np.mean((net.apply(parameters, flower) > 0) == Y) > 0.85


def test_a_net_says_what_it_is():
    """repr shows layers and sizes."""
    net = nn.Sequential(nn.Linear(2, 4, "he"), nn.ReLU(), nn.LeakyReLU(0.2))
    assert repr(net) == (
        "Sequential(Linear(2, 4, init='he'), ReLU(), LeakyReLU(0.2), seed=0)"
    )  # fmt: skip


def test_trace_names_what_is_on_the_way():
    """Z and A of each layer come by the course's names, and are what apply computes."""
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    found = net.trace(net.parameters, X)
    assert list(found) == ["Z1", "A1", "Z2"]
    assert [t.name for t in found.values()] == ["Z1", "A1", "Z2"]
    np.testing.assert_array_equal(found["Z2"].data, net(X).data)
    np.testing.assert_array_equal(found["A1"].data, np.tanh(found["Z1"].data))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Linear(0, 1), "n_in.*not 0"),
        (lambda: nn.Linear(2, 1.5), "n_out.*1.5"),
        (lambda: nn.Linear(2, True), "n_out.*True"),
        (lambda: nn.Linear(2, 1, init="xavier"), "xavier.*zeros, small, scaled"),
        (lambda: nn.Linear(2, 1, init=None), "None"),
        (lambda: nn.Linear(2, 1, init=lambda o, i, rng: np.ones((i, o))).parameters, r"\(2, 1\)"),
        (lambda: nn.Sequential(np.tanh), "tanh"),
        (lambda: nn.activations.activation_named("step"), "step.*relu, tanh"),
    ],
)
def test_refuses_settings(make, words):
    """An impossible size, name or layer is named, with what is allowed."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 3, 1)])
def test_linear_refuses_other_shapes(shape):
    """Rank-1 arrays and rows in place of columns are an error that shows the shape."""
    with pytest.raises(DataError, match=r"\(2, m\)"):
        nn.Linear(2, 1)(np.ones(shape))


# Activations

Z = read_only([[-3.0, -0.5, 0.0], [0.25, 1.0, 20.0]])
EACH = {
    nn.Sigmoid: lambda z: 1 / (1 + math.exp(-z)),
    nn.Tanh: math.tanh,
    nn.ReLU: lambda z: max(0, z),
    nn.LeakyReLU: lambda z: max(0.01 * z, z),
    nn.Softplus: lambda z: math.log(1 + math.exp(z)),
    nn.Identity: lambda z: z,
}


@pytest.mark.parametrize("kind", EACH)
def test_activation(kind):
    """g(Z), element by element, on arrays and on Tensors."""
    expected = [[EACH[kind](z) for z in row] for row in Z.tolist()]
    np.testing.assert_allclose(kind()(Z), expected, rtol=1e-14)
    np.testing.assert_allclose(kind()(ag.Tensor(Z)).data, expected, rtol=1e-14)


def test_softmax_is_over_rows():
    """Each column sums to 1, and is e^z over the sum of the column's e^z."""
    expected = np.exp(Z) / (np.exp(Z[0]) + np.exp(Z[1]))
    np.testing.assert_allclose(nn.Softmax()(Z), expected, rtol=1e-14)


@pytest.mark.parametrize("name", nn.activations.ACTIVATIONS)
def test_slopes_are_by_hand_s(name):
    """Automatic derivatives equal the hand-derived ones, at the kink too."""
    t = ag.Tensor(Z, requires_grad=True)
    (1.0 * nn.activations.activation_named(name)(t)).sum().backward()
    _, slope = by_hand.activations.activation_named(name)
    np.testing.assert_allclose(t.grad, slope(Z), rtol=1e-13, atol=1e-300)


# Losses

A = read_only([[0.2, 0.9, 0.5]])
Y = read_only([[0.0, 1.0, 1.0]])


def logit(a):
    return np.log(a / (1 - a))


def test_binary_cross_entropy():
    """-mean(y log a + (1 - y) log(1 - a)), of probabilities and of their logits."""
    expected = -(math.log(0.8) + math.log(0.9) + math.log(0.5)) / 3
    assert losses.binary_cross_entropy(A, Y) == pytest.approx(expected, rel=1e-14)
    from_logits = losses.binary_cross_entropy_from_logits(logit(A), Y)
    assert from_logits == pytest.approx(expected, rel=1e-14)


def test_binary_cross_entropy_of_large_logits():
    """Right, and without a warning, if the probability rounds to 0 or 1; dJ/dZ = (A - Y) / m."""
    z = ag.Tensor([[1000.0, 1000.0, -1000.0, -1000.0]], requires_grad=True)
    J = losses.binary_cross_entropy_from_logits(z, np.array([[1.0, 0.0, 1.0, 0.0]]))
    J.backward()
    assert J.item() == 500
    np.testing.assert_array_equal(z.grad, [[0, 0.25, -0.25, 0]])


def test_softmax_cross_entropy():
    """-mean log of the probability of the right class, of probabilities and of logits."""
    P = np.array([[0.7, 0.1], [0.2, 0.3], [0.1, 0.6]])
    onehot = losses.one_hot([0, 1], 3)
    expected = -(math.log(0.7) + math.log(0.3)) / 2
    assert losses.softmax_cross_entropy(P, onehot) == pytest.approx(expected, rel=1e-14)
    found = losses.softmax_cross_entropy_from_logits(np.log(P) + 5, onehot)
    assert found == pytest.approx(expected, rel=1e-13)


def test_softmax_cross_entropy_slope():
    """(softmax(Z) - Y) / m, for logits of any size."""
    z = ag.Tensor([[1000.0, 0.0], [0.0, 0.0]], requires_grad=True)
    onehot = losses.one_hot([[1, 1]], 2)
    losses.softmax_cross_entropy_from_logits(z, onehot).backward()
    np.testing.assert_allclose(z.grad, [[0.5, 0.25], [-0.5, -0.25]])


def test_errors_as_numbers():
    """mse is a mean; L1 and L2 are the course's sums."""
    assert losses.mse(A, Y) == pytest.approx((0.2**2 + 0.1**2 + 0.5**2) / 3)
    assert losses.L1(A, Y) == pytest.approx(0.8)
    assert losses.L2(A, Y) == pytest.approx(0.3)
    assert losses.L1(A[0], Y[0]) == pytest.approx(by_hand.L1(A[0], Y[0]))
    assert losses.L2(A[0], Y[0]) == pytest.approx(by_hand.L2(A[0], Y[0]))


@pytest.mark.parametrize(
    "loss",
    [
        losses.binary_cross_entropy,
        losses.binary_cross_entropy_from_logits,
        losses.softmax_cross_entropy,
        losses.softmax_cross_entropy_from_logits,
        losses.mse,
        losses.L1,
        losses.L2,
    ],
)
def test_rank_1_labels_do_not_broadcast(loss):
    """(1, m) against (m,) or (m, 1) would be (m, m) in silence; it is an error."""
    for labels in (Y[0], Y.T):
        with pytest.raises(DataError, match="same shape"):
            loss(A, labels)


def test_one_hot_refuses_other_labels():
    """A class beyond the last one is named."""
    with pytest.raises(DataError, match="the label 3"):
        losses.one_hot([0, 3], 3)


def test_import_is_light():
    """`import nn` loads neither h5py nor Matplotlib, Pillow or tqdm; nn.data does on demand."""
    code = (
        "import sys, nn; heavy = {'h5py', 'matplotlib', 'PIL', 'tqdm', 'graphviz'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "assert nn.data.load_cat and 'h5py' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    """The module's __getattr__ raises AttributeError for other names."""
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = nn.nothing_here
