"""Plots of planes, weights, activations and dead units show the numbers of the model."""

import numpy as np
import pytest

import nn
from nn import by_hand, plots
from nn.errors import DataError, NotFittedError, SettingError


@pytest.fixture(scope="module")
def planar():
    """A trained planar network, and its flower."""
    X, Y = by_hand.load_planar_dataset()
    return nn.TwoLayerClassifier(4, "tanh").fit(X, Y, 300), X, Y


@pytest.fixture(scope="module")
def pictures():
    """A trained deep network on pictures of 4 x 4, and its data."""
    rng = np.random.RandomState(0)
    X, Y = rng.rand(48, 30), (rng.rand(1, 30) < 0.5) * 1
    return nn.LLayerClassifier([48, 5, 3, 1]).fit(X, Y, 50, 0.1), X, Y


def texts(figure):
    """Return every text that the figure shows."""
    found = [figure.get_suptitle()]
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_title(loc="left"), *(t.get_text() for t in axes.texts)]
        found += [axes.get_xlabel(), axes.get_ylabel()]
    return " | ".join(t for t in found if t)


# The plane


def test_the_field_is_what_the_model_says(planar):
    """At every point of the plane; the line lies where the model says 1/2."""
    model, X, Y = planar
    figure = plots.decision_boundary(model, X, Y, "A flower")
    axes = figure.axes[0]
    field, contour = axes.collections[:2]
    P = np.asarray(field.get_array())
    corners = np.asarray(field.get_coordinates())
    x1, x2 = corners[0, :, 0], corners[:, 0, 1]
    at = np.array([[(x1[30] + x1[31]) / 2], [(x2[90] + x2[91]) / 2]])
    np.testing.assert_allclose(P[90, 30], model.predict_proba(at).item(), rtol=1e-6)
    line = np.concatenate([path.vertices for path in contour.get_paths()])
    steep = np.abs(np.gradient(P)).max()
    assert np.abs(model.predict_proba(line.T) - 0.5).max() < 2 * steep
    assert x1[0] < X[0].min() < X[0].max() < x1[-1]
    assert f"{100 * model.score(X, Y):.1f} % right" in texts(figure)
    assert "A flower" in texts(figure)
    assert "$x_1$" in texts(figure)
    assert "P(Y = 1)" in texts(figure)


def test_the_classes_have_their_points(planar):
    """Those of Y = 0 and of Y = 1, in two colours and two markers, in a legend."""
    model, X, Y = planar
    axes = plots.decision_boundary(model, X, Y).axes[0]
    zero, one = axes.collections[-2:]
    np.testing.assert_array_equal(zero.get_offsets(), X[:, Y[0] == 0].T)
    np.testing.assert_array_equal(one.get_offsets(), X[:, Y[0] == 1].T)
    (red, _, blue, _), (red_one, _, blue_one, _) = zero.get_facecolor()[0], one.get_facecolor()[0]
    field = axes.collections[0]
    (red_0, _, blue_0, _), (red_1, _, blue_1, _) = field.cmap(field.norm([0.0, 1.0]))
    assert red > blue and red_0 > blue_0  # noqa: PT018  # one fact: points as the field below them
    assert blue_one > red_one and blue_1 > red_1  # noqa: PT018
    assert len(zero.get_paths()[0].vertices) != len(one.get_paths()[0].vertices)
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["Y = 0", "Y = 1"]


def test_several_models_side_by_side(planar):
    """Each model has a panel with its label and score; all share one scale."""
    model, X, Y = planar
    other = nn.TwoLayerClassifier(1, "tanh").fit(X, Y, 50)
    figure = plots.decision_boundary({"one unit": other, "four units": model}, X, Y, "Units")
    assert len(figure.axes) == 3
    for label, m in (("one unit", other), ("four units", model)):
        assert f"{label}\n{100 * m.score(X, Y):.1f} % right" in texts(figure)


def test_a_plane_needs_two_features(pictures):
    """One sentence."""
    model, X, Y = pictures
    with pytest.raises(DataError, match="48 features; expected 2"):
        plots.decision_boundary(model, X, Y)


# The first layer


def shown(figure):
    """Return the pictures in the only frame, in order."""
    (axes,) = figure.axes
    return [np.asarray(image.get_array()) for image in axes.images]


def test_weights_are_pictures_around_grey(pictures):
    """Row k of W1 is picture k; grey is 0, the largest weight is black, white or a pure colour."""
    model, _, _ = pictures
    W1 = model.parameters["W1"]
    images = shown(plots.first_layer_weights(model))
    assert len(images) == 5
    for w, image in zip(W1, images, strict=True):
        assert image.shape == (4, 4, 3)
        np.testing.assert_allclose((image.ravel() - 0.5) * 2 * np.abs(w).max(), w, atol=1e-12)


def test_what_was_learned(pictures):
    """The first weights are subtracted: what is left is all that training did."""
    model, _, _ = pictures
    step = model.parameters["W1"] - model.initialize(48)["W1"]
    figure = plots.first_layer_weights(model, (2, 8, 3), learned=True)
    for w, image in zip(step, shown(figure), strict=True):
        assert image.shape == (2, 8, 3)
        np.testing.assert_allclose((image.ravel() - 0.5) * 2 * np.abs(w).max(), w, atol=1e-12)
    assert "what training added" in texts(figure)


