"""Cost and result of importing: public names, functions that stay functions, and whose nn it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn

ROOT = Path(__file__).parents[2]
SEEN = "import autograd_lite as ag, types; print(*[type(getattr(ag, n)).__name__ for n in {}])"
FUNCTIONS = ["check_grads", "compare", "compile", "derive", "draw", "explore", "iterate"]


def run(*arguments, cwd=ROOT, path=ROOT, **env):
    """Run Python in a fresh process, with `path` before everything else that it imports from."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(path), **env},
    )  # fmt: skip


@pytest.mark.parametrize("package", [ag, nn])
def test_dir_shows_public_names_only(package):
    """No imports, submodules or private names; every name shown is there."""
    names = dir(package)
    assert names == sorted({*package.__all__, *({"nn"} if package is ag else ())})
    assert not [name for name in names if name.startswith("_") or not hasattr(package, name)]
    assert not {"np", "Any", "annotations", "engine", "sys", "advice"} & {*names}


def test_functions_of_numpy_are_there():
    """ag.tanh is np.tanh; types, constants and misspelled names are not."""
    assert ag.tanh is np.tanh
    for name in ("gradd", "float64", "pi", "_core"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(ag, name)


@pytest.mark.parametrize(
    "first",
    [
        "import autograd_lite.compile",
        "import autograd_lite.draw",
        "from autograd_lite.compile.jit import Step",
        "from autograd_lite.draw import dot",
        "import autograd_lite.check.compare",
        "from autograd_lite import derive",
        "from autograd_lite import explore, compile",
        "import nn",
        "pass",
    ],
)
def test_no_submodule_hides_the_function_of_its_name(first):
    """Python binds a submodule in its package; whatever comes first, ag.compile is the function."""
    done = run("-c", f"{first}; {SEEN.format(FUNCTIONS)}")
    assert done.stdout.split() == ["function"] * len(FUNCTIONS), done.stderr


def test_threads_that_ask_at_once_get_the_function():
    """While one thread loads a submodule, others wait for it."""
    code = """
import autograd_lite as ag
from concurrent.futures import ThreadPoolExecutor
names = ["compile", "draw", "derive", "check_grads"] * 8
with ThreadPoolExecutor(16) as pool:
    print(*{type(f).__name__ for f in pool.map(lambda name: getattr(ag, name), names)})
"""
    done = run("-c", code)
    assert done.stdout.split() == ["function"], done.stderr


def test_importing_loads_what_a_first_program_needs():
    """Compiling, drawing and checking are loaded when first used, and heavy modules with them."""
    done = run("-c", "import autograd_lite, sys; print(*sys.modules)")
    loaded = set(done.stdout.split())
    later = {"check", "compile", "draw", "advice.shape_errors", "advice.warnings"}
    assert not {f"autograd_lite.{name}" for name in later} & loaded
    assert not {"pathlib", "dataclasses", "numpy.typing", "urllib", "nn", "argparse"} & (
        loaded - set(run("-c", "import numpy, sys; print(*sys.modules)").stdout.split())
    )


@pytest.mark.thorough
def test_importing_costs_little_more_than_numpy(tmp_path):
    """At most 1.4 x `import numpy`, with bytecode: a measurement, so not in the default profile."""
    resource = pytest.importorskip("resource", reason="Windows has no CPU time of child processes")
    spent: dict[str, list[float]] = {"numpy": [], "autograd_lite": []}
    for _ in range(12):
        for name, times in spent.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            bytecode = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
            assert run("-c", f"import {name}", **bytecode).returncode == 0
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent["autograd_lite"]) <= 1.4 * min(spent["numpy"]), spent


# The name nn


def test_the_alias_is_nn():
    """ag.nn is the package that `import nn` finds."""
    assert ag.nn is nn


def test_a_file_of_the_learners_own_that_is_called_nn(tmp_path):
    """It hides the package: one sentence names it and says what to do, and it is not run."""
    (tmp_path / "nn.py").write_text("print('I was run')")
    for arguments in (
        ["-m", "autograd_lite", "--help"],
        ["-c", "import autograd_lite as ag; ag.nn"],
    ):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode != 0
        assert "I was run" not in done.stdout
        assert f"{tmp_path / 'nn.py'} is in the way" in done.stderr
        assert "Rename it, or run in another folder." in done.stderr
    assert len(run("-m", "autograd_lite", cwd=tmp_path).stderr.splitlines()) == 1
    done = run("-c", "import nn, autograd_lite as ag; ag.nn", cwd=tmp_path)
    assert f"{tmp_path / 'nn.py'} is in the way" in done.stderr


@pytest.mark.parametrize("foreign", ["print('I was run')", None])
def test_another_package_that_has_overwritten_nn(tmp_path, foreign):
    """`pip install nn` writes over nn/__init__.py; uninstalling it removes that file."""
    for package in ("autograd_lite", "nn"):
        no_bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=no_bytecode)
    init = tmp_path / "nn" / "__init__.py"
    init.unlink()
    if foreign is not None:
        init.write_text(foreign)
    for arguments in (
        ["-m", "autograd_lite", "--help"],
        ["-c", "import autograd_lite as ag; ag.nn"],
    ):
        done = run(*arguments, cwd=tmp_path, path=tmp_path)
        assert done.returncode != 0
        assert "I was run" not in done.stdout
        assert f"{init} is missing or not autograd-lite's" in done.stderr
        assert "pip install --force-reinstall --no-deps autograd-lite" in done.stderr


def test_the_command_line_is_that_of_nn():
    """`python -m autograd_lite` is `autograd-lite`; its version is the package's."""
    done = run("-m", "autograd_lite", "--version")
    assert (done.returncode, done.stdout) == (0, f"autograd-lite {ag.__version__}\n")
    done = run("-m", "autograd_lite", "derive", "--layers", "2,1")
    assert done.returncode == 0, done.stderr
    assert "dZ1" in done.stdout
