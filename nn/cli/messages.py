"""Messages on the standard error, one sentence each."""

from __future__ import annotations

import sys

PROGRAM = "autograd-lite"


def fail(message: str, code: int = 2) -> int:
    """Print one sentence on the standard error; return the exit code."""
    print(f"{PROGRAM}: {sentence(message)}", file=sys.stderr)
    return code


def sentence(message: str) -> str:
    """Return the message on one line, with a full stop.

    >>> sentence("no such file\\n")
    'no such file.'
    """
    text = " ".join(message.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."
