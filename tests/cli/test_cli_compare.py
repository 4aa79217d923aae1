"""`autograd-lite compare FILE`: a learner's own backprop, right, wrong, unfinished or broken."""

import sys
from pathlib import Path

import pytest

import nn
from nn.cli import main

DEEP = """\
import numpy as np

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db

def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ

def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    return dA * s * (1 - s)

def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)

def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(L)):
        activation = "sigmoid" if l == L - 1 else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l], activation)
        grads["dA" + str(l)] = dA
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
    return grads
"""

PLANAR = """\
import numpy as np

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
"""

LOGISTIC = """\
import numpy as np

def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    return {"dw": dw, "db": db}, np.squeeze(cost)
"""

FORWARD = """
def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)

def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A = 1 / (1 + np.exp(-Z)) if activation == "sigmoid" else np.maximum(0, Z)
    return A, (linear_cache, {"Z": Z})

def L_model_forward(X, parameters):
    caches, A, L = [], X, len(parameters) // 2
    for l in range(1, L + 1):
        A, cache = linear_activation_forward(
            A, parameters["W" + str(l)], parameters["b" + str(l)], "sigmoid" if l == L else "relu")
        caches.append(cache)
    return A, caches
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


def compare(code, *options):
    """Return the exit code of `compare my_backprop.py`, with this code in it."""
    Path("my_backprop.py").write_text(code)
    try:
        return main(["compare", "my_backprop.py", *options])
    except SystemExit as leave:
        return leave.code


def changed(code, old, new):
    """Return the code with a line changed."""
    assert code.count(old) >= 1
    return code.replace(old, new)


def function(code, name):
    """Only one of the functions."""
    parts = code.split("\n\n")
    return "\n\n".join([parts[0], *(p for p in parts if p.startswith(f"def {name}("))])


def flat(text):
    """Return the text on one line."""
    return " ".join(text.split())


# Right code


@pytest.mark.parametrize("code", [DEEP, PLANAR, LOGISTIC], ids=["deep", "planar", "logistic"])
def test_right_code_passes(code, capsys):
    """Every gradient is equal; exit code 0."""
    assert compare(code) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "gradients are equal" in out
    assert "my_backprop.py" in out
    assert "Note" not in out


@pytest.mark.parametrize(
    "name",
    ["linear_backward", "relu_backward", "sigmoid_backward"],
)
def test_one_function_is_enough(name, capsys):
    """The rest of the deep network is the course's; dZ is shown, too."""
    assert compare(function(DEEP, name)) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Yours: {name} in my_backprop.py.")
    assert "dZ2 *" in out


def test_several_parts_of_the_course_in_one_file(capsys):
    """Each part has a table; the exit code is 1 if one of them has a wrong gradient."""
    assert compare(DEEP + PLANAR + LOGISTIC) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if "after" in line] == [
        "LogisticRegression", "TwoLayerClassifier", "LLayerClassifier",
    ]  # fmt: skip
    assert compare(DEEP + PLANAR + changed(LOGISTIC, "(A - Y).T", "(Y - A).T")) == 1
    assert compare(changed(DEEP, "np.dot(W.T, dZ)", "-np.dot(W.T, dZ)") + PLANAR + LOGISTIC) == 1


def test_the_options_choose_network_and_part(capsys):
    """--layers, --hidden and --model, of the parts that the file has."""
    everything = DEEP + PLANAR + LOGISTIC
    assert compare(everything, "--layers", "3,4,1") == 0
    out = capsys.readouterr().out
    assert "LogisticRegression" not in out
    assert "TwoLayerClassifier 3-4-1" in out
    assert "LLayerClassifier 3-4-1" in out
    assert compare(everything, "--model", "logistic", "--layers", "3,1", "--examples", "7") == 0
    out = capsys.readouterr().out
    assert "LogisticRegression 3-1, float64, after 10 iterations, on 7 examples" in out
    assert "LLayer" not in out
    two = function(DEEP, "linear_backward")
    assert compare(two, "--hidden", "tanh", "--model", "two-layer", "--layers", "3,4,1") == 0


