"""The rooms of the house: arrows go one way, imports stay light, the wheel holds everything."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Each room may import from the rooms before it, never from those behind it.
ROOMS = [
    ["errors"], ["pytree"], ["rules"], ["engine"], ["advice"], ["transforms"], ["check"],
    ["compile", "draw"],
]  # fmt: skip
NUMPY_ONLY = {"numpy", "__future__", "typing", "math"}


def imports(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, also inside functions."""
    found = set()
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *filter(None, [node.module])])
            found |= {name} | {f"{name}.{alias.name}" for alias in node.names}
    return found


def room(module: str) -> int | None:
    """Which room a module of autograd_lite is in."""
    parts = module.split(".")
    if parts[0] != "autograd_lite" or len(parts) < 2:
        return None
    return next((i for i, names in enumerate(ROOMS) if parts[1] in names), None)


def test_arrows_go_one_way():
    """No module of the engine imports from a room behind its own."""
    wrong = []
    for path in sorted((ROOT / "autograd_lite").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        here = room(".".join(parts))
        for name in imports(path):
            there = room(name)
            if here is not None and there is not None and there > here:
                wrong.append(f"{'.'.join(parts)} imports {name}")
    assert not wrong, wrong


def test_every_module_has_a_room():
    """A new module says where it stands, here."""
    modules = {p.stem if p.is_file() else p.name for p in (ROOT / "autograd_lite").iterdir()}
    known = {name for names in ROOMS for name in names}
    assert modules - known - {"__init__", "__pycache__", "py"} <= {"py.typed"} | known


def test_the_engine_never_imports_nn():
    """autograd_lite knows nothing of classifiers."""
    for path in (ROOT / "autograd_lite").rglob("*.py"):
        assert not any(name.split(".")[0] == "nn" for name in imports(path)), path


def test_rules_import_numpy_and_the_registry_only():
    """A rule never sees a Tensor."""
    for path in (ROOT / "autograd_lite" / "rules").glob("*.py"):
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
    for path in (ROOT / "nn" / "by_hand").glob("*.py"):
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
    for path in (ROOT / "nn").rglob("*.py"):
        for name in imports(path):
            assert not name.startswith("autograd_lite."), f"{path.name} imports {name}"


def test_there_is_no_room_for_odds_and_ends():
    """No utils, helpers, core or misc."""
    for package in ("autograd_lite", "nn"):
        for path in (ROOT / package).rglob("*.py"):
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
