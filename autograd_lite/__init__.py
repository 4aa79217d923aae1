"""Automatic differentiation on NumPy: a Tensor records, one sweep gives the gradients.

Reading order: errors, pytree, rules, engine, advice, transforms; then check, compile, draw. Modules
that a first program does not need are loaded when they are first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import advice, errors
from .engine.functions import (
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from .engine.modes import detect_anomaly, no_grad, trace_lines
from .engine.tensor import Tensor
from .errors import (
    AnomalyError,
    AutogradError,
    GradientMismatch,
    GraphError,
    LearnerWarning,
    NoRuleError,
    NotDifferentiableError,
    RuleError,
    ShapeError,
    SilentCopyError,
    TraceError,
)
from .rules.registry import primitive, rule
from .transforms.checkpoint import checkpoint
from .transforms.differentiate import differentiate
from .transforms.forward import jvp
from .transforms.jacobian import hessian, hvp, jacobian
from .transforms.reverse import elementwise_grad, grad, value_and_grad, vjp

if TYPE_CHECKING:  # what is loaded when first used
    import nn as nn

    from .check import check_grads
    from .check.compare import ComparedGradient, Diagnosis, compare
    from .compile.derive import derive
    from .compile.jit import compile
    from .compile.loop import iterate
    from .draw import draw, explore
    from .rules import numpy_functions
    from .rules.numpy_functions import *  # noqa: F403 (ag.tanh, ag.sum, ...)

__all__ = [
    "AnomalyError",
    "AutogradError",
    "ComparedGradient",
    "Diagnosis",
    "GradientMismatch",
    "GraphError",
    "LearnerWarning",
    "NoRuleError",
    "NotDifferentiableError",
    "RuleError",
    "ShapeError",
    "SilentCopyError",
    "Tensor",
    "TraceError",
    "check_grads",
    "checkpoint",
    "compare",
    "compile",
    "derive",
    "detect_anomaly",
    "differentiate",
    "draw",
    "elementwise_grad",
    "errors",
    "explore",
    "grad",
    "hessian",
    "hvp",
    "iterate",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "no_grad",
    "primitive",
    "relu",
    "rule",
    "sigmoid",
    "softmax",
    "softplus",
    "trace_lines",
    "value_and_grad",
    "vjp",
]

if TYPE_CHECKING:
    __all__ += numpy_functions.__all__

__version__ = "0.1.0"

_ON_DEMAND = {
    "ComparedGradient": "check.compare",
    "Diagnosis": "check.compare",
    "check_grads": "check",
    "compare": "check.compare",
    "compile": "compile",
    "derive": "compile",
    "draw": "draw",
    "explore": "draw",
    "iterate": "compile",
}


class _Package(ModuleType):
    """The type of this package, in which no submodule hides the function of its name.

    Python binds `autograd_lite.compile`, the folder, in the package when it is imported.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ON_DEMAND and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
advice.register()

if not TYPE_CHECKING:  # a type checker would take every name for one of the package

    def __getattr__(name):
        """Load what is needed on demand; find ag.tanh, ag.sum, ... in NumPy."""
        if name in _ON_DEMAND:
            found = getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
            setattr(sys.modules[__name__], name, found)
            return found
        if name == "nn":
            from .__main__ import own_nn

            return own_nn()
        found = getattr(import_module("numpy"), name, None)
        if name.startswith("_") or not callable(found) or isinstance(found, type):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return found


def __dir__() -> list[str]:
    return sorted([*__all__, "nn"])
