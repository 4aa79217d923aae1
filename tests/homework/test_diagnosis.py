"""The diagnosis names the mistake and the layer, and is silent on right code."""

import importlib.util
import textwrap
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.errors import NotDifferentiableError, ShapeError
from nn import by_hand
from nn.errors import SettingError

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

spec = importlib.util.spec_from_file_location("museum", ROOT / "examples" / "museum_of_bugs.py")
museum = importlib.util.module_from_spec(spec)
spec.loader.exec_module(museum)


def network(dims, m, seed, scale="he"):
    rng = np.random.RandomState(seed)
    X, Y = rng.randn(dims[0], m), (rng.rand(1, m) < 0.5) * 1
    parameters = by_hand.initialize_parameters_deep(dims, seed=seed, scale=scale)
    for name in parameters:  # zero biases hide mistakes
        parameters[name] = parameters[name] + 0.1 * rng.randn(*parameters[name].shape)
    return parameters, X, Y


# In a network in which no two layers are of one size, W cannot be used untransposed, for example.
every_possible_exhibit = pytest.mark.parametrize(
    "exhibit",
    [exhibit for exhibit in museum.MUSEUM if exhibit not in museum.NEEDS_EQUAL_LAYERS],
    ids=lambda f: f.__name__,
)


def place(pattern, L):
    return pattern.format(L=L, H=L - 1, G=L - 3)


# The museum of bugs

SHAPES = [([6, 5, 5, 5, 1], 13), ([4, 6, 6, 6, 3, 1], 17), ([9, 7, 7, 7, 1], 29)]


@pytest.mark.parametrize("exhibit", museum.MUSEUM, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("dims", "m"), SHAPES, ids=str)
def test_every_exhibit_is_named(exhibit, dims, m):
    """The right explanation, at the right gradient of the right layer, on random networks."""
    hidden = "tanh" if exhibit is museum.one_minus_A else "relu"
    if exhibit is museum.W_not_transposed:
        dims = [*dims[:-2], 5, 1] if len(dims) == 6 else dims
    report = museum.diagnose(exhibit, *network(dims, m, seed=len(dims) + m), hidden)
    kind, where = museum.MUSEUM[exhibit]
    L = len(dims) - 1
    assert not report.ok
    kinds = {kind, "forgotten slope"} if exhibit is museum.relu_at_output else {kind}  # all Z > 0
    assert report.first.kind in kinds, str(report)
    if exhibit in museum.NEEDS_EQUAL_LAYERS:
        equal = max(l for l in range(1, L) if dims[l] == dims[l - 1])
        where = f"dA{equal - 1}" if exhibit is museum.W_not_transposed else f"dW{equal}"
    assert report.first.name == place(where, L), str(report)
    assert {row.kind for row in report.mistakes} <= kinds, str(report)
    assert "unexplained" not in str(report)


def test_what_follows_is_a_consequence():
    """A mask forgotten in one layer is one mistake; the gradients that depend on it are consequences."""

    def once(*run):
        wrong = lambda dA, cache, name: (
            dA if cache[0][1].shape == (7, 5) else museum.activation(dA, cache, name)
        )
        return museum.go_back(*run, activation=wrong)

    report = museum.diagnose(once, *network([4, 6, 5, 7, 3, 1], 20, 3))
    assert [(row.name, row.kind) for row in report.mistakes] == [("dW3", "forgotten slope")]
    verdicts = {row.name: row.verdict for row in report.rows}
    assert [n for n, v in verdicts.items() if v == "CONSEQUENCE"] == [
        "db3", "dA2", "dW2", "db2", "dA1", "dW1", "db1", "dA0",
    ]  # fmt: skip
    assert all(verdicts[n] == "equal" for n in ("dW5", "db5", "dA4", "dW4", "db4", "dA3"))
    assert "chain first goes wrong at dW3" in str(report)


def test_two_mistakes_are_both_named():
    """A sign in the loss does not hide a db without its mean."""

    def two(*run):
        grads = museum.wrong_sign(*run)
        return {**grads, "db2": grads["db2"] * 20}

    report = museum.diagnose(two, *network([4, 6, 5, 1], 20, 3))
    assert [row.name for row in report.mistakes] == ["dW3", "db2"]
    assert "1/m, is missing" in report.mistakes[1].diagnosis


def test_a_mistake_nobody_knows_is_said_to_be_unexplained():
    """No explanation is invented, and the place of the error is shown."""

    def strange(*run):
        grads = museum.go_back(*run)
        grads["dW2"][1, 2] += 0.1
        return grads

    report = museum.diagnose(strange, *network([4, 6, 5, 1], 20, 3))
    (row,) = report.mistakes
    assert (row.name, row.kind, row.worst) == ("dW2", "unexplained", (1, 2))
    assert "1 of 30 elements are off, all in row 1, all in column 2" in row.diagnosis


