"""The cat loader: what it returns, what it accepts, and one clear error for everything else."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import pickle
import random
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import pytest

from nn.data import CatData, cat, hdf5, load_cat
from nn.data import files as nn_files
from nn.errors import DataError, DataWarning, NNError
from support.ordinary_user import ordinary_user

TRAIN, TEST = "train_catvnoncat.h5", "test_catvnoncat.h5"
X, Y, CLASSES = "train_set_x", "train_set_y", "list_classes"
REAL = Path(__file__).parents[3] / "shared" / "data"

RNG = np.random.RandomState(0)
PIXELS = RNG.randint(0, 256, (6, 5, 4, 3)).astype(np.uint8)
LABELS = np.array([0, 1, 1, 0, 1, 0])
NAMES = np.array([b"non-cat", b"cat"])
for array in (PIXELS, LABELS, NAMES):
    array.setflags(write=False)

Malform = Callable[[Path], Any]


def write(folder: Path, name: str = TRAIN, **changes: Any) -> None:
    """Write one of the two files; ``x=``, ``y=``, ``classes=`` replace its content, None omits."""
    prefix = name.split("_")[0]
    content = {"x": PIXELS, "y": LABELS, "classes": NAMES, **changes}
    keys = {"x": f"{prefix}_set_x", "y": f"{prefix}_set_y", "classes": CLASSES}
    with h5py.File(folder / name, "w") as file:
        for short, value in content.items():
            if value is not None:
                file[keys.get(short, short)] = value


def rewrite(folder: Path, key: str) -> h5py.File:
    """Return the training file, open for changes, without ``key``."""
    write(folder, **{{X: "x", Y: "y"}[key]: None})
    return h5py.File(folder / TRAIN, "r+")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two small, faultless files."""
    write(tmp_path)
    write(tmp_path, TEST)
    return tmp_path


# --- what it gives --------------------------------------------------------------------------------


def test_columns_are_pictures_row_by_row(folder: Path) -> None:
    """Column j is picture j flattened row by row; the course's missing .T would mix pictures."""
    data = load_cat(folder)
    assert data.X_train.shape == (5 * 4 * 3, 6)
    assert data.X_train.dtype == data.Y_train.dtype == np.float64
    for j in range(6):
        flat = [PIXELS[j, r, c, k] / 255 for r in range(5) for c in range(4) for k in range(3)]
        assert data.X_train[:, j].tolist() == flat
    assert data.Y_train.tolist() == [LABELS.tolist()]
    assert np.array_equal(data.pictures_train, PIXELS)
    assert data.pictures_train.dtype == np.uint8
    assert data.classes == ("non-cat", "cat")


def test_source_says_which_data_these_are(folder: Path) -> None:
    """The sentence for the output names the folder and counts the pictures."""
    source = load_cat(folder).source
    assert source == f"the pictures in {folder}: 6 for training (3 cat), 6 for testing (3 cat)"


def test_data_cannot_be_changed_by_accident(folder: Path) -> None:
    """The dataclass is frozen and its arrays are read-only."""
    data = load_cat(folder)
    with pytest.raises(ValueError, match="read-only"):
        data.X_train[0, 0] = 1
    with pytest.raises(AttributeError):
        data.source = "elsewhere"  # type: ignore[misc]  # the assignment is what is tested


@pytest.mark.skipif(not REAL.is_dir(), reason="the course's data are not at ../shared/data")
def test_real_data_give_the_published_accuracies() -> None:
    """Logistic regression on the course's files: 99.04306220095694 % and 70.0 %, as published."""
    data = load_cat(REAL)
    assert data.pictures_train.shape == (209, 64, 64, 3)
    assert (data.X_train[:3, 0] * 255).tolist() == [17, 31, 56]
    assert (data.Y_train.sum(), data.Y_test.sum()) == (72, 33)
    assert logistic_accuracies(data) == (0.9904306220095693, 0.7)


