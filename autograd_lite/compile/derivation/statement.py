"""One line of a derivation, in NumPy and in mathematics."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RULES = 4


@dataclass(frozen=True)
class Statement:
    """name = python, with the rules that it comes from."""

    name: str
    python: str
    latex: str
    shape: tuple[int, ...]
    rules: tuple[str, ...]  # functions whose derivatives went into it; of a forward line none
    reads: frozenset[str]
    remark: str = ""

    @property
    def rule(self) -> str:
        """The rules as a phrase."""
        shown = list(self.rules)
        if len(shown) > MAX_RULES:
            shown[MAX_RULES - 1 : -1] = ["..."]
        return ", ".join(shown) + self.remark

    @property
    def comment(self) -> str:
        """The shape, and the rules."""
        return "  ".join(filter(None, [str(self.shape) if self.shape else "", self.rule]))
