"""The course's own forward and cost code, unmodified, on Tensors: its gradients are those that its
own backward functions give, to 1e-12 of the largest number in each.
"""

import numpy as np
import pytest

import autograd_lite as ag
from nn import by_hand
from nn.by_hand import basics, planar
from support import learners_code as learner

BOUND = 1e-12


def agree(automatic, by_formula):
    """Compare two dicts of gradients: the same keys and shapes, and numbers within the bound."""
    assert set(automatic) == set(by_formula)
    for key, expected in by_formula.items():
        got = automatic[key]
        assert type(got) is np.ndarray, key
        assert got.shape == np.shape(expected), key
        scale = np.max(np.abs(expected))
        assert scale > 0, f"{key} of zeros would pass any factor"
        assert np.max(np.abs(got - expected)) <= BOUND * scale, key


def network(dims, m, seed=0):
    """X, Y and parameters with b other than 0."""
    rng = np.random.RandomState(seed)
    parameters = by_hand.initialize_parameters_deep(dims, seed=seed, scale="he")
    for l in range(1, len(dims)):
        parameters[f"b{l}"] = 0.3 * rng.randn(dims[l], 1)
    return parameters, rng.randn(dims[0], m), (rng.rand(dims[-1], m) < 0.5) * 1


def variables(parameters):
    return {name: ag.Tensor(p, requires_grad=True, name=name) for name, p in parameters.items()}


def grads_of(tensors):
    return {f"d{name}": t.grad for name, t in tensors.items()}


# nn.by_hand


@pytest.mark.parametrize("m", [1, 7])
def test_propagate(m):
    """Logistic regression returns its own dw and db from the same call."""
    _, X, Y = network([4, 1], m)
    w, b = 0.1 * np.arange(1.0, 5.0).reshape(4, 1), 0.3
    tensors = variables({"w": w, "b": b})
    _, cost = by_hand.propagate(tensors["w"], tensors["b"], X, Y)
    cost.backward()
    expected, J = by_hand.propagate(w, b, X, Y)
    agree(grads_of(tensors), expected)
    assert cost.item() == pytest.approx(float(J), rel=1e-15)


@pytest.mark.parametrize("m", [1, 9])
def test_planar(m):
    """The tanh network, with dZ and dA of its cache."""
    parameters, X, Y = network([2, 4, 1], m)
    A2, cache = planar.forward_propagation(X, parameters)
    expected = planar.backward_propagation(parameters, cache, X, Y)
    tensors = variables(parameters)
    A2, _ = planar.forward_propagation(X, tensors)
    planar.compute_cost(A2, Y).backward()
    agree(grads_of(tensors), expected)

    def forward_and_cost(parameters, X, Y):
        A2, cache = planar.forward_propagation(X, parameters)
        return planar.compute_cost(A2, Y), cache

    grads = ag.differentiate(forward_and_cost)(parameters, X, Y)
    dZ2 = cache["A2"] - Y
    dA1 = parameters["W2"].T @ dZ2
    extra = {
        "dA2": -(Y / cache["A2"] - (1 - Y) / (1 - cache["A2"])), "dZ2": dZ2,
        "dA1": dA1, "dZ1": dA1 * (1 - cache["A1"] ** 2),
    }  # fmt: skip
    agree(grads, expected | extra)


DEEP = [([4, 1], 5), ([3, 4, 1], 6), ([6, 5, 4, 1], 11), ([5, 4, 4, 3, 2, 1], 1)]


def backward_with_dZ(AL, Y, caches, hidden="relu"):
    """L_model_backward, and the dZ[l] on its way."""
    grads = by_hand.L_model_backward(AL, Y, caches, hidden=hidden)
    L = len(caches)
    dA = -(Y / AL - (1 - Y) / (1 - AL))
    for l in range(L, 0, -1):
        _, slope = by_hand.activations.activation_named("sigmoid" if l == L else hidden)
        grads[f"dZ{l}"] = dA * slope(caches[l - 1][1])
        dA = grads[f"dA{l - 1}"]
    return grads


@pytest.mark.parametrize("hidden", by_hand.activations.ACTIVATIONS)
@pytest.mark.parametrize(("dims", "m"), DEEP, ids=str)
def test_deep(dims, m, hidden):
    """ag.differentiate stands in for L_model_backward, under the same keys."""
    parameters, X, Y = network(dims, m)

    def forward_and_cost(parameters, X, Y):
        AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
        return by_hand.compute_cost(AL, Y), caches

    AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
    expected = backward_with_dZ(AL, Y, caches, hidden)
    agree(ag.differentiate(forward_and_cost)(parameters, X, Y), expected)
    tensors = variables(parameters)
    forward_and_cost(tensors, X, Y)[0].backward()
    agree(grads_of(tensors), {k: g for k, g in expected.items() if k[1] in "Wb"})


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_sigmoid_derivative(shape):
    """The functions of the first exercise, on numbers, vectors and matrices."""
    x = np.random.RandomState(1).randn(*shape)
    got = ag.elementwise_grad(basics.sigmoid)(x)
    np.testing.assert_allclose(got, basics.sigmoid_derivative(x), rtol=BOUND)