def test_noise_is_not_explained():
    """Random numbers in place of gradients: nothing explains them."""
    rng = np.random.RandomState(0)
    noise = lambda *run: {k: rng.randn(*g.shape) for k, g in museum.go_back(*run).items()}
    report = museum.diagnose(noise, *network([4, 6, 5, 1], 20, 3))
    own = [row for row in report.rows if row.name != "db3"]
    assert {row.kind for row in own} == {"unexplained"}, str(report)


@pytest.mark.parametrize(
    "size", [8, pytest.param(64, marks=pytest.mark.thorough)], ids=lambda n: f"{n}x{n}"
)
@every_possible_exhibit
def test_on_the_cats(exhibit, size):
    """The same on one step of the course's deep network on its pictures.

    Pictures of 8 x 8 pixels show the same mistakes; all pixels take a second for each exhibit.
    """
    if not DATA.is_dir():
        pytest.skip(f"The cat pictures are not in {DATA}, so no exhibit is shown them.")
    X, Y, parameters = cats(size)
    hidden = "tanh" if exhibit is museum.one_minus_A else "relu"
    report = museum.diagnose(exhibit, parameters, X, Y, hidden)
    kind, where = museum.MUSEUM[exhibit]
    kinds = {kind, "forgotten slope"} if exhibit is museum.relu_at_output else {kind}  # all Z > 0
    assert report.first.kind in kinds, str(report)
    assert report.first.name == place(where, 4), str(report)


@cache
def cats(size):
    """Return X, Y and first parameters for the pictures in size x size pixels."""
    data, step = nn.data.load_cat(DATA), 64 // size
    pictures = data.pictures_train[:, ::step, ::step]
    parameters = by_hand.initialize_parameters_deep([3 * size * size, 20, 7, 5, 1])
    return pictures.reshape(len(pictures), -1).T / 255, data.Y_train, parameters


def test_behind_dead_units():
    """If A1 is 0 throughout, dW2 is 0 for any dZ2; db2 shows the mistake."""
    parameters, X, Y = network([4, 5, 5, 1], 20, 3)
    parameters["b1"] = np.full((5, 1), -100.0)
    parameters["b2"] = np.full((5, 1), 0.3)
    report = museum.diagnose(museum.slope_of_tanh, parameters, X, Y)
    assert (report.first.name, report.first.kind) == ("db2", "wrong slope"), str(report)
    assert {row.name: row.verdict for row in report.rows}["dW2"] == "equal"


@pytest.mark.parametrize("shown", ["AZWb", "Wb"])
def test_the_kink_of_relu(shown):
    """Z >= 0 as mask differs from Z > 0 where Z is exactly 0, as behind dead units without b."""
    p, X, Y = network([4, 5, 3, 1], 12, 3)
    p["b2"] *= 0
    X[:, :3] = 0
    p["b1"] *= 0
    AL, caches = by_hand.L_model_forward(X, p)
    wrong = museum.go_back(AL, Y, caches, activation=lambda dA, cache, name: dA * (cache[1] >= 0))
    manual = {k: g for k, g in wrong.items() if k[1] in shown}
    context = {"parameters": p, "X": X, "Y": Y}
    report = nn.diagnose(manual, by_hand.L_model_backward(AL, Y, caches), context)
    assert {row.kind for row in report.mistakes} == {"wrong mask"}, str(report)
    assert ">= 0" in report.first.diagnosis


# Right code


def right(seed):
    """Return a right backprop on a random network, in one of several forms, and its comparison."""
    rng = np.random.RandomState(seed)
    dims = [*rng.randint(1, 9, size=rng.randint(1, 6)), 1]
    hidden = rng.choice(["relu", "tanh", "sigmoid", "leaky_relu", "linear"])
    scale = rng.choice(["small", "scaled", "he"])
    parameters, X, Y = network(dims, rng.randint(1, 40), seed, scale)
    AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
    manual = by_hand.L_model_backward(AL, Y, caches, hidden=hidden)
    form = seed % 4
    if form == 1:  # dZ and dA of the mean
        m = X.shape[1]
        manual = {k: g / m if k[1] == "A" else g for k, g in manual.items()}
    if form == 2:  # parameters only
        manual = {k: g for k, g in manual.items() if k[1] != "A"}

    def cost(parameters, X, Y):
        AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
        return by_hand.compute_cost(AL, Y), caches

    automatic = ag.differentiate(cost)(parameters, X, Y)
    context = {"parameters": parameters, "X": X, "Y": Y, "activations": hidden}
    # Near A = 1 the log loss itself loses digits; how many only the forward values tell.
    saturated = np.min([AL, 1 - AL]) < 1e-8
    return nn.diagnose(manual, automatic, None if form == 3 and not saturated else context)


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_no_false_alarm(start):
    """Right gradients are called right in 100 random networks."""
    for seed in range(start, start + 10):
        report = right(seed)
        assert report.ok, f"seed {seed}\n{report}"


