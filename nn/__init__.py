"""The classifiers of the first deep-learning course, rebuilt on `autograd_lite`.

Examples are columns: X is (n_x, m), Y is (1, m). Read in this order:

    by_hand/                                 the formulas of the course
    layers, activations, initializers, losses, optimizers
    train, compiled_training                 the training loop, and the same as one compiled loop
    validation, base, classifiers            the three models
    numerical, compare                       manual against automatic against numerical gradients
    homework/                                a learner's own backprop: run, and diagnosed
    saving, serialization                    models in HDF5
    data/, plots/, cli/                      labelled pictures, figures, the command line
    errors                                   all errors and warnings

`nn.data` and `nn.plots` are loaded when first used, since they need h5py and Matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from . import activations, by_hand, initializers, layers, losses, optimizers
from .activations import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from .classifiers import LLayerClassifier, LogisticRegression, TwoLayerClassifier
from .compare import Comparison, compare_gradients
from .errors import (
    CheckpointError,
    CheckpointWarning,
    DataError,
    DataWarning,
    DivergedError,
    GradientError,
    MissingPackageError,
    NNError,
    NotFittedError,
    SettingError,
)
from .homework.diagnosis import diagnose
from .layers import Layer, Linear, Sequential
from .saving import load, save

if TYPE_CHECKING:
    from . import data, plots

__all__ = [
    "CheckpointError",
    "CheckpointWarning",
    "Comparison",
    "DataError",
    "DataWarning",
    "DivergedError",
    "GradientError",
    "Identity",
    "LLayerClassifier",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogisticRegression",
    "MissingPackageError",
    "NNError",
    "NotFittedError",
    "ReLU",
    "Sequential",
    "SettingError",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "TwoLayerClassifier",
    "activations",
    "by_hand",
    "compare_gradients",
    "data",
    "diagnose",
    "initializers",
    "layers",
    "load",
    "losses",
    "optimizers",
    "plots",
    "save",
]

_ON_DEMAND = ("data", "plots")


if not TYPE_CHECKING:  # a type checker would take every name for one of the package

    def __getattr__(name):
        if name in _ON_DEMAND:
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
