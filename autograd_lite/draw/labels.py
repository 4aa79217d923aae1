"""Labels for Graphviz: HTML-like tables, or plain text for a Graphviz that was built without them.

In plain labels each line starts with a mark for its style. `style_svg` replaces the marks in the
finished SVG by fonts and colours, so that both kinds of labels look the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

VALUE, GRADIENT, QUIET = "#00507D", "#B34700", "#5A5A5A"
MONO = "DejaVu Sans Mono,Courier New,monospace"

# Colour, size, and whether the font is monospaced
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
_FIRST = 0xE000  # of Unicode's private use area
MARKS = {style: chr(_FIRST + i) for i, style in enumerate(STYLES)}
_END = chr(_FIRST + len(STYLES))  # ends the name at the start of a line


class Row(NamedTuple):
    """One line of a label; `name` stands before the words, bold if it is the user's."""

    style: str
    words: str
    name: str = ""


def html_label(rows: Sequence[Row]) -> str:
    """Return the rows as an HTML-like label.

    >>> html_label([Row("shape", "() float64")])[-36:]
    '() float64</FONT></TD></TR></TABLE>>'
    """
    cells = "".join(f'<TR><TD ALIGN="LEFT">{html_row(row)}</TD></TR>' for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'


def html_row(row: Row) -> str:
    """Return one line of an HTML-like label."""
    colour, size, mono = STYLES[row.style]
    name, words = text(row.name), text(row.words)
    if row.name:
        name = f"<B>{name}</B>" if row.style == "given" else f"<I>{name}</I>"
    if mono or row.name:  # a browser drops spaces at the start of a text
        words = words.replace(" ", "&#160;")
    face = f' FACE="{MONO}"' if mono else ""
    return f'<FONT COLOR="{colour}" POINT-SIZE="{size}"{face}>{name}{words}</FONT>'


def plain_label(rows: Sequence[Row]) -> str:
    """Return the rows as a quoted label, each marked with its style."""
    lines = []
    for row in rows:
        words = row.words.replace(" ", "\u00a0") if STYLES[row.style][2] else row.words
        name = f"{row.name}{_END}" if row.name else ""
        lines.append(f"{MARKS[row.style]}{quoted(name + words)[1:-1]}\\l")
    return f'"{"".join(lines)}"'


def style_svg(svg: str) -> str:
    """Return an SVG with plain labels in the fonts and colours that their marks stand for.

    >>> style_svg(f'<text x="1" font-size="12.00">{MARKS["shape"]}()</text>')
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
    """Return words that are safe inside an HTML-like label.

    >>> text("<script>&")
    '&lt;script&gt;&amp;'
    """
    return escape(printable(words), quote=True)


def quoted(words: str) -> str:
    """Return words as a DOT string.

    >>> print(quoted('say "a\\\\b"'))
    "say \\"a\\\\b\\""
    """
    flat = printable(words).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{flat}"'


def printable(words: str) -> str:
    """Return words in one line, without control characters."""
    own = "\u00a0" + _END
    return "".join(c if c.isprintable() or c in own else " " for c in words)
