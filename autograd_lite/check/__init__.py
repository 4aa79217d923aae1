"""Gradient checking: rules against differences, with a report that shows where and why."""

from .grads import check_grads

__all__ = ["check_grads"]
