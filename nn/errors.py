"""The errors of ``nn``, in one tree: ``except NNError`` catches all of them.

NNError
  DataError            (also a ValueError)   pictures or labels that cannot be used
  CheckpointError                            a model that cannot be saved or loaded
  MissingPackageError  (also an ImportError) an optional package that the call needs
  SettingError         (also a ValueError)   a layer size, learning rate, name ... out of range
  GradientError        (also a ValueError)   a gradient that is missing, or of another shape
  NotFittedError       (also a ValueError)   a model that was not trained yet
  DivergedError                              training whose cost became infinite or nan

DataWarning, CheckpointWarning               (UserWarnings) usable, but you should know
"""

from __future__ import annotations


class NNError(Exception):
    """The base class of all errors of ``nn``."""


class DataError(NNError, ValueError):
    """Pictures or labels that cannot be used.

    Attributes
    ----------
    file, key : str or None
        Where the data are from; None if the caller passed an array.
    found, expected : str
        What is there, and what is needed.

    Examples
    --------
    >>> print(DataError("cats.h5", "train_set_y", "the label 2 at position 7", "0 and 1 only"))
    cats.h5, 'train_set_y': found the label 2 at position 7; expected 0 and 1 only.
    """

    def __init__(self, file: str | None, key: str | None, found: str, expected: str) -> None:
        # All four go to Exception, so that the error can be pickled on its way between processes.
        super().__init__(file, key, found, expected)
        self.file = file
        self.key = key
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        place = ", ".join([self.file or "the data"] + ([f"{self.key!r}"] if self.key else []))
        return f"{place}: found {self.found}; expected {self.expected}."


class CheckpointError(NNError):
    """A checkpoint that cannot be written or read.

    Attributes
    ----------
    path : str
    reason : str
        The rest of the sentence that begins with the path.

    Examples
    --------
    >>> print(CheckpointError("model.h5", "is cut short: 100 of 2048 bytes are there"))
    model.h5 is cut short: 100 of 2048 bytes are there.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} {self.reason}."


class MissingPackageError(NNError, ImportError):
    """An optional package that a call needs is missing; the message says how to install it."""


class SettingError(NNError, ValueError):
    """A setting out of its range; the message says what was given and what is allowed."""


class GradientError(NNError, ValueError):
    """A gradient that is missing, or not of its parameter's shape; the message has the remedy."""


class NotFittedError(NNError, ValueError):
    """A model that was not trained yet was asked to predict, resume, or be saved."""


class DivergedError(NNError):
    """The cost became infinite or nan; the message names the iteration and the usual remedy."""


class DataWarning(UserWarning):
    """The data can be used, but something about them is worth knowing."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be read, and the previous one was read instead."""
