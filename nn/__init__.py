"""The classifiers of the first deep-learning course, rebuilt on automatic differentiation.

Reading order: by_hand (the formulas), layers, activations, losses, initializers, optimizers, train,
estimator and classifiers (the three models), compare (manual against automatic gradients), persist
(HDF5), plots, cli.

Examples are columns: X is (n_x, m), Y is (1, m). `nn.data` (labelled pictures) is loaded when first
used, since it needs h5py.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from . import data, plots

_ON_DEMAND = ("data", "plots")


def __getattr__(name: str) -> Any:
    if name in _ON_DEMAND:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
