"""Arguments that several commands share, and what they stand for."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import Classifier
from ..classifiers import LLayerClassifier, LogisticRegression, TwoLayerClassifier
from ..data import LabelledData, drawings, flower, load_cat
from ..errors import DataError, SettingError
from ..saving import load

LAYERS = {"logistic": "12288,1", "two-layer": "12288,7,1", "deep": "12288,20,7,5,1"}
MODELS = tuple(LAYERS)
PLANAR = "planar"  # in place of a folder
HIDDEN = ("relu", "tanh")
KINDS = {"LogisticRegression": "logistic", "TwoLayerClassifier": "two-layer"}


def declare(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    short: str,
    description: str,
    epilog: str,
) -> argparse.ArgumentParser:
    """Declare a command: its name, what runs it, and its help."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=short,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _reader(
    kind: type[int] | type[float], low: float, high: float, words: str
) -> Callable[[str], Any]:
    """Return a function that reads a number for argparse."""

    def read(text: str) -> Any:
        try:
            number = kind(text)
        except ValueError:
            number = kind(0) - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not {words}")
        return number

    return read


whole_number: Callable[[str], Any] = _reader(int, 1, math.inf, "a whole number from 1 on")
seed: Callable[[str], Any] = _reader(int, 0, 2**32 - 1, "a whole number from 0 to 2**32 - 1")
rate: Callable[[str], Any] = _reader(
    float, math.ulp(0.0), sys.float_info.max, "a number greater than 0"
)


def layers(text: str) -> list[int]:
    """Read sizes such as 12288,20,7,5,1, from the inputs to the one output."""
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if len(sizes) < 2 or min(sizes) < 1 or sizes[-1] != 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of layer sizes such as 12288,20,7,5,1, from the number of "
            f"inputs to the one output"
        )
    return sizes


def add_data(
    command: argparse.ArgumentParser,
    default: str = "the program's own drawings of cats and other things",
    chooses: bool = True,
) -> None:
    """Add --data; `default` is what is used without it, `chooses` if a network follows from it."""
    network = ", and its two-layer tanh network unless you choose another" if chooses else ""
    command.add_argument(
        "--data",
        metavar="DIR|planar",
        help="folder with train_catvnoncat.h5 and test_catvnoncat.h5, or `planar` for the course's "
        f"flower of points{network} (default: {default})",
    )


def add_network(command: argparse.ArgumentParser) -> None:
    """Add what makes a network with examples: --model and its settings, --data, --examples."""
    add_model(command, or_file=True)
    add_data(command)
    command.add_argument(
        "--examples",
        type=whole_number,
        metavar="M",
        help="number of examples (default: all 209 pictures; 100 if --layers fit no picture)",
    )


def add_model(command: argparse.ArgumentParser, or_file: bool) -> None:
    """Add --model, --layers, --hidden, --seed and --dtype."""
    add_shape(command, or_file)
    command.add_argument(
        "--seed",
        type=seed,
        metavar="N",
        help="seed of the first weights (default: the course's, 1, or 2 for a two-layer tanh "
        "network; logistic starts at zero)",
    )
    command.add_argument(
        "--dtype",
        choices=("float64", "float32"),
        help="number format; float32 is faster, float64 has 16 digits (default: float64)",
    )


def add_shape(command: argparse.ArgumentParser, or_file: bool) -> None:
    """Add --model, --layers, --hidden."""
    names = ", ".join(MODELS)
    model: dict[str, Any] = {"choices": MODELS, "help": f"the classifier: {names} (default: deep)"}
    if or_file:
        text = f"one of {names}, untrained, or the file of a trained model (default: deep)"
        model = {"metavar": "NAME|FILE", "help": text}
    command.add_argument("--model", **model)
    command.add_argument(
        "--layers",
        type=layers,
        metavar="N,N,...",
        help="sizes of all layers, from the inputs to the one output (default: the course's: "
        + ", ".join(f"{sizes} for {name}" for name, sizes in LAYERS.items())
        + ")",
    )
    command.add_argument(
        "--hidden",
        choices=HIDDEN,
        help="activation of the hidden layers: relu, as in the cat classifier (default), or tanh, "
        "as in the course's planar network",
    )


