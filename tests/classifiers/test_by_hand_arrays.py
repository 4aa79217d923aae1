"""The formulas keep float32, and run on any array type that has NumPy's protocols."""

import numpy as np
import pytest

from nn import by_hand
from nn.by_hand import activations, basics, deep, logistic, planar


class Duck(np.lib.mixins.NDArrayOperatorsMixin):
    """An array type that is no ndarray, never becomes one in silence, and cannot be written to."""

    def __init__(self, data):
        self.data = np.asarray(data)
        self.shape, self.dtype, self.ndim = self.data.shape, self.data.dtype, self.data.ndim

    @property
    def T(self):
        return Duck(self.data.T)

    def reshape(self, *shape):
        return Duck(self.data.reshape(*shape))

    def __array__(self, *args, **kwargs):
        raise TypeError("a Duck was turned into an ndarray")

    def __float__(self):
        raise TypeError("a Duck was turned into a float")

    def __bool__(self):
        raise TypeError("a Duck decided a branch")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        assert method == "__call__"
        assert not kwargs
        return Duck(ufunc(*map(bare, inputs)))

    def __array_function__(self, function, types, args, kwargs):
        return Duck(function(*map(bare, args), **kwargs))


def bare(x):
    """Return a Duck's data."""
    return x.data if isinstance(x, Duck) else x


def wrapped(parameters):
    """Make a Duck of each parameter."""
    return {key: Duck(value) for key, value in parameters.items()}


def deep_cost(X, Y, parameters):
    """Go through the whole deep network."""
    return deep.compute_cost(deep.L_model_forward(X, parameters)[0], Y)


def planar_cost(X, Y, parameters):
    """Go through the whole shallow network."""
    return planar.compute_cost(planar.forward_propagation(X, parameters)[0], Y)


X = np.random.RandomState(0).randn(3, 5)
Y = np.array([[1, 0, 0, 1, 1]])
PARAMETERS = by_hand.initialize_parameters_he([3, 4, 1])


@pytest.mark.parametrize("cost", [deep_cost, planar_cost])
@pytest.mark.parametrize("duck_data", [False, True])
def test_networks_run_on_duck_arrays(cost, duck_data):
    """With Duck parameters, and Duck data too, the cost is a Duck of the same value."""
    data = (Duck(X), Duck(Y)) if duck_data else (X, Y)
    result = cost(*data, wrapped(PARAMETERS))
    assert isinstance(result, Duck)
    assert result.shape == ()
    assert result.data == cost(X, Y, PARAMETERS)


def test_networks_run_on_duck_data_alone():
    """The derivative with respect to X is a derivative too."""
    result = deep_cost(Duck(X), Y, PARAMETERS)
    assert isinstance(result, Duck)
    assert result.data == deep_cost(X, Y, PARAMETERS)


def test_propagate_runs_on_duck_arrays():
    """Cost and gradients of logistic regression are Ducks of the same values."""
    w = np.ones((3, 1))
    grads, cost = logistic.propagate(Duck(w), Duck(0.5), X, Y)
    expected_grads, expected_cost = logistic.propagate(w, 0.5, X, Y)
    assert cost.data == expected_cost
    np.testing.assert_array_equal(grads["dw"].data, expected_grads["dw"])
    np.testing.assert_array_equal(grads["db"].data, expected_grads["db"])


def test_updates_run_on_duck_arrays():
    """A whole training step can be recorded, the update included."""
    new = deep.update_parameters(
        wrapped({"W1": np.ones((1, 2))}), wrapped({"dW1": np.ones((1, 2))}), 0.5
    )
    np.testing.assert_array_equal(new["W1"].data, [[0.5, 0.5]])


@pytest.mark.parametrize(
    "function",
    [
        basics.sigmoid,
        basics.sigmoid_derivative,
        basics.normalize_rows,
        basics.softmax,
        activations.tanh,
        activations.relu,
        activations.leaky_relu,
        activations.linear,
        lambda x: basics.L1(x, Y),
        lambda x: basics.L2(x, Y),
        lambda x: basics.image2vector(x.reshape(1, 3, 5)),
    ],
)
def test_elementary_functions_run_on_duck_arrays(function):
    """Each function of the first weeks returns a Duck of the same value."""
    result = function(Duck(X))
    assert isinstance(result, Duck)
    np.testing.assert_array_equal(result.data, function(X))


def formats(results):
    """Return the dtypes in nested results."""
    if isinstance(results, dict):
        results = tuple(results.values())
    if isinstance(results, (tuple, list)):
        return set().union(*map(formats, results))
    return {str(results.dtype)}


LABELS = [Y, Y.astype(np.uint8), Y.astype(bool), Y.astype(np.float64), Y.astype(np.float32)]


@pytest.mark.parametrize("labels", LABELS, ids=lambda Y: str(Y.dtype))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_number_format_is_kept(labels, dtype):
    """Cost and gradients have the dtype of parameters and data, for labels of any type."""
    x = X.astype(dtype)
    parameters = by_hand.initialize_parameters_he([3, 4, 1])
    parameters = {key: value.astype(dtype) for key, value in parameters.items()}
    results = [by_hand.propagate(np.ones((3, 1), dtype), 0.0, x, labels)]
    A2, cache = planar.forward_propagation(x, parameters)
    results += [cache, planar.compute_cost(A2, labels)]
    results += [planar.backward_propagation(parameters, cache, x, labels)]
    for hidden in activations.ACTIVATIONS:
        AL, caches = deep.L_model_forward(x, parameters, hidden=hidden)
        grads = deep.L_model_backward(AL, labels, caches, hidden=hidden)
        results += [AL, caches, deep.compute_cost(AL, labels), grads]
        results += [deep.update_parameters(parameters, grads, 0.1)]
    assert formats(results) == {np.dtype(dtype).name}


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_slopes_keep_the_number_format(name):
    """g and g' of float32 are float32, constants included."""
    assert formats([f(X.astype(np.float32)) for f in activations.ACTIVATIONS[name]]) == {"float32"}


def test_labels_of_every_kind_give_the_same_gradients():
    """Labels as int, uint8, bool or float are the same labels; uint8 does not wrap around."""
    AL, caches = deep.L_model_forward(X, PARAMETERS)
    expected = deep.L_model_backward(AL, Y, caches)
    for labels in LABELS:
        grads = deep.L_model_backward(AL, labels, caches)
        for key in expected:
            np.testing.assert_array_equal(grads[key], expected[key])
        assert deep.compute_cost(AL, labels) == deep.compute_cost(AL, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_keeps_the_format_of_the_data(dtype):
    """Parameters trained on float32 data are float32."""
    x = X.astype(dtype)
    trained = [
        by_hand.model(x, Y, x, Y, 3)["w"],
        by_hand.nn_model(x, Y, 4, 3),
        by_hand.two_layer_model(x, Y, (3, 4, 1), num_iterations=3)[0],
        by_hand.L_layer_model(x, Y, (3, 4, 1), num_iterations=3)[0],
    ]
    assert formats(trained) == {np.dtype(dtype).name}
    assert formats(by_hand.nn_model(np.ones((3, 5), dtype=int), Y, 4, 3)) == {"float64"}
