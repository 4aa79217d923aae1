"""Automatic differentiation: calls are recorded on the way forward, one sweep goes back.

Reading order, after a page of rules/:

graph           a node for each recorded call, and the order in which nodes are swept
backward        the chain rule: one screen; broadcasting undone, gradients added
record          the one door from a NumPy call to a node
tensor          the array that a user holds; its parts follow
operators, array_protocol, array_methods, conversions

Then the parts that make it safe and kind:

nan_repair      zero times infinity
write_guard     arrays that the backward pass needs and that were written to
probability     log(sigmoid(z)), where the sigmoid has rounded to 0 or 1
modes           no_grad, trace_lines, detect_anomaly
hooks           where the rooms above are told or asked
functions       sigmoid, softmax and other functions that NumPy lacks
"""
