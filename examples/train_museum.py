"""Train every wrong backprop of the museum beside the right one: does the curve show the mistake?

    python examples/train_museum.py [--data FOLDER] [--iterations N] [NAME ...]

The network is the deep one of the course, 12288-20-7-5-1, at learning rate 0.0075. `--data` names
the folder of the course's two HDF5 files with the cat pictures; the default is the project's own
drawings. The course takes 2500 iterations, about 15 s for each exhibit. docs/museum.md shows the
results.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import museum_of_bugs as museum
import numpy as np

import nn
from nn import by_hand

LAYERS = (20, 7, 5, 1)  # after the input


@dataclass
class Run:
    """The course of one training: 25 costs, the shares of pictures classified right, an error."""

    guessing: float  # the cost of one and the same probability for every picture
    costs: list[float] = field(default_factory=list)
    train: float | None = None
    test: float | None = None
    stopped: str = ""

    @property
    def curve(self) -> str:
        """The verdict of a person who looks only at the costs."""
        if self.stopped:
            return self.stopped
        if not np.isfinite(self.costs).all():
            return "not finite"
        if self.costs[-1] > self.costs[0]:
            return "rises"
        return "falls" if self.costs[-1] < 0.98 * self.guessing else "stays at guessing"


def train(exhibit, data, iterations, layers=LAYERS, hidden="relu") -> Run:
    """Run gradient descent by hand with one exhibit's gradients, from the course's parameters."""
    X, X_test, Y = data.X_train, data.X_test, data.Y_train
    if exhibit is museum.reshaped_without_T:  # such code mixes up every data set
        X, X_test, exhibit = museum.mixed(X), museum.mixed(X_test), museum.go_back
    parameters = by_hand.initialize_parameters_deep([len(X), *layers], seed=1, scale="scaled")
    p = np.mean(Y)
    run = Run(guessing=-p * np.log(p) - (1 - p) * np.log(1 - p))
    try:
        with np.errstate(all="ignore"):
            for i in range(iterations):
                AL, caches = by_hand.L_model_forward(X, parameters, hidden=hidden)
                if i % max(1, iterations // 25) == 0:
                    run.costs.append(float(by_hand.compute_cost(AL, Y)))
                grads = exhibit(AL, Y, caches, hidden)
                parameters = by_hand.update_parameters(parameters, grads, museum.LEARNING_RATE)
            run.train = score(X, Y, parameters, hidden)
            run.test = score(X_test, data.Y_test, parameters, hidden)
    except (ValueError, AssertionError):  # the shapes do not fit
        run.stopped = "stops at new pictures" if run.train else f"stops in step {i + 1}"
    return run


def score(X, Y, parameters, hidden) -> float:
    """Return the share of the pictures that are classified correctly."""
    return float(np.mean(by_hand.predict(X, Y, parameters, hidden=hidden) == Y))


def table(data, iterations, exhibits=tuple(museum.MUSEUM), layers=LAYERS, say=print):
    """Print a row for each exhibit as soon as it is trained; return the runs by name."""
    form = "{:<20}  {:>6}  {:>6}  {:>6}  {:<21}  {}"
    say(form.format("backprop", "cost", "train", "test", "the curve", "the tool").rstrip())
    say(form.format(*("-" * n for n in (20, 6, 6, 6, 21, 24))))
    dims = [len(data.X_train), *layers]
    parameters = by_hand.initialize_parameters_deep(dims, seed=1, scale="scaled")
    runs = {}
    for name, exhibit in gallery(exhibits):
        if exhibit in museum.NEEDS_EQUAL_LAYERS and len(set(layers)) == len(layers):
            say(f"{name:<20}  cannot happen here: no two layers are of one size")
            continue
        hidden = "tanh" if name in ("right (tanh)", "one_minus_A") else "relu"
        run = runs[name] = train(exhibit, data, iterations, layers, hidden)
        report = museum.diagnose(exhibit, parameters, data.X_train, data.Y_train, hidden)
        said = "right" if report.ok else f"{report.first.name}: {report.first.kind}"
        shares = ["" if p is None else f"{p:.1%}" for p in (run.train, run.test)]
        say(form.format(name, f"{run.costs[-1]:.4f}", *shares, run.curve, said))
    return runs


def gallery(exhibits):
    """Return the exhibits by name, after the right backprops to compare them with."""
    right = [("right", museum.go_back)]
    if museum.one_minus_A in exhibits:
        right.append(("right (tanh)", museum.go_back))
    return [*right, *((f.__name__, f) for f in exhibits)]


def summary(runs) -> str:
    """Say how many mistakes the curve hides, and how many end below the right cost."""
    wrong = {name: run for name, run in runs.items() if not name.startswith("right")}
    falling = {name: run for name, run in wrong.items() if run.curve == "falls"}
    lower = [
        name
        for name, run in falling.items()
        if run.costs[-1] < runs["right (tanh)" if name == "one_minus_A" else "right"].costs[-1]
    ]
    return (
        f"{len(falling)} of {len(wrong)} wrong backprops learn with a falling cost and without an "
        f"error,\n{len(lower)} of them to a lower cost than the right one. A loss curve does not "
        f"test gradients."
    )


def main() -> None:
    """Read the options, train, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="exhibits; all by default")
    parser.add_argument("--data", help="folder of train_catvnoncat.h5 and test_catvnoncat.h5")
    parser.add_argument("--iterations", type=int, default=200, help="default 200; the course: 2500")
    options = parser.parse_args()
    known = {f.__name__: f for f in museum.MUSEUM}
    if unknown := set(options.names) - set(known):
        parser.error(f"no exhibit {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    data = nn.data.load_cat(options.data) if options.data else nn.data.drawings(seed=1)
    print(f"{data.source}; {options.iterations} iterations\n", flush=True)
    began = time.perf_counter()
    chosen = tuple(known[name] for name in options.names or known)
    runs = table(data, options.iterations, chosen, say=lambda row: print(row, flush=True))
    print(f"\n{summary(runs)}\n{time.perf_counter() - began:.0f} seconds.")


if __name__ == "__main__":
    main()
