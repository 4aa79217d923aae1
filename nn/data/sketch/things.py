"""The things that are not cats, from a child's picture book, drawn by a brush within [-1, 1]."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState

from nn.data.sketch.brush import Brush, arc
from nn.data.sketch.colours import GLASS, INK, ORANGE, PINK, WHITE, WOOD, bright, fur, within


def house(b: Brush, rng: RandomState) -> None:
    """Paint a house."""
    wall, roof = 0.5 * (bright(rng) + WHITE), 0.8 * bright(rng)
    b.polygon([(0.32, 0.3), (0.32, 0.85), (0.52, 0.85), (0.52, 0.3)], 0.7 * roof)
    b.polygon([(-0.7, -0.9), (0.7, -0.9), (0.7, 0.12), (-0.7, 0.12)], wall)
    b.polygon([(-0.92, 0.1), (0.92, 0.1), (0, 0.92)], roof)
    b.polygon([(-0.16, -0.9), (0.16, -0.9), (0.16, -0.3), (-0.16, -0.3)], WOOD)
    for x in (-0.45, 0.45):
        pane = [(x - 0.15, -0.45), (x + 0.15, -0.45), (x + 0.15, -0.12), (x - 0.15, -0.12)]
        b.polygon(pane, GLASS)


def tree(b: Brush, rng: RandomState) -> None:
    """Paint a tree."""
    green = within(rng, (0.1, 0.5, 0.1), (0.45, 0.75, 0.3))
    b.line([(0, -0.9), (0, -0.1)], 0.11, WOOD)
    if rng.uniform() < 0.5:  # a fir
        for y, half in ((-0.35, 0.68), (0.0, 0.55), (0.33, 0.40)):
            b.polygon([(-half, y), (half, y), (0, y + 0.6)], green)
    else:  # an apple tree
        for x, y in ((-0.38, 0.1), (0.38, 0.1), (0, 0.42), (0, 0)):
            b.disc(x, y, 0.42, green)
        for x, y in rng.uniform((-0.5, -0.1), (0.5, 0.6), (rng.randint(6), 2)):
            b.disc(x, y, 0.08, (0.9, 0.2, 0.15), outline=0)


def car(b: Brush, rng: RandomState) -> None:
    """Paint a car."""
    paint = bright(rng)
    b.polygon([(-0.5, -0.1), (-0.32, 0.42), (0.30, 0.42), (0.55, -0.1)], paint)
    b.polygon([(-0.38, -0.05), (-0.25, 0.32), (-0.03, 0.32), (-0.03, -0.05)], GLASS)
    b.polygon([(0.05, -0.05), (0.05, 0.32), (0.25, 0.32), (0.41, -0.05)], GLASS)
    b.polygon([(-0.95, -0.5), (0.95, -0.5), (0.92, -0.12), (0.5, -0.02), (-0.9, -0.02)], paint)
    b.disc(0.86, -0.22, 0.09, (1.0, 0.93, 0.5), outline=0)
    for x in (-0.52, 0.52):
        b.disc(x, -0.5, 0.24, INK)
        b.disc(x, -0.5, 0.11, (0.75, 0.75, 0.78), outline=0)


def fish(b: Brush, rng: RandomState) -> None:
    """Paint a fish."""
    skin = bright(rng)
    b.polygon([(-0.4, 0), (-0.92, 0.45), (-0.78, 0), (-0.92, -0.45)], 0.85 * skin)
    b.polygon([(-0.1, 0.3), (0.3, 0.3), (-0.05, 0.72)], 0.85 * skin)
    b.ellipse(0.15, 0, 0.68, 0.42, skin)
    for x in (-0.25, -0.02, 0.20):
        b.line(arc(x, 0, 0.14, -1.1, 1.1, ry=0.24), 0.028, 0.6 * skin, outline=0)
    b.disc(0.52, 0.10, 0.12, WHITE)
    b.disc(0.55, 0.10, 0.06, INK, outline=0)
    for i in range(rng.randint(3)):
        b.disc(0.85 + 0.05 * i, 0.45 + 0.28 * i, 0.07, (0.85, 0.95, 1.0))


def cup(b: Brush, rng: RandomState) -> None:
    """Paint a cup."""
    clay = bright(rng)
    b.line(arc(0.5, -0.15, 0.32, -np.pi / 2, np.pi / 2), 0.075, clay)
    b.polygon([(-0.62, 0.32), (0.55, 0.32), (0.42, -0.75), (-0.48, -0.75)], clay)
    b.ellipse(-0.035, 0.32, 0.58, 0.14, 0.7 * clay)
    b.ellipse(-0.035, 0.29, 0.49, 0.09, (0.35, 0.2, 0.1), outline=0)
    for x in (-0.25, 0.1):
        steam = [(x, 0.5), (x + 0.09, 0.62), (x - 0.03, 0.75), (x + 0.07, 0.9)]
        b.line(steam, 0.03, (0.85, 0.85, 0.88), outline=0)


def star(b: Brush, rng: RandomState) -> None:
    """Paint a star."""
    gold = within(rng, (0.9, 0.65, 0.1), (1.0, 0.9, 0.4))
    turn = np.pi / 2 + np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, rng.uniform(0.38, 0.48), 0.95)
    x, y = reach * np.cos(turn), reach * np.sin(turn)
    b.polygon(list(zip(x.tolist(), y.tolist(), strict=True)), gold)


def flower(b: Brush, rng: RandomState) -> None:
    """Paint a flower."""
    petal, petals, green = bright(rng), rng.randint(5, 9), (0.25, 0.6, 0.2)
    b.line([(0, 0.2), (0.05, -0.4), (0, -0.95)], 0.06, green)
    b.ellipse(0.28, -0.55, 0.28, 0.11, green, angle=0.6)
    for turn in 2 * np.pi * np.arange(petals) / petals:
        x, y = 0.38 * np.cos(turn), 0.3 + 0.38 * np.sin(turn)
        b.ellipse(x, y, 0.30, 0.19, petal, angle=turn)
    b.disc(0, 0.3, 0.22, (1.0, 0.85, 0.2) if petal[2] > 0.4 else WOOD)


def boat(b: Brush, rng: RandomState) -> None:
    """Paint a boat."""
    hull, sail = 0.85 * bright(rng), 0.35 * bright(rng) + 0.65 * WHITE
    b.line([(0, -0.4), (0, 0.95)], 0.04, WOOD)
    b.polygon([(0.08, -0.2), (0.75, -0.2), (0.08, 0.85)], sail)
    b.polygon([(-0.08, -0.2), (-0.6, -0.2), (-0.08, 0.6)], sail)
    b.polygon([(-0.85, -0.3), (0.9, -0.3), (0.6, -0.72), (-0.6, -0.72)], hull)
    for x in (-0.75, -0.25, 0.25, 0.75):
        wave = arc(x, -0.72, 0.25, np.pi, 2 * np.pi, ry=0.12)
        b.line(wave, 0.05, (0.2, 0.45, 0.8), outline=0)


def mushroom(b: Brush, rng: RandomState) -> None:
    """Paint a mushroom."""
    cap = np.array([0.85, 0.18, 0.15]) if rng.uniform() < 0.6 else bright(rng)
    b.polygon([(-0.22, 0.05), (0.22, 0.05), (0.30, -0.85), (-0.30, -0.85)], WHITE)
    b.polygon(arc(0, 0, 0.85, 0, np.pi, ry=0.78), cap)
    for x, y, r in ((-0.45, 0.22, 0.12), (0, 0.45, 0.15), (0.45, 0.2, 0.11), (-0.05, 0.12, 0.08)):
        b.disc(x, y, r, WHITE, outline=0)


def balloon(b: Brush, rng: RandomState) -> None:
    """Paint a balloon."""
    skin = bright(rng)
    b.line([(0, -0.3), (0.08, -0.55), (-0.06, -0.75), (0.03, -0.95)], 0.025, INK, outline=0)
    b.polygon([(0, -0.24), (-0.1, -0.38), (0.1, -0.38)], skin)
    b.ellipse(0, 0.3, 0.52, 0.62, skin)
    b.ellipse(-0.2, 0.52, 0.10, 0.17, 0.4 * skin + 0.6, angle=-0.4, outline=0)


def butterfly(b: Brush, rng: RandomState) -> None:
    """Paint a butterfly."""
    wing, spot = bright(rng), bright(rng)
    for side in (-1, 1):
        b.ellipse(side * 0.48, 0.32, 0.46, 0.34, wing, angle=side * 0.6)
        b.ellipse(side * 0.38, -0.36, 0.34, 0.28, 0.9 * wing, angle=-side * 0.7)
        b.disc(side * 0.52, 0.36, 0.14, spot, outline=0)
        b.disc(side * 0.40, -0.36, 0.10, spot, outline=0)
        b.line([(0, 0.35), (side * 0.12, 0.65), (side * 0.24, 0.78)], 0.025, INK, outline=0)
    b.ellipse(0, -0.05, 0.09, 0.5, INK)


def umbrella(b: Brush, rng: RandomState) -> None:
    """Paint an umbrella."""
    cloth = bright(rng)
    b.line([(0, 0.3), (0, -0.7)], 0.05, WOOD)
    b.line(arc(0.15, -0.7, 0.15, np.pi, 2 * np.pi), 0.05, WOOD)
    b.polygon(arc(0, 0.1, 0.9, 0, np.pi, ry=0.8), cloth)
    b.polygon(arc(0, 0.1, 0.32, 0, np.pi, ry=0.8), 0.5 * (cloth + WHITE))


def snowman(b: Brush, rng: RandomState) -> None:
    """Paint a snowman."""
    b.disc(0, -0.52, 0.42, WHITE)
    b.disc(0, 0.05, 0.31, WHITE)
    b.disc(0, 0.46, 0.23, WHITE)
    b.polygon([(-0.2, 0.62), (0.2, 0.62), (0.2, 0.95), (-0.2, 0.95)], INK)
    b.line([(-0.3, 0.62), (0.3, 0.62)], 0.04, INK)
    b.polygon([(0, 0.46), (0, 0.38), (0.26, 0.40)], ORANGE, outline=0)
    b.line([(-0.24, 0.26), (0.24, 0.26)], 0.07, bright(rng))
    for side in (-1, 1):
        b.disc(side * 0.09, 0.52, 0.04, INK, outline=0)
        b.line([(side * 0.28, 0.1), (side * 0.75, 0.32)], 0.035, WOOD, outline=0)


def rocket(b: Brush, rng: RandomState) -> None:
    """Paint a rocket."""
    fin, body = bright(rng), 0.15 * bright(rng) + 0.8 * WHITE
    b.polygon([(-0.2, -0.55), (0.2, -0.55), (0, -0.98)], ORANGE)
    for side in (-1, 1):
        b.polygon([(side * 0.25, -0.1), (side * 0.62, -0.62), (side * 0.2, -0.55)], fin)
    b.ellipse(0, 0.05, 0.32, 0.88, body)
    b.polygon([(-0.245, 0.55), (0.245, 0.55), (0, 0.97)], fin)
    b.disc(0, 0.2, 0.15, GLASS)


def cactus(b: Brush, rng: RandomState) -> None:
    """Paint a cactus."""
    green = within(rng, (0.2, 0.5, 0.3), (0.2, 0.7, 0.3))
    for side, y in ((-1, -0.1), (1, rng.uniform(-0.1, 0.2))):
        b.line([(0, y), (side * 0.45, y), (side * 0.45, y + 0.4)], 0.12, green)
    b.line([(0, -0.4), (0, 0.65)], 0.19, green)
    for y in (0.6, 0.3, 0.0, -0.3):
        b.line([(-0.08, y), (0.08, y + 0.03)], 0.02, WHITE, outline=0)
    b.polygon([(-0.4, -0.4), (0.4, -0.4), (0.28, -0.92), (-0.28, -0.92)], (0.8, 0.45, 0.3))


def dog(b: Brush, rng: RandomState) -> None:
    """Paint the hard case: round and furry like a cat, but with hanging ears and its tongue out."""
    coat = fur(rng)
    b.ellipse(0, 0.05, 0.62, 0.66, coat)
    for side in (-1, 1):
        b.ellipse(side * 0.68, 0, 0.22, 0.55, 0.62 * coat, angle=side * 0.25)
        b.disc(side * 0.26, 0.22, 0.12, WHITE, outline=0)
        b.disc(side * 0.26, 0.20, 0.08, INK, outline=0)
    b.ellipse(0, -0.32, 0.40, 0.34, 0.5 * (coat + WHITE))
    b.ellipse(0, -0.50, 0.13, 0.22, PINK)
    b.ellipse(0, -0.14, 0.17, 0.12, INK, outline=0)
    b.line([(-0.24, -0.42), (0, -0.36), (0.24, -0.42)], 0.03, INK, outline=0)


def bird(b: Brush, rng: RandomState) -> None:
    """Paint a bird."""
    plumage = bright(rng)
    for x in (-0.08, 0.14):
        b.line([(x, -0.5), (x, -0.88), (x + 0.12, -0.9)], 0.03, ORANGE, outline=0)
    b.polygon([(-0.4, -0.1), (-0.98, 0.22), (-0.9, -0.15)], 0.75 * plumage)
    b.ellipse(0, -0.12, 0.58, 0.45, plumage, angle=0.3)
    b.disc(0.4, 0.36, 0.32, plumage)
    b.polygon([(0.66, 0.42), (0.98, 0.30), (0.66, 0.22)], ORANGE)
    b.disc(0.48, 0.44, 0.08, WHITE)
    b.disc(0.50, 0.44, 0.045, INK, outline=0)
    b.ellipse(-0.12, -0.10, 0.34, 0.22, 0.75 * plumage, angle=-0.5)


THINGS = (
    house, tree, car, fish, cup, star, flower, boat, mushroom,
    balloon, butterfly, umbrella, snowman, rocket, cactus, dog, bird,
)  # fmt: skip
