"""The three classifiers: the course's figures, by_hand's costs at every iteration, bad input."""

import copy
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import by_hand
from nn.errors import (
    CheckpointError,
    DataError,
    DivergedError,
    NNError,
    NotFittedError,
    SettingError,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

# fmt: off
LOGISTIC_COSTS = [  # of the course
    0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941,
    0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667,
    0.146542, 0.140872,
]
# fmt: on


def read_only(array):
    array = np.array(array)
    array.setflags(write=False)
    return array


@pytest.fixture(scope="module")
def cats():
    """The course's pictures."""
    if not (DATA / "train_catvnoncat.h5").exists():
        pytest.skip(f"The cat pictures are not in {DATA}, so their figures are not checked.")
    return nn.data.load_cat(DATA)


@pytest.fixture(scope="module")
def flower():
    """The planar data."""
    X, Y = by_hand.load_planar_dataset()
    return read_only(X), read_only(Y)


def examples(m=30, n_x=3, dtype=np.float64):
    """Random points, labelled by a curved border."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_x, m).astype(dtype)
    return read_only(X), read_only((X[:1] + X[1:2] ** 2 > 0.5) * 1)


ALL = [
    nn.LogisticRegression(),
    nn.TwoLayerClassifier(4),
    nn.TwoLayerClassifier(4, "tanh"),
    nn.LLayerClassifier([3, 5, 4, 1]),
]
each = pytest.mark.parametrize("model", ALL, ids=repr)


def fresh(model, **changed):
    return type(model)(**{**model.get_params(), **changed})


# The course's figures


def test_logistic_regression_on_the_cats(cats):
    """The published costs to all digits, 99.04... % and 70 %; by_hand's at the first 200 steps."""
    compare_with_by_hand(cats, 200)


@pytest.mark.thorough  # 2000 steps by hand
def test_all_of_logistic_regression_on_the_cats(cats):
    """The same, and by_hand's costs and parameters at all 2000 steps."""
    model, parameters = compare_with_by_hand(cats, 2000)
    np.testing.assert_allclose(model.parameters["w"], parameters["w"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.parameters["b"], parameters["b"], rtol=0, atol=1e-10)


def compare_with_by_hand(cats, steps):
    """Train as published, and compare the first costs with those by hand."""
    model = nn.LogisticRegression().fit(cats.X_train, cats.Y_train, record_every=1)
    assert [round(cost, 6) for cost in model.costs[::100]] == LOGISTIC_COSTS
    assert 100 * model.score(cats.X_train, cats.Y_train) == 99.04306220095694
    assert 100 * model.score(cats.X_test, cats.Y_test) == 70.0
    w, b = by_hand.initialize_with_zeros(12288)
    parameters, _, costs = by_hand.optimize(
        w, b, cats.X_train, cats.Y_train, steps, 0.005, record_every=1
    )
    np.testing.assert_allclose(model.costs[:steps], costs, rtol=0, atol=1e-10)
    return model, parameters


def hand_costs(kind, cats, iterations):
    train = by_hand.two_layer_model if kind == "two-layer" else by_hand.L_layer_model
    dims = (12288, 7, 1) if kind == "two-layer" else (12288, 20, 7, 5, 1)
    return train(
        cats.X_train, cats.Y_train, dims, num_iterations=iterations, record_every=1
    )  # fmt: skip


@pytest.mark.parametrize(
    "iterations",
    [40, *(pytest.param(n, marks=pytest.mark.thorough) for n in (120, 2500))],
    ids=str,
)
@pytest.mark.parametrize("kind", ["two-layer", "deep"])
def test_networks_on_the_cats(kind, iterations, cats):
    """With the course's settings by default, costs equal by_hand's at every iteration to 1e-10."""
    model = nn.TwoLayerClassifier() if kind == "two-layer" else nn.LLayerClassifier()
    model.fit(cats.X_train, cats.Y_train, iterations, record_every=1)
    parameters, costs = hand_costs(kind, cats, iterations)
    assert len(model.costs) == iterations
    np.testing.assert_allclose(model.costs, costs, rtol=0, atol=1e-10)
    for name, p in parameters.items():
        np.testing.assert_allclose(model.parameters[name], p, rtol=0, atol=1e-9)
    if iterations == 2500 and kind == "deep":
        assert f"{model.costs[2400]:f}" == "0.092878"
        assert round(model.score(cats.X_train, cats.Y_train), 3) == 0.986
        assert model.score(cats.X_test, cats.Y_test) == 0.8


def test_the_course_s_settings_are_the_defaults():
    """Iterations and learning rate of fit, hidden units and seeds."""
    assert nn.LogisticRegression().course == (2000, 0.005)
    assert nn.TwoLayerClassifier().course == (2500, 0.0075)
    assert nn.TwoLayerClassifier(hidden="tanh").course == (10000, 1.2)
    assert nn.LLayerClassifier().course == (2500, 0.0075)
    assert nn.LLayerClassifier().dims(12288) == (12288, 20, 7, 5, 1)
    for model, drawn in [
        (nn.TwoLayerClassifier(), by_hand.initialize_parameters(12, 7, 1)),
        (nn.TwoLayerClassifier(hidden="tanh"), by_hand.planar.initialize_parameters(12, 4, 1)),
        (
            nn.LLayerClassifier(),
            by_hand.initialize_parameters_deep([12, 20, 7, 5, 1], seed=1, scale="scaled"),
        ),
    ]:
        np.testing.assert_equal(model.initialize(12), drawn)


def test_planar_network_is_the_course_s(flower):
    """Costs of nn_model at every one of 2000 iterations; afterwards 90 % are right."""
    X, Y = flower
    costs = []
    by_hand.nn_model(X, Y, 4, num_iterations=2000, record_every=1, costs=costs)
    model = nn.TwoLayerClassifier(hidden="tanh").fit(X, Y, 2000, record_every=1)
    np.testing.assert_allclose(model.costs, costs, rtol=0, atol=1e-10)
    assert model.score(X, Y) > 0.89


@each
def test_by_hand_gradients_are_by_hand_s_own(model, flower):
    """With gradients="by_hand" every bit is that of the course's own loop."""
    X, Y = examples()
    model = fresh(model, gradients="by_hand").fit(X, Y, 50, 0.5, record_every=1)
    if isinstance(model, nn.LogisticRegression):
        w, b = by_hand.initialize_with_zeros(3)
        parameters, _, costs = by_hand.optimize(w, b, X, Y, 50, 0.5, record_every=1)
    elif isinstance(model, nn.LLayerClassifier):
        parameters, costs = by_hand.L_layer_model(X, Y, [3, 5, 4, 1], 0.5, 50, record_every=1)
    elif model.hidden == "relu":
        parameters, costs = by_hand.two_layer_model(X, Y, (3, 4, 1), 0.5, 50, record_every=1)
    else:
        costs = []
        parameters = by_hand.nn_model(
            X, Y, 4, 50, learning_rate=0.5, record_every=1, costs=costs
        )  # fmt: skip
    assert model.costs == costs
    for name, p in parameters.items():
        np.testing.assert_array_equal(model.parameters[name], p)


@each
def test_automatic_and_by_hand_train_alike(model):
    """Automatic and hand-derived gradients lead to the same costs to 1e-10 at each of 200 steps."""
    X, Y = examples()
    auto = fresh(model).fit(X, Y, 200, 0.5, record_every=1)
    hand = fresh(model).fit(X, Y, 200, 0.5, record_every=1, gradients="by_hand")
    np.testing.assert_allclose(auto.costs, hand.costs, rtol=0, atol=1e-10)
    assert auto.costs[-1] < 0.9 * auto.costs[0]


# Its face


@each
def test_learns_and_answers(model):
    """Labels, probabilities and score agree with each other, and with the formulas."""
    X, Y = examples()
    model = fresh(model).fit(X, Y, 300, 0.5)
    P = model.predict_proba(X)
    assert P.shape == (1, 30)
    assert np.all((P > 0) & (P < 1))
    np.testing.assert_array_equal(model.predict(X), (P > 0.5) * 1.0)
    assert model.score(X, Y) == np.mean((P > 0.5) == Y)
    p = model.layered(model.parameters)
    AL, _ = by_hand.L_model_forward(X, p, hidden=model.hidden)
    np.testing.assert_allclose(P, AL, rtol=1e-13)
    assert model.costs[0] > model.costs[-1]


def test_parameters_have_the_course_s_keys():
    """w and b of logistic regression, W1, b1, ... of networks, in the course's shapes."""
    X, Y = examples()
    shapes = [
        {name: p.shape for name, p in fresh(model).fit(X, Y, 1).parameters.items()} for model in ALL
    ]
    assert shapes == [
        {"w": (3, 1), "b": ()},
        {"W1": (4, 3), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)},
        {"W1": (4, 3), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)},
        {"W1": (5, 3), "b1": (5, 1), "W2": (4, 5), "b2": (4, 1), "W3": (1, 4), "b3": (1, 1)},
    ]  # fmt: skip


