"""First and second derivatives of functions of real or complex arrays, against differences."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from support.oracle import differences, flat, richardson


def like(a: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the same shape and kind."""
    x = rng.normal(size=np.shape(a))
    return x + 1j * rng.normal(size=np.shape(a)) if np.iscomplexobj(a) else x


def cost_of(f: Callable[..., Any], args: Any, rng: np.random.Generator) -> Callable[..., Any]:
    """Return a real number made of all outputs: Re(sum(u * f)) with fixed random u."""
    u = like(flat(f(*args)), rng)
    return lambda *a: np.real(np.sum(u * flat(f(*a))))


def first_by_differences(cost: Callable[..., Any], args: Any) -> list[Any]:
    """Return the gradient of a real cost; for z = x + iy it is dJ/dx - i dJ/dy."""
    d = iter(differences(cost, args, [True] * len(args), wide=False)[0])
    return [
        np.array([next(d) - 1j * next(d) if np.iscomplexobj(a) else next(d) for _ in range(a.size)])
        .reshape(a.shape)
        .astype(a.dtype)
        for a in args
    ]


def along(v: Any, slopes: Any) -> Any:
    """Return the derivative of a real cost along v, from its gradient."""
    return sum(np.real(np.sum(x * g)) for x, g in zip(v, slopes, strict=True))


def check_first(f: Callable[..., Any], *args: Any, tolerance: float = 1e-9, seed: int = 0) -> None:
    """Check the gradient of a random mixture of the outputs."""
    cost = cost_of(f, args, np.random.default_rng(seed))
    got = ag.grad(cost, argnums=tuple(range(len(args))))(*args)
    compare(got, first_by_differences(cost, args), tolerance)


def check_second(f: Callable[..., Any], *args: Any, tolerance: float = 1e-8, seed: int = 0) -> None:
    """Check how that gradient changes in a random direction: the Hessian times a vector."""
    rng = np.random.default_rng(seed)
    cost, v = cost_of(f, args, rng), [like(a, rng) for a in args]
    slopes = ag.grad(cost, argnums=tuple(range(len(args))))

    def moved(h: Any) -> Any:
        return flat(slopes(*[a + float(h) * x for a, x in zip(args, v, strict=True)]))

    got = ag.grad(lambda *a: along(v, slopes(*a)), argnums=tuple(range(len(args))))(*args)
    compare([flat(got)], [richardson(moved, base=2**-8)], tolerance)


def check_orders(f: Callable[..., Any], *args: Any, tolerance: float = 1e-8) -> None:
    """Check both."""
    check_first(f, *args, tolerance=tolerance)
    check_second(f, *args, tolerance=tolerance)


def compare(got: Any, want: Any, tolerance: float) -> None:
    """Equal shapes, and numbers within the tolerance, relative to the largest."""
    for a, b in zip(got, want, strict=True):
        assert np.shape(a) == np.shape(b)
        scale = max(1.0, float(np.max(np.abs(b), initial=0)))
        assert np.max(np.abs(a - b), initial=0) <= tolerance * scale, f"\n{a}\n{b}"
