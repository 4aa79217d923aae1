"""Checkpoints: contents come back bit for bit, and a damaged file is never read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import random
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nn import serialization as checkpoint
from nn.errors import CheckpointError, CheckpointWarning, NNError
from nn.serialization import SEAL_SIZE, Checkpoint, read_image, write_image

ARRAYS = {
    "W1": np.random.RandomState(0).randn(4, 4),
    "b1": np.zeros((3, 1)),
    "optimizer/W1": np.arange(12.0).reshape(3, 4),
    "costs": np.array([0.693147, 0.584508]),
    "steps": np.array(2500),
}
ATTRIBUTES = {"layers": [4, 3, 1], "learning_rate": 0.0075, "name": "кот", "resume": None}


def same(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Bit for bit: type, byte order, shape, memory order and every byte, nan's payload included."""
    orders = [(x.flags.c_contiguous, x.flags.f_contiguous) for x in (a, b)]
    return (
        a.dtype.str == b.dtype.str
        and a.shape == b.shape
        and orders[0] == orders[1]
        and a.tobytes() == b.tobytes()
    )


def holds(got: Checkpoint, arrays: dict[str, Any], attributes: dict[str, Any]) -> bool:
    """Check that a checkpoint holds exactly this."""
    return (
        got.arrays.keys() == arrays.keys()
        and all(same(got.arrays[name], arrays[name]) for name in arrays)
        and json.dumps(got.attributes, sort_keys=True) == json.dumps(attributes, sort_keys=True)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small checkpoint, the only file in its folder."""
    write_image(tmp_path / "model.h5", ARRAYS, ATTRIBUTES)
    return tmp_path / "model.h5"


# --- there and back -------------------------------------------------------------------------------


def test_what_goes_in_comes_out(path: Path) -> None:
    """Arrays in groups, scalars, settings; and nothing but the file is left in the folder."""
    assert holds(read_image(path), ARRAYS, ATTRIBUTES)
    assert holds(read_image(str(path)), ARRAYS, ATTRIBUTES)
    assert os.listdir(path.parent) == ["model.h5"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", list("?bhilqBHILQefdFD"))
@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 4), (0, 5), (2, 3, 4), (300, 200)])
def test_every_type_and_shape(
    tmp_path: Path, code: str, order: str, shape: tuple[int, ...]
) -> None:
    """Any bytes at all, read as any type, come back the same: infinities and nan payloads too."""
    dtype = np.dtype(code).newbyteorder(order)
    raw = np.random.RandomState(1).bytes(int(np.prod(shape)) * dtype.itemsize)
    array = np.frombuffer(raw, dtype).reshape(shape)
    if code == "?":
        array = np.asarray(np.frombuffer(raw, np.uint8).reshape(shape) > 127)
    given_arrays = {"C": array, "F": np.asarray(array, order="F")}
    write_image(tmp_path / "model.h5", given_arrays, {})
    assert holds(read_image(tmp_path / "model.h5"), given_arrays, {})


def test_strided_arrays_come_back_dense(tmp_path: Path) -> None:
    """A view comes back with its values, its rows together."""
    view = np.arange(40.0).reshape(4, 10)[::-2, 1::3]
    write_image(tmp_path / "model.h5", {"view": view}, {})
    got = read_image(tmp_path / "model.h5").arrays["view"]
    assert np.array_equal(got, view)
    assert got.flags.c_contiguous


def test_arrays_can_be_trained_on(path: Path) -> None:
    """Arrays come back writable and belong to the caller."""
    for array in read_image(path).arrays.values():
        array[...] = 1
    assert holds(read_image(path), ARRAYS, ATTRIBUTES)


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, database=None)
@given(
    arrays=st.dictionaries(
        NAMES,
        arrays_of.arrays(
            arrays_of.floating_dtypes(sizes=(16, 32, 64)) | arrays_of.integer_dtypes(),
            arrays_of.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=4,
    ),
    attributes=st.dictionaries(st.text(), JSON, max_size=4),
)
def test_anything(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, Any], attributes: dict[str, Any]
) -> None:
    """Any names, arrays and settings either come back whole or are refused before writing."""
    path = tmp_path_factory.mktemp("any") / "model.h5"
    try:
        write_image(path, arrays, attributes)
    except CheckpointError:
        assert not path.exists()
        assert any("/" in n or n == "." or not n.isprintable() for n in arrays)
    else:
        assert holds(read_image(path), arrays, attributes)


def test_large_settings(tmp_path: Path) -> None:
    """Settings beyond the 64 KB of a plain HDF5 attribute: a history of 100,000 costs."""
    costs = np.random.RandomState(0).rand(100_000).tolist()
    write_image(tmp_path / "model.h5", {}, {"costs": [*costs, float("inf")]})
    assert read_image(tmp_path / "model.h5").attributes["costs"] == [*costs, float("inf")]


def test_other_tools_can_open_it(path: Path) -> None:
    """The file is plain HDF5, with checksums on every chunk and record (superblock 3)."""
    assert path.read_bytes()[SEAL_SIZE:][:9] == b"\x89HDF\r\n\x1a\n\x03"
    with h5py.File(path) as file:
        assert file.userblock_size == SEAL_SIZE
        assert np.array_equal(file["optimizer/W1"][()], ARRAYS["optimizer/W1"])
        assert file["W1"].fletcher32
        assert json.loads(file.attrs["attributes"]) == ATTRIBUTES


def test_the_same_content_gives_the_same_file(path: Path) -> None:
    """No clock and no chance in the bytes: files can be compared."""
    write_image(path.with_name("again.h5"), ARRAYS, ATTRIBUTES)
    assert path.read_bytes() == path.with_name("again.h5").read_bytes()


@pytest.mark.parametrize(
    "array",
    [
        np.array(["cat"]),
        np.array([b"cat"]),
        np.array([None]),
        np.zeros(2, "f4,i4"),
        np.zeros(2, "M8[s]"),
        np.zeros(2, "V4"),
        np.zeros(2, np.longdouble),
        np.ma.masked_array([1.0, 2.0], [True, False]),
        np.zeros(2).view(np.recarray),
        [1.0, 2.0],
        1.0,
        np.float64(1),
    ],
    ids=lambda a: f"{type(a).__name__}-{getattr(a, 'dtype', '')}",
)
def test_arrays_that_are_not_numbers(path: Path, array: Any) -> None:
    """An array that would not come back the same is refused, and the old file stays."""
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"model.h5 cannot hold 'optimizer/m'"):
        write_image(path, {"W1": ARRAYS["W1"], "optimizer/m": array}, {})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.h5"]


@pytest.mark.parametrize(
    "name", ["", "/", "a/", "/a", "a//b", ".", "a/./b", "a\0b", "a\nb", "\ud800", 5]
)
def test_names_that_are_none(tmp_path: Path, name: Any) -> None:
    """Names are printable, with slashes only inside."""
    with pytest.raises(CheckpointError, match="cannot hold an array named"):
        write_image(tmp_path / "model.h5", {name: ARRAYS["W1"]}, {})


def test_an_array_and_a_group_of_one_name(tmp_path: Path) -> None:
    """ "a" cannot be an array and hold "a/b" too."""
    with pytest.raises(CheckpointError, match="beside the others"):
        write_image(tmp_path / "model.h5", {"a": ARRAYS["W1"], "a/b": ARRAYS["b1"]}, {})


@pytest.mark.parametrize("value", [np.arange(3), {1, 2}, b"x", 1j, object()])
def test_settings_that_json_cannot_hold(tmp_path: Path, value: Any) -> None:
    """Nothing is pickled."""
    with pytest.raises(CheckpointError, match="attributes that JSON cannot"):
        write_image(tmp_path / "model.h5", {}, {"value": value})
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(CheckpointError, match="attributes that JSON cannot"):
        write_image(tmp_path / "model.h5", {}, {"value": circle})


def test_error_belongs_to_the_tree_and_can_be_pickled() -> None:
    """CheckpointError is an NNError that carries its path."""
    error = pickle.loads(pickle.dumps(CheckpointError("a.h5", "is damaged")))
    assert isinstance(error, NNError)
    assert (error.path, str(error)) == ("a.h5", "a.h5 is damaged.")


# --- the one before -------------------------------------------------------------------------------


def save(path: Path, version: int) -> None:
    write_image(path, {"W1": np.full((3, 4), float(version))}, {"version": version})


def version_at(path: Path) -> int:
    """Return the version, after checking that arrays and settings belong together."""
    got = read_image(path)
    version = got.attributes["version"]
    assert holds(got, {"W1": np.full((3, 4), float(version))}, {"version": version})
    return int(version)


def test_the_previous_checkpoint_is_kept(tmp_path: Path) -> None:
    """Two generations, and nothing else."""
    path = tmp_path / "model.h5"
    for version in range(4):
        save(path, version)
    assert version_at(path) == 3
    assert version_at(tmp_path / "model.h5.previous") == 2
    assert sorted(os.listdir(tmp_path)) == ["model.h5", "model.h5.previous"]


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "other"])
def test_a_damaged_checkpoint_falls_back_with_a_warning(tmp_path: Path, damage: str) -> None:
    """One sentence says what happened to the one, and that the other was read."""
    path = tmp_path / "model.h5"
    save(path, 0)
    save(path, 1)
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[:-1])
    elif damage == "flip":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        path.write_bytes(b"something else")
    with pytest.warns(
        CheckpointWarning, match=r"model.h5 .*model.h5.previous was read in its place"
    ):
        assert version_at(path) == 0


def test_a_damaged_checkpoint_never_becomes_the_previous_one(tmp_path: Path) -> None:
    """Saving over a damaged file keeps the good one before it."""
    path = tmp_path / "model.h5"
    save(path, 0)
    save(path, 1)
    path.write_bytes(b"damaged")
    save(path, 2)
    assert version_at(path) == 2
    assert version_at(tmp_path / "model.h5.previous") == 0


def test_both_damaged(tmp_path: Path) -> None:
    """The error is about the file that was asked for."""
    path = tmp_path / "model.h5"
    save(path, 0)
    save(path, 1)
    path.write_bytes(b"damaged")
    (tmp_path / "model.h5.previous").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="is no checkpoint") as caught:
        read_image(path)
    assert caught.value.path == str(path)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Saving through a link replaces what it leads to, and keeps the previous one there."""
    (tmp_path / "disk").mkdir()
    path = tmp_path / "model.h5"
    path.symlink_to(tmp_path / "disk" / "model.h5")
    save(path, 0)
    save(path, 1)
    assert path.is_symlink()
    assert sorted(os.listdir(tmp_path / "disk")) == ["model.h5", "model.h5.previous"]
    (tmp_path / "disk" / "model.h5").write_bytes(b"")
    with pytest.warns(CheckpointWarning):
        assert version_at(path) == 0


def test_permissions_are_kept(tmp_path: Path) -> None:
    """A private checkpoint stays private."""
    path = tmp_path / "model.h5"
    save(path, 0)
    path.chmod(0o600)
    save(path, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_threads_that_save_to_one_path(tmp_path: Path) -> None:
    """Each save is whole, in any order of the threads."""
    path = tmp_path / "model.h5"
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for version in range(first, first + 10):
                save(path, version)
                version_at(path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(os.listdir(tmp_path)) == ["model.h5", "model.h5.previous"]


# --- damage ---------------------------------------------------------------------------------------


def never_read(path: Path, damaged: bytes) -> None:
    path.write_bytes(damaged)
    with pytest.raises(CheckpointError) as caught:
        read_image(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("step", [97, pytest.param(1, marks=pytest.mark.thorough)])
def test_no_truncation_is_read(path: Path, step: int) -> None:
    """Every prefix is refused; in the default run a sample, with all around seal and end."""
    content = path.read_bytes()
    sizes = {*range(0, len(content), step), *range(520), *range(len(content) - 50, len(content))}
    for size in sizes:
        never_read(path, content[:size])
    never_read(path, content + b"\0")
    never_read(path, content + content)


@pytest.mark.parametrize("times", [300, pytest.param(10_000, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("kind", ["bit", "eight bytes", "zeroed block", "swapped blocks"])
def test_no_damage_is_read(path: Path, kind: str, times: int) -> None:
    """Flipped bits, overwritten words, blocks that the disk lost or mixed up."""
    draw = random.Random(kind)
    content = path.read_bytes()
    for _ in range(times):
        damaged = bytearray(content)
        at = draw.randrange(len(content))
        if kind == "bit":
            damaged[at] ^= 1 << draw.randrange(8)
        elif kind == "eight bytes":
            damaged[at : at + 8] = draw.randbytes(len(damaged[at : at + 8]))
        elif kind == "zeroed block":
            size = 2 ** draw.randrange(13)
            damaged[at : at + size] = bytes(len(damaged[at : at + size]))
        else:
            a, b = (512 * draw.randrange(len(content) // 512) for _ in range(2))
            damaged[a : a + 512], damaged[b : b + 512] = content[b : b + 512], content[a : a + 512]
        if damaged != content:
            never_read(path, bytes(damaged))


RESEALED = """
import random, sys, warnings
from nn.serialization import SEAL_SIZE, _seal, read_image
from nn.errors import CheckpointError
path, times = sys.argv[1], int(sys.argv[2])
content, draw = open(path, "rb").read(), random.Random(3)
first = read_image(path)
refused = same = 0
for _ in range(times):
    body = bytearray(content[SEAL_SIZE:])
    body[draw.randrange(len(body))] ^= 1 << draw.randrange(8)
    with open(path, "wb") as file:
        file.write(_seal(bytes(body)) + body)
    try:
        got = read_image(path)
    except CheckpointError:
        refused += 1
    else:  # a bit that means nothing: padding, or a field that readers skip
        assert got.attributes == first.attributes and got.arrays.keys() == first.arrays.keys()
        for name in got.arrays:
            a, b = got.arrays[name], first.arrays[name]
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), name
        same += 1
print(refused, same)
"""


@pytest.mark.parametrize(
    "times", [200, *(pytest.param(n, marks=pytest.mark.thorough) for n in (500, 5000))]
)
def test_the_fingerprint_holds_without_the_seal(path: Path, times: int) -> None:
    """Damage that the seal was made to fit is seen by HDF5 or by the fingerprint, or is harmless.

    In a process of its own: here the HDF5 library is shown damaged bytes, and may not survive.
    """
    command = [sys.executable, "-c", RESEALED, str(path), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr[-2000:]
    refused, _ = map(int, done.stdout.split())
    assert refused > times // 4


def environment() -> dict[str, str]:
    """Return the environment for another Python with the imports of this one."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}


# --- files that others made -----------------------------------------------------------------------

Forge = Callable[[h5py.File], None]


def forge(path: Path, change: Forge, sign: bool = True) -> None:
    """Write a file with a right seal around content that ``write_image`` would not have written."""
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest", userblock_size=SEAL_SIZE) as file:
        file["W1"] = ARRAYS["W1"]
        file["W1"].attrs["order"] = np.bytes_("C")
        sign_with(file, "{}")
        change(file)
    body = image.getvalue()[SEAL_SIZE:]
    path.write_bytes((checkpoint._seal(body) if sign else bytes(SEAL_SIZE)) + body)


def sign_with(file: h5py.File, text: str) -> None:
    """Give the file these settings and the fingerprint that belongs to them."""
    file.attrs["attributes"] = np.bytes_(text)
    file.attrs["sha256"] = np.bytes_(checkpoint._fingerprint({"W1": ARRAYS["W1"]}, text))


def text_of_variable_length(file: h5py.File) -> None:
    text = str(file.attrs["sha256"].decode())
    del file.attrs["sha256"]
    file.attrs["sha256"] = text


def external(file: h5py.File) -> None:
    item = file.create_dataset("W2", (4,), "f8", external=[("/dev/zero", 0, 32)])
    item.attrs["order"] = np.bytes_("C")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "W1", (4,))
    file.create_virtual_dataset("W2", layout).attrs["order"] = np.bytes_("C")


def link(target: Any) -> Forge:
    return lambda file: file.__setitem__("W2", target)


def circle(file: h5py.File) -> None:
    group = file.create_group("a")
    group["again"] = group


def references(file: h5py.File) -> None:
    data = np.full(4, h5py.h5r.create(file.id, b"/", h5py.h5r.OBJECT), dtype=h5py.ref_dtype)
    file.create_dataset("W2", data=data, dtype=h5py.ref_dtype).attrs["order"] = np.bytes_("C")


def bomb(file: h5py.File) -> None:
    item = file.create_dataset("W2", (10**6, 10**6), "f8", chunks=(9, 9), maxshape=(None, None))
    item.attrs["order"] = np.bytes_("C")
    item[0, 0] = 1


def small_bombs(file: h5py.File) -> None:
    for i in range(200):
        item = file.create_dataset(f"b{i}", (1000,), "f8", chunks=(1000,), compression="gzip")
        item[0] = 1
        item.attrs["order"] = np.bytes_("C")


def groups(file: h5py.File) -> None:
    for i in range(checkpoint.MAX_OBJECTS):
        file.create_group(f"g{i}")


FORGED = [
    pytest.param(external, "external storage", id="external storage"),
    pytest.param(virtual, "virtual", id="virtual"),
    pytest.param(link(h5py.ExternalLink("other.h5", "W1")), "another file", id="external link"),
    pytest.param(link(h5py.SoftLink("/W1")), "soft link", id="soft link"),
    pytest.param(link(h5py.SoftLink("/W2")), "soft link", id="link circle"),
    pytest.param(link(np.dtype("f8")), "a datatype", id="named type"),
    pytest.param(link(h5py.Empty("f8")), "null dataspace", id="null dataspace"),
    pytest.param(circle, "without end", id="group circle"),
    pytest.param(groups, "without end", id="many groups"),
    pytest.param(references, "the type object", id="references"),
    pytest.param(bomb, "allowed", id="bomb"),
    pytest.param(small_bombs, "allowed", id="small bombs"),
    pytest.param(lambda f: f["W1"].__setitem__((0, 0), 9), "changed arrays", id="value changed"),
    pytest.param(lambda f: f.move("W1", "W2"), "changed arrays", id="name changed"),
    pytest.param(
        lambda f: f["W1"].attrs.create("order", np.bytes_("F")),
        "changed arrays",
        id="order changed",
    ),
    pytest.param(
        lambda f: f.attrs.create("attributes", np.bytes_("[]")), "changed", id="attributes changed"
    ),
    pytest.param(
        lambda f: f.attrs.create("sha256", np.bytes_("0" * 64)), "changed", id="fingerprint changed"
    ),
    pytest.param(lambda f: f.attrs.__delitem__("sha256"), "no 'sha256'", id="no fingerprint"),
    pytest.param(
        lambda f: f.attrs.__delitem__("attributes"), "no 'attributes'", id="no attributes"
    ),
    pytest.param(text_of_variable_length, "text of fixed length", id="a heap without checksums"),
    pytest.param(lambda f: f["W1"].attrs.clear(), "no 'order'", id="no order"),
    pytest.param(lambda f: f.__setitem__("W2", 1.0), "no 'order'", id="one array more"),
    pytest.param(lambda f: f.__delitem__("W1"), "changed arrays", id="one array less"),
    pytest.param(link(np.array(["cat"], h5py.string_dtype())), "the type object", id="text"),
    pytest.param(link(np.zeros(2, "u1,f4")), "the type", id="compound"),
    pytest.param(
        lambda f: f.create_dataset("W2", (2,), h5py.string_dtype()), "none were ever", id="objects"
    ),
]


@pytest.mark.parametrize(("change", "words"), FORGED)
def test_forged_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Forge, words: str
) -> None:
    """A right seal does not help: links, other files, bombs and changes are refused quickly."""
    path = tmp_path / "model.h5"
    monkeypatch.setattr(checkpoint, "MAX_OBJECTS", 1000)
    forge(path, change)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=words) as caught:
            read_image(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert caught.value.path == str(path)


def test_the_forger_can_write_a_good_one(tmp_path: Path) -> None:
    """The table above fails for what it changes and not for how it is made; the seal counts too."""
    forge(tmp_path / "model.h5", lambda file: None)
    assert holds(read_image(tmp_path / "model.h5"), {"W1": ARRAYS["W1"]}, {})
    forge(tmp_path / "model.h5", lambda file: None, sign=False)
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        read_image(tmp_path / "model.h5")


def test_settings_are_never_run(tmp_path: Path) -> None:
    """The attributes are invalid JSON with a right fingerprint."""
    for text in ("not json", "[" * 100_000):
        forge(
            tmp_path / "model.h5",
            lambda file, text=text: sign_with(file, text),
        )
        with pytest.raises(CheckpointError, match="no checkpoint inside"):
            read_image(tmp_path / "model.h5")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"a cat", "a file of another kind"),
        (b"\x89HDF\r\n\x1a\n" + bytes(2000), "a file of another kind"),
        (b"\x80\x04\x95" + bytes(2000), "a file of another kind"),
        (b"autograd-lite checkpoint 1\n", "is damaged"),
        (
            b"autograd-lite checkpoint 1\n" + b"0" * 64 + b"\n0 bytes follow this block\n",
            "is damaged",
        ),
        (b"autograd-lite checkpoint 2\n" + bytes(2000), "a file of another kind"),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, content: bytes, words: str) -> None:
    """No byte of them reaches the HDF5 library."""
    (tmp_path / "model.h5").write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        read_image(tmp_path / "model.h5")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A terabyte of nothing, with and without a seal in front, is refused by its first block."""
    path = tmp_path / "model.h5"
    for start, words in ((b"", "no checkpoint"), (checkpoint._seal(b""), "of 0 bytes are there")):
        path.write_bytes(start)
        os.truncate(path, 2**40)
        with pytest.raises(CheckpointError, match=words):
            read_image(path)


def test_places_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, a pipe, a link circle: one error with the path."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("x")
    for name, words in {
        "missing": "no such file",
        "folder": "a folder",
        "pipe": "not a plain file",
        "loop": "leads back to itself",
        "file/model.h5": "not a folder",
        "no/folder/model.h5": "no such file",
        "x" * 300: "too long",
    }.items():
        with pytest.raises(CheckpointError, match=words) as caught:
            read_image(tmp_path / name)
        assert caught.value.path == str(tmp_path / name)


def test_digest_is_the_one_documented(path: Path) -> None:
    """Any tool can check the seal: the SHA-256 of all bytes after the first 512."""
    content = path.read_bytes()
    assert content.startswith(b"autograd-lite checkpoint 1\n")
    assert hashlib.sha256(content[512:]).hexdigest().encode() in content[:512]
