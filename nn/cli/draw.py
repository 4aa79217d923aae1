"""`autograd-lite draw`: the computation graph of a classifier as a picture."""

from __future__ import annotations

import argparse
import os
from typing import Any

import autograd_lite as ag

from . import arguments

DESCRIPTION = """\
Draw the computation graph of a classifier, from X and the parameters to the cost J: .svg, .png,
.pdf, .dot (Graphviz source) or .txt (a text tree). If nothing here can render it, the source is
written, with a note on how to render it."""

EPILOG = """\
Examples:
  autograd-lite draw
  autograd-lite draw --layers 2,4,1 --examples 5 --out small.svg
  autograd-lite draw --model cat-classifier/model.h5 --level layer"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "draw the computation graph of a classifier"
    command = arguments.declare(commands, "draw", run, short, DESCRIPTION, EPILOG)
    arguments.add_network(command)
    command.add_argument(
        "--level",
        choices=("op", "layer"),
        help="one node for each operation (default) or for each layer",
    )
    command.add_argument(
        "--out", default="graph.svg", metavar="FILE", help="picture to write (default: graph.svg)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the picture and print its path."""
    graph, name, source = network(args)
    X, Y, J = graph["X"], graph["Y"], graph["J"]  # noqa: F841  # names that the drawing finds
    path = ag.draw(J, passes="both", level=args.level).render(args.out)
    print(f"Drew {name} on {source}: {os.fspath(path)}")
    return 0


def network(args: argparse.Namespace) -> tuple[dict[str, ag.Tensor], str, str]:
    """Return the graph of the network of the arguments, its description, and its data's source."""
    model = arguments.named_or_loaded(args)
    X, Y, source = arguments.examples(args, model)
    return model.graph(X, Y), model.describe(X.shape[0]), source
