"""The explorer shows the engine's own numbers, in a real browser, at 5, 50 and 2,000 nodes."""

import json
import re
import time

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw.arrays import Store, encode, grid
from autograd_lite.errors import DrawingError
from nn import by_hand
from support.chromium import CHROMIUM, DRIVER, Browser

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="Chromium or chromedriver is not installed here"
)


def planar_cost(parameters, X, Y):
    A2, _ = by_hand.planar.forward_propagation(X, parameters)
    return by_hand.planar.compute_cost(A2, Y)


def deep_cost(parameters, X, Y):
    AL, _ = by_hand.L_model_forward(X, parameters)
    return by_hand.compute_cost(AL, Y)


def course(a, b, c):
    u = b * c
    v = a + u
    return 3 * v


def fifty(x, w):
    s = x * w
    for i in range(16):
        s = np.tanh(s) + w * s if i % 2 else s * x + np.sin(s)
    return s


def planar(m=400):
    X, Y = by_hand.load_planar_dataset(m)
    return by_hand.planar.initialize_parameters(2, 4, 1), X, Y


def data_of(path):
    html = path.read_text(encoding="utf-8")
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(text)


def named(data, name):
    [vertex] = [v for v in data["vertices"] if v["n"] == name]
    return vertex


# The page


def test_numbers_of_the_page_are_those_of_the_engine(tmp_path):
    """Values, gradients, formulas and contributions, to the last digit."""
    data = data_of(ag.explore(course, 5.0, 3.0, 2.0, tmp_path / "page.html"))
    arrays = data["arrays"]
    gradients = {v["n"]: arrays[v["d"]]["x"][0] for v in data["vertices"]}
    grads = ag.grad(course, argnums=(0, 1, 2))(5.0, 3.0, 2.0)
    assert [gradients[n] for n in "abc"] == [float(g) for g in grads]
    formulas = {data["vertices"][e["a"]]["n"]: e["f"] for e in data["edges"]}
    assert formulas == {"a": "dv", "b": "du * c", "c": "du * b", "u": "dv", "v": "dJ * 3"}
    assert named(data, "u")["c"] == "u = b * c"
    assert [phase for phase, _ in data["steps"]].count("backward") == 6


def test_order_of_the_steps_is_that_of_the_course(tmp_path):
    """Forward u, v, J; backward J, v, a, u, b, c: each gradient once it is complete."""
    data = data_of(ag.explore(course, 5.0, 3.0, 2.0, tmp_path / "page.html"))
    names = [data["vertices"][i]["n"] if i >= 0 else "" for _, i in data["steps"]]
    assert names == ["", "u", "v", "J", "J", "v", "a", "u", "b", "c"]


def test_a_gradient_is_shown_when_all_that_adds_to_it_was(tmp_path):
    """No vertex has its backward step before all calls that use it."""
    data = data_of(ag.explore(fifty, 0.5, 0.7, tmp_path / "page.html"))
    when = {i: n for n, (phase, i) in enumerate(data["steps"]) if phase == "backward"}
    assert all(when[e["b"]] < when[e["a"]] for e in data["edges"])


def test_pages_of_the_course_networks_are_small(tmp_path):
    """Under 500 kB for the planar and for the deep cat network."""
    path = ag.explore(planar_cost, *planar(), tmp_path / "planar.html")
    assert path.stat().st_size < 500_000
    rng = np.random.RandomState(0)
    parameters = by_hand.initialize_parameters_deep([12288, 20, 7, 5, 1])
    X, Y = rng.rand(12288, 209), (rng.rand(1, 209) > 0.5) * 1
    start = time.process_time()
    path = ag.explore(deep_cost, parameters, X, Y, tmp_path / "deep.html")
    assert time.process_time() - start < 15
    assert path.stat().st_size < 500_000
    data = data_of(path)
    assert [g["n"] for g in data["groups"]] == [*(f"layer {i}" for i in range(1, 5)), "cost"]


def test_a_thousand_nodes_take_less_than_five_seconds(tmp_path):
    """Writing the page of a long chain."""
    y = x = ag.Tensor(1.0, requires_grad=True, name="x")
    for _ in range(500):
        y = np.sin(y) + x
    start = time.process_time()
    ag.explore(y, tmp_path / "page.html")
    assert time.process_time() - start < 5


def test_the_page_loads_nothing(tmp_path):
    """One file: no address but the name of SVG, and a policy that forbids the network."""
    html = ag.explore(planar_cost, *planar(20), tmp_path / "page.html").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[\w./]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html
    assert not re.search(r"<(link|img|iframe)\b|\bsrc=|@import|\bfetch\(|XMLHttpRequest", html)


