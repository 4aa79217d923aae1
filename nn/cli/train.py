"""`autograd-lite train`: learn from labelled pictures, and write the results into a folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from typing import Any

from .. import saving
from ..base import Classifier
from ..data import CatData, LabelledData
from ..data.files import explain
from ..errors import CheckpointError, SettingError
from ..optimizers import OPTIMIZERS
from . import arguments
from .outputs import Outputs

MODEL = "model.h5"
OUT = "cat-classifier"
SECONDS_BETWEEN_SAVES = 5.0

DESCRIPTION = """\
Train a classifier of pictures (cat or not), or with --data planar of points, by full-batch
gradient descent on automatic gradients. The defaults are the course's settings. Ctrl-C stops after
the current step and saves what was learned; --resume continues from there."""

EPILOG = f"""\
In the output folder:
  {MODEL:<17}the trained model with its history (HDF5); `predict` and --resume read it
  costs.png        the learning curve
  mislabelled.png  the test pictures that are labelled wrongly
  weights.png      what training added to the weights of the first layer, as pictures
  boundary.png     for points: P(Y = 1) at every point of the plane
  graph.svg        the computation graph (graph.dot if nothing can render it)
  gradients.txt    every gradient by hand, automatically and numerically, compared
  report.json      data, settings, costs, accuracies, seconds

