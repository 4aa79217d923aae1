"""The program's own labelled pictures: drawings of cats and of other things, made with NumPy alone.

Read in this order: ``scene`` (one picture), ``cats``, ``things``, ``colours``, ``brush``.
"""

from __future__ import annotations

import io
import os

import h5py
import numpy as np
from numpy.random import RandomState

from nn.data.cat import MARK, TEST_FILE, TRAIN_FILE, CatData, Split, assemble, load_cat
from nn.data.files import explain, replace_file
from nn.data.hdf5 import note, opened
from nn.data.sketch.scene import draw
from nn.errors import DataError

CLASSES = ("non-cat", "cat")
VERSION = 2  # raise it when a seed gives other pictures than before, so that caches are made anew


def drawings(seed: int = 5, cache: str | os.PathLike[str] | None = None) -> CatData:
    """Draw 209 + 50 coloured pictures of 64 x 64 pixels, with as many cats as the course's data.

    Parameters
    ----------
    seed : int
        The same seed gives the same pictures.
    cache : str or path, optional
        A folder for the two files that ``load_cat`` reads; the pictures are read from there the
        next time.

    Returns
    -------
    CatData

    Raises
    ------
    DataError
        If the seed is out of range, or the folder holds files of other origin, which are never
        overwritten.

    Examples
    --------
    >>> data = drawings(seed=1)
    >>> data.X_train.shape, data.X_test.shape
    ((12288, 209), (12288, 50))
    >>> print(data.source)
    the program's own drawings (seed 1): 209 for training (72 cat), 50 for testing (33 cat)
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise DataError(None, "seed", repr(seed), "a whole number from 0 to 2**32 - 1")
    mark = f"version {VERSION}, seed {seed}"
    if cache is not None and _holds(os.fspath(cache), mark):
        return load_cat(cache)
    rng = RandomState(seed)
    train, test = _split(rng, m=209, cats=72), _split(rng, m=50, cats=33)
    if cache is not None:
        _store(os.fspath(cache), mark, train, test)
    return assemble(train, test, f"the program's own drawings (seed {seed})")


def _split(rng: RandomState, m: int, cats: int) -> Split:
    labels = rng.permutation(np.arange(m) < cats)
    return Split.of(np.stack([draw(rng, bool(cat)) for cat in labels]), labels, CLASSES)


def _holds(folder: str, mark: str) -> bool:
    """Return True if both files hold these drawings; DataError if one is not ours."""
    found = set()
    for name in (TRAIN_FILE, TEST_FILE):
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            with opened(path) as file:
                found.add(note(file, path, MARK))
            if None in found:
                expected = "drawings made by this program, or no such file: choose another folder"
                raise DataError(path, None, "data of other origin", expected)
        else:
            found.add("")
    return found == {mark}


def _store(folder: str, mark: str, train: Split, test: Split) -> None:
    for name, prefix, split in ((TRAIN_FILE, "train", train), (TEST_FILE, "test", test)):
        image = io.BytesIO()
        with h5py.File(image, "w") as file:
            file.attrs[MARK] = np.bytes_(mark)
            labels = split.Y.ravel().astype(np.int64)
            for key, values in ((f"{prefix}_set_x", split.pictures), (f"{prefix}_set_y", labels)):
                # The checksum makes a damaged cache an error, not other pictures.
                file.create_dataset(key, data=values, chunks=True, fletcher32=True)
            file["list_classes"] = np.array(split.classes, dtype="S7")
        path = os.path.join(folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
            replace_file(path, image.getvalue())
        except OSError as error:
            raise DataError(path, None, explain(error), "a folder to keep drawings in") from error
