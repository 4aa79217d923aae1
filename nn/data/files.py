"""Bytes on disk: open a plain file safely, and replace a file in one step."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no flock; there an open for writing shuts others out by itself
    fcntl = None  # type: ignore[assignment]

_BINARY = getattr(os, "O_BINARY", 0)


def open_file(path: str) -> BinaryIO:
    """Open a plain file for reading; never block on a pipe, never open a device.

    OSError is raised if there is no such file, it is something else, or another program is
    writing it (HDF5 holds a lock while it writes). ``explain`` puts that into words.
    """
    # Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "a folder")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "a pipe, socket or device")
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise
            except OSError:
                pass  # a file system without locks: there is nothing to ask
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def explain(error: OSError) -> str:
    """Return the cause of an OSError in words that fit after "found".

    >>> explain(FileNotFoundError(2, "No such file or directory"))
    'no such file'
    """
    known = {
        errno.ENOENT: "no such file",
        errno.EACCES: "something this user has no permission for",
        errno.EPERM: "something this user has no permission for",
        errno.EISDIR: "a folder",
        errno.EEXIST: "a file where a folder is needed",
        errno.ENOTDIR: "a path that leads through something that is not a folder",
        errno.EINVAL: "something that is not a plain file: a pipe, socket or device",
        errno.ENXIO: "something that is not a plain file: a pipe, socket or device",
        errno.ELOOP: "a link that leads back to itself",
        errno.EAGAIN: "a file that another program is writing at this moment",
        errno.ENAMETOOLONG: "a name that is too long for a file",
        errno.ENOSPC: "no room left on the disk",
        errno.EDQUOT: "no room left in this user's share of the disk",
        errno.EFBIG: "a limit on the size of files",
        errno.EROFS: "a disk that can only be read",
    }
    return known.get(error.errno or 0, f"an error of the system: {error.strerror or error}")


def replace_file(path: str, content: bytes, keep: str | None = None) -> None:
    """Write ``content`` to ``path``; at any moment it holds either the old bytes or the new.

    The bytes are written to a temporary file beside ``path``, synced, and renamed. With ``keep``,
    the old file stays under its name with ``keep`` appended. After an OSError the temporary file
    is gone.
    """
    path = os.path.realpath(path)  # a link stays a link: its target is replaced
    # The thread too, so that two threads that save to one path do not write into one file.
    temporary = f"{path}.tmp.{os.getpid()}.{threading.get_ident()}"
    try:
        _write(temporary, content, like=path)
        if keep is not None:
            _keep(path, temporary + keep, path + keep)
        os.replace(temporary, path)
    except BaseException:
        for leftover in (temporary, f"{temporary}{keep}"):
            with contextlib.suppress(OSError):
                os.unlink(leftover)
        raise
    _sync_folder(os.path.dirname(path))


def _write(path: str, content: bytes, like: str) -> None:
    """Write and sync a new file with the permissions of ``like``, if that exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with contextlib.suppress(FileNotFoundError):
        os.chmod(path, stat.S_IMODE(os.stat(like).st_mode))


def _keep(path: str, linked: str, keep: str) -> None:
    """Give the file at ``path`` the second name ``keep``; it has a name at every moment."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(linked)  # left by a killed process with the same id
    try:
        os.link(path, linked)
    except FileNotFoundError:
        return
    except OSError:
        # A file system without hard links. Between this line and the next replace there is no
        # file at `path`; a reader then finds the one at `keep`.
        os.replace(path, keep)
    else:
        os.replace(linked, keep)
        # If both are names of one file already, as after a crash right here, replace did nothing.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(linked)


def _sync_folder(folder: str) -> None:
    """Sync the folder, so that a power cut cannot undo the rename."""
    if os.name == "nt":  # Windows opens no folders, and keeps renames in its journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network drives do not support this, and sync their folders by themselves.
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
            raise
    finally:
        os.close(descriptor)
