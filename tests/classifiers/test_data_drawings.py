"""The program's own drawings: how many, how alike, how hard, and how they are kept."""

from __future__ import annotations

import os
import time
from functools import cache
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from nn.data import CatData, drawings, load_cat
from nn.data.sketch.brush import Brush
from nn.data.sketch.cats import CATS
from nn.data.sketch.things import THINGS
from nn.errors import DataError

TRAIN, TEST = "train_catvnoncat.h5", "test_catvnoncat.h5"
FIELDS = ("X_train", "Y_train", "X_test", "Y_test", "pictures_train", "pictures_test")


#: seed -> seconds to draw, and whether NumPy's global generator was left alone
NOTES: dict[int, tuple[float, bool]] = {}


@cache
def drawn(seed: int) -> CatData:
    """Return the drawings of a seed, made once for all tests; they are read-only."""
    np.random.seed(5)
    start = time.process_time()
    data = drawings(seed)
    untouched = np.random.rand() == np.random.RandomState(5).rand()
    NOTES[seed] = time.process_time() - start, untouched
    return data


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CatData]:
    """A new folder to keep drawings in, and the drawings when they were made."""
    folder = tmp_path_factory.mktemp("cache") / "new" / "folder"
    return folder, drawings(cache=folder)


@pytest.fixture
def data() -> CatData:
    """The drawings of the default seed."""
    return drawn(5)


def same(a: CatData, b: CatData) -> bool:
    """Return True if all arrays and class names are equal."""
    equal = all(np.array_equal(getattr(a, field), getattr(b, field)) for field in FIELDS)
    return equal and a.classes == b.classes


def test_numbers_and_shapes_of_the_course(data: CatData) -> None:
    """209 and 50 pictures, 72 and 33 of them cats, 64 x 64 pixels, as columns in 0..1."""
    assert data.pictures_train.shape == (209, 64, 64, 3)
    assert data.pictures_test.shape == (50, 64, 64, 3)
    assert data.pictures_train.dtype == np.uint8
    assert (data.Y_train.sum(), data.Y_test.sum()) == (72, 33)
    assert data.Y_train.shape == (1, 209)
    assert np.array_equal(data.X_train, data.pictures_train.reshape(209, -1).T / 255)
    assert data.classes == ("non-cat", "cat")
    assert "own drawings (seed 5)" in data.source


def test_a_seed_gives_the_same_pictures_and_another_gives_others(
    data: CatData, cached: tuple[Path, CatData]
) -> None:
    """Deterministic, and no two pictures are the same, in one set or across two."""
    assert same(data, cached[1])
    other = drawn(1)
    pictures = [data.pictures_train, data.pictures_test, other.pictures_train, other.pictures_test]
    assert len({picture.tobytes() for part in pictures for picture in part}) == 2 * 259


def test_the_global_generator_is_left_alone() -> None:
    """Drawing uses a generator of its own."""
    drawn(1)
    assert NOTES[1][1]


def test_labels_are_shuffled(data: CatData) -> None:
    """Cats do not come first or last."""
    for Y in (data.Y_train[0], data.Y_test[0]):
        assert 0.2 < Y[: len(Y) // 2].mean() / Y.mean() / 2 < 0.8


def test_drawing_takes_about_a_second() -> None:
    """The limit is generous: what it must catch is a loop over pixels."""
    drawn(1)
    assert NOTES[1][0] < 5


@pytest.mark.parametrize("figure", [*CATS, *THINGS], ids=lambda figure: figure.__name__)
def test_every_figure_is_in_the_picture(figure: object) -> None:
    """Each figure covers a good part of [-1, 1]^2 and stays almost within it."""
    assert callable(figure)
    for seed in range(5):
        picture = np.full((64, 64, 3), -1.0)
        figure(Brush(picture, scale=0.25, outline=0.03), np.random.RandomState(seed))
        painted = (picture != -1).any(axis=2)
        assert 0.1 < painted[16:48, 16:48].mean() < 0.95
        outside = painted.copy()
        outside[14:50, 14:50] = False
        assert not outside.any()


# --- how hard -------------------------------------------------------------------------------------


def sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-z))