@pytest.mark.thorough
@pytest.mark.parametrize("start", range(100, 1000, 50))
def test_no_false_alarm_in_a_thousand(start):
    """Right gradients are called right in 1,000 random networks."""
    for seed in range(start, start + 50):
        report = right(seed)
        assert report.ok, f"seed {seed}\n{report}"


def test_float32():
    """The bounds follow the number format, and a mistake is found in it, too."""
    parameters, X, Y = network([5, 4, 1], 12, 1)
    small = {k: p.astype(np.float32) for k, p in parameters.items()}
    assert museum.diagnose(museum.go_back, small, X.astype(np.float32), Y).ok
    report = museum.diagnose(museum.db_without_mean, small, X.astype(np.float32), Y)
    assert report.first.kind == "factor", str(report)


def test_one_error_in_the_ninth_digit_is_found():
    """An error far below what training would show."""
    off = lambda *run: {k: g * (1 + 1e-9) for k, g in museum.go_back(*run).items() if k[1] != "A"}
    report = museum.diagnose(off, *network([4, 6, 5, 1], 20, 3))
    assert not report.ok
    assert not [row for row in report.rows if row.ok]


# More mistakes, one gradient at a time

PARAMETERS, X, Y = network([6, 5, 5, 4, 1], 11, 5)
AL, CACHES = by_hand.L_model_forward(X, PARAMETERS)
M = X.shape[1]


def everything():
    """Right gradients, dZ's included."""
    run = lambda p, X, Y: (lambda A, c: (by_hand.compute_cost(A, Y), c))(
        *by_hand.L_model_forward(X, p)
    )
    return ag.differentiate(run)(PARAMETERS, X, Y)


GRADS = everything()
A1, A2, A3 = (CACHES[l][0][0] for l in (1, 2, 3))
Z1, Z2, Z3 = (CACHES[l][1] for l in (0, 1, 2))
W2, W3, W4 = (PARAMETERS[f"W{l}"] for l in (2, 3, 4))
dZ1, dZ2, dZ3, dZ4 = (GRADS[f"dZ{l}"] for l in (1, 2, 3, 4))  # noqa: N816
dA1, dA2, dA3 = (GRADS[f"dA{l}"] for l in (1, 2, 3))  # noqa: N816


