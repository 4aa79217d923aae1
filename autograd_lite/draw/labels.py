"""Labels for Graphviz: as its HTML-like tables, or plain where Graphviz was built without these.

In plain labels each line starts with a mark that stands for its style; `dress` turns the marks in
the finished SVG into type and colour, so that both kinds look alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

VALUE, GRADIENT, QUIET = "#00507D", "#B34700", "#5A5A5A"
MONO = "DejaVu Sans Mono,Courier New,monospace"

# What a line is: colour, size, and whether columns line up
STYLES: dict[str, tuple[str, int, bool]] = {
    "given": ("#000000", 12, False),
    "made up": ("#000000", 12, False),
    "shape": (QUIET, 10, False),
    "value": (VALUE, 13, False),
    "gradient": (GRADIENT, 13, False),
    "value summary": (VALUE, 11, False),
    "gradient summary": (GRADIENT, 11, False),
    "value array": (VALUE, 10, True),
    "gradient array": (GRADIENT, 10, True),
    "note": ("#333333", 12, False),
}
_FIRST = 0xE000  # of the characters for private use
MARKS = {style: chr(_FIRST + i) for i, style in enumerate(STYLES)}
_END = chr(_FIRST + len(STYLES))  # of the name at the start of a line


class Row(NamedTuple):
    """One line of a label; `name` stands before the words, bold when the user gave it."""

    style: str
    words: str
    name: str = ""


def rich(rows: Sequence[Row]) -> str:
    """The rows as an HTML-like label.

    >>> rich([Row("shape", "() float64")])[-36:]
    '() float64</FONT></TD></TR></TABLE>>'
    """
    cells = "".join(f'<TR><TD ALIGN="LEFT">{rich_row(row)}</TD></TR>' for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'


def rich_row(row: Row) -> str:
    """One line of an HTML-like label."""
    colour, size, mono = STYLES[row.style]
    name = text(row.name)
    words = text(row.words)
    if row.name:
        name = f"<B>{name}</B>" if row.style == "given" else f"<I>{name}</I>"
    if mono or row.name:  # a browser would drop spaces at the start of a piece of text
        words = words.replace(" ", "&#160;")
    face = f' FACE="{MONO}"' if mono else ""
    return f'<FONT COLOR="{colour}" POINT-SIZE="{size}"{face}>{name}{words}</FONT>'


def plain(rows: Sequence[Row]) -> str:
    """The rows as a quoted label, each marked with its style."""
    lines = []
    for row in rows:
        words = row.words.replace(" ", "\u00a0") if STYLES[row.style][2] else row.words
        name = f"{row.name}{_END}" if row.name else ""
        lines.append(f"{MARKS[row.style]}{quoted(name + words)[1:-1]}\\l")
    return f'"{"".join(lines)}"'


def dress(svg: str) -> str:
    """An SVG with plain labels, its lines in the type and colour that their marks stand for.

    >>> dress(f'<text x="1" font-size="12.00">{MARKS["shape"]}()</text>')
    '<text x="1" font-size="10" fill="#5A5A5A">()</text>'
    """
    styles = {mark: style for style, mark in MARKS.items()}

    def one(found: re.Match[str]) -> str:
        attributes, mark, words = found.groups()
        style = styles[mark]
        colour, size, mono = STYLES[style]
        attributes = re.sub(r' (font-size|fill)="[^"]*"', "", attributes)
        if mono:
            attributes = re.sub(r' font-family="[^"]*"', "", attributes)
            attributes += f' font-family="{MONO}"'
        name, end, rest = words.partition(_END)
        if end:
            look = 'font-weight="bold"' if style == "given" else 'font-style="italic"'
            words = f"<tspan {look}>{name}</tspan>{rest}"
        return f'<text{attributes} font-size="{size}" fill="{colour}">{words}</text>'

    marks = "".join(MARKS.values())
    svg = re.sub(rf"<text([^>]*)>([{marks}])(.*?)</text>", one, svg, flags=re.S)
    return re.sub(f"[{marks}{_END}]", "", svg)  # those in tooltips


def text(words: str) -> str:
    """Words safe inside an HTML-like label of Graphviz.

    >>> text("<script>&")
    '&lt;script&gt;&amp;'
    """
    return escape(printable(words), quote=True)


def quoted(words: str) -> str:
    """Words as a DOT string.

    >>> print(quoted('say "a\\\\b"'))
    "say \\"a\\\\b\\""
    """
    flat = printable(words).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{flat}"'


def printable(words: str) -> str:
    """Words in one line, without control characters."""
    own = "\u00a0" + _END
    return "".join(c if c.isprintable() or c in own else " " for c in words)
