"""The errors, in one tree: every one says what was given, what is expected and what to do."""


class AutogradError(Exception):
    """Root of all errors that this package raises on purpose."""


class NoRuleError(AutogradError, TypeError):
    """A gradient would flow through a function, or an argument, that has no derivative rule."""


class NotDifferentiableError(AutogradError, TypeError):
    """A gradient was asked for where none exists: integers, strings, a cost without a graph."""


class GraphError(AutogradError, RuntimeError):
    """The recorded graph cannot be swept: already used, or an array in it was written to."""


class ShapeError(AutogradError, ValueError):
    """Shapes do not fit: of operands, or of a gradient and what it belongs to."""


class SilentCopyError(AutogradError, TypeError):
    """A Tensor was about to leave the graph, or to be overwritten, without anybody saying so."""


class AnomalyError(AutogradError, FloatingPointError):
    """The first nan or inf, with the call that made it (see `detect_anomaly`)."""


class RuleError(AutogradError, ValueError):
    """A rule cannot be entered in the table: a duplicate, or its arguments do not fit."""


class GradientMismatch(AutogradError, AssertionError):  # noqa: N818 (a public name)
    """Derivatives by rule and by differences disagree; the message is a table that shows where."""


class LearnerWarning(UserWarning):
    """Something legal that is probably meant otherwise: a gradient never zeroed, a rank-1 array.

    `warnings.filterwarnings("ignore", category=ag.LearnerWarning)` silences all of them.
    """
