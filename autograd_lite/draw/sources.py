"""The text of a source line that a node knows only as `model.py, line 7`."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType


class Sources:
    """Finds the file that a line note means: among files seen running, else loaded modules."""

    def __init__(self, files: Iterable[str] = (), frame: FrameType | None = None) -> None:
        self.near: dict[str, set[str]] = {}
        while frame is not None:
            self._enter(self.near, frame.f_code.co_filename)
            frame = frame.f_back
        for file in files:
            self._enter(self.near, file)
        self.far: dict[str, set[str]] | None = None

    def code(self, line: str | None) -> str:
        """The code on that line; empty where the file is not known for certain.

        >>> Sources(["/nowhere/model.py"]).code("model.py, line 7")
        ''
        """
        name, _, number = (line or "").rpartition(", line ")
        if not number.isdigit():
            return ""
        paths = self.near.get(name) or self._modules().get(name, set())
        texts = {linecache.getline(path, int(number)).strip() for path in paths}
        return texts.pop() if len(texts) == 1 else ""

    def _modules(self) -> dict[str, set[str]]:
        if self.far is None:
            self.far = {}
            for module in list(sys.modules.values()):
                file = getattr(module, "__file__", None)
                if isinstance(file, str) and file.endswith(".py"):
                    self._enter(self.far, file)
            for file in list(linecache.cache):
                self._enter(self.far, file)
        return self.far

    @staticmethod
    def _enter(where: dict[str, set[str]], file: str) -> None:
        where.setdefault(Path(file).name, set()).add(file)
