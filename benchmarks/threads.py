"""Number of threads of the BLAS libraries and XLA, which read it once, when they are loaded."""

import os

_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NPROC",  # XLA's pool of threads
)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(n: int) -> None:
    """Give every library `n` threads. Call it before NumPy is imported; later it has no effect."""
    for name in _VARIABLES:
        os.environ[name] = str(n)
    if n == 1:
        flag = "--xla_cpu_multi_thread_eigen=false"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()


def threads() -> int:
    """Return the number that `set_threads` set, or the number of cores."""
    return int(os.environ.get("OPENBLAS_NUM_THREADS") or cores())
