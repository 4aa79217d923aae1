"""Recognize sigmoids that a function writes out as 1 / (1 + exp(-Z))."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.functions import sigmoid
from ..ir import Program
from .rewrite import Rule, once, rewrite, rewritten_fully

FORMS: tuple[Any, ...] = (
    lambda n: 1 / (1 + np.exp(n)),
    lambda n: np.reciprocal(1 + np.exp(n)),
)


def sigmoid_of(form: Any) -> Rule:
    """Rewrite of one form, if no other line reads the lines between."""
    return rewrite(lambda x: form(-x), lambda x: sigmoid(x), once(np.exp, np.add))


SIGMOIDS = [sigmoid_of(form) for form in FORMS]


def recognize_sigmoids(program: Program) -> Program:
    """Replace 1 / (1 + exp(-Z)) by sigmoid(Z), if nothing else needs what lies between."""
    return rewritten_fully(program, SIGMOIDS)
