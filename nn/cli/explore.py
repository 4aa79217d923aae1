"""`autograd-lite explore`: a page for stepping through a classifier, forward and backward."""

from __future__ import annotations

import argparse
from typing import Any

import autograd_lite as ag

from . import arguments, draw

DESCRIPTION = """\
Write a page on which you step through a classifier: forward from X and the parameters to the cost
J, then back, gradient by gradient, with the shape, the numbers and the rule of each step. It is one
HTML file that opens in any browser and needs no network."""

EPILOG = """\
Examples:
  autograd-lite explore
  autograd-lite explore --layers 2,4,1 --hidden tanh --examples 5
  autograd-lite explore --model cat-classifier/model.h5 --out trained.html"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "step through a classifier in the browser, forward and backward"
    command = arguments.declare(commands, "explore", run, short, DESCRIPTION, EPILOG)
    arguments.add_network(command)
    text = "page to write (default: explore.html)"
    command.add_argument("--out", default="explore.html", metavar="FILE", help=text)


def run(args: argparse.Namespace) -> int:
    """Write the page, and print its path and how to open it."""
    with ag.trace_lines():  # the page shows the line of source of each step
        graph, name, source = draw.network(args)
    path = ag.explore(graph["J"], args.out, title=name)
    print(f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB): {name} on {source}.")
    print(f"Open it in a browser: {path.resolve().as_uri()}")
    return 0
