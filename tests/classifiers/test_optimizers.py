"""Every optimizer through every test: against its published recurrence, pure, and savable."""

import copy
import math

import numpy as np
import pytest

import nn
from nn.errors import SettingError
from nn.optimizers import adam, momentum, nesterov, optimizer_named, rmsprop, sgd, weight_decay

# The recurrences once more, for one number, as their papers print them: gradient(theta) -> path.


def walk_sgd(gradient, theta, alpha=0.1):
    while True:
        theta = theta - alpha * gradient(theta)
        yield theta


def walk_momentum(gradient, theta, alpha=0.1, beta=0.9):
    # Polyak: theta_{t+1} = theta_t - alpha gradient + beta (theta_t - theta_{t-1})
    before = theta
    while True:
        theta, before = theta - alpha * gradient(theta) + beta * (theta - before), theta
        yield theta


def walk_nesterov(gradient, theta, alpha=0.1, beta=0.9):
    # Nesterov: the gradient at the point where momentum alone would lead; that point is what
    # an implementation by (theta + beta v) holds.
    hidden, v = theta, 0.0
    while True:
        v = beta * v - alpha * gradient(hidden + beta * v)
        hidden = hidden + v
        yield hidden + beta * v


def walk_rmsprop(gradient, theta, alpha=0.1, beta=0.9, epsilon=1e-8):
    s = 0.0
    while True:
        g = gradient(theta)
        s = beta * s + (1 - beta) * g**2
        theta = theta - alpha * g / (math.sqrt(s) + epsilon)
        yield theta


