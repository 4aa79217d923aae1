"""docs/pictures/architecture.svg: the rooms and who imports whom, read from the code.

An arrow points from a room to one that it imports. Arrows that follow from others are left out.
"""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
PACKAGE = "autograd_lite"
FACE = f"{PACKAGE}/__init__.py"

WIDTH, LANE, GAP, PAD = 880, 34, 34, 10  # of the picture, its margins, between boxes, inside them
SANS = "font-family='DejaVu Sans, Verdana, sans-serif'"
MONO = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
SENTENCE, NAME = 7.4, 7.3  # width of a character: at most this for 13 px sans, 12 px mono
LINE = 17
COLUMN = 104  # of the rooms inside a room, with the gap between two


@dataclass
class Room:
    """A folder or a module: what it says of itself, what is in it, and what it imports."""

    name: str
    sentence: str
    files: list[str] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    inner: list[Room] = field(default_factory=list)


def write() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")


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
    text = docstring(folder)
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
        room = Room(path.stem, first_line(path))
        if path.is_dir():
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
    face = Room(FACE, first_line(ROOT / PACKAGE), uses={r.name for r in rooms})
    nn = Room("nn", first_line(ROOT / "nn"), files_of(ROOT / "nn"), {FACE})
    benchmarks = Room("benchmarks", first_line(ROOT / "benchmarks"), uses={"nn", FACE})
    return [*rooms, face, nn, benchmarks]


def levels(rooms: list[Room]) -> dict[str, int]:
    """Return each room's distance from the ground, the longest way down.

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


def picture() -> str:
    """Return the picture as SVG, what a user imports on top and the ground at the bottom."""
    rooms = house()
    edges, level = arrows(rooms), levels(rooms)
    boxes: dict[str, Box] = {}
    y = PAD
    for row in rows(level, edges):
        made = placed([room for name in row for room in rooms if room.name == name], y)
        boxes |= {box.room.name: box for box in made}
        y += made[0].height + GAP
    height = y - GAP + PAD
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' "
        f"width='{WIDTH}' height='{height}'>",
        "<title>The rooms of autograd-lite and the imports between them</title>",
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8' "
        "markerHeight='8' orient='auto'><path d='M0 0 8 4 0 8z' fill='#444'/></marker></defs>",
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>",
    ]
    for box in boxes.values():
        lines += box.drawn()
    lane = 0
    for a, b in edges:
        if level[a] - level[b] == 1:
            lines.append(straight(boxes[a], boxes[b]))
        else:
            lines.append(around(boxes[a], boxes[b], lane))
            lane += 1
    return "\n".join([*lines, "</svg>"]) + "\n"


def rows(level: dict[str, int], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Return the rows of boxes, top row first, ordered so that the fewest arrows cross a box."""
    layers = [sorted(n for n in level if level[n] == k) for k in range(max(level.values()), -1, -1)]
    long = [(a, b) for a, b in edges if level[a] - level[b] > 1]

    def crossings(order: tuple[tuple[str, ...], ...]) -> int:
        ends = [{row[i] for row in order} for i in (0, -1)]
        return sum(not any({a, b} <= side for side in ends) for a, b in long)

    best = min(itertools.product(*map(itertools.permutations, layers)), key=crossings)
    return [list(row) for row in best]


def placed(row: list[Room], y: int) -> list[Box]:
    """Return the boxes of a row; rooms with rooms inside get the width that these need."""
    needs = [len(columns(room.inner)) * COLUMN for room in row]
    free = WIDTH - 2 * LANE - GAP * (len(row) - 1) - sum(needs)
    share = free // max(1, needs.count(0))
    made, x = [], LANE
    for room, need in zip(row, needs, strict=True):
        width = need or share
        if need and len(row) == 1:
            width += free
        made.append(Box(room, x, y, width))
        x += width + GAP
    for box in made:
        box.height = max(other.height for other in made)
    return made


