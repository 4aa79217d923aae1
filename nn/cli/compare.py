"""`autograd-lite compare`: every gradient by hand, automatically and numerically, in one table."""

from __future__ import annotations

import argparse
from typing import Any

from ..base import Classifier
from ..classifiers import LogisticRegression, TwoLayerClassifier
from ..compare import compare_gradients
from ..errors import SettingError
from ..homework import runner
from ..homework.source_file import SourceFile
from . import arguments

DESCRIPTION = """\
Compute dZ, dA, dW and db of every layer by hand-derived formulas, by automatic differentiation, and
by numerical differentiation, and print how much they differ.

The hand-derived formulas are the course's, or with FILE your own: a Python file with functions
named as in the course. Its functions decide what is compared:
  propagate(w, b, X, Y)                             logistic regression
  backward_propagation(parameters, cache, X, Y)     the two-layer network, tanh
  L_model_backward(AL, Y, caches), or of its parts  the deep network, ReLU
    linear_activation_backward, linear_backward, relu_backward, sigmoid_backward
Your forward functions are used if the file has them (L_model_forward, linear_activation_forward,
linear_forward, forward_propagation), else the course's. If a gradient is wrong, a sentence says
why. The network is a small one unless you give --layers, --data or --model. The file is run as
Python runs any program of yours.

The exit code is 0 if all are equal, 1 if they are not, 2 if nothing could be compared."""

EPILOG = """\
Examples:
  autograd-lite compare my_backprop.py
  autograd-lite compare my_backprop.py --model logistic
  autograd-lite compare my_backprop.py --layers 6,5,5,4,1 --hidden tanh
  autograd-lite compare
  autograd-lite compare --data datasets --model two-layer
  autograd-lite compare --layers 5,4,3,2,1
  autograd-lite compare --model cat-classifier/model.h5"""

#: For a learner's own functions: small enough to read, with two equal layers, so that a forgotten
#: transpose gives wrong numbers, and not only an error.
SMALL = {"logistic": [4, 1], "planar": [2, 4, 1], "deep": [6, 5, 5, 4, 1]}
MODEL = {"logistic": "logistic", "planar": "two-layer", "deep": "deep"}
USUAL_HIDDEN = {"planar": "tanh", "deep": "relu"}
#: So that no parameter is zero: at zero, some mistakes do not show.
STEPS = 10


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "find what is wrong with your own backprop; or compare the course's gradients"
    command = arguments.declare(commands, "compare", run, short, DESCRIPTION, EPILOG)
    text = "your own backprop, such as my_backprop.py (default: the course's formulas)"
    command.add_argument("file", nargs="?", metavar="FILE", help=text)
    arguments.add_network(command)


def run(args: argparse.Namespace) -> int:
    """Print the table; return 0 if all gradients are equal, else 1."""
    if args.file is not None:
        return compare_own(args)
    model = arguments.named_or_loaded(args)
    X, Y, source = arguments.examples(args, model)
    comparison = compare_gradients(model, X, Y)
    print(f"Data: {source}.\n\n{comparison}")
    return 0 if comparison.ok else 1


def compare_own(args: argparse.Namespace) -> int:
    """Do the same for the functions in a learner's file, with a table for each part."""
    file = SourceFile(args.file)
    networks = _of_the_parts(args, file) if args.model is None else [_of_the_model(args, file)]
    return max(_compare_part(args, file, part, model) for part, model in networks)


def _of_the_parts(args: argparse.Namespace, file: SourceFile) -> list[tuple[str, Classifier]]:
    """Return each part of the course that the file has functions of, with a network for it."""
    parts = runner.parts_of(file)
    sizes = {"logistic": 2, "planar": 3}
    fitting = [p for p in parts if args.layers is None or sizes.get(p) in (None, len(args.layers))]
    if not fitting:
        raise SettingError(
            f"{args.file} has {_functions(file, parts)}; --layers has two sizes for propagate, "
            f"three for backward_propagation."
        )
    found = []
    for part in fitting:
        asked = _with_small_layers(args, part)
        settings: dict[str, Any] = {}
        if part == "logistic":
            asked.hidden = None
        else:
            asked.hidden = args.hidden or USUAL_HIDDEN[part]
            settings = {"init": "he"}
        found.append((part, arguments.new_model(MODEL[part], asked, **settings)))
    return found


def _of_the_model(args: argparse.Namespace, file: SourceFile) -> tuple[str, Classifier]:
    """Return the model of --model, and the part of the course that it belongs to."""
    parts = runner.parts_of(file)
    model = arguments.named_or_loaded(args)
    part = "logistic" if isinstance(model, LogisticRegression) else "deep"
    if isinstance(model, TwoLayerClassifier) and (model.hidden == "tanh" or "deep" not in parts):
        part = "planar" if "planar" in parts else "deep"
    if part not in parts:
        expected = " or ".join(runner.USAGE[name] for name in runner.PARTS[part])
        raise SettingError(
            f"{args.file} has {_functions(file, parts)}; --model {args.model} needs {expected}."
        )
    return part, model


def _with_small_layers(args: argparse.Namespace, part: str) -> argparse.Namespace:
    """Return the arguments, with the layers of a small network if nothing else is asked for."""
    asked = argparse.Namespace(**vars(args))
    if args.layers is None and args.data is None and args.model is None:
        asked.layers = SMALL[part]
    return asked


def _functions(file: SourceFile, parts: list[str]) -> str:
    return ", ".join(n for part in parts for n in runner.PARTS[part] if n in file)


def _compare_part(args: argparse.Namespace, file: SourceFile, part: str, model: Classifier) -> int:
    """Run, compare and print one part."""
    X, Y, source = arguments.examples(_with_small_layers(args, part), model)
    if model.run is None:
        model.fit(X, Y, iterations=STEPS, compile=False, progress=False)
    X, Y = model.checked(X, Y)
    outcome = runner.run(file, part, model.parameters, X, Y, model.hidden)
    comparison = compare_gradients(model, X, Y, manual=outcome.gradients)
    print(f"Yours: {', '.join(outcome.called)} in {args.file}. The rest is the course's.")
    print(f"Data: {source}.")
    for remark in (*outcome.remarks, *outcome.wrong):
        print(f"Note: {remark}")
    print(f"\n{comparison}\n")
    return 0 if comparison.ok and not outcome.wrong else 1