@each
def test_float32_stays_float32(model):
    """X decides the number format, unless dtype does; integers become float64."""
    X, Y = examples()
    for given, dtype, expected in [
        (X.astype(np.float32), None, np.float32),
        (X, "float32", np.float32),
        (X.astype(np.float32), np.float64, np.float64),
        (np.rint(X).astype(np.int64), None, np.float64),
    ]:
        fitted = fresh(model, dtype=dtype).fit(given, Y, 3)
        assert {p.dtype for p in fitted.parameters.values()} == {np.dtype(expected)}
        assert fitted.predict_proba(given).dtype == expected
        assert fitted.graph(given, Y)["J"].dtype == expected


def test_labels_of_any_type_are_the_same():
    """bool, uint8, int64 and float labels train alike."""
    X, Y = examples()
    for dtype in (bool, np.uint8, np.float64):
        model = nn.LogisticRegression().fit(X, Y.astype(dtype), 5, record_every=1)
        assert model.costs == nn.LogisticRegression().fit(X, Y, 5, record_every=1).costs


def test_arguments_are_stored_untouched():
    """As scikit-learn asks: __init__ stores, fit checks; get_params gives the same objects."""
    dims, dtype = [3, 2, 1], np.dtype(np.float32)
    model = nn.LLayerClassifier(dims, "no such activation", seed=-1, init="?", dtype=dtype)
    assert model.layer_dims is dims
    assert model.get_params()["layer_dims"] is dims
    assert model.get_params()["dtype"] is dtype
    model.set_params(hidden="relu", seed=1, init="he").fit(*examples(), 1)
    with pytest.raises(SettingError, match="no setting 'alpha'"):
        model.set_params(alpha=1)


