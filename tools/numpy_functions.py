"""autograd_lite/rules/numpy_functions.pyi: NumPy's functions in `ag`, for type checkers."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

import numpy as np

STUB = Path(__file__).parents[1] / "autograd_lite" / "rules" / "numpy_functions.pyi"

HEAD = """\
# What `import autograd_lite as ag` finds in NumPy when it is used: ag.tanh, ag.sum, ...
# Written by tools/numpy_functions.py; type checkers alone read it.
# ruff: noqa
# fmt: off
from numpy import (
"""


def names() -> list[str]:
    """Return the names of all functions in NumPy's main namespace."""
    found = []
    for name in dir(np):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fn = getattr(np, name)
        if not name.startswith("_") and callable(fn) and not isinstance(fn, type):
            found.append(name)
    return found


def stub() -> str:
    """Return the text of the stub."""
    imports = [f"{name}~as~{name}," for name in names()]
    public = [f'"{name}",' for name in names()]
    return f"{HEAD}{packed(imports)})\n\n__all__ = [\n{packed(public)}]\n"


def packed(words: list[str]) -> str:
    """Return as many words on a line as fit."""
    lines = textwrap.wrap(" ".join(words), 96)
    return "".join([f"    {line}\n" for line in lines]).replace("~", " ")


def write() -> None:
    """Write the stub."""
    STUB.write_text(stub(), encoding="utf-8")