def deep_accuracies(data: CatData, iterations: int = 2500) -> tuple[float, float]:
    """Return the course's 12288-20-7-5-1 net, seed 1, rate 0.0075: train and test accuracy.

    Written out here, so that no code of the project is its own judge. X enters only as
    S = W1 X and its update as a multiple of X^T X, which makes this a matter of half a second.
    """
    X, Y, m = data.X_train, data.Y_train, data.Y_train.shape[1]
    draw, n = np.random.RandomState(1), [len(X), 20, 7, 5, 1]
    W = [draw.randn(q, p) / np.sqrt(p) for p, q in pairwise(n)]
    b = [np.zeros((q, 1)) for q in n[1:]]
    gram, gram_test = X.T @ X, X.T @ data.X_test
    S, S_test = W[0] @ X, W[0] @ data.X_test

    def forward(S: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        A = [np.maximum(S + b[0], 0)]
        for k in (1, 2):
            A.append(np.maximum(W[k] @ A[-1] + b[k], 0))
        return [*A, sigmoid(W[3] @ A[-1] + b[3])]

    for _ in range(iterations):
        A = forward(S)
        dZ = (A[3] - Y) / m
        for k in (3, 2, 1):
            dA = W[k].T @ dZ
            W[k] = W[k] - 0.0075 * dZ @ A[k - 1].T
            b[k] = b[k] - 0.0075 * dZ.sum(axis=1, keepdims=True)
            dZ = dA * (A[k - 1] > 0)
        S, S_test = S - 0.0075 * dZ @ gram, S_test - 0.0075 * dZ @ gram_test
        b[0] = b[0] - 0.0075 * dZ.sum(axis=1, keepdims=True)
    train, test = forward(S)[-1] > 0.5, forward(S_test)[-1] > 0.5
    return float((train == Y).mean()), float((test == data.Y_test).mean())


def logistic_accuracies(data: CatData) -> tuple[float, float]:
    """Logistic regression, 2000 iterations at 0.005 from zero, with w = X a."""
    m, Y = data.Y_train.shape[1], data.Y_train[0]
    gram, gram_test = data.X_train.T @ data.X_train, data.X_train.T @ data.X_test
    a, b = np.zeros(m), 0.0
    for _ in range(2000):
        dz = (sigmoid(gram @ a + b) - Y) / m
        a, b = a - 0.005 * dz, b - 0.005 * dz.sum()
    train, test = (gram @ a + b > 0) == Y, (a @ gram_test + b > 0) == data.Y_test[0]
    return float(train.mean()), float(test.mean())


#: The default seed; others take a second each to draw, and say the same.
SEEDS = pytest.mark.parametrize(
    "seed", [5, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 3))]
)


@SEEDS
def test_logistic_regression_does_not_solve_the_test_pictures(seed: int) -> None:
    """New pictures are hard enough (below 95 %) and learnable (above the 66 % of a guess)."""
    train, test = logistic_accuracies(drawn(seed))
    assert train > 0.95
    assert 0.66 < test < 0.95


@SEEDS
def test_the_deep_net_learns(seed: int) -> None:
    """With the course's settings the deep net learns, and more than by heart."""
    train, test = deep_accuracies(drawn(seed))
    assert train > 0.95
    assert test > 0.75


# --- how they are kept ----------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise in place of drawings, where only the keeping is tested."""

    def noise(rng: np.random.RandomState, cat: bool) -> NDArray[np.uint8]:
        return rng.randint(0, 256, (64, 64, 3)).astype(np.uint8)

    monkeypatch.setattr("nn.data.sketch.draw", noise)


def test_cache_is_the_layout_of_the_course(data: CatData, cached: tuple[Path, CatData]) -> None:
    """The cache holds the two files, which load_cat reads as it reads the course's."""
    folder, made = cached
    assert same(made, data)
    loaded = load_cat(folder)
    assert same(loaded, data)
    assert "the program's own drawings (version 2, seed 5) in" in loaded.source
    assert sorted(os.listdir(folder)) == [TEST, TRAIN]
    with h5py.File(folder / TRAIN) as file:
        assert {key: (item.dtype.str, item.shape) for key, item in file.items()} == {
            "train_set_x": ("|u1", (209, 64, 64, 3)),
            "train_set_y": ("<i8", (209,)),
            "list_classes": ("|S7", (2,)),
        }


@pytest.mark.usefixtures("quick")
def test_cache_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call draws nothing."""
    data = drawings(cache=tmp_path)
    monkeypatch.setattr("nn.data.sketch.draw", None)
    assert same(drawings(cache=tmp_path), data)


@pytest.mark.usefixtures("quick")
def test_cache_of_another_seed_or_version_is_replaced(tmp_path: Path) -> None:
    """A mark says what a cache holds; half a cache counts as none."""
    drawings(seed=7, cache=tmp_path)
    assert same(drawings(seed=8, cache=tmp_path), drawings(seed=8))
    (tmp_path / TEST).unlink()
    assert same(drawings(seed=8, cache=tmp_path), drawings(seed=8))
    with h5py.File(tmp_path / TRAIN, "r+") as file:
        file.attrs["drawings"] = np.bytes_("version 0, seed 8")
        file["train_set_x"][...] = np.zeros((209, 64, 64, 3), np.uint8)
    assert same(drawings(seed=8, cache=tmp_path), drawings(seed=8))


def test_data_of_others_are_never_overwritten(tmp_path: Path) -> None:
    """A folder with the real pictures is not a place to keep drawings."""
    with h5py.File(tmp_path / TEST, "w") as file:
        file["test_set_x"] = np.zeros((1, 2, 2, 3), np.uint8)
    before = (tmp_path / TEST).read_bytes()
    with pytest.raises(DataError, match="data of other origin") as caught:
        drawings(cache=tmp_path)
    assert caught.value.file == str(tmp_path / TEST)
    assert (tmp_path / TEST).read_bytes() == before
    assert os.listdir(tmp_path) == [TEST]


@pytest.mark.usefixtures("quick")
def test_a_damaged_cache_is_an_error(tmp_path: Path) -> None:
    """Checksums: damaged pixels are not other drawings."""
    drawings(cache=tmp_path)
    content = bytearray((tmp_path / TRAIN).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / TRAIN).write_bytes(content)
    with pytest.raises(DataError, match=TRAIN):
        drawings(cache=tmp_path)


@pytest.mark.usefixtures("quick")
def test_a_cache_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="expected a folder to keep drawings in"):
        drawings(cache=tmp_path / "file")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, None, True, "1"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    """None would give other pictures each time."""
    with pytest.raises(DataError, match="seed"):
        drawings(seed)  # type: ignore[arg-type]  # the wrong type is what is tested
