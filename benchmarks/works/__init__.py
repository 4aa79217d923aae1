"""The works that are measured, one file for each kind; every work returns rows for the table.

Reading order: planar, chain, cat, softmax, training, compiling, memory, startup, million, parts.
"""
