"""Arguments that several commands share, and what they stand for."""

from __future__ import annotations

import argparse
import math
import os
from typing import Any

import numpy as np

from ..base import Classifier
from ..classifiers import LLayerClassifier, LogisticRegression, TwoLayerClassifier
from ..data import LabelledData, drawings, flower, load_cat
from ..errors import DataError, SettingError
from ..saving import load

MODELS = ("logistic", "two-layer", "deep")
LAYERS = {"logistic": "12288,1", "two-layer": "12288,7,1", "deep": "12288,20,7,5,1"}
PLANAR = "planar"  # in place of a folder
HIDDEN = ("relu", "tanh")
KINDS = {"LogisticRegression": "logistic", "TwoLayerClassifier": "two-layer"}


def whole_number(text: str) -> int:
    """A whole number from 1 on, as argparse wants it told."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number


def seed(text: str) -> int:
    """A seed of NumPy's legacy generator."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2**32 - 1")
    return number


def rate(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number greater than 0")
    return number


def layers(text: str) -> list[int]:
    """Sizes such as 12288,20,7,5,1, from the inputs to the one output."""
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
    """--data; `default` says which are used without it, `chooses` whether a network follows."""
    network = ", and its two-layer tanh network unless you say otherwise" if chooses else ""
    command.add_argument(
        "--data",
        metavar="DIR|planar",
        help="folder with train_catvnoncat.h5 and test_catvnoncat.h5, or `planar` for the course's "
        f"flower of points{network} (default: {default})",
    )


def add_network(command: argparse.ArgumentParser) -> None:
    """What makes a network with examples: --model and its settings, --data, --examples."""
    add_model(command, or_file=True)
    add_data(command)
    command.add_argument(
        "--examples",
        type=whole_number,
        metavar="M",
        help="how many examples (default: all 209 pictures; 100 where --layers fit no picture)",
    )


def add_model(command: argparse.ArgumentParser, or_file: bool) -> None:
    """What add_shape has, --seed and --dtype."""
    add_shape(command, or_file)
    command.add_argument(
        "--seed",
        type=seed,
        metavar="N",
        help="of the first weights (default: the course's, 1, or 2 for a two-layer tanh network; "
        "logistic starts at zero)",
    )
    command.add_argument(
        "--dtype",
        choices=("float64", "float32"),
        help="number format; float32 is faster, float64 has 16 digits (default: float64)",
    )


def add_shape(command: argparse.ArgumentParser, or_file: bool) -> None:
    """--model, --layers, --hidden."""
    names = ", ".join(MODELS)
    if or_file:
        command.add_argument(
            "--model",
            metavar="NAME|FILE",
            help=f"one of {names}, not yet trained, or a trained model.h5 (default: deep)",
        )
    else:
        command.add_argument(
            "--model",
            choices=MODELS,
            help=f"which classifier: {names} (default: deep)",
        )
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
    """The classifier that the arguments ask for; SettingError where they contradict each other."""
    sizes = args.layers
    settings["dtype"] = args.dtype or "float64"
    if name == "logistic":
        if sizes is not None and len(sizes) != 2:
            raise SettingError(
                f"--model logistic has two sizes, such as 12288,1, not {_listed(sizes)}."
            )
        if args.hidden is not None:
            raise SettingError("--model logistic has no hidden layer: leave --hidden out.")
        return LogisticRegression(**settings)
    hidden = args.hidden or ("tanh" if _is_planar(args) else "relu")
    usual = 2 if (name, hidden) == ("two-layer", "tanh") else 1
    settings |= {"hidden": hidden, "seed": usual if args.seed is None else args.seed}
    if name == "two-layer":
        if sizes is not None and len(sizes) != 3:
            raise SettingError(
                f"--model two-layer has three sizes, such as 12288,7,1, not {_listed(sizes)}."
            )
        return TwoLayerClassifier(None if sizes is None else sizes[1], **settings)
    return LLayerClassifier(sizes, **settings)


def named_or_loaded(args: argparse.Namespace) -> Classifier:
    """The classifier of --model: a new one by name, or one from a file."""
    if args.model is None or args.model in MODELS:
        return new_model(args.model or usual_model(args), args)
    if not os.path.exists(args.model):
        names = ", ".join(MODELS)
        raise SettingError(f"--model {args.model} is neither one of {names} nor a file.")
    refuse_settings_of_trained(args, ("layers", "hidden", "seed", "dtype"))
    return load(args.model)


def usual_model(args: argparse.Namespace) -> str:
    """The course's network for the data."""
    return "two-layer" if _is_planar(args) else "deep"


def _is_planar(args: argparse.Namespace) -> bool:
    return getattr(args, "data", None) == PLANAR


def refuse_settings_of_trained(args: argparse.Namespace, names: tuple[str, ...]) -> None:
    """SettingError where an argument would change what a trained model has fixed."""
    for name in names:
        if getattr(args, name) is not None:
            raise SettingError(f"--{name} cannot be given with a trained model, which has its own.")


def check_inputs(args: argparse.Namespace, n_x: int) -> None:
    """SettingError where --layers begins with another number than the data have rows."""
    if args.layers is not None and args.layers[0] != n_x:
        raise SettingError(
            f"--layers begins with {args.layers[0]}, but each example in these data is "
            f"{n_x} numbers; begin with {n_x}."
        )


def labelled(folder: str | None) -> LabelledData:
    """The labelled examples of --data, or the program's own drawings."""
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
    """n_x: that of the trained model, the first of --layers, or that of the data."""
    if model.network is not None:
        return model.network.n_x
    if args.layers is not None:
        return int(args.layers[0])
    return 2 if _is_planar(args) else 12288


def described(model: Classifier, n_x: int) -> str:
    """Kind and sizes, as LLayerClassifier 12288-20-7-5-1."""
    return f"{type(model).__name__} {'-'.join(map(str, model.dims(n_x)))}"


def examples(args: argparse.Namespace, model: Classifier) -> tuple[Any, Any, str]:
    """X, Y and where they are from: pictures or planar points where they fit the model, else random
    numbers.
    """
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


def _listed(sizes: list[int]) -> str:
    return ",".join(map(str, sizes))
