"""Safe reading of HDF5 files from anywhere: every fault is found before reading, as a DataError.

An HDF5 file can name other files, refer to itself, or declare a terabyte in a kilobyte. Here a
dataset is read only if its values lie in this very file and its declared size is acceptable.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import h5py
import numpy as np

from nn.data.files import explain, open_file
from nn.errors import DataError

MAX_MEMBERS = 1000
# For one dataset; pictures of bytes become float64 columns, eight times as large.
MAX_BYTES = 2**28

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_OTHERS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PK": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x93NUMPY": "a NumPy file",
}


@contextlib.contextmanager
def opened(path: str) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; DataError if it is not one."""
    try:
        source = open_file(path)
    except OSError as error:
        near = _near_file(path) if isinstance(error, FileNotFoundError) else ""
        raise DataError(path, None, explain(error) + near, "an HDF5 file") from error
    with source:
        found = _fault_of_head(source)
        if found:
            raise DataError(path, None, found, "a whole HDF5 file")
        with _any_error(path, None, "a damaged or unfinished file"):
            # The library reads through our own handle, so that the file that was checked is read,
            # even if another file takes its name in between.
            file = h5py.File(source, "r")
        with file:
            with _any_error(path, None, "a damaged file"):
                members = len(file)
            if members > MAX_MEMBERS:
                raise DataError(path, None, f"{members} objects", f"at most {MAX_MEMBERS}")
            yield file


def note(item: h5py.HLObject, path: str, name: str) -> str | None:
    """Return a text of fixed length stored with the file, a group or a dataset, or None."""
    with _any_error(path, None, "a damaged file"):
        if name not in item.attrs:
            return None
        # Text of variable length lies in a heap that has no checksum: one flipped bit there, and
        # HDF5 2.0 never returns.
        attribute = item.attrs.get_id(name)
        if attribute.dtype.kind != "S" or attribute.shape != ():
            return None
        text: str = item.attrs[name].decode()
        return text


def require(file: h5py.File, path: str, keys: Sequence[str]) -> None:
    """Raise DataError for the first of ``keys`` that the file lacks, and suggest a near one."""
    with _any_error(path, None, "a damaged file"):
        # Names that are not UTF-8 come as bytes.
        there = [n if isinstance(n, str) else n.decode(errors="replace") for n in file]
    for key in keys:
        if key not in there:
            spare = [name for name in there if name not in keys]
            found = f"no such key{_near(key, spare, there, 'the file')}"
            raise DataError(path, key, found, "a dataset in this file")


def member(group: h5py.Group, path: str, key: str) -> Any:
    """Return the object of this very file under ``key``; links to elsewhere are not followed."""
    with _any_error(path, key, "a damaged entry"):
        found = _fault_of_link(group, key)
        if found:
            raise DataError(path, key, found, "a dataset in this file")
        return group[key]


def dataset(group: h5py.Group, path: str, key: str, max_bytes: int = MAX_BYTES) -> h5py.Dataset:
    """Return the dataset ``key``, after every check that needs none of its values."""
    item = member(group, path, key)
    if not isinstance(item, h5py.Dataset):
        raise DataError(path, key, f"a {type(item).__name__.lower()}", "a dataset")
    with _any_error(path, key, "a damaged dataset"):
        found = _fault_of_storage(item, max_bytes)
        if found:
            raise DataError(path, key, found, "values in this file that fit into memory")
        _ = item.dtype  # a type that NumPy does not have is found here
    return item


def values(item: h5py.Dataset, path: str, key: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Return all values of a dataset that passed the checks of ``dataset``."""
    with _any_error(path, key, "values that cannot be read"):
        array: np.ndarray[Any, np.dtype[Any]] = np.asarray(item[...])
    return array


@contextlib.contextmanager
def _any_error(path: str, key: str | None, found: str) -> Iterator[None]:
    """Turn any error of the library, which a damaged file can cause, into a DataError."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(path, key, f"{found} ({_brief(error)})", "undamaged HDF5") from error


def _fault_of_link(group: h5py.Group, key: str) -> str | None:
    """Return why ``key`` does not lead to an object of this file, or None."""
    kind = group.id.links.get_info(key.encode()).type
    if kind == h5py.h5l.TYPE_HARD:
        return None
    if kind == h5py.h5l.TYPE_SOFT:
        return "a soft link, which may lead anywhere or nowhere"
    return "a link into another file"


def _fault_of_storage(item: h5py.Dataset, max_bytes: int) -> str | None:
    """Return why the values cannot be read from this file, or None."""
    shape, plist = item.shape, item.id.get_create_plist()
    if shape is None:
        return "a dataset without a shape (a null dataspace)"
    if item.is_virtual:
        return "a virtual dataset, whose values lie in other files"
    if plist.get_external_count():
        return "values that lie in another file (external storage)"
    # Python's integers do not overflow, so no product of sizes slips past this line.
    size = math.prod(shape) * item.id.get_type().get_size()
    if size > max_bytes:
        return f"the shape {shape}: {size:.3g} bytes, where {max_bytes:.3g} are allowed"
    for i in range(plist.get_nfilters()):
        code, _, _, name = plist.get_filter(i)
        if not h5py.h5z.filter_avail(code):
            label = name.decode(errors="replace") or "without a name"
            return f"values packed with filter {code} ({label}), which is not installed"
    if size and not item.id.get_storage_size():
        return f"the shape {shape}, but no values: none were ever written"
    return None


def _near(name: str, spare: Sequence[str], there: Sequence[str], place: str) -> str:
    """Return the spare name that was probably meant, else the names that are there."""
    plain = {other.casefold(): other for other in spare}
    close = difflib.get_close_matches(name.casefold(), plain, n=1)
    if close:
        return f" (did you mean {plain[close[0]]!r}?)"
    shown = ", ".join(repr(other) for other in there[:5]) + (", ..." if there[5:] else "")
    return f" ({place} holds {shown or 'nothing'})"


def _near_file(path: str) -> str:
    try:
        with os.scandir(os.path.dirname(path) or ".") as entries:
            names = [entry.name for entry in islice(entries, MAX_MEMBERS)]
    except OSError:
        return ""
    return _near(os.path.basename(path), names, names, "the folder")


def _fault_of_head(source: BinaryIO) -> str | None:
    """Return why this is not a finished HDF5 file, or None."""
    size = source.seek(0, os.SEEK_END)
    if size == 0:
        return "an empty file"
    at = 0
    while at < size:  # HDF5 looks for its signature at 0, 512, 1024, 2048, ... bytes
        source.seek(at)
        head = source.read(12)
        if head.startswith(_SIGNATURE):
            # From version 3 on, a bit says that a writer has not closed the file. The library
            # checks it in files that it opens by name, but not in open files.
            left_open = len(head) == 12 and head[8] >= 3 and head[11] & 1
            return "a file that its writer has not finished" if left_open else None
        at = max(512, 2 * at)
    source.seek(0)
    head = source.read(8)
    for start, name in _OTHERS.items():
        if head.startswith(start):
            return name
    return f"a file that is not HDF5: it begins with {head!r}"


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
