"""Checkpoints: named arrays and attributes in one HDF5 file; a damaged file is never read.

Writing: the HDF5 image is built in memory, written beside the target, synced and renamed, so that
a crash at any moment leaves the old file or the new one. The old file stays as ``NAME.previous``.

Reading: the file begins with a seal, the SHA-256 of every byte after it, so that the HDF5 library
never sees damaged bytes. The arrays and attributes that it reads must have the fingerprint
that was taken of them before they were stored. Nothing is returned before that check.

The file is ordinary HDF5 (the seal lies in the user block, which the format leaves to its users).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from nn.data.files import explain, open_file, replace_file
from nn.data.hdf5 import dataset, member, note, values
from nn.errors import CheckpointError, CheckpointWarning, DataError

PREVIOUS = ".previous"
MAX_OBJECTS = 20_000
SEAL_SIZE = 512  # the smallest user block that HDF5 allows
_SEAL = b"autograd-lite checkpoint 1\n"

# These come back bit for bit: bools, integers, floats of 16 to 64 bits, complex of two of those.
_DTYPES = frozenset("?bhilqBHILQefdFD")


class Checkpoint(NamedTuple):
    """The contents of a checkpoint: arrays by name, and attributes as JSON returns them."""

    arrays: dict[str, NDArray[Any]]
    attributes: dict[str, Any]


def write_image(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]
) -> None:
    """Write arrays and attributes to ``path``, replacing what is there in one step.

    ``arrays`` maps names ("W1", "optimizer/W1": a slash makes a group) to NumPy arrays of bools,
    integers, floats or complex numbers, of any shape. They come back bit for bit, in their byte
    order and their memory order, row or column first. ``attributes`` is a dict that JSON can hold:
    tuples come back as lists, keys as strings. A whole checkpoint that is already at ``path``
    becomes ``path.previous``. After a CheckpointError the old file is untouched and no temporary
    file is left.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = folder + "/model.h5"
    ...     write_image(path, {"W1": np.eye(2)}, {"learning_rate": 0.0075})
    ...     read_image(path)
    Checkpoint(arrays={'W1': array([[1., 0.],
           [0., 1.]])}, attributes={'learning_rate': 0.0075})
    """
    path = os.fspath(path)
    image = _build(path, arrays, attributes)
    _parse(path, image)  # replace the old file only by one that can be read
    keep = _check_target(path)
    try:
        replace_file(path, image, keep=keep)
    except OSError as error:
        size = f"{len(image) / 2**20:.1f} MiB"
        raise CheckpointError(path, f"cannot be written ({size}): {explain(error)}") from error


def read_image(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what ``write_image`` wrote, or the previous file if that is damaged or missing.

    CheckpointWarning says that the previous file was read; CheckpointError that neither is whole.
    """
    path = os.fspath(path)
    try:
        return _read(path)
    except CheckpointError as error:
        previous = os.path.realpath(path) + PREVIOUS
        try:
            checkpoint = _read(previous)
        except CheckpointError:
            raise error from None
        warnings.warn(f"{error} {previous} was read in its place.", CheckpointWarning, stacklevel=2)
        return checkpoint


# --- arrays and attributes to an HDF5 image, and back ---------------------------------------------