def logistic_accuracies(data: CatData) -> tuple[float, float]:
    """Train and test accuracy of 2000 steps at rate 0.005 from zero.

    w stays in the span of the pictures, w = X a, so that all steps need is X^T X.
    """
    m = data.Y_train.shape[1]
    gram, gram_test = data.X_train.T @ data.X_train, data.X_train.T @ data.X_test
    a, b = np.zeros(m), 0.0
    for _ in range(2000):
        dz = (1 / (1 + np.exp(-(gram @ a + b))) - data.Y_train[0]) / m
        a, b = a - 0.005 * dz, b - 0.005 * dz.sum()
    train = (gram @ a + b > 0) == data.Y_train[0]
    test = (a @ gram_test + b > 0) == data.Y_test[0]
    return float(train.mean()), float(test.mean())


# --- what it accepts ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">i4", "i8", "u8", "f2", "f4", ">f8", "f8"])
@pytest.mark.parametrize("shape", [(6,), (1, 6), (6, 1)])
def test_labels_of_any_type_and_shape_that_say_the_same(
    folder: Path, dtype: str, shape: tuple[int, ...]
) -> None:
    """Integers, bools, and floats 0.0 and 1.0; a vector, a row, or a column."""
    write(folder, y=LABELS.astype(dtype).reshape(shape))
    assert load_cat(folder).Y_train.tolist() == [LABELS.tolist()]


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", ">f8"])
def test_pictures_as_floats_between_0_and_1(folder: Path, dtype: str) -> None:
    """Floats 0..1 are taken as they are, and shown as the nearest bytes."""
    write(folder, x=(PIXELS / 255).astype(dtype))
    data = load_cat(folder)
    assert data.X_train.dtype == np.dtype("=f8")
    assert np.array_equal(data.X_train, (PIXELS / 255).astype(dtype).reshape(6, -1).T)
    assert np.array_equal(data.pictures_train, PIXELS)


@pytest.mark.parametrize(
    "storage",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True},
        {"compression": "lzf"},
        {"fletcher32": True},
        {"scaleoffset": 0},
        {"maxshape": (None, 5, 4, 3)},
        {"chunks": (1, 5, 4, 3)},
    ],
    ids=str,
)
def test_pictures_stored_in_any_standard_way(folder: Path, storage: dict[str, Any]) -> None:
    """Chunks, every built-in filter of HDF5, and unlimited shapes are read alike."""
    with rewrite(folder, X) as file:
        file.create_dataset(X, data=PIXELS, **storage)
    assert np.array_equal(load_cat(folder).pictures_train, PIXELS)


def test_class_names_as_text(folder: Path) -> None:
    """Class names may be text of variable length, in any alphabet."""
    for name in (TRAIN, TEST):
        write(folder, name, classes=np.array(["кот", "猫"], dtype=h5py.string_dtype()))
    assert load_cat(folder).classes == ("кот", "猫")


def test_a_folder_with_any_name(tmp_path: Path) -> None:
    """The folder's name is the user's business."""
    folder = tmp_path / "кошки 猫 ' \" %s"
    folder.mkdir()
    write(folder)
    write(folder, TEST)
    assert load_cat(folder).X_train.shape == load_cat(str(folder)).X_train.shape


def test_a_file_that_is_a_link_or_has_a_user_block(folder: Path) -> None:
    """A symbolic link to a file is that file; a user block before the signature is legal HDF5."""
    with h5py.File(folder / "elsewhere.h5", "w", userblock_size=1024) as file:
        file[X], file[Y], file[CLASSES] = PIXELS, LABELS, NAMES
    (folder / TRAIN).unlink()
    (folder / TRAIN).symlink_to(folder / "elsewhere.h5")
    assert np.array_equal(load_cat(folder).pictures_train, PIXELS)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_warns(folder: Path, label: int) -> None:
    """Labels that are all equal can be used, but not learned from."""
    write(folder, y=np.full(6, label))
    with pytest.warns(DataWarning, match=rf"{TRAIN}, '{Y}': every label is {label}"):
        assert load_cat(folder).Y_train.sum() == 6 * label


def test_a_single_picture_warns(folder: Path) -> None:
    """N = 1 is a dataset, if of one class."""
    write(folder, TEST, x=PIXELS[:1], y=LABELS[:1])
    with pytest.warns(DataWarning, match=TEST):
        assert load_cat(folder).X_test.shape == (60, 1)


