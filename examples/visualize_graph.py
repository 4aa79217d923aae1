"""Draw two computation graphs of the course: J = 3(a + bc), and a network with one hidden layer.

    python examples/visualize_graph.py [folder]

Writes course.svg, network.svg and layers.svg (where Graphviz is there; else .dot), and two pages to
step through: course.html and network.html.
"""

import sys
from pathlib import Path

import numpy as np

import autograd_lite as ag


def course(folder: Path) -> None:
    """Draw J = 3(a + bc): values from left to right, derivatives from right to left."""
    a = ag.Tensor(5.0, requires_grad=True)
    b = ag.Tensor(3.0, requires_grad=True)
    c = ag.Tensor(2.0, requires_grad=True)
    with ag.trace_lines():
        u = b * c
        v = a + u
        J = 3 * v
    J.backward()
    drawing = ag.draw(J)
    print(drawing, end="\n\n")
    print(drawing.render(folder / "course.svg"))
    print(ag.explore(J, folder / "course.html"), end="\n\n")


def cost(parameters: dict[str, np.ndarray], X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of a network 2-3-1 with tanh and sigmoid, in plain NumPy."""
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = ag.sigmoid(Z2)
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def network(folder: Path) -> None:
    """Draw a function of arrays by running it on examples; no Tensor is needed."""
    rng = np.random.RandomState(1)
    parameters = {
        "W1": rng.randn(3, 2), "b1": np.zeros((3, 1)),
        "W2": rng.randn(1, 3), "b2": np.zeros((1, 1)),
    }  # fmt: skip
    X = rng.randn(2, 50)
    Y = (X[:1] * X[1:] > 0) * 1.0
    print(ag.draw(cost, parameters, X, Y).render(folder / "network.svg"))
    layers = ag.draw(cost, parameters, X, Y, level="layer")
    print(layers.render(folder / "layers.svg"))
    print(ag.explore(cost, parameters, X, Y, folder / "network.html"), end="\n\n")
    print(layers)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    target.mkdir(parents=True, exist_ok=True)
    course(target)
    network(target)
