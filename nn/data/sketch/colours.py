"""The paint box: fixed colours, red, green and blue from 0 to 1, and random ones."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState

from nn.data.sketch.brush import Array

INK = np.array([0.12, 0.10, 0.12])
WHITE = np.array([0.97, 0.96, 0.93])
PINK = np.array([0.93, 0.58, 0.60])
WOOD = np.array([0.45, 0.28, 0.16])
GLASS = np.array([0.65, 0.85, 0.95])
ORANGE = np.array([0.95, 0.58, 0.10])

FUR = np.array(
    [
        [0.93, 0.58, 0.22],  # ginger
        [0.55, 0.55, 0.58],  # grey
        [0.24, 0.23, 0.27],  # black
        [0.93, 0.90, 0.84],  # white
        [0.58, 0.42, 0.28],  # brown
        [0.90, 0.78, 0.58],  # cream
    ]
)


def one_of(rng: RandomState, table: Array) -> Array:
    """Return a random row of a table of colours."""
    row: Array = table[rng.randint(len(table))]
    return row


def within(rng: RandomState, low: tuple[float, ...], high: tuple[float, ...]) -> Array:
    """Return a random colour between two: red, green and blue are drawn independently."""
    return np.asarray(rng.uniform(low, high))


def bright(rng: RandomState) -> Array:
    """Return a strong colour of any hue."""
    wheel = np.abs((rng.uniform(0, 6) + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    strength = rng.uniform(0.6, 0.95)
    return np.asarray(rng.uniform(0.7, 1.0) * (1 - strength * (1 - np.clip(wheel, 0, 1))))


def fur(rng: RandomState) -> Array:
    """Return the colour of an animal's coat."""
    return np.clip(one_of(rng, FUR) + rng.normal(0, 0.03, 3), 0.1, 1)
