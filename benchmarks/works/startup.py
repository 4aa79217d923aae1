"""The time of an `import`, in fresh processes that take turns."""

from __future__ import annotations

import statistics
import subprocess
import sys

from .. import peers
from ..measure import Effort, Row

IMPORT = "import, in a fresh process"
NUMPY = "numpy"

_SCRIPT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def seconds(module: str) -> float:
    """Return the seconds of one import in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(module)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def run(effort: Effort) -> list[Row]:
    """Measure in seconds; the control is NumPy, which all of them import."""
    modules = [NUMPY, "autograd_lite", "nn"]
    if effort.peers:
        modules += [name for name in peers.PEERS if peers.installed(name)]
    found: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(max(2, round(5 * min(effort.seconds, 2)))):
        for module in modules:
            found[module].append(seconds(module))
    medians = {module: statistics.median(times) for module, times in found.items()}
    return [
        Row(IMPORT, m, medians[m], least=min(found[m]), ratio=medians[m] / medians[NUMPY])
        for m in modules
    ]
