"""The hand-derived formulas against the numbers that the course published, and their promises."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from nn import by_hand
from nn.by_hand import activations, basics, deep, initialization, logistic, planar, vectorization


def frozen(values, dtype=np.float64):
    """Return a read-only array, so that a formula that writes into its input fails."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def draws(seed, *shapes):
    """Return the course's test cases: successive randn draws of one seed, read-only."""
    rng = np.random.RandomState(seed)
    return [frozen(rng.randn(*shape)) for shape in shapes]


def near(actual, published, digits=8):
    """Compare with numbers printed to so many digits after the point."""
    np.testing.assert_allclose(actual, published, rtol=0, atol=0.6 * 10.0**-digits)


# Basics


def test_sigmoid_and_its_slope_meet_the_published_values():
    """sigmoid and sigmoid_derivative at 1, 2, 3."""
    x = frozen([1, 2, 3])
    near(basics.sigmoid(x), [0.73105858, 0.88079708, 0.95257413])
    near(by_hand.sigmoid_derivative(x), [0.19661193, 0.10499359, 0.04517666])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_silent_and_right_far_out(dtype):
    """The limits at -1000 and 1000 come without a warning; at -40 all digits are right."""
    a = basics.sigmoid(frozen([-1000, 1000], dtype))
    assert a.dtype == dtype
    np.testing.assert_array_equal(a, [0, 1])
    np.testing.assert_allclose(
        basics.sigmoid(frozen([-40.0])), np.exp(-40.0) / (1 + np.exp(-40.0)), rtol=1e-15
    )


def test_image2vector_is_row_major():
    """Colour runs fastest, then width, then height, as in the flattened data."""
    image = np.arange(24).reshape(2, 4, 3)
    vector = by_hand.image2vector(image)
    assert vector.shape == (24, 1)
    assert vector[1 * 4 * 3 + 2 * 3 + 1, 0] == image[1, 2, 1]


def test_normalize_rows_meets_the_published_values():
    """The course's own example."""
    near(
        by_hand.normalize_rows(frozen([[0, 3, 4], [1, 6, 4]])),
        [[0, 0.6, 0.8], [0.13736056, 0.82416338, 0.54944226]],
    )


def test_softmax_meets_the_published_values_and_stays_finite():
    """The course's own example, and a row shifted by 1000."""
    x = frozen([[9, 2, 5, 0, 0], [7, 5, 0, 0, 0]])
    published = [
        [9.80897665e-01, 8.94462891e-04, 1.79657674e-02, 1.21052389e-04, 1.21052389e-04],
        [8.78679856e-01, 1.18916387e-01, 8.01252314e-04, 8.01252314e-04, 8.01252314e-04],
    ]
    np.testing.assert_allclose(by_hand.softmax(x), published, rtol=1e-8)
    np.testing.assert_allclose(by_hand.softmax(x + 1000), published, rtol=1e-8)


def test_losses_meet_the_published_values():
    """L1 = 1.1 and L2 = 0.43 on the course's own example."""
    yhat, y = frozen([0.9, 0.2, 0.1, 0.4, 0.9]), frozen([1, 0, 0, 1, 1])
    np.testing.assert_allclose(by_hand.L1(yhat, y), 1.1, rtol=1e-15)
    np.testing.assert_allclose(by_hand.L2(yhat, y), 0.43, rtol=1e-15)


def test_loops_equal_vectorized_calls():
    """The four products, on the course's vectors (whose dot product is 278) and on random ones."""
    x1 = frozen([9, 2, 5, 0, 0, 7, 5, 0, 0, 0, 9, 2, 5, 0, 0])
    x2 = frozen([9, 2, 2, 9, 0, 9, 2, 5, 0, 0, 9, 2, 5, 0, 0])
    assert by_hand.dot_loop(x1, x2) == np.dot(x1, x2) == 278
    a, b, W = draws(0, (7,), (4,), (3, 7))
    np.testing.assert_array_equal(by_hand.outer_loop(a, b), np.outer(a, b))
    np.testing.assert_array_equal(by_hand.elementwise_loop(a, a), np.multiply(a, a))
    np.testing.assert_allclose(by_hand.general_dot_loop(W, a), np.dot(W, a), rtol=1e-14)


def test_loop_timings_time_both_forms():
    """Each of the four products has two positive times; at n = 300 the outer loop is the slower."""
    timings = vectorization.loop_timings(300)
    assert all(loop > 0 and call > 0 for loop, call in timings.values())
    assert timings["outer"][0] > timings["outer"][1]


# Logistic regression


