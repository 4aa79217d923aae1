"""Benchmarks: the engine against hand-written NumPy and, if installed, other libraries, in one run.

    make bench                                        one table of everything
    python -m benchmarks planar cat --quick           two works, in a hurry
    pytest benchmarks/bench_cat.py --benchmark-enable     one work, by pytest-benchmark

Reading order: threads, peers, measure, problem, engines, works/, bounds, machine, report, __main__.
"""
