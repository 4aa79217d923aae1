"""Gradient checking: rules against differences, with a report that shows where and why.

Reading order: differences (derivatives along one direction, and how errors differ from kinks),
comparison (every element of every argument), suspects (the rule at fault), report (the table),
grads (check_grads). Then compare: gradients written by hand against automatic ones.
"""

from .grads import check_grads

__all__ = ["check_grads"]
