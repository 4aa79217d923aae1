"""Generate source: from a Program to a file of NumPy, and the functions loaded from it.

Read printer (expressions), names, buffers (memory), nan_guards (when to run f itself), preamble
(functions that are not NumPy's), module (the file, and the one place that runs it), step_module and
loop_module (the two kinds of files), entry (what a call of a compiled step does first).
"""
