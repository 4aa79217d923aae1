"""Automatic differentiation on NumPy: a Tensor records, one sweep gives the gradients.

Reading order: registry, rules/, graph, backward, tensor, functions, functional; then check, draw/.
"""

from . import errors
from .errors import (
    AnomalyError,
    AutogradError,
    GradientMismatch,
    GraphError,
    NoRuleError,
    NotDifferentiableError,
    RuleError,
    ShapeError,
    SilentCopyError,
)
from .functional import grad, value_and_grad
from .functions import (
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from .registry import primitive, rule
from .tensor import Tensor
from .watch import detect_anomaly, no_grad, trace_lines
