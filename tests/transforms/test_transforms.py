"""grad, value_and_grad, elementwise_grad, vjp, jvp, jacobian, hessian and hvp."""

from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autograd_lite as ag
from autograd_lite import Tensor

Pair = namedtuple("Pair", "W b")
X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
X.flags.writeable = False
VERBS = {
    "grad": lambda f, x: ag.grad(f)(x),
    "value_and_grad": lambda f, x: ag.value_and_grad(f)(x)[1],
    "elementwise_grad": lambda f, x: ag.elementwise_grad(f)(x),
    "vjp": lambda f, x: ag.vjp(f, x)[1](1.0)[0],
    "jvp": lambda f, x: ag.jvp(f, (x,), (x,))[1],
    "jacobian": lambda f, x: ag.jacobian(f)(x),
    "forward": lambda f, x: ag.jacobian(f, mode="forward")(x),
    "hessian": lambda f, x: ag.hessian(f)(x),
    "hvp": lambda f, x: ag.hvp(f)(x, x),
}


def cubes(x: Any) -> Any:
    """Return a scalar whose derivatives of any order are simple: the sum of x ** 3."""
    return np.sum(x * x * x)


# Arrays in, arrays out


@pytest.mark.parametrize(
    "build",
    [
        lambda a, b: {"W": a, "b": b},
        lambda a, b: OrderedDict(W=a, b=b),
        lambda a, b: [a, b],
        lambda a, b: (a, [b, None]),
        lambda a, b: Pair(a, b),
        lambda a, b: {"deep": [{"a": a}, (b,)]},
    ],
)
def test_the_gradient_has_the_structure_of_the_argument(build):
    """Dicts, lists, tuples, named tuples and None come back as they went in."""
    parameters = build(X, 2.0)
    g = ag.grad(lambda p: sum(cubes(x) for x in ag_leaves(p)))(parameters)
    assert type(g) is type(parameters)
    expected = build(3 * X * X, np.array(12.0))
    for got, want in zip(ag_leaves(g), ag_leaves(expected), strict=True):
        assert_allclose(got, want, rtol=1e-15)
    assert str(g).count("None") == str(parameters).count("None")


def ag_leaves(tree: Any) -> list[Any]:
    """Return the arrays in a container, found by a walk of our own."""
    if isinstance(tree, dict):
        return [x for item in tree.values() for x in ag_leaves(item)]
    if isinstance(tree, tuple | list):
        return [x for item in tree for x in ag_leaves(item)]
    return [] if tree is None else [tree]


@pytest.mark.parametrize("verb", VERBS)
def test_arrays_give_arrays_and_tensors_give_tensors(verb):
    """Derivatives are arrays if arrays went in, Tensors if a Tensor did."""
    x = np.array([1.0, 2.0])
    assert type(VERBS[verb](cubes, x)) is np.ndarray
    assert type(VERBS[verb](cubes, Tensor(x))) is Tensor
    assert type(VERBS[verb](cubes, 2.0)) is np.ndarray
    tied = VERBS[verb](cubes, Tensor(x, requires_grad=True))
    assert type(tied) is Tensor
    assert tied.requires_grad


@pytest.mark.parametrize("verb", VERBS)
def test_float32_stays_float32(verb):
    """No verb widens float32."""
    assert VERBS[verb](cubes, np.array([1.0, 2.0], np.float32)).dtype == np.float32


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "constant", [lambda x: 3.0, lambda x: np.float64(3), lambda x: Tensor(3.0)]
)
@pytest.mark.filterwarnings("ignore:the cost is a plain number")
def test_what_does_not_depend_on_the_argument_has_derivative_zero(verb, constant):
    """Zeros, never None or nan, also where f does not return a Tensor of its own making."""
    d = VERBS[verb](constant, np.array([1.0, 2.0]))
    assert type(d) is np.ndarray
    assert not d.any()