# --- what it refuses ------------------------------------------------------------------------------

MALFORMED: list[Any] = []


def case(
    name: str, key: str | None, *words: str, file: str = TRAIN
) -> Callable[[Malform], Malform]:
    """Register a way to spoil the good folder, and what the error must name."""

    def register(spoil: Malform) -> Malform:
        MALFORMED.append(pytest.param(spoil, file, key, words, id=name))
        return spoil

    return register


def bytes_case(name: str, content: bytes, *words: str) -> None:
    case(name, None, *words)(lambda folder: (folder / TRAIN).write_bytes(content))


def value_case(name: str, key: str, value: Any, *words: str) -> None:
    short = {X: "x", Y: "y", CLASSES: "classes"}[key]
    case(name, key, *words)(lambda folder: write(folder, **{short: value}))


def zip_bytes() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cat.txt", "a cat")
    return stream.getvalue()


bytes_case("empty file", b"", "an empty file")
bytes_case("text", b"a cat sat on the mat\n" * 99, "not HDF5", "a cat sa")
bytes_case("PNG", b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture")
bytes_case("JPEG", b"\xff\xd8\xff\xe0" + bytes(99), "a JPEG picture")
bytes_case("zip", zip_bytes(), "a zip archive")
bytes_case("NumPy file", b"\x93NUMPY\x01\x00" + bytes(99), "a NumPy file")
bytes_case("only the signature", b"\x89HDF\r\n\x1a\n", "damaged or unfinished")
bytes_case("signature, then noise", b"\x89HDF\r\n\x1a\n" + RNG.bytes(4000), "damaged or unfinished")
bytes_case("zeros", bytes(4096), "not HDF5")

value_case("X of rank 0", X, np.uint8(3), "shape ()")
value_case("X of rank 1", X, np.zeros(6, np.uint8), "shape (6,)")
value_case("X of rank 2", X, np.zeros((6, 60), np.uint8), "shape (6, 60)", "(m, height, width, 3)")
value_case("X of rank 3", X, np.zeros((6, 5, 4), np.uint8), "shape (6, 5, 4)")
value_case("X of rank 5", X, np.zeros((6, 1, 5, 4, 3), np.uint8), "shape (6, 1, 5, 4, 3)")
value_case("channels first", X, np.zeros((6, 3, 5, 4), np.uint8), "channels first", "channels last")
value_case("four channels", X, np.zeros((6, 5, 4, 4), np.uint8), "shape (6, 5, 4, 4)")
value_case("one channel", X, np.zeros((6, 5, 4, 1), np.uint8), "shape (6, 5, 4, 1)")
value_case("no pictures", X, np.zeros((0, 5, 4, 3), np.uint8), "shape (0, 5, 4, 3)", "nothing")
value_case("height 0", X, np.zeros((6, 0, 4, 3), np.uint8), "shape (6, 0, 4, 3)")
value_case("width 0", X, np.zeros((6, 5, 0, 3), np.uint8), "shape (6, 5, 0, 3)")
value_case("X int16", X, PIXELS.astype("i2"), "int16", "uint8")
value_case("X int64", X, PIXELS.astype("i8"), "int64", "uint8")
value_case("X bool", X, PIXELS > 9, "bool", "uint8")
value_case("X float16", X, (PIXELS / 255).astype("f2"), "float16")
value_case("X complex", X, PIXELS * 1j, "complex128")
value_case("X 0..255 as floats", X, PIXELS.astype("f8"), "0 to 255", "divide the values by 255")
value_case("X 0..1000 as floats", X, PIXELS * 4.0, "to 1020", "0..1")
value_case("X negative", X, PIXELS / 255 - 0.5, "-0.5")
value_case("X nan", X, np.where(PIXELS[2, 1, 1, 1] == PIXELS, np.nan, 0.5), "not finite in picture")
value_case("X inf", X, np.where(np.arange(3) == 1, np.inf, PIXELS / 255), "not finite in picture 0")
value_case("X bytes", X, np.full((6, 5, 4, 3), b"cat"), "found text")
value_case("X compound", X, np.zeros((6, 5, 4, 3), "u1,f4"), "compound values")
value_case("X opaque", X, np.zeros((6, 5, 4, 3), "V3"), "opaque")
value_case("X of null shape", X, h5py.Empty("u1"), "null dataspace")
value_case("counts differ, fewer labels", Y, LABELS[:5], "5 labels", "6, one for each", X)
value_case("counts differ, more labels", Y, np.tile(LABELS, 2), "12 labels", "6, one for each")
value_case("no labels", Y, LABELS[:0], "0 labels", "6, one for each")
value_case("labels (N, 2)", Y, np.eye(2)[LABELS], "shape (6, 2)", "shape (6,)")
value_case("labels of rank 3", Y, LABELS.reshape(6, 1, 1), "shape (6, 1, 1)")
value_case("label of rank 0", Y, 1, "shape ()")
value_case("label .5", Y, np.where(LABELS == 1, 0.5, 0), "the label 0.5 at position 1 and 2 more")
value_case("label -1", Y, 2 * LABELS - 1, "the label -1 at position 0 and 2 more")
value_case(
    "label 2", Y, np.where(np.arange(6) == 4, 2, LABELS), "the label 2 at position 4", "0 and 1"
)
value_case("label 255", Y, (255 * LABELS).astype("u1"), "the label 255")
value_case(
    "label nan", Y, np.where(np.arange(6) == 3, np.nan, LABELS), "the label nan at position 3"
)
value_case("label inf", Y, np.where(LABELS == 1, np.inf, 0), "the label inf")
value_case("label almost 1", Y, LABELS * (1 - 2**-53), "0.9999999999999999")
value_case("labels as bytes", Y, np.where(LABELS == 1, b"cat", b"dog"), "found text")
value_case("labels complex", Y, LABELS * (1 + 0j), "complex128")
value_case("labels compound", Y, np.zeros(6, "u1,f4"), "compound values")
value_case("labels of null shape", Y, h5py.Empty("i8"), "null dataspace")
value_case("three classes", CLASSES, np.array([b"cat", b"dog", b"cow"]), "shape (3,)", "shape (2,)")
value_case("one class name", CLASSES, np.array([b"cat"]), "shape (1,)", "two names")
value_case("class names in one string", CLASSES, "non-cat cat", "shape ()")
value_case("class numbers", CLASSES, np.array([0, 1]), "int64", "two names")
value_case("class names not UTF-8", CLASSES, np.array([b"\xff\xfe", b"cat"]), "not UTF-8")


@case("missing file", None, "no such file", "an HDF5 file")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()


@case("missing test file", None, "no such file", file=TEST)
def _(folder: Path) -> None:
    (folder / TEST).unlink()


@case("misspelt file", None, "did you mean 'train_catvsnoncat.h5'?")
def _(folder: Path) -> None:
    (folder / TEST).unlink()  # the nearest name of all, else
    (folder / TRAIN).rename(folder / "train_catvsnoncat.h5")


@case("truncated to half", None, "damaged or unfinished", "truncated")
def _(folder: Path) -> None:
    os.truncate(folder / TRAIN, (folder / TRAIN).stat().st_size // 2)


@case("truncated by one byte", None, "damaged or unfinished", "truncated")
def _(folder: Path) -> None:
    os.truncate(folder / TRAIN, (folder / TRAIN).stat().st_size - 1)


@case("no datasets", X, "no such key", "holds nothing")
def _(folder: Path) -> None:
    write(folder, x=None, y=None, classes=None)


@case("X missing", X, "no such key", "the file holds 'list_classes', 'train_set_y'")
def _(folder: Path) -> None:
    write(folder, x=None)


@case("labels missing", Y, "no such key")
def _(folder: Path) -> None:
    write(folder, y=None)


@case("class list missing", CLASSES, "no such key", "holds 'train_set_x', 'train_set_y'")
def _(folder: Path) -> None:
    write(folder, classes=None)


@case("key misspelt", X, "did you mean 'train_setx'?")
def _(folder: Path) -> None:
    write(folder, x=None, train_setx=PIXELS)


@case("key in capitals", Y, "did you mean 'train_set_Y'?")
def _(folder: Path) -> None:
    write(folder, y=None, train_set_Y=LABELS)


@case("key not UTF-8", X, "did you mean 'train_set_�x'?")
def _(folder: Path) -> None:
    write(folder, x=None)
    with h5py.File(folder / TRAIN, "r+") as file:
        file[b"train_set_\xffx"] = PIXELS


@case("the two files exchanged", X, "no such key", "did you mean 'test_set_x'?")
def _(folder: Path) -> None:
    (folder / TEST).replace(folder / TRAIN)
    write(folder, TEST)


@case("X is a group", X, "found a group", "a dataset")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_group(X)["pixels"] = PIXELS


@case("X is a named type", X, "found a datatype", "a dataset")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file[X] = np.dtype("u1")


@case("X is a group that holds itself", X, "found a group")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_group(X)
        file[f"{X}/{X}"] = file[X]


@case("labels as an enum", Y, "an enum")
def _(folder: Path) -> None:
    kinds = h5py.enum_dtype({"dog": 0, "cat": 1}, basetype="u1")
    with rewrite(folder, Y) as file:
        file.create_dataset(Y, data=LABELS.astype("u1"), dtype=kinds)


@case("X of variable length", X, "variable length")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_dataset(X, (6, 5, 4, 3), dtype=h5py.vlen_dtype("u1"))[0, 0, 0, 0] = [1, 2]


@case("X as strings of variable length", X, "found text")
def _(folder: Path) -> None:
    write(folder, x=np.full((6, 5, 4, 3), "cat", dtype=h5py.string_dtype()))


@case("labels as strings of variable length", Y, "found text")
def _(folder: Path) -> None:
    write(folder, y=np.full(6, "cat", dtype=h5py.string_dtype()))


@case("X of references", X, "references")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        reference = h5py.h5r.create(file.id, b"/", h5py.h5r.OBJECT)
        data = np.full((6, 5, 4, 3), reference, dtype=h5py.ref_dtype)
        file.create_dataset(X, data=data, dtype=h5py.ref_dtype)


@case("X a soft link", X, "a soft link")
def _(folder: Path) -> None:
    with h5py.File(folder / TRAIN, "r+") as file:
        file.move(X, "pixels")
        file[X] = h5py.SoftLink("/pixels")


@case("X a soft link to nothing", X, "a soft link")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file[X] = h5py.SoftLink("/nowhere")


@case("X a circle of soft links", X, "a soft link")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file[X], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink(f"/{X}")


@case("X a link into another file", X, "a link into another file")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file[X] = h5py.ExternalLink(TEST, "test_set_x")


@case("labels a link into a file that is not there", Y, "a link into another file")
def _(folder: Path) -> None:
    with rewrite(folder, Y) as file:
        file[Y] = h5py.ExternalLink("/etc/passwd", "y")


@case("X virtual", X, "virtual dataset")
def _(folder: Path) -> None:
    layout = h5py.VirtualLayout(PIXELS.shape, "u1")
    layout[:] = h5py.VirtualSource(str(folder / TEST), "test_set_x", PIXELS.shape)
    with rewrite(folder, X) as file:
        file.create_virtual_dataset(X, layout)


@case("X in external storage", X, "external storage")
def _(folder: Path) -> None:
    (folder / "raw").write_bytes(PIXELS.tobytes())
    with rewrite(folder, X) as file:
        file.create_dataset(X, PIXELS.shape, "u1", external=[("raw", 0, PIXELS.size)])


@case("X never written", X, "none were ever written")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_dataset(X, PIXELS.shape, "u1", chunks=True)


@case("X packed with a filter that is not installed", X, "filter 32015", "not installed")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        item = file.create_dataset(
            X, PIXELS.shape, "u1", chunks=PIXELS.shape, compression=32015, allow_unknown_filter=True
        )
        item.id.write_direct_chunk((0, 0, 0, 0), b"packed")


@case("X with a wrong checksum", X, "cannot be read")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_dataset(X, data=PIXELS, chunks=PIXELS.shape, fletcher32=True)
    content = (folder / TRAIN).read_bytes()
    at = content.index(PIXELS.tobytes())
    (folder / TRAIN).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


@case("X packed, then damaged", X, "cannot be read")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        item = file.create_dataset(X, PIXELS.shape, "u1", chunks=PIXELS.shape, compression="gzip")
        item.id.write_direct_chunk((0, 0, 0, 0), b"no gzip at all")


@case("X of 10^12 values", X, "1e+12 bytes", "fit into memory")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_dataset(X, (10**6, 1000, 1000, 1), "u1", chunks=(1, 100, 100, 1))


@case("X larger than any machine", X, "7.2e+19 bytes")
def _(folder: Path) -> None:
    with rewrite(folder, X) as file:
        file.create_dataset(X, (10**6, 10**6, 10**6, 9), "f8", chunks=(1, 10, 10, 3))[0, 0, 0] = 1


@case("labels of 10^12 values", Y, "8e+12 bytes")
def _(folder: Path) -> None:
    with rewrite(folder, Y) as file:
        file.create_dataset(Y, (10**12,), "i8", chunks=(1000,), compression="gzip")[:10] = 1


@case("2000 groups", None, "2003 objects", "at most 1000")
def _(folder: Path) -> None:
    with h5py.File(folder / TRAIN, "r+", libver="latest") as file:
        for i in range(2000):
            file.create_group(f"{i}")


@case("another program writes it", None, "another program is writing")
def _(folder: Path) -> BinaryIO:
    writer = open(folder / TRAIN, "r+b")  # noqa: SIM115  # the test closes it
    fcntl.flock(writer, fcntl.LOCK_EX)
    return writer


@case("left open by a writer that died", None, "has not finished")
def _(folder: Path) -> None:
    with h5py.File(folder / "open.h5", "w", libver="latest") as file:
        file[X], file[Y], file[CLASSES] = PIXELS, LABELS, NAMES
        file.flush()
        (folder / TRAIN).write_bytes((folder / "open.h5").read_bytes())


@case("a folder in place of the file", None, "found a folder")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()
    (folder / TRAIN).mkdir()


@case("a pipe", None, "not a plain file")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()
    os.mkfifo(folder / TRAIN)


@case("a link that leads to itself", None, "leads back to itself")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()
    (folder / TRAIN).symlink_to(folder / TRAIN)


@case("a link to nothing", None, "no such file")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()
    (folder / TRAIN).symlink_to(folder / "nothing")


@case("a device", None, "not a plain file")
def _(folder: Path) -> None:
    (folder / TRAIN).unlink()
    (folder / TRAIN).symlink_to("/dev/zero")


@case("pictures of two sizes", "test_set_x", "(7, 4, 3)", "(5, 4, 3), as in", file=TEST)
def _(folder: Path) -> None:
    write(folder, TEST, x=np.zeros((6, 7, 4, 3), np.uint8))


@case("class names of two kinds", CLASSES, "('non-dog', 'dog')", "('non-cat', 'cat')", file=TEST)
def _(folder: Path) -> None:
    write(folder, TEST, classes=np.array([b"non-dog", b"dog"]))


@case("a fault in the test file", "test_set_y", "the label 7 at position 0", file=TEST)
def _(folder: Path) -> None:
    write(folder, TEST, y=np.full(6, 7))


def test_the_table_is_long_enough() -> None:
    """RELIABILITY asks for sixty."""
    assert len(MALFORMED) >= 60


@pytest.mark.parametrize(("spoil", "file", "key", "words"), MALFORMED)
def test_malformed(
    folder: Path, spoil: Malform, file: str, key: str | None, words: tuple[str, ...]
) -> None:
    """One DataError with file, key, found and expected, in under a second and under 50 MB."""
    held = spoil(folder)
    open_before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(DataError) as caught:
            load_cat(folder)
        seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        if isinstance(held, io.IOBase):
            open_before -= 1
            held.close()
    error, text = caught.value, str(caught.value)
    assert (error.file, error.key) == (str(folder / file), key)
    assert text.startswith(str(folder / file))
    assert f"found {error.found}; expected {error.expected}" in text
    for word in words:
        assert word in text
    assert "\n" not in text
    assert seconds < 1
    assert peak < 50e6
    del caught, error  # the traceback keeps what it went through
    if open_before:
        assert len(os.listdir("/proc/self/fd")) == open_before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("x"), "found a file; expected a folder with train_cat"),
        (lambda path: path.symlink_to(path), "leads back to itself"),
    ],
    ids=["nothing", "a file", "a link to itself"],
)
def test_no_folder(tmp_path: Path, make: Malform, words: str) -> None:
    """A path that is no folder is named, with what the folder should hold."""
    make(tmp_path / "data")
    with pytest.raises(DataError, match=words) as caught:
        load_cat(tmp_path / "data")
    assert caught.value.file == str(tmp_path / "data")


