"""The rooms of the house: arrows go one way, imports stay light, the wheel holds everything."""

import ast
import io
import subprocess
import sys
import tokenize
import zipfile
from pathlib import Path

import pytest

from support.imports import ROOT, circles, graph, imports, module_of, paths, tree

# A module imports from the rows above its own and from its own folder, never from below. One row a
# folder; files and folders of one row do not import one another.
ROWS = {
    "autograd_lite": (
        "errors", "pytree", "rules", "engine", "advice", "transforms", "check compile", "draw",
    ),
    "autograd_lite.compile": (
        "ir", "tracing", "passes", "codegen", "derivation", "jit", "loop", "derive",
    ),
    "nn": (
        "errors", "by_hand", "initializers losses optimizers validation numerical data",
        "layers serialization train", "activations compiled_training", "base",
        "classifiers homework plots", "saving compare", "cli",
    ),
}  # fmt: skip
NUMPY_ONLY = {"numpy", "__future__", "typing", "math"}
SIZES = {"autograd_lite": 12, "autograd_lite/engine": 15}  # entries a folder may have
# Lines of code: without docstrings, comments and blank lines.
LINES = {"autograd_lite/engine": 1_400, "autograd_lite nn": 15_500}
PYTHON = [path for package in ("autograd_lite", "nn") for path in paths(package)]


def below(folder: str, module: str) -> str | None:
    """Return the part of a module's name after the folder's, if it is in the folder."""
    rest = module.removeprefix(folder + ".")
    return rest.split(".")[0] if rest != module else None


@pytest.mark.parametrize("folder", ROWS)
def test_arrows_go_one_way(folder: str) -> None:
    """No module imports from a row below its own, or from another file or folder of its row."""
    row_of = {name: i for i, row in enumerate(ROWS[folder]) for name in row.split()}
    wrong = []
    for module, imported in graph().items():
        here = below(folder, module)
        for other in imported:
            there = below(folder, other)
            if here not in (None, "__main__") and there is not None and here != there:
                assert {here, there} <= row_of.keys(), f"{here} or {there} is in no row of {folder}"
                if row_of[there] >= row_of[here]:
                    wrong.append(f"{module} imports {other}")
    assert not wrong, wrong


@pytest.mark.parametrize("folder", ROWS)
def test_every_module_has_a_row(folder: str) -> None:
    """A new module says here where it stands."""
    there = {path.stem for path in (ROOT / folder.replace(".", "/")).iterdir()
             if path.suffix in ("", ".py")}  # fmt: skip
    known = set(" ".join(ROWS[folder]).split())
    assert there - known <= {"__init__", "__pycache__", "__main__", "py"}
    assert known <= there


def test_no_modules_import_one_another() -> None:
    """No circles, not even by imports inside functions."""
    assert not circles(graph())


def test_circles_are_found() -> None:
    """A chain is no circle; two modules that reach each other are one, whatever lies between."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("folder", SIZES)
def test_folders_are_small(folder: str) -> None:
    """A stranger sees the whole folder at a glance."""
    entries = [path.name for path in (ROOT / folder).iterdir() if path.name != "__pycache__"]
    assert len(entries) <= SIZES[folder], entries


def code_lines(path: Path) -> int:
    """Return the number of lines that hold code."""
    text = path.read_text(encoding="utf-8")
    nothing = {getattr(tokenize, kind) for kind in
               ("COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER")}  # fmt: skip
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))  # type: ignore[operator]
    return len(lines)


@pytest.mark.parametrize(
    "folders",
    [
        "autograd_lite/engine",
        pytest.param(
            "autograd_lite nn",
            marks=pytest.mark.xfail(reason="there are 16,621 in all", strict=True),
        ),
    ],
)
def test_lines_of_code_are_few(folders: str) -> None:
    """More would not be read."""
    total = sum(code_lines(path) for folder in folders.split() for path in paths(folder))
    assert total <= LINES[folders]


def test_the_engine_never_imports_nn() -> None:
    """autograd_lite knows nothing of classifiers."""
    for path in paths("autograd_lite"):
        assert not any(name.split(".")[0] == "nn" for name in imports(path)), path


def test_every_error_is_in_the_file_of_errors() -> None:
    """A user finds what can be raised in one place."""
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and path.stem != "errors":
                bases = [ast.unparse(base) for base in node.bases]
                assert not any(b.endswith(("Error", "Warning", "Exception")) for b in bases), (
                    f"{path.relative_to(ROOT)}: {node.name}"
                )


def test_source_is_executed_in_one_place() -> None:
    """Whoever asks what text this project executes reads one module."""
    places = []
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("exec", "eval"):
                places.append(module_of(path))
    assert places == ["autograd_lite.compile.codegen.module"]


def test_nobody_reads_bytecode_but_the_table() -> None:
    """Only a rule's own arguments are read from bytecode; a caller's next step is not guessed."""
    for path in PYTHON:
        if module_of(path) not in ("autograd_lite.rules.registry", "autograd_lite.rules.signature"):
            assert "dis" not in imports(path), path


def test_rules_import_numpy_and_the_registry_only():
    """A rule never sees a Tensor."""
    for path in paths("autograd_lite.rules"):
        for name in imports(path):
            allowed = name.split(".")[0] in NUMPY_ONLY | {
                "functools",
                "itertools",
                "string",
                "dis",
                "inspect",
                "sys",
                "collections",
                "operator",
            }
            allowed |= name.startswith(("autograd_lite.rules", "autograd_lite.errors"))
            assert allowed or name == "autograd_lite", f"{path.name} imports {name}"


def test_the_hand_derived_formulas_import_nothing_of_the_engine():
    """nn.by_hand is the oracle: NumPy, the standard library and its own modules."""
    for path in paths("nn.by_hand"):
        for name in imports(path):
            first = name.split(".")[0]
            assert (
                first == "numpy"
                or name.startswith("nn.by_hand")
                or name == "nn"
                or (first in sys.stdlib_module_names)
            ), f"{path.name} imports {name}"


def test_nn_uses_the_public_face_of_the_engine():
    """nn imports `autograd_lite` itself, nothing inside it."""
    for path in paths("nn"):
        for name in imports(path):
            assert not name.startswith("autograd_lite."), f"{path.name} imports {name}"


def test_there_is_no_room_for_odds_and_ends():
    """No utils, helpers, core or misc."""
    for path in PYTHON:
        assert path.stem not in {"utils", "util", "helpers", "core", "misc", "common"}, path


def test_importing_the_engine_loads_numpy_and_the_standard_library_only():
    """`import autograd_lite` costs NumPy and nothing else."""
    code = (
        "import sys, numpy; before = set(sys.modules); import autograd_lite; "
        "print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(out.stdout.split()) - {"autograd_lite", "numpy"} - set(sys.stdlib_module_names)
    assert not {m for m in loaded if not m.startswith("_")}, loaded


def test_the_wheel_holds_both_packages_and_their_data(tmp_path):
    """Some build tools ship one of two packages in silence; ours ships both."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        check=True, capture_output=True, cwd=ROOT,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("autograd_lite", "nn"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert str(path.relative_to(ROOT)) in names, path
