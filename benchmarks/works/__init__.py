"""What is measured, a file for each kind; every work gives rows for the table.

Reading order: planar, chain, cat, softmax, training, compiling, memory, startup, million, parts.
"""
