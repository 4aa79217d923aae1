"""The command line: `autograd-lite COMMAND ...`, also `python -m nn COMMAND ...`.

Each command is a module: `add(commands)` declares it, and `run(args)` runs it and returns the exit
code. Bad input leads to one sentence on the standard error, and exit code 2.

Read in this order:

    arguments   the arguments that several commands share, and what they stand for
    messages    one sentence on the standard error
    train       and outputs, the files that it writes
    predict, plot, compare, derive, draw, explore
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn, TextIO

import autograd_lite as ag

from ..errors import CheckpointWarning, DataWarning, NNError
from . import compare, derive, draw, explore, plot, predict, train
from .messages import PROGRAM, fail, sentence

COMMANDS = (train, predict, plot, compare, derive, draw, explore)

DESCRIPTION = """\
Train the classifiers of the first deep-learning course on automatic gradients, look inside them,
and compare the gradients with hand-derived ones: the course's, or your own."""

EPILOG = f"""\
Start with:
  {PROGRAM} train                    learn to recognise cats; results go to cat-classifier
  {PROGRAM} train --data planar --out flower
                                         learn the course's flower of points
  {PROGRAM} plot cat-classifier      the learning curve; of several runs, all in one
  {PROGRAM} compare my_backprop.py   what is wrong with your own backprop, and where
  {PROGRAM} derive --layers 2,4,1 --hidden tanh
                                         the backward pass as the course derives it
  {PROGRAM} explore                  step through a network, forward and backward

`{PROGRAM} COMMAND --help` explains a command."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one sentence, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where help is; exit with code 2."""
        self.exit(2, f"{self.prog}: {sentence(message)} See {self.prog} --help.\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = Parser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"{PROGRAM} {ag.__version__}")
    commands = top.add_subparsers(metavar="COMMAND", dest="command")
    for command in COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 for bad input, 130 after Ctrl-C."""
    top = parser()
    args = top.parse_args(arguments)
    if args.command is None:
        top.print_help()
        return 0
    with warnings.catch_warnings():
        warnings.showwarning = _note
        for kind in (DataWarning, CheckpointWarning):
            warnings.simplefilter("always", kind)
        try:
            code: int = args.run(args)
            sys.stdout.flush()
            return code
        except (NNError, ag.AutogradError) as error:
            return fail(str(error))
        except BrokenPipeError:  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            from ..data.files import explain

            place = f"{error.filename}: " if error.filename else ""
            return fail(f"{place}found {explain(error)}")
        except MemoryError:
            return fail("this machine's memory is too small for that")
        except KeyboardInterrupt:
            return fail("stopped by Ctrl-C", code=130)


def _note(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"{PROGRAM}: note: {sentence(str(message))}", file=sys.stderr)
