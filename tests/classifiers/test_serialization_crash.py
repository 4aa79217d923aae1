"""Crashes, full disks and closed doors while saving: the old checkpoint or the new one, whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.data import files
from nn.errors import CheckpointError
from nn.serialization import read_image, write_image
from support.ordinary_user import ordinary_user

OLD, NEW = 1, 2


def save(path: Path, version: int) -> None:
    """Save a checkpoint of some 20 kB that is all of one version."""
    write_image(path, {"W1": np.full((50, 50), float(version))}, {"version": version})


def version_at(path: Path) -> int:
    """Return the version at ``path``; a warning about a fallback would be an error here."""
    arrays, attributes = read_image(path)
    version = attributes["version"]
    assert np.array_equal(arrays["W1"], np.full((50, 50), float(version)))
    return int(version)


class Killed(BaseException):
    """The process was killed."""


class System:
    """The ``os`` of a process whose calls are counted, cut short, and ended at a chosen one.

    ``die_at`` is the number of the call before which the process is killed; from then on no call
    does anything, as no ``except`` and no ``finally`` of a killed process runs.
    """

    CALLS = ("open", "write", "fsync", "close", "chmod", "link", "replace", "unlink")

    def __init__(self, die_at: int = -1, links: bool = True) -> None:
        self.die_at, self.links = die_at, links
        self.log: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self.CALLS:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            if 0 <= self.die_at <= len(self.log):
                raise Killed
            if name == "link" and not self.links:
                raise OSError(errno.EPERM, "Operation not permitted")
            if name == "write":  # the system may write less than it was asked to
                args = (args[0], args[1][:512])
            result = real(*args, **kwargs)
            self.log.append((name, args[0]))
            return result

        return call


def saved_under(system: System, path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Save the new version; return True if the process lived."""
    with monkeypatch.context() as patch:
        patch.setattr(files, "os", system)
        try:
            save(path, NEW)
        except Killed:
            return False
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The old checkpoint, with one before it."""
    save(tmp_path / "model.h5", OLD - 1)
    save(tmp_path / "model.h5", OLD)
    return tmp_path / "model.h5"


def test_killed_at_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Death before any open, write, fsync, close, link or rename leaves old or new, whole."""
    seen = []
    for die_at in range(1000):
        folder = tmp_path / str(die_at)
        folder.mkdir()
        path = folder / "model.h5"
        save(path, OLD - 1)
        save(path, OLD)
        lived = saved_under(System(die_at), path, monkeypatch)
        seen.append(version_at(path))
        assert version_at(folder / "model.h5.previous") in (OLD - 1, OLD)
        save(path, NEW + 1)  # what a killed process leaves behind stands in nobody's way
        assert version_at(path) == NEW + 1
        if lived:
            break
    assert len(seen) > 40
    assert seen == sorted(seen)
    assert {OLD, NEW} == set(seen)


@pytest.mark.filterwarnings("ignore::nn.errors.CheckpointWarning")
def test_killed_at_every_call_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system without hard links the old one may lie under .previous for a moment."""
    seen = []
    for die_at in range(1000):
        folder = tmp_path / str(die_at)
        folder.mkdir()
        save(folder / "model.h5", OLD)
        lived = saved_under(System(die_at, links=False), folder / "model.h5", monkeypatch)
        seen.append(version_at(folder / "model.h5"))
        if lived:
            break
    assert len(seen) > 40
    assert seen == sorted(seen)
    assert {OLD, NEW} == set(seen)


def test_nothing_piles_up_after_a_death_between_the_renames(path: Path) -> None:
    """Then file and previous are one file, of which a rename of one onto the other does nothing."""
    os.replace(path, path.with_name("model.h5.previous"))
    os.link(path.with_name("model.h5.previous"), path)
    save(path, NEW)
    assert (version_at(path), version_at(path.with_name("model.h5.previous"))) == (NEW, OLD)
    assert sorted(os.listdir(path.parent)) == ["model.h5", "model.h5.previous"]


def test_the_first_checkpoint_killed_at_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If there was no file, there is none or the new one."""
    for die_at in range(1000):
        folder = tmp_path / str(die_at)
        folder.mkdir()
        lived = saved_under(System(die_at), folder / "model.h5", monkeypatch)
        if (folder / "model.h5").exists():
            assert version_at(folder / "model.h5") == NEW
        if lived:
            break
    assert die_at > 40