def test_the_other_basics():
    """L1, L2, softmax and normalize_rows, against their formulas."""
    rng = np.random.RandomState(2)
    y, yhat, x, v = rng.rand(5), rng.rand(5), rng.randn(3, 4), rng.randn(3, 4)
    agree({"": ag.grad(basics.L1)(yhat, y)}, {"": np.sign(yhat - y)})
    agree({"": ag.grad(basics.L2)(yhat, y)}, {"": 2 * (yhat - y)})
    s = basics.softmax(x)
    expected = s * (v - np.sum(s * v, axis=1, keepdims=True))
    agree({"": ag.grad(lambda x: np.sum(v * basics.softmax(x)))(x)}, {"": expected})
    r = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
    expected = v / r - x * np.sum(x * v, axis=1, keepdims=True) / r**3
    agree({"": ag.grad(lambda x: np.sum(v * basics.normalize_rows(x)))(x)}, {"": expected})


# A learner's own


@pytest.mark.parametrize(("dims", "m"), DEEP, ids=str)
def test_a_learners_deep_network(dims, m):
    """Asserts, np.multiply, cost.item() and all; dA and dZ under the course's keys."""
    parameters, X, Y = network(dims, m)
    AL, caches = by_hand.L_model_forward(X, parameters)
    agree(ag.differentiate(learner.model)(parameters, X, Y), backward_with_dZ(AL, Y, caches))
    got = ag.grad(learner.model, has_aux=True)(parameters, X, Y)[0]
    expected = by_hand.L_model_backward(AL, Y, caches)
    agree(got, {name: expected["d" + name] for name in parameters})


def test_a_learners_planar_network(capsys):
    """W1.dot(X), A1.copy(), and a cost that is printed with %f."""
    parameters, X, Y = network([2, 4, 1], 9)
    _, cache = planar.forward_propagation(X, parameters)
    grads = ag.differentiate(learner.planar_model)(parameters, X, Y)
    expected = planar.backward_propagation(parameters, cache, X, Y)
    agree({key: grads[key] for key in expected}, expected)
    J = float(planar.compute_cost(cache["A2"], Y))
    assert capsys.readouterr().out == f"Cost after iteration 0: {J:f}\n"


def test_a_learners_logistic_regression(capsys):
    """keepdims and squeeze, f-strings and format, a comparison with 0.5."""
    _, X, Y = network([4, 1], 7)
    w, b = 0.1 * np.arange(1.0, 5.0).reshape(4, 1), 0.3
    expected, J = by_hand.propagate(w, b, X, Y)
    agree(ag.differentiate(learner.logistic_model)({"w": w, "b": b}, X, Y), expected)
    right = 100 * np.mean((basics.sigmoid(w.T @ X + b) > 0.5) == Y)
    assert capsys.readouterr().out == f"cost: {J:.6f} right: {right} %\n"


def test_a_learners_predictions():
    """A loop over the columns of a Tensor, with an if on each number."""
    parameters, X, _ = network([3, 4, 1], 12, seed=1)
    AL, _ = learner.L_model_forward(X, variables(parameters))
    assert AL.requires_grad
    np.testing.assert_array_equal(learner.predict(AL), by_hand.predict(X, None, parameters))
    assert set(learner.predict(AL)[0]) == {0.0, 1.0}


def test_numbers_leave_by_name_only():
    """float(cost) is an error until backward; np.array(dA, copy=True) is one with a remedy."""
    cost = np.sum(ag.Tensor([1.0, 2.0], requires_grad=True) ** 2)
    with pytest.raises(ag.SilentCopyError, match=r"t\.item\(\).*t\.numpy\(\)"):
        float(cost)
    assert type(cost.item()) is float
    cost.backward()
    assert float(cost) == cost.item() == 5
    dA = ag.Tensor(np.ones((2, 3)), requires_grad=True, name="dA")
    with pytest.raises(ag.SilentCopyError, match=r"'dA' of shape \(2, 3\).*t\.data.*t\.copy\(\)"):
        np.array(dA, copy=True)
    assert dA.copy().requires_grad
