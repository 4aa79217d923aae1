"""A user's own picture as a column: every kind of file that Pillow reads, upright and on white."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nn.data import picture_to_column
from nn.data.cat import Split
from nn.errors import DataError, MissingPackageError, NNError

RED, WHITE = [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]


def save(path: Path, array: np.ndarray[Any, Any], **options: Any) -> Path:
    """Write an array as a picture file."""
    Image.fromarray(array).save(path, **options)
    return path


def square(column: np.ndarray[Any, Any], size: int = 64) -> np.ndarray[Any, Any]:
    """Return the column as the picture that it was."""
    assert column.shape == (size * size * 3, 1)
    assert column.dtype == np.float64
    return column.reshape(size, size, 3)


def scene(height: int = 64, width: int = 64) -> np.ndarray[Any, Any]:
    """Return a picture of noise, uint8 (height, width, 3)."""
    return np.random.RandomState(0).randint(0, 256, (height, width, 3)).astype(np.uint8)


def test_a_picture_of_the_right_size_is_taken_as_it_is(tmp_path: Path) -> None:
    """Row by row, red green blue, divided by 255, from a path, a string or an array."""
    path = save(tmp_path / "cat.png", scene())
    expected = (scene() / 255).reshape(-1, 1)
    for picture in (path, str(path), scene(), scene() / 255):
        assert np.array_equal(picture_to_column(picture), expected)


def test_the_column_is_made_as_load_cat_makes_it() -> None:
    """predict gets the same columns as fit."""
    pictures = np.stack([scene(), 255 - scene()])
    half = Split.of(pictures, np.array([0, 1]), ("non-cat", "cat"))
    assert np.array_equal(picture_to_column(pictures[1]), half.X[:, 1:])


@pytest.mark.parametrize("size", [1, 16, 64])
def test_any_size_is_resampled(tmp_path: Path, size: int) -> None:
    """Areas keep their place and colour when a picture is resized."""
    halves = np.zeros((300, 200, 3), np.uint8)
    halves[:, :100] = (255, 0, 0)
    small = square(picture_to_column(save(tmp_path / "cat.png", halves), size=size), size)
    if size > 1:
        assert small[size // 2, size // 8].tolist() == RED
        assert small[size // 2, -1 - size // 8].tolist() == [0, 0, 0]
    assert abs(small[..., 0].mean() - 0.5) < 0.01


def test_greys_palettes_and_single_bits(tmp_path: Path) -> None:
    """Every way of storing colours gives the same three of them."""
    grey = np.full((64, 64), 51, np.uint8)
    assert (picture_to_column(save(tmp_path / "grey.png", grey)) == 0.2).all()
    assert (picture_to_column(grey) == 0.2).all()
    deep = np.full((64, 64), 65535 // 5, np.uint16)
    assert (picture_to_column(save(tmp_path / "deep.png", deep)) == 0.2).all()
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    for mode, name in (("P", "palette.gif"), ("CMYK", "print.tif"), ("YCbCr", "video.jpg")):
        red.convert(mode).save(tmp_path / name)
        got = square(picture_to_column(tmp_path / name))
        assert np.abs(got - RED).max() < 0.02, mode
    Image.new("1", (64, 64), 1).save(tmp_path / "bit.png")
    assert (picture_to_column(tmp_path / "bit.png") == 1).all()


def test_transparency_shows_white(tmp_path: Path) -> None:
    """Transparent pixels are shown white, not in the colour that is stored there."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., 0] = 255
    pixels[:32, :, 3] = 255
    pixels[32:40, :, 3] = 51
    for picture in (save(tmp_path / "cat.png", pixels), pixels):
        got = square(picture_to_column(picture))
        assert got[10, 10].tolist() == RED
        assert got[35, 10].tolist() == [1.0, 0.8, 0.8]
        assert got[50, 10].tolist() == WHITE
    palette = Image.fromarray(pixels[..., :3]).convert("P")
    palette.save(tmp_path / "clear.png", transparency=palette.getpixel((0, 0)))
    assert (picture_to_column(tmp_path / "clear.png") == 1).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_says_how_it_was_held(tmp_path: Path, orientation: int) -> None:
    """All eight EXIF orientations show the same upright picture."""
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[:32, :32] = (255, 0, 0)
    upright[32:, :32] = (0, 0, 255)
    turn = {  # what the camera stored, so that the noted orientation turns it back
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.swapaxes(a, 0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "cat.png", np.ascontiguousarray(turn[orientation](upright)), exif=exif)
    assert np.array_equal(square(picture_to_column(path)) * 255, upright)


def refused(words: str, picture: Any, **options: Any) -> None:
    with pytest.raises(DataError, match=words):
        picture_to_column(picture, **options)


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    """Each is one DataError that names the file."""
    path = tmp_path / "cat.png"
    refused("no such file", path)
    path.write_bytes(b"")
    refused("no picture", path)
    path.write_text("a cat sat on the mat")
    refused("no picture", path)
    save(path, scene())
    os.truncate(path, path.stat().st_size // 2)
    refused("damaged picture", path)
    refused("a folder", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    refused("not a plain file", tmp_path / "pipe")


def test_a_picture_that_would_fill_the_memory(tmp_path: Path) -> None:
    """Two hundred million pixels in a small file are refused before they are unpacked."""
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 10_000)).save(path)
    assert path.stat().st_size < 10**6
    refused("too many pixels", path)
    Image.new("1", (10_000, 10_000)).save(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a user's filters make no difference
        refused("too many pixels", path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(3, np.uint8), r"shape \(3,\)"),
        (np.zeros((3, 64, 64), np.uint8), r"shape \(3, 64, 64\)"),
        (np.zeros((0, 64, 3), np.uint8), r"shape \(0, 64, 3\)"),
        (np.zeros((64, 64, 3), np.int64), "dtype int64"),
        (np.zeros((64, 64, 3), np.complex128), "dtype complex128"),
        (np.full((64, 64, 3), 255.0), "floats outside 0..1"),
        (np.full((64, 64, 3), -0.1), "floats outside 0..1"),
        (np.full((64, 64, 3), np.nan), "floats outside 0..1"),
        (np.full((64, 64, 3), "cat"), "dtype <U3"),
    ],
)
def test_arrays_that_are_no_pictures(array: np.ndarray[Any, Any], words: str) -> None:
    """Ambiguous numbers are not guessed at."""
    refused(words, array)


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_sizes_that_are_none(size: Any) -> None:
    """A size is a number of pixels."""
    refused("whole number of pixels", scene(), size=size)


def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of the right size need no Pillow; for the rest the error says how to get it."""
    path = save(tmp_path / "cat.png", scene())
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert picture_to_column(scene()).shape == (12288, 1)
    for picture in (path, scene(10, 10)):
        with pytest.raises(MissingPackageError, match="pip install") as caught:
            picture_to_column(picture)
        assert isinstance(caught.value, NNError)
        assert isinstance(caught.value, ImportError)
