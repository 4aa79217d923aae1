"""Every rule against derivatives that the engine had no part in, over the table in cases.py."""

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.rules.registry import RULES
from support.cases import Case
from support.cases_arrays import CASES as OF_ARRAYS
from support.cases_linalg import CASES as LINEAR_ALGEBRA
from support.cases_numbers import CASES as OF_NUMBERS
from support.oracle import complex_step, computes_widely, differences, flat, hessian, rows_of

# Shapes are drawn at random, so (n,) does meet (n, 1) and all pairs are meant.
pytestmark = pytest.mark.filterwarnings("ignore::autograd_lite.LearnerWarning")

CASES = [*OF_NUMBERS, *OF_ARRAYS, *LINEAR_ALGEBRA]

# Shapes a case, and arrays a shape, for functions that broadcast and for all others
MANY, FEW = (10, 6), (4, 2)
SHAPES = [(), (1,), (2,), (3,), (1, 1), (2, 2), (1, 3), (3, 2), (2, 1, 2), (1, 2, 3), (0,), (2, 0)]
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
every_smooth_case = pytest.mark.parametrize(
    "case", [c for c in CASES if c.smooth], ids=[c.name for c in CASES if c.smooth]
)
once = (1, 1)


def tensors(args: list[Any], free: list[bool]) -> list[Any]:
    """Variables for the arrays that are differentiated."""
    return [ag.Tensor(a, requires_grad=True) if f else a for a, f in zip(args, free, strict=True)]


def laid_out(a: Any, rng: np.random.Generator) -> Any:
    """Return the array read-only in another layout: columns first, or backwards in memory."""
    layout = rng.integers(3)
    b = (
        np.array(a, order="F")
        if layout == 1
        else np.asarray(np.flip(np.flip(a).copy()))
        if layout == 2
        else a.copy()
    )
    b.flags.writeable = False
    return b


def rows(y: Any, variables: list[Any]) -> Any:
    """Return the Jacobian of a flat Tensor, by one backward for each element.

    After the rows of a complex output come those of its imaginary part.
    """
    found = []
    for unit in (1, -1j) if y.dtype.kind == "c" else (1,):
        for i in range(y.size):
            g = np.zeros(y.shape, y.dtype)
            g[i] = unit
            for v in variables:
                v.zero_grad()
            y.backward(g, retain_graph=True)
            found.append(np.concatenate([np.ravel(raw(v)) for v in variables]))
    return np.array(found).reshape(len(found), sum(v.size for v in variables))


def raw(v: Any) -> Any:
    """Return the gradient of a variable; zero where none arrived."""
    g = v.grad
    if g is None:
        return np.zeros(v.shape)
    assert g.shape == v.shape
    assert g.dtype == v.dtype
    return getattr(g, "data", g) if isinstance(g, ag.Tensor) else g


def engine_jacobian(case: Case, args: list[Any]) -> Any:
    """Return the Jacobian by the rules, on the arrays as they lie in memory."""
    numbers = [k for k, free in enumerate(case.free) if free]
    y, pullback = ag.vjp(lambda *a: flat(case.f(*a)), argnums=numbers)(*args)
    found = []
    for unit in (1, -1j) if y.dtype.kind == "c" else (1,):
        for i in range(y.size):
            g = np.zeros(y.shape, y.dtype)
            g[i] = unit
            found.append(
                np.concatenate(
                    [
                        np.ravel(fitting(d, args[k]))
                        for d, k in zip(pullback(g), numbers, strict=True)
                    ]
                )
            )
    return np.array(found).reshape(len(found), sum(args[k].size for k in numbers))


def fitting(d: Any, a: Any) -> Any:
    """Return a gradient; it is an array of the shape and type of what it belongs to."""
    assert type(d) is np.ndarray
    assert d.shape == a.shape
    assert d.dtype == a.dtype
    return d


def oracle_jacobian(case: Case, args: list[Any]) -> Any:
    """Return the same without the engine, in its convention: Re(dy) = Re(d dx) for complex x."""
    if case.analytic:
        return complex_step(case.f, args, case.free)
    try:
        d = differences(case.f, args, case.free)
    except TypeError:  # no long doubles there
        d = differences(case.f, args, case.free, wide=False)
    d = np.concatenate([d.real, d.imag]) if d.dtype.kind == "c" else d
    columns, k = [], 0
    for a, free in zip(args, case.free, strict=True):
        for _ in range(a.size if free else 0):
            two = a.dtype.kind == "c"
            columns.append(d[:, k] - 1j * d[:, k + 1] if two else d[:, k])
            k += 1 + two
    return np.stack(columns, axis=1) if columns else np.zeros((d.shape[0], 0))


def bound(case: Case) -> float:
    """Return what was promised: 1e-12 by complex step, 1e-9 by differences in long doubles."""
    return 1e-12 if case.analytic else 1e-9


