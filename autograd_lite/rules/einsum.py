"""Einstein summation: an operand's gradient is the einsum of g with the other operands."""

import itertools
from typing import Any

import numpy as np

from .devices import identity
from .registry import rule

rule(np.einsum,  variadic=lambda i, g, y, *operands, out=None, optimize=False, dtype=None, order="K",
                             casting="safe": operand_vjp(i, g, operands, optimize))

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # sorted as NumPy sorts them


def operand_vjp(i: Any, g: Any, operands: Any, optimize: Any) -> Any:
    """Return the gradient of operands[i].

    Three cases need more than an einsum. A label that occurs twice in the operand (a diagonal) gets
    a second name and an identity matrix as a factor. Along a label that occurs nowhere else, the
    operand was summed by itself: the gradient is constant, and the sweep repeats it. Along an axis
    of length 1, which einsum repeats to fit the others, the gradient is the sum.
    """
    arrays, labels, output = spelled(operands)
    x, own = operands[i], labels[places(operands).index(i)]
    others = [(a, l) for k, a, l in zip(places(operands), arrays, labels, strict=True) if k != i]
    factors = [(g, output), *others]
    known = {label for _, l in factors for label in l}
    unused = iter(sorted(set(LETTERS) - known - set(own)))
    target = []
    for axis, label in enumerate(own):
        if x.shape[axis] == 1:
            target.append(None)
        elif label in own[:axis]:
            target.append(next(unused))
            factors.append((identity(x.shape[axis], g), [label, target[-1]]))
        elif label in known or label in own[axis + 1 :]:
            target.append(label)
        else:
            target.append(None)
    named = [label for label in target if label is not None]
    text = ",".join("".join(l) for _, l in factors) + "->" + "".join(named)
    d = np.einsum(text, *[a for a, _ in factors], optimize=path(optimize, len(factors)))
    if len(named) < len(target):
        sizes = iter(d.shape)
        d = np.reshape(d, [1 if label is None else next(sizes) for label in target])
    return d


def path(optimize: Any, n: Any) -> Any:
    """Return the user's choice of a path, unless it is an explicit path for other operands."""
    return optimize if n <= 2 and isinstance(optimize, bool | str) else True


def places(operands: Any) -> Any:
    """Return the positions of the arrays among the arguments, in either calling form."""
    last = len(operands)
    return range(1, last) if isinstance(operands[0], str) else range(0, last - 1, 2)


def spelled(operands: Any) -> Any:
    """Return the arrays, the labels of their axes, and the labels of the output.

    >>> spelled(("...i,ij", np.ones((5, 2)), np.ones((2, 3))))[1:]
    ([['A', 'i'], ['i', 'j']], ['A', 'j'])
    """
    arrays = [operands[k] for k in places(operands)]
    if isinstance(operands[0], str):
        left, arrow, right = operands[0].replace(" ", "").partition("->")
        texts = [tokens(part) for part in left.split(",")]
        output = tokens(right) if arrow else None
    else:
        texts = [as_letters(l) for l in operands[1::2]]
        output = as_letters(operands[-1]) if len(operands) % 2 else None
    every = list(itertools.chain(output or (), *texts))
    hidden = [np.ndim(a) - len(t) + ("..." in t) for a, t in zip(arrays, texts, strict=True)]
    dots = [l for l in LETTERS if l not in every][: max(hidden)]
    if output is None:
        output = ["...", *sorted(l for l in {*every} - {"..."} if every.count(l) == 1)]
    labels = [written_out(t, dots[len(dots) - n :]) for t, n in zip(texts, hidden, strict=True)]
    return arrays, labels, written_out(output, dots)


def tokens(text: Any) -> Any:
    """Split a text into one token for each letter and one for the ellipsis."""
    before, dots, after = text.partition("...")
    return [*before, *([dots] if dots else []), *after]


def as_letters(sublist: Any) -> Any:
    """Return the labels of a sublist; 0 is A."""
    return ["..." if l is Ellipsis else LETTERS[l] for l in sublist]


def written_out(labels: Any, dots: Any) -> Any:
    """Replace the ellipsis by the labels of its axes."""
    return [l for label in labels for l in (dots if label == "..." else [label])]