Examples:
  autograd-lite train
  autograd-lite train --data datasets --model logistic --out logistic
  autograd-lite train --data planar --layers 2,20,1 --out flower
  autograd-lite train --layers 12288,30,10,1 --learning-rate 0.005 --dtype float32"""


def add(commands: Any) -> None:
    """Declare the command and its arguments."""
    short = "train a classifier of pictures, or of points"
    command = arguments.declare(commands, "train", run, short, DESCRIPTION, EPILOG)
    arguments.add_data(command)
    arguments.add_model(command, or_file=False)
    command.add_argument(
        "--iterations",
        type=arguments.whole_number,
        metavar="N",
        help="steps of gradient descent in all, earlier ones included "
        "(default: 2500; logistic 2000, two-layer tanh 10000)",
    )
    command.add_argument(
        "--learning-rate",
        type=arguments.rate,
        metavar="RATE",
        help="length of a step (default: 0.0075; logistic 0.005, two-layer tanh 1.2)",
    )
    command.add_argument(
        "--optimizer",
        choices=tuple(OPTIMIZERS),
        help="rule that turns gradients into steps (default: sgd, plain gradient descent)",
    )
    command.add_argument(
        "--gradients",
        choices=("auto", "by_hand"),
        help="who computes them: the engine, or the course's formulas (default: auto)",
    )
    command.add_argument(
        "--no-compile",
        action="store_true",
        help="run the engine at each step, instead of one compiled loop of NumPy: some 20 times "
        "slower, the same numbers up to rounding, and the same bits after --resume",
    )
    command.add_argument(
        "--out", default=OUT, metavar="DIR", help=f"output folder (default: {OUT})"
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help=f"continue with the {MODEL} in the output folder, until --iterations in all",
    )


def run(args: argparse.Namespace) -> int:
    """Train, save and report; return 0, or 130 after Ctrl-C."""
    start = time.perf_counter()
    path = os.path.join(args.out, MODEL)
    if args.resume:
        model = _trained(path, args)
        if args.data is None:
            args.data = model.about.get("data")
    else:
        model = arguments.new_model(args.model or arguments.usual_model(args), args)
        model.gradients = args.gradients or "auto"
    iterations = args.iterations or model.course.iterations
    data = arguments.labelled(args.data)
    arguments.check_inputs(args, data.X_train.shape[0])
    _prepare(args.out)

    print(f"Data: {data.source}.")
    done = model.iterations
    if done >= iterations:
        print(
            f"The model has taken {done} iterations already; --iterations {iterations} asks for no "
            f"more. To continue, ask for a larger number in all."
        )
        seconds = 0.0
    else:
        seconds = _fit(model, data, args, iterations, path)
    if model.iterations == 0:
        raise KeyboardInterrupt
    seconds = model.about["seconds"] = model.about.get("seconds", 0.0) + seconds
    _save(path, model)
    outputs = Outputs(args.out, model, data)
    outputs.write(seconds, start)
    print(f"\n{outputs.summary(seconds)}")
    return 130 if model.interrupted else 0


def _fit(
    model: Classifier, data: LabelledData, args: argparse.Namespace, iterations: int, path: str
) -> float:
    """Train, saving every few seconds, and return the seconds it took."""
    no_folder = args.data in (None, arguments.PLANAR)
    about = {
        "data": args.data if no_folder else os.path.abspath(args.data),
        "source": data.source,
        "classes": list(data.classes),
    }
    if isinstance(data, CatData):
        about["picture"] = list(data.pictures_train.shape[1:])
    if args.resume and model.about.get("source") not in (None, data.source):
        print(f"Until now it was trained on other data: {model.about['source']}.")
    model.about.update(about)
    more = f" more, {iterations} in all" if args.resume else ""
    print(
        f"Training {model.describe(data.X_train.shape[0])} for "
        f"{iterations - model.iterations} iterations{more}. Ctrl-C stops and saves.",
        flush=True,
    )
    if not args.resume and os.path.lexists(path):
        _set_aside(path)
    saved = start = time.perf_counter()

    def save_now_and_then(model: Classifier) -> None:
        nonlocal saved
        if time.perf_counter() - saved > SECONDS_BETWEEN_SAVES:
            saving.save(path, model)
            saved = time.perf_counter()

    model.fit(
        data.X_train,
        data.Y_train,
        iterations,
        args.learning_rate,
        optimizer=args.optimizer,
        gradients=args.gradients,
        resume=args.resume,
        compile=not args.no_compile,
        callback=save_now_and_then,
    )
    return time.perf_counter() - start


def _trained(path: str, args: argparse.Namespace) -> Classifier:
    """Return the model to resume; SettingError if an argument contradicts it."""
    if not os.path.exists(path):
        raise SettingError(
            f"There is nothing to resume: {path} does not exist. Leave --resume out to start anew."
        )
    model = saving.load(path)
    kind = arguments.KINDS.get(type(model).__name__, "deep")
    has = {
        "model": kind,
        "layers": list(model.dims(model.n_x)),
        "hidden": None if kind == "logistic" else model.hidden,
        "seed": getattr(model, "seed", None),
        "dtype": str(model.working_dtype),
    }
    for name, value in has.items():
        asked = getattr(args, name)
        if asked is not None and asked != value:
            shown = ",".join(map(str, value)) if isinstance(value, list) else value
            raise SettingError(
                f"{path} was trained with --{name} {shown}; --resume cannot change that. Leave "
                f"--{name} out, or choose another --out to start anew."
            )
    return model


def _prepare(out: str) -> None:
    """Make the output folder, and check that files can be written there."""
    try:
        os.makedirs(out, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        found = "a file" if os.path.isfile(out) else explain(error)
        raise SettingError(
            f"--out {out}: found {found}; expected a folder to write in, or a new name."
        ) from error


def _set_aside(path: str) -> None:
    """Keep the model of an earlier training under another name."""
    old = path.removesuffix(".h5") + ".old.h5"
    with contextlib.suppress(OSError):
        shutil.copyfile(path, old)
        print(f"The model of an earlier training is kept as {old}.")


def _save(path: str, model: Classifier) -> None:
    """Save the model, in another place if there is no room or no permission."""
    try:
        saving.save(path, model)
    except CheckpointError as error:
        elsewhere = os.path.join(tempfile.mkdtemp(prefix="autograd-lite-"), MODEL)
        try:
            saving.save(elsewhere, model)
        except CheckpointError:
            raise error from None
        raise CheckpointError(
            error.path, f"{error.reason}; what was learned is saved as {elsewhere}"
        ) from error