def _build(path: str, arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> bytes:
    """Return the bytes of a sealed HDF5 file."""
    for name, array in arrays.items():
        _check_array(path, name, array)
    objects = sum(name.count("/") + 1 for name in arrays)
    if objects > MAX_OBJECTS:
        raise CheckpointError(path, f"cannot hold {objects} arrays and groups, only {MAX_OBJECTS}")
    try:
        text = json.dumps(dict(attributes), sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(path, f"cannot hold attributes that JSON cannot: {error}") from error
    image = io.BytesIO()
    # From 1.10 on the format has checksums on its own records; nothing newer, for older readers.
    with h5py.File(image, "w", libver=("v110", "v110"), userblock_size=SEAL_SIZE) as file:
        for name, array in arrays.items():
            order = _order(array)
            stored = np.asarray(array.T if order == "F" else array, order="C")
            # HDF5 keeps a checksum of each chunk, and a scalar or an empty array has no chunks.
            summed = {"chunks": True, "fletcher32": True} if stored.ndim and stored.size else {}
            try:
                item = file.create_dataset(name, data=stored, **summed)
                item.attrs["order"] = np.bytes_(order)
            except (ValueError, RuntimeError, OSError, TypeError) as error:
                reason = f"cannot hold an array named {name!r} beside the others ({error})"
                raise CheckpointError(path, reason) from error
        file.attrs["attributes"] = np.bytes_(text)
        file.attrs["sha256"] = np.bytes_(_fingerprint(arrays, text))
    with image.getbuffer() as view:
        view[:SEAL_SIZE] = _seal(view[SEAL_SIZE:])
    return image.getvalue()


def _check_array(path: str, name: str, array: NDArray[Any]) -> None:
    # A masked array or a matrix would come back as less than it was.
    if type(array) is not np.ndarray or array.dtype.char not in _DTYPES:
        kind = f"{type(array).__name__} of type {getattr(array, 'dtype', None)}"
        raise CheckpointError(path, f"cannot hold {name!r}, a {kind}: only plain arrays of numbers")
    parts = name.split("/") if isinstance(name, str) else [""]
    if any(part in ("", ".") or not part.isprintable() for part in parts):
        raise CheckpointError(path, f"cannot hold an array named {name!r}")


def _order(array: NDArray[Any]) -> Literal["C", "F"]:
    """Return the memory order, which is kept because products may round differently in the two."""
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def _fingerprint(arrays: Mapping[str, NDArray[Any]], text: str) -> str:
    """Return the SHA-256 of names, types, shapes, memory order, bytes, and attributes."""
    sha = hashlib.sha256()

    def add(part: bytes) -> None:
        sha.update(len(part).to_bytes(8, "little"))  # so that no two lists of parts look the same
        sha.update(part)

    add(text.encode())
    for name in sorted(arrays):
        array, order = arrays[name], _order(arrays[name])
        add(json.dumps([name, array.dtype.str, array.shape, order]).encode())
        add(array.tobytes(order))
    return sha.hexdigest()


def _parse(path: str, image: bytes) -> Checkpoint:
    """Return arrays and attributes of an HDF5 image, after checking their fingerprint."""
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            # A checkpoint is never packed, so its arrays cannot be larger than its file.
            arrays = _arrays(file, path, room=len(image))
            text = _note(file, path, "attributes")
            if _fingerprint(arrays, text) != _note(file, path, "sha256"):
                raise DataError(path, None, "changed arrays or attributes", "those once saved")
            return Checkpoint(arrays, json.loads(text))
    except DataError as error:
        place = f" at {error.key!r}" if error.key else ""
        reason = f"cannot be trusted{place}: found {error.found}, expected {error.expected}"
        raise CheckpointError(path, reason) from error
    except Exception as error:  # on an image that others made, the library raises nearly anything
        reason = f"is sealed, but no checkpoint inside ({type(error).__name__}: {error})"
        raise CheckpointError(path, reason) from error


def _arrays(file: h5py.File, path: str, room: int) -> dict[str, NDArray[Any]]:
    """Return all datasets by name, without links out of the file, in at most ``room`` bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    groups, seen = [("", file)], 0
    while groups:
        prefix, group = groups.pop()
        for key in group:
            name, seen = f"{prefix}{key}", seen + 1
            if seen > MAX_OBJECTS:  # a group may lead back to itself
                raise DataError(path, name, "objects without end", f"at most {MAX_OBJECTS}")
            item = member(group, path, key)
            if isinstance(item, h5py.Group):
                groups.append((f"{name}/", item))
                continue
            item = dataset(group, path, key, max_bytes=room)
            if item.dtype.char not in _DTYPES:
                raise DataError(path, name, f"the type {item.dtype}", "numbers")
            array = values(item, path, name)
            room -= array.nbytes
            arrays[name] = array.T if _note(item, path, "order") == "F" else array
    return arrays


def _note(item: h5py.HLObject, path: str, name: str) -> str:
    text = note(item, path, name)
    if text is None:
        raise DataError(path, item.name, f"no {name!r}", "one, a text of fixed length")
    return text


# --- the seal, and files --------------------------------------------------------------------------


def _seal(body: bytes | memoryview) -> bytes:
    """Return the first block of a file whose other bytes are ``body``."""
    lines = f"{hashlib.sha256(body).hexdigest()}\n{len(body)} bytes follow this block\n"
    return (_SEAL + lines.encode()).ljust(SEAL_SIZE, b"\0")


def _read(path: str) -> Checkpoint:
    return _parse(path, _read_sealed(path))


def _read_sealed(path: str) -> bytes:
    """Return the bytes of a file, after checking its seal."""
    try:
        with open_file(path) as file:
            block = file.read(SEAL_SIZE)
            if not block.startswith(_SEAL):
                what = "a file of another kind" if block else "an empty file"
                raise CheckpointError(path, f"is no checkpoint, but {what}")
            there = os.fstat(file.fileno()).st_size - SEAL_SIZE
            fields = block[len(_SEAL) :].split()
            if len(fields) > 1 and fields[1] != b"%d" % there:
                found, whole = there, fields[1].decode(errors="replace")
                raise CheckpointError(path, f"is damaged: {found} of {whole} bytes are there")
            body = file.read()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read: {explain(error)}") from error
    except MemoryError as error:
        raise CheckpointError(path, "is too large for this machine's memory") from error
    if _seal(body) != block:
        raise CheckpointError(path, "is damaged: its bytes do not have the checksum they had")
    return block + body


def _check_target(path: str) -> str | None:
    """Check that the file can be replaced; return the suffix under which the old one is kept."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise CheckpointError(path, f"cannot be written: {folder} is not an existing folder")
    if not os.path.lexists(target):
        return None
    if not os.path.isfile(target):
        raise CheckpointError(path, "cannot be written: the name belongs to something not a file")
    if not os.access(target, os.W_OK):
        raise CheckpointError(path, "cannot be written: the file there is write-protected")
    try:
        _read_sealed(target)
    except CheckpointError:
        return None  # a damaged file must not replace a good previous one
    return PREVIOUS
