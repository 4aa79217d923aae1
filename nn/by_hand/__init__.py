"""The hand-derived formulas of the course, under its function names, in plain NumPy.

Read in this order:

    notation         the letters, their shapes, and which gradients carry the 1/m
    basics           sigmoid, its derivative, pictures as columns, rows of length 1, softmax, L1, L2
    vectorization    explicit loops against NumPy calls; broadcasting; the dangers of (n,) arrays
    logistic         one unit: propagate, optimize, predict, model
    planar           a tanh hidden layer, and the flower data
    activations      every g(z) with its derivative g'(z)
    initialization   zeros, small, scaled, He, too large
    deep             L layers, step by step, forward and backward
    cat              two_layer_model and L_layer_model

The forward and cost functions use only NumPy calls that dispatch, so they run on any array type
that takes part in NumPy's protocols (NEP 13, NEP 18). "Course 1, week n" in a docstring is A. Ng,
"Neural Networks and Deep Learning", the first course of the Deep Learning Specialization.

Every function is available here too, as `by_hand.linear_backward`. If two parts of the course use
one name for two functions, the flat name is the deep network's:

    flat name here                               the others
    sigmoid (returns A and its cache)            basics.sigmoid (returns A)
    relu (returns A and its cache)               activations.relu (returns A)
    initialize_parameters (seed 1)               planar.initialize_parameters (seed 2)
    compute_cost, update_parameters              planar.compute_cost, planar.update_parameters
    predict (X, y, parameters)                   planar.predict, logistic.predict
"""

from . import (
    activations,
    basics,
    cat,
    deep,
    initialization,
    logistic,
    notation,
    planar,
    vectorization,
)
from .activations import (
    leaky_relu,
    leaky_relu_derivative,
    linear,
    linear_derivative,
    relu_derivative,
    tanh,
    tanh_derivative,
)
from .basics import L1, L2, image2vector, normalize_rows, sigmoid_derivative, softmax
from .cat import L_layer_model, predict, two_layer_model
from .deep import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    update_parameters,
)
from .initialization import (
    initialize_parameters,
    initialize_parameters_deep,
    initialize_parameters_he,
    initialize_parameters_large,
    initialize_parameters_scaled,
    initialize_parameters_small,
    initialize_parameters_zeros,
)
from .logistic import initialize_with_zeros, model, optimize, propagate
from .planar import (
    accuracy,
    backward_propagation,
    forward_propagation,
    layer_sizes,
    load_planar_dataset,
    nn_model,
)
from .vectorization import dot_loop, elementwise_loop, general_dot_loop, loop_timings, outer_loop

__all__ = [
    "L1", "L2", "L_layer_model", "L_model_backward", "L_model_forward", "accuracy", "activations",
    "backward_propagation", "basics", "cat", "compute_cost", "deep", "dot_loop", "elementwise_loop",
    "forward_propagation", "general_dot_loop", "image2vector", "initialization",
    "initialize_parameters", "initialize_parameters_deep", "initialize_parameters_he",
    "initialize_parameters_large", "initialize_parameters_scaled", "initialize_parameters_small",
    "initialize_parameters_zeros", "initialize_with_zeros", "layer_sizes", "leaky_relu",
    "leaky_relu_derivative", "linear", "linear_activation_backward", "linear_activation_forward",
    "linear_backward", "linear_derivative", "linear_forward", "load_planar_dataset", "logistic",
    "loop_timings", "model", "nn_model", "normalize_rows", "notation", "optimize", "outer_loop",
    "planar", "predict", "propagate", "relu", "relu_backward", "relu_derivative", "sigmoid",
    "sigmoid_backward", "sigmoid_derivative", "softmax", "tanh", "tanh_derivative",
    "two_layer_model", "update_parameters", "vectorization",
]