@pytest.mark.parametrize("f", [np.sum, lambda x: x @ np.array([2.0, 3.0]), lambda x: x[0]])
def test_second_derivatives_of_linear_functions_are_zero(f):
    """Nothing is recorded in the gradient of a linear function, and that means zero."""
    x = np.array([1.0, 2.0])
    assert_array_equal(ag.hessian(f)(x), np.zeros((2, 2)))
    assert_array_equal(ag.hvp(f)(x, x), np.zeros(2))
    assert_array_equal(ag.jacobian(ag.jacobian(ag.jacobian(f)))(x), np.zeros((2, 2, 2)))


def test_one_of_several_arguments_without_influence_gets_zeros():
    """Also within containers, and of the argument's own shape."""
    with pytest.warns(ag.LearnerWarning, match=r"does not depend on p\['unused'\]\[0\], p"):
        g = ag.grad(lambda p: np.sum(p["used"]))({"used": X, "unused": [np.ones(3), 1.0]})
    assert_array_equal(g["unused"][0], np.zeros(3))
    assert g["unused"][1].shape == ()


# Which arguments


def product(a: Any, b: Any, c: Any) -> Any:
    """a * b ** 2 * c ** 3."""
    return a * b**2 * c**3


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 4.0),
        (1, 4.0),
        (-1, 12.0),
        ((0, 2), (4.0, 12.0)),
        ((-1, 0), (12.0, 4.0)),
        ([1], (4.0,)),
        ((0, 0), (4.0, 4.0)),
    ],
)
def test_argnums(argnums, expected):
    """A number gives one derivative, a sequence a tuple; negative ones count from the end."""
    at = (1.0, 2.0, 1.0)
    for d in (
        ag.grad(product, argnums=argnums)(*at),
        ag.jacobian(product, argnums=argnums)(*at),
        ag.jacobian(product, argnums=argnums, mode="forward")(*at),
        ag.vjp(product, argnums=argnums)(*at)[1](1.0),
        ag.elementwise_grad(product, argnums=argnums)(*at),
    ):
        assert type(d) is (np.ndarray if isinstance(expected, float) else tuple)
        assert_allclose(d, expected)


def test_argnums_of_products_with_a_vector():
    """jvp and hvp take their vector last, in the structure that argnums asks for."""
    at = (1.0, 2.0, 1.0)
    assert_allclose(ag.jvp(product, argnums=2)(*at, 10.0)[1], 120.0)
    assert_allclose(ag.jvp(product, argnums=(2, 0))(*at, (10.0, 1.0))[1], 124.0)
    by_c, by_a = ag.hvp(product, argnums=(2, 0))(*at, (10.0, 1.0))
    assert_allclose([by_c, by_a], [24.0 * 10 + 12, 12.0 * 10])
    by_a, by_c = ag.hessian(product, argnums=(0, 2))(*at)[1]
    assert_allclose([by_a, by_c], [12.0, 24.0])


def test_vjp_and_jvp_in_the_manner_of_jax_and_by_argnums():
    """With arguments they work at once on all of them; without, on those that argnums names."""
    value, pullback = ag.vjp(product, 1.0, 2.0, 1.0)
    assert_allclose(value, 4.0)
    assert_allclose(pullback(2.0), (8.0, 8.0, 24.0))
    assert_allclose(ag.vjp(product, argnums=1)(1.0, 2.0, 1.0)[1](2.0), 8.0)
    assert_allclose(ag.vjp(product, argnums=(0, 1))(1.0, 2.0, 1.0)[1](2.0), (8.0, 8.0))
    assert_allclose(ag.vjp(product, 1.0, 2.0, 1.0, argnums=1)[1](2.0), 8.0)
    value, tangent = ag.jvp(product, (1.0, 2.0, 1.0), (1.0, 0.0, 1.0))
    assert_allclose([value, tangent], [4.0, 16.0])
    assert_allclose(ag.jvp(product, argnums=1)(1.0, 2.0, 1.0, 3.0)[1], 12.0)
    assert_allclose(ag.jvp(np.square, X, X)[1], 2 * X * X)