@pytest.mark.parametrize(
    ("name", "wrong", "kind", "words"),
    [
        ("dW2", -GRADS["dW2"], "factor", "sign"),
        ("dW2", GRADS["dW2"] / M, "factor", "once too often"),
        ("dW2", 0.01 * GRADS["dW2"], "factor", "learning rate"),
        ("dW2", GRADS["dW2"] * M / (M - 1), "factor", "m - 1"),
        ("dW2", GRADS["dW2"] * M / 6, "factor", "n = 6"),
        ("dW2", 3.7 * GRADS["dW2"], "factor", "3.7 times"),
        ("dW2", 0 * GRADS["dW2"], "factor", "0 throughout"),
        ("dW2", GRADS["dW2"].T, "transpose", "transposed"),
        ("dW3", GRADS["dW3"].T.reshape(4, 5), "reshape", ".T"),
        ("dW2", np.sum(GRADS["dW2"]), "sum over everything", "one number"),
        ("dW2", 1 / M * dZ2 @ A2.T, "wrong activation", "A2"),
        ("dW2", 1 / M * dZ2 @ Z1.T, "wrong activation", "Z1"),
        ("dW2", 1 / M * dA2 @ A1.T, "upstream", "dA2"),
        ("dW2", 1 / M * dZ1 @ A1.T, None, "dZ1"),
        ("dW3", dA3 @ A2.T, "upstream", "and it is m"),
        ("dW1", 1 / M * dZ1 @ X.T.reshape(X.shape).T, "reshape", "without .T"),
        ("dW2", GRADS["dW2"] + 0.3 * W2, "added", "0.3 W2"),
        ("dW2", W2 - 0.02 * GRADS["dW2"], "updated parameter", "0.02"),
        ("dW2", GRADS["dW2"] + 2 * np.ones((5, 5)), "accumulated", "step before"),
        ("dW2", 2 * np.ones((5, 5)), "stale", "step before"),
        ("db2", GRADS["db2"] + GRADS["db3"][0], None, "none of the known"),
        ("db2", np.sum(GRADS["db2"]), "sum over everything", "everything"),
        ("db2", np.full((5, 1), np.sum(GRADS["db2"])), "sum over everything", "all units"),
        ("db2", GRADS["db2"].ravel(), "keepdims", "rank-1"),
        ("db2", GRADS["db2"].T, "transpose", "row"),
        ("db2", np.tile(GRADS["db2"], (1, M)), "keepdims", "broadcast"),
        ("db2", dZ2 / M, "not summed", "not summed"),
        ("db2", dZ2, "not summed", "1/m, is missing"),
        ("db2", np.mean(dZ2, axis=0), "wrong axis", "axis 0"),
        ("db2", np.mean(dA2, axis=1, keepdims=True), "upstream", "dA2"),
        ("dZ2", dA2, "forgotten slope", "mask is forgotten"),
        ("dZ2", dA2 * (A1 > 0), "wrong mask", "A1"),
        ("dZ2", dA2 * (dA2 > 0), "wrong mask", "dA2"),
        ("dZ2", dA2 * (Z2 < 0), "wrong slope", "Z2 < 0"),
        ("dZ2", dA2 * (1 - A2**2), "wrong slope", "1 - A2**2"),
        ("dZ2", dA2 * (1 - A2), "wrong slope", "1 - A2"),
        ("dZ2", dA2 * np.where(Z2 > 0, 1, 0.01), "wrong slope", "leaky_relu"),
        ("dZ2", dA1 * (Z2 > 0), "other layer", "dA1"),
        ("dZ4", by_hand.sigmoid(CACHES[3][1])[0] * (1 - AL) * (AL - Y), "loss", "twice"),
        ("dZ4", Y - AL, "factor", "sign"),
        ("dZ4", AL - (1 - Y), "labels", "1 - Y"),
        ("dZ4", AL + Y, "loss", "A4 + Y"),
        ("dZ4", CACHES[3][1] - Y, "wrong activation", "Z4 - Y"),
        ("dZ4", (AL > 0.5) - Y, "wrong activation", "predictions"),
        ("dZ4", np.abs(AL - Y), "loss", "a sign is lost"),
        ("dZ4", (AL - Y) ** 2, "loss", "(A4 - Y)**2"),
        ("dZ4", AL, "loss", "Y is not subtracted"),
        ("dZ3", 1.0 * (Z3 > 0), "forgotten upstream", "dA3 is not in it"),
        ("dZ2", dA2 * Z2 * (1 - Z2), "wrong slope", "Z2 * (1 - Z2)"),
        ("dZ2", dA2 * np.where(Z2 > 0, 1, 0.2), "wrong slope", "the slope is 0.2 where Z2 <= 0"),
        ("dW2", 1 / M * A2 @ A1.T, "upstream", "A2 is used in place of dZ2"),
        ("db2", np.mean(A2, axis=1, keepdims=True), "upstream", "A2 is used in place of dZ2"),
        ("db2", np.mean(dZ2), "sum over everything", "np.mean averages dZ2"),
        ("db2", np.mean(dZ2, axis=0, keepdims=True), "wrong axis", "averaged over axis 0"),
        ("db2", PARAMETERS["b2"] - 0.01 * GRADS["db2"], "updated parameter", "0.01"),
        ("db4", PARAMETERS["b4"] - 0.01 * GRADS["db4"], "updated parameter", "0.01"),
        ("dA1", GRADS["dW2"].T @ dZ2, "wrong parameter", "dW2 is used in place of W2"),
        ("dA1", W2.T @ A2, "upstream", "A2 is used in place of dZ2"),
        ("dA1", W2 @ dZ2, "transpose", "without its transpose"),
        ("dA1", W3.T @ dZ3, None, "dA2"),
        ("dA1", (W2 - 0.01 * GRADS["dW2"]).T @ dZ2, "updated too early", "W2 was updated"),
        ("dA1", (W2 - 0.123 * GRADS["dW2"]).T @ dZ2, "updated too early", "0.123"),
        ("dA1", W2.T @ dA2, "upstream", "dA2"),
        ("dA1", dA1 * (Z1 > 0), "overwritten", "in place"),
        ("dA4", -(Y / AL), "loss", "second term"),
        ("dA4", (1 - Y) / (1 - AL), "loss", "first term"),
        ("dA4", -((1 - Y) / AL - Y / (1 - AL)), "labels", "Y and 1 - Y are exchanged"),
        ("dA4", -(Y / (1 - AL) - (1 - Y) / AL), "loss", "denominators"),
        ("dA4", 2 * (AL - Y), "loss", "squared error"),
        ("dA4", -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)), "loss", "the loss itself"),
        ("dA4", -(Y / AL + (1 - Y) / (1 - AL)), "loss", "wrong sign"),
    ],
)  # fmt: skip
def test_one_wrong_gradient(name, wrong, kind, words):
    """The mistake in one gradient, the others right or following from it, is named."""
    context = {
        "caches": CACHES, "Y": Y, "learning_rate": 0.01,
        "previous": {"dW2": 2 * np.ones((5, 5))},
    }  # fmt: skip
    dA4 = -(Y / AL - (1 - Y) / (1 - AL))
    report = nn.diagnose({**GRADS, "dA4": dA4, name: wrong}, {**GRADS, "dA4": dA4}, context)
    row = report.first
    assert row.name == name, str(report)
    assert kind is None or row.kind == kind, str(report)
    assert words in row.diagnosis, row.diagnosis


