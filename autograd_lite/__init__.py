"""Automatic differentiation on NumPy: a Tensor records, one sweep gives the gradients.

Reading order: registry, rules/, graph, backward, tensor, functions; then level, functional,
jacobians, recompute; then check, draw/. What can wait: replay, the sweep of a training loop.
"""

from typing import Any

import numpy as np

from . import advice, errors
from .check import check_grads
from .check.compare import ComparedGradient, Diagnosis, compare
from .compile import compile, derive, iterate
from .draw import draw, explore
from .engine import array_methods, operators  # noqa: F401 (they attach themselves)
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

advice.register()


def __getattr__(name: str) -> Any:
    """ag.matmul, ag.log, ag.sum, ...: NumPy's own functions, which work on Tensors as they are.

    >>> import autograd_lite as ag
    >>> ag.tanh is np.tanh
    True
    """
    fn = getattr(np, name, None)
    if not name.startswith("_") and callable(fn) and not isinstance(fn, type):
        return fn
    raise AttributeError(f"module 'autograd_lite' has no attribute {name!r}")