def test_an_integer_is_a_point_and_never_the_position_of_an_argument():
    """vjp(f, 3) differentiates at 3; nothing is guessed from the type of an argument."""
    value, pullback = ag.vjp(np.square, 3)
    assert_array_equal([value, *pullback(1.0)], [9.0, 6.0])
    assert_array_equal(ag.vjp(np.multiply, 3, 4)[1](1.0), [4.0, 3.0])
    with pytest.raises(ag.NotDifferentiableError, match=r"jvp\(f, argnums=0\)\(x, y, vx\)"):
        ag.jvp(product, 1)


def test_has_aux():
    """The rest of what f returns comes back beside the derivative, in arrays."""
    f = lambda x: (cubes(x), {"twice": 2 * x, "n": 3})
    x = np.array([1.0, 2.0])
    results = [
        ag.grad(f, has_aux=True)(x)[1],
        ag.value_and_grad(f, has_aux=True)(x)[0][1],
        ag.vjp(f, x, has_aux=True)[2],
        ag.jvp(f, (x,), (x,), has_aux=True)[2],
        ag.jacobian(f, has_aux=True)(x)[1],
        ag.hessian(f, has_aux=True)(x)[1],
        ag.hvp(f, has_aux=True)(x, x)[1],
    ]
    for aux in results:
        assert type(aux["twice"]) is np.ndarray
        assert_array_equal(aux["twice"], [2.0, 4.0])
        assert aux["n"] == 3
    assert_allclose(ag.hessian(f, has_aux=True)(x)[0], np.diag(6 * x))


def test_aux_keeps_its_history_inside_another_differentiation():
    """An outer derivative sees through aux, though the inner value does not depend on it."""

    def outer(x):
        _, aux = ag.grad(lambda y: (y, x * x), has_aux=True)(1.0)
        return aux

    assert_allclose(ag.grad(outer)(3.0), 6.0)


def test_keyword_arguments_pass_through():
    """Keywords are handed on, undifferentiated."""
    assert_allclose(ag.grad(lambda x, k=1.0: k * x * x)(3.0, k=2.0), 12.0)
    assert_allclose(ag.vjp(lambda x, k=1.0: k * x * x)(3.0, k=2.0)[1](1.0), 12.0)


# Derivatives of derivatives


def test_no_perturbation_confusion():
    """d/dx (x * d/dy (x + y)) is 1: the inner derivative sees its own variable only."""
    assert_array_equal(ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(2.0), 1.0)
    assert_array_equal(
        ag.jvp(lambda x: x * ag.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (2.0,), (1.0,))[1], 1.0
    )


def test_grad_inside_grad_reaches_in_through_closures():
    """d/dx (x * d/dy (x y^2)) = 2 d/dx (x^2 y) = 4 x y."""
    f = lambda x: x * ag.grad(lambda y: x * y * y)(3.0)
    assert_allclose(ag.grad(f)(2.0), 24.0)
    assert_allclose(ag.grad(ag.grad(f))(2.0), 12.0)


def test_the_same_variable_at_two_levels():
    """d/dx of (d/dy f(x, y) at y = x) adds both ways in which x enters."""
    f = lambda x: ag.grad(lambda y: x * y**3)(x)  # 3 x^3
    assert_allclose(ag.grad(f)(2.0), 36.0)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_any_order(order):
    """The n-th derivative of x^5 by n nested calls."""
    f = lambda x: x**5.0
    for _ in range(order):
        f = ag.grad(f)
    assert_allclose(f(2.0), np.prod(np.arange(5, 5 - order, -1.0)) * 2.0 ** (5 - order))


