"""Trace a function: run it once on stand-ins for arrays, and keep every NumPy call as a line.

Read tracer (the stand-in), builder (the Program that grows), arguments, purity, trace.
"""
