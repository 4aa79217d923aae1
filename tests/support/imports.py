"""The modules of both packages and the imports between them, read from the source."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("autograd_lite", "nn")


def paths(package: str) -> list[Path]:
    """Return the Python files of a package or of a folder in one."""
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


def module_of(path: Path) -> str:
    """Return a file's dotted name; that of a folder for its __init__."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the parsed source of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import that runs, also inside functions: not those for annotations alone."""
    waiting: list[ast.AST] = [tree(path)]
    for node in waiting:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


@functools.cache
def imports(path: Path) -> set[str]:
    """Return the absolute names of what a file imports: `package.module` or `package.name`."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in statements(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *filter(None, [node.module])])
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


@functools.cache
def graph() -> dict[str, set[str]]:
    """Return for each module of both packages those modules that it imports."""
    modules = {module_of(path): path for package in PACKAGES for path in paths(package)}

    def module_in(name: str) -> str | None:
        while name and name not in modules:
            name = name.rpartition(".")[0]
        return name or None

    return {
        module: {m for m in map(module_in, imports(path)) if m and m != module}
        for module, path in modules.items()
    }


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return groups of modules that import one another, each group in the order of its names."""
    reached = {start: _reachable(arrows, start) for start in arrows}
    groups = {frozenset({m for m in reached[s] if s in reached[m]} | {s}) for s in arrows}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reachable(arrows: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen
