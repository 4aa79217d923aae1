"""`python -m benchmarks`: measure, print one table, and optionally write it to docs/performance.md.

Exit status: 0 even if bounds are missed; 1 if a work failed (its traceback is shown, the others
continue); 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from .threads import cores, set_threads

if TYPE_CHECKING:
    from .measure import Row

WORKS = (
    "planar",
    "chain",
    "cat",
    "softmax",
    "training",
    "compiling",
    "memory",
    "startup",
    "million",
    "parts",
)


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "only", nargs="*", metavar="WORK", help=f"run only these: {', '.join(WORKS)}"
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--quick", action="store_true", help="a fifth of a second each")
    pace.add_argument("--thorough", action="store_true", help="five seconds each")
    parser.add_argument(
        "--threads", type=int, default=cores(), metavar="N", help="for every BLAS; default: cores"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave other libraries out")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the cat pictures; default: ../shared/data"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page to put the table into")
    return parser


def main() -> int:
    """Run the works in order."""
    parser = arguments()
    given = parser.parse_args()
    unknown = [name for name in given.only if name not in WORKS]
    if unknown:
        parser.error(f"there is no work {unknown[0]!r}, only {', '.join(WORKS)}")
    if given.threads < 1:
        parser.error(f"--threads is {given.threads}; it must be at least 1")
    if given.data is not None:
        os.environ["CAT_DATA"] = str(given.data)
    set_threads(given.threads)  # before anything imports NumPy
    from . import machine, report
    from .measure import Effort

    busy = machine.load()
    seconds = 0.2 if given.quick else 5.0 if given.thorough else 1.0
    effort = Effort(seconds, peers=not given.no_peers)
    facts = machine.describe(busy)
    for key, value in facts.items():
        print(f"{key}: {value}")
    rows: list[Row] = []
    failed: list[str] = []
    start = time.perf_counter()
    for name in given.only or WORKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            rows += importlib.import_module(f".works.{name}", __package__).run(effort)
        except Exception:
            failed.append(name)
            traceback.print_exc()
    took = f"{time.perf_counter() - start:.0f} s, {seconds:g} s for each contender"
    facts["took"] = took
    print(f"took: {took}\n\n{report.plain(rows)}\n\n{report.summary(rows)}")
    if given.write is not None:
        report.write(given.write, rows, facts)
        print(f"\nwritten to {given.write}")
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
