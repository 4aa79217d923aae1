"""Bugs sown into a copy of the engine, and the process that runs tests on such copies.

A bug is named by the function it is in, the kind of operation and its position among the function's
operations of this kind, so that rewording, formatting and moving code to another file keep it.

As a program it imports NumPy and pytest once and forks for every bug: see `noticed`.
"""

from __future__ import annotations

import ast
import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDERS = ("engine", "transforms")
# The files that notice most bugs first; the others only run on what these let pass.
FIRST = ("engine/test_tensor.py", "transforms/test_transforms.py", "engine/test_misuse.py")
SECOND = (
    "engine/test_sweep.py",
    "engine/test_numerics.py",
    "engine/test_anomaly.py",
    "transforms/test_checkpoint.py",
    "engine/test_threads.py",
    "engine/test_memory.py",
    "advice/test_advice.py",
    "rules/test_linalg.py",
)
LIMIT = 300  # seconds; a test that takes longer hangs, which is noticed too

Kind = Callable[[ast.AST], bool]
Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Bug:
    """One change of one operation: the `index`-th of its `kind` in a function or Class.method."""

    function: str
    kind: Kind
    change: Change
    index: int = 0

    def __str__(self) -> str:
        return f"{self.function}: {self.kind.__name__} {self.index}, {self.change.__name__}"


# Kinds of operations


def named(name: str, kind: Kind) -> Kind:
    """Name a kind as a report shows it."""
    kind.__name__ = name
    return kind


def mentions(node: ast.AST | None, word: str) -> bool:
    """Return whether a name, an attribute or an argument in the code is `word`."""
    parts = ast.walk(node) if node is not None else ()
    return any(word in (getattr(p, "id", 0), getattr(p, "attr", 0)) for p in parts)


def a(kind: type[ast.AST]) -> Kind:
    """Return every node of a type of the module ast."""
    return named(kind.__name__, lambda node: isinstance(node, kind))


def binary(operator: type[ast.operator]) -> Kind:
    """Return every `x + y` for ast.Add, and so on."""
    return named(
        operator.__name__,
        lambda node: isinstance(node, ast.BinOp) and isinstance(node.op, operator),
    )


def asks(word: str) -> Kind:
    """Return every `if`, as statement or expression, whose condition mentions a word."""
    return named(
        f"if {word}",
        lambda node: isinstance(node, ast.If | ast.IfExp) and mentions(node.test, word),
    )


def call(function: str) -> Kind:
    """Return every call of a function or method of this name."""
    return named(
        f"{function}()",
        lambda node: (
            isinstance(node, ast.Call)
            and function in (getattr(node.func, "id", 0), getattr(node.func, "attr", 0))
        ),
    )


def sets(target: str) -> Kind:
    """Return every assignment to a variable or attribute of this name."""
    return named(
        f"{target} =",
        lambda node: (
            isinstance(node, ast.Assign | ast.AugAssign)
            and any(
                target in (getattr(t, "id", 0), getattr(t, "attr", 0))
                for t in (node.targets if isinstance(node, ast.Assign) else [node.target])
            )
        ),
    )


def runs(function: str) -> Kind:
    """Return every statement that is nothing but a call of this name."""
    inner = call(function)
    return named(
        f"{function}() alone", lambda node: isinstance(node, ast.Expr) and inner(node.value)
    )


def either(word: str) -> Kind:
    """Return every `or` and `and` with an operand that mentions a word."""
    return named(
        f"and/or {word}",
        lambda node: (
            isinstance(node, ast.BoolOp) and any(mentions(value, word) for value in node.values)
        ),
    )


# Changes


def left(node: ast.BinOp) -> ast.expr:
    """Keep the left operand only."""
    return node.left


def right(node: ast.BinOp) -> ast.expr:
    """Keep the right operand only."""
    return node.right


def never(node: Any) -> Any:
    """Let the condition be False."""
    node.test = ast.Constant(False)
    return node


def always(node: Any) -> Any:
    """Let the condition be True."""
    node.test = ast.Constant(True)
    return node


def other_way(node: ast.Compare) -> ast.Compare:
    """Ask for != instead of ==, or for == instead of !=."""
    node.ops = [ast.NotEq() if isinstance(op, ast.Eq) else ast.Eq() for op in node.ops]
    return node


def nothing(node: ast.stmt) -> ast.stmt:
    """Do nothing instead."""
    return ast.Pass()


def leaving(node: ast.Continue) -> ast.Break:
    """Leave the loop instead of going on."""
    return ast.Break()


def unguarded(node: ast.With) -> list[ast.stmt]:
    """Run the block without its context manager."""
    return node.body


def first_argument(node: ast.Call) -> ast.expr:
    """Return the argument unchanged."""
    return node.args[0]


def without_keywords(node: ast.Call) -> ast.Call:
    """Pass the arguments by position only."""
    node.keywords = []
    return node


def without(word: str) -> Change:
    """Leave out the operands of `and` and `or` that mention a word."""

    def change(node: ast.BoolOp) -> ast.expr:
        values = [value for value in node.values if not mentions(value, word)]
        return ast.BoolOp(node.op, values) if len(values) > 1 else values[0]

    change.__name__ = f"without {word}"
    return change


def put(code: str) -> Change:
    """Write another expression there."""

    def change(node: ast.expr) -> ast.expr:
        return ast.parse(code, mode="eval").body

    change.__name__ = f"{code} instead"
    return change


def value(code: str) -> Change:
    """Assign another value."""

    def change(node: Any) -> Any:
        node.value = ast.parse(code, mode="eval").body
        return node

    change.__name__ = f"= {code}"
    return change