def test_many_units_and_one():
    """The first 24 of 30 units are shown, and a note says so; logistic regression has one."""
    rng = np.random.RandomState(0)
    X, Y = rng.rand(12, 6), np.array([[0, 1, 0, 1, 0, 1]])
    many = nn.LLayerClassifier([12, 30, 1]).fit(X, Y, 1)
    figure = plots.first_layer_weights(many)
    assert len(shown(figure)) == 24
    assert "the first 24 of 30 units" in texts(figure)
    one = nn.LogisticRegression().fit(X, Y, 1)
    (image,) = shown(plots.first_layer_weights(one))
    w = one.parameters["w"].ravel()
    np.testing.assert_allclose((image.ravel() - 0.5) * 2 * np.abs(w).max(), w, atol=1e-12)


def test_weights_of_no_picture(planar):
    """Two inputs are no colour picture; nor is a shape that does not fit."""
    model, _, _ = planar
    with pytest.raises(DataError, match=r"2 inputs; expected height \* width \* 3"):
        plots.first_layer_weights(model)
    with pytest.raises(NotFittedError):
        plots.first_layer_weights(nn.LogisticRegression())


# Inside


def heights(axes):
    """Return the sum of the bars of a frame, and where they begin and end."""
    bars = axes.patches
    left = min(bar.get_x() for bar in bars)
    return sum(bar.get_height() for bar in bars), left, max(b.get_x() + b.get_width() for b in bars)


def test_histograms_hold_every_activation_and_gradient(pictures):
    """Shares of a whole, from the least to the largest, checked against the formulas by hand."""
    model, X, Y = pictures
    figure = plots.histograms(model, X, Y, "A net")
    assert len(figure.axes) == 6
    AL, caches = by_hand.L_model_forward(X, model.parameters)
    grads = by_hand.L_model_backward(AL, Y, caches)
    A = [caches[1][0][0], caches[2][0][0], AL]
    for l in (1, 2, 3):
        left, right = figure.axes[2 * l - 2 : 2 * l]
        total, low, high = heights(left)
        np.testing.assert_allclose(
            (total, low, high), (1, A[l - 1].min(), A[l - 1].max()), atol=1e-12
        )
        total, low, high = heights(right)
        np.testing.assert_allclose(total, 1)
        assert high >= np.abs(grads[f"dW{l}"]).max()
        assert right.get_xscale() == "log"
        assert f"median {np.median(np.abs(grads[f'dW{l}'])):.0e}" in texts(figure)
    assert len({axes.get_xlim() for axes in figure.axes[1::2]}) == 1
    assert f"{100 * np.mean(A[0] == 0):.0f} % are 0" in texts(figure)
    assert "on 30 examples" in texts(figure)


def test_histograms_of_one_unit_and_of_many_layers():
    """Logistic regression has one row; eight of ten layers are shown, with the first and the last."""
    rng = np.random.RandomState(0)
    X, Y = rng.rand(3, 6), np.array([[0, 1, 0, 1, 0, 1]])
    assert len(plots.histograms(nn.LogisticRegression().fit(X, Y, 1), X, Y).axes) == 2
    deep = nn.LLayerClassifier([3, *[2] * 9, 1], "tanh").fit(X, Y, 1)
    figure = plots.histograms(deep, X, Y)
    assert len(figure.axes) == 16
    assert "layer 1 " in texts(figure)
    assert "layer 10" in texts(figure)


def test_histograms_of_gradients_that_are_all_zero():
    """A dead network has no gradient; it is shown nevertheless."""
    X, Y = np.ones((2, 4)), np.array([[0, 1, 0, 1]])
    model = nn.LLayerClassifier([2, 3, 1]).fit(X, Y, 1)
    model.parameters["W1"][:], model.parameters["b1"][:] = 0, -1
    assert "100 % are 0" in texts(plots.histograms(model, X, Y))


def test_dead_units_are_counted():
    """Unit 1 is 0 for no example, unit 2 for half, unit 3 for all: that one is dead."""
    X, Y = np.array([[1.0, 2.0, -1.0, -2.0]]), np.array([[0, 1, 0, 1]])
    model = nn.LLayerClassifier([1, 3, 1]).fit(X, Y, 1)
    model.parameters["W1"][:] = [[0.0], [1.0], [1.0]]
    model.parameters["b1"][:] = [[1.0], [0.0], [-9.0]]
    figure = plots.silent_units(model, X)
    (axes,) = figure.axes
    bars = sorted(
        (b.get_x() + b.get_width() / 2, b.get_height(), b.get_hatch()) for b in axes.patches
    )
    assert [(round(x), round(h), bool(hatch)) for x, h, hatch in bars] == [
        (1, 0, False), (2, 50, False), (3, 100, True),
    ]  # fmt: skip
    assert [(t.get_position()[0], t.get_text()) for t in axes.texts] == [(3, "dead")]
    assert "1 of 3 units are dead: 0 for all of the 4 examples" in texts(figure)


def test_a_frame_for_each_hidden_layer(pictures):
    """Not for the output, which is a sigmoid."""
    model, X, _ = pictures
    figure = plots.silent_units(model, X)
    assert [axes.get_ylabel() for axes in figure.axes] == ["layer 1", "layer 2"]


def test_only_relu_units_die(planar):
    """tanh units, and networks without any, are refused."""
    model, X, Y = planar
    with pytest.raises(SettingError, match="tanh"):
        plots.silent_units(model, X)
    with pytest.raises(DataError, match="no hidden layer"):
        plots.silent_units(nn.LLayerClassifier([2, 1]).fit(X, Y, 1), X)


def test_labels_are_broken_in_legends(planar):
    """A long label leaves room for the lines."""
    model, _, _ = planar
    figure = plots.learning_curves({"fast, 2-4-1 tanh, learning rate 1.2": model, "slow": model})
    shown = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert shown == ["fast, 2-4-1 tanh, learning\nrate 1.2", "slow"]
