"""`make docs`: write every generated page and picture anew."""

from __future__ import annotations

import os

from . import architecture, numpy_functions, pictures, rules_page, tables


def main() -> None:
    """Write everything, and print what could not be made and why."""
    folder = os.environ.get("DATA") or None
    architecture.write()
    numpy_functions.write()
    rules_page.write()
    pictures.write_graphs()
    pictures.write_costs(folder)
    tables.write_comparison()
    tables.write_museum(folder)


if __name__ == "__main__":
    main()
