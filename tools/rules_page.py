"""docs/rules.md: every derivative rule, read from the rule files themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np

import autograd_lite  # noqa: F401 (fills the table)
from autograd_lite.rules.registry import COMPOSED, CONSTANT, RULES, UNSUPPORTED, printed_name

from .rooms import files_of

ROOT = Path(__file__).parents[1]
RULES_FOLDER = ROOT / "autograd_lite" / "rules"
SOURCES = [
    *(RULES_FOLDER / f"{name}.py" for name in files_of(RULES_FOLDER) if name != "registry"),
    ROOT / "autograd_lite/engine/functions.py",
]

# The convention at points with no unique derivative, and its consequences.
CONVENTIONS = """\
If a derivative is not unique, the gradient is the minimum-norm sub- or supergradient of the
function **in its differentiable inputs**; else the limit, infinity included; else nan.

| at | the gradient is |
| --- | --- |
| `maximum(x, 0)`, `relu`, `clip` at a bound, `abs`, `sign` at the kink | 0 |
| `maximum(x, y)` at x = y, both differentiable | half to each: `maximum(x, x)` has derivative 1 |
| ties of `max`, `min`, `median`, `sort` and functions built on them | shared evenly |
| `sqrt`, `log`, `x ** 0.5` at 0 | inf |
| `x ** 0` at 0; `x ** y` at (0, 0) | 0; 0 and 0 |
| `(-2) ** y` with respect to y | nan; the gradient of the base is unaffected |
| `prod`, `cumprod` with zeros among the factors | exact |
| `norm` at 0, `std` of equal elements, `hypot(0, 0)` | 0 |
| `where(c, f, g)` with nan or inf in the branch not taken | that of the branch taken |
| `log(A)`, `log(1 - A)` with A = sigmoid(Z) rounded to 0 or 1 | that of the exact function of Z |
| `floor`, `round` and other steps | 0 |
| `det` of a singular matrix | exact, to every order |
| `eigvalsh`, `svdvals` and norms at ties; a singular value of 0 | shared evenly; 0 |
| vectors of tied eigenvalues or singular values | nan, unless any choice gives the same |
| `cholesky`, `eigh`, `eigvalsh`, which read one triangle | that of a Hermitian matrix |

Complex numbers follow JAX. The gradient of a holomorphic f is g * f'(z), without conjugation. For a
real cost J of z = x + iy the gradient is dJ/dx - i dJ/dy. A real input gets the real part.
"""


def calls(path: Path) -> list[tuple[str, str, list[str]]]:
    """Return (kind, function as written, formulas) of every entry that a file adds to the table."""
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "primitive":
                    found.append(("rule", node.name, formulas(decorator.args, decorator.keywords)))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "rule" and node.args:
            name = ast.unparse(node.args[0])
            found.append(("rule", name, formulas(node.args[1:], node.keywords)))
    return found


def formulas(args: list[ast.expr], keywords: list[ast.keyword]) -> list[str]:
    """Return the bodies of the vjps, as source."""
    bodies = [*args, *(k.value for k in keywords if k.arg == "variadic")]
    return [ast.unparse(b.body) if isinstance(b, ast.Lambda) else ast.unparse(b) for b in bodies]


def names(functions: object) -> str:
    """Return the names of functions as one line, without repetition."""
    return ", ".join(f"`{name}`" for name in sorted({printed_name(f) for f in functions}))  # type: ignore[attr-defined]


def write() -> None:
    """Write docs/rules.md."""
    (ROOT / "docs" / "rules.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    lines = [
        "# The derivative rules",
        "",
        "`make docs` writes this page from the files in `autograd_lite/rules/`; a test compares "
        "the two. In a formula `g` is the incoming gradient and `y` the output; the other names "
        "are the function's own arguments. There is one formula per differentiable argument. The "
        "sweep undoes broadcasting and adds gradients.",
        "",
        "## Conventions",
        "",
        CONVENTIONS,
    ]
    for path in SOURCES:
        entries = [(name, fs) for _, name, fs in calls(path) if not name.startswith("_")]
        if not entries:
            continue
        title = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        lines += [
            f"## {path.stem}",
            "",
            title.splitlines()[0],
            "",
            "| function | gradient |",
            "| --- | --- |",
        ]
        for name, fs in entries:
            shown = "<br>".join(f"`{f}`" for f in fs if f != "None").replace("|", "\\|")
            lines.append(f"| `{name}` | {shown} |")
        lines.append("")
    # leave out what a user, a test or the README has added meanwhile
    homes = ("numpy", "autograd_lite")
    ours = [f for f in RULES if (getattr(f, "__module__", None) or "numpy").startswith(homes)]
    reasons: dict[str, list[object]] = {}
    for fn, reason in UNSUPPORTED.items():
        reasons.setdefault(reason, []).append(fn)
    lines += [
        "## Defined in terms of these",
        "", names(COMPOSED) + ".", "",
        "## Constant",
        "",
        "Their derivative is zero, or their results are not floating. They return plain arrays.",
        "", names(CONSTANT) + ".", "",
        "## Without a rule",
        "",
        "| function | reason |",
        "| --- | --- |",
        *(f"| {names(fns)} | {reason} |" for reason, fns in sorted(reasons.items())),
        "",
        f"In all: {len(ours)} rules, {len(COMPOSED)} compositions, {len(CONSTANT)} constants, "
        f"{len(UNSUPPORTED)} without a rule, on NumPy {np.__version__.rsplit('.', 1)[0]}.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