class Box:
    """A room in the picture: its place, and its text wrapped to its width."""

    def __init__(self, room: Room, x: int, y: int, width: int) -> None:
        self.room, self.x, self.y, self.width = room, x, y, width
        inside = self.width - 2 * PAD
        self.title = room.name + ("/" if room.files else "")
        self.sentence = wrapped(room.sentence, inside, SENTENCE)
        self.files = [] if room.inner else wrapped("  ".join(room.files), inside, NAME)
        self.columns = columns(room.inner)
        self.height = 2 * PAD + LINE * (1 + len(self.sentence) + len(self.files))
        if self.columns:
            self.height += PAD + max(map(stack_height, self.columns))

    def drawn(self) -> list[str]:
        """Return the box and its text as SVG."""
        lines = [frame(self.x, self.y, self.width, self.height, "#f4f7fb")]
        x, y = self.x + PAD, self.y + PAD + 12
        lines.append(text(x, y, self.title, MONO, 14, bold=True))
        for line in self.sentence:
            y += LINE
            lines.append(text(x, y, line, SANS, 13))
        for line in self.files:
            y += LINE
            lines.append(text(x, y, line, MONO, 12, "#555"))
        return lines + self.drawn_columns(x, y + PAD)

    def drawn_columns(self, x: float, y: float) -> list[str]:
        """Return the rooms inside as columns, each of which imports only those left of it."""
        if not self.columns:
            return []
        lines = []
        gap = 14
        width = (self.width - 2 * PAD - gap * (len(self.columns) - 1)) // len(self.columns)
        for i, column in enumerate(self.columns):
            left, top = x + i * (width + gap), y
            if i:
                lines.append(arrow(f"M{left} {y + 15} H{left - gap + 2}"))
            for room in column:
                height = room_height(room)
                lines.append(frame(left, top, width, height, "white"))
                title = room.name + ("/" if room.files else "")
                lines.append(text(left + 6, top + 18, title, MONO, 12, bold=True))
                for k, name in enumerate(room.files, 1):
                    lines.append(text(left + 6, top + 18 + k * LINE, name, MONO, 12, "#555"))
                top += height + PAD
        return lines


def columns(rooms: list[Room]) -> list[list[Room]]:
    """Sort rooms into columns, each of which imports only those before it."""
    level = levels(rooms)
    return [[r for r in rooms if level[r.name] == n] for n in sorted(set(level.values()))]


def room_height(room: Room) -> int:
    """Return the height of a room inside another."""
    return LINE * (1 + len(room.files)) + PAD


def stack_height(rooms: list[Room]) -> int:
    """Return the height of rooms under each other."""
    return sum(map(room_height, rooms)) + PAD * (len(rooms) - 1)


def straight(a: Box, b: Box) -> str:
    """Return an arrow from a box to one in the next row."""
    left, right = max(a.x, b.x), min(a.x + a.width, b.x + b.width)
    if left < right:
        x = (left + right) // 2
        return arrow(f"M{x} {a.y + a.height} V{b.y}")
    return arrow(f"M{a.x + a.width // 2} {a.y + a.height} L{b.x + b.width // 2} {b.y}")


def around(a: Box, b: Box, lane: int) -> str:
    """Return an arrow past other rows, along the nearer margin."""
    on_left = a.x == b.x == LANE
    edge = LANE - 8 - 7 * (lane % 3)
    x = edge if on_left else WIDTH - edge
    start, end = (a.x, b.x) if on_left else (a.x + a.width, b.x + b.width)
    return arrow(f"M{start} {a.y + a.height - 18} H{x} V{b.y + 18} H{end}")


def arrow(path: str) -> str:
    """Return an arrow along a path."""
    return f"<path d='{path}' fill='none' stroke='#444' marker-end='url(#tip)'/>"


def frame(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a rounded rectangle."""
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{fill}' "
        f"stroke='#8aa0b8'/>"
    )


def text(
    x: float, y: float, words: str, font: str, size: int, fill: str = "#111", bold: bool = False
) -> str:
    """Return a line of text."""
    weight = " font-weight='bold'" if bold else ""
    return (
        f"<text x='{x}' y='{y}' {font} font-size='{size}'{weight} fill='{fill}' "
        f"xml:space='preserve'>{escape(words)}</text>"
    )


def wrapped(words: str, width: float, character: float) -> list[str]:
    """Break a text into lines that fit a width, at spaces."""
    return textwrap.wrap(words, int(width / character), break_long_words=False)
