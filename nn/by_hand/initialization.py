"""Five ways to draw the first W of each layer; b starts at zero in all of them.

The draws are the course's: NumPy's legacy generator, W1, W2, ... in order; the global random state
is not touched.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from .notation import Array, Parameters, ScaleName

#: name: standard-normal draws R (n[l], n[l-1]) and n = n[l-1] -> W[l]
SCALES: dict[str, Callable[[Array, int], Array]] = {
    "zeros":  lambda R, n: np.zeros_like(R),    # all units of a layer stay equal for ever
    "small":  lambda R, n: R * 0.01,            # fine for one hidden layer
    "scaled": lambda R, n: R / np.sqrt(n),      # Var(Z) = Var(A_prev): tanh; the cat network
    "he":     lambda R, n: R * np.sqrt(2 / n),  # the same for ReLU, which stops one half
    "large":  lambda R, n: R * 10,              # saturates sigmoid and tanh: derivatives near 0
}


def initialize_parameters_deep(
    layer_dims: Sequence[int],
    *,
    seed: int = 3,
    scale: ScaleName | float = "small",
    dtype: DTypeLike = np.float64,
) -> Parameters:
    """Draw W1, b1, ..., WL, bL for layers of sizes n[0], ..., n[L].

    `scale` is a name in SCALES or a number that multiplies the draws. The course's two settings:
    seed=3, scale="small" (0.01) in the step-by-step part, the default here, and seed=1,
    scale="scaled" in the cat classifier. Shapes: W[l] (n[l], n[l-1]), b[l] (n[l], 1).
    Raises ValueError for an unknown scale. Source: course 1, week 4.

    >>> parameters = initialize_parameters_deep([5, 4, 3])
    >>> {key: value.shape for key, value in parameters.items()}
    {'W1': (4, 5), 'b1': (4, 1), 'W2': (3, 4), 'b2': (3, 1)}
    >>> parameters["W1"][0, :2]
    array([0.01788628, 0.0043651 ])
    """
    if isinstance(scale, str) and scale not in SCALES:
        known = ", ".join(SCALES)
        raise ValueError(f"There is no scale {scale!r}. Use a number or one of {known}.")
    rng = np.random.RandomState(seed)
    parameters: Parameters = {}
    for l in range(1, len(layer_dims)):
        R = rng.randn(layer_dims[l], layer_dims[l - 1])
        W = SCALES[scale](R, layer_dims[l - 1]) if isinstance(scale, str) else R * scale
        parameters[f"W{l}"] = W.astype(dtype)
        # b[l] = 0
        parameters[f"b{l}"] = np.zeros((layer_dims[l], 1), dtype=dtype)
    return parameters


def initialize_parameters(
    n_x: int,
    n_h: int,
    n_y: int,
    *,
    seed: int = 1,
    scale: ScaleName | float = "small",
    dtype: DTypeLike = np.float64,
) -> Parameters:
    """Draw W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1) of a two-layer network.

    Source: course 1, week 4.

    >>> initialize_parameters(3, 2, 1)["W2"]
    array([[ 0.01744812, -0.00761207]])
    """
    return initialize_parameters_deep([n_x, n_h, n_y], seed=seed, scale=scale, dtype=dtype)


def initialize_parameters_zeros(layer_dims: Sequence[int]) -> Parameters:
    """Return zero for every W, a start from which symmetry never breaks.

    Source: course 1, week 3.

    >>> initialize_parameters_zeros([2, 1])["W1"]
    array([[0., 0.]])
    """
    # W[l] = 0
    return initialize_parameters_deep(layer_dims, scale="zeros")


def initialize_parameters_small(layer_dims: Sequence[int], *, seed: int = 3) -> Parameters:
    """Draw small W.

    Source: course 1, weeks 3 and 4.

    >>> initialize_parameters_small([2, 1])["W1"]
    array([[0.01788628, 0.0043651 ]])
    """
    # W[l] = 0.01 randn
    return initialize_parameters_deep(layer_dims, seed=seed, scale="small")


def initialize_parameters_scaled(layer_dims: Sequence[int], *, seed: int = 1) -> Parameters:
    """Draw W so that Z has the variance of A_prev; the start of the deep cat classifier.

    Source: course 1, week 4.

    >>> initialize_parameters_scaled([4, 1])["W1"]
    array([[ 0.81217268, -0.30587821, -0.26408588, -0.53648431]])
    """
    # W[l] = randn / sqrt(n[l-1])
    return initialize_parameters_deep(layer_dims, seed=seed, scale="scaled")


def initialize_parameters_he(layer_dims: Sequence[int], *, seed: int = 3) -> Parameters:
    """Draw W so that ReLU layers keep the size of the activations.

    Source: He et al., 2015, "Delving Deep into Rectifiers", section 2.2.

    >>> initialize_parameters_he([2, 1])["W1"]
    array([[1.78862847, 0.43650985]])
    """
    # W[l] = randn sqrt(2 / n[l-1])
    return initialize_parameters_deep(layer_dims, seed=seed, scale="he")


def initialize_parameters_large(layer_dims: Sequence[int], *, seed: int = 3) -> Parameters:
    """Draw W too large: sigmoid and tanh saturate and learning all but stops.

    Source: course 1, week 3.

    >>> initialize_parameters_large([2, 1])["W1"]
    array([[17.88628473,  4.36509851]])
    """
    # W[l] = 10 randn
    return initialize_parameters_deep(layer_dims, seed=seed, scale="large")
