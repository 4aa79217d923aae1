"""The derivative rules, easy to hard: read elementwise first, then reductions, shaping, products,
joining, indexing and linalg; `constants` closes the world with what has no derivative."""

from . import (  # noqa: F401 (each import fills a part of the table)
    constants,
    elementwise,
    indexing,
    joining,
    linalg,
    products,
    reductions,
    shaping,
)
