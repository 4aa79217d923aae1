"""The course's notation as types, and the one rule about number formats that every part shares.

    m        number of examples; examples are columns
    n[l]     units of layer l; n[0] = n_x, hidden layer n_h, output layer n_y
    X, Y     input (n_x, m), labels (n_y, m), 0 or 1
    W, b     parameters (n[l], n[l-1]) and (n[l], 1), under the keys "W1", "b1", "W2", ...
    Z, A     linear part W A_prev + b and activation g(Z), both (n[l], m)
    J        cost, the mean over the m examples of the losses
    dV       gradient with respect to V, shaped as V: dW and db of J, dZ and dA of the SUM of losses
"""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Parameters: TypeAlias = dict[str, Array]
Gradients: TypeAlias = dict[str, Array]
LinearCache: TypeAlias = tuple[Array, Array, Array]  # A_prev, W, b
Cache: TypeAlias = tuple[LinearCache, Array]  # linear cache, activation cache Z
#: The names of the activations g, and of the ways in which the first weights are drawn.
ActivationName: TypeAlias = Literal["sigmoid", "tanh", "relu", "leaky_relu", "linear"]
ScaleName: TypeAlias = Literal["zeros", "small", "scaled", "he", "large"]


def labels_like(Y: Array, A: Array) -> Array:
    """Return the labels Y in the number format of A, so that int64 labels leave float32 as it is.

    Shapes: any. Y stays as it is if it is no plain array, or if A holds whole numbers.

    >>> labels_like(np.array([[1, 0]]), np.array([[0.5, 0.5]], dtype=np.float32)).dtype
    dtype('float32')
    """
    if isinstance(Y, np.ndarray) and A.dtype.kind in "fc":
        return Y.astype(A.dtype, copy=False)
    return Y


def number_format(X: Array) -> np.dtype[Any]:
    """Return the dtype to train in: that of X if X holds real numbers, else float64.

    >>> number_format(np.zeros((2, 3), dtype=np.float32)), number_format(np.array([[1, 2]]))
    (dtype('float32'), dtype('float64'))
    """
    return X.dtype if X.dtype.kind == "f" else np.dtype(np.float64)
