"""The result of `draw`: a picture that can be printed, saved, and shown in a notebook."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import DrawingError
from .dot import dot
from .picture import Picture
from .render import NO_RENDERER, can_render, render
from .tree import tree

_SOURCE_KINDS = (".dot", ".gv")
_PICTURE_KINDS = (".svg", ".png", ".pdf")


class Drawing:
    """A drawn graph: `print` shows it as text, a notebook as a picture, `render` writes a file.

    Examples
    --------
    >>> from autograd_lite import Tensor, draw
    >>> draw(Tensor(2.0, requires_grad=True, name="x") ** 2)
    J = x**2  cost       () float64  4  dJ —
    └─ x      parameter  () float64  2  dx —
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def source(self) -> str:
        """Return the graph in DOT, the language of Graphviz."""
        return dot(self.picture)

    def _plain(self) -> str:
        return dot(self.picture, html=False)

    def render(self, path: str | Path) -> Path:
        """Write an .svg, .png, .pdf, .dot or .txt file.

        Parameters
        ----------
        path : str or Path
            The file; its suffix decides the format. If nothing on this machine can render an
            .svg, a .dot file is written instead, with a warning that says what to install.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        DrawingError
            If a .png or .pdf cannot be made, or for another suffix.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind in _SOURCE_KINDS:
            path.write_text(self.source, encoding="utf-8")
            return path
        if kind == ".txt":
            path.write_text(f"{self}\n", encoding="utf-8")
            return path
        if kind not in _PICTURE_KINDS:
            raise DrawingError(
                f"a drawing can be written as .svg, .png, .pdf, .dot or .txt, not {path.name!r}."
            )
        if kind == ".svg" and not can_render():
            path = path.with_suffix(".dot")
            path.write_text(self.source, encoding="utf-8")
            warnings.warn(f"{NO_RENDERER} The source was written to {path}.", stacklevel=2)
            return path
        path.write_bytes(render(self.source, kind[1:], self._plain))
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return render(self.source, plain=self._plain).decode()
        except DrawingError:
            return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = self._repr_svg_()
        return {"text/plain": str(self)} | ({"image/svg+xml": svg} if svg else {})

    def __str__(self) -> str:
        return tree(self.picture)

    __repr__ = __str__