def test_every_pair_of_verbs():
    """Any verb inside any other gives the derivatives of x^3: 3 x^2, then 6 x."""
    slopes = {
        "grad": lambda f: ag.grad(f),
        "vjp": lambda f: lambda x: ag.vjp(f, x)[1](1.0)[0],
        "jvp": lambda f: lambda x: ag.jvp(f, (x,), (1.0,))[1],
        "reverse": lambda f: ag.jacobian(f, mode="reverse"),
        "forward": lambda f: ag.jacobian(f, mode="forward"),
        "elementwise": lambda f: ag.elementwise_grad(f),
    }
    for name, outer in slopes.items():
        for inner in slopes.values():
            assert_allclose(outer(inner(lambda x: x**3))(2.0), 12.0, err_msg=name)
        assert_allclose(outer(lambda x: ag.hvp(lambda z: z**3)(x, 1.0))(2.0), 6.0)
        assert_allclose(outer(ag.hessian(lambda z: z**3))(2.0), 6.0)


def test_a_pullback_is_differentiable_in_its_gradient():
    """g -> J.T g is linear; its derivative along v is J.T v."""
    _, pullback = ag.vjp(np.sin, X)
    got = ag.jvp(lambda g: pullback(g)[0], (X,), (np.ones_like(X),))[1]
    assert_allclose(got, np.cos(X), rtol=1e-15)


def test_closures_over_tensors():
    """A Tensor in a closure is a constant for arrays, and reached where a Tensor went in."""
    w = Tensor([2.0, 3.0], requires_grad=True)
    f = lambda x: np.sum(w * x * x)
    g = ag.grad(f)(np.array([1.0, 2.0]))
    assert type(g) is np.ndarray
    assert_array_equal(g, [4.0, 12.0])
    g = ag.grad(f)(Tensor([1.0, 2.0]))
    g.sum().backward()
    assert_array_equal(w.grad, [2.0, 4.0])


def test_what_nothing_outside_can_reach_is_not_remembered():
    """Constants stay constants, at the top and inside another differentiation."""
    assert not ag.grad(cubes)(Tensor([1.0, 2.0])).requires_grad
    assert not ag.value_and_grad(cubes)(Tensor([1.0, 2.0]))[0].requires_grad
    kinds = []

    def outer(x):
        kinds.append(type(ag.grad(cubes)(np.ones(2))))
        kinds.append(type(ag.value_and_grad(cubes)(np.ones(2))[0]))
        return x

    ag.grad(outer)(1.0)
    assert kinds == [np.ndarray, np.ndarray]


def test_variables_of_a_level_leave_grad_alone():
    """The verbs never write into a leaf's grad."""
    w = Tensor([2.0, 3.0], requires_grad=True)
    ag.grad(lambda x: np.sum(w * x))(w)
    assert w.grad is None


def test_no_grad_around_and_inside():
    """Around, results do not remember; inside, what is computed there is constant."""
    w = Tensor(2.0, requires_grad=True)
    with ag.no_grad():
        g = ag.grad(lambda x: x**3)(w)
        assert_allclose(ag.grad(ag.grad(lambda x: x**3))(2.0), 12.0)
        through_closure = ag.grad(lambda x: x * w * w)(Tensor(3.0))
    assert not g.requires_grad
    assert_array_equal(g.data, 12.0)
    assert not through_closure.requires_grad

    def halted(x):
        with ag.no_grad():
            y = x * x
        return x * y

    assert_array_equal(ag.grad(halted)(3.0), 9.0)


# vjp and jvp


def network(p: Any, x: Any) -> Any:
    """Several results of different shapes in a container."""
    h = np.tanh(p["W"] @ x + p["b"])
    return {"h": h, "more": [np.sum(h * h, axis=0), p["b"], 1.5]}


