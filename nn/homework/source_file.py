"""A learner's Python file with functions of the course: import it, and call them."""

from __future__ import annotations

import difflib
import functools
import importlib.util
import inspect
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import SettingError

MODULE = "own_backprop"  # what the file is called as a module


class SourceFile:
    """The functions of a learner's file; a failure in them becomes a sentence.

    A file that is missing, is not Python, or raises when it is imported leads to SettingError.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name: str = os.path.basename(path)
        self._space = vars(self._imported())
        mine = [n for n, f in self._space.items() if inspect.isfunction(f)]
        #: The functions that the file itself defines, or if it defines none, those it imports.
        self.functions: list[str] = [n for n in mine if self._space[n].__module__ == MODULE] or mine

    def _imported(self) -> Any:
        path = self.path
        if not os.path.isfile(path):
            found = "a folder" if os.path.isdir(path) else "no such file"
            raise SettingError(f"{path}: found {found}; expected a Python file with your backprop.")
        if path.endswith(".ipynb"):
            raise SettingError(
                f"{path}: found a notebook; expected a .py file. Copy the cells with your "
                f"functions into one, or run: jupyter nbconvert --to script {path}"
            )
        loader = SourceFileLoader(MODULE, os.path.abspath(path))
        spec = importlib.util.spec_from_loader(MODULE, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        linecache.checkcache()
        with _as_a_program(os.path.dirname(os.path.abspath(path))):
            try:
                loader.exec_module(module)
            except SyntaxError as error:
                raise SettingError(self._no_python(error)) from error
            except (Exception, SystemExit) as error:
                raise SettingError(self._failed(error)) from error
        return module

    def _no_python(self, error: SyntaxError) -> str:
        # The file that is not Python may be one that it imports.
        whose = (
            self.name if error.filename in (None, os.path.abspath(self.path)) else error.filename
        )
        line = (error.text or "").strip()
        shown = f": `{line}`" if line else ""
        if line.startswith(("%", "!")):
            return (
                f"{whose}, line {error.lineno}{shown} is a command of a notebook: delete the line."
            )
        return f"{whose}, line {error.lineno or 1}{shown} is not Python: {error.msg}."

    def _failed(self, error: BaseException) -> str:
        where = self._where(error.__traceback__)
        if isinstance(error, ModuleNotFoundError):
            return (
                f"{where or self.name} imports {error.name}, which is not here. Put it beside "
                f"{self.name}, or delete the line: the course's functions that your file lacks are "
                f"supplied."
            )
        if isinstance(error, NameError) and error.name == "get_ipython":
            return f"{where or self.name} is a command of a notebook: delete the line."
        return (
            f"{where or self.name} raised {_said(error)}, before any of your functions was called. "
            f"Leave only the functions in the file, or put the rest under if __name__ == "
            f'"__main__".'
        )

    def _where(self, trace: TracebackType | None) -> str:
        """Return the learner's own line that led to an error, and the shapes of its arrays."""
        path = os.path.abspath(self.path)
        own = [step for step in traceback.walk_tb(trace) if step[0].f_code.co_filename == path]
        if not own:
            return ""
        frame, number = own[-1]
        line = linecache.getline(path, number).strip()
        shapes = [
            f"{name} {np.shape(value)}"
            for name, value in frame.f_locals.items()
            if isinstance(value, np.ndarray) and re.search(rf"\b{re.escape(name)}\b", line)
        ]
        said = f"{self.name}, line {number}: `{line}`"
        return f"{said}, with {', '.join(shapes)}," if shapes else said

    # Its functions

    def __contains__(self, name: str) -> bool:
        return name in self.functions

    def takes(self, name: str, *args: Any) -> bool:
        """Return True if the function can be called with these arguments."""
        try:
            inspect.signature(self._space[name]).bind(*args)
        except TypeError:
            return False
        return True

    def call(self, name: str, usage: str, *args: Any) -> Any:
        """Call a function; if it raises, SettingError shows the learner's own line.

        `usage` is how the course calls it.
        """
        if not self.takes(name, *args):
            has = f"{name}{inspect.signature(self._space[name])}"
            raise SettingError(f"{self.name} has {has}; the course's is {usage}, which is called.")
        try:
            return self._space[name](*args)
        except SettingError:  # from a function that it calls
            raise
        except (Exception, SystemExit) as error:
            where = self._where(error.__traceback__) or f"{self.name}, {name}"
            raise SettingError(f"{where} raised {_said(error)}.") from error

    @contextmanager
    def running(self, supplied: Mapping[str, Any]) -> Iterator[list[str]]:
        """Supply functions that the file lacks, and provide a list of the functions called.

        The list gets the name of each function of the file once, also if another one calls it.
        """
        before, called = dict(self._space), list[str]()
        self._space.update({n: f for n, f in supplied.items() if n not in before})
        self._space.update({n: _noting(self._space[n], n, called) for n in self.functions})
        try:
            yield called
        finally:
            self._space.clear()
            self._space.update(before)

    def meant(self, known: list[str]) -> str:
        """Return a sentence if a function has almost the name of one of the course's, else ""."""
        lower = {name.lower(): name for name in known}
        for name in self.functions:
            close = difflib.get_close_matches(name.lower(), lower, 1, 0.8)
            if close:
                return f" Is its {name} meant to be {lower[close[0]]}?"
        return ""


def _noting(f: Callable[..., Any], name: str, called: list[str]) -> Callable[..., Any]:
    """Return f, which adds its name to `called`."""

    @functools.wraps(f)
    def noting(*args: Any, **kwargs: Any) -> Any:
        if name not in called:
            called.append(name)
        return f(*args, **kwargs)

    return noting


@contextmanager
def _as_a_program(folder: str) -> Iterator[None]:
    """Let imports find the files beside the learner's, and write no bytecode there.

    Bytecode would also hide an edit made within the same second.
    """
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = writes


def _said(error: BaseException) -> str:
    """Return the kind and message of an error.

    >>> _said(ValueError("no"))
    'ValueError: no'
    """
    return ": ".join(filter(None, [type(error).__name__, str(error).strip().rstrip(".")]))
