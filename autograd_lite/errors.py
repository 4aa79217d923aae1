"""All errors in one tree; each message says what was given, what is expected and what to do."""


class AutogradError(Exception):
    """Root of all errors that this package raises on purpose."""


class NoRuleError(AutogradError, TypeError):
    """A gradient would flow through a function, or an argument, that has no derivative rule."""


class NotDifferentiableError(AutogradError, TypeError):
    """No gradient exists here: integers, strings, a cost without a graph."""


class GraphError(AutogradError, RuntimeError):
    """The recorded graph cannot be swept: already used, or an array in it was written to."""


class ShapeError(AutogradError, ValueError):
    """Shapes do not fit: those of operands, or of a gradient and its array."""


class SilentCopyError(AutogradError, TypeError):
    """A Tensor was about to leave the graph silently, or to be overwritten."""


class AnomalyError(AutogradError, FloatingPointError):
    """The first nan or inf, with the call that produced it (see `detect_anomaly`)."""


class RuleError(AutogradError, ValueError):
    """A rule cannot be registered: a duplicate, or its arguments do not fit."""


class GradientMismatch(AutogradError, AssertionError):  # noqa: N818 (a public name)
    """Derivatives by rule and by finite differences disagree; the message is a table."""


class TraceError(AutogradError, TypeError):
    """The function cannot be traced as straight-line NumPy; the message says where."""


class MissingError(TraceError, AttributeError):
    """An ndarray attribute that a traced array does not have; hasattr returns False."""


class DrawingError(AutogradError, RuntimeError):
    """A picture cannot be made on this machine; the message says what to install."""


class LearnerWarning(UserWarning):
    """Legal code that probably means something else: a gradient never zeroed, a rank-1 array.

    `warnings.filterwarnings("ignore", category=ag.LearnerWarning)` silences all of them.
    """
