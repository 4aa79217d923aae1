"""Pictures of computation graphs, the explorer and a learning curve, in docs/pictures."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nn
from nn import plots

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def write_graphs() -> None:
    """Draw the graphs of examples/visualize_graph.py, and one step of its explorer."""
    with tempfile.TemporaryDirectory() as folder:
        example = str(ROOT / "examples" / "visualize_graph.py")
        subprocess.run([sys.executable, example, folder], check=True, stdout=subprocess.DEVNULL)
        for name in ("course.svg", "network.svg", "layers.svg"):
            if (Path(folder) / name).exists():
                shutil.copy(Path(folder) / name, PICTURES / name)
        take_screenshot(Path(folder) / "network.html", 24, PICTURES / "explorer.png")


def write_costs(folder: str | None) -> None:
    """Train the deep classifier on the course's pictures in a folder, and plot its cost."""
    if folder is None:
        print("costs.png is left as it is: give DATA=folder with the course's two files")
        return
    data = nn.data.load_cat(folder)
    model = nn.LLayerClassifier().fit(data.X_train, data.Y_train)
    plots.write(plots.learning_curves(model), PICTURES / "costs.png")


def take_screenshot(html: Path, step: int, target: Path) -> None:
    """Take a screenshot of one step of the explorer with a headless Chromium."""
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
