"""A chain of 1,000,000 calls: forward, backward and freeing, in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from ..measure import Effort, Row

MILLION = "chain of 1,000,000 products"
LENGTH = 1_000_000
ROOT = Path(__file__).parents[2]


def resident() -> int:
    """Return the bytes of memory that this process holds; 0 if the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    import resource

    return pages * resource.getpagesize()


def measure(length: int = LENGTH) -> dict[str, float]:
    """Return the seconds of the three parts, and the bytes of the graph and of what remains."""
    import autograd_lite as ag

    from .chain import chain

    x = ag.Tensor(1.0 + 1e-9, requires_grad=True)
    chain(x, 100).backward()
    before = resident()
    clock = [time.perf_counter()]
    y = chain(x, length)
    clock.append(time.perf_counter())
    graph = resident() - before
    y.backward()
    clock.append(time.perf_counter())
    peak = resident() - before
    del y
    clock.append(time.perf_counter())
    parts = [after - earlier for earlier, after in pairwise(clock)]
    forward, backward, free = parts
    return {
        "forward": forward,
        "backward": backward,
        "free": free,
        "the graph": graph,
        "after backward": peak,
        "after it is gone": resident() - before,
    }


def run(effort: Effort) -> list[Row]:
    """Measure seconds and bytes."""
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    times = ("forward", "backward", "free")
    return [Row(MILLION, k, v, unit="s" if k in times else "B") for k, v in found.items()]


def main() -> None:
    """Measure, and print as JSON."""
    print(json.dumps(measure()))
