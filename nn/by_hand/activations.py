"""The activations g(z) of the course and their derivatives g'(z), for z of any shape.

At a kink the derivative is the one from the left, as in the course's ReLU: 0 at z <= 0.
"""

from collections.abc import Callable

import numpy as np

from .basics import sigmoid, sigmoid_derivative
from .notation import Array


def tanh(z: Array) -> Array:
    """Squash z into (-1, 1).

    Source: course 1, week 3.

    >>> tanh(np.array([0.0, 1000.0]))
    array([0., 1.])
    """
    # a = tanh(z) = (e^z - e^-z) / (e^z + e^-z)
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """Return the derivative of tanh at z.

    Source: course 1, week 3.

    >>> tanh_derivative(np.array([0.0, 1000.0]))
    array([1., 0.])
    """
    # g'(z) = 1 - a^2
    return 1 - np.tanh(z) ** 2


def relu(z: Array) -> Array:
    """Return positive elements unchanged, and 0 for the others.

    Source: course 1, week 3.

    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    # a = max(0, z)
    return np.maximum(0, z)


def relu_derivative(z: Array) -> Array:
    """Return the derivative of ReLU at z: 0 at z <= 0, else 1.

    Source: course 1, weeks 3 and 4.

    >>> relu_derivative(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    # g'(z) = 1 where z > 0, else 0
    return np.where(z > 0, np.ones_like(z), 0)


def leaky_relu(z: Array) -> Array:
    """Return positive elements unchanged, and a hundredth of the others.

    Source: course 1, week 3.

    >>> leaky_relu(np.array([-2.0, 3.0]))
    array([-0.02,  3.  ])
    """
    # a = max(0.01 z, z)
    return np.maximum(0.01 * z, z)


def leaky_relu_derivative(z: Array) -> Array:
    """Return the derivative of leaky ReLU at z: 0.01 at z <= 0, else 1.

    Source: course 1, week 3.

    >>> leaky_relu_derivative(np.array([-2.0, 0.0, 3.0]))
    array([0.01, 0.01, 1.  ])
    """
    # g'(z) = 1 where z > 0, else 0.01
    return np.where(z > 0, np.ones_like(z), 0.01)


def linear(z: Array) -> Array:
    """Return z itself; linear hidden layers add nothing, since W2 (W1 X + b1) + b2 is linear.

    Source: course 1, week 3.

    >>> linear(np.array([-2.0, 3.0]))
    array([-2.,  3.])
    """
    # a = z
    return z


def linear_derivative(z: Array) -> Array:
    """Return the derivative of the linear activation: 1 everywhere.

    Source: course 1, week 3.

    >>> linear_derivative(np.array([-2.0, 3.0]))
    array([1., 1.])
    """
    # g'(z) = 1
    return np.ones_like(z)


#: name: (g, g')
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid":    (sigmoid,    sigmoid_derivative),
    "tanh":       (tanh,       tanh_derivative),
    "relu":       (relu,       relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "linear":     (linear,     linear_derivative),
}


def activation_named(name: str) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Look up the pair (g, g') of an activation; ValueError for a name that is not in the table.

    >>> activation_named("tanh") == (tanh, tanh_derivative)
    True
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"There is no activation {name!r}. Use one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]
