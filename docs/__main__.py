"""`make docs`: the generated pages and pictures, made by the program itself."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nn
from nn import plots

from .rules_page import page

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
TABLE = "<!-- the table of examples/compare_gradients.py; `make docs` puts it here -->\n```\n"


def main() -> None:
    """Write everything; say what could not be made, and why."""
    (ROOT / "docs" / "rules.md").write_text(page(), encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        example = str(ROOT / "examples" / "visualize_graph.py")
        subprocess.run([sys.executable, example, folder], check=True, stdout=subprocess.DEVNULL)
        for name in ("course.svg", "network.svg", "layers.svg"):
            if (Path(folder) / name).exists():
                shutil.copy(Path(folder) / name, PICTURES / name)
        screenshot(Path(folder) / "network.html", 24, PICTURES / "explorer.png")
    table()
    costs(os.environ.get("DATA"))


def table() -> None:
    """The comparison in the README."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        runpy.run_path(str(ROOT / "examples" / "compare_gradients.py"), run_name="__main__")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(TABLE)
    after = rest[rest.index("```\n<!-- end -->") :]
    readme.write_text(before + TABLE + out.getvalue() + after, encoding="utf-8")


def costs(folder: str | None) -> None:
    """The learning curve of the deep classifier on the course's pictures, where they are."""
    if folder is None:
        print("costs.png is left as it is: give DATA=folder with the course's two files")
        return
    data = nn.data.load_cat(folder)
    model = nn.LLayerClassifier().fit(data.X_train, data.Y_train)
    plots.write(plots.learning_curves(model), PICTURES / "costs.png")


def screenshot(html: Path, step: int, target: Path) -> None:
    """The explorer at one step, by a headless Chromium where there is one."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print(f"{target.name} is left as it is: no Chromium was found")
        return
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        size = ["--window-size=1400,800", f"--user-data-dir={profile}"]
        shot = [f"--screenshot={target}", f"{html.as_uri()}#step={step}"]
        subprocess.run(
            [chromium, *flags, *size, *shot], check=True, capture_output=True, timeout=60
        )


if __name__ == "__main__":
    main()
