"""`autograd-lite compare`: every gradient by hand, automatically and numerically, in one table."""

from __future__ import annotations

import argparse
from typing import Any

from .. import validation
from ..base import Classifier
from ..classifiers import LogisticRegression, TwoLayerClassifier
from ..compare import compare_gradients
from ..errors import SettingError
from ..homework import runner as own_backprop
from ..homework.source_file import OwnFile
from . import arguments

DESCRIPTION = """\
Compute dZ, dA, dW and db of every layer by hand-derived formulas, by automatic differentiation, and
by numerical differentiation, and print how far they differ.

The hand-derived formulas are the course's, or with FILE your own: a Python file with functions
named as in the course. What it has decides what is compared:
  propagate(w, b, X, Y)                             logistic regression
  backward_propagation(parameters, cache, X, Y)     the two-layer network, tanh
  L_model_backward(AL, Y, caches), or of its parts  the deep network, ReLU
    linear_activation_backward, linear_backward, relu_backward, sigmoid_backward
Your forward functions are used where the file has them (L_model_forward, linear_activation_forward,
linear_forward, forward_propagation), else the course's. Where a gradient is wrong, what is wrong
with it is said. The network is a small one unless --layers, --data or --model say otherwise. The
file is run as Python runs any program of yours.

Exit code 0 where all are equal, 1 where they are not, 2 where nothing could be compared."""

EPILOG = """\
Examples:
  autograd-lite compare my_backprop.py
  autograd-lite compare my_backprop.py --model logistic
  autograd-lite compare my_backprop.py --layers 6,5,5,4,1 --hidden tanh
  autograd-lite compare
  autograd-lite compare --data datasets --model two-layer
  autograd-lite compare --layers 5,4,3,2,1
  autograd-lite compare --model cat-classifier/model.h5"""

#: For a learner's own functions: small enough to read, two equal layers, so that a forgotten
#: transpose gives wrong numbers, and not only an error.
SMALL = {"logistic": [4, 1], "planar": [2, 4, 1], "deep": [6, 5, 5, 4, 1]}
MODEL = {"logistic": "logistic", "planar": "two-layer", "deep": "deep"}
#: So that no parameter is zero: at zero, some mistakes do not show.
STEPS = 10


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    command = commands.add_parser(
        "compare",
        help="find what is wrong with your own backprop; or compare the course's gradients",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="your own backprop, such as my_backprop.py (default: the course's formulas)",
    )
    arguments.add_network(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table; 0 where all gradients are equal, else 1."""
    if args.file is not None:
        return compare_own(args)
    model = arguments.named_or_loaded(args)
    X, Y, source = arguments.examples(args, model)
    comparison = compare_gradients(model, X, Y)
    print(f"Data: {source}.\n\n{comparison}")
    return 0 if comparison.ok else 1


def compare_own(args: argparse.Namespace) -> int:
    """The same for the functions in a learner's file, one table for each part of the course."""
    file = OwnFile(args.file)
    networks = _of_the_parts(args, file) if args.model is None else [_of_the_model(args, file)]
    codes = [_compare_part(args, file, part, model) for part, model in networks]
    return max(codes)


def _of_the_parts(args: argparse.Namespace, file: OwnFile) -> list[tuple[str, Classifier]]:
    """Each part of the course that the file has functions of, with a network to try it on."""
    parts = own_backprop.parts_of(file)
    fitting = [p for p in parts if _fits(p, args.layers)]
    if not fitting:
        raise SettingError(
            f"{args.file} has {_functions(file, parts)}; --layers has two sizes for propagate, "
            f"three for backward_propagation."
        )
    found = []
    for part in fitting:
        asked = argparse.Namespace(**vars(args))
        usual = {"logistic": None, "planar": "tanh", "deep": "relu"}[part]
        asked.hidden = usual if part == "logistic" else args.hidden or usual
        if args.layers is None and args.data is None:
            asked.layers = SMALL[part]
        settings = {} if part == "logistic" else {"init": "he"}
        found.append((part, arguments.new_model(MODEL[part], asked, **settings)))
    return found


def _of_the_model(args: argparse.Namespace, file: OwnFile) -> tuple[str, Classifier]:
    """The model of --model, and the part of the course that it belongs to."""
    parts = own_backprop.parts_of(file)
    model = arguments.named_or_loaded(args)
    part = "logistic" if isinstance(model, LogisticRegression) else "deep"
    if isinstance(model, TwoLayerClassifier) and (model.hidden == "tanh" or "deep" not in parts):
        part = "planar" if "planar" in parts else "deep"
    if part not in parts:
        expected = " or ".join(own_backprop.USAGE[name] for name in own_backprop.PARTS[part])
        raise SettingError(
            f"{args.file} has {_functions(file, parts)}; --model {args.model} needs {expected}."
        )
    return part, model


def _fits(part: str, layers: list[int] | None) -> bool:
    sizes = {"logistic": 2, "planar": 3}
    return layers is None or part not in sizes or len(layers) == sizes[part]


def _functions(file: OwnFile, parts: list[str]) -> str:
    return ", ".join(n for part in parts for n in own_backprop.PARTS[part] if n in file)


def _compare_part(args: argparse.Namespace, file: OwnFile, part: str, model: Classifier) -> int:
    """Run, compare and print one part."""
    asked = argparse.Namespace(**vars(args))
    if args.layers is None and args.data is None and args.model is None:
        asked.layers = SMALL[part]
    X, Y, source = arguments.examples(asked, model)
    if model.run is None:
        model.fit(X, Y, iterations=STEPS, compile=False, progress=False)
    X = validation.inputs(X, dtype=next(iter(model.parameters.values())).dtype)
    Y = validation.labels(Y, X.shape[1], X.dtype)
    ran = own_backprop.run(file, part, model.parameters, X, Y, model.hidden)
    comparison = compare_gradients(model, X, Y, manual=ran.gradients)
    print(f"Yours: {', '.join(ran.called)} in {args.file}. The rest is the course's.")
    print(f"Data: {source}.")
    for remark in (*ran.remarks, *ran.wrong):
        print(f"Note: {remark}")
    print(f"\n{comparison}\n")
    return 0 if comparison.ok and not ran.wrong else 1