def renamed(old: str, new: str) -> Change:
    """Call another function."""

    def change(node: Any) -> Any:
        for part in ast.walk(node):
            for field in ("id", "attr"):
                if getattr(part, field, None) == old:
                    setattr(part, field, new)
        return node

    change.__name__ = f"{new} for {old}"
    return change


def argument(place: int | str, code: str) -> Change:
    """Pass another argument at a position or keyword of a call."""

    def change(node: ast.Call) -> ast.Call:
        new = ast.parse(code, mode="eval").body
        if isinstance(place, int):
            node.args[place] = new
        else:
            (keyword,) = [keyword for keyword in node.keywords if keyword.arg == place]
            keyword.value = new
        return node

    change.__name__ = f"{place}={code}"
    return change


# Sowing


class Sower(ast.NodeTransformer):
    """Changes one operation inside one function, and counts the functions of this name."""

    def __init__(self, bug: Bug) -> None:
        self.bug = bug
        self.path: list[str] = []
        self.functions = self.seen = 0

    def visit(self, node: ast.AST) -> Any:
        """Change the operation that is meant, and look into all others."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.path.append(node.name)
            self.functions += self._name() == self.bug.function
            self.generic_visit(node)
            self.path.pop()
            return node
        if (self._name() + ".").startswith(self.bug.function + ".") and self.bug.kind(node):
            self.seen += 1
            if self.seen == self.bug.index + 1:
                return self.bug.change(node)
        return self.generic_visit(node)

    def _name(self) -> str:
        return ".".join(self.path)


@functools.cache
def sources() -> dict[Path, tuple[str, str]]:
    """Return the code in which bugs are sown, as it is and as ast prints it, by path."""
    package = ROOT / "autograd_lite"
    paths = [path for folder in FOLDERS for path in sorted((package / folder).rglob("*.py"))]
    texts = {path.relative_to(package): path.read_text(encoding="utf-8") for path in paths}
    return {path: (text, ast.unparse(ast.parse(text))) for path, text in texts.items()}


def sow(bug: Bug) -> tuple[Path, str]:
    """Return the file with the bug and its new text.

    Raises LookupError if the operation is not in exactly one file.
    """
    functions, found = 0, []
    for path, (text, printed) in sources().items():
        if f"def {bug.function.split('.')[-1]}(" in text:
            sower = Sower(bug)
            sown = ast.unparse(ast.fix_missing_locations(sower.visit(ast.parse(text))))
            functions += sower.functions
            found += [(path, sown)] if sown != printed else []
    if len(found) != 1:
        raise LookupError(
            f"{bug}: {functions} functions of this name in {' and '.join(FOLDERS)}, and the "
            f"operation in {len(found)} files. Name the place where the operation is now."
        )
    return found[0]


# Running tests


def noticed(bugs: Sequence[Bug | None], folder: Path, at_once: int = 2) -> list[bool]:
    """Return for each bug whether a test fails with it; None stands for the right code."""
    for i, bug in enumerate(bugs):
        copy = folder / str(i)
        # with its bytecode, which stays valid since the copy keeps the times of files
        shutil.copytree(ROOT / "autograd_lite", copy / "autograd_lite")
        if bug is not None:
            path, text = sow(bug)
            (copy / "autograd_lite" / path).write_text(text, encoding="utf-8")
    command = [sys.executable, str(Path(__file__)), str(folder), str(len(bugs)), str(at_once)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    codes = dict(line.split() for line in done.stdout.splitlines() if line.startswith("bug"))
    return [codes[f"bug{i}"] == "noticed" for i in range(len(bugs))]


def run_tests(copy: Path) -> int:
    """Run the tests on the copy of the engine in a folder; return 0 if all pass."""
    import pytest

    folders = [str(copy), str(ROOT)]
    sys.path[:0] = folders
    os.environ["PYTHONPATH"] = os.pathsep.join(folders)  # for the processes that tests start
    quiet = os.open(str(copy / "log"), os.O_CREAT | os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = 0
    for files in (FIRST, SECOND):
        paths = [str(ROOT / "tests" / file) for file in files]
        code = code or int(
            pytest.main(["-x", "--assert=plain", "-k", "not linear and not many_calls", *paths])
        )
    return code


def children(folder: Path, count: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Fork for each copy, some at once; yield number and exit status of each that ends."""
    running: dict[int, int] = {}
    waiting = list(range(count))
    while waiting or running:
        while waiting and len(running) < at_once:
            i = waiting.pop(0)
            child = os.fork()
            if child == 0:
                signal.alarm(LIMIT)
                code = 70  # an exception here is no failed test
                try:
                    code = run_tests(folder / str(i))
                finally:
                    os._exit(code)
            running[child] = i
        child, status = os.wait()
        yield running.pop(child), status


def main(folder: str, count: str, at_once: str) -> None:
    """Print for each copy whether a test noticed its bug."""
    # what every test imports, and nothing of ours
    import distributed  # noqa: F401
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401

    for i, status in children(Path(folder), int(count), int(at_once)):
        code = os.waitstatus_to_exitcode(status)
        if code in (0, 1, 2) or code == -signal.SIGALRM:  # passed, failed, not imported, hung
            print(f"bug{i}", "noticed" if code else "missed", flush=True)
        else:
            log = (Path(folder) / str(i) / "log").read_text(encoding="utf-8")
            raise SystemExit(f"pytest ended with {code} on copy {i}:\n{log}")


if __name__ == "__main__":
    main(*sys.argv[1:])
