"""The cat pictures of the course, read from their two HDF5 files and checked before any use."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nn.data.files import explain
from nn.data.hdf5 import dataset, note, opened, require, values
from nn.data.labelled import Array, LabelledData
from nn.errors import DataError, DataWarning

Pixels = NDArray[np.uint8]

TRAIN_FILE = "train_catvnoncat.h5"
TEST_FILE = "test_catvnoncat.h5"
MARK = "drawings"  # the attribute that marks the program's own drawings

_PICTURES = "pictures of shape (m, height, width, 3)"
_TYPES = "uint8 0..255, or float32 or float64 0..1"


@dataclass(frozen=True, eq=False)
class CatData(LabelledData):
    """Labelled pictures for training and testing.

    The columns of X hold pixels 0..1, n_x = height * width * 3, each picture flattened row by row.

    Attributes
    ----------
    pictures_train, pictures_test : ndarray of uint8 and shape (m, height, width, 3)
        The same pictures, to be shown.
    """

    pictures_train: Pixels
    pictures_test: Pixels


@dataclass(frozen=True)
class Split:
    """The examples of one file, read and checked: those for training, or those for testing."""

    pictures: Pixels
    X: Array
    Y: Array
    classes: tuple[str, ...]
    mark: str | None = None

    @classmethod
    def of(cls, pictures: Pixels, labels: NDArray[Any], classes: tuple[str, ...]) -> Split:
        """Scale and flatten pictures (m, h, w, 3) and labels (m,) to the course's columns."""
        m = len(pictures)
        return cls(pictures, pictures.reshape(m, -1).T / 255, _as_row(labels), classes)


def load_cat(folder: str | os.PathLike[str]) -> CatData:
    """Read ``train_catvnoncat.h5`` and ``test_catvnoncat.h5`` from a folder.

    Each file holds ``train_set_x`` (``test_set_x``): pictures (m, height, width, 3), uint8 or
    float 0..1; ``train_set_y``: labels 0 and 1 of any integer, float or bool type and shape (m,),
    (1, m) or (m, 1); ``list_classes``: the names of the two classes.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    CatData

    Raises
    ------
    DataError
        If a file cannot be used; it names file and key, what was found and what is expected.

    Warns
    -----
    DataWarning
        If all labels of a file are the same.

    Examples
    --------
    >>> load_cat("nowhere")
    Traceback (most recent call last):
    ...
    nn.errors.DataError: nowhere: found no such file; expected a folder with train_catvnoncat.h5 ...
    """
    folder = os.fspath(folder)
    try:
        os.scandir(folder).close()
    except OSError as error:
        found = "a file" if os.path.isfile(folder) else explain(error)
        expected = f"a folder with {TRAIN_FILE} and {TEST_FILE}"
        raise DataError(folder, None, found, expected) from error
    train_path, test_path = (os.path.join(folder, name) for name in (TRAIN_FILE, TEST_FILE))
    train, test = _read_split(train_path, "train"), _read_split(test_path, "test")
    if train.pictures.shape[1:] != test.pictures.shape[1:]:
        found = f"pictures of shape {test.pictures.shape[1:]}"
        expected = f"{train.pictures.shape[1:]}, as in {TRAIN_FILE}"
        raise DataError(test_path, "test_set_x", found, expected)
    if train.classes != test.classes:
        found, expected = f"the names {test.classes}", f"{train.classes}, as in {TRAIN_FILE}"
        raise DataError(test_path, "list_classes", found, expected)
    what = "the pictures" if train.mark is None else f"the program's own drawings ({train.mark})"
    return assemble(train, test, f"{what} in {folder}")


def assemble(train: Split, test: Split, what: str) -> CatData:
    """Put the two files together; ``what`` begins the description of the data."""
    for array in (train.X, train.Y, train.pictures, test.X, test.Y, test.pictures):
        array.setflags(write=False)
    (m, cats), (m_test, cats_test) = ((s.Y.size, int(s.Y.sum())) for s in (train, test))
    name = train.classes[1]
    source = f"{what}: {m} for training ({cats} {name}), {m_test} for testing ({cats_test} {name})"
    return CatData(
        train.X, train.Y, test.X, test.Y, train.classes, source, train.pictures, test.pictures
    )


def _read_split(path: str, prefix: str) -> Split:
    """Read one file; all that can be checked without reading the pictures is checked first."""
    key_x, key_y, key_classes = f"{prefix}_set_x", f"{prefix}_set_y", "list_classes"
    with opened(path) as file:
        require(file, path, (key_x, key_y, key_classes))
        x = dataset(file, path, key_x)
        _check_pictures(x, path, key_x)
        y = dataset(file, path, key_y)
        _check_labels(y, path, key_y, key_x, m=x.shape[0])
        classes = _classes(dataset(file, path, key_classes), path, key_classes)
        labels = values(y, path, key_y).reshape(-1)
        _check_zero_one(labels, path, key_y)
        pictures, X = _pixels(values(x, path, key_x), path, key_x)
        mark = note(file, path, MARK)
    if labels.min() == labels.max():
        only = classes[int(labels[0])]
        text = f"{path}, {key_y!r}: every label is {int(labels[0])} ({only}), of one class only."
        warnings.warn(text, DataWarning, stacklevel=3)
    return Split(pictures, X, _as_row(labels), classes, mark)