def assert_close(got: Any, want: Any, tolerance: float, what: str = "") -> None:
    """Equal within the tolerance, relative to the largest number."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    scale = max(1.0, float(np.max(np.abs(want), initial=0)))
    error = float(np.max(np.abs(got - want), initial=0))
    assert error <= tolerance * scale, f"{what} off by {error:.2e}\nrules:\n{got}\noracle:\n{want}"


def check_first(case: Case, args: list[Any]) -> None:
    """Check the full Jacobian."""
    assert_close(engine_jacobian(case, args), oracle_jacobian(case, args), bound(case), case.name)


def check_second(case: Case, args: list[Any], rng: np.random.Generator) -> None:
    """Check the full Hessian of a random mixture of the outputs."""
    f, args, free = in_real_numbers(case, args)
    u = rng.normal(size=np.size(flat(f(*args))))
    got = engine_hessian(f, args, free, u)
    precise = case.analytic or computes_widely(f, args, free)
    want = hessian(f, args, free, u, case.analytic)
    assert_close(got, want, 1e-10 if precise else 1e-8, f"second order: {case.name}")
    if not precise:  # differences of gradients, which are held to 1e-9 by check_first
        want = rows_of(lambda moved: engine_gradient(f, moved, free, u), args, free)
        assert_close(got, want, 1e-10, f"second order: {case.name}")


def engine_hessian(f: Callable[..., Any], args: list[Any], free: list[bool], u: Any) -> Any:
    """Return the Hessian of sum(u * f) by the rules: backward, and backward through that."""
    slope, variables = with_gradient(f, args, free, u, create_graph=True)
    if not isinstance(slope, ag.Tensor) or not slope.requires_grad:
        return np.zeros((slope.size, slope.size))
    return rows(slope, variables)


def engine_gradient(f: Callable[..., Any], args: list[Any], free: list[bool], u: Any) -> Any:
    """Return the gradient of sum(u * f) by the rules, in one vector."""
    return with_gradient(f, args, free, u, create_graph=False)[0]


def with_gradient(
    f: Callable[..., Any], args: list[Any], free: list[bool], u: Any, create_graph: bool
) -> tuple[Any, list[ag.Tensor]]:
    """Return the gradient of sum(u * f) in one vector (a Tensor if recorded), and the variables."""
    inputs = tensors(args, free)
    variables = [t for t in inputs if isinstance(t, ag.Tensor)]
    y = flat(f(*inputs))
    if isinstance(y, ag.Tensor) and y.requires_grad:
        np.sum(y * u).backward(create_graph=create_graph)
    return flat([np.zeros(v.shape) if v.grad is None else v.grad for v in variables]), variables


def in_real_numbers(
    case: Case, args: list[Any]
) -> tuple[Callable[..., Any], list[Any], list[bool]]:
    """Return the same function of real and imaginary parts, giving real and imaginary parts."""
    is_complex = [d.complex for d in case.domains]
    out = np.asarray(flat(case.f(*args)))
    if not any(is_complex) and out.dtype.kind != "c":
        return case.f, args, case.free

    def f(*parts: Any) -> Any:
        left = iter(parts)
        y = flat(
            case.f(*[next(left) + 1j * next(left) if two else next(left) for two in is_complex])
        )
        return np.real(y), np.imag(y)

    pairs = [((a.real, a.imag), (free, free)) if two else ((a,), (free,))
             for a, two, free in zip(args, is_complex, case.free, strict=True)]  # fmt: skip
    return f, [a for p, _ in pairs for a in p], [x for _, q in pairs for x in q]


def run(
    case: Case,
    often: tuple[int, int],
    largest: int,
    check: Callable[..., None],
    fresh: bool = False,
) -> None:
    """Call `check(case, arrays, rng)` for arrays of so many random shapes, and so many of each.

    The arrays are the same in every run, and others for every case; `fresh` draws new ones.
    """
    examples, draws = often
    seed = np.random.SeedSequence().entropy if fresh else zlib.crc32(case.name.encode())
    rng = np.random.default_rng(seed)
    for i in range(examples):
        if i % len(SHAPES) == 0:
            order = rng.permutation(len(SHAPES))
        sizes = dict(zip("kmn", rng.integers(1, largest + 1, 3).tolist(), strict=True))
        common = SHAPES[order[i % len(SHAPES)]]
        for _ in range(draws):
            args = [laid_out(a, rng) for a in case.draw(rng, sizes, common)]
            try:
                check(case, args, rng)
            except Exception:
                print(f"{case.name}, seed {seed}, sizes {sizes}, shape {common}, arrays {args}")
                raise


def often(case: Case) -> tuple[int, int]:
    """Return how many shapes, and how many arrays of each, a case is tried on."""
    return MANY if case.broadcasts else FEW


def check_jacobian(case: Case, args: list[Any], rng: np.random.Generator) -> None:
    """`check_first` as `run` calls it."""
    check_first(case, args)


def check_single(case: Case, args: list[Any], rng: np.random.Generator) -> None:
    """Check that a gradient in single precision keeps its dtype and some digits."""
    narrow = [
        a.astype(NARROW[a.dtype.char]) if free else a
        for a, free in zip(args, case.free, strict=True)
    ]
    with np.errstate(all="ignore"):
        assert kinds(case.f(*tensors(narrow, case.free))) == kinds(case.f(*narrow)), case.name
    got, want = engine_jacobian(case, narrow), engine_jacobian(case, [
        a.astype(b.dtype) for a, b in zip(narrow, args, strict=True)])  # fmt: skip
    assert_close(got, want, 2e-3, case.name)


def kinds(out: Any) -> list[Any]:
    """Return the types of the outputs that are arrays."""
    parts = out if isinstance(out, tuple | list) else [out]
    return [y.dtype for y in parts if hasattr(y, "dtype")]


NARROW = {"d": np.float32, "D": np.complex64}


def check_transposed(case: Case, args: list[Any], rng: np.random.Generator) -> None:
    """u (J v) = (u J) v, forward mode against reverse mode."""
    numbers = [k for k, free in enumerate(case.free) if free]
    v = [drawn_like(args[k], rng) for k in numbers]
    f = lambda *a: flat(case.f(*a))
    y, moved = ag.jvp(f, argnums=numbers)(*args, tuple(v))
    u = drawn_like(y, rng)
    pulled = ag.vjp(f, argnums=numbers)(*args)[1](u)
    left = np.real(u @ moved)
    right = sum(np.real(np.sum(d * w)) for d, w in zip(pulled, v, strict=True))
    scale = max(1.0, float(np.abs(u) @ np.abs(moved)))
    assert abs(left - right) <= 1e-13 * scale, f"{case.name}: {left} and {right}"


def drawn_like(a: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the same shape and kind."""
    x = rng.normal(size=a.shape)
    return x + 1j * rng.normal(size=a.shape) if a.dtype.kind == "c" else x


