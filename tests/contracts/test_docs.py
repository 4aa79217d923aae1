"""What is written is what happens: README examples, the page of rules, the examples."""

import doctest
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


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


def test_pictures_in_the_readme_exist():
    """No broken picture, no broken link to a page of this project."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in [part.split(")")[0] for part in text.split("](")[1:]]:
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