def test_text_is_escaped(tmp_path):
    """A name cannot end the script it is written in, nor the title."""
    bad = "</script><script>alert(1)</script>{{data}}"
    x = ag.Tensor(2.0, requires_grad=True, name=bad)
    path = ag.explore(x * 2, tmp_path / "page.html", title=bad)
    html = path.read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert named(data_of(path), bad)["k"] == "parameter"


def test_names_of_pages_and_of_arguments(tmp_path, monkeypatch):
    """The last argument is the path; without one the page is graph.html here."""
    monkeypatch.chdir(tmp_path)
    assert ag.explore(course, 1.0, 2.0, 3.0).name == "graph.html"
    assert ag.explore(course, 1.0, 2.0, 3.0, path="other.html").exists()
    html = (tmp_path / "other.html").read_text(encoding="utf-8")
    assert "<title>course(a, b, c)</title>" in html
    with pytest.raises(DrawingError, match="a Tensor, or a function"):
        ag.explore(3, "graph.html")


def test_a_result_that_is_no_scalar_has_a_forward_pass_only(tmp_path):
    """Unless its gradient is given."""
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x
    data = data_of(ag.explore(y, tmp_path / "page.html"))
    assert {phase for phase, _ in data["steps"]} == {"start", "forward"}
    data = data_of(ag.explore(y, tmp_path / "page.html", gradient=np.ones(2)))
    assert data["arrays"][named(data, "x")["d"]]["x"] == [2, 4]


def test_broadcasting_is_explained(tmp_path):
    """db is a sum because b was repeated."""
    data = data_of(ag.explore(planar_cost, *planar(20), tmp_path / "page.html"))
    [why] = [e["w"] for e in data["edges"] if data["vertices"][e["a"]]["n"] == "b1"]
    assert why == (
        "summed over the columns (axis 1), because it was repeated 20 times in the forward pass"
    )


def test_lines_of_tensors_recorded_under_trace_lines(tmp_path):
    """A Tensor shows its lines when they were traced."""
    x = ag.Tensor(2.0, requires_grad=True)
    with ag.trace_lines():
        y = x * 3
    data = data_of(ag.explore(y, tmp_path / "page.html"))
    assert named(data, "y")["c"] == "y = x * 3"
    assert re.fullmatch(r"test_explore\.py, line \d+", named(data, "y")["l"])


# Arrays


def test_small_arrays_are_sent_whole_and_large_ones_as_means():
    """48 elements are sent exactly; a larger array as a grid of means over blocks."""
    x = np.random.RandomState(0).randn(4, 400)
    assert encode(x[:, :12])["x"] == x[:, :12].ravel().tolist()
    cells, rows, columns = grid(x)
    assert (rows, columns) == (4, 96)
    assert cells[0] == pytest.approx(x[0, :4].mean())
    entry = encode(x)
    assert (entry["lo"], entry["hi"]) == (x.min(), x.max())
    assert sum(entry["hist"]) == 1600
    assert "..." in entry["text"]


@pytest.mark.parametrize("shape", [(100,), (1, 300), (300, 1), (20, 12288), (3, 4, 5, 6), (64, 3)])
def test_every_shape_has_a_grid(shape):
    """The mean of all cells, weighted by their sizes, is the mean of the array."""
    x = np.random.RandomState(1).randn(*shape)
    cells, rows, columns = grid(x)
    assert cells.size == rows * columns
    assert cells.size <= 1000
    assert np.isfinite(cells).all()


@pytest.mark.parametrize(
    "x", [np.full(100, np.nan), np.array([]), np.arange(100), np.ones(60) * 1j, np.inf, (1, 2)]
)
def test_odd_arrays_become_json(x):
    """nan and infinity become text, because JSON has no number for them."""
    store = Store()
    store.add(x)
    json.dumps(store.entries, allow_nan=False)


# In a browser


@pytest.fixture(scope="module")
def browser():
    with_driver = Browser()
    yield with_driver
    with_driver.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    y = x = ag.Tensor(1.0, requires_grad=True, name="x")
    for i in range(2000):
        y = y + x if i % 2 else np.sin(y)
    long = y
    return {
        5: ag.explore(course, 5.0, 3.0, 2.0, folder / "5.html"),
        50: ag.explore(fifty, 0.5, 0.7, folder / "50.html"),
        2000: ag.explore(long, folder / "2000.html"),
        "planar": ag.explore(planar_cost, *planar(), folder / "planar.html"),
    }


