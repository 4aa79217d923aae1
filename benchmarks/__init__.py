"""How fast it is: against hand-written NumPy in the same run, and peers where they are installed.

    make bench                                        one table of everything
    python -m benchmarks planar cat --quick           some of it, in a hurry
    pytest benchmarks/bench_cat.py --benchmark-enable     one work, by pytest-benchmark

Reading order: threads, peers, measure, problem, engines, works/, bounds, machine, report, __main__.
"""
