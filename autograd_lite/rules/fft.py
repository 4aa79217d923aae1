"""Discrete Fourier transforms: linear and symmetric, so each gradient is again a transform.

With w = exp(-2 pi i / n), y[k] = sum over j of x[j] w**(j k): the matrix is its own transpose. For
a real input the sweep keeps the real part. The inverse real transform counts each frequency twice,
because the other half is implied, except the first and, for even n, the middle one.
"""

from typing import Any

import numpy as np

from .devices import beside
from .registry import compose, rule

fft = np.fft

rule(np.fft.fft,    lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(fft.fft(g, None, axis, norm), a, axis))
rule(np.fft.ifft,   lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(fft.ifft(g, None, axis, norm), a, axis))
rule(np.fft.rfft,   lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(fft.fft(g, n or a.shape[axis], axis, norm), a, axis))
rule(np.fft.ihfft,  lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(fft.ifft(g, n or a.shape[axis], axis, norm), a, axis))
rule(np.fft.irfft,  lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(twice(fft.ihfft(g, None, axis, norm), y, axis), a, axis))
rule(np.fft.hfft,   lambda g, y, a, n=None, axis=-1, norm=None:
                        fitted(twice(fft.rfft(g, None, axis, norm), y, axis), a, axis))

rule(np.fft.fftshift,   lambda g, y, x, axes=None: fft.ifftshift(g, axes))
rule(np.fft.ifftshift,  lambda g, y, x, axes=None: fft.fftshift(g, axes))

compose(np.fft.fftn,    lambda a, s=None, axes=None, norm=None: each_axis(fft.fft, a, s, axes, norm))
compose(np.fft.ifftn,   lambda a, s=None, axes=None, norm=None: each_axis(fft.ifft, a, s, axes, norm))
compose(np.fft.rfftn,   lambda a, s=None, axes=None, norm=None: real_first(a, s, axes, norm))
compose(np.fft.irfftn,  lambda a, s=None, axes=None, norm=None: real_last(a, s, axes, norm))
compose(np.fft.fft2,    lambda a, s=None, axes=(-2, -1), norm=None: fft.fftn(a, s, axes, norm))
compose(np.fft.ifft2,   lambda a, s=None, axes=(-2, -1), norm=None: fft.ifftn(a, s, axes, norm))
compose(np.fft.rfft2,   lambda a, s=None, axes=(-2, -1), norm=None: fft.rfftn(a, s, axes, norm))
compose(np.fft.irfft2,  lambda a, s=None, axes=(-2, -1), norm=None: fft.irfftn(a, s, axes, norm))


def fitted(d: Any, a: Any, axis: Any) -> Any:
    """Crop `d`, or pad it with zeros, to the length of `a`: the transform did the opposite."""
    n, m = a.shape[axis], d.shape[axis]
    if m == n:
        return d
    if m > n:
        return d[(slice(None),) * (axis % d.ndim) + (slice(n),)]
    return np.pad(d, [(0, n - m if k == axis % d.ndim else 0) for k in range(d.ndim)])


def twice(d: Any, y: Any, axis: Any) -> Any:
    """Count twice the frequencies that stand for two."""
    n, m = y.shape[axis], d.shape[axis]
    weights = np.full(m, 2, y.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    weights = beside(d, weights)
    return d * np.reshape(weights, (m,) + (1,) * (d.ndim - 1 - axis % d.ndim))


def plan(a: Any, s: Any, axes: Any, half: Any = False) -> Any:
    """Return pairs (length, axis) of an n-dimensional transform; read arguments as NumPy does."""
    if axes is None:
        axes = range(a.ndim) if s is None else range(a.ndim - len(s), a.ndim)
    if s is None:
        s = [a.shape[axis] for axis in axes]
        if half:
            s[-1] = 2 * (s[-1] - 1)
    return [(a.shape[k] if n in (None, -1) else n, k) for n, k in zip(s, axes, strict=True)]


def each_axis(transform: Any, a: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Transform one axis after the other, the last one first."""
    for n, axis in reversed(plan(a, s, axes)):
        a = transform(a, n, axis, norm)
    return a


def real_first(a: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Apply the real transform along the last axis, then complex ones along the others."""
    *others, (n, axis) = plan(a, s, axes)
    a = fft.rfft(a, n, axis, norm)
    for n, axis in reversed(others):
        a = fft.fft(a, n, axis, norm)
    return a


def real_last(a: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Apply complex inverse transforms, then the inverse real one along the last axis."""
    *others, last = plan(a, s, axes, half=True)
    for n, axis in others:
        a = fft.ifft(a, n, axis, norm)
    return fft.irfft(a, *last, norm)
