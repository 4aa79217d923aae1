"""Cats in four poses, each a function of a brush and a random generator."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState

from nn.data.sketch.brush import Array, Brush, arc
from nn.data.sketch.colours import INK, PINK, WHITE, fur, one_of

EYES = np.array([[0.45, 0.78, 0.30], [0.95, 0.80, 0.20], [0.35, 0.65, 0.90]])


class Coat:
    """The looks of one cat: colours, stripes, and eyes open or closed."""

    def __init__(self, rng: RandomState) -> None:
        self.fur: Array = fur(rng)
        self.stripe: Array = 0.62 * self.fur
        self.striped: bool = rng.uniform() < 0.5
        self.belly: Array = WHITE if rng.uniform() < 0.5 else 0.5 * (self.fur + WHITE)
        self.eye: Array = one_of(rng, EYES)
        self.asleep: bool = rng.uniform() < 0.15


def head(b: Brush, coat: Coat, x: float, y: float, r: float) -> None:
    """Paint two pointed ears, round cheeks, eyes with upright pupils, a nose and whiskers."""
    for side in (-1, 1):
        ear = [(0.92, 0.25), (0.80, 1.30), (0.15, 0.85)]
        inner = [(0.78, 0.50), (0.73, 1.08), (0.36, 0.82)]
        b.polygon([(x + side * r * u, y + r * v) for u, v in ear], coat.fur)
        b.polygon([(x + side * r * u, y + r * v) for u, v in inner], PINK, outline=0)
    b.ellipse(x, y, 1.08 * r, 0.92 * r, coat.fur)
    if coat.striped:
        for u in (-0.25, 0.0, 0.25):
            stripe = [(x + u * r, y + 0.82 * r), (x + 0.8 * u * r, y + 0.45 * r)]
            b.line(stripe, 0.055 * r, coat.stripe, outline=0)
    b.ellipse(x, y - 0.42 * r, 0.48 * r, 0.34 * r, coat.belly, outline=0)
    for side in (-1, 1):
        _eye(b, coat, x + side * 0.44 * r, y + 0.10 * r, r)
        for v in (-0.28, -0.46):
            far = (x + side * 1.38 * r, y + (1.35 * v + 0.08) * r)
            b.line([(x + side * 0.42 * r, y + v * r), far], 0.022 * r, 0.6 * INK + 0.3, outline=0)
    nose = [(-0.14, -0.16), (0.14, -0.16), (0.0, -0.34)]
    b.polygon([(x + r * u, y + r * v) for u, v in nose], PINK, outline=0.03 * r)
    smile = [(-0.24, -0.44), (-0.12, -0.52), (0.0, -0.36), (0.12, -0.52), (0.24, -0.44)]
    b.line([(x + r * u, y + r * v) for u, v in smile], 0.03 * r, INK, outline=0)


def _eye(b: Brush, coat: Coat, x: float, y: float, r: float) -> None:
    if coat.asleep:
        lid = arc(x, y + 0.04 * r, 0.20 * r, np.pi, 2 * np.pi)
        b.line(lid, 0.04 * r, INK, outline=0)
    else:
        b.ellipse(x, y, 0.24 * r, 0.27 * r, INK, outline=0)
        b.ellipse(x, y, 0.19 * r, 0.22 * r, coat.eye, outline=0)
        b.ellipse(x, y, 0.08 * r, 0.20 * r, INK, outline=0)


def face(b: Brush, rng: RandomState) -> None:
    """Paint a cat that looks straight at you, from close by."""
    head(b, Coat(rng), 0.0, -0.12, 0.78)


def sitting(b: Brush, rng: RandomState) -> None:
    """Paint a cat that sits, its tail to one side."""
    coat = Coat(rng)
    b.line(arc(0.42, -0.42, 0.40, -np.pi / 2, rng.uniform(0.15, 1.4)), 0.09, coat.fur)
    b.ellipse(0, -0.46, 0.46, 0.50, coat.fur)
    b.ellipse(0, -0.42, 0.22, 0.34, coat.belly, outline=0)
    for side in (-1, 1):
        if coat.striped:
            for v in (-0.25, -0.42, -0.59):
                b.line([(side * 0.42, v), (side * 0.28, v - 0.04)], 0.03, coat.stripe, outline=0)
        b.ellipse(side * 0.20, -0.88, 0.17, 0.10, coat.belly)
    head(b, coat, 0.0, 0.32, 0.46)


def walking(b: Brush, rng: RandomState) -> None:
    """Paint a cat that walks by, turns its head and holds its tail high."""
    coat = Coat(rng)
    bend, step = rng.uniform(-0.2, 0.15), rng.uniform(-0.1, 0.1)
    b.line([(-0.62, -0.15), (-0.84, 0.15), (-0.84 - bend, 0.62)], 0.075, coat.fur)
    for hip, foot, way in (
        (-0.50, -0.56, 1),
        (-0.36, -0.34, -1),
        (0.22, 0.22, 1),
        (0.36, 0.44, -1),
    ):
        b.line([(hip, -0.30), (foot + way * step, -0.86)], 0.085, coat.fur)
    b.ellipse(-0.10, -0.20, 0.62, 0.31, coat.fur)
    if coat.striped:
        for u in (-0.45, -0.25, -0.05, 0.15):
            b.line([(u, 0.08), (u - 0.03, -0.16)], 0.035, coat.stripe, outline=0)
    head(b, coat, 0.50, 0.26, 0.38)


def lying(b: Brush, rng: RandomState) -> None:
    """Paint a cat that lies like a loaf of bread, its tail around it."""
    coat = Coat(rng)
    b.ellipse(-0.15, -0.38, 0.75, 0.42, coat.fur)
    b.line(arc(-0.20, -0.52, 0.70, np.pi, 1.62 * np.pi, ry=0.30), 0.085, coat.fur)
    if coat.striped:
        for u in (-0.6, -0.42, -0.24):
            b.line([(u, -0.08), (u - 0.05, -0.36)], 0.04, coat.stripe, outline=0)
    b.ellipse(0.52, -0.72, 0.20, 0.09, coat.belly)
    head(b, coat, 0.38, 0.02, 0.46)


CATS = (face, sitting, walking, lying)