def test_propagate_meets_the_published_values():
    """Cost, dw and db of the course's own example."""
    w, X, Y = frozen([[1], [2]]), frozen([[1, 2, -1], [3, 4, -3.2]]), frozen([[1, 0, 1]], int)
    grads, cost = by_hand.propagate(w, 2.0, X, Y)
    near(grads["dw"], [[0.99845601], [2.39507239]])
    np.testing.assert_allclose(grads["db"], 0.00145557813678, rtol=1e-11)
    np.testing.assert_allclose(cost, 5.801545319394553, rtol=1e-14)
    assert np.shape(cost) == ()


def test_optimize_meets_the_published_values():
    """100 iterations at 0.009: parameters and last gradients."""
    w, X, Y = frozen([[1], [2]]), frozen([[1, 2, -1], [3, 4, -3.2]]), frozen([[1, 0, 1]], int)
    params, grads, costs = by_hand.optimize(w, 2.0, X, Y)
    near(params["w"], [[0.19033591], [0.12259159]])
    near(params["b"], 1.92535983008, 11)
    near(grads["dw"], [[0.67752042], [1.41625495]])
    near(grads["db"], 0.219194504541, 12)
    near(costs, [5.801545319394553], 14)


def test_logistic_predict_meets_the_published_labels():
    """1, 1, 0 on the course's own example; exactly 0.5 is no cat."""
    X = frozen([[1, -1.1, -3.2], [1.2, 2, 0.1]])
    labels = logistic.predict(frozen([[0.1124579], [0.23106775]]), -0.3, X)
    np.testing.assert_array_equal(labels, [[1, 1, 0]])
    np.testing.assert_array_equal(logistic.predict(frozen([[0], [0]]), 0.0, X), [[0, 0, 0]])


# Shallow network


def test_planar_parameters_meet_the_published_draws():
    """W1 of 2-4-1 with seed 2."""
    parameters = planar.initialize_parameters(2, 4, 1)
    near(
        parameters["W1"],
        [
            [-0.00416758, -0.00056267],
            [-0.02136196, 0.01640271],
            [-0.01793436, -0.00841747],
            [0.00502881, -0.01245288],
        ],
    )
    near(parameters["W2"], [[-0.01057952, -0.00909008, 0.00551454, 0.02292208]])


def test_planar_network_meets_the_published_costs():
    """Costs at 0, 1000, ... 7000 to six digits; after that rounding decides them."""
    X, Y = by_hand.load_planar_dataset()
    costs = []
    parameters = by_hand.nn_model(frozen(X), frozen(Y, Y.dtype), 4, costs=costs)
    near(
        costs[:8],
        [0.693048, 0.288083, 0.254385, 0.233864, 0.226792, 0.222644, 0.219731, 0.217504],
        6,
    )
    assert by_hand.accuracy(planar.predict(parameters, X), Y) >= 90


def test_layer_sizes_meet_the_published_values():
    """X (5, 3) and Y (2, 3) give 5, 4, 2."""
    assert by_hand.layer_sizes(np.zeros((5, 3)), np.zeros((2, 3))) == (5, 4, 2)


# Activations and initialization


def test_slopes_at_the_kink_are_those_from_the_left():
    """ReLU has derivative 0 at 0, and leaky ReLU 0.01."""
    np.testing.assert_array_equal(by_hand.relu_derivative(frozen([0])), [0])
    np.testing.assert_array_equal(by_hand.leaky_relu_derivative(frozen([0])), [0.01])


def test_unknown_names_are_errors_that_tell_the_known_ones():
    """A misspelt activation or scale names what there is."""
    A, W, b = np.ones((2, 3)), np.ones((1, 2)), np.ones((1, 1))
    with pytest.raises(ValueError, match=r"no activation 'rleu'.*relu"):
        by_hand.linear_activation_forward(A, W, b, "rleu")
    with pytest.raises(ValueError, match=r"no scale 'hee'.*he"):
        by_hand.initialize_parameters_deep([2, 1], scale="hee")


def test_initialize_parameters_meet_the_published_draws():
    """Seed 1 for two layers, seed 3 for L layers, as the step-by-step part prints them."""
    near(
        by_hand.initialize_parameters(3, 2, 1)["W1"],
        [[0.01624345, -0.00611756, -0.00528172], [-0.01072969, 0.00865408, -0.02301539]],
    )
    deep_parameters = by_hand.initialize_parameters_deep([5, 4, 3])
    near(deep_parameters["W1"][0], [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388])
    near(deep_parameters["W2"][0], [-0.01185047, -0.0020565, 0.01486148, 0.00236716])
    assert deep_parameters["b2"].shape == (3, 1)
    assert not deep_parameters["b1"].any()


