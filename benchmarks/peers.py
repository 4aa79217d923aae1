"""The other libraries (optional extra `peers`): which are installed, and their versions."""

import functools
import importlib
import importlib.metadata
import importlib.util
from typing import Any

from .threads import threads

#: module: the name people know it by
PEERS = {
    "torch": "PyTorch",
    "jax": "JAX",
    "autograd": "autograd",
    "mygrad": "MyGrad",
    "micrograd": "micrograd",
}


def installed(module: str) -> bool:
    """Check if a peer can be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def versions() -> dict[str, str]:
    """Return name and version of each installed peer."""
    return {
        name: importlib.metadata.version(module)
        for module, name in PEERS.items()
        if installed(module)
    }


@functools.cache
def torch() -> Any:
    """Import PyTorch, with the same number of threads as everybody else."""
    module = importlib.import_module("torch")
    module.set_num_threads(threads())
    return module


@functools.cache
def jax() -> Any:
    """Import JAX on the CPU, with float64 enabled."""
    module = importlib.import_module("jax")
    module.config.update("jax_platforms", "cpu")
    module.config.update("jax_enable_x64", True)
    return module


@functools.cache
def load(module: str) -> Any:
    """Import any other peer, or a module of one."""
    return importlib.import_module(module)