def test_costs_are_those_before_every_hundredth_step():
    """Every k-th cost is recorded; the callback sees the model after these steps."""
    X, Y = examples()
    assert len(nn.LogisticRegression().fit(X, Y, 201).costs) == 3
    seen = []
    model = nn.LogisticRegression().fit(
        X, Y, 10, record_every=4, callback=lambda m: seen.append((m.iterations, m.costs[-1]))
    )
    assert model.run.recorded == [0, 4, 8]
    assert seen == list(zip([1, 5, 9], model.costs, strict=True))
    np.testing.assert_allclose(model.costs[0], np.log(2))


def test_fit_again_starts_anew():
    """Without resume nothing of an earlier fit is left."""
    X, Y = examples()
    model = nn.LLayerClassifier([3, 2, 1]).fit(X, Y, 20)
    first = copy.deepcopy(model.parameters)
    np.testing.assert_equal(model.fit(X, Y, 20).parameters, first)
    assert model.iterations == 20


def test_inputs_are_not_written_to():
    """Neither X and Y (here read-only), nor parameters that a graph was drawn of."""
    X, Y = examples()
    model = nn.LLayerClassifier([3, 2, 1]).fit(X, Y, 5)
    before = copy.deepcopy(model.parameters)
    model.graph(X, Y)["J"].backward()
    np.testing.assert_equal(model.parameters, before)


