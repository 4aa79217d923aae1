"""Train the deep cat classifier of the course on automatic gradients.

    python examples/train_cat_classifier.py [FOLDER WITH THE COURSE'S TWO HDF5 FILES]

Without a folder it trains on the project's own drawings of cats and other things.
"""

import sys

import nn


def main(folder: str | None = None, iterations: int = 2500) -> nn.LLayerClassifier:
    """Train, and print costs and accuracies."""
    data = nn.data.load_cat(folder) if folder else nn.data.drawings(seed=1)
    print(f"Data: {data.source}")
    model = nn.LLayerClassifier()  # 12288-20-7-5-1, as in the course
    model.fit(data.X_train, data.Y_train, iterations=iterations)
    for i, cost in enumerate(model.costs):
        if i % 5 == 0:
            print(f"cost after iteration {100 * i:4d}: {cost:.6f}")
    print(f"training accuracy {model.score(data.X_train, data.Y_train):.1%}")
    print(f"test accuracy     {model.score(data.X_test, data.Y_test):.1%}")
    return model


if __name__ == "__main__":
    main(*sys.argv[1:])
