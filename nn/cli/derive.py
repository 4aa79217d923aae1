"""`autograd-lite derive`: the backward pass of a classifier, derived line by line."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np

import autograd_lite as ag

from .. import losses
from ..base import Classifier
from ..by_hand.notation import Array, Parameters
from ..data.files import replace_file
from ..errors import SettingError
from . import arguments

DESCRIPTION = """\
Derive the backward pass of a classifier as the course does on paper: one line of NumPy for Z1, A1,
..., dZ1, dW1, ..., each with its shape and the functions whose derivatives it uses. J is the
mean over the m examples, so every line includes the factor 1/m, those of dZ and dA too."""

EPILOG = """\
Examples:
  autograd-lite derive --layers 2,4,1 --hidden tanh
  autograd-lite derive --layers 12288,20,7,5,1 --out handout.md
  autograd-lite derive --model logistic --latex
  autograd-lite derive --layers 2,4,1 --out backprop.py"""

FORMS = {".tex": "latex", ".md": "markdown", ".py": "source"}


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "derive the backward pass of a classifier, line by line"
    command = arguments.declare(commands, "derive", run, short, DESCRIPTION, EPILOG)
    command.set_defaults(seed=None, dtype=None)
    arguments.add_shape(command, or_file=True)
    form = command.add_mutually_exclusive_group()
    for name, what in (
        ("latex", "the equations, as LaTeX"),
        ("markdown", "a page to hand out: shapes, equations, code"),
        ("source", "a Python file that needs only NumPy"),
    ):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, help=f"print {what}"
        )
    command.add_argument(
        "--out",
        metavar="FILE",
        help="write to a file instead (default: print); without another option a .tex is LaTeX, a "
        ".md a page to hand out, a .py a program",
    )


def run(args: argparse.Namespace) -> int:
    """Print the derivation, or write it and print its path."""
    model = arguments.named_or_loaded(args)
    text = derivation(model, arguments.n_inputs(args, model), args.form or _form(args.out))
    if args.out is None:
        print(text)
        return 0
    if os.path.isdir(args.out):
        raise SettingError(f"--out {args.out}: found a folder; expected a file to write.")
    replace_file(args.out, f"{text.rstrip()}\n".encode())
    print(f"Derived {type(model).__name__}: {args.out}")
    return 0


def derivation(model: Classifier, n_x: int, form: str | None = None) -> str:
    """Return the backprop of the model's cost for inputs of n_x rows, in one of FORMS or plain.

    >>> from nn import LogisticRegression
    >>> print(derivation(LogisticRegression(), 2).split("# backward")[1].strip())
    dZ = (A - Y) / m  # (1, m)  np.multiply, np.log, sigmoid
    dw = X @ dZ.T     # (2, 1)  np.transpose, np.matmul
    db = dZ.sum()     # np.add, summed where it was repeated
    """
    sizes = model.dims(n_x)
    network = model.build(n_x)

    def cost(parameters: Parameters, X: Array, Y: Array) -> Any:
        *_, Z = network.trace(parameters, X).values()
        # The course's own form: with it A[L] has a name, and dZ[L] = (A[L] - Y) / m.
        return losses.binary_cross_entropy(ag.sigmoid(Z), Y)

    # Only shapes matter, and m must differ from the sizes of all layers.
    m = next(m for m in range(3, len(sizes) + 4) if m not in sizes)
    parameters = model.initialize(n_x)
    found = ag.derive(cost, parameters, np.zeros((n_x, m)), np.zeros((1, m)))
    found.name = model.describe(n_x)
    text = str(found) if form is None else str(getattr(found, form))
    return text.replace(f", {m})", ", m)")


def _form(out: str | None) -> str | None:
    return None if out is None else FORMS.get(os.path.splitext(out)[1].lower())
