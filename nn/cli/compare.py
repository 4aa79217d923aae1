"""`autograd-lite compare`: every gradient by hand, automatically and numerically, in one table."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ..compare import compare_gradients
from . import arguments

DESCRIPTION = """\
Compute dZ, dA, dW and db of every layer by the course's hand-derived formulas, by automatic
differentiation, and by numerical differentiation, and print how far they differ.
Exit code 0 where all are equal, 1 where they are not."""

EPILOG = """\
Examples:
  autograd-lite compare
  autograd-lite compare --data ../shared/data --model two-layer
  autograd-lite compare --layers 5,4,3,2,1
  autograd-lite compare --model cat-classifier/model.h5"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    command = commands.add_parser(
        "compare",
        help="compare manual, automatic and numerical gradients",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    arguments.add_model(command, or_file=True)
    arguments.add_data(command)
    command.add_argument(
        "--examples",
        type=arguments.whole_number,
        metavar="M",
        help="how many examples (default: all 209 pictures; 100 where --layers fit no picture)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the table; 0 where all gradients are equal, else 1."""
    model = arguments.named_or_loaded(args)
    X, Y, source = examples(args, model)
    comparison = compare_gradients(model, X, Y)
    print(f"Data: {source}.\n\n{comparison}")
    return 0 if comparison.ok else 1


def examples(args: argparse.Namespace, model: Any) -> tuple[Any, Any, str]:
    """X, Y and where they are from: pictures where they fit the model, else random numbers."""
    n_x = 12288
    if model.network is not None:
        n_x = model.network.n_x
    elif args.layers is not None:
        n_x = args.layers[0]
    if args.data is None and n_x != 12288:
        m = args.examples or 100
        rng = np.random.RandomState(0)
        return rng.randn(n_x, m), (rng.rand(1, m) < 0.5) * 1, f"{m} random examples"
    data = arguments.pictures(args.data)
    arguments.check_inputs(args, data.X_train.shape[0])
    m = min(args.examples or data.X_train.shape[1], data.X_train.shape[1])
    first = "" if m == data.X_train.shape[1] else f"; the first {m} of these are used"
    return data.X_train[:, :m], data.Y_train[:, :m], f"{data.source}{first}"
