"""The errors of ``nn``, in one tree: catch ``NNError`` and nothing else of ours can pass.

NNError
  DataError            (also a ValueError)   pictures or labels that cannot be used
  CheckpointError                            a model that cannot be saved or loaded
  MissingPackageError  (also an ImportError) an optional package that the call needs
  SettingError         (also a ValueError)   a layer size, learning rate, name ... out of its range
  NotFittedError       (also a ValueError)   a model asked for what only training gives it
  DivergedError                              training whose cost left the finite numbers

DataWarning, CheckpointWarning               (UserWarnings) usable, but you should know
"""

from __future__ import annotations


class NNError(Exception):
    """What every error of ``nn`` is."""


class DataError(NNError, ValueError):
    """Pictures or labels that cannot be used: file and key, what was found, what was expected.

    ``file`` and ``key`` are None where there is none (an array that the caller passed, a file
    that cannot even be opened).

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
    """A checkpoint that cannot be written or read: the path, and a sentence that says why.

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
    """An optional package that this call needs is missing; the message tells how to get it."""


class SettingError(NNError, ValueError):
    """A setting out of its range; the message says what was given and what would do."""


class GradientError(NNError, ValueError):
    """A gradient that is missing, or not of its parameter's shape; the message has the remedy."""


class NotFittedError(NNError, ValueError):
    """A model that was not trained yet was asked to predict, go on, or be saved."""


class DivergedError(NNError):
    """The cost became infinite or nan; the message names the iteration and the usual remedy."""


class DataWarning(UserWarning):
    """The data can be used, but something about them is worth knowing."""


class CheckpointWarning(UserWarning):
    """The checkpoint asked for could not be read; the previous one was read in its place."""
