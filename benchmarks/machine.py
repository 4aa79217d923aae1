"""The machine and the versions under which a table of times was measured."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

import numpy as np

from . import peers
from .threads import cores, threads
from .works import cat


def processor() -> str:
    """Return the CPU's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def blas() -> str:
    """Return the BLAS that NumPy was built with."""
    found = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown BLAS')} {found.get('version', '')}".strip()


def load() -> str:
    """Return the system load, if the system reports it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def describe(busy: str) -> dict[str, str]:
    """Return the lines above a table; `busy` is the load before the run."""
    others = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processor": f"{processor()}, {cores()} cores",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "load before the run": busy,
        "threads": f"{threads()} (for every BLAS, and XLA)",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "NumPy": f"{np.__version__}, {blas()}",
        "peers": others or "none is installed",
        "cat data": cat.data()[2],
    }
