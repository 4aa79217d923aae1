"""`autograd-lite plot`: learning curves of several runs, and pictures of what one has learned."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import plots
from ..base import Classifier
from ..data import LabelledData
from ..errors import SettingError
from ..saving import load
from . import arguments
from .train import MODEL, OUT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DESCRIPTION = """\
Plot the result of `train`, from one folder or several. --what chooses the picture:
  costs       the learning curves, those of several runs in one frame (the default)
  boundary    for points with two features: P(Y = 1) at every point of the plane;
              several runs side by side
  weights     what training added to the weights of the first layer, as pictures
  histograms  activations, and sizes of gradients, of each layer
  dead        the share of examples for which each ReLU unit is 0; a dead one always is 0"""

EPILOG = f"""\
Examples:
  autograd-lite plot {OUT}
  autograd-lite plot slow fast faster --out rates.png
  autograd-lite plot {OUT} --what histograms
  autograd-lite plot one-unit four-units --what boundary --out units.pdf"""

ENDINGS = (".png", ".svg", ".pdf")


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "plot learning curves, decision boundaries, weights, gradients, dead units"
    command = arguments.declare(commands, "plot", run, short, DESCRIPTION, EPILOG)
    command.add_argument(
        "runs", nargs="+", metavar="RUN", help=f"output folder of `train`, or its {MODEL}"
    )
    command.add_argument(
        "--what", choices=tuple(PICTURES), default="costs", help="which picture (default: costs)"
    )
    arguments.add_data(command, "the data of the training", chooses=False)
    command.add_argument(
        "--out",
        metavar="FILE",
        help="picture to write: .png, .svg or .pdf (default: WHAT.png)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the picture and print its path."""
    out = args.out or f"{args.what}.png"
    if not out.lower().endswith(ENDINGS):
        raise SettingError(f"--out {out}: expected a name that ends in {', '.join(ENDINGS)}.")
    models = [load(_model_file(path)) for path in args.runs]
    figure = PICTURES[args.what](args, dict(zip(labels(args.runs, models), models, strict=True)))
    plots.write(figure, out)
    print(f"Plotted {args.what} of {', '.join(args.runs)}: {out}")
    return 0


def _model_file(path: str) -> str:
    return os.path.join(path, MODEL) if os.path.isdir(path) else path


def labels(paths: list[str], models: list[Classifier]) -> list[str]:
    """Return a name for each run: its folder's, and the settings in which the runs differ."""
    folders = [p.removesuffix(MODEL) if os.path.basename(p) == MODEL else p for p in paths]
    names = [os.path.basename(os.path.abspath(folder)) for folder in folders]
    if len(set(names)) < len(names):
        names = [os.path.normpath(p) for p in paths]
    if len(set(names)) < len(names):
        raise SettingError(f"A run is given twice: {', '.join(paths)}.")
    settings = [_settings(model) for model in models]
    differ = [key for key in settings[0] if len({s[key] for s in settings}) > 1]
    if "" in differ and "seed" in differ:  # other sizes draw other numbers anyway
        differ.remove("seed")
    return [
        ", ".join([name, *(f"{key} {s[key]}".strip() for key in differ if s[key])])
        for name, s in zip(names, settings, strict=True)
    ]


def _settings(model: Classifier) -> dict[str, str]:
    """Return what can distinguish runs, in words; the key is empty if no word is needed."""
    sizes = model.dims(model.n_x)
    optimizer = model.optimizer
    return {
        "": "-".join(map(str, sizes)) + (f" {model.hidden}" if len(sizes) > 2 else ""),
        "seed": str(getattr(model, "seed", "")),
        "optimizer": optimizer.name if optimizer else "",
        "learning rate": f"{optimizer.learning_rate:g}" if optimizer else "",
    }


def _data(args: argparse.Namespace, name: str, model: Classifier) -> LabelledData:
    """Return the data of --data, or those that the model was trained on."""
    data = arguments.labelled(args.data or model.about.get("data"))
    if data.X_train.shape[0] != model.n_x:
        raise SettingError(
            f"{name} takes {model.n_x} inputs, but each example in these data is "
            f"{data.X_train.shape[0]} numbers; give the right ones as --data."
        )
    return data


def _one(args: argparse.Namespace, models: dict[str, Classifier]) -> tuple[str, Classifier, str]:
    """Return the only run: its name, its model, and a title; SettingError if there are several."""
    if len(models) > 1:
        raise SettingError(f"--what {args.what} shows one run; {len(models)} were given.")
    name, model = next(iter(models.items()))
    return name, model, f"{name}: {model.describe()}"


def _costs(args: argparse.Namespace, models: dict[str, Classifier]) -> Figure:
    if len(models) > 1:
        return plots.learning_curves(models)
    _, model, title = _one(args, models)
    return plots.learning_curves(model, title)


def _boundary(args: argparse.Namespace, models: dict[str, Classifier]) -> Figure:
    *_, data = [_data(args, name, model) for name, model in models.items()]
    if len(models) > 1:
        return plots.decision_boundary(models, data.X_train, data.Y_train)
    _, model, title = _one(args, models)
    return plots.decision_boundary(model, data.X_train, data.Y_train, title)


def _weights(args: argparse.Namespace, models: dict[str, Classifier]) -> Figure:
    _, model, title = _one(args, models)
    return plots.first_layer_weights(model, model.about.get("picture"), title, learned=True)


def _histograms(args: argparse.Namespace, models: dict[str, Classifier]) -> Figure:
    name, model, title = _one(args, models)
    data = _data(args, name, model)
    return plots.histograms(model, data.X_train, data.Y_train, title)


def _dead(args: argparse.Namespace, models: dict[str, Classifier]) -> Figure:
    name, model, title = _one(args, models)
    return plots.silent_units(model, _data(args, name, model).X_train, title)


PICTURES: dict[str, Callable[[argparse.Namespace, dict[str, Classifier]], Figure]] = {
    "costs": _costs,
    "boundary": _boundary,
    "weights": _weights,
    "histograms": _histograms,
    "dead": _dead,
}