def test_the_flower_for_every_part(capsys):
    """--data planar: each part on points, the deep network with ReLU as the course has it."""
    assert compare(DEEP + PLANAR + LOGISTIC, "--data", "planar") == 0
    out = capsys.readouterr().out
    assert "LogisticRegression 2-1," in out
    assert "TwoLayerClassifier 2-4-1," in out
    assert "LLayerClassifier 2-20-7-5-1," in out


def test_a_trained_model(capsys):
    """The gradients are taken at the parameters that the model has learned."""
    X, Y = nn.by_hand.load_planar_dataset()
    nn.save("model.h5", nn.TwoLayerClassifier(5, "tanh").fit(X, Y, iterations=50))
    assert compare(PLANAR, "--model", "model.h5") == 0
    assert "TwoLayerClassifier 2-5-1, float64, after 50 iterations" in capsys.readouterr().out


def test_own_caches(capsys):
    """The file's own forward pass may put anything into a cache."""
    own = changed(DEEP, "Z = cache\n", 'Z = cache["Z"]\n')
    own = changed(own, "-cache))", '-cache["Z"]))')
    assert compare(own + FORWARD) == 0
    out = capsys.readouterr().out
    assert "L_model_forward, linear_activation_forward, linear_forward" in out
    assert compare(own) == 2  # the course's caches are no dicts
    assert '`s = 1 / (1 + np.exp(-cache["Z"]))`' in capsys.readouterr().err


def test_dA_as_in_the_earlier_edition(capsys):
    """dA[l] for the gradient of A[l-1] is renamed, with a remark."""
    code = changed(DEEP, '"dA" + str(l)]', '"dA" + str(l + 1)]')
    assert compare(code) == 0
    out = capsys.readouterr().out
    assert "an earlier edition" in out
    assert "dA0 *" in out


def test_functions_that_the_file_lacks_are_supplied(capsys):
    """L_model_backward alone calls the course's; linear_backward of the file is called in them."""
    assert compare(function(DEEP, "L_model_backward")) == 0
    code = function(DEEP, "L_model_backward") + function(DEEP, "linear_backward")
    assert compare(code) == 0
    assert "Yours: L_model_backward, linear_backward in" in capsys.readouterr().out
    assert compare(changed(code, "np.dot(W.T, dZ)", "2 * np.dot(W.T, dZ)")) == 1


def test_a_function_that_nothing_calls_is_named(capsys):
    """A function that nothing calls is not tested, and a remark says so."""
    code = changed(
        DEEP, "dZ = relu_backward(dA, activation_cache)", "dZ = dA * (activation_cache > 0)"
    )
    assert compare(code) == 0
    assert "Nothing calls relu_backward" in capsys.readouterr().out


# Wrong code: what a learner writes, and the sentence on it

WRONG = {
    "1/m is missing in db": (
        DEEP, "db = np.sum(dZ, axis=1, keepdims=True) / m", "db = np.sum(dZ, axis=1, keepdims=True)",
        "db4", "1/m, is missing",
    ),
    "1/m is missing in dW": (
        DEEP, "np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)", "dW4", "1/m, is missing",
    ),
    "keepdims is missing": (
        PLANAR, "np.sum(dZ1, axis=1, keepdims=True)", "np.sum(dZ1, axis=1)",
        "db1", "keepdims=True is missing",
    ),
    "axis is missing": (
        PLANAR, "np.sum(dZ2, axis=1, keepdims=True)", "np.sum(dZ1)", "db2", "",
    ),
    "dW is transposed": (
        DEEP, "np.dot(dZ, A_prev.T) / m", "np.dot(A_prev, dZ.T) / m", "dW4", "transpose",
    ),
    "the mask is of dA": (DEEP, "dZ[Z <= 0] = 0", "dZ[dA <= 0] = 0", "dW3", "mask"),
    "the mask is forgotten": (DEEP, "    dZ[Z <= 0] = 0\n", "", "dW3", "forgotten"),
    "1/m is in dA, too": (DEEP, "np.dot(W.T, dZ)", "np.dot(W.T, dZ) / m", "dA3", "1/m"),
    "the slope of tanh is 1 - A": (PLANAR, "np.power(A1, 2)", "A1", "dW1", "multiplied by 1 - A1"),
    "the sign is wrong": (PLANAR, "A2 - Y", "Y - A2", "dW2", "the sign is wrong"),
    "dw without 1/m": (
        LOGISTIC, "1 / m * np.dot(X", "np.dot(X", "dw", "1/m, is missing",
    ),
    "db with the other sign": (LOGISTIC, "np.sum(A - Y)", "np.sum(Y - A)", "db", "sign"),
}  # fmt: skip
WRONG["axis is missing"] = (
    PLANAR, "np.sum(dZ1, axis=1, keepdims=True)", "np.sum(dZ1)", "db1", "over everything",
)  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_mistakes_are_diagnosed(mistake, capsys):
    """Exit code 1, where the chain first goes wrong, and what the mistake is."""
    code, old, new, name, words = WRONG[mistake]
    assert compare(changed(code, old, new)) == 1
    out, err = capsys.readouterr()
    assert err == ""
    told = flat(out)
    assert f"first goes wrong at {name}." in told
    assert words in told


