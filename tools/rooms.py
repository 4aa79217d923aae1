"""The rooms of the project, and who imports whom, read from the source."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "autograd_lite"
FACE = f"{PACKAGE}/__init__.py"


@dataclass
class Room:
    """A folder or a module: what it says of itself, what is in it, and what it imports."""

    name: str
    sentence: str
    title: str = ""
    files: list[str] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    inner: list[Room] = field(default_factory=list)


def imported(path: Path) -> set[str]:
    """Return the absolute names that a file imports, those inside functions too."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *filter(None, [node.module])])
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


def docstring(path: Path) -> str:
    """Return the docstring of a module, or of a folder's __init__.py."""
    file = path / "__init__.py" if path.is_dir() else path
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def first_line(path: Path) -> str:
    """Return the first line of a module's or folder's docstring."""
    return docstring(path).splitlines()[0]


def files_of(folder: Path) -> list[str]:
    """Return the parts of a folder in its reading order: that in which its docstring names them."""
    text = docstring(folder).partition("\n")[2]
    parts = {p.name + "/" if p.is_dir() else p.stem: p for p in members(folder)}

    def place(name: str) -> tuple[int, str]:
        at = re.search(rf"\b{name}\b" if name.isalnum() else re.escape(name), text)
        return (at.start() if at else len(text), name)

    return sorted(parts, key=place)


def members(folder: Path) -> list[Path]:
    """Return the modules and packages of a folder, without its __init__.py."""
    modules = [p for p in folder.glob("*.py") if not p.stem.startswith("__")]
    return sorted([*modules, *(p.parent for p in folder.glob("*/__init__.py"))])


def rooms_in(folder: Path) -> list[Room]:
    """Return the rooms of a folder, each with those of its neighbours that it imports."""
    rooms = []
    inside = ".".join(folder.relative_to(ROOT).parts) + "."
    paths = members(folder)
    names = {p.stem for p in paths}
    for path in paths:
        room = Room(path.stem, first_line(path), path.name)
        if path.is_dir():
            room.title += "/"
            room.files = files_of(path)
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for name in imported(file):
                if name.startswith(inside):
                    room.uses.add(name[len(inside) :].split(".")[0])
        room.uses = (room.uses & names) - {room.name}
        rooms.append(room)
    return rooms


def house() -> list[Room]:
    """Return every room of the project."""
    rooms = rooms_in(ROOT / PACKAGE)
    for room in rooms:
        if room.name == "compile":
            room.inner = rooms_in(ROOT / PACKAGE / "compile")
    # The public face loads most rooms when they are first used, so no import statement shows it.
    face = Room(FACE, first_line(ROOT / PACKAGE), FACE, uses={r.name for r in rooms})
    nn = Room("nn", first_line(ROOT / "nn"), "nn/", files_of(ROOT / "nn"), {FACE})
    benchmarks = Room(
        "benchmarks", first_line(ROOT / "benchmarks"), "benchmarks/", uses={"nn", FACE}
    )
    return [*rooms, face, nn, benchmarks]


def levels(rooms: list[Room]) -> dict[str, int]:
    """Return each room's level: one more than that of the highest room that it imports.

    Raises ValueError if rooms import each other in a circle.
    """
    by_name = {room.name: room for room in rooms}

    @cache
    def level(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:
            raise ValueError(f"import circle: {' -> '.join([*above, name])}")
        return 1 + max((level(n, (*above, name)) for n in by_name[name].uses), default=-1)

    return {room.name: level(room.name) for room in rooms}


def arrows(rooms: list[Room]) -> list[tuple[str, str]]:
    """Return the imports that do not follow from others."""
    uses = {room.name: room.uses for room in rooms}

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset(uses[name]).union(*(below(n) for n in uses[name]))

    return [
        (a, b)
        for a in sorted(uses)
        for b in sorted(uses[a])
        if not any(b in below(c) for c in uses[a] - {b})
    ]
