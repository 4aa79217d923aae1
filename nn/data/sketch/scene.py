"""One picture: a place, a cat or a thing in it, the light, and the camera's noise."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from nn.data.sketch.brush import Array, Brush
from nn.data.sketch.cats import CATS
from nn.data.sketch.colours import bright, within
from nn.data.sketch.things import THINGS

SIZE = 64

# Chosen so that the course's settings learn something, and not everything: logistic regression gets
# some 80 % of the test pictures right, the deep net 85 %. Places do not depend on who is in them.
PLACES = (0.40, 0.40, 0.20)  # a room, a meadow, confetti
POSES = (0.40, 0.25, 0.15, 0.20)


def draw(rng: RandomState, cat: bool) -> NDArray[np.uint8]:
    """Return one picture (64, 64, 3) of a cat, or of something else."""
    picture = np.zeros((SIZE, SIZE, 3))
    whole = Brush(picture)
    (_room, _meadow, _confetti)[rng.choice(3, p=PLACES)](whole, rng)
    figure = CATS[rng.choice(len(CATS), p=POSES)] if cat else THINGS[rng.randint(len(THINGS))]
    scale = rng.uniform(0.38, 0.50)
    freedom = 0.15 * (0.5 - 0.85 * scale)
    brush = Brush(
        picture,
        centre=(0.5 + freedom * rng.uniform(-1, 1), 0.5 + freedom * rng.uniform(-1, 1)),
        scale=scale,
        angle=rng.normal(0, 0.12),
        stretch=rng.choice((-1, 1)) * rng.uniform(0.88, 1.12),
        outline=rng.uniform(0.02, 0.05),
    )
    figure(brush, rng)
    light: Array = rng.uniform(0.65, 0.95) * (1 + rng.uniform(-0.1, 0.1) * whole.x)
    noise = rng.normal(0, rng.uniform(0.01, 0.05), picture.shape)
    shown: Array = np.rint(255 * np.clip(light[..., None] * picture + noise, 0, 1))
    return shown.astype(np.uint8)


def _room(b: Brush, rng: RandomState) -> None:
    """Paint a wall with striped wallpaper above a floor."""
    b.picture[:] = within(rng, (0.4, 0.25, 0.2), (0.75, 0.55, 0.5))
    angle, period = rng.choice((0, np.pi / 4, np.pi / 2)), rng.uniform(0.15, 0.5)
    wave = np.sin(2 * np.pi * (b.x * np.cos(angle) + b.y * np.sin(angle)) / period)
    b.picture[wave > 0] += rng.uniform(0, 0.12)
    floor = rng.uniform(-0.75, -0.2)
    wood = within(rng, (0.25, 0.15, 0.1), (0.5, 0.3, 0.25))
    b.polygon([(-2, -2), (2, -2), (2, floor), (-2, floor)], wood)


def _meadow(b: Brush, rng: RandomState) -> None:
    """Paint sky, some clouds, and grass."""
    sky = within(rng, (0.2, 0.5, 0.75), (0.55, 0.75, 1.0))
    haze = 0.2 * (1 - b.y)[..., None]
    b.picture[:] = sky + haze * (1 - sky)
    for x, y in rng.uniform((-1, 0.2), (1, 0.9), (rng.randint(4), 2)):
        for dx in (-0.15, 0, 0.15):
            b.ellipse(x + dx, y, 0.17, 0.1, (0.97, 0.98, 1.0))
    near = rng.uniform(-0.8, -0.1)
    grass = within(rng, (0.1, 0.4, 0.08), (0.4, 0.65, 0.3))
    b.polygon([(-2, -2), (2, -2), (2, near), (-2, near + rng.uniform(-0.2, 0.2))], grass)


def _confetti(b: Brush, rng: RandomState) -> None:
    """Paint one colour that runs into another, and dots."""
    low, high = (0.35 * bright(rng) + 0.65 * rng.uniform(0.1, 0.8) for _ in range(2))
    b.picture[:] = low + (high - low) * (1 + b.y[..., None]) / 2
    for x, y in rng.uniform(-1, 1, (rng.randint(9), 2)):
        colour = 0.5 * bright(rng) + 0.4 * rng.uniform(0.3, 1)
        b.disc(x, y, rng.uniform(0.05, 0.3), colour)
