"""Models in HDF5: what was learned, the state of the optimizer and the history, all or nothing."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import numpy as np

from .base import Classifier
from .by_hand.notation import Array
from .classifiers import LLayerClassifier, LogisticRegression, TwoLayerClassifier
from .errors import CheckpointError, NNError, SettingError
from .optimizers import OPTIMIZERS, Optimizer, State, optimizer_named
from .train import Run

FORMAT = 1
KINDS: dict[str, type[Classifier]] = {
    kind.__name__: kind for kind in (LogisticRegression, TwoLayerClassifier, LLayerClassifier)
}


def save(path: str | os.PathLike[str], model: Classifier) -> None:
    """Write a trained model to an HDF5 file, so that a crash leaves the old file whole.

    Raises NotFittedError for a model that was not trained, CheckpointError with the path and the
    reason where the file cannot be written.
    """
    from .serialization import write_image  # h5py takes a fifth of a second to load

    run = model._fitted()
    assert model.network is not None
    arrays: dict[str, Array] = {
        "history/costs": np.array(run.costs, dtype=np.float64),
        "history/recorded": np.array(run.recorded, dtype=np.int64),
    }
    arrays.update({f"parameters/{name}": p for name, p in run.parameters.items()})
    arrays.update({f"optimizer/{name}": a for name, a in _flat(run.state).items()})
    optimizer = model.optimizer
    attributes = {
        "format": FORMAT,
        "kind": type(model).__name__,
        "settings": {name: _plain(value) for name, value in model.get_params().items()},
        "n_x": model.network.n_x,
        "iterations": run.iterations,
        "interrupted": run.interrupted,
        "record_every": model.record_every,
        "numbers": {name: v for name, v in run.state.items() if not isinstance(v, dict)},
        "optimizer": optimizer and {"name": optimizer.name, "settings": optimizer.settings},
        "about": model.about,
    }
    write_image(path, arrays, attributes)


def load(path: str | os.PathLike[str]) -> Classifier:
    """Read a model that `save` wrote. It predicts the same bits, and `fit(resume=True)` goes on.

    Raises CheckpointError for a file that is missing, damaged, or no model. Where the file is
    damaged and the one before it is whole, that one is read, with a CheckpointWarning.
    """
    from .serialization import read_image

    arrays, attributes = read_image(path)
    try:
        return _model(arrays, attributes)
    except (KeyError, TypeError, ValueError, AttributeError, NNError) as error:
        reason = f"is a checkpoint, but not of a model this program knows ({error!r})"
        raise CheckpointError(os.fspath(path), reason) from error


def _model(arrays: dict[str, Array], attributes: dict[str, Any]) -> Classifier:
    if attributes["format"] != FORMAT:
        raise ValueError(f"format {attributes['format']}, where {FORMAT} is known")
    settings = {name: _setting(value) for name, value in attributes["settings"].items()}
    model = KINDS[attributes["kind"]](**settings)
    parameters = _under("parameters/", arrays)
    state: State = dict(attributes["numbers"])
    for name, array in _under("optimizer/", arrays).items():
        group, _, key = name.partition("/")
        state.setdefault(group, {})[key] = array
    model.run = Run(
        parameters,
        state,
        int(attributes["iterations"]),
        arrays["history/costs"].tolist(),
        arrays["history/recorded"].tolist(),
        bool(attributes["interrupted"]),
    )
    model.network = model.build(int(attributes["n_x"]))
    found = {name: p.shape for name, p in model.layered(parameters).items()}
    expected: dict[str, tuple[int, ...]] = {}
    for l, (n_in, n_out) in enumerate(pairwise(model.dims(model.network.n_x)), 1):
        expected |= {f"W{l}": (n_out, n_in), f"b{l}": (n_out, 1)}
    if found != expected:
        raise ValueError(f"parameters {found}, where its settings say {expected}")
    model.optimizer = _optimizer(attributes["optimizer"])
    model.record_every = int(attributes["record_every"])
    model.about = dict(attributes["about"])
    return model


def _optimizer(description: dict[str, Any] | None) -> Optimizer | None:
    """The optimizer again; None for one that is not of `nn.optimizers`."""
    if description is None or description["name"] not in OPTIMIZERS:
        return None
    return optimizer_named(description["name"], **description["settings"])


def _flat(state: State) -> dict[str, Array]:
    return {
        f"{group}/{name}": array
        for group, arrays in state.items()
        if isinstance(arrays, dict)
        for name, array in arrays.items()
    }


def _under(prefix: str, arrays: dict[str, Array]) -> dict[str, Array]:
    return {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}


class Lost:
    """An initializer that was a function of the program that saved the model: a name is left."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any) -> Array:
        raise SettingError(
            f"The initializer {self.__name__} was a function of the program that saved this model. "
            f"To train anew, give it again: model.set_params(init=...)."
        )

    def __repr__(self) -> str:
        return self.__name__


def _setting(value: Any) -> Any:
    return Lost(value["function"]) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """A setting as JSON can hold it; of a function, its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.integer | np.floating):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.dtype | type):
        return np.dtype(value).name
    return {"function": getattr(value, "__name__", repr(value))}