# Code that shows dW and db only: what is wrong in dZ or dA is inferred from them

DEEP = """
def L_model_backward(AL, Y, caches):
    m, L, grads = Y.shape[1], len(caches), {}
    dA = -(Y / AL - (1 - Y) / (1 - AL))
    for l in range(L, 0, -1):
        (A_prev, W, b), Z = caches[l - 1]
        A = 1 / (1 + np.exp(-Z)) if l == L else np.tanh(Z)
        if l == L:
            dZ = dA * A * (1 - A)
        else:
            dZ = dA * (1 - A**2)
        grads[f"dW{l}"] = 1 / m * dZ @ A_prev.T
        grads[f"db{l}"] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        dA = W.T @ dZ
    return grads
"""
HIDDEN = "dZ = dA * (1 - A**2)"


@pytest.mark.parametrize(
    ("line", "wrong", "first", "words"),
    [
        (HIDDEN, "dZ = dA * (dA > 0)", "dW2", "mask is taken from dA2"),
        (HIDDEN, "dZ = dA * (1 - A**2) ** 2", "dW2", "slope of tanh is in it twice"),
        (HIDDEN, "dZ = (1 - A**2) * (dA if l != 2 else dA / m)", "dW2", "1/m = 1/12"),
        (HIDDEN, "dZ = 1.0 * (1 - A**2)", "dW2", "dA2 is not in it"),
        (HIDDEN, "dZ = dA * (1 - Z**2)", "dW2", "1 - Z2**2"),
        ("dA = -(Y / AL - (1 - Y) / (1 - AL))", "dA = 2 * (AL - Y)", "dW3", "squared error"),
        ("dA = -(Y / AL - (1 - Y) / (1 - AL))", "dA = Y / AL + (1 - Y) / (1 - AL)", "dW3",
         "a sign is lost"),
        ("dA = W.T @ dZ", "dA = (W - 0.3 * grads[f'dW{l}']).T @ dZ", "dW2",
         "W3 was updated (learning rate 0.3)"),
        ("dA = W.T @ dZ", "dA = W.T @ dA", "dW2", "dA3 is used in place of dZ3"),
        ("dA = W.T @ dZ", "dA = W.T @ A", "dW2", "A3 is used in place of dZ3"),
        ("dA = W.T @ dZ", "dA = grads[f'dW{l}'].T @ dZ", "dW2", "dW3 is used in place of W3"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_not_shown(line, wrong, first, words):
    """The first gradient that shows it, with the mistake, and no other accusation."""
    assert line in DEEP
    space = {"np": np}
    exec(DEEP.replace(line, wrong), space)
    p, X, Y = network([4, 5, 3, 1], 12, 3)
    AL, caches = by_hand.L_model_forward(X, p, hidden="tanh")
    truth = {k: g for k, g in by_hand.L_model_backward(AL, Y, caches, hidden="tanh").items()
             if k[1] != "A"}  # fmt: skip
    context = {"parameters": p, "X": X, "Y": Y, "activations": "tanh"}
    space["m"] = 12
    report = nn.diagnose(space["L_model_backward"](AL, Y, caches), truth, context)
    assert report.first.name == first, str(report)
    assert words in report.first.diagnosis, str(report)
    assert len({row.pattern for row in report.mistakes}) == 1, str(report)


def of_tanh_network(code):
    """Diagnose a learner's L_model_backward on a tanh network 4-5-3-1."""
    space = {"np": np}
    exec(code, space)
    p, X, Y = network([4, 5, 3, 1], 12, 3)
    AL, caches = by_hand.L_model_forward(X, p, hidden="tanh")
    return nn.diagnose(
        space["L_model_backward"](AL, Y, caches),
        by_hand.L_model_backward(AL, Y, caches, hidden="tanh"),
        {"parameters": p, "X": X, "Y": Y, "activations": "tanh"},
    )


def test_right_lines_behind_an_unknown_mistake_are_not_accused():
    """An unusual mask: dW2 shows it, and the right lines after it are not blamed."""
    code = DEEP.replace(HIDDEN, "dZ = dA * (Z > 0.3) if l == 2 else dA * (1 - A**2)")
    report = of_tanh_network(code)
    assert [row.name for row in report.mistakes] == ["dW2"], str(report)
    assert "perhaps dZ2, which is not shown, is wrong already" in report.first.diagnosis
    assert "As a consequence, wrong too: db2, dW1, db1." in report.text


def test_two_mistakes_in_one_layer_that_is_not_shown():
    """A slope in dZ2, which only dW2 shows, since db2 has a mistake of its own."""
    code = DEEP.replace(HIDDEN, "dZ = dA * (1 - A)").replace("axis=1, keepdims=True", "axis=None")
    report = of_tanh_network(code)
    assert [(row.name, row.kind) for row in report.mistakes] == [
        ("db3", "sum over everything"), ("dW2", "wrong slope"), ("db2", "sum over everything"),
        ("dW1", "wrong slope"), ("db1", "sum over everything"),
    ], str(report)  # fmt: skip


@pytest.mark.parametrize("at", [2, 3])
def test_a_factor_in_dZ_is_no_convention(at):
    """dZ divided by m in one layer is a mistake there; later gradients are consequences."""
    divided = lambda dZ, cache: by_hand.linear_backward(
        dZ / (12 if dZ.shape[0] == [0, 5, 3, 1][at] else 1), cache
    )
    p, X, Y = network([4, 5, 3, 1], 12, 3)
    AL, caches = by_hand.L_model_forward(X, p)
    manual = museum.go_back(AL, Y, caches, linear=divided)
    truth = museum.go_back(AL, Y, caches)
    report = nn.diagnose(manual, truth, {"parameters": p, "X": X, "Y": Y})
    assert report.first.name == f"dW{at}", str(report)
    assert "once too often" in report.first.diagnosis
    assert len(report.mistakes) == 1, str(report)


@every_possible_exhibit
def test_compare_gradients_names_every_exhibit(exhibit):
    """The same sentence where dA are in the dict, and the automatic ones are of the mean."""
    hidden = "tanh" if exhibit is museum.one_minus_A else "relu"
    _, X, Y = network([6, 5, 4, 1], 13, 3)
    model = nn.LLayerClassifier([6, 5, 4, 1], hidden, init="he")
    comparison = nn.compare_gradients(
        model, X, Y, manual=lambda AL, Y, caches: exhibit(AL, Y, caches, hidden)
    )
    told = " ".join(comparison.diagnosis.split())
    where = museum.MUSEUM[exhibit][1].format(L=3, H=2, G=1)
    assert f"first goes wrong at {where}." in told, told
    assert "none of the known" not in told, told


def test_small_mistakes_are_seen_in_float32():
    """An error of two in ten thousand, far above the rounding of float32."""
    p, X, Y = network([6, 5, 4, 1], 12, 12)
    small = {k: q.astype(np.float32) for k, q in p.items()}

    def off(*run):
        grads = museum.go_back(*run)
        return {**grads, "dW1": grads["dW1"] * np.float32(1.0002)}

    report = museum.diagnose(off, small, X.astype(np.float32), Y)
    assert report.first is not None
    assert (report.first.name, report.first.kind) == ("dW1", "factor"), str(report)


def test_without_context():
    """Shapes, factors, and db as a sum of dZ need no forward values."""
    wrong = {**GRADS, "dW2": GRADS["dW2"].T, "db2": np.sum(GRADS["dZ2"], axis=0) / M}
    report = nn.diagnose(wrong, GRADS)
    assert [(row.name, row.kind) for row in report.mistakes] == [
        ("dW2", "transpose"), ("db2", "wrong axis"),
    ]  # fmt: skip


def test_the_activation_need_not_be_told():
    """Parameters, X and Y are enough: the right gradients tell that it is a tanh network."""
    p, X, Y = network([4, 6, 5, 1], 20, 3)
    run = lambda p: by_hand.compute_cost(by_hand.L_model_forward(X, p, hidden="tanh")[0], Y)
    wrong = museum.one_minus_A(*museum._forward(X, Y, p, "tanh"))
    report = nn.diagnose(wrong, ag.grad(run)(p), {"parameters": p, "X": X, "Y": Y})
    assert (report.first.name, report.first.kind) == ("dW2", "wrong slope"), str(report)


def test_any_names():
    """Gradients of other names are compared one by one."""
    report = nn.diagnose({"theta": np.array([2.0, 4.0])}, {"theta": np.array([1.0, 2.0])})
    assert report.first.diagnosis == "it is 2 times what it should be: counted twice"
    assert nn.diagnose({"theta": np.ones(3)}, {"theta": np.ones(3)}).ok


def test_plain_numbers():
    """Networks of one unit whose gradients are no arrays at all."""
    report = nn.diagnose({"dW1": 2.0, "db1": 1.0, "dA1": 3.0}, {"dW1": 1.0, "db1": 1.0, "dA1": 3.0})
    assert [row.name for row in report.mistakes] == ["dW1"]


def test_refusals():
    """A gradient that was not computed, one that is not finite, and no gradient at all."""
    missing = nn.diagnose(
        {"dW1": np.ones((1, 2))}, {"dW1": np.ones((1, 2)), "db1": np.ones((1, 1))}
    )
    assert missing.first.kind == "missing"
    bad = nn.diagnose({"dW1": np.array([[np.nan]])}, {"dW1": np.ones((1, 1))})
    assert bad.first.kind == "not finite"
    with pytest.raises(ShapeError, match="same keys"):
        nn.diagnose({"a": 1.0}, {"b": 1.0})


def test_the_table_reads_well():
    """A row for each gradient, then plain sentences."""
    report = nn.diagnose({**GRADS, "db2": np.sum(GRADS["db2"])}, GRADS, {"caches": CACHES, "Y": Y})
    lines = str(report).splitlines()
    assert lines[0].split() == [
        "gradient", "shape", "relative", "error", "worst", "at", "is", "should", "be", "verdict",
    ]  # fmt: skip
    assert any(line.startswith("db2       (), not (5,1)") for line in lines), str(report)
    assert "Going back, the chain first goes wrong at db2." in lines
    assert max(map(len, lines)) <= 100


# nn.compare_gradients with one's own backprop


@pytest.mark.parametrize("form", ["dict", "L_model_backward", "planar"])
def test_compare_gradients_takes_ones_own(form):
    """A dict, backward(AL, Y, caches), or backward(parameters, cache, X, Y)."""
    rng = np.random.RandomState(0)
    X, Y = rng.randn(2, 9), (rng.rand(1, 9) < 0.5) * 1
    model = nn.TwoLayerClassifier(4, "tanh")
    parameters = model.initialize(2)
    right = {
        "dict": lambda: by_hand.backward_propagation(
            parameters, by_hand.forward_propagation(X, parameters)[1], X, Y
        ),
        "L_model_backward": lambda: (
            lambda AL, Y, caches: by_hand.L_model_backward(AL, Y, caches, hidden="tanh")
        ),
        "planar": lambda: by_hand.backward_propagation,
    }[form]()
    comparison = nn.compare_gradients(model, X, Y, manual=right)
    assert comparison.ok, str(comparison)
    assert not comparison.diagnosis
    assert "dW1" in {row.name for row in comparison.rows}
    assert ("dZ1" in {row.name for row in comparison.rows}) is False


PLANAR = """
def backward(parameters, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dW2 = 1 / m * dZ2 @ cache["A1"].T
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
"""


@pytest.mark.parametrize(
    ("line", "wrong", "name", "words"),
    [
        ("1 - cache[\"A1\"] ** 2", "1 - cache[\"A1\"]", "dW1", "multiplied by 1 - A1:"),
        ("cache[\"A2\"] - Y", "Y - cache[\"A2\"]", "dW2", "the sign is wrong"),
        ("cache[\"A2\"] - Y", "2 * (cache[\"A2\"] - Y)", "dW2", "counted twice"),
        ("np.sum(dZ1, axis=1, keepdims=True)", "np.sum(dZ1)", "db1", "over everything"),
        ("* (1 - cache[\"A1\"] ** 2)", "", "dW1", "slope of tanh is forgotten"),
        ("(1 - cache[\"A1\"] ** 2)", "(cache[\"Z1\"] > 0)", "dW1", "slope of relu"),
        ("dZ1 @ X.T", "dZ1 @ X.T * m", "dW1", "1/m, is missing"),
    ],
)  # fmt: skip
def test_compare_gradients_diagnoses_a_planar_backprop(line, wrong, name, words):
    """A line is changed in code that shows dW and db only."""
    space = {"np": np}
    exec(textwrap.dedent(PLANAR.replace(line, wrong)), space)
    rng = np.random.RandomState(0)
    X, Y = rng.randn(2, 9), (rng.rand(1, 9) < 0.5) * 1
    model = nn.TwoLayerClassifier(4, "tanh", init="he")
    comparison = nn.compare_gradients(model, X, Y, manual=space["backward"])
    assert not comparison.ok
    told = " ".join(comparison.diagnosis.split())
    assert f"first goes wrong at {name}." in told, told
    assert words in told, told
    assert comparison.diagnosis in str(comparison)


def test_compare_gradients_diagnoses_logistic_regression():
    """propagate(w, b, X, Y), under the names dw and db."""

    def wrong(w, b, X, Y):
        grads, cost = by_hand.propagate(w, b, X, Y)
        return {"dw": grads["dw"] * X.shape[1], "db": grads["db"]}, cost

    rng = np.random.RandomState(0)
    X, Y = rng.randn(3, 9), (rng.rand(1, 9) < 0.5) * 1
    comparison = nn.compare_gradients(nn.LogisticRegression(), X, Y, manual=wrong)
    assert [row.name for row in comparison.rows if not row.equal] == ["dw"]
    assert "dw: it is m = 9 times" in " ".join(comparison.diagnosis.split())
    assert nn.compare_gradients(nn.LogisticRegression(), X, Y, manual=by_hand.propagate).ok


def test_logistic_regression_is_told_in_its_own_letters():
    """w, not W1, and dw (n_x, 1)."""

    def wrong(w, b, X, Y):
        grads, cost = by_hand.propagate(w, b, X, Y)
        return {"dw": grads["dw"].ravel(), "db": grads["db"]}, cost

    rng = np.random.RandomState(0)
    X, Y = rng.randn(3, 9), (rng.rand(1, 9) < 0.5) * 1
    comparison = nn.compare_gradients(nn.LogisticRegression(), X, Y, manual=wrong)
    assert "dw: the numbers are right, but the shape must be (3, 1)." in comparison.diagnosis
    right = {"dw": np.ones((3, 1)), "db": 1.0}
    report = nn.diagnose({**right, "dw": np.array([[1.0], [1.0], [2.0]])}, right)
    assert (report.first.name, report.first.worst) == ("dw", (2, 0)), str(report)


@pytest.mark.parametrize("wrong", [False, True])
def test_dA_as_in_the_earlier_edition(wrong):
    """dA[l] for the gradient of A[l-1] is no mistake, and hides none."""
    p, X, Y = network([4, 5, 3, 1], 12, 3)
    AL, caches = by_hand.L_model_forward(X, p)
    truth = by_hand.L_model_backward(AL, Y, caches)
    manual = {k: g for k, g in truth.items() if k[1] != "A"}
    manual |= {f"dA{l}": truth[f"dA{l - 1}"] for l in (1, 2, 3)}
    if wrong:
        manual["dW2"] = -manual["dW2"]
    report = nn.diagnose(manual, truth, {"parameters": p, "X": X, "Y": Y})
    assert [row.name for row in report.mistakes] == ["dW2"] * wrong, str(report)
    assert "dA[l] is the gradient of A[l-1]" in report.text
    model = nn.LLayerClassifier([4, 5, 3, 1])

    def back(AL, Y, caches):
        grads = by_hand.L_model_backward(AL, Y, caches)
        shifted = {f"dA{l}": grads[f"dA{l - 1}"] for l in (1, 2, 3)}
        return {k: g for k, g in grads.items() if k[1] != "A"} | shifted

    assert nn.compare_gradients(model, X, Y, manual=back).ok


@pytest.mark.parametrize(("manual", "words"), [(3, "dict"), ({"dW1": np.ones((1, 2))}, "no db1")])
def test_compare_gradients_refuses_what_is_no_gradient(manual, words):
    """The error says what was given, and what is missing."""
    with pytest.raises(SettingError, match=words):
        nn.compare_gradients([2, 1], np.ones((2, 3)), [[0, 1, 0]], manual=manual)


# ag.differentiate


def test_differentiate_replaces_l_model_backward():
    """The same keys and the same numbers, dA included."""
    expected = by_hand.L_model_backward(AL, Y, CACHES)
    for name, g in expected.items():
        np.testing.assert_allclose(GRADS[name], g, rtol=1e-11, atol=1e-14)
    assert set(GRADS) == {*expected, "dZ1", "dZ2", "dZ3", "dZ4"}


def test_differentiate_takes_the_planar_cache():
    """The cache is a dict of Z1, A1, ..., as the forward pass returns it."""
    parameters = by_hand.initialize_parameters(2, 4, 1)

    def cost(p, X, Y):
        A2, cache = by_hand.forward_propagation(X, p)
        return by_hand.compute_cost(A2, Y), cache

    grads = ag.differentiate(cost)(parameters, X[:2], Y)
    A2, cache = by_hand.forward_propagation(X[:2], parameters)
    np.testing.assert_allclose(grads["dZ2"], A2 - Y, rtol=1e-11)
    expected = by_hand.backward_propagation(parameters, cache, X[:2], Y)
    np.testing.assert_allclose(grads["dW1"], expected["dW1"], rtol=1e-9)


def test_differentiate_refuses_a_constant():
    """A cost that has nothing to do with the parameters."""
    with pytest.raises(NotDifferentiableError, match="parameters"):
        ag.differentiate(lambda p, X, Y: 1.0)(PARAMETERS, X, Y)
