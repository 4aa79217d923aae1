"""Each rewrite against what it declares: the same bits, or within rounding, on awkward numbers."""

import inspect
import itertools

import numpy as np
import pytest

from autograd_lite.compile.passes import algebra, layout, reductions, sigmoids
from autograd_lite.compile.passes.pipeline import QUICK, run
from autograd_lite.compile.passes.rewrite import (
    EXACT,
    NUMBERS,
    ROUNDING,
    UNSAFE,
    exactly,
    matrices,
    once,
    rewrite,
    rewritten,
    single,
)
from autograd_lite.compile.tracing.arguments import Call
from autograd_lite.compile.tracing.trace import trace

TABLES = {
    "algebra": algebra.ALGEBRA,
    "sigmoids": sigmoids.SIGMOIDS,
    "blends": reductions.BLENDS,
    "sums": reductions.SUMS,
    "layout": [*layout.TRANSPOSES_LAST, *layout.DOUBLE_TRANSPOSES],
}
PAIRS = [(name, r) for name, table in TABLES.items() for r in table if r.pair is not None]
CONSTANTS = (2, -0.5, 3, 0.1, 6.0, -7, 1e200, 1e-200, 2.0**-60, -1, 4)


def title(r):
    """Return the first function of a pair as it is written."""
    lines = [line.strip() for line in inspect.getsource(r.pair[0]).splitlines()]
    return " ".join(lines).partition(", lambda")[0][:60]


def array(rng, dtype, shape, extreme):
    """Return numbers of both signs; if extreme, of all magnitudes, with zeros, infinities and nan."""
    x = rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)
    if extreme:
        far = 300 if dtype == np.float64 else 37
        x = x * 10.0 ** rng.randint(-far, far, shape)
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).tiny / 8]
        x.flat[len(special)] = 0.0  # in every operand
        x.flat[: len(special)] = rng.permutation(special)
    return x.astype(dtype)


def rewritten_program(r, names, arrays, numbers):
    """Return the Program of the first function with these numbers, and its rewritten form."""

    def f(*given):
        known = dict(zip(names, given, strict=True))
        return r.pair[0](
            *[known.get(p, numbers.get(p)) for p in inspect.signature(r.pair[0]).parameters]
        )

    program = trace(f, Call.of(arrays, {}, names)).program
    return program, rewritten(program, [r])


def applications(r):
    """Yield arrays and numbers to which a rewrite applies, with the Programs before and after."""
    rng = np.random.RandomState(0)
    parameters = list(inspect.signature(r.pair[0]).parameters)
    names = [p for p in parameters if p not in NUMBERS]
    shapes = [((3, 4),) * len(names)]
    if len(names) == 2:
        shapes += [((), (3, 4)), ((3, 4), ()), ((3, 4), (5, 4)), ((3, 4), (4, 5))]
    constants = CONSTANTS if r.accuracy == EXACT else (2, -0.5, 3, 0.1)
    for dtype, extreme in itertools.product((np.float64, np.float32), (False, True)):
        for shape in shapes:
            arrays = tuple(array(rng, dtype, s, extreme and np.prod(s) > 6) for s in shape)
            for values in itertools.product(constants, repeat=len(parameters) - len(names)):
                numbers = dict(zip([p for p in parameters if p in NUMBERS], values, strict=True))
                try:
                    before, after = rewritten_program(r, names, arrays, numbers)
                except ValueError:  # shapes that the function does not take
                    break
                if before.lines != after.lines:
                    yield before, after, arrays, extreme


@pytest.mark.parametrize(("table", "r"), PAIRS, ids=[f"{n}: {title(r)}" for n, r in PAIRS])
def test_a_rewrite_is_as_accurate_as_it_declares(table, r):
    """EXACT: the same bits, or nearer the truth in long doubles. ROUNDING: a few units off."""
    count = 0
    with np.errstate(all="ignore"):
        for before, after, arrays, extreme in applications(r):
            count += 1
            (a,), (b,) = before.run(*arrays), after.run(*arrays)
            assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), np.asarray(b).dtype)
            same = (a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)
            if r.accuracy == EXACT:
                assert np.all(same | (a != b)), "the sign of a zero"
                (truth,) = before.run(*[x.astype(np.longdouble) for x in arrays])
                error = [np.abs(np.asarray(x, np.longdouble) - truth)[~same] for x in (a, b)]
                assert np.all(~(error[1] > error[0])), (before, a, b, truth)
            elif not extreme:
                scale = np.abs(a).max() + sum(np.abs(x).sum() for x in arrays)
                assert np.all(np.abs(a - b) <= 16 * np.finfo(b.dtype).eps * scale)
    assert count, "no arrays and numbers were tried to which it applies"