@every_case
def test_jacobian(case: Case) -> None:
    """The Jacobian by the rules is that of complex step, or of differences in long doubles."""
    run(case, often(case), 3, check_jacobian)


@every_smooth_case
def test_hessian(case: Case) -> None:
    """The Hessian by the rules is that of differences, zeros included."""
    run(case, once, 2, check_second)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.single], ids=[c.name for c in CASES if c.single]
)
def test_single_precision(case: Case) -> None:
    """Gradients of single-precision numbers are in single precision."""
    run(case, once, 3, check_single)


@every_case
def test_forward_is_the_transpose_of_reverse(case: Case) -> None:
    """Forward mode and reverse mode multiply by the same matrix."""
    run(case, once, 3, check_transposed)


THIRD = (
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square, np.cos,
    np.reciprocal, np.sin, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh,
    np.arcsinh, np.arctanh, np.sinc, ag.sigmoid, lambda x: np.log(1 + np.exp(x)), lambda x: x**2.5,
    lambda x: x**3, lambda x: 2.0**x, lambda x: np.arccosh(x + 2), lambda x: x / (1 + x * x),
    lambda x: np.prod(np.stack([x, x, x, x])),
)  # fmt: skip


@pytest.mark.parametrize("f", THIRD)
def test_third_derivative(f: Any) -> None:
    """It is Cauchy's integral of f on a circle, which the mean of some points gives exactly."""
    x, radius, turn = 0.45, 0.2, 2 * np.pi * np.arange(64) / 64
    circle = np.array([f(x + radius * np.exp(1j * t)) for t in turn])
    want = 6 / radius**3 * np.mean(circle * np.exp(-3j * turn)).real
    assert_close(ag.grad(ag.grad(ag.grad(f)))(x), want, 1e-11)


@pytest.mark.thorough
@every_case
def test_thoroughly(case: Case) -> None:
    """The same on ten times as many arrays, other ones each time."""
    examples, draws = often(case)
    run(case, (10 * examples, draws), 4, check_jacobian, fresh=True)
    run(case, (5, 1), 3, check_transposed, fresh=True)
    if case.smooth:
        run(case, (5, 1), 2, check_second, fresh=True)


def test_table_is_large_enough() -> None:
    """15,000 full Jacobians a run, 150,000 in the thorough profile, over 150 functions and more."""
    checks = sum(examples * draws for examples, draws in map(often, CASES))
    assert checks >= 15_000
    assert 10 * checks >= 150_000
    assert len({case.fn for case in CASES}) >= 150


# No rule is out of sight: each vjp runs in some case, and were it wrong by a thousandth, that shows

