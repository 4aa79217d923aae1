"""`autograd-lite predict`: label a user's own pictures with a trained model."""

from __future__ import annotations

import argparse
import math
import os
import sys
from typing import Any

from ..data import picture_to_column
from ..errors import DataError, SettingError
from ..saving import load
from . import arguments, train
from .messages import fail

DESCRIPTION = """\
Label pictures with a trained model. A picture of any size is resized to the size of those the
model was trained on (64 x 64). P is the probability that the model gives its answer."""

EPILOG = """\
Example:
  autograd-lite predict my_cat.jpg sofa.png --model cat-classifier/model.h5"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "label your own pictures with a trained model"
    command = arguments.declare(commands, "predict", run, short, DESCRIPTION, EPILOG)
    command.add_argument("files", nargs="+", metavar="FILE", help="pictures: PNG, JPEG, ...")
    default = os.path.join(train.OUT, train.MODEL)
    command.add_argument(
        "--model", default=default, metavar="FILE", help=f"a trained model (default: {default})"
    )


def run(args: argparse.Namespace) -> int:
    """Print one line for each picture; return 2 if one of them cannot be read."""
    model = load(args.model)
    size = math.isqrt(model.n_x // 3)
    if model.n_x != 3 * size * size:
        raise SettingError(
            f"{args.model} takes {model.n_x} inputs, which is no square colour picture."
        )
    classes = model.about.get("classes", ["0", "1"])
    code = 0
    for file in args.files:
        try:
            column = picture_to_column(file, size)
        except DataError as error:
            sys.stdout.flush()
            code = fail(str(error))
            continue
        p = float(model.predict_proba(column)[0, 0])
        label = int(p > 0.5)
        print(f"{file}: {classes[label]} (P = {p if label else 1 - p:.3f})")
    return code