def test_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be opened says so. Simulated: root may open anything."""

    def refuse(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(nn_files.os, "open", refuse)
    with pytest.raises(DataError, match="no permission") as caught:
        load_cat(folder)
    assert caught.value.file == str(folder / TRAIN)


def test_no_permission_for_real(folder: Path) -> None:
    """The same, by the system."""
    (folder / TRAIN).chmod(0)
    with ordinary_user(), pytest.raises(DataError, match="no permission"):
        load_cat(folder)


def test_replaced_between_the_checks_and_the_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that was checked is read, even if another file takes its name in between."""
    check = hdf5._fault_of_head

    def check_and_replace(source: BinaryIO) -> str | None:
        fault = check(source)
        (folder / "other.h5").replace(folder / TRAIN)
        return fault

    write(folder, "other.h5", other_set_x=PIXELS)
    monkeypatch.setattr(hdf5, "_fault_of_head", check_and_replace)
    half = cat._read_split(str(folder / TRAIN), "train")
    assert np.array_equal(half.pictures, PIXELS)
    with h5py.File(folder / TRAIN) as file:
        assert "other_set_x" in file


def test_error_belongs_to_the_tree_and_can_be_pickled() -> None:
    """DataError is an NNError and a ValueError, and comes back whole from another process."""
    error = DataError("a.h5", "y", "2", "0 and 1")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, NNError)
    assert isinstance(again, ValueError)
    assert (again.file, again.key, again.found, again.expected) == ("a.h5", "y", "2", "0 and 1")
    assert str(again) == str(error)


