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
    shape: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()  # functions whose derivatives it uses; a forward line has none
    reads: frozenset[str] = frozenset()
    remark: str = ""

    @property
    def rule(self) -> str:
        """Return the rules as a phrase."""
        shown = list(self.rules)
        if len(shown) > MAX_RULES:
            shown[MAX_RULES - 1 : -1] = ["..."]
        return ", ".join(shown) + self.remark

    @property
    def comment(self) -> str:
        """Return the shape and the rules."""
        return "  ".join(filter(None, [str(self.shape) if self.shape else "", self.rule]))
