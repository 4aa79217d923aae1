"""The benchmarks run, every contender computes the same numbers, and the table says what was found.

No test here measures time.
"""

import itertools
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks import engines, report
from benchmarks.bounds import BOUNDS, judge
from benchmarks.measure import HAND, Contender, Effort, Row, Running, compare
from benchmarks.works import cat, chain, compiling, memory, parts, planar, softmax, training

ROOT = Path(__file__).parents[2]
HURRY = Effort(seconds=0.0)
# Warnings of other libraries are theirs.
pytestmark = pytest.mark.filterwarnings("default")


def same_work(name, contenders, tolerance):
    """Return each contender with the control of its work, for parametrize."""
    contenders = HURRY.present(contenders)
    control = contenders[0]
    assert control.name == HAND
    return [
        pytest.param(control, c, tolerance, id=f"{name}: {c}")
        for c in contenders[1:]
        if "alone" not in c.name  # a lower bound: part of the work, without result
    ]


@pytest.mark.parametrize(
    ("control", "contender", "tolerance"),
    [
        *same_work("planar", planar.steps(), 1e-10),
        *same_work("planar, loop", planar.loops(n=101), 1e-9),
        *same_work("cat, float64", cat.steps("float64"), 1e-10),
        *same_work("cat, float32", cat.steps("float32"), 1e-4),
        *same_work("softmax", softmax.steps(), 1e-4),
    ],
)
def test_contenders_compute_the_same_numbers(control, contender, tolerance):
    """After three steps the cost and all parameters equal those of hand NumPy."""
    expected, running = control.start(), contender.start()
    for _ in range(3):
        expected.once()
        running.once()
    expected, found = expected.read(), running.read()
    assert set(found) - {"J"} == set(expected) - {"J"}
    for name, value in found.items():
        scale = np.max(np.abs(expected[name]))
        np.testing.assert_allclose(
            value, expected[name], rtol=tolerance, atol=tolerance * scale, err_msg=name
        )
        assert value.dtype == expected[name].dtype, name


@pytest.mark.parametrize("contender", HURRY.present(chain.contenders(length=50))[1:], ids=str)
def test_chains_have_the_derivative_of_a_power(contender):
    """The derivative of x**51 is found at the first call and at the second."""
    running = contender.start()
    for _ in range(2):
        running.once()
        assert np.allclose(running.read()["derivative"], chain.exact(50), rtol=1e-12)


def test_training_gives_the_costs_of_hand_numpy():
    """Every recorded cost of `fit` equals that of the course's functions, to 1e-12."""
    assert training.compare_costs(cat.problem(n_x=300), iterations=500) < 1e-12


def test_pytorch_trains_to_the_same_costs():
    """A contender of 100 iterations a call continues at its next call."""
    pytest.importorskip("torch")
    problem = cat.problem(n_x=300)
    running, expected = training.torch(problem), training.hand(problem)
    for _ in range(2):
        running.once()
        expected.once()
    assert training.difference(running.read()["costs"], expected.read()["costs"]) < 1e-9


@pytest.mark.parametrize(
    "contender",
    [
        *compiling.contenders(planar.problem())[:1],
        *parts.planar_parts(),
        *parts.calls(),
        *parts.array_calls(),
    ],
    ids=str,
)
def test_parts_run(contender):
    """Contenders without numbers to compare run."""
    contender.start().once()


def test_memory_is_counted():
    """A step that keeps a megabyte and makes another has a peak of two."""

    def start(problem):
        kept = np.zeros(125_000)
        return Running(lambda: kept + 1)

    arrays, everything = memory.peaks(start, None)
    assert arrays == pytest.approx(2e6, rel=0.01)
    assert arrays <= everything == pytest.approx(2e6, rel=0.01)


def test_contenders_take_turns():
    """Contenders run in turns, A B A B, rather than one after the other."""
    order = []

    def contender(name):
        def step():
            order.append(name)
            until = 0
            for i in range(100_000):
                until += i

        return Contender(name, lambda: Running(step))

    rows = compare("work", [contender(HAND), contender("B")], Effort(seconds=0.4))
    assert [row.contender for row in rows] == [HAND, "B"]
    assert rows[0].ratio == 1
    changes = sum(a != b for a, b in itertools.pairwise(order))
    assert changes >= 3


def test_every_bound_names_a_contender():
    """A renamed contender does not lose its bounds."""
    names = {
        planar.STEP: planar.steps(),
        planar.LOOP: planar.loops(),
        chain.CHAIN: chain.contenders(),
        cat.step_name("float64"): cat.steps("float64"),
        cat.step_name("float32"): cat.steps("float32"),
        softmax.STEP: softmax.steps(),
        training.FIT: training.contenders(),
    }
    for bound in BOUNDS:
        if bound.work in names:
            there = {c.name for c in names[bound.work]}
            assert {bound.contender, bound.versus or bound.contender} <= there, bound


def test_a_table_shows_bounds_reached_missed_and_not_measured(tmp_path):
    """The last column is yes, NO or `not measured`; the page keeps its other text."""
    rows = [
        Row(planar.STEP, HAND, 30e-6, least=29e-6, ratio=1.0),
        Row(planar.STEP, engines.EAGER, 63e-6, least=60e-6, ratio=2.1),
    ]
    assert [v.reached for v in judge(rows)] == [None, False, True, None, None, None, None, None]
    assert "2.1" in report.plain(rows)
    page = tmp_path / "performance.md"
    page.write_text(f"Before.\n\n{report.START}\nold\n{report.END}\n\nAfter.\n", encoding="utf-8")
    report.write(page, rows, {"date": "today"})
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "old" not in text
    assert "- date: today" in text
    assert "| NO |" in text
    page.write_text("no marks\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no lines"):
        report.write(page, rows, {})


def test_the_command_prints_a_table():
    """`python -m benchmarks` runs from the checkout, and names wrong arguments."""
    run = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, check=False)
    done = run([sys.executable, "-m", "benchmarks", "memory", "--no-peers", "--threads", "1"])
    assert done.returncode == 0, done.stderr
    assert "planar step: peak memory" in done.stdout
    assert "threads: 1" in done.stdout
    wrong = run([sys.executable, "-m", "benchmarks", "memroy"])
    assert wrong.returncode == 2
    assert "memroy" in wrong.stderr