@pytest.mark.parametrize("libver", [None, "latest"])
def test_every_truncation_is_an_error(folder: Path, libver: str | None) -> None:
    """No prefix of a file loads; every twentieth is tried, and the last hundred."""
    with h5py.File(folder / TRAIN, "w", libver=libver) as file:
        file[X], file[Y], file[CLASSES] = PIXELS, LABELS, NAMES
    content = (folder / TRAIN).read_bytes()
    for size in [*range(0, len(content), 20), *range(len(content) - 100, len(content))]:
        (folder / TRAIN).write_bytes(content[:size])
        with pytest.raises(DataError):
            load_cat(folder)


@pytest.mark.filterwarnings("ignore::nn.errors.DataWarning")  # flips may leave labels of one class
@pytest.mark.parametrize(
    "flips", [200, *(pytest.param(n, marks=pytest.mark.thorough) for n in (400, 5000))]
)
def test_flipped_bits_never_raise_anything_else(folder: Path, flips: int) -> None:
    """A flipped bit in a file without checksums may go unseen; what is seen is a DataError."""
    draw = random.Random(7)
    content = (folder / TRAIN).read_bytes()
    refused = 0
    for _ in range(flips):
        damaged = bytearray(content)
        damaged[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        (folder / TRAIN).write_bytes(damaged)
        try:
            data = load_cat(folder)
        except DataError:
            refused += 1
        else:
            assert set(np.unique(data.Y_train)) <= {0.0, 1.0}
            assert data.X_train.shape[1] == data.Y_train.shape[1] == len(data.pictures_train)
    assert refused > flips // 20