@pytest.mark.parametrize(
    ("name", "size"), [("small", 0.01), ("scaled", 300**-0.5), ("he", (2 / 300) ** 0.5)]
)
def test_scales_give_the_spread_they_promise(name, size):
    """The standard deviation of 300 x 300 draws lies within 1 % of the formula."""
    W = by_hand.initialize_parameters_deep([300, 300], scale=name)["W1"]
    assert abs(W.std() / size - 1) < 0.01
    named = getattr(by_hand, f"initialize_parameters_{name}")([300, 300], seed=3)
    np.testing.assert_array_equal(named["W1"], W)


def test_draws_leave_the_global_random_state_alone():
    """Making a network does not change the user's random numbers."""
    before = np.random.get_state()[1].copy()
    for name in initialization.SCALES:
        by_hand.initialize_parameters_deep([3, 2, 1], scale=name)
    by_hand.load_planar_dataset()
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_symmetry_never_breaks_from_zeros():
    """From zeros the hidden units stay equal; from small draws they do not."""
    X, Y = by_hand.load_planar_dataset()

    def hidden_units(parameters):
        for _ in range(100):
            _, cache = by_hand.forward_propagation(X, parameters)
            grads = by_hand.backward_propagation(parameters, cache, X, Y)
            parameters = planar.update_parameters(parameters, grads)
        return np.unique(parameters["W1"], axis=0).shape[0]

    assert hidden_units(by_hand.initialize_parameters_zeros([2, 4, 1])) == 1
    assert hidden_units(by_hand.initialize_parameters_small([2, 4, 1])) == 4


def test_too_large_draws_saturate():
    """The mean slope of tanh falls below a hundredth; with scaled draws it stays above a half."""
    X = np.random.RandomState(0).randn(100, 200)
    slope = lambda parameters: activations.tanh_derivative(parameters["W1"] @ X).mean()
    assert slope(by_hand.initialize_parameters_large([100, 50])) < 0.01
    assert slope(by_hand.initialize_parameters_scaled([100, 50])) > 0.5


# Deep network, step by step


def test_linear_forward_meets_the_published_values():
    """Z of the course's own example."""
    Z, _ = by_hand.linear_forward(*draws(1, (3, 2), (1, 3), (1, 1)))
    near(Z, [[3.26295337, -1.23429987]])


def test_linear_activation_forward_meets_the_published_values():
    """A of the course's own example, and the layout of the cache."""
    A_prev, W, b = draws(2, (3, 2), (1, 3), (1, 1))
    A, (linear_cache, Z) = by_hand.linear_activation_forward(A_prev, W, b, "sigmoid")
    near(A, [[0.96890023, 0.11013289]])
    assert all(kept is given for kept, given in zip(linear_cache, (A_prev, W, b), strict=True))
    np.testing.assert_array_equal(Z, W @ A_prev + b)
    A, _ = by_hand.linear_activation_forward(A_prev, W, b, "relu")
    near(A, [[3.43896131, 0]])