def walk_adam(gradient, theta, alpha=0.1, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = v = 0.0
    t = 0
    while True:
        t += 1
        g = gradient(theta)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        theta = theta - alpha * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        yield theta


def walk_decayed_sgd(gradient, theta, alpha=0.1, rate=0.05):
    # gradient descent on the cost plus rate / 2 theta^2
    return walk_sgd(lambda x: gradient(x) + rate * x, theta, alpha)


def walk_adamw(gradient, theta, alpha=0.1, rate=0.05):
    # the decay does not pass through Adam's averages
    asked = []
    walk = walk_adam(lambda _: asked[-1], 0.0, alpha)
    at = 0.0
    while True:
        asked.append(gradient(theta))
        new = next(walk)
        theta, at = theta + (new - at) - alpha * rate * theta, new
        yield theta


LIST = [
    pytest.param(lambda: sgd(0.1), walk_sgd, id="sgd"),
    pytest.param(lambda: momentum(0.1), walk_momentum, id="momentum"),
    pytest.param(lambda: nesterov(0.1), walk_nesterov, id="nesterov"),
    pytest.param(lambda: rmsprop(0.1), walk_rmsprop, id="rmsprop"),
    pytest.param(lambda: adam(0.1), walk_adam, id="adam"),
    pytest.param(lambda: weight_decay(sgd(0.1), 0.05), walk_decayed_sgd, id="sgd, decay"),
    pytest.param(lambda: weight_decay(adam(0.1), 0.05), walk_adamw, id="adam, decay"),
]
each = pytest.mark.parametrize(("make", "walk"), LIST)


def read_only(array):
    array = np.array(array)
    array.setflags(write=False)
    return array


def descend(optimizer, gradient, theta, steps, dtype=np.float64, state=None):
    """Return the path of one weight under `optimizer`, on read-only arrays."""
    parameters = {"W1": read_only(np.full((1, 1), theta, dtype))}
    state = optimizer.init(parameters) if state is None else state
    path = []
    for _ in range(steps):
        grads = {"W1": read_only(gradient(parameters["W1"]))}
        step, state = optimizer.update(grads, state, parameters)
        parameters = {"W1": read_only(parameters["W1"] + step["W1"])}
        path.append(parameters["W1"].item())
    return path, parameters, state


def slope(theta):
    """Return cost and gradients of a lopsided bowl with its minimum at 1."""
    return 3 * (theta - 1) + (theta - 1) ** 3


@each
def test_follows_the_published_recurrence(make, walk):
    """Thirty steps from -0.5 are those of the paper's own formula."""
    path, _, _ = descend(make(), slope, -0.5, 30)
    published = walk(slope, -0.5)
    np.testing.assert_allclose(path, [next(published) for _ in range(30)], rtol=1e-12)


@each
def test_is_pure(make, walk):
    """The same arguments give the same answer, and stay as they are."""
    optimizer = make()
    parameters = {"W1": read_only([[1.0, -2.0]]), "b1": read_only([[0.5]])}
    grads = {"W1": read_only([[0.3, 0.1]]), "b1": read_only([[-0.2]])}
    _, state = optimizer.update(grads, optimizer.init(parameters), parameters)
    before = copy.deepcopy(state)
    first, after = optimizer.update(grads, state, parameters)
    again, _ = optimizer.update(grads, state, parameters)
    np.testing.assert_equal(state, before)
    np.testing.assert_equal(first, again)
    assert {name: step.shape for name, step in first.items()} == {"W1": (1, 2), "b1": (1, 1)}
    assert after.keys() == state.keys()


@each
def test_float32_stays_float32(make, walk):
    """Steps and state keep the number format of the parameters."""
    _, parameters, state = descend(make(), slope, -0.5, 3, np.float32)
    assert parameters["W1"].dtype == np.float32
    arrays = [a for group in state.values() if isinstance(group, dict) for a in group.values()]
    assert all(a.dtype == np.float32 for a in arrays)


@each
def test_reaches_the_bottom(make, walk):
    """After 400 steps the weight is at 1, or where decay has pulled it."""
    optimizer = make()
    path, _, _ = descend(optimizer, slope, -0.5, 400)
    bottom = 1 / (1 + optimizer.settings.get("weight_decay", 0) / 3)  # of 3 (x - 1) + rate x
    # Steps that are divided by their own size do not shrink towards the bottom.
    assert abs(path[-1] - bottom) < (0.1 if optimizer.name in ("rmsprop", "adam") else 1e-3)


@each
def test_goes_on_from_its_state(make, walk):
    """Ten steps and ten more are the bits of twenty."""
    whole, _, _ = descend(make(), slope, -0.5, 20)
    _, parameters, state = descend(make(), slope, -0.5, 10)
    half, _, _ = descend(make(), slope, parameters["W1"].item(), 10, state=state)
    assert half == whole[10:]


@each
def test_no_gradient_no_step(make, walk):
    """At rest a parameter stays, except that decay pulls weights, but not biases, to zero."""
    optimizer = make()
    parameters = {"W1": np.ones((1, 1)), "b1": np.ones((1, 1))}
    grads = {"W1": np.zeros((1, 1)), "b1": np.zeros((1, 1))}
    step, _ = optimizer.update(grads, optimizer.init(parameters), parameters)
    decay = optimizer.settings.get("weight_decay", 0)
    assert step["b1"].item() == 0
    assert step["W1"].item() == pytest.approx(-0.1 * decay, abs=0)


@each
def test_description_makes_it_again(make, walk):
    """Name and settings are enough to take the same steps."""
    optimizer = make()
    again = optimizer_named(optimizer.name, **optimizer.settings)
    assert descend(again, slope, -0.5, 5)[0] == descend(optimizer, slope, -0.5, 5)[0]
    assert repr(again) == repr(optimizer)


@each
def test_a_saved_model_goes_on_with_it(make, walk, tmp_path):
    """Training, saving, loading and resuming gives the bits of training without a stop."""
    rng = np.random.RandomState(0)
    X, Y = rng.randn(3, 20), (rng.rand(1, 20) < 0.5) * 1
    whole = nn.LLayerClassifier([3, 4, 1]).fit(X, Y, 20, optimizer=make(), record_every=3)
    half = nn.LLayerClassifier([3, 4, 1]).fit(X, Y, 10, optimizer=make(), record_every=3)
    nn.save(tmp_path / "half.h5", half)
    rest = nn.load(tmp_path / "half.h5").fit(X, Y, 20, resume=True)
    assert rest.costs == whole.costs
    for name, p in whole.parameters.items():
        np.testing.assert_array_equal(rest.parameters[name], p)


@pytest.mark.parametrize("rate", [0, -0.1, math.inf, math.nan, "fast", True, None])
@pytest.mark.parametrize("make", [sgd, momentum, nesterov, rmsprop, adam])
def test_refuses_a_learning_rate_out_of_range(make, rate):
    """A rate that is no finite positive number is named in the error."""
    with pytest.raises(SettingError, match="learning_rate"):
        make(rate)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("newton", {}, "newton.*sgd, momentum"),
        ("sgd", {"learning_rate": 0.1, "beta": 0.9}, "beta"),
        ("sgd", {}, "learning_rate"),
        ("momentum", {"learning_rate": 0.1, "beta": 1.0}, "beta is 1.0"),
        ("adam", {"beta2": -0.1}, "beta2 is -0.1"),
        ("rmsprop", {"learning_rate": 0.1, "epsilon": 0}, "epsilon is 0"),
        ("sgd", {"learning_rate": 0.1, "weight_decay": -1}, "rate is -1"),
    ],
)
def test_refuses_settings_by_name(name, settings, words):
    """Unknown names, unknown settings and values out of range are named."""
    with pytest.raises(SettingError, match=words):
        optimizer_named(name, **settings)
