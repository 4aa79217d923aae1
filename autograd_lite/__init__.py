"""Automatic differentiation on NumPy: a Tensor records, one sweep gives the gradients.

Reading order: registry, rules/, graph, backward, tensor, functions; then level, functional,
jacobians, recompute; then check, draw/.
"""

from . import errors, operators
from .check import check_grads
from .draw import draw, explore
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
from .functional import elementwise_grad, grad, jvp, value_and_grad, vjp
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
from .jacobians import hessian, hvp, jacobian
from .recompute import checkpoint
from .registry import primitive, rule
from .tensor import Tensor
from .watch import detect_anomaly, no_grad, trace_lines
