"""The text of a source line that a node knows only as `model.py, line 7`."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType


class SourceLines:
    """The code that a line note means, in files that were seen running, else in loaded modules."""

    def __init__(self, files: Iterable[str] = (), frame: FrameType | None = None) -> None:
        seen = list(files)
        while frame is not None:
            seen.append(frame.f_code.co_filename)
            frame = frame.f_back
        self.near = by_name(seen)
        self.far: dict[str, set[str]] | None = None

    def code(self, line: str | None) -> str:
        """Return the code on that line; an empty string if the file is not known for certain.

        >>> SourceLines(["/nowhere/model.py"]).code("model.py, line 7")
        ''
        """
        name, _, number = (line or "").rpartition(", line ")
        if not number.isdigit():
            return ""
        if name not in self.near and self.far is None:
            modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
            loaded = [file for file in modules if isinstance(file, str) and file.endswith(".py")]
            self.far = by_name([*loaded, *linecache.cache])
        paths = self.near.get(name) or (self.far or {}).get(name, set())
        texts = {linecache.getline(path, int(number)).strip() for path in paths}
        return texts.pop() if len(texts) == 1 else ""


def by_name(files: Iterable[str]) -> dict[str, set[str]]:
    """Return the paths that each file name may stand for."""
    paths: dict[str, set[str]] = {}
    for file in files:
        paths.setdefault(Path(file).name, set()).add(file)
    return paths
