"""The table of cases, continued: products, linear algebra, Fourier transforms, polynomials."""

from collections.abc import Callable
from typing import Any

import numpy as np

from support.cases import A, C, Case, D, Domain, N, P, R, analytic, real

la, fft = np.linalg, np.fft


def regular(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Matrices that are far from singular, with eigenvalues and pivots far apart."""
    m, n = shape[-2:]
    return rng.uniform(-0.25, 0.25, shape) + np.eye(m, n) * (1.0 + np.arange(n))


def spread_out(rng: np.random.Generator, shape: tuple[int, ...], imaginary: complex = 0) -> Any:
    """Matrices of full rank with singular values far apart, in directions of their own."""
    *batch, m, n = shape
    x, y = (rng.normal(size=(2, *batch, i, i)) for i in (m, n))
    u, v = (la.qr(part[0] + imaginary * part[1] if imaginary else part[0])[0] for part in (x, y))
    return (u[..., : min(m, n)] * (1.0 + np.arange(min(m, n)))) @ v[..., : min(m, n), :]


S = Domain(regular)
W = Domain(spread_out)
CS = Domain(lambda rng, shape: regular(rng, shape) + 0.2j * rng.normal(size=shape), complex=True)
CW = Domain(lambda rng, shape: spread_out(rng, shape, 1j), complex=True)
NEAR_1 = Domain(lambda rng, shape: rng.uniform(0.9, 1.1, shape))
CD = Domain(lambda rng, shape: C.draw(rng, shape) / 9 + [3, 1, 2j], complex=True)  # a clear order


def star(a: Any) -> Any:
    """Return the conjugate transpose."""
    return np.conj(np.swapaxes(a, -1, -2))


def herm(a: Any) -> Any:
    """Hermitian, with eigenvalues as far apart as those of `a`."""
    return (a + star(a)) / 2


def definite(a: Any) -> Any:
    """Hermitian and positive definite."""
    return a @ star(a)


def mixed(v: Any, seed: int = 0) -> Any:
    """Return |v . r|**2 with fixed vectors r, which does not depend on the sign or phase of v."""
    r = np.random.default_rng(seed).normal(size=(3, v.shape[-2]))
    return np.abs(r @ v) ** 2


def eigh(a: Any, uplo: str = "L") -> Any:
    """Eigenvalues, and what of the eigenvectors is well defined."""
    w, v = la.eigh(herm(a), uplo)
    return w, mixed(v)


def eig(a: Any) -> Any:
    """Return the same for a general matrix."""
    w, v = la.eig(a)
    return np.exp(w / 3).sum(-1), (mixed(v) * np.exp(w / 3)[..., None, :]).sum(-1)


def svd(a: Any, full: bool) -> Any:
    """Singular values, and what of the vectors is well defined."""
    u, s, vh = la.svd(a, full_matrices=full)
    k = s.shape[-1]
    pairs = np.swapaxes(u[..., :k], -1, -2)[..., None] * vh[..., :k, None, :]
    left, right = u[..., k:] @ star(u[..., k:]), star(vh[..., k:, :]) @ vh[..., k:, :]
    return s, mixed(u[..., :k]), mixed(star(vh[..., :k, :])), pairs, left, right


def polar(a: Any) -> Any:
    """Return the nearest matrix with orthonormal columns or rows."""
    u, _, vh = la.svd(a, full_matrices=False)
    return u @ vh


def complete_qr(a: Any) -> Any:
    """R, and what of the whole Q is well defined."""
    q, r = la.qr(a, mode="complete")
    k = min(a.shape[-2:])
    return r, q[..., :k], q[..., k:] @ star(q[..., k:])


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the solution, the residuals and the singular values."""
    x, residuals, _, s = la.lstsq(a, b, rcond)
    return x, residuals, s


def both(fn: Callable[..., Any], f: Any, *domains: Domain) -> list[Case]:
    """Return a case for real and one for complex arrays, whose Hessian is for test_linalg."""
    twins = {R.draw: C, S.draw: CS, W.draw: CW}
    complex_domains = [twins[d.draw](d.shape) for d in domains]
    return [real(fn, f, *domains), real(fn, f, *complex_domains, smooth=False)]


# fmt: off
PAIRS = [("k", "k"), ("mk", "k"), ("k", "kn"), ("mk", "kn"), ("2mk", "kn"), ("mk", "2kn"), ("2mk", "2kn"),
         ("1mk", "2kn"), ("k", "2kn"), ("2mk", "k"), ("3112", "32n")]
SUMS = [
    ("ii->", "mm"), ("ii", "mm"), ("ii->i", "mm"), ("ij,ij", "mn mn"), ("i...->...", "mnk"), ("ij->ji", "mn"),
    ("ij->", "mn"), ("ij->j", "mn"), ("...ij,...jk", "3mn nk"), ("...ij,...jk->...ik", "31mn 2nk"), ("i,j->ij", "m n"),
    ("ij,jk,kl->il", "mn nk k2"), ("iij->j", "mmn"), ("iji->j", "mnm"), ("iii->i", "mmm"), ("iii", "222"),
    ("ii,ii->i", "mm mm"), ("ij,ij->ij", "1n mn"), ("ij,ij->j", "1n mn"), ("ij,jk", "mn 1k"), ("ij,k->i", "mn k"),
    ("i,i,i->i", "m m m"), ("...,...", "n mn"), ("...i->...", "mn"), ("b...i,bij->b...j", "2km 2mn"),
    ("ba,cb", "mn km"), ("i...i->...", "mnm"), ("...ii->...i", "kmm"), (" i j , j k -> i k ", "mn nk"),
    ("ijji,kji->", "mnnm kn1"), ("ijji,kji,jj->jk", "mnnm kn1 11"), ("ij,ij->", "1n m1"), ("ijk,jk", "m1k n1"), ("aA,AB", "mn nk"), ("ij...,j->i...", "mnk n"), ("ij,jk,ki->", "mn nk km"), ("ik,jk,lk->ijl", "mk nk 2k"),
]
CASES = [
    # Products
    *[analytic(np.matmul, R(p), R(q)) for p, q in PAIRS],
    *[analytic(np.dot, R(p), R(q)) for p, q in [*PAIRS[:4], ("", ""), ("", "mn"), ("m", ""), ("2mk", "kn"), ("k", "2kn"),
                                                ("2mk", "3kn"), ("2mk", "k"), ("mk", "2kn")]],
    *[analytic(np.inner, R(p), R(q)) for p, q in [("k", "k"), ("mk", "k"), ("k", "mk"), ("2mk", "nk"), ("mk", "2nk"), ("", "mn"), ("m", "")]],
    analytic(np.outer, R("mn"), R("k")), analytic(np.outer, R(""), R("k")), analytic(la.outer, R("m"), R("n")),
    real(np.vdot, R("m"), R("m")), real(np.vdot, C("23"), C("6")), real(np.inner, C("mk"), C("nk")), real(np.matmul, C("mk"), C("kn")),
    real(np.vecdot, R("mk"), R("k")), real(np.vecdot, C("2mk"), C("mk")), real(np.vecdot, lambda a, b: np.vecdot(a, b, axis=0), C("km"), C("km")),
    real(la.vecdot, lambda a, b: la.vecdot(a, b, axis=0), C("km"), C("km")), real(np.dot, C("2mk"), C("kn")), real(np.outer, C("m"), C("n")),
    analytic(np.tensordot, lambda a, b: np.tensordot(a, b, 1), R("mk"), R("kn")), analytic(np.tensordot, R("mnk"), R("nk2")),
    *[analytic(np.tensordot, lambda a, b, x=x: np.tensordot(a, b, x), R(p), R(q)) for p, q, x in [
        ("m", "nk", 0), ("mnk", "kn2", ((1, 2), (1, 0))), ("mnk", "kn2", ([2, 1], [0, 1])), ("mn", "m", (0, 0)), ("mn", "nm", ((0, 1), (1, 0))),
        ("", "m", 0), ("mnk", "mnk", 3), ("mnk", "2km", ((0, -1), (-1, 1))), ("mk", "k", ([1], 0)), ("mk", "nk", (-1, -1))]],
    analytic(la.tensordot, R("mnk"), R("kn2"), axes=([2, 1], [0, 1])), real(np.tensordot, C("mk"), C("nk"), axes=(1, 1)),
    analytic(la.matmul, R("2mk"), R("kn")), analytic(la.matrix_transpose, R("mnk")), analytic(la.diagonal, R("2mn"), offset=1),
    analytic(la.trace, R("2mn")), analytic(la.trace, R("33"), offset=-1),
    *[analytic(np.kron, R(p), R(q)) for p, q in [("m", "n"), ("mn", "2k"), ("", "m"), ("m", "2n"), ("mn", "2"), ("m2n", "2k"), ("", "")]],
    *[analytic(np.cross, lambda a, b, x=x: np.cross(a, b, **x), R(p), R(q)) for p, q, x in [
        ("3", "3", {}), ("m3", "3", {}), ("m3", "m3", {}), ("3m", "3m", {"axis": 0}), ("3m", "m3", {"axisa": 0, "axisc": 0}), ("3", "3m", {"axisb": 0})]],
    real(np.cross, C("13"), C("m3")), analytic(la.cross, R("3m"), R("3m"), axis=0),
    *[analytic(la.multi_dot, lambda *a: la.multi_dot(a), *map(R, p.split())) for p in ("mk kn", "mk kn n2", "k kn n", "mk kn n1 1", "2k k1 1n n3")],
    *[analytic(la.matrix_power, lambda a, n=n: la.matrix_power(a, n), S("kk")) for n in (-3, -1, 0, 1, 2, 5)],
    analytic(la.matrix_power, lambda a: la.matrix_power(a, 3), S("2kk")), real(la.matrix_power, lambda a: la.matrix_power(a, -2), CS("kk")),
    # Einstein's sums
    *[analytic(np.einsum, lambda *a, s=s: np.einsum(s, *a), *map(R, p.split())) for s, p in SUMS],
    *[analytic(np.einsum, lambda *a, s=s: np.einsum(s, *a, optimize=True), *map(R, p.split())) for s, p in SUMS[::3]],
    analytic(np.einsum, lambda a, b: np.einsum(",ij->ij", a, b), R(""), R("mn")), analytic(np.einsum, lambda a, b: np.einsum(",", a, b), R(""), R("")),
    analytic(np.einsum, lambda a: np.einsum("i,i->", a, a), R("m")), analytic(np.einsum, lambda a: np.einsum("ij,jk,kl", a, a, a), R("mm")),
    analytic(np.einsum, lambda a: np.einsum("ii,ij->j", a, a), R("mm")), analytic(np.einsum, lambda a: np.einsum(a, [0, 0]), R("mm")),
    analytic(np.einsum, lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [0, 2]), R("mk"), R("kn")),
    analytic(np.einsum, lambda a, b: np.einsum(a, [0, 1], b, [1, 2]), R("mk"), R("kn")), analytic(np.einsum, lambda a: np.einsum(a, [30, 3], [3]), R("mn")),
    analytic(np.einsum, lambda a, b: np.einsum(a, [..., 1], b, [1, 2], [..., 2]), R("2mk"), R("kn")), real(np.einsum, lambda a, b: np.einsum("ij,kj->ki", a, b), C("mk"), C("nk")),
    analytic(np.einsum, lambda a, b, c: np.einsum("ij,jk,kl->il", a, b, c, optimize=["einsum_path", (1, 2), (0, 1)]), R("mk"), R("kn"), R("n2")),
    analytic(np.einsum, lambda a, b, c: np.einsum("ij,jk,kl->il", a, b, c, optimize="optimal"), R("mk"), R("kn"), R("n2")),
    # Signals
    *[real(np.convolve, lambda a, v, m=m: np.convolve(a, v, m), x(p), x(q)) for m in ("full", "same", "valid") for x, p, q in [(R, "4", "2"), (R, "2", "5"), (R, "3", "m"), (C, "4", "3")]],
    *[real(np.correlate, lambda a, v, m=m: np.correlate(a, v, m), x(p), x(q)) for m in ("full", "same", "valid") for x, p, q in [(R, "4", "2"), (R, "2", "5"), (R, "3", "m"), (C, "4", "3"), (C, "2", "3")]],
    # Systems, inverses, least squares
    analytic(la.inv, S("kk")), analytic(la.inv, S("2kk")), real(la.inv, CS("kk")),
    *[analytic(la.solve, S(p), R(q)) for p, q in [("kk", "k"), ("kk", "km"), ("2kk", "k"), ("2kk", "km"), ("2kk", "2km"), ("kk", "2km"), ("1kk", "2km"), ("333", "33")]],
    real(la.solve, CS("kk"), C("k")), real(la.solve, CS("2kk"), C("km")),
    analytic(la.tensorinv, lambda a: la.tensorinv(np.reshape(a, (2, 3, 6))), S("66")), analytic(la.tensorinv, lambda a: la.tensorinv(np.reshape(a, (4, 2, 2)), 1), S("44")),
    analytic(la.tensorsolve, lambda a, b: la.tensorsolve(np.reshape(a, (2, 2, 4)), b), S("44"), R("22")),
    analytic(la.tensorsolve, lambda b: la.tensorsolve([[[1.0, 2.0]], [[3.0, 5.0]]], b), R("21")),
    analytic(la.tensorsolve, lambda a, b: la.tensorsolve(np.reshape(a, (4, 2, 2)), b, axes=(1, 2)), S("44"), R("4")),
    *[c for p in ("32", "23", "33", "242") for c in both(la.pinv, la.pinv, W(p))],
    *both(la.pinv, lambda a, b: la.pinv(a @ b, 1e-4), W("42"), W("23")), *both(la.pinv, lambda a: la.pinv(herm(a), hermitian=True), S("33")),
    *[c for p, q in [("42", "4"), ("42", "43"), ("23", "2"), ("23", "22"), ("33", "3")] for c in both(la.lstsq, lstsq, W(p), R(q))],
    *both(la.lstsq, lambda a, b, c: la.lstsq(a @ b, c, 1e-4)[0], W("31"), W("13"), R("3")),
    # Determinants
    analytic(la.det, R("kk")), analytic(la.det, S("2kk")), real(la.det, CS("kk")), analytic(la.det, lambda u, v: la.det(np.outer(u, v)), R("k"), R("k")),
    analytic(la.det, lambda a: la.det(a * [[1.0], [0.0], [1.0]]), R("33")), real(la.slogdet, lambda a: la.slogdet(a)[1], S("2kk")), real(la.slogdet, lambda a: tuple(la.slogdet(a)), CS("kk")),
    # Norms
    *[real(la.norm, lambda x, o=o: la.norm(x, o), N("4")) for o in (None, 0, 1, 2, 3, 2.5, 0.5, -1, -2)], *[real(la.norm, lambda x, o=o: la.norm(x * [2, -3, 4, 1], o), NEAR_1("4")) for o in (np.inf, -np.inf)],
    *[real(la.norm, lambda x, o=o: la.norm(x, o, axis=0, keepdims=True), N("3m")) for o in (None, 1, 3, -1)], real(la.norm, R("2mn")), real(la.norm, R("23"), keepdims=True),
    *[real(la.norm, lambda x, o=o: la.norm(x, o), CD("3")) for o in (None, 1, 3, np.inf, -np.inf)],
    *[c for o in ("fro", "nuc", 2, -2) for c in both(la.norm, lambda x, o=o: la.norm(x, o), W("23"))],
    *[real(la.norm, lambda x, o=o: la.norm(x * [[3, -1, 9], [1, 2, -4]], o), NEAR_1("23")) for o in (1, -1, np.inf, -np.inf)],
    *[real(la.norm, lambda x, o=o: la.norm(np.moveaxis(x, 0, -1), o, axis=(1, 0), keepdims=True), W("232")) for o in ("fro", "nuc", 2, -2)],
    real(la.vector_norm, lambda x: la.vector_norm(x, axis=(0, 2), ord=3), N("2m2")), real(la.vector_norm, N("mn")), real(la.vector_norm, lambda x: la.vector_norm(x, keepdims=True, ord=1), N("mn")),
    real(la.matrix_norm, lambda x: la.matrix_norm(x, ord="nuc"), W("223")), real(la.matrix_norm, R("2mn"), keepdims=True),
    # (the real part because NumPy before 2.3 calls some condition numbers complex)
    *[c for p in (None, -2, "fro", "nuc") for c in both(la.cond, lambda a, p=p: np.real(la.cond(a, p)), S("33"))], real(la.cond, W("32")),
    *[real(la.cond, lambda a, p=p: la.cond(a * [[4, 0.5, -0.5], [0.4, 7, 0.3], [-0.3, 0.6, 11]], p), NEAR_1("33")) for p in (1, -1, np.inf)],
    # Decompositions
    *[c for p in ("kk", "233") for u in (False, True) for c in both(la.cholesky, lambda a, u=u: la.cholesky(definite(a), upper=u), S(p))],
    *[c for p in ("32", "33", "23", "232") for c in both(la.qr, lambda a: tuple(la.qr(a)), S(p))], *both(la.qr, lambda a: la.qr(a, mode="r"), S("32")), *both(la.qr, lambda a: la.qr(a).Q, S("23")),
    *[c for p in ("31", "23") for c in both(la.qr, complete_qr, S(p))],
    *[c for p in ("33", "222") for u in ("L", "U") for c in both(la.eigh, lambda a, u=u: eigh(a, u), S(p))], *both(la.eigvalsh, lambda a: la.eigvalsh(herm(a), "U"), S("2kk")),
    *[c for p in ("33", "222") for c in both(la.eig, eig, S(p))], *both(la.eigvals, lambda a: [(la.eigvals(a) ** p).sum(-1) for p in (1, 2, 3)], S("222")),
    *[c for p in ("33", "32", "23", "222") for f in (True, False) for c in both(la.svd, lambda a, f=f: svd(a, f), W(p))], *both(la.svd, polar, W("32")),
    *both(la.svdvals, la.svdvals, W("232")), *both(la.svd, lambda a: la.svd(a, compute_uv=False), W("23")), *both(la.svd, lambda a: la.svd(herm(a), hermitian=True)[1], S("33")),
    # Fourier transforms: linear, so a second derivative shows little; test_fft takes it of their squares
    *[real(f, lambda a, f=f, n=n, o=o: f(a, n, norm=o), x("m"), smooth=False) for f in (fft.fft, fft.ifft) for n, o in [(None, None), (2, "ortho"), (5, "forward")] for x in (R, C)],
    *[real(f, lambda a, f=f, n=n, o=o: f(a, n, norm=o), R("m"), smooth=False) for f in (fft.rfft, fft.ihfft) for n, o in [(None, None), (2, "ortho"), (3, "forward"), (5, "backward")]],
    *[real(f, lambda a, f=f, n=n, o=o: f(a, n, norm=o), x("4"), smooth=False) for f in (fft.irfft, fft.hfft) for n, o in [(None, None), (3, "ortho"), (4, "forward"), (7, "forward"), (9, None), (1, None)] for x in (R, C)],
    *[real(f, lambda a, f=f: f(a, axis=0), C("3m"), smooth=False) for f in (fft.fft, fft.ifft, fft.irfft, fft.hfft)],
    *[real(f, lambda a, f=f: f(a, (3, -1), axes=(0, 2)), x("224"), smooth=False) for f in (fft.fftn, fft.ifftn, fft.rfftn, fft.irfftn) for x in (R, C) if x is R or f is not fft.rfftn],
    *[real(f, x("m32"), norm="ortho", smooth=False) for f in (fft.fft2, fft.ifft2, fft.rfft2, fft.irfft2, fft.fftn, fft.ifftn, fft.rfftn, fft.irfftn) for x in (R, C) if x is R or f not in (fft.rfft2, fft.rfftn)],
    *[analytic(f, R("mn"), axes=x) for f in (fft.fftshift, fft.ifftshift) for x in (None, 0, (0, 1))],
    # Polynomials
    analytic(np.polyval, R("m"), R("23")), analytic(np.polyval, lambda x: np.polyval(np.poly1d([1.0, -2, 3]), x), R("m")), analytic(np.polyval, lambda x: np.polyval([1.0, -2, 3], x), R("m")), analytic(np.polyval, lambda p: np.polyval(p, [0.0, 1, -2]), R("m")),
    real(np.polyval, C("m"), C("2")), real(np.polyval, R("m2"), R("32")), real(np.polyval, R("m21"), R("3")), analytic(np.polyadd, R("2"), R("m")), analytic(np.polysub, R("m"), R("2")), real(np.polymul, N("2"), N("m")), real(np.polydiv, N("4"), A("2")),
    analytic(np.polyder, lambda p: np.polyder(p, 2), R("5")), analytic(np.polyint, lambda p, k: np.polyint(p, 2, k), R("m"), R("2")), analytic(np.polyint, R("m")),
    real(np.poly, D("m")), real(np.poly, S("kk")), real(np.poly, C("m")), real(np.poly, lambda z: np.poly(np.stack([z[0], np.conj(z[0])])), C("1")), real(np.roots, lambda a: (np.roots(np.poly([1.0, -2, 4]) + 0.02 * a) ** 3).sum(), R("4"), smooth=False),
    real(np.polyfit, lambda y, w: np.polyfit([-1.0, 0, 0.5, 1, 2], y, 2, w=w), R("5"), P("5")), real(np.polyfit, lambda y, w: np.polyfit([-1, 0, 2], y, 1, 1e-9, w=w), R("32"), P("3")), real(np.polyfit, lambda x, y: np.polyfit(x / 9 + np.arange(4), y, 1), N("4"), R("42")),
]
if hasattr(np, "matvec"):  # NumPy 2.2
    CASES += [
        analytic(np.matvec, R("2mk"), R("k")), real(np.matvec, C("mk"), C("2k")),
        real(np.vecmat, R("k"), R("2kn")), real(np.vecmat, C("2k"), C("kn")),
    ]
# fmt: on
