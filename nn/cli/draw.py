"""`autograd-lite draw`: the computation graph of a classifier as a picture."""

from __future__ import annotations

import argparse
import os
from typing import Any

import autograd_lite as ag

from . import arguments, compare

DESCRIPTION = """\
Draw the computation graph of a classifier, from X and the parameters to the cost J: .svg, .png,
.pdf, .dot (Graphviz source) or .txt (a text tree). Where nothing here can render it, the source is
written, with a note on how to render it."""

EPILOG = """\
Examples:
  autograd-lite draw
  autograd-lite draw --layers 2,4,1 --examples 5 --out small.svg
  autograd-lite draw --model cat-classifier/model.h5 --level layer"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    command = commands.add_parser(
        "draw",
        help="draw the computation graph of a classifier",
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
    command.add_argument(
        "--level",
        choices=("op", "layer"),
        help="one node for each operation (default) or for each layer",
    )
    command.add_argument(
        "--out", default="graph.svg", metavar="FILE", help="picture to write (default: graph.svg)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the picture and say where."""
    model = arguments.named_or_loaded(args)
    X, Y, source = compare.examples(args, model)
    graph = model.graph(X, Y)
    X, Y, J = graph["X"], graph["Y"], graph["J"]  # the drawing calls them as they are called here
    drawing = ag.draw(J, passes="both", level=args.level)
    path = drawing.render(args.out)
    print(f"Drew {type(model).__name__} on {source}: {os.fspath(path)}")
    return 0
