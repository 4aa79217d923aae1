"""What the user's code calls its arrays: the local variables of the functions now running."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

_OURS = str(Path(__file__).parents[2])
_NUMPY = str(Path(np.__file__).parent)
MAX_NAME = 20


def user_variables(below: CodeType) -> Iterator[tuple[str, Any]]:
    """Names and values in the user's frames inside the call that runs `below`, outermost first.

    An outer name says more: it is what the author of the function calls it, not of a helper.
    """
    frames: list[FrameType] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not below:
        if not frame.f_code.co_filename.startswith((_OURS, _NUMPY, "<__array_function__")):
            frames.append(frame)
        frame = frame.f_back
    for frame in reversed(frames):
        for name, value in frame.f_locals.items():
            if not name.startswith(("_", ".")) and len(name) <= MAX_NAME:
                yield name, value
        for name in frame.f_code.co_names:
            if isinstance(frame.f_globals.get(name), np.ndarray):
                yield name, frame.f_globals[name]