def _check_pictures(x: h5py.Dataset, path: str, key: str) -> None:
    shape = x.shape
    if len(shape) == 4 and shape[1] in (1, 3, 4) and shape[3] != 3:
        found = f"shape {shape}, which looks like channels first"
        raise DataError(path, key, found, f"channels last: {_PICTURES}")
    if len(shape) != 4 or shape[3] != 3:
        raise DataError(path, key, f"shape {shape}", _PICTURES)
    if 0 in shape:
        raise DataError(path, key, f"shape {shape}, which holds nothing", f"{_PICTURES}, none 0")
    if _kind(x) != "numbers" or x.dtype.newbyteorder("=") not in (np.uint8, np.float32, np.float64):
        raise DataError(path, key, _named_type(x), _TYPES)


def _check_labels(y: h5py.Dataset, path: str, key: str, key_x: str, m: int) -> None:
    if _kind(y) != "numbers" or y.dtype.kind not in "biuf":
        raise DataError(path, key, _named_type(y), "labels 0 and 1 as integers, floats or bools")
    # (1, m) is the course's Y and (m, 1) its transpose; both name the same m labels in order.
    if len(y.shape) not in (1, 2) or (len(y.shape) == 2 and 1 not in y.shape):
        raise DataError(path, key, f"shape {y.shape}", f"one label for each picture, shape ({m},)")
    count = max(y.shape) if 0 not in y.shape else 0
    if count != m:
        raise DataError(path, key, f"{count} labels", f"{m}, one for each picture in {key_x!r}")


def _check_zero_one(labels: NDArray[Any], path: str, key: str) -> None:
    wrong = np.flatnonzero((labels != 0) & (labels != 1))  # true for nan, too
    if wrong.size:
        at = int(wrong[0])
        more = f" and {wrong.size - 1} more" if wrong.size > 1 else ""
        found = f"the label {labels[at]} at position {at}{more}"
        raise DataError(path, key, found, "0 and 1 only")


def _pixels(raw: NDArray[Any], path: str, key: str) -> tuple[Pixels, Array]:
    """Return the pictures as uint8 to be shown, and their columns 0..1 to be learned from."""
    columns = raw.reshape(len(raw), -1).T
    if raw.dtype == np.uint8:
        return raw, columns / 255
    finite = np.isfinite(raw)
    if not finite.all():
        at = int(np.flatnonzero(~finite.reshape(len(raw), -1).all(axis=1))[0])
        raise DataError(path, key, f"a value that is not finite in picture {at}", _TYPES)
    low, high = raw.min(), raw.max()
    if low < 0 or high > 1:
        hint = "; divide the values by 255" if low >= 0 and 1 < high <= 255 else ""
        raise DataError(path, key, f"floats from {low:g} to {high:g}", _TYPES + hint)
    return np.rint(raw * 255).astype(np.uint8), columns.astype(np.float64)


def _classes(item: h5py.Dataset, path: str, key: str) -> tuple[str, ...]:
    expected = "two names, shape (2,), as bytes or text"
    if item.shape != (2,) or _kind(item) != "text":
        found = f"{_named_type(item)} of shape {item.shape}"
        raise DataError(path, key, found, expected)
    names = values(item, path, key).tolist()
    try:
        return tuple(name if isinstance(name, str) else name.decode() for name in names)
    except UnicodeDecodeError as error:
        raise DataError(path, key, f"names that are not UTF-8: {names}", expected) from error


def _kind(item: h5py.Dataset) -> str:
    """Return the contents of a dataset in words; h5py shows several of these as plain numbers."""
    dtype = item.dtype
    if h5py.check_string_dtype(dtype) is not None or dtype.kind in "SU":
        return "text"
    if h5py.check_enum_dtype(dtype) is not None:
        return "an enum"
    if h5py.check_ref_dtype(dtype) is not None:
        return "references"
    if dtype.kind == "O":
        return "values of variable length"
    if dtype.fields is not None:
        return "compound values"
    return "numbers" if dtype.kind in "biufc" else "values of an opaque type"


def _named_type(item: h5py.Dataset) -> str:
    kind = _kind(item)
    return f"{kind} of type {item.dtype}" if kind == "numbers" else kind


def _as_row(labels: NDArray[Any]) -> Array:
    return labels.reshape(1, -1).astype(np.float64)
