"""Tables in the README and in docs/museum.md, as the examples print them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMPARISON = "<!-- the table of examples/compare_gradients.py; `make docs` puts it here -->\n```\n"
MUSEUM = (
    "<!-- the table of examples/train_museum.py; `make docs DATA=folder` puts it here -->\n```\n"
)


def write_comparison() -> None:
    """Write the comparison of manual and automatic gradients into the README."""
    replace(ROOT / "README.md", COMPARISON, output("compare_gradients.py"))


def write_museum(folder: str | None) -> None:
    """Train the wrong backprops on the course's pictures in a folder, and write the table."""
    if folder is None:
        print("museum.md is left as it is: give DATA=folder with the course's two files")
        return
    lines = output("train_museum.py", "--data", folder, "--iterations", "2500").splitlines()
    table = [line for line in lines[2:] if not line.endswith("seconds.")]
    replace(ROOT / "docs" / "museum.md", MUSEUM, "\n".join(table) + "\n")


def output(example: str, *options: str) -> str:
    """Run an example and return what it prints."""
    command = [sys.executable, str(ROOT / "examples" / example), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return run.stdout


def replace(page: Path, mark: str, text: str) -> None:
    """Replace the text of a page between a mark and the end of its block."""
    before, rest = page.read_text(encoding="utf-8").split(mark)
    after = rest[rest.index("```\n<!-- end -->") :]
    page.write_text(before + mark + text + after, encoding="utf-8")
