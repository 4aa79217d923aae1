"""The files that `train` writes into its folder, and the summary that it prints."""

from __future__ import annotations

import json
import os
import platform
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_lite as ag

from .. import plots
from ..base import Classifier
from ..by_hand import accuracy
from ..compare import Comparison, compare_gradients
from ..data import CatData, LabelledData
from ..data.files import replace_file
from ..errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Written:
    """The files that were written, what was left out and why, and the comparison of gradients."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.skipped: list[str] = []
        self.comparison: Comparison | None = None


def write_all(
    out: str, model: Classifier, data: LabelledData, seconds: float, total: float
) -> Written:
    """Write costs.png and other pictures, graph.svg, gradients.txt, report.json.

    A picture that this machine cannot make is left out, with a note on what to install.
    """
    written = Written()
    written.files.append("model.h5")
    for file, make in _pictures(model, data, model.describe()).items():
        _attempt(written, out, file, make)
    _draw(written, out, model, data)
    written.comparison = compare_gradients(model, data.X_train, data.Y_train)
    _text(written, out, "gradients.txt", f"{written.comparison}\n")
    report = _report(model, data, written, seconds, total)
    _text(written, out, "report.json", json.dumps(report, indent=2) + "\n")
    return written


def _pictures(model: Classifier, data: LabelledData, name: str) -> dict[str, Callable[[], Figure]]:
    """Return what draws the learning curve, and the pictures that fit the data, by file name."""
    title = f"{name}, learning rate {_rate(model)}"
    found = {"costs.png": lambda: plots.learning_curves(model, title)}
    if isinstance(data, CatData):
        found["mislabelled.png"] = lambda: plots.mislabelled(
            data.pictures_test,
            data.Y_test,
            model.predict_proba(data.X_test),
            data.classes,
            f"Test pictures, {name}",
        )
        found["weights.png"] = lambda: plots.first_layer_weights(
            model, data.pictures_train.shape[1:], f"First layer, {name}", learned=True
        )
    elif data.X_train.shape[0] == 2:
        found["boundary.png"] = lambda: plots.decision_boundary(
            model, data.X_train, data.Y_train, name
        )
    return found


def _attempt(written: Written, out: str, file: str, make: Callable[[], Figure]) -> None:
    try:
        plots.write(make(), os.path.join(out, file))
        written.files.append(file)
    except MissingPackageError as error:
        written.skipped.append(f"{file} was left out. {error}")


def _draw(written: Written, out: str, model: Classifier, data: LabelledData) -> None:
    """Write graph.svg, or graph.dot with a note on how to render it."""
    graph = model.graph(data.X_train, data.Y_train)
    X, Y, J = graph["X"], graph["Y"], graph["J"]  # noqa: F841  # names that the drawing finds
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        path = ag.draw(J, passes="both").render(os.path.join(out, "graph.svg"))
    written.files.append(os.path.basename(path))
    written.skipped += [str(note.message) for note in notes]


def _text(written: Written, out: str, file: str, text: str) -> None:
    replace_file(os.path.join(out, file), text.encode())
    written.files.append(file)


def accuracies(model: Classifier, data: LabelledData) -> dict[str, float]:
    """Return the accuracies in percent, on training and test examples."""
    return {
        "train": accuracy(model.predict(data.X_train), data.Y_train),
        "test": accuracy(model.predict(data.X_test), data.Y_test),
    }


def _rate(model: Classifier) -> str:
    assert model.optimizer is not None
    return f"{model.optimizer.learning_rate:g}"


def _report(
    model: Classifier, data: LabelledData, written: Written, seconds: float, total: float
) -> dict[str, Any]:
    run, optimizer, comparison = model.run, model.optimizer, written.comparison
    assert run is not None
    assert optimizer is not None
    assert comparison is not None
    return {
        "data": {
            "source": data.source,
            "folder": model.about.get("data"),
            "train": data.X_train.shape[1],
            "test": data.X_test.shape[1],
            "classes": list(data.classes),
        },
        "settings": {
            "model": type(model).__name__,
            "layers": list(model.dims(model.n_x)),
            **{k: v for k, v in model.get_params().items() if k != "layer_dims"},
            "dtype": str(model.working_dtype),
            "optimizer": {"name": optimizer.name, **optimizer.settings},
            "learning_rate": optimizer.learning_rate,
        },
        "iterations": run.iterations,
        "interrupted": run.interrupted,
        "costs": {"iteration": run.recorded, "cost": run.costs},
        "accuracy_percent": accuracies(model, data),
        "gradients": {"equal": comparison.ok, "summary": comparison.summary},
        "seconds": {"training": round(seconds, 3), "this_command": round(total, 3)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "files": [*written.files, "report.json"],
        "left_out": written.skipped,
    }


def summary(
    model: Classifier, data: LabelledData, seconds: float, out: str, written: Written
) -> str:
    """Return what happened, in a few lines."""
    run, comparison = model.run, written.comparison
    assert run is not None
    assert comparison is not None
    right = accuracies(model, data)
    whose = "automatic" if model.gradients == "auto" else "hand-derived"
    stopped = " (stopped by Ctrl-C; --resume goes on)" if run.interrupted else ""
    speed = f" in {seconds:.1f} s" if seconds >= 0.1 else ""
    lines = [
        ("Data", f"{data.source}"),
        ("Model", f"{model.describe()}, {whose} gradients"),
        ("Training", f"{run.iterations} iterations{speed}, learning rate {_rate(model)}{stopped}"),
        (
            "Cost",
            f"{run.costs[0]:.6f} at first, {run.costs[-1]:.6f} at iteration {run.recorded[-1]}",
        ),
        ("Accuracy", f"{right['train']:.2f} % in training, {right['test']:.2f} % in the test"),
        ("Gradients", comparison.summary),
        ("Files", f"{', '.join(written.files)} in {out}"),
        *(("", note) for note in written.skipped),
    ]
    next_ = [f"autograd-lite plot {out} --what histograms"]
    if isinstance(data, CatData):
        next_ = [f"autograd-lite predict PICTURE --model {os.path.join(out, 'model.h5')}", *next_]
    lines += zip(("Next", ""), next_, strict=False)
    return "\n".join(f"{name:<11}{text}" for name, text in lines)
