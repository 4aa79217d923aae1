"""The pages are true: README examples run, generated pages are current, named files exist."""

import doctest
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite
import nn
from nn import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_runs():
    """Every example in the README gives what the README says."""
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0


def test_the_page_of_rules_is_the_table(monkeypatch):
    """docs/rules.md is what `make docs` would write now."""
    monkeypatch.syspath_prepend(str(ROOT))
    from tools.rules_page import page

    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    made_on = written.rsplit("on NumPy ", 1)[1].strip(" .\n")
    if not np.__version__.startswith(made_on + "."):
        pytest.skip(f"the page was made on NumPy {made_on}; {np.__version__} has other functions")
    assert page() == written


@pytest.mark.parametrize("name", ["visualize_graph", "compare_gradients"])
def test_the_examples_run(name, tmp_path, monkeypatch, capsys):
    """The examples run from an empty folder and print something."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out


def test_the_training_example_runs(monkeypatch, capsys):
    """The classifier learns on the project's own drawings; a few steps are enough here."""
    monkeypatch.setattr(sys, "argv", ["train_cat_classifier"])
    main = runpy.run_path(str(ROOT / "examples" / "train_cat_classifier.py"))["main"]
    model = main(iterations=3)
    assert "drawings" in capsys.readouterr().out
    assert model.iterations == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_in_a_page_exist(page):
    """No broken link, no broken picture, and no path of a file that was moved."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    paths = re.findall(
        r"\b(?:autograd_lite|nn|benchmarks|docs|examples|tests|tools)/[\w./*]*\w", text
    )
    missing += [path for path in paths if not any(ROOT.glob(path))]
    assert not missing, missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_in_a_page_exist(page):
    """Every `ag.name` and `nn.name` in the text is a public name."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for module, path in re.findall(r"`(ag|nn)\.(?!py`)([\w.]+)", text):
        found = {"ag": autograd_lite, "nn": nn}[module]
        for name in path.split("."):
            found = getattr(found, name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_a_page_exist(page):
    """Every `make target`, `python -m package` and `autograd-lite command` can be typed."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    typed = [
        words for line in re.findall(r"(?:`|    )make ([a-z ]+)", text) for words in line.split()
    ]
    assert set(typed) <= set(targets)
    for package in re.findall(r"python -m (\w+)", text):
        assert (ROOT / package / "__main__.py").exists(), package
    for command in set(re.findall(r"`autograd-lite ([a-z]+)", text)):
        with pytest.raises(SystemExit) as stopped:
            cli.parser().parse_args([command, "--help"])
        assert stopped.value.code == 0, command