def parameters(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {"W": random.normal(size=(4, 2)), "b": random.normal(size=(4, 1))}


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_jvp_is_the_transpose_of_vjp(seed):
    """<g, J v> = <J.T g, v> to 1e-13, containers included."""
    p, v = parameters(seed), parameters(seed + 1)
    value, tangent = ag.jvp(lambda p: network(p, X), (p,), (v,))
    random = np.random.default_rng(seed + 2)
    g = ag_map(lambda y: random.normal(size=np.shape(y)), value)
    back = ag.vjp(network, p, X)[1](g)[0]
    forward = sum(np.sum(a * b) for a, b in zip(ag_leaves(g), ag_leaves(tangent), strict=True))
    backward = sum(np.sum(a * b) for a, b in zip(ag_leaves(back), ag_leaves(v), strict=True))
    size = sum(np.sum(abs(a * b)) for a, b in zip(ag_leaves(g), ag_leaves(tangent), strict=True))
    assert abs(forward - backward) <= 1e-13 * size


def ag_map(f: Any, tree: Any) -> Any:
    """f on every array of a container, by a walk of our own."""
    if isinstance(tree, dict):
        return {key: ag_map(f, item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [ag_map(f, item) for item in tree]
    return f(tree)


def test_a_pullback_may_be_called_again():
    """Each call is a sweep of its own; constants among the results take any gradient."""
    p = parameters(0)
    value, pullback = ag.vjp(network, p, X)
    g = ag_map(np.ones_like, value)
    first, second = pullback(g)[0], pullback(ag_map(lambda y: 2 * y, g))[0]
    assert_allclose(second["W"], 2 * first["W"], rtol=1e-15)
    assert_array_equal(pullback(g)[0]["b"], first["b"])


def test_values_of_vjp_can_be_written_into():
    """The value is a copy: writing into it does not spoil a later pullback."""
    value, pullback = ag.vjp(np.exp, np.array([0.0, 1.0]))
    value[:] = 0
    assert_allclose(pullback(np.ones(2))[0], np.exp([0.0, 1.0]))


def test_a_write_into_the_argument_before_the_pullback_is_found():
    """The graph needs it as it was."""
    x = np.array([1.0, 2.0])
    _, pullback = ag.vjp(lambda x: x * x, x)
    x[0] = 5.0
    with pytest.raises(ag.GraphError, match="written to"):
        pullback(np.ones(2))


def test_the_gradient_of_the_identity_is_its_own_memory():
    """A pullback never returns the array that was handed to it."""
    g = np.ones(2)
    (d,) = ag.vjp(lambda x: x, np.array([1.0, 2.0]))[1](g)
    d[0] = 7.0
    assert_array_equal(g, [1.0, 1.0])


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (np.ones(3), r"shape \(3,\).*shape \(2, 3\)"),
        ({"a": np.ones((2, 3))}, "shape"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused(gradient, words):
    """A pullback names both shapes."""
    _, pullback = ag.vjp(np.sin, X)
    with pytest.raises((ag.ShapeError, ag.AutogradError), match=words):
        pullback(gradient)


def test_containers_that_do_not_fit_are_refused():
    """The place and what is expected are named."""
    _, pullback = ag.vjp(network, parameters(0), X)
    with pytest.raises(ag.ShapeError, match="keys 'h', 'more'"):
        pullback({"h": 1.0})
    with pytest.raises(ag.ShapeError, match=r"\['more'\] must be a list of 3"):
        pullback({"h": np.ones((4, 3)), "more": [1.0]})
    with pytest.raises(ag.ShapeError, match="tangents"):
        ag.jvp(np.sin, (X,), (np.ones(2),))
    with pytest.raises(ag.ShapeError, match="the vector"):
        ag.hvp(cubes)(X, np.ones(2))


# Matrices of derivatives


RAMP = np.arange(20.0)[:, None]


def test_jacobian_modes_agree():
    """Row by row and column by column give the same matrix."""
    x = np.array([0.3, 0.7])
    f = lambda x: np.sin(RAMP * x)
    reverse = ag.jacobian(f, mode="reverse")(x)
    forward = ag.jacobian(f, mode="forward")(x)
    expected = np.zeros((20, 2, 2))
    expected[:, [0, 1], [0, 1]] = RAMP * np.cos(RAMP * x)
    assert_allclose(reverse, expected, rtol=1e-14)
    assert_allclose(forward, expected, rtol=1e-14)
    assert_allclose(ag.jacobian(f)(x), expected, rtol=1e-14)


def counted() -> tuple[Any, list[str]]:
    """Return the sine, with a list that notes each call of it and of its rule."""
    calls: list[str] = []

    def back(g, y, x):
        calls.append("rule")
        return g * np.cos(x)

    @ag.primitive(back)
    def sine(x):
        calls.append("sine")
        return np.sin(x)

    return sine, calls


@pytest.mark.parametrize(
    ("rows", "mode", "sweeps"), [(3, "reverse", 3), (3, "auto", 3), (50, "reverse", 50)]
)
def test_a_jacobian_runs_forward_once_and_sweeps_once_a_row(rows, mode, sweeps):
    """The graph is recorded once, and kept."""
    sine, calls = counted()
    A = np.random.default_rng(0).normal(size=(rows, 4))
    got = ag.jacobian(lambda x: A @ sine(x), mode=mode)(np.ones(4))
    assert_allclose(got, A * np.cos(1.0), rtol=1e-14)
    assert calls.count("sine") == 1
    assert calls.count("rule") == sweeps


@pytest.mark.parametrize("mode", ["forward", "auto"])
def test_a_tall_jacobian_is_swept_by_columns(mode):
    """Fifty results of four numbers take one transposition, not fifty sweeps."""
    sine, calls = counted()
    A = np.random.default_rng(0).normal(size=(50, 4))
    got = ag.jacobian(lambda x: A @ sine(x), mode=mode)(np.ones(4))
    assert_allclose(got, A * np.cos(1.0), rtol=1e-14)
    assert calls == ["sine", "rule"]


def test_branches_not_taken():
    """An infinite derivative in the branch not taken spoils no derivative, in neither direction."""
    f = lambda x: np.where(x > 0, np.sqrt(x) * x, 2 * x)
    x = np.array([0.0, 4.0, 0.0])
    with np.errstate(all="ignore"):
        assert_allclose(ag.jacobian(f, mode="reverse")(x), np.diag([2.0, 3.0, 2.0]))
        assert_allclose(ag.jacobian(f, mode="forward")(x), np.diag([2.0, 3.0, 2.0]))
        assert_allclose(ag.jvp(f, (x,), (np.ones(3),))[1], [2.0, 3.0, 2.0])


def test_both_modes_give_the_type_of_the_argument():
    """float32 in and float64 out is a float32 matrix, as the gradient would be."""
    x = np.ones(2, np.float32)
    for mode in ("forward", "reverse"):
        assert ag.jacobian(lambda x: x * np.ones(2), mode=mode)(x).dtype == np.float32


def test_jacobian_of_containers():
    """In place of every result stands the structure of the arguments."""
    p = parameters(3)
    for mode in ("reverse", "forward"):
        J = ag.jacobian(network, argnums=(0, 1), mode=mode)(p, X)
        assert J["h"][0]["W"].shape == (4, 3, 4, 2)
        assert J["h"][1].shape == (4, 3, 2, 3)
        assert_array_equal(J["more"][1][0]["b"], np.eye(4).reshape(4, 1, 4, 1))
        assert_array_equal(J["more"][2][0]["W"], np.zeros((4, 2)))
        h = network(p, X)["h"]
        slope = (1 - h * h)[:, :, None, None] * np.eye(4)[:, None, :, None] * X.T[None, :, None, :]
        assert_allclose(J["h"][0]["W"], slope, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_jacobian_of_nothing(mode):
    """Empty results and empty arguments give empty matrices."""
    assert ag.jacobian(lambda x: x[:0], mode=mode)(np.ones(3)).shape == (0, 3)
    assert ag.jacobian(lambda x: np.sum(x) * np.ones(2), mode=mode)(np.ones(0)).shape == (2, 0)


def test_hessian_of_a_quadratic_form():
    """x.T A x / 2 has the Hessian (A + A.T) / 2."""
    A = np.random.default_rng(1).normal(size=(4, 4))
    x = np.array([1.0, -2.0, 0.5, 3.0])
    f = lambda x: x @ A @ x / 2
    assert_allclose(ag.hessian(f)(x), (A + A.T) / 2, rtol=1e-14)
    assert_allclose(ag.hvp(f)(x, A[0]), (A + A.T) / 2 @ A[0], rtol=1e-13)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_hvp_is_the_hessian_times_the_vector(seed):
    """Also for containers, and whichever way the Hessian is made."""
    p, v = parameters(seed), parameters(seed + 1)
    cost = lambda p: np.sum(network(p, X)["more"][0] ** 2)
    H, got = ag.hessian(cost)(p), ag.hvp(cost)(p, v)
    for key in p:
        want = sum(np.tensordot(H[key][other], v[other], v[other].ndim) for other in v)
        assert_allclose(got[key], want, rtol=1e-11, atol=1e-12)
    pushed = ag.jvp(ag.grad(cost), (p,), (v,))[1]
    assert_allclose(got["W"], pushed["W"], rtol=1e-11, atol=1e-12)


def test_hessian_of_several_results():
    """For results of shape r it has shape r + s + s."""
    x = np.array([1.0, 2.0])
    H = ag.hessian(lambda x: x**3)(x)
    assert_array_equal(H, np.eye(2)[:, :, None] * np.eye(2)[:, None, :] * 6 * x[:, None, None])


def test_cost_of_shape_one_one():
    """The course's keepdims costs are scalars for grad and hvp."""
    f = lambda x: np.sum(x**3, axis=(0, 1), keepdims=True)
    assert_allclose(ag.grad(f)(X), 3 * X * X, rtol=1e-14)
    assert_allclose(ag.hvp(f)(X, X), 6 * X * X, rtol=1e-14)


# Complex numbers


def test_complex_arguments_of_real_functions():
    """The convention of JAX: of |z|^2 the gradient is 2 conj(z)."""
    z = np.array([1.0 + 2.0j, -0.5j])
    f = lambda z: np.sum(np.real(z * np.conj(z)))
    assert_allclose(ag.grad(f)(z), 2 * np.conj(z), rtol=1e-15)


def test_complex_derivatives_of_analytic_functions():
    """Both modes give the complex derivative."""
    z = np.array([1.0 + 2.0j, -0.5j])
    for mode in ("reverse", "forward"):
        assert_allclose(ag.jacobian(lambda z: z**3, mode=mode)(z), np.diag(3 * z**2), rtol=1e-14)
    assert_allclose(ag.jvp(np.exp, (z,), (1j * z,))[1], 1j * z * np.exp(z), rtol=1e-14)


# Misuse gets a sentence


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: None, "nothing. Is its `return` missing"),
        (lambda x: (x, x), "tuple of 2.*has_aux=True"),
        (lambda x: {"J": x}, "a dict of 1"),
        (lambda x: np.stack([x, x]), r"shape \(2,\).*jacobian or elementwise_grad"),
        (lambda x: x * 1j, "complex128.*np.real"),
        (lambda x: "cost", "str"),
    ],
)
def test_grad_of_what_is_no_scalar(f, words):
    """The message says what came instead, and what to do."""
    for verb in (ag.grad(f), ag.value_and_grad(f), lambda x: ag.hvp(f)(x, x)):
        with pytest.raises(ag.NotDifferentiableError, match=words):
            verb(1.0)


@pytest.mark.parametrize("x", [np.array([1, 2]), np.array(["a"]), True, "a"])
@pytest.mark.parametrize("verb", ["grad", "vjp", "jacobian", "hessian"])
def test_what_is_no_floating_number_cannot_be_differentiated(verb, x):
    """Integers are refused, not taken for constants."""
    with pytest.raises(ag.NotDifferentiableError, match="floating numbers"):
        VERBS[verb](lambda x: x, x)


def test_python_integers_are_floats():
    """3 as an argument means 3.0."""
    assert_array_equal(ag.grad(lambda x: x**2)(3), 6.0)


def test_arguments_that_are_not_there():
    """The message counts what was given by position."""
    with pytest.raises(ag.NotDifferentiableError, match="argument number 2, but 1 were given"):
        ag.grad(np.sin, argnums=2)(1.0)
    with pytest.raises(ag.NotDifferentiableError, match="argument number 0, but 0 were given"):
        ag.grad(lambda x: x)(x=1.0)
    with pytest.raises(ag.NotDifferentiableError, match="takes the vector v last"):
        ag.hvp(cubes)(1.0)
    with pytest.raises(ag.NotDifferentiableError, match="tangent v last"):
        ag.jvp(cubes)()
    with pytest.raises(ag.NotDifferentiableError, match="a tuple of tangents"):
        ag.jvp(cubes, (1.0,), (1.0,), (1.0,))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.grad(cubes, X), r"write ag\.grad\(f\)\(x\), not ag\.grad\(f, x\)"),
        (lambda: ag.grad(cubes, 1), r"Options are keywords: ag\.grad\(f, argnums=0\)\(x\)"),
        (lambda: ag.value_and_grad(cubes, X), r"write ag\.value_and_grad\(f\)\(x\)"),
        (lambda: ag.elementwise_grad(cubes, X), r"write ag\.elementwise_grad\(f\)\(x\)"),
        (lambda: ag.jacobian(cubes, X, mode="forward"), r"write ag\.jacobian\(f\)\(x\)"),
        (lambda: ag.hessian(cubes, X), r"write ag\.hessian\(f\)\(x\)"),
        (lambda: ag.hvp(cubes, X, X), r"write ag\.hvp\(f\)\(x, v\), not ag\.hvp\(f, x, v\)"),
    ],
)
def test_arguments_beside_the_function_are_refused(call, words):
    """A transform takes the function alone; the message says what to write."""
    with pytest.raises(ag.NotDifferentiableError, match=words):
        call()


