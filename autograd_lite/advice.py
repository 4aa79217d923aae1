"""Warnings about what is legal but probably meant otherwise, at the user's line."""

from __future__ import annotations

import warnings

from .errors import LearnerWarning
from .watch import user_frame


def advise(message: str) -> None:
    """Warn at the user's line; Python's default filter shows it once for each line."""
    frame = user_frame()
    if frame is not None:
        warnings.warn_explicit(
            message,
            LearnerWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            registry=frame.f_globals.setdefault("__warningregistry__", {}),
        )
