"""Passes: each takes a Program and returns a simpler or quicker one with the same meaning.

Read pipeline (the order), cleanup, rewrite, algebra with broadcasting, polynomials and
cancellation, sigmoids, layer_names, reductions, layout, aliasing. Loops use families and strength.
"""