def new_model(name: str, args: argparse.Namespace, **settings: Any) -> Classifier:
    """Return the classifier that the arguments ask for; SettingError if they contradict."""
    sizes = args.layers
    settings["dtype"] = args.dtype or "float64"
    needed, words, example = {
        "logistic": (2, "two", "12288,1"),
        "two-layer": (3, "three", "12288,7,1"),
    }.get(name, (None, "", ""))
    if needed and sizes is not None and len(sizes) != needed:
        given = ",".join(map(str, sizes))
        raise SettingError(f"--model {name} has {words} sizes, such as {example}, not {given}.")
    if name == "logistic":
        if args.hidden is not None:
            raise SettingError("--model logistic has no hidden layer: leave --hidden out.")
        return LogisticRegression(**settings)
    hidden = args.hidden or ("tanh" if _is_planar(args) else "relu")
    usual = 2 if (name, hidden) == ("two-layer", "tanh") else 1
    settings |= {"hidden": hidden, "seed": usual if args.seed is None else args.seed}
    if name == "two-layer":
        return TwoLayerClassifier(None if sizes is None else sizes[1], **settings)
    return LLayerClassifier(sizes, **settings)


def named_or_loaded(args: argparse.Namespace) -> Classifier:
    """Return the classifier of --model: a new one by name, or a trained one from a file."""
    if args.model is None or args.model in MODELS:
        return new_model(args.model or usual_model(args), args)
    if not os.path.exists(args.model):
        names = ", ".join(MODELS)
        raise SettingError(f"--model {args.model} is neither one of {names} nor a file.")
    for name in ("layers", "hidden", "seed", "dtype"):
        if getattr(args, name) is not None:
            raise SettingError(f"--{name} cannot be given with a trained model, which has its own.")
    return load(args.model)


def usual_model(args: argparse.Namespace) -> str:
    """Return the name of the course's network for the data."""
    return "two-layer" if _is_planar(args) else "deep"


def _is_planar(args: argparse.Namespace) -> bool:
    return getattr(args, "data", None) == PLANAR


def check_inputs(args: argparse.Namespace, n_x: int) -> None:
    """Raise SettingError if --layers does not begin with the number of rows of the data."""
    if args.layers is not None and args.layers[0] != n_x:
        raise SettingError(
            f"--layers begins with {args.layers[0]}, but each example in these data is "
            f"{n_x} numbers; begin with {n_x}."
        )


def labelled(folder: str | None) -> LabelledData:
    """Return the labelled examples of --data, or the program's own drawings."""
    if folder == PLANAR:
        return flower()
    if folder is not None:
        return load_cat(folder)
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    try:
        return drawings(cache=os.path.join(root, "autograd-lite", "drawings"))
    except (DataError, OSError):  # no room, no permission: they can be drawn again each time
        return drawings()


def n_inputs(args: argparse.Namespace, model: Classifier) -> int:
    """Return n_x: that of the trained model, the first of --layers, or that of the data."""
    if model.run is not None:
        return model.n_x
    if args.layers is not None:
        return int(args.layers[0])
    return 2 if _is_planar(args) else 12288


def examples(args: argparse.Namespace, model: Classifier) -> tuple[Any, Any, str]:
    """Return X, Y and their source: pictures or planar points if they fit, else random numbers."""
    n_x = n_inputs(args, model)
    if args.data is None and n_x != 12288:
        m = args.examples or 100
        if n_x == 2:
            data, some = flower(), np.linspace(0, 399, m).astype(int)
            X, Y = data.X_train[:, some], data.Y_train[:, some]
            return X, Y, f"{m} points of the course's planar flower"
        rng = np.random.RandomState(0)
        return rng.randn(n_x, m), (rng.rand(1, m) < 0.5) * 1, f"{m} random examples"
    data = labelled(args.data)
    check_inputs(args, data.X_train.shape[0])
    m = min(args.examples or data.X_train.shape[1], data.X_train.shape[1])
    first = "" if m == data.X_train.shape[1] else f"; the first {m} of these are used"
    return data.X_train[:, :m], data.Y_train[:, :m], f"{data.source}{first}"
