"""`make docs`: the generated pages and pictures, made by the program itself."""

from __future__ import annotations

import os
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
MUSEUM = (
    "<!-- the table of examples/train_museum.py; `make docs DATA=folder` puts it here -->\n```\n"
)


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
    museum(os.environ.get("DATA"))
    costs(os.environ.get("DATA"))


def table() -> None:
    """The comparison in the README."""
    put(ROOT / "README.md", TABLE, printed("compare_gradients.py"))


def museum(folder: str | None) -> None:
    """The table of wrong backprops, trained on the course's pictures, where they are."""
    if folder is None:
        print("museum.md is left as it is: give DATA=folder with the course's two files")
        return
    said = printed("train_museum.py", "--data", folder, "--iterations", "2500").splitlines()
    table = [line for line in said[2:] if not line.endswith("seconds.")]
    put(ROOT / "docs" / "museum.md", MUSEUM, "\n".join(table) + "\n")


def printed(example: str, *options: str) -> str:
    """What an example prints."""
    command = [sys.executable, str(ROOT / "examples" / example), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return run.stdout


def put(page: Path, mark: str, text: str) -> None:
    """Replace what stands in a page between a mark and the end of its block."""
    before, rest = page.read_text(encoding="utf-8").split(mark)
    after = rest[rest.index("```\n<!-- end -->") :]
    page.write_text(before + mark + text + after, encoding="utf-8")


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
