"""Comparing hand-written gradients with automatic ones, and saying what is wrong with them."""

from .walk import compare

__all__ = ["compare"]