@pytest.fixture
def look(browser, pages):
    """Open a page, and see afterwards that the browser had nothing to complain about."""

    def opened(which, fragment=""):
        browser.open(pages[which], fragment)
        return browser, data_of(pages[which])

    browser.complaints()
    yield opened
    assert browser.complaints() == []


def number(browser, css):
    return float(browser.run("return document.querySelector(arguments[0]).dataset.value", css))


@needs_browser
@pytest.mark.browser
def test_buttons_step_through_both_passes(look):
    """Each click shows the next value, then the next gradient, equal to the engine's."""
    page, data = look(5)
    assert page.text("#title") == "course(a, b, c)"
    assert page.text("#where") == "Step 0 of 9"
    shown = []
    for _, i in data["steps"][1:]:
        page.click("#next")
        heading = page.text("#step-title")
        assert heading.split(" ")[0] == data["vertices"][i]["n"]
        css = ".card.result .number, .card.sum .number"
        shown.append((data["vertices"][i]["n"], number(page, css)))
        active = page.run("return document.querySelector('.node.active').id")
        assert active == f"vertex-{i}"
    forward = [("u", 6), ("v", 11), ("J", 33)]
    backward = [("J", 1), ("v", 3), ("a", 3), ("u", 3), ("b", 6), ("c", 9)]
    assert shown == forward + backward
    assert page.run("return document.querySelector('#next').disabled")


@needs_browser
@pytest.mark.browser
def test_the_rule_is_shown_as_a_formula_with_numbers(look):
    """The backward pass shows formula, local derivative, product, and the line of source."""
    page, _ = look(5, "#step=7")
    panel = page.text("#panel")
    for words in (
        "db = du * c",
        "∂u/∂b = c = 2",
        "3 × 2 = 6",
        "u = b * c",
        "test_explore.py, line",
    ):
        assert words in panel, words
    assert page.text("#vertex-0 .gradient") == "da = 3"
    assert page.text("#vertex-1 .gradient") == "db —"


