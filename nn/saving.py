"""Models in HDF5: parameters, the state of the optimizer and the history, all or nothing."""

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
    """Write a trained model to an HDF5 file; a crash leaves the old file whole.

    Parameters
    ----------
    path : str or path
    model : Classifier

    Raises
    ------
    NotFittedError
        If the model was not trained.
    CheckpointError
        If the file cannot be written; it names the path and the reason.

    Examples
    --------
    >>> import tempfile
    >>> from nn import LogisticRegression
    >>> model = LogisticRegression().fit([[1.0, 3.0]], [[1, 0]], iterations=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(folder + "/model.h5", model)
    ...     load(folder + "/model.h5").iterations
    3
    """
    from .serialization import write_image  # h5py takes a fifth of a second to load

    run = model._fitted()
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
        "n_x": model.n_x,
        "iterations": run.iterations,
        "interrupted": run.interrupted,
        "record_every": model.record_every,
        "numbers": {name: v for name, v in run.state.items() if not isinstance(v, dict)},
        "optimizer": optimizer and {"name": optimizer.name, "settings": optimizer.settings},
        "about": model.about,
    }
    write_image(path, arrays, attributes)


def load(path: str | os.PathLike[str]) -> Classifier:
    """Read a model that `save` wrote; it predicts the same bits, and `fit` can resume it.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Classifier

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or no model.

    Warns
    -----
    CheckpointWarning
        If the file is damaged and the previous one was read instead.
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
        raise ValueError(f"format {attributes['format']}, but {FORMAT} is known")
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
    for l, (n_in, n_out) in enumerate(pairwise(model.dims(model.n_x)), 1):
        expected |= {f"W{l}": (n_out, n_in), f"b{l}": (n_out, 1)}
    if found != expected:
        raise ValueError(f"parameters {found}, but its settings say {expected}")
    model.optimizer = _optimizer(attributes["optimizer"])
    model.record_every = int(attributes["record_every"])
    model.about = dict(attributes["about"])
    return model


def _optimizer(description: dict[str, Any] | None) -> Optimizer | None:
    """Return the optimizer; None if it is not one of `nn.optimizers`."""
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
    """An initializer that was a function; only its name was saved."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any) -> Array:
        """Raise SettingError: the function is not in the file."""
        raise SettingError(
            f"The initializer {self.__name__} was a function of the program that saved this model. "
            f"To train anew, give it again: model.set_params(init=...)."
        )

    def __repr__(self) -> str:
        return self.__name__


def _setting(value: Any) -> Any:
    return Lost(value["function"]) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """Return a setting that JSON can hold; a function becomes its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.integer | np.floating):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.dtype | type):
        return np.dtype(value).name
    return {"function": getattr(value, "__name__", repr(value))}