# The table as the package fills it: before any test enters rules of its own, whose functions may
# be called as NumPy's are.
TABLE = list(RULES.values())
# How several outputs and recomputation are recorded, and layouts read: tested on their own.
INNER = ("pick", "bundle", "recompute", "numbered")
Place = tuple[Any, str, int]  # a rule, the attribute its vjps are in, and which one


def places() -> list[Place]:
    """Return every vjp in the table of this package."""
    found: list[Place] = []
    for rule in TABLE:
        home = getattr(rule.fn, "__module__", "numpy")  # rules of other tests' own are not meant
        if rule.fn.__name__ in INNER or not home.startswith(("numpy", "autograd_lite")):
            continue
        found += [(rule, "vjps", i) for i, vjp in enumerate(rule.vjps) if vjp is not None]
        found += [(rule, "single", i) for i in range(len(rule.single or ()))]
        found += [(rule, "variadic", 0)] if rule.variadic else []
    return found


def put(place: Place, wrap: Callable[[Any], Any]) -> Callable[[], None]:
    """Wrap one vjp; what comes back takes it off again."""
    rule, where, i = place
    before = getattr(rule, where)
    if where == "variadic":
        setattr(rule, where, wrap(before))
    else:
        setattr(rule, where, tuple(wrap(v) if k == i else v for k, v in enumerate(before)))
    return lambda: setattr(rule, where, before)


def spoiled(vjp: Callable[..., Any]) -> Callable[..., Any]:
    """Return a vjp that is wrong by a thousandth."""

    def wrong(*args: Any, **kwargs: Any) -> Any:
        d = vjp(*args, **kwargs)
        zero = not np.any(np.not_equal(d, 0))
        return d + 1e-3 if zero else d * 1.001

    return wrong


def arrays(case: Case) -> tuple[list[Any], np.random.Generator]:
    """Return arrays for a case, always the same."""
    rng = np.random.default_rng(3)
    return case.draw(rng, {"k": 2, "m": 2, "n": 2}, (2,)), rng


def derive(case: Case, order: int) -> None:
    """Run the rules of a case."""
    args, rng = arrays(case)
    if order == 1:
        engine_jacobian(case, args)
    else:
        f, args, free = in_real_numbers(case, args)
        engine_hessian(f, args, free, rng.normal(size=np.size(flat(f(*args)))))


@pytest.fixture(scope="module")
def who_runs_what() -> dict[Place, list[tuple[Case, int]]]:
    """For each vjp the cases, and the orders, in which it runs."""
    table: dict[Place, list[tuple[Case, int]]] = {}
    now: list[tuple[Case, int]] = []
    troubles: list[str] = []
    every = places()

    def noting(place: Place) -> Callable[[Any], Any]:
        def wrap(vjp: Any) -> Any:
            def noted(*args: Any, **kwargs: Any) -> Any:
                seen = table.setdefault(place, [])
                if not seen or seen[-1] is not now[-1]:
                    seen.append(now[-1])
                return vjp(*args, **kwargs)

            return noted

        return wrap

    undo = [put(place, noting(place)) for place in every]
    try:
        for order in (1, 2):
            for case in CASES:
                if order == 2 and all(len(table.get(place, ())) > 1 for place in every):
                    break
                if order == 1 or case.smooth:
                    now.append((case, order))
                    try:
                        derive(case, order)
                    except Exception as error:  # the test of the case fails too
                        troubles.append(f"{case.name}: {error!r}")
    finally:
        for off in reversed(undo):
            off()
    assert not troubles, troubles
    return {place: table.get(place, []) for place in every}


def test_every_rule_is_in_the_table(who_runs_what: dict[Place, list[tuple[Case, int]]]) -> None:
    """Each vjp runs in at least one case."""
    idle = [name_of(place) for place, cases in who_runs_what.items() if not cases]
    assert not idle, f"no case for {', '.join(idle)}: add a line to tests/support/cases_*.py"


def test_a_rule_wrong_by_a_thousandth_is_caught(
    who_runs_what: dict[Place, list[tuple[Case, int]]],
) -> None:
    """Every vjp scaled by 1.001 makes a check fail."""
    missed = []
    for place, cases in who_runs_what.items():
        off = put(place, spoiled)
        try:
            if not any(notices(case, order) for case, order in [*cases[:4], *cases[-2:]]):
                missed.append(name_of(place))
        finally:
            off()
    assert not missed, f"wrong and not noticed: {', '.join(missed)}"


def notices(case: Case, order: int) -> bool:
    """Return whether the check of a case fails."""
    args, rng = arrays(case)
    try:
        check_first(case, args) if order == 1 else check_second(case, args, rng)
    except AssertionError:
        return True
    return False


def name_of(place: Place) -> str:
    """Return the name of a vjp: multiply vjps 1."""
    rule, where, i = place
    return f"{rule.fn.__name__} {where} {i}"
