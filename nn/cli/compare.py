"""`autograd-lite compare`: every gradient by hand, automatically and numerically, in one table."""

from __future__ import annotations

import argparse
from typing import Any

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
    arguments.add_network(command)


def run(args: argparse.Namespace) -> int:
    """Print the table; 0 where all gradients are equal, else 1."""
    model = arguments.named_or_loaded(args)
    X, Y, source = arguments.examples(args, model)
    comparison = compare_gradients(model, X, Y)
    print(f"Data: {source}.\n\n{comparison}")
    return 0 if comparison.ok else 1
