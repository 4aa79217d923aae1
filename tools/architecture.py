"""docs/pictures/architecture.svg: the rooms and who imports whom, read from the code.

An arrow points from a room to one that it imports. Arrows that follow from others are left out.
"""

from __future__ import annotations

import itertools
import textwrap
from html import escape

from .rooms import ROOT, Room, arrows, house, levels

PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"

WIDTH, LANE, GAP, PAD = 880, 34, 34, 10  # of the picture, its margins, between boxes, inside them
SANS = "font-family='DejaVu Sans, Verdana, sans-serif'"
MONO = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
SENTENCE, NAME = 7.4, 7.3  # width of a character: at most this for 13 px sans, 12 px mono
LINE = 17
COLUMN = 104  # of the rooms inside a room, with the gap between two


def write() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")


def picture() -> str:
    """Return the picture as SVG, what a user imports on top and the ground at the bottom."""
    rooms = house()
    edges, depth = arrows(rooms), depths(rooms)
    boxes: dict[str, Box] = {}
    y = PAD
    for row in rows(depth, edges):
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
        if depth[b] - depth[a] == 1:
            lines.append(straight(boxes[a], boxes[b]))
        else:
            lines.append(around(boxes[a], boxes[b], lane))
            lane += 1
    return "\n".join([*lines, "</svg>"]) + "\n"


def depths(rooms: list[Room]) -> dict[str, int]:
    """Return each room's row, counted from the top: under its importers, as high as possible.

    A room with rooms inside is wide, so it has a row of its own.
    """
    above: dict[str, int] = {}
    for room in sorted(rooms, key=lambda room: -levels(rooms)[room.name]):
        importers = [above[other.name] for other in rooms if room.name in other.uses]
        above[room.name] = 1 + max(importers, default=-1)
    place = {room.name: (above[room.name], bool(room.inner)) for room in rooms}
    return {name: sorted(set(place.values())).index(place[name]) for name in place}


def rows(depth: dict[str, int], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Return the rows of boxes, ordered so that the fewest arrows cross a box."""
    layers = [sorted(n for n in depth if depth[n] == k) for k in range(max(depth.values()) + 1)]
    long = [(a, b) for a, b in edges if depth[b] - depth[a] > 1]

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
        lines.append(text(x, y, self.room.title, MONO, 14, bold=True))
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
                lines.append(text(left + 6, top + 18, room.title, MONO, 12, bold=True))
                for k, name in enumerate(room.files, 1):
                    lines.append(text(left + 6, top + 18 + k * LINE, name, MONO, 11, "#555"))
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
