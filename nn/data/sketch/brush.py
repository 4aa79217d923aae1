"""A brush that paints round, pointed and thin shapes on a small NumPy picture, with smooth edges.

A shape is a signed distance: negative inside, zero on its edge, growing outwards. Within one
pixel around zero the colour fades, and that is all the antialiasing there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Colour = Sequence[float] | Array
Point = tuple[float, float]


class Brush:
    """A painter in coordinates of its own: x right, y up, the figure within [-1, 1].

    ``picture`` (size, size, 3) holds red, green and blue, 0 to 1, and is painted on in place.
    ``centre`` is where (0, 0) lies, in fractions of the picture from its lower left corner;
    ``scale`` is half the figure's width in the same fractions; ``angle`` turns it
    anticlockwise, in radians; ``stretch`` widens it, and a negative one makes it look the other
    way; ``outline`` is the width of the dark line around each shape, in the brush's own unit.

    >>> picture = np.ones((8, 8, 3))
    >>> Brush(picture).disc(0, 0, 0.5, (0, 0, 0))
    >>> picture[4, 4], picture[0, 0]
    (array([0., 0., 0.]), array([1., 1., 1.]))
    """

    def __init__(
        self,
        picture: Array,
        centre: Point = (0.5, 0.5),
        scale: float = 0.5,
        angle: float = 0.0,
        stretch: float = 1.0,
        outline: float = 0.0,
    ) -> None:
        size = picture.shape[0]
        at = (np.arange(size) + 0.5) / size
        right, up = at - centre[0], (1 - at)[:, None] - centre[1]
        c, s = np.cos(angle) / scale, np.sin(angle) / scale
        self.picture = picture
        self.x: Array = (c * right + s * up) / stretch
        self.y: Array = c * up - s * right
        self.pixel: float = 1 / (size * scale)
        self.outline = outline

    def fill(self, distance: Array, colour: Colour, outline: float | None = None) -> None:
        """Paint the points of negative ``distance``, with the brush's outline or the one given."""
        colour = np.asarray(colour, dtype=float)
        width = self.outline if outline is None else outline
        if width:
            self._blend(distance - width, 0.35 * colour)
        self._blend(distance, colour)

    def _blend(self, distance: Array, colour: Array) -> None:
        cover = np.clip(0.5 - distance / self.pixel, 0, 1)
        # Most shapes are small, so touching only their own rows and columns halves the time.
        rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
        if rows.size:
            box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            part = self.picture[box]
            part += cover[box][..., None] * (colour - part)

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        colour: Colour,
        angle: float = 0.0,
        outline: float | None = None,
    ) -> None:
        """Paint an ellipse about (x, y) with half-axes rx and ry, turned by ``angle``."""
        c, s = np.cos(angle), np.sin(angle)
        dx, dy = self.x - x, self.y - y
        u, v = (c * dx + s * dy) / rx, (c * dy - s * dx) / ry
        radius = np.maximum(np.hypot(u, v), 1e-9)
        # To first order, distance is the level (radius - 1) over the length of its gradient.
        self.fill((radius - 1) * radius / np.hypot(u / rx, v / ry).clip(1e-9), colour, outline)

    def disc(
        self, x: float, y: float, r: float, colour: Colour, outline: float | None = None
    ) -> None:
        """Paint a disc about (x, y) of radius r."""
        self.fill(np.hypot(self.x - x, self.y - y) - r, colour, outline)

    def line(
        self, points: Sequence[Point], width: float, colour: Colour, outline: float | None = None
    ) -> None:
        """Paint a stroke with round ends through the points; ``width`` is half its width."""
        strokes = [self._to_segment(a, b) for a, b in pairwise(points)]
        self.fill(np.sqrt(np.minimum.reduce(strokes)) - width, colour, outline)

    def polygon(
        self, points: Sequence[Point], colour: Colour, outline: float | None = None
    ) -> None:
        """Paint the area that the points enclose, in either direction."""
        inside = np.zeros(self.x.shape, dtype=bool)
        edges = []
        for a, b in zip(points, [*points[1:], points[0]], strict=True):
            edges.append(self._to_segment(a, b))
            if a[1] != b[1]:  # from inside, a ray to the right crosses an odd number of edges
                crosses = (self.y < a[1]) != (self.y < b[1])
                slope = (b[0] - a[0]) / (b[1] - a[1])
                inside ^= crosses & (self.x < a[0] + (self.y - a[1]) * slope)
        distance = np.sqrt(np.minimum.reduce(edges))
        self.fill(np.where(inside, -distance, distance), colour, outline)

    def _to_segment(self, a: Point, b: Point) -> Array:
        """Return the squared distance to the segment from a to b."""
        bx, by = b[0] - a[0], b[1] - a[1]
        dx, dy = self.x - a[0], self.y - a[1]
        along = np.clip((dx * bx + dy * by) / (bx * bx + by * by), 0, 1)
        distance2: Array = (dx - along * bx) ** 2 + (dy - along * by) ** 2
        return distance2


def arc(
    x: float, y: float, rx: float, start: float, stop: float, ry: float | None = None
) -> list[Point]:
    """Return nine points on an ellipse about (x, y), from one angle to another, in radians."""
    turn = np.linspace(start, stop, 9)
    return [
        (float(x + rx * np.cos(t)), float(y + (rx if ry is None else ry) * np.sin(t))) for t in turn
    ]