def test_a_mode_that_is_none():
    """jacobian names its modes."""
    with pytest.raises(ag.NotDifferentiableError, match='"auto", "forward" and "reverse"'):
        ag.jacobian(np.sin, mode="sideways")


def test_has_aux_without_a_pair():
    """The message says what to return."""
    with pytest.raises(ag.NotDifferentiableError, match="returns a pair"):
        ag.grad(lambda x: x, has_aux=True)(1.0)


def test_an_error_in_f_leaves_the_switches_as_they_were():
    """After an exception inside, recording and nesting go on as before."""
    with ag.no_grad():
        with pytest.raises(ZeroDivisionError):
            ag.grad(lambda x: 1 / 0)(1.0)
        assert not (Tensor(1.0, requires_grad=True) * 2).requires_grad
    assert type(ag.grad(lambda x: x * x)(1.0)) is np.ndarray


def test_the_name_of_f_is_kept():
    """A differentiated function is called as the function."""
    assert ag.grad(cubes).__name__ == "cubes"


def test_tangents_belong_to_their_arguments() -> None:
    """Both arguments have shapes of their own."""
    A, x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([1.0, -1.0, 2.0])
    dA, dx = np.ones((2, 3)), np.array([0.5, 0.0, 1.0])
    y, dy = ag.jvp(lambda A, x: A @ x, argnums=(0, 1))(A, x, (dA, dx))
    assert_allclose(y, [5.0, 11.0])
    assert_allclose(dy, dA @ x + A @ dx)
