"""Compare the hand-derived gradients of the course with the automatic ones, layer by layer."""

import numpy as np

import nn


def main() -> None:
    """Compare every dZ, dA, dW and db of a network of four layers on random examples."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 30))
    Y = (rng.random((1, 30)) > 0.5) * 1.0
    print(nn.compare_gradients([12, 20, 7, 5, 1], X, Y))


if __name__ == "__main__":
    main()