WRONG = {
    "the sign of zero": rewrite(lambda x: x + 0, lambda x: x),
    "the sign of a difference": rewrite(lambda x, y: -(x - y), lambda x, y: y - x),
    "rounding": rewrite(lambda x, c, d: x * c * d, lambda x, c, d: x * (c * d)),
    "a share": rewrite(lambda x, c: x / c, lambda x, c: x * (1 / c)),
    "an operand": rewrite(lambda x, y: x - y, lambda x, y: y - x, accuracy=ROUNDING),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_declaration_is_found(name):
    """By the test above."""
    with pytest.raises(AssertionError):
        test_a_rewrite_is_as_accurate_as_it_declares("wrong", WRONG[name])


def test_every_rewrite_declares_an_accuracy():
    """And the unsafe ones are known: sums of sums, and factors pulled out of sums."""
    rules = [r for table in TABLES.values() for r in table]
    assert {r.accuracy for r in rules} == {EXACT, ROUNDING, UNSAFE}
    assert {r.accuracy for r in reductions.LOGS} == {UNSAFE}  # they apply only below a sum
    assert [title(r) for r in rules if r.accuracy == UNSAFE] == [
        "lambda a, b: np.sum(a + b)",
        "lambda a, b: np.sum(a - b)",
        "lambda a, c: np.sum(a * c)",
        "lambda a, c: np.sum(a / c)",
    ]


def lines_after(r, f, *args):
    names = list(inspect.signature(f).parameters)
    program = trace(f, Call.of(args, {}, names)).program
    after = rewritten(program, [r])
    return [x.fn for x in program.lines], [x.fn for x in after.lines]


X, Y = np.ones((2, 3)), np.full((2, 3), 0.5)


def test_a_pattern_matches_operands_in_either_order():
    """Functions that commute match in any order, unless the rewrite takes them in order only."""
    r = rewrite(lambda x, y: x + -y, lambda x, y: x - y)
    assert lines_after(r, lambda x, y: -x + y, X, Y)[1] == [np.negative, np.subtract]
    r = rewrite(lambda x, y: x + -y, lambda x, y: x - y, in_order=True)
    assert lines_after(r, lambda x, y: -x + y, X, Y)[1] == [np.negative, np.add]


def test_a_parameter_stands_for_one_argument():
    """The same at both places."""
    r = rewrite(lambda x: x * x, lambda x: np.square(x))
    assert lines_after(r, lambda x, y: x * x, X, Y)[1] == [np.square]
    assert lines_after(r, lambda x, y: x * y, X, Y)[1] == [np.multiply]


def test_conditions_hold_or_nothing_is_rewritten():
    """Conditions ask if a result is read once, how many axes there are, if a number is exact."""
    r = rewrite(lambda x: -np.exp(x), lambda x: np.log(x), once(np.exp))
    assert lines_after(r, lambda x: -np.exp(x), X)[1][-1] is np.log

    def g(x):
        e = np.exp(x)
        return -e, e

    assert lines_after(r, g, X)[1][-1] is np.negative
    r = rewrite(lambda x: np.exp(x), lambda x: np.log(x), matrices("x"))
    assert lines_after(r, lambda x: np.exp(x), X)[1] == [np.log]
    assert lines_after(r, lambda x: np.exp(x), X[0])[1] == [np.exp]
    r = rewrite(lambda x: np.exp(x), lambda x: np.log(x), single("x"))
    assert lines_after(r, lambda x: np.exp(x), X)[1] == [np.exp]


FACTORS = [(2, 3, True), (-0.5, 0.25, True), (0.1, 3, False), (1e200, 1e200, False), (0, 2, False)]


@pytest.mark.parametrize(("c", "d", "exact"), FACTORS)
def test_numbers_are_combined_only_exactly(c, d, exact):
    """In the dtype of the array, and far from its limits."""
    r = rewrite(lambda x, c, d: x * c * d, lambda x, c, d: x * (c * d), exactly(lambda c, d: c * d))
    program = trace(lambda x: x * c * d, Call.of((X,), {}, ["x"])).program
    last = rewritten(program, [r]).lines[-1]
    assert last.args[1] == (c * d if exact else d)


@pytest.mark.parametrize("c", [1e10, 2.0**15, 2.0**-14, 1e-10, 2.0**200])
def test_numbers_beyond_the_limits_of_a_dtype_stay(c):
    """Half precision ends at 65504."""
    r = rewrite(lambda x, c, d: x * c * d, lambda x, c, d: x * (c * d), exactly(lambda c, d: c * d))
    for dtype in (np.float16, np.float32):
        x = X.astype(dtype)
        with np.errstate(all="ignore"):
            program = trace(lambda x: x * c * 4, Call.of((x,), {}, ["x"])).program
            after = rewritten(program, [r])
            np.testing.assert_array_equal(after.run(x)[0], program.run(x)[0])


def test_a_rewrite_keeps_shape_and_dtype():
    """If the second function would make another program, nothing changes."""
    r = rewrite(lambda x: np.exp(x), lambda x: np.sum(x))
    assert lines_after(r, lambda x: np.exp(x), X)[1] == [np.exp]
    r = rewrite(lambda x: x * 1, lambda x: x)
    assert lines_after(r, lambda x: x * np.float64(1), X.astype(np.float32))[1] == [np.multiply]
    assert lines_after(r, lambda x: x * 1, X.astype(np.float32))[1] == []


def test_integers_are_left_alone():
    """Unsigned ones wrap around: 1 + -x is not 1 - x in a wider type."""
    r = rewrite(lambda x, y: x + -y, lambda x, y: x - y)
    small = X.astype(np.uint8)
    assert lines_after(r, lambda x, y: x + -y, Y, small)[1] == [np.negative, np.add]


def test_the_pipeline_can_be_watched():
    """Each pass by name, with the Program after it."""
    program = trace(lambda x: np.mean(x * 2 * 3), Call.of((X,), {}, ["x"])).program
    shown = []
    run(program, QUICK, show=shown.append)
    assert len(shown) == len(QUICK)
    assert shown[0].startswith("# dead_code: 3 lines\n")
    assert "np.multiply(x[2, 3], 2)" in shown[0]
    assert "# inline" in shown[1]


def test_a_pass_that_breaks_a_program_is_found():
    """Each Program is checked after its pass."""
    program = trace(lambda x: np.exp(x) * 2, Call.of((X,), {}, ["x"])).program

    def broken(program):
        program.lines.pop(0)
        return program

    with pytest.raises(ValueError, match="used before it is made"):
        run(program, [broken])