def test_L_model_forward_meets_the_published_values():
    """AL of the course's own two-layer example."""
    X, W1, b1, W2, b2 = draws(1, (4, 2), (3, 4), (3, 1), (1, 3), (1, 1))
    AL, caches = by_hand.L_model_forward(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    near(AL, [[0.17007265, 0.2524272]])
    assert len(caches) == 2


def test_compute_cost_meets_the_published_value():
    """0.41493159961539694 on the course's own example, in both modules."""
    AL, Y = frozen([[0.8, 0.9, 0.4]]), frozen([[1, 1, 1]], int)
    for compute_cost in (deep.compute_cost, planar.compute_cost):
        cost = compute_cost(AL, Y)
        np.testing.assert_allclose(cost, 0.41493159961539694, rtol=1e-15)
        assert np.shape(cost) == ()


def test_linear_backward_meets_the_published_values():
    """dA_prev, dW and db of the course's own example."""
    dZ, A_prev, W, b = draws(1, (1, 2), (3, 2), (1, 3), (1, 1))
    dA_prev, dW, db = by_hand.linear_backward(dZ, (A_prev, W, b))
    near(
        dA_prev,
        [[0.51822968, -0.19517421], [-0.40506361, 0.15255393], [2.37496825, -0.89445391]],
    )
    near(dW, [[-0.10076895, 1.40685096, 1.64992505]])
    near(db, [[0.50629448]])


def test_L_model_backward_takes_activations_that_are_no_probabilities():
    """The course's own example, with an AL of 1.79, as published."""
    AL, A1, W1, b1, Z1, A2, W2, b2, Z2 = draws(
        3, (1, 2), (4, 2), (3, 4), (3, 1), (3, 2), (3, 2), (1, 3), (1, 1), (1, 2)
    )
    assert AL.max() > 1.78
    caches = [((A1, W1, b1), Z1), ((A2, W2, b2), Z2)]
    grads = by_hand.L_model_backward(AL, frozen([[1, 0]], int), caches)
    near(grads["dW1"][0], [0.41010002, 0.07807203, 0.13798444, 0.10502167])
    near(grads["dW1"][1], [0, 0, 0, 0])
    near(grads["dW1"][2], [0.05283652, 0.01005865, 0.01777766, 0.0135308])
    near(grads["db1"], [[-0.22007063], [0], [-0.02835349]])
    near(
        grads["dA1"],
        [[0.12913162, -0.44014127], [-0.14175655, 0.48317296], [0.01663708, -0.05670698]],
    )
    assert sorted(grads) == ["dA0", "dA1", "dW1", "dW2", "db1", "db2"]


@pytest.mark.parametrize("update", [deep.update_parameters, planar.update_parameters])
def test_update_parameters_steps_downhill_and_keeps_the_old_ones(update):
    """theta - alpha dtheta, in new arrays."""
    parameters = {"W1": frozen([[1, 2]]), "b1": frozen([[3]])}
    new = update(parameters, {"dW1": frozen([[1, -1]]), "db1": frozen([[2]])}, 0.5)
    np.testing.assert_array_equal(new["W1"], [[0.5, 2.5]])
    np.testing.assert_array_equal(new["b1"], [[2]])
    assert parameters["W1"][0, 0] == 1


def test_deep_predict_labels_and_tells_the_accuracy(capsys):
    """1.0 above 0.5, else 0.0; the accuracy is printed only on request."""
    parameters = {"W1": frozen([[1]]), "b1": frozen([[0]])}
    X, y = frozen([[-1, 0, 1, 2]]), frozen([[0, 0, 0, 1]], int)
    np.testing.assert_array_equal(by_hand.predict(X, y, parameters), [[0, 0, 1, 1]])
    assert capsys.readouterr().out == ""
    by_hand.predict(X, y, parameters, print_accuracy=True)
    assert capsys.readouterr().out == "Accuracy: 0.75\n"


# Training loops


@pytest.mark.parametrize("which", ["optimize", "model", "nn_model", "two_layer", "L_layer"])
def test_every_cost_can_be_recorded(which, capsys):
    """record_every=1 keeps each cost, the 100th ones of which the default keeps and prints."""
    X, Y = by_hand.load_planar_dataset(40)
    w, n = np.zeros((2, 1)), 201

    def costs(**settings):
        if which == "optimize":
            return by_hand.optimize(w, 0.0, X, Y, n, **settings)[2]
        if which == "model":
            return by_hand.model(X, Y, X, Y, n, **settings)["costs"]
        if which == "nn_model":
            kept = []
            by_hand.nn_model(X, Y, 3, n, costs=kept, **({"record_every": 100} | settings))
            return kept
        if which == "two_layer":
            return by_hand.two_layer_model(X, Y, (2, 3, 1), num_iterations=n, **settings)[1]
        return by_hand.L_layer_model(X, Y, (2, 3, 2, 1), num_iterations=n, **settings)[1]

    every = costs(record_every=1)
    assert len(every) == n
    assert every[0] > every[-1]
    assert capsys.readouterr().out == ""
    assert costs(print_cost=True) == every[::100]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"Cost after iteration 100: {every[100]:f}"
    assert len(lines) == 3


def test_two_layer_model_is_the_L_layer_model_of_two_layers():
    """Both loops take the same steps from the same start, bit for bit."""
    X, Y = by_hand.load_planar_dataset(40)
    settings = {"num_iterations": 20, "record_every": 1, "scale": "he", "hidden": "tanh"}
    first, first_costs = by_hand.two_layer_model(X, Y, (2, 3, 1), **settings)
    second, second_costs = by_hand.L_layer_model(X, Y, (2, 3, 1), **settings)
    assert first_costs == second_costs
    for key in first:
        np.testing.assert_array_equal(first[key], second[key])


# The package


def test_by_hand_imports_numpy_and_its_own_modules_only():
    """No engine, no library: the oracle stands alone."""
    for path in Path(by_hand.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level == 1, f"{path.name} reaches out of by_hand"
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = name.partition(".")[0]
                assert root == "numpy" or root in sys.stdlib_module_names, f"{path.name}: {name}"


def test_flat_names_are_the_deep_networks():
    """If two parts share a name, by_hand.name is the deep one; the others stay in their modules."""
    assert by_hand.sigmoid is deep.sigmoid
    assert by_hand.sigmoid is not basics.sigmoid
    assert by_hand.initialize_parameters is initialization.initialize_parameters
    assert by_hand.initialize_parameters is not planar.initialize_parameters
    assert by_hand.predict is by_hand.cat.predict
    assert len({by_hand.predict, planar.predict, logistic.predict}) == 3
    assert all(hasattr(by_hand, name) for name in by_hand.__all__)