def test_bytes_are_on_the_disk_before_they_have_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a power cut: write, sync the file, rename, sync the folder, in this order."""
    system = System()
    assert saved_under(system, path, monkeypatch)
    names = [name for name, _ in system.log]
    rename = len(names) - 1 - names[::-1].index("replace")
    last_write = len(names) - 1 - names[::-1].index("write")
    assert "fsync" in names[last_write:rename]
    assert "fsync" in names[rename:]
    opened = [argument for name, argument in system.log if name == "open"]
    assert opened[-1] == str(path.parent)


def failing(name: str, error: OSError, after: int = 0) -> System:
    """Return a system whose call ``name`` fails, after having worked some times."""
    system, worked = System(), 0
    real = system.__getattr__(name)

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal worked
        if worked >= after:
            raise error
        worked += 1
        return real(*args, **kwargs)

    setattr(system, name, call)
    return system


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("after", range(0, 40, 2))
def test_disk_full_at_twenty_sizes(path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """One CheckpointError with the path; the old file whole; nothing left over."""
    before = path.read_bytes()
    monkeypatch.setattr(files, "os", failing("write", FULL, after))
    with pytest.raises(CheckpointError, match=r"cannot be written .* no room left") as caught:
        save(path, NEW)
    assert caught.value.path == str(path)
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["model.h5", "model.h5.previous"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("open", errno.EROFS, "can only be read"),
        ("open", errno.EACCES, "no permission"),
        ("open", errno.EMFILE, "Too many open files"),
        ("write", errno.EIO, "Input/output error"),
        ("write", errno.EDQUOT, "this user's share"),
        ("fsync", errno.EIO, "Input/output error"),
        ("replace", errno.EACCES, "no permission"),
    ],
)
def test_the_system_says_no(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int, words: str
) -> None:
    """Any call can fail with any code."""
    before = path.read_bytes()
    monkeypatch.setattr(files, "os", failing(name, OSError(code, os.strerror(code))))
    with pytest.raises(CheckpointError, match=words):
        save(path, NEW)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["model.h5", "model.h5.previous"]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("name", ["write", "fsync", "link", "replace"])
def test_interrupted(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, interrupt: type[BaseException]
) -> None:
    """Ctrl-C passes through, and leaves no temporary file."""
    system = failing(name, interrupt())  # type: ignore[arg-type]  # it is only raised
    monkeypatch.setattr(files, "os", system)
    with pytest.raises(interrupt):
        save(path, NEW)
    monkeypatch.undo()
    assert version_at(path) == OLD
    assert sorted(os.listdir(path.parent)) == ["model.h5", "model.h5.previous"]


def test_a_folder_that_cannot_be_synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network drive that refuses to sync a folder is no error of the save."""
    unsupported = OSError(errno.EINVAL, "Invalid argument")
    monkeypatch.setattr(files, "os", failing("fsync", unsupported, after=1))
    save(path, NEW)
    monkeypatch.undo()
    assert version_at(path) == NEW


Place = Callable[[Path], Path]


def folder_at(folder: Path) -> Path:
    (folder / "model.h5").mkdir()
    return folder / "model.h5"


def pipe_at(folder: Path) -> Path:
    os.mkfifo(folder / "model.h5")
    return folder / "model.h5"


def loop_at(folder: Path) -> Path:
    (folder / "model.h5").symlink_to(folder / "model.h5")
    return folder / "model.h5"


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "model.h5"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (lambda folder: folder / "no" / "model.h5", "not an existing folder"),
        (below_a_file, "not an existing folder"),
        (folder_at, "something not a file"),
        (pipe_at, "something not a file"),
        (loop_at, "cannot be written"),
        (lambda folder: folder / ("x" * 250), "too long"),
    ],
    ids=["no folder", "below a file", "a folder", "a pipe", "a link circle", "a long name"],
)
def test_places_that_cannot_be_written(tmp_path: Path, place: Place, words: str) -> None:
    """One CheckpointError with the path, and the folder as it was."""
    path = place(tmp_path)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(CheckpointError, match=words) as caught:
        save(path, NEW)
    assert caught.value.path == str(path)
    assert sorted(os.listdir(tmp_path)) == before


def test_a_write_protected_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that its owner protected is not replaced. Simulated for root, who may write it."""
    path.chmod(0o444)
    if os.geteuid() == 0:
        monkeypatch.setattr("nn.serialization.os.access", lambda *_: False)
    with pytest.raises(CheckpointError, match="write-protected"):
        save(path, NEW)
    assert version_at(path) == OLD


def test_a_write_protected_folder(path: Path) -> None:
    """The folder, not the file, decides about a rename."""
    path.parent.chmod(0o555)
    with ordinary_user(), pytest.raises(CheckpointError, match="no permission"):
        save(path, NEW)
    path.parent.chmod(0o755)
    assert version_at(path) == OLD


# --- processes that really die --------------------------------------------------------------------

COMMON = """
import os, random, resource, signal, sys, time, warnings
import numpy as np
from nn.serialization import read_image, write_image
from nn.errors import CheckpointError

def save(path, version):
    write_image(path, {"W1": np.full((300, 300), float(version))}, {"version": version})

def version_at(path):
    arrays, attributes = read_image(path)
    assert np.array_equal(arrays["W1"], np.full((300, 300), float(attributes["version"])))
    return attributes["version"]

path, times = sys.argv[1], int(sys.argv[2])
warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning)  # fork beside BLAS's idle threads
"""

KILLS = """
draw = random.Random(11)
save(path, 0)
last = 0
for _ in range(times):
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        version = last
        while True:
            version += 1
            save(path, version)
            os.write(tell, b".")
    os.read(ready, 1)  # one save is done, however busy the machine is
    time.sleep(draw.uniform(0, 0.01))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(tell)
    version = version_at(path)  # no warning: never by way of the previous one
    assert version > last
    last = version
print(last)
"""

LIMITS = """
save(path, 0)
for limit in range(0, 720_000, 720_000 // times):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        save(path, 1)
    except CheckpointError as error:
        assert path in str(error) and "limit on the size" in str(error), error
    else:
        raise SystemExit(f"saved under a limit of {limit}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert version_at(path) == 0
    assert os.listdir(os.path.dirname(path)) == ["model.h5"]
print("whole")
"""


def run(script: str, path: Path, times: int) -> str:
    """Run a script in its own process and return its output."""
    python_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-c", COMMON + script, str(path), str(times)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "times", [40, *(pytest.param(n, marks=pytest.mark.thorough) for n in (100, 1000))]
)
def test_killed_at_random(tmp_path: Path, times: int) -> None:
    """A process that saves without pause, killed at random moments: always whole, never older."""
    assert int(run(KILLS, tmp_path / "model.h5", times)) >= times


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_real_limit_on_the_size_of_files(tmp_path: Path) -> None:
    """The system's own refusal, at twenty sizes: one error, the old file whole, nothing left."""
    assert run(LIMITS, tmp_path / "model.h5", 20).strip() == "whole"