def test_the_readme_shows_what_is_printed(capsys):
    """The course's example is matched letter by letter."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme.split("Going back, the chain")[1].split("```")[0]
    assert compare(changed(DEEP, "dZ[Z <= 0] = 0", "dZ[dA <= 0] = 0")) == 1
    assert f"Going back, the chain{shown}" in capsys.readouterr().out


def test_consequences_are_told_from_mistakes(capsys):
    """Gradients that a wrong mask spoils later in the backward pass are named as consequences."""
    assert compare(changed(DEEP, "dZ[Z <= 0] = 0", "dZ[dA <= 0] = 0")) == 1
    told = flat(capsys.readouterr().out)
    assert "As a consequence, wrong too: db3, dA2, db2" in told


def test_a_wrong_forward_pass(capsys):
    """A remark says that the gradients are those of another cost; exit code 1."""
    own = changed(DEEP, "Z = cache\n", 'Z = cache["Z"]\n')
    own = changed(own, "-cache))", '-cache["Z"]))')
    assert compare(own + changed(FORWARD, "np.dot(W, A) + b", "np.dot(W, A) - b")) == 1
    assert "Its L_model_forward returns an AL that is up to" in capsys.readouterr().out


def test_a_wrong_cost_of_propagate(capsys):
    """Right gradients with a wrong cost lead to a remark and exit code 1."""
    assert compare(changed(LOGISTIC, "-1 / m * np.sum(Y", "-np.sum(Y")) == 1
    out = capsys.readouterr().out
    assert "returns the cost" in out
    assert "gradients are equal" in out


def test_parameters_written_into(capsys):
    """A backward pass that takes the step itself."""
    code = changed(
        DEEP, "    return dA_prev, dW, db", "    W -= 0.1 * dW\n    return dA_prev, dW, db"
    )
    assert compare(code) == 0
    assert "It writes into W1, W2, W3, W4" in capsys.readouterr().out


# Code that cannot be compared: one sentence, exit code 2

UNUSABLE = {
    "syntax": (
        changed(DEEP, "A_prev.T) / m", "A_prev.T / m"), "line 6|dW = np.dot|is not Python",
    ),
    "indentation": (changed(DEEP, "    return grads", "  return grads"), "line 40: `return grads`|not Python"),
    "nothing": ("import numpy as np\n", "no function|L_model_backward(AL, Y, caches)|propagate"),
    "other names": (
        "def model_backward(x):\n    return x\n\ndef l_Model_backward(x):\n    return x\n",
        "the functions model_backward, l_Model_backward|backward_propagation(parameters, cache, X, Y)"
        "|meant to be L_model_backward?",
    ),
    "raises at import": ("x = 1\ny = x / 0\n", "line 2: `y = x / 0` raised ZeroDivisionError|__main__"),
    "leaves at import": ("import sys\nsys.exit(3)\n", "line 2|SystemExit: 3"),
    "a package is missing": (
        "from dnn_utils_v2 import relu\n" + DEEP, "line 1|imports dnn_utils_v2|beside my_backprop.py",
    ),
    "of a notebook": ("import sys\n%matplotlib inline\n" + DEEP, "line 2|notebook: delete the line"),
    "of an exported notebook": (
        "get_ipython().run_line_magic('matplotlib', 'inline')\n" + DEEP,
        "line 1|run_line_magic|notebook: delete the line",
    ),
    "raises": (
        changed(DEEP, "np.dot(W.T, dZ)", "np.dot(W, dZ)"),
        "line 8: `dA_prev = np.dot(W, dZ)`, with dZ (1, 100), W (1, 4), raised ValueError|not aligned",
    ),
    "a name is missing": (changed(PLANAR, "dW2 = ", "dW3 = "), "line 13|NameError|'dW2'"),
    "no return": (
        changed(PLANAR, "    return {", "    grads = {"),
        "backward_propagation returned None|dW1 (4, 2)|return missing?",
    ),
    "a tuple": (
        changed(LOGISTIC, '{"dw": dw, "db": db}, np', "dw, db, np"),
        "propagate returned a tuple of 3: an array (4, 1), a number|expected (grads, cost)",
    ),
    "missing keys": (
        changed(PLANAR, '"db1": db1, ', ""), "without db1; found dW1, dW2, db2, expected|db1 (4, 1)",
    ),
    "no numbers": (
        changed(PLANAR, '"db1": db1', '"db1": None'), "returned None for db1|array of numbers (4, 1)",
    ),
    "two results for three": (
        function(changed(DEEP, "return dA_prev, dW, db", "return dW, db"), "linear_backward"),
        "linear_backward returned a tuple of 2|expected dA_prev, dW, db",
    ),
    "the next layer cannot go on": (
        function(changed(DEEP, "return dA_prev, dW", "return dA_prev.T, dW"), "linear_backward"),
        "linear_backward returned dA3 with shape (100, 4); expected (4, 100)",
    ),
    "other arguments": (
        changed(PLANAR, "(parameters, cache, X, Y)", "(parameters, X, Y)"),
        "has backward_propagation(parameters, X, Y)|the course's is backward_propagation(parameters,"
        " cache, X, Y)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_code(case, capsys):
    """One sentence that holds the words; no traceback."""
    code, words = UNUSABLE[case]
    assert compare(code) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    for word in words.split("|"):
        assert word in err, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("nowhere.py", "nowhere.py|no such file"),
        (".", "a folder"),
        ("a.ipynb", "a notebook|nbconvert"),
        ("a.py --layers 2,3,4,1", "propagate|--layers"),
        ("a.py --model deep", "propagate|--model deep|L_model_backward"),
        ("a.py --model nothing", "nothing|logistic"),
    ],
)
def test_bad_arguments(arguments, words, capsys):
    """A missing file, a notebook, a part that the file lacks."""
    Path("a.ipynb").write_text("{}")
    Path("a.py").write_text(LOGISTIC)
    assert main(["compare", *arguments.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    for word in words.split("|"):
        assert word in err


def test_the_folder_of_the_file_is_searched_and_left_alone(tmp_path, monkeypatch, capsys):
    """Imports of neighbouring files work from anywhere; no bytecode is left."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "own_dnn_utils.py").write_text(DEEP)
    code = "from own_dnn_utils import linear_backward, relu_backward\n"
    (tmp_path / "course" / "mine.py").write_text(code)
    assert main(["compare", "course/mine.py"]) == 0
    assert "Yours: linear_backward, relu_backward" in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "course").iterdir()} == {"own_dnn_utils.py", "mine.py"}


def test_an_edit_is_seen_at_once(monkeypatch, capsys):
    """An edit within the same second and of the same size takes effect."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert compare(PLANAR) == 0
    assert compare(changed(PLANAR, "A2 - Y", "Y - A2")) == 1
    assert compare(PLANAR) == 0


def test_the_sentence_shows_shapes_of_arrays_on_the_line_only(capsys):
    """Only the shapes of arrays on the line are shown."""
    compare(changed(PLANAR, "np.dot(W2.T, dZ2)", "np.dot(W2, dZ2)"))
    err = capsys.readouterr().err
    assert "W2 (1, 4)" in err
    assert "dZ2 (1, 100)" in err
    assert "dW2" not in err
