"""Which frames of a running program are the user's, and the file and line they are at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import numpy as np

# Code whose file name starts with one of these is not the user's.
NOT_THE_USERS = (
    str(Path(__file__).parents[1]),
    str(Path(np.__file__).parent),
    "<__array_function__",
    "<frozen",
)


def is_users(code: CodeType) -> bool:
    """Return whether code is neither this package's nor NumPy's nor the interpreter's."""
    return not code.co_filename.startswith(NOT_THE_USERS)


def user_frames(below: CodeType | None = None) -> Iterator[FrameType]:
    """Yield the user's running frames, innermost first, down to the one that runs `below`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not below:
        if is_users(frame.f_code):
            yield frame
        frame = frame.f_back


def user_frame() -> FrameType | None:
    """Return the innermost frame that is the user's."""
    return next(user_frames(), None)


def user_line() -> str | None:
    """Return the file and line of the user's code that is running, as `model.py, line 7`."""
    frame = user_frame()
    if frame is None:
        return None
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"
