"""Fourier transforms against the matrices they are: every length, axis and norm."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from support.orders import check_orders, check_second, compare, like

fft = np.fft
NORMS = (None, "backward", "ortho", "forward")
LENGTHS = (None, 1, 2, 3, 4, 5, 8)
ONE_AXIS = [fft.fft, fft.ifft, fft.rfft, fft.irfft, fft.hfft, fft.ihfft]
SEVERAL = [fft.fftn, fft.ifftn, fft.rfftn, fft.irfftn, fft.fft2, fft.ifft2, fft.rfft2, fft.irfft2]
REAL_INPUT = (fft.rfft, fft.ihfft, fft.rfftn, fft.rfft2)
named = pytest.mark.parametrize


def matrix(f: Any, m: int, dtype: Any) -> tuple[Any, Any]:
    """Return what a transform does to the real and to the imaginary unit at each place."""
    eye = np.eye(m)
    real = np.stack([f(e.astype(dtype)) for e in eye], axis=-1)
    if dtype is float:
        return real, None
    return real, np.stack([f(1j * e) for e in eye], axis=-1)


@named("norm", NORMS)
@named("m", [1, 2, 3, 4, 5])
@named("transform", ONE_AXIS, ids=lambda f: f.__name__)
def test_gradient_is_the_transposed_matrix(transform: Any, m: int, norm: Any) -> None:
    """For inputs that are cropped, kept or padded, to odd and even lengths."""
    rng = np.random.default_rng(m)
    for n in LENGTHS:
        if n is None and m == 1 and transform in (fft.irfft, fft.hfft):
            continue  # NumPy refuses 2 (m - 1) = 0 numbers
        for dtype in (float,) if transform in REAL_INPUT else (float, complex):
            f = lambda a, n=n: transform(a, n, norm=norm)
            a = like(np.zeros(m, dtype), rng)
            u = like(f(a), rng)
            got = ag.grad(lambda a, f=f, u=u: np.real(np.sum(u * f(a))))(a)
            real, imag = matrix(f, m, dtype)
            want = np.real(u @ real) if imag is None else np.real(u @ real) - 1j * np.real(u @ imag)
            np.testing.assert_allclose(got, want, atol=1e-13)


@named("axis", [0, 1, -1, -2])
@named("transform", ONE_AXIS, ids=lambda f: f.__name__)
def test_along_an_axis(transform: Any, axis: int) -> None:
    """The transform of each line by itself has the gradients of each line."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 4, 2)) + 0.0
    for n in (None, 3, 6):
        together = ag.grad(lambda a, n=n: np.sum(np.abs(transform(a, n, axis)) ** 2))(a)
        lines = np.moveaxis(a, axis, -1)
        one = [
            [ag.grad(lambda v, n=n: np.sum(np.abs(transform(v, n)) ** 2))(v) for v in block]
            for block in lines
        ]
        np.testing.assert_allclose(np.moveaxis(together, axis, -1), one, atol=1e-12)


@named("options", [
    {}, {"norm": "ortho"}, {"s": (4, 3)}, {"s": (2, -1), "axes": (0, 2), "norm": "forward"},
    {"axes": (2, 0)}, {"axes": (-1, 1)}, {"s": (5, 1), "axes": (1, 0)}, {"axes": (1, 1)},
])  # fmt: skip
@named("transform", SEVERAL, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:`axes` should not be")
def test_several_axes(transform: Any, options: Any) -> None:
    """Values as NumPy's, and the gradient of a sum of cubes to second order."""
    rng = np.random.default_rng(0)
    for dtype in (float,) if transform in REAL_INPUT else (float, complex):
        a = like(np.zeros((2, 3, 4), dtype), rng)
        np.testing.assert_allclose(
            transform(ag.Tensor(a), **options).data, transform(a, **options), atol=1e-13
        )
        check_orders(lambda a: np.abs(transform(a, **options) + 2) ** 2, a, tolerance=1e-7)


@named("transform", ONE_AXIS, ids=lambda f: f.__name__)
def test_second_order(transform: Any) -> None:
    """Transforms of transforms: powers and convolutions in the frequency domain."""
    a = like(np.zeros(5, float if transform in REAL_INPUT else complex), np.random.default_rng(0))
    for n in (4, 5, 7):
        check_second(lambda a, n=n: np.abs(transform(a, n) + 3) ** 3, a, tolerance=1e-7)
        check_second(
            lambda a, n=n: transform(a, n) * transform(a, n, norm="ortho"), a, tolerance=1e-7
        )


def test_convolution_theorem() -> None:
    """ifft(fft(a) fft(b)) is a circular convolution, and so are its gradients."""
    rng = np.random.default_rng(0)
    a, b, u = rng.normal(size=(3, 6))
    got = ag.grad(lambda a: np.sum(fft.irfft(fft.rfft(a) * fft.rfft(b), 6) * u))(a)
    want = [sum(u[(j + k) % 6] * b[k] for k in range(6)) for j in range(6)]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_parseval() -> None:
    """The energy of a spectrum is that of the signal, so the gradient is twice the signal."""
    a = np.random.default_rng(0).normal(size=(4, 5))
    for transform in (fft.fft, fft.ifft, fft.fft2, fft.fftn):
        got = ag.grad(lambda a, f=transform: np.sum(np.abs(f(a, norm="ortho")) ** 2))(a)
        np.testing.assert_allclose(got, 2 * a, atol=1e-13)


@named("axes", [None, 0, 1, -1, (0, 1), (1,)])
@named("shape", [(4, 3), (5, 2)])
def test_shifts_undo_each_other(axes: Any, shape: Any) -> None:
    """The gradient of a shift is shifted back, for odd lengths too."""
    a, u = np.random.default_rng(0).normal(size=(2, *shape))
    compare([ag.grad(lambda a: np.sum(fft.fftshift(a, axes) * u))(a)], [fft.ifftshift(u, axes)], 0)
    compare([ag.grad(lambda a: np.sum(fft.ifftshift(a, axes) * u))(a)], [fft.fftshift(u, axes)], 0)


def test_the_parts_that_an_inverse_real_transform_ignores() -> None:
    """The imaginary part of the first and of the middle frequency does not count: gradient 0."""
    z = like(np.zeros(4, complex), np.random.default_rng(0))
    even = ag.grad(lambda z: np.sum(fft.irfft(z, 6) ** 2))(z)
    odd = ag.grad(lambda z: np.sum(fft.irfft(z, 7) ** 2))(z)
    assert [even[0].imag, even[3].imag, odd[0].imag] == [0, 0, 0]
    assert odd[3].imag != 0


@named(("transform", "single"), [(f, np.complex64) for f in ONE_AXIS if f not in REAL_INPUT])
def test_single_precision_stays_single(transform: Any, single: Any) -> None:
    """As NumPy 2's transforms do."""
    for dtype in (np.float32, single):
        a = np.ones(5, dtype)
        g = ag.grad(lambda a: np.real(np.sum(np.abs(transform(a)) ** 2)))(a)
        assert g.dtype == dtype
