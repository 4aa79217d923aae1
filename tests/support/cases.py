"""A case and its arguments; the tables are in the files beside this one.

cases_numbers, cases_arrays and cases_linalg have one line for each function and way to call it:

    analytic(np.tanh, R)                                   checked by complex step
    real(np.hypot, N, N)                                   by differences: it has no complex form
    analytic(np.sum, R("mn"), axis=0, keepdims=True)       shapes: a letter is any size, a digit itself
    analytic(np.stack, lambda a, b: np.stack([a, b]), R("m"), R("m"))

A domain says how an argument's numbers are drawn, in brackets its shape; without one an argument
has any shape, and several arguments any shapes that broadcast.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator, tuple[int, ...]], Any]


@dataclass(frozen=True)
class Domain:
    """How the numbers of one argument are drawn, and its shape: letters are any sizes."""

    draw: Draw
    shape: str = "*"
    free: bool = True  # differentiated
    complex: bool = False

    def __call__(self, shape: str) -> "Domain":
        return replace(self, shape=shape)


@dataclass(frozen=True)
class Case:
    """One line of the table: `fn` called as `f(*arrays)` on arrays from these domains."""

    fn: Callable[..., Any]  # whose rule this is about
    f: Callable[..., Any]  # plain NumPy code of the arrays
    domains: tuple[Domain, ...]
    name: str
    analytic: bool = True  # runs on complex numbers as an analytic function
    smooth: bool = True  # has a second derivative that is worth checking
    single: bool = True  # keeps some digits in single precision

    @property
    def free(self) -> list[bool]:
        """Which arguments are differentiated."""
        return [domain.free for domain in self.domains]

    @property
    def letters(self) -> list[str]:
        """The sizes that may be chosen freely."""
        return sorted({c for d in self.domains for c in d.shape if c.isalpha()})

    @property
    def broadcasts(self) -> bool:
        """Return whether the arguments may have any shapes that broadcast."""
        return any(d.shape == "*" for d in self.domains)

    def draw(
        self, rng: np.random.Generator, sizes: dict[str, int], common: tuple[int, ...] = ()
    ) -> list[Any]:
        """Return arrays to try it on."""
        stars = sum(d.shape == "*" for d in self.domains)
        args = []
        for d in self.domains:
            if d.shape == "*":
                shape = partly(rng, common) if stars > 1 else common
            else:
                shape = tuple(sizes[c] if c.isalpha() else int(c) for c in d.shape)
            args.append(np.asarray(d.draw(rng, shape)))
        return args


def partly(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape that broadcasts to this one: leading axes gone, others of length 1."""
    shape = tuple(n if rng.random() < 0.7 else 1 for n in shape)
    return shape[int(rng.integers(0, len(shape) + 1)) :] if rng.random() < 0.4 else shape


def analytic(
    fn: Callable[..., Any], *how: Any, smooth: bool = True, single: bool = True, **options: Any
) -> Case:
    """Return a case for complex step: `fn(*arrays, **options)`, or a function that comes first."""
    call, domains = (how[0], how[1:]) if not isinstance(how[0], Domain) else (None, how)
    f = call or (lambda *arrays: fn(*arrays, **options))
    name = getattr(fn, "__name__", str(fn))
    module = getattr(fn, "__module__", None) or ""
    if module.startswith("numpy.") and module.split(".")[-1] in ("linalg", "fft", "scimath"):
        name = f"{module.split('.')[-1]}.{name}"
    described = ", ".join(f"{key}={value!r}" for key, value in options.items())
    shapes = ", ".join(d.shape for d in domains)
    title = f"{name}({shapes}{'; ' if described else ''}{described})"
    return Case(fn, f, domains, title, smooth=smooth, single=single)


def real(fn: Callable[..., Any], *how: Any, **options: Any) -> Case:
    """Return a case for differences: a function of real numbers only, or one of complex numbers."""
    return replace(analytic(fn, *how, **options), analytic=False)


def spaced(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return numbers at least 0.2 apart, and 0.1 from 0, in random order: no ties, no kinks."""
    n = int(np.prod(shape))
    x = 0.3 * (np.arange(n) - n // 2) + rng.uniform(0.1, 0.2, n)
    return rng.permutation(x).reshape(shape)


def away(low: float, high: float) -> Draw:
    """Return numbers of either sign with a magnitude between these."""
    return lambda rng, shape: rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)


R = Domain(lambda rng, shape: rng.normal(size=shape))  # any real number
N = Domain(away(0.3, 2))  # not near zero
P = Domain(lambda rng, shape: rng.uniform(0.3, 3, shape))  # positive
U = Domain(lambda rng, shape: rng.uniform(-0.8, 0.8, shape))  # inside (-1, 1)
A = Domain(lambda rng, shape: rng.uniform(1.2, 4, shape))  # above 1
D = Domain(spaced)  # distinct: nothing changes places within a small step
F = Domain(
    lambda rng, shape: rng.integers(-3, 3, shape) + rng.uniform(0.2, 0.8, shape)
)  # no integers
C = Domain(  # complex
    lambda rng, shape: rng.uniform(0.3, 1.5, shape) * np.exp(1j * rng.uniform(-3, 3, shape)),
    complex=True,
)
TWENTY = Domain(lambda rng, shape: rng.uniform(19, 23, shape))
SIX = Domain(lambda rng, shape: rng.uniform(5.9, 6.1, shape))  # 20 / 6 is not near an integer
B = Domain(lambda rng, shape: rng.random(shape) < 0.6, free=False)  # booleans, not differentiated
