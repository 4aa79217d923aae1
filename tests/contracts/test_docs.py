"""The pages are true: README examples run, generated pages are current, named files exist."""

import ast
import doctest
import importlib
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
sys.path.append(str(ROOT))
architecture, rooms, rules_page = map(
    importlib.import_module, ("tools.architecture", "tools.rooms", "tools.rules_page")
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_runs():
    """Every example in the README gives what the README says."""
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0


def test_the_page_of_rules_is_the_table():
    """docs/rules.md is what `make docs` would write now."""
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    made_on = written.rsplit("on NumPy ", 1)[1].strip(" .\n")
    if not np.__version__.startswith(made_on + "."):
        pytest.skip(f"the page was made on NumPy {made_on}; {np.__version__} has other functions")
    assert rules_page.page() == written


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


def test_the_picture_of_the_rooms_is_the_code():
    """docs/pictures/architecture.svg is what `make docs` would draw now."""
    picture = (ROOT / "docs" / "pictures" / "architecture.svg").read_text(encoding="utf-8")
    assert architecture.picture() == picture, "type: make docs"


def test_there_is_one_reading_order():
    """README, CONTRIBUTING and the page on architecture name the rooms in the order of imports."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"]
    orders = [
        re.findall(r"^    (errors <- .*\n.*)", page.read_text("utf-8"), re.M) for page in pages
    ]
    assert orders[0] == orders[1] == orders[2]
    (order,) = orders[0]
    places = {}
    for place, names in enumerate(re.split(r"\s*<-\s*", order)):
        places |= dict.fromkeys(names.split(", "), place)
    for room in rooms.house():
        for used in room.uses:
            assert places[used.split("/")[0]] < places[room.name.split("/")[0]], (room.name, used)


def test_functions_named_in_the_page_on_architecture_are_where_it_says():
    """Every "`name` in `file`" is a definition in that file."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", text)
    assert len(found) > 10
    for name, path in found:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {getattr(node, "name", None) for node in tree.body}
        names |= {t.id for n in tree.body for t in getattr(n, "targets", ()) if hasattr(t, "id")}
        names |= {n.target.id for n in tree.body if isinstance(n, ast.AnnAssign)}
        assert name in names, f"{name} is not in {path}"


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
