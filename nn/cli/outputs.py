"""The files that `train` writes into its folder, and the summary that it prints."""

from __future__ import annotations

import json
import os
import platform
import time
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
from ..optimizers import Optimizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Outputs:
    """The files of a training: those written, those left out and why, and the summary."""

    def __init__(self, out: str, model: Classifier, data: LabelledData) -> None:
        assert model.optimizer is not None
        self.out: str = out
        self.model: Classifier = model
        self.data: LabelledData = data
        self.name: str = model.describe()
        self.optimizer: Optimizer = model.optimizer
        self.rate: str = f"learning rate {self.optimizer.learning_rate:g}"
        self.files: list[str] = ["model.h5"]
        self.skipped: list[str] = []
        self.accuracies: dict[str, float] = {
            "train": accuracy(model.predict(data.X_train), data.Y_train),
            "test": accuracy(model.predict(data.X_test), data.Y_test),
        }

    def write(self, seconds: float, start: float) -> None:
        """Write costs.png and other pictures, graph.svg, gradients.txt, report.json.

        A picture that this machine cannot make is left out, with a note on what to install.
        """
        for file, make in self.pictures().items():
            try:
                plots.write(make(), os.path.join(self.out, file))
                self.files.append(file)
            except MissingPackageError as error:
                self.skipped.append(f"{file} was left out. {error}")
        self.draw()
        self.comparison: Comparison = compare_gradients(
            self.model, self.data.X_train, self.data.Y_train
        )
        self._text("gradients.txt", f"{self.comparison}\n")
        self.files.append("report.json")
        report = self._report(seconds, time.perf_counter() - start)
        self._text("report.json", json.dumps(report, indent=2) + "\n")

    def pictures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws the learning curve and the pictures that fit the data, by file."""
        model, data, name = self.model, self.data, self.name
        found = {"costs.png": lambda: plots.learning_curves(model, f"{name}, {self.rate}")}
        if isinstance(data, CatData):
            P = model.predict_proba(data.X_test)
            found["mislabelled.png"] = lambda: plots.mislabelled(
                data.pictures_test, data.Y_test, P, data.classes, f"Test pictures, {name}"
            )
            found["weights.png"] = lambda: plots.first_layer_weights(
                model, data.pictures_train.shape[1:], f"First layer, {name}", learned=True
            )
        elif data.X_train.shape[0] == 2:
            found["boundary.png"] = lambda: plots.decision_boundary(
                model, data.X_train, data.Y_train, name
            )
        return found

    def draw(self) -> None:
        """Write graph.svg, or graph.dot with a note on how to render it."""
        graph = self.model.graph(self.data.X_train, self.data.Y_train)
        X, Y, J = graph["X"], graph["Y"], graph["J"]  # noqa: F841  # names that the drawing finds
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            path = ag.draw(J, passes="both").render(os.path.join(self.out, "graph.svg"))
        self.files.append(os.path.basename(path))
        self.skipped += [str(note.message) for note in notes]

    def _text(self, file: str, text: str) -> None:
        replace_file(os.path.join(self.out, file), text.encode())
        if file not in self.files:
            self.files.append(file)

    def _report(self, seconds: float, total: float) -> dict[str, Any]:
        model, data, optimizer, run = self.model, self.data, self.optimizer, self.model._fitted()
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
            "accuracy_percent": self.accuracies,
            "gradients": {"equal": self.comparison.ok, "summary": self.comparison.summary},
            "seconds": {"training": round(seconds, 3), "this_command": round(total, 3)},
            "versions": {"python": platform.python_version(), "numpy": np.__version__},
            "files": self.files,
            "left_out": self.skipped,
        }

    def summary(self, seconds: float) -> str:
        """Return what happened, in a few lines."""
        run, right, out = self.model._fitted(), self.accuracies, self.out
        whose = "automatic" if self.model.gradients == "auto" else "hand-derived"
        stopped = " (stopped by Ctrl-C; --resume continues)" if run.interrupted else ""
        speed = f" in {seconds:.1f} s" if seconds >= 0.1 else ""
        last = f"{run.costs[-1]:.6f} at iteration {run.recorded[-1]}"
        lines = [
            ("Data", self.data.source),
            ("Model", f"{self.name}, {whose} gradients"),
            ("Training", f"{run.iterations} iterations{speed}, {self.rate}{stopped}"),
            ("Cost", f"{run.costs[0]:.6f} at first, {last}"),
            ("Accuracy", f"{right['train']:.2f} % in training, {right['test']:.2f} % in the test"),
            ("Gradients", self.comparison.summary),
            ("Files", f"{', '.join(self.files)} in {out}"),
            *(("", note) for note in self.skipped),
        ]
        commands = [f"autograd-lite plot {out} --what histograms"]
        if isinstance(self.data, CatData):
            model = os.path.join(out, "model.h5")
            commands.insert(0, f"autograd-lite predict PICTURE --model {model}")
        lines += zip(("Next", ""), commands, strict=False)
        return "\n".join(f"{name:<11}{text}" for name, text in lines)
