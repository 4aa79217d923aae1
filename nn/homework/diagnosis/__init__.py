"""Explain what is wrong with hand-written gradients of a network, in sentences.

Read in this order:

    walk                  `diagnose`: from the last layer to the first, each step of backprop tested
    forward_pass          the known values of the network, and its right backward pass
    linear_mistakes       mistakes in dW, db and dA, each with the numbers it leads to
    activation_mistakes   mistakes in dZ = dA * g'(Z)
    any_mistakes          factors, other gradients mixed in, mistakes made before the backward pass
    inference             which mistakes fit the numbers, also in a dZ that is not shown
    rounding              comparisons of arrays up to rounding
"""

from .walk import diagnose

__all__ = ["diagnose"]
