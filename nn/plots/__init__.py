"""Pictures of learning: each function returns a Matplotlib figure (extra `plot`).

    curves       learning_curves: the cost of one run or several
    boundary     decision_boundary: P(Y = 1) at every point of a plane
    pictures     mislabelled, first_layer_weights
    inside       histograms of activations and gradients, silent_units (dead ReLUs)
    style        colours, and `write`

Matplotlib's global state is left alone, and no window is opened.
"""

from .boundary import decision_boundary
from .curves import learning_curves
from .inside import histograms, silent_units
from .pictures import first_layer_weights, mislabelled
from .style import write

__all__ = [
    "decision_boundary",
    "first_layer_weights",
    "histograms",
    "learning_curves",
    "mislabelled",
    "silent_units",
    "write",
]
