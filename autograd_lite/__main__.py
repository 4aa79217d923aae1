"""The command line: `autograd-lite`, also `python -m autograd_lite`. The package nn runs it.

Another package or a learner's own file may also be called nn, so the one beside this package is
looked for before anything is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

SIGN = "autograd_lite"  # what nn/__init__.py mentions, and no other package's file


def own_nn() -> ModuleType:
    """Return the package nn that belongs to this one.

    Raises
    ------
    ImportError
        If another file is in the way: it names the file, and what to do. That file is not run.
    """
    own = Path(__file__).resolve().parents[1] / "nn" / "__init__.py"
    if not own.exists() or SIGN not in own.read_text(encoding="utf-8"):
        raise ImportError(
            f"{own} is missing or not autograd-lite's: installing another package, as `pip install "
            f"nn` does, has overwritten it. Type: pip uninstall nn, then pip install "
            f"--force-reinstall --no-deps autograd-lite."
        )
    loaded = sys.modules.get("nn")
    spec = find_spec("nn") if loaded is None else loaded.__spec__
    found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
    if found != own:
        raise ImportError(
            f"{found or 'a folder nn'} is in the way: `import nn` finds it before autograd-lite's "
            f"own package, {own.parent}. Rename it, or run in another folder."
        )
    return import_module("nn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        own_nn()
    except ImportError as error:
        print(f"autograd-lite: {error}", file=sys.stderr)
        return 2
    code: int = import_module("nn.cli").main(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