@needs_browser
@pytest.mark.browser
def test_incoming_gradients_add_up_to_their_sum(look):
    """Each is shown, with a plus between them and the sum below."""
    page, data = look(50)
    forks = [
        n for n, (phase, i) in enumerate(data["steps"])
        if phase == "backward" and sum(e["a"] == i for e in data["edges"]) > 1
    ]  # fmt: skip
    assert len(forks) > 10
    for step in (forks[0], forks[len(forks) // 2], forks[-1]):
        page.run("go(arguments[0])", step)
        came = page.run(
            "return [...document.querySelectorAll('.card.brief .number')]"
            ".map(e => Number(e.dataset.value))"
        )
        assert len(came) > 1
        assert sum(came) == pytest.approx(number(page, ".card.sum .number"), rel=1e-12)
        assert len(page.run("return [...document.querySelectorAll('.plus')]")) == len(came) - 1
        assert f"used {len(came)} times" in page.text("#panel")


@needs_browser
@pytest.mark.browser
def test_gradients_at_fifty_nodes_equal_the_engine(look):
    """At the last step every vertex shows the engine's gradient."""
    page, data = look(50)
    assert 45 <= len(data["vertices"]) <= 75
    page.click("#last")
    grads = ag.grad(fifty, argnums=(0, 1))(0.5, 0.7)
    for name, g in zip("xw", grads, strict=True):
        place = data["vertices"].index(named(data, name))
        shown = page.text(f"#vertex-{place} .gradient").split("= ")[1]
        assert float(shown) == pytest.approx(float(g), rel=1e-3)
        page.run("pick(arguments[0])", place)
        assert number(page, ".card.sum .number") == pytest.approx(float(g), rel=1e-12)


@needs_browser
@pytest.mark.browser
def test_keys_and_slider(look):
    """Arrow keys, Home, End, and the slider all go to a step and say so."""
    page, _ = look(5)
    page.press("right", "right")
    assert page.text("#where") == "Step 2 of 9"
    page.press("left")
    assert page.text("#where") == "Step 1 of 9"
    page.press("end")
    assert page.text("#where") == "Step 9 of 9"
    assert page.run("return location.hash") == "#step=9"
    page.press("home")
    page.run(
        "const s = document.querySelector('#slider'); s.value = 4;"
        "s.dispatchEvent(new Event('input'))"
    )
    assert page.text("#where") == "Step 4 of 9"
    page.run("document.querySelector('#slider').focus()")
    page.press("right")
    assert page.text("#where") == "Step 5 of 9"


@needs_browser
@pytest.mark.browser
def test_every_step_is_spoken(look):
    """A live region has each step as a sentence; vertices have spoken names."""
    page, _ = look(5, "#step=7")
    said = page.run("return document.querySelector('[aria-live]').textContent")
    assert said == (
        "Step 7 of 9. Backward: the gradient of u is 3. Passed on: db = du * c; dc = du * b."
    )
    label = page.run("return document.querySelector('#vertex-3').getAttribute('aria-label')")
    assert label == "step u = b * c, value 6, gradient 3"
    nameless = page.run(
        "return [...document.querySelectorAll('button, input, [role=button]')].filter(e =>"
        " !e.hidden && !(e.getAttribute('aria-label') || e.textContent.trim())).map(e => e.id)"
    )
    assert nameless == []


@needs_browser
@pytest.mark.browser
def test_deep_link(look):
    """An address with a step opens there; a changed address goes there."""
    page, _ = look(5, "#step=6")
    assert page.text("#step-title") == "a"
    page.run("location.hash = 'step=3'")
    assert page.text("#where") == "Step 3 of 9"
    page, _ = look(5, "#step=99999")
    assert page.text("#where") == "Step 9 of 9"


@needs_browser
@pytest.mark.browser
def test_click_and_hover_show_arrays(look):
    """A click shows a vertex, its heat map and numbers; hovering shows a summary."""
    page, data = look("planar")
    page.run("view.fit()")
    place = data["vertices"].index(named(data, "A1"))
    page.hover(f"#vertex-{place} .body")
    assert "not computed yet" in page.text("#tooltip")
    page.click(f"#vertex-{place}")
    assert page.text("#step-title") == "A1 = tanh(Z1)"
    parameters, X, _ = planar()
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    scale = page.text(".card.result .scale")
    found = [float(w) for w in re.findall(r"-?[\d.]+(?:e-?\d+)?", scale)]
    assert found == pytest.approx([A1.min(), A1.mean(), A1.max()], rel=1e-3)
    page.click(".card.result .heat button")
    assert page.text(".card.result pre").split()[0].strip("[]") in np.array2string(
        A1, precision=4, threshold=40, edgeitems=2
    )
    page.hover(".card.result canvas")
    row, column, mean = re.fullmatch(
        r"row (\S+), column (\S+): ≈ (\S+)", page.text(".card.result .cell")
    ).groups()
    first, _, last = column.partition("–")
    block = A1[int(row), int(first) : int(last or first) + 1]
    assert float(mean) == pytest.approx(block.mean(), rel=5e-3, abs=1e-5)
    page.press("escape")
    assert "Known at the start".upper() in page.text("#panel").upper()


@needs_browser
@pytest.mark.browser
def test_small_arrays_show_every_number(look):
    """W2 is a table of its four numbers."""
    page, data = look("planar")
    page.run("pick(arguments[0])", data["vertices"].index(named(data, "W2")))
    cells = page.run(
        "return [...document.querySelectorAll('.card.result td')].map(e => Number(e.dataset.value))"
    )
    parameters, X, Y = planar()
    assert cells == parameters["W2"].ravel().tolist()
    gradient = page.run(
        "return [...document.querySelectorAll('.card.sum td')].map(e => Number(e.dataset.value))"
    )
    expected = ag.grad(planar_cost)(parameters, X, Y)["W2"]
    np.testing.assert_allclose(gradient, expected.ravel(), rtol=1e-12)


@needs_browser
@pytest.mark.browser
def test_layers_fold_and_unfold(look):
    """A click on a layer's name folds it, a click on the folded one unfolds it."""
    page, _ = look("planar")
    page.run("view.fit(); go(20, true)")
    before = page.run("return document.querySelectorAll('.node').length")
    page.click(".head[data-group='0']")
    assert page.run("return document.querySelectorAll('.node').length") == before - 4
    assert "layer 1" in page.text("#group-0")
    page.click("#group-0")
    assert page.run("return document.querySelectorAll('.node').length") == before
    page.press("f")
    assert page.text("#fold") == "Unfold all"
    page.click("#next")
    active = page.run("return [...document.querySelectorAll('.node.active')].map(e => e.id)")
    assert len(active) == 1
    assert active[0].startswith("group-")


@needs_browser
@pytest.mark.browser
def test_search(look):
    """Typing marks what matches; Enter goes there, unfolding what hides it."""
    page, _ = look("planar")
    page.press("f", "/", *"tanh")
    assert page.text("#found") == "1 match"
    page.press("enter")
    assert page.text("#step-title") == "A1 = tanh(Z1)"
    assert page.run("return document.querySelectorAll('.node.picked').length") == 1
    page.press("escape")


@needs_browser
@pytest.mark.browser
def test_zoom_pan_and_fit(look):
    """Buttons zoom about the middle, dragging moves, 0 shows the whole graph."""
    page, _ = look("planar")
    scale = page.run("return view.at.k")
    page.click("#larger")
    assert page.run("return view.at.k") > scale
    x = page.run("return view.at.x")
    page.drag(500, 560, -120, 30)
    assert page.run("return view.at.x") == pytest.approx(x - 120)
    page.press("0")
    inside = page.run(
        "const s = document.querySelector('#stage').getBoundingClientRect();"
        "return [...document.querySelectorAll('.node .body')].every(e => {"
        " const r = e.getBoundingClientRect();"
        " return r.left >= s.left && r.right <= s.right && r.top >= s.top && r.bottom <= s.bottom})"
    )
    assert inside


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("which", [5, 50, "planar"])
def test_no_two_vertices_overlap(look, which):
    """Boxes lie apart, and text stays inside its box."""
    page, _ = look(which, "#step=99999")
    found = page.run("""
        const nodes = view.nodes, bad = [];
        nodes.forEach((a, i) => nodes.slice(i + 1).forEach(b => {
          if (a.x < b.x + b.w && b.x < a.x + a.w && Math.abs(a.y - b.y) < (a.h + b.h) / 2)
            bad.push(a.name + ' on ' + b.name);
        }));
        for (const n of nodes) {
          const box = n.element.querySelector('.body').getBBox();
          for (const t of n.element.querySelectorAll('text:not(.from-afar), .bars')) {
            const b = t.getBBox();
            if (b.x + b.width > box.x + box.width - 2) bad.push(n.name + ': ' + t.textContent);
          }
        }
        return bad;""")
    assert found == []


@needs_browser
@pytest.mark.browser
def test_light_and_dark(look):
    """The button changes the colours, and the choice is kept."""
    page, _ = look(5)
    page.run("localStorage.removeItem('theme'); setTheme('light')")
    light = page.run("return getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    dark = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 24, 28)")
    page, _ = look(5, "#step=1")
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    page.run("localStorage.removeItem('theme')")


@needs_browser
@pytest.mark.browser
def test_two_thousand_nodes(look):
    """Folded at first; quick to step, to unfold, and right."""
    page, data = look(2000)
    assert len(data["vertices"]) == 2001
    assert page.run("return view.nodes.length") < 40
    start = time.perf_counter()
    page.click("#last")
    page.click("#fold")
    assert page.run("return view.nodes.length") == 2001
    page.press("left", "left")
    assert time.perf_counter() - start < 20
    x = ag.Tensor(1.0, requires_grad=True)
    y = x
    for i in range(2000):
        y = y + x if i % 2 else np.sin(y)
    y.backward()
    page.run("pick(0)")
    assert number(page, ".card.sum .number") == pytest.approx(float(x.grad), rel=1e-12)


@needs_browser
@pytest.mark.browser
def test_hostile_names_stay_text(browser, tmp_path):
    """Nothing in a name is run."""
    bad = "<img src=x onerror='window.hit=1'></script><script>window.hit=1</script>"
    x = ag.Tensor(2.0, requires_grad=True, name=bad)
    browser.open(ag.explore(x * x, tmp_path / "bad.html", title=bad), "#step=3")
    assert browser.run("return window.hit === undefined")
    assert bad in browser.text("#panel")
    browser.complaints()


@needs_browser
@pytest.mark.browser
def test_numbers_that_are_none_are_seen(browser, tmp_path):
    """A vertex whose array has nan or infinity in it says so, and draws no histogram without it."""
    for n in (4, 400):
        a = np.arange(float(n))
        a[1] = np.nan
        x = ag.Tensor(a, requires_grad=True, name="x")
        browser.open(ag.explore(np.sum(x), tmp_path / "nan.html"), "#step=1")
        words = browser.run("return document.querySelector('svg').textContent")
        assert words.count("nan/inf") == 1, words
    assert browser.complaints() == []


def test_a_tensor_without_a_graph_has_its_name_for_a_title(tmp_path):
    """It was computed from nothing."""
    page = ag.explore(ag.Tensor([1.0, 2.0], name="k"), tmp_path / "k.html")
    assert "<title>k</title>" in page.read_text(encoding="utf-8")


@needs_browser
@pytest.mark.browser
def test_a_narrow_window(look):
    """On a small screen the panel lies below the graph, and nothing is wider than the window."""
    page, _ = look("planar", "#step=25")
    page.resize(500, 900)
    try:
        width = page.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]
        stage, panel = (
            page.run(f"return document.querySelector('{css}').getBoundingClientRect().top")
            for css in ("#stage", "#panel")
        )
        assert panel > stage
    finally:
        page.resize(1400, 860)
