"""The glossary: one word for one thing, and sentences with their subject first.

Held over docstrings, comments, messages and pages. A phrase in backticks is code and not read.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("autograd_lite", "nn", "benchmarks", "tools", "examples", "tests")
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md")))  # fmt: skip
HERE = Path(__file__).resolve()

# what is not to be written -> what to write instead
PHRASES = {
    r"\bway back\b": "the backward pass",
    r"\b(?:writ(?:es?|ten)|wrote) down\b": "trace, or record",
    r"\bhangs? on\b": "depends on",
    r"\btold of\b": "called with, or notified of",
    r"\bis told\b": "receives",
    r"\bnobody told\b": "unknown",
    r"\bderivatives? by (?:every|all|each|the)\b": "with respect to",
    r"\bnumbers of (?:an|the) (?:array|operand|argument|tensor)s?\b": "elements",
    r"\bof one number\b": "of one element, or of one variable",
    r"^Gives |^Give an? |\bgives? back\b": "Return",
    r"\bspeaks of\b": "mentions",
    r"\ball the same\b": "nevertheless, or leave it out",
}
# A sentence that opens so hides its subject.
OPENERS = ("Of", "What", "Where", "Told", "Whether")
NO_VERBS = {
    "A", "An", "The", "What", "Where", "Whether", "Of", "Told", "So", "All", "Every", "Each", "Those", "This", "How",
    "These", "Some", "No", "It", "Its", "Which", "Who", "One", "Two", "As", "Such", "That", "For", "By", "In", "On",
    "To", "From", "With", "Without", "Is", "Are", "Itself", "Nothing", "Everything", "Both", "Numbers", "Arrays",
}  # fmt: skip


class Text(NamedTuple):
    """A piece of prose: where it stands, what it is, and its words."""

    path: Path
    line: int
    kind: str  # docstring, comment, message or page
    words: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def files() -> list[Path]:
    """Return every Python file but this one."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if path != HERE]


def texts() -> Iterator[Text]:
    """Yield all prose of the project."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        yield from strings(path, ast.parse(text))
        yield from comments(path, text)
    for name in PAGES:
        for line, words in paragraphs((ROOT / name).read_text(encoding="utf-8")):
            yield Text(ROOT / name, line, "page", words)


def strings(path: Path, tree: ast.Module) -> Iterator[Text]:
    """Yield docstrings by paragraph, and strings that are sentences."""
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                first = node.body[0]
                documented.add(first.value)  # type: ignore[attr-defined]
                for line, words in paragraphs(text):
                    yield Text(path, first.lineno + line - 1, "docstring", words)
    for node in ast.walk(tree):  # a formatted string comes before its parts
        if isinstance(node, ast.Constant | ast.JoinedStr) and node not in documented:
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            documented |= set(parts)  # type: ignore[arg-type]
            words = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts
            )
            if words.count(" ") > 2:
                yield Text(path, node.lineno, "message", words)


def comments(path: Path, text: str) -> Iterator[Text]:
    """Yield comments, those on lines of their own joined to one."""
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        alone = token.line.strip().startswith("#")
        if not (alone and block and token.start[0] == last + 1):
            if block:
                yield Text(path, start, "comment", " ".join(block))
            block, start = [], token.start[0]
        block.append(token.string.lstrip("#: "))
        last = token.start[0] if alone else 0
    if block:
        yield Text(path, start, "comment", " ".join(block))


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and words of each paragraph that is prose, without headings and code."""
    block: list[str] = []
    start, fenced = 1, False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        fenced ^= line.startswith("```")
        stripped = line.strip()
        code = (
            fenced
            or stripped.startswith((">>>", "...", "#", "|", "```"))
            or line.startswith("    ")
        )
        if not stripped or code or re.match(r"[-*] |\d+\. ", stripped):
            if block:
                yield start, " ".join(block)
            block = []
        if stripped and not code:
            if not block:
                start = number
            block.append(re.sub(r"^(?:[-*]|\d+\.) ", "", stripped))


def prose(words: str) -> str:
    """Return the words without code in backticks and quotations."""
    return re.sub(r"`[^`]*`|“[^”]*”|\"[^\"]*\"", "x", words)


def sentences(words: str) -> list[str]:
    """Return the sentences of a text."""
    return re.split(r"(?<=[.!?:;]) +(?=[A-Z])", prose(words))


def quotes_a_message(text: Text) -> bool:
    """Return whether a text is a string in a test, which holds what the message says."""
    return text.kind == "message" and "tests" in text.path.relative_to(ROOT).parts


@pytest.fixture(scope="module")
def every_text() -> list[Text]:
    """Return all prose, read once."""
    return list(texts())


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_glossary_holds(phrase: str, every_text: list[Text]) -> None:
    """A standard word stands where there is one."""
    pattern = re.compile(phrase, re.IGNORECASE)
    wrong = [
        f"{text}: {text.words[:90]}"
        for text in every_text
        if pattern.search(prose(text.words)) and not quotes_a_message(text)
    ]
    assert not wrong, f"{len(wrong)} x write {PHRASES[phrase]}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("opener", OPENERS)
def test_sentences_open_with_their_subject(opener: str, every_text: list[Text]) -> None:
    """No sentence opens with a clause in place of a noun; a question may."""
    wrong = [
        f"{text}: {sentence[:90]}"
        for text in every_text
        for sentence in sentences(text.words)
        if sentence.startswith(opener + " ") and not sentence.rstrip().endswith("?")
    ]
    assert not wrong, f"{len(wrong)} x open with the subject:\n" + "\n".join(wrong)


def test_docstrings_of_functions_open_with_a_verb() -> None:
    """Return, Check, Raise: what it does. A test states a fact instead, and a property is a noun."""
    wrong = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("test_"):
                decorators = [ast.unparse(d) for d in node.decorator_list]
                first = (ast.get_docstring(node) or "Return").split()[0].strip(".,:;")
                if first in NO_VERBS and not any(
                    "property" in d or "fixture" in d for d in decorators
                ):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {first}")
    assert not wrong, f"{len(wrong)} x open with a verb:\n" + "\n".join(wrong)


def test_prose_is_found() -> None:
    """Docstrings, comments and messages are read; code in backticks is not."""
    source = '''"""Of two things.

    >>> Of
"""
x = 1  # told of it
raise E("the way back of it")
'''
    found = [*strings(HERE, ast.parse(source)), *comments(HERE, source)]
    assert [(t.kind, t.words) for t in found] == [
        ("docstring", "Of two things."),
        ("message", "the way back of it"),
        ("comment", "told of it"),
    ]
    assert prose("the `way back` is code") == "the x is code"
    assert sentences("One fact. Where it is. So `x. Y` it is") == [
        "One fact.",
        "Where it is.",
        "So x it is",
    ]