@each
def test_graph_names_everything(model):
    """The Tensors of the forward pass by the course's names; J is the cost that fit descends."""
    X, Y = examples()
    model = fresh(model).fit(X, Y, 7, record_every=1)
    graph = model.graph(X, Y)
    assert all(t.name == name for name, t in graph.items())
    assert {"X", "Y", "J", "Z1", "A1", *model.parameters} <= set(graph)
    cost, grads = model.cost_and_gradients(X, Y * 1.0)(model.parameters)
    assert graph["J"].item() == pytest.approx(float(cost), rel=1e-12)
    graph["J"].backward()
    for name, g in grads.items():
        np.testing.assert_allclose(graph[name].grad, g, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(list(graph.values())[-2].data, model.predict_proba(X), rtol=1e-14)


# Going on, saving, loading


@each
@pytest.mark.parametrize("gradients", ["auto", "by_hand"])
def test_resumed_run_is_the_uninterrupted_run(model, gradients, tmp_path):
    """37 iterations, a file, and on to 100: costs and parameters are bit for bit those of 100."""
    X, Y = examples()
    settings = {"gradients": gradients, "record_every": 10}
    whole = fresh(model).fit(X, Y, 100, 0.5, **settings)
    half = fresh(model).fit(X, Y, 37, 0.5, **settings)
    nn.save(tmp_path / "model.h5", half)
    rest = nn.load(tmp_path / "model.h5")
    assert type(rest) is type(model)
    assert rest.get_params() == model.get_params()
    rest.fit(X, Y, 100, resume=True, gradients=gradients)
    assert rest.iterations == 100
    assert rest.run.recorded == list(range(0, 100, 10))
    assert rest.costs == whole.costs
    for name, p in whole.parameters.items():
        np.testing.assert_array_equal(rest.parameters[name], p)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loaded_model_predicts_the_same_bits(model, dtype, tmp_path):
    """Parameters, probabilities, history and settings come back."""
    X, Y = examples(dtype=dtype)
    model = fresh(model).fit(X, Y, 30, 0.5)
    model.about["classes"] = ["dog", "cat"]
    nn.save(tmp_path / "model.h5", model)
    loaded = nn.load(tmp_path / "model.h5")
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert loaded.costs == model.costs
    assert loaded.about == {"classes": ["dog", "cat"]}
    assert repr(loaded) == repr(model)


def test_resume_with_another_learning_rate():
    """The rate changes, the history stays."""
    X, Y = examples()
    model = nn.LogisticRegression().fit(X, Y, 10, 0.5, optimizer="momentum", record_every=1)
    model.fit(X, Y, 20, 0.1, resume=True)
    assert model.optimizer.settings == {"learning_rate": 0.1, "beta": 0.9}
    assert len(model.costs) == 20


def test_resume_when_nothing_is_left_changes_nothing():
    """`iterations` counts all steps ever taken."""
    X, Y = examples()
    model = nn.LogisticRegression().fit(X, Y, 10)
    before = copy.deepcopy(model.parameters)
    model.fit(X, Y, 10, resume=True)
    np.testing.assert_equal(model.parameters, before)


def test_an_initializer_of_ones_own_can_be_saved(tmp_path):
    """Its name is kept; the model predicts and resumes."""
    X, Y = examples()

    def halves(n_out, n_in, rng):
        return np.full((n_out, n_in), 0.5)

    model = nn.TwoLayerClassifier(4, init=halves).fit(X, Y, 5)
    nn.save(tmp_path / "model.h5", model)
    loaded = nn.load(tmp_path / "model.h5")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    loaded.fit(X, Y, 10, resume=True)
    nn.save(tmp_path / "model.h5", loaded)
    loaded = nn.load(tmp_path / "model.h5")
    assert repr(loaded.init) == "halves"
    with pytest.raises(SettingError, match="halves was a function"):
        loaded.fit(X, Y, 10)
    np.testing.assert_array_equal(
        loaded.set_params(init=halves).fit(X, Y, 5).predict_proba(X), model.predict_proba(X)
    )


def test_what_is_not_a_model_is_refused(tmp_path):
    """Missing, damaged, a checkpoint of something else, an untrained model."""
    with pytest.raises(CheckpointError, match="nowhere"):
        nn.load(tmp_path / "nowhere.h5")
    (tmp_path / "text.h5").write_text("not a model")
    with pytest.raises(CheckpointError, match=r"text\.h5"):
        nn.load(tmp_path / "text.h5")
    from nn.serialization import read_image, write_image

    write_image(tmp_path / "other.h5", {"x": np.ones(3)}, {"kind": "spaceship"})
    with pytest.raises(CheckpointError, match="not of a model"):
        nn.load(tmp_path / "other.h5")
    with pytest.raises(NotFittedError):
        nn.save(tmp_path / "new.h5", nn.LogisticRegression())
    assert not (tmp_path / "new.h5").exists()
    nn.save(tmp_path / "model.h5", nn.LLayerClassifier([3, 2, 1]).fit(*examples(), 1))
    arrays, attributes = read_image(tmp_path / "model.h5")
    arrays["parameters/W1"] = np.ones((3, 3))
    write_image(tmp_path / "odd.h5", arrays, attributes)
    with pytest.raises(CheckpointError, match=r"\(3, 3\)"):
        nn.load(tmp_path / "odd.h5")


# Ctrl-C, progress


@pytest.fixture
def ctrl_c_is_heard():
    """Listen to Ctrl-C as in a terminal; a background process may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_stops_cleanly_and_keeps_what_was_learned(ctrl_c_is_heard):
    """The current step is finished, fit returns, and resuming gives the uninterrupted bits."""
    X, Y = examples()
    whole = nn.LLayerClassifier([3, 4, 1]).fit(X, Y, 50, record_every=1)
    model = nn.LLayerClassifier([3, 4, 1])

    def press(model):
        if model.iterations == 20:
            signal.raise_signal(signal.SIGINT)

    model.fit(X, Y, 50, record_every=1, callback=press)
    assert model.interrupted
    assert model.iterations == 20
    assert model.costs == whole.costs[:20]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    model.fit(X, Y, 50, resume=True)
    assert not model.interrupted
    assert model.costs == whole.costs


def test_a_second_ctrl_c_does_not_wait(ctrl_c_is_heard):
    """The second Ctrl-C ends even a callback or a step that hangs."""
    X, Y = examples()

    def press_twice(model):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    model = nn.LogisticRegression()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, 50, callback=press_twice)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_somebody_else_is_left_alone():
    """A handler that already catches Ctrl-C keeps catching it."""
    caught = []
    before = signal.signal(signal.SIGINT, lambda *_: caught.append(1))
    try:
        model = nn.LogisticRegression().fit(
            *examples(), 5, callback=lambda _: signal.raise_signal(signal.SIGINT)
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [1]
    assert model.iterations == 5


def test_fit_works_in_a_thread():
    """A thread cannot catch signals, and trains nevertheless."""
    model = nn.LogisticRegression()
    thread = threading.Thread(target=lambda: model.fit(*examples(), 5))
    thread.start()
    thread.join()
    assert model.iterations == 5


def test_progress_shows_cost_rate_and_time_left(capsys):
    """With progress=True a bar; without a terminal, by default, nothing."""
    X, Y = examples()
    nn.LogisticRegression().fit(X, Y, 300)
    assert capsys.readouterr() == ("", "")
    model = nn.LogisticRegression().fit(X, Y, 300, progress=True)
    err = capsys.readouterr().err
    last = err.split("\r")[-1]
    assert "300/300" in last
    assert f"cost {model.costs[-1]:.6f}" in last
    assert "iterations/s" in last
    assert "<" in last  # time gone < time left


def test_progress_without_tqdm(monkeypatch, capsys):
    """A missing bar is no reason not to train."""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert nn.LogisticRegression().fit(*examples(), 3, progress=True).iterations == 3
    assert capsys.readouterr().err == ""


# Bad input


@pytest.mark.parametrize(
    ("X", "Y", "words"),
    [
        (np.ones(3), [[1]], r"rank-1 array of shape \(3,\).*X\.reshape\(-1, 1\)"),
        (np.ones((3, 2)), [1, 0], r"rank-1 array of shape \(2,\).*Y\.reshape\(1, -1\)"),
        (np.ones((3, 2)), [[1], [0]], r"\(2, 1\).*Y\.T would fit"),
        (np.ones((3, 2)), [[1, 0, 1]], "3 labels; expected 2"),
        (np.ones((3, 2)), np.ones((2, 2)), r"shape \(2, 2\)"),
        (np.ones((3, 0)), np.ones((1, 0)), r"\(3, 0\)"),
        (np.ones((0, 2)), [[1, 0]], r"\(0, 2\)"),
        (np.ones((2, 4, 4, 3)), [[1, 0]], r"X\.reshape\(len\(X\), -1\)\.T"),
        (np.array(5.0), [[1, 0]], r"shape \(\)"),
        ([["a", "b"]], [[1, 0]], "type <U1"),
        ([[1 + 2j, 0]], [[1, 0]], "complex"),
        ([[1, 2], [3]], [[1, 0]], "X"),
        ([[1, None]], [[1, 0]], "object"),
        (np.ones((3, 2)), [["0", "1"]], "Y"),
        ([[1.0, np.nan]], [[1, 0]], "nan in row 0, column 1"),
        ([[1.0, 2.0], [np.inf, -np.inf]], [[1, 0]], "inf in row 1, column 0, and 1 more"),
        (np.ones((3, 2)), [[1, 2]], "the label 2"),
        (np.ones((3, 2)), [[-1, 1]], r"the label -1.*\(Y > 0\) would fit"),
        (np.ones((3, 2)), [[0.5, 1]], "the label 0.5"),
        (np.ones((3, 2)), [[np.nan, 1]], "nan in row 0"),
    ],
)
@each
def test_refuses_data(model, X, Y, words):
    """The error says what is wrong and what is allowed, before anything is trained."""
    model = fresh(model)
    with pytest.raises(DataError, match=words) as caught:
        model.fit(X, Y, 3)
    assert isinstance(caught.value, ValueError)
    assert model.run is None


def test_large_numbers_are_no_nan():
    """A sum that overflows is not a value that is not finite."""
    X = np.full((1, 2), 1.7e308)
    np.testing.assert_array_equal(nn.validation.inputs(X), X)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"iterations": 0}, "iterations is 0"),
        ({"iterations": 2.5}, "iterations is 2.5"),
        ({"iterations": True}, "iterations is True"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"record_every": 0}, "record_every is 0"),
        ({"gradients": "manual"}, '"auto" or "by_hand"'),
        ({"optimizer": "newton"}, "newton"),
        ({"optimizer": nn.optimizers.sgd(0.1), "learning_rate": 0.1}, "give it once"),
    ],
)
@each
def test_refuses_settings_of_fit(model, settings, words):
    """A setting out of range is named."""
    model = fresh(model)
    with pytest.raises(SettingError, match=words):
        model.fit(*examples(), **settings)
    assert model.run is None


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.TwoLayerClassifier(0), "n_h is 0"),
        (nn.TwoLayerClassifier(4, "swish"), "swish.*relu, tanh"),
        (nn.TwoLayerClassifier(4, seed=-1), "seed is -1"),
        (nn.TwoLayerClassifier(4, seed="one"), "seed.*'one'"),
        (nn.TwoLayerClassifier(4, init="xavier"), "xavier"),
        (nn.TwoLayerClassifier(4, dtype="float16"), "float32 or float64"),
        (nn.TwoLayerClassifier(4, dtype="number"), "float32 or float64"),
        (nn.TwoLayerClassifier(4, gradients="?"), "gradients"),
        (nn.LLayerClassifier([3]), "1 output"),
        (nn.LLayerClassifier([3, 4, 2]), "1 output"),
        (nn.LLayerClassifier([3, 0, 1]), "layer_dims is 0"),
        (nn.LLayerClassifier([3, 2.0, 1]), "layer_dims is 2.0"),
        (nn.LLayerClassifier([4, 1]), "3 rows; expected 4"),
    ],
    ids=lambda value: repr(value),
)
def test_refuses_settings_of_models(model, words):
    """fit checks what __init__ stored, before training."""
    with pytest.raises(NNError, match=words) as caught:
        model.fit(*examples(), 3)
    assert isinstance(caught.value, ValueError)
    assert model.run is None


@each
def test_refuses_to_predict_before_fit_and_on_other_sizes(model):
    """First train; then columns of the size trained on."""
    X, Y = examples()
    model = fresh(model)
    for call in (
        lambda: model.predict(X),
        lambda: model.score(X, Y),
        lambda: model.parameters,
        lambda: model.fit(X, Y, 10, resume=True),
    ):
        with pytest.raises(NotFittedError, match="fit"):
            call()
    model.fit(X, Y, 1)
    with pytest.raises(DataError, match=r"X\.T would fit"):
        model.predict(X.T)
    with pytest.raises(DataError, match="rank-1"):
        model.predict(X[:, 0])


def test_divergence_is_said_with_a_remedy():
    """A learning rate far too large: no warning from NumPy, one error, and the costs so far."""
    X, Y = examples()
    model = nn.LLayerClassifier([3, 5, 1])
    with pytest.raises(DivergedError, match=r"iteration \d+ the cost is (inf|nan).*1e\+200"):
        model.fit(X, Y, 100, 1e200, record_every=1)
    assert np.all(np.isfinite(model.costs))


def test_divergence_between_two_records_is_said_too():
    """The last cost is checked, recorded or not."""
    model = nn.LLayerClassifier([3, 5, 1])
    with pytest.raises(DivergedError):
        model.fit(*examples(), 90, 1e200)
