"""A derivation as text. Reading order: statement, latex, handout, derivation."""
