"""The steps of a Problem in each library: three ways in ours, and the peers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

from . import peers
from .measure import Contender, Running
from .problem import Names, Parameters, Problem

OURS = Names(np.tanh, ag.sigmoid, ag.relu, ag.log_softmax, np.log, np.sum)

EAGER = "eager"
COMPILED = "ag.compile"
ITERATE = "ag.iterate"
TORCH = "PyTorch eager"
JAX = "JAX jit"


def contenders(problem: Problem, *, all_peers: bool = True) -> list[Contender]:
    """Return every contender but the hand-written step, which each work defines itself."""
    start = functools.partial
    found = [
        Contender(EAGER, start(eager, problem)),
        Contender("eager, value_and_grad", start(eager_functional, problem)),
        Contender(COMPILED, start(compiled, problem)),
        Contender(TORCH, start(torch, problem), "torch"),
        Contender(JAX, start(jax, problem), "jax"),
    ]
    if all_peers:
        found += [
            Contender("autograd", start(autograd, problem), "autograd"),
            Contender("MyGrad", start(mygrad, problem), "mygrad"),
        ]
    return found


class State:
    """State that a contender passes to its next step: parameters, velocities, the last cost."""

    def __init__(self, p: Any, v: Any = None) -> None:
        self.p, self.v = p, v
        self.J: Any = None

    def read(self, number: Callable[[Any], Any] = np.asarray) -> Parameters:
        """Return the cost and the parameters as NumPy arrays."""
        return {"J": number(self.J), **{name: number(p) for name, p in self.p.items()}}


# Ours


def eager(problem: Problem) -> Running:
    """Step in PyTorch's style: Tensors that keep their gradient, backward, an update in place."""
    X, Y, cost, rate, beta = problem.X, problem.Y, problem.cost, problem.rate, problem.beta
    named = problem.start().items()
    state = State({k: ag.Tensor(p, requires_grad=True, name=k) for k, p in named}, problem.rest())
    p, v = state.p, state.v

    def step() -> None:
        state.J = J = cost(OURS, p, X, Y)
        J.backward()
        for name, t in p.items():
            g = t.grad
            if beta:
                g = v[name] = beta * v[name] + g
            t.data -= rate * g
            t.grad = None

    return Running(step, lambda: state.read(lambda t: t.data))


def eager_functional(problem: Problem) -> Running:
    """Step in JAX's style: value_and_grad of a function of plain arrays."""
    X, Y, cost, rate, beta = problem.X, problem.Y, problem.cost, problem.rate, problem.beta
    state = State(problem.start(), problem.rest())
    both = ag.value_and_grad(lambda p: cost(OURS, p, X, Y))

    def step() -> None:
        state.J, g = both(state.p)
        if beta:
            g = state.v = {name: beta * v + g[name] for name, v in state.v.items()}
        state.p = {name: p - rate * g[name] for name, p in state.p.items()}

    return Running(step, state.read)


def pure_step(problem: Problem) -> Callable[..., Any]:
    """Return one step as a pure function for ag.compile and ag.iterate: new state and cost."""
    cost, rate, beta = problem.cost, problem.rate, problem.beta

    def descend(p: Any, X: Any, Y: Any) -> Any:
        J, g = ag.value_and_grad(lambda p: cost(OURS, p, X, Y))(p)
        return {name: p[name] - rate * g[name] for name in p}, J

    def roll(state: Any, X: Any, Y: Any) -> Any:
        p, v = state
        J, g = ag.value_and_grad(lambda p: cost(OURS, p, X, Y))(p)
        v = {name: beta * v[name] + g[name] for name in p}
        return ({name: p[name] - rate * v[name] for name in p}, v), J

    return roll if beta else descend


def compiled(problem: Problem) -> Running:
    """Step with ag.compile of a pure step."""
    take = ag.compile(pure_step(problem))
    state, X, Y = State(problem.start()), problem.X, problem.Y

    def descend() -> None:
        state.p, state.J = take(state.p, X, Y)

    def roll() -> None:
        both, state.J = take((state.p, state.v), X, Y)
        state.p, state.v = both

    if problem.beta:
        state.v = problem.rest()
    return Running(roll if problem.beta else descend, state.read)


def iterated(problem: Problem, n: int, every: int = 100) -> Running:
    """Run ag.iterate of a pure step, n times at a call, always from the first parameters."""
    take = ag.compile(pure_step(problem))
    state, start = State(problem.start()), problem.start()

    def step() -> None:
        state.p, costs = ag.iterate(take, start, n, problem.X, problem.Y, every=every)
        state.J = costs[-1]

    return Running(step, state.read, count=n)


# Peers


def torch_names(torch: Any) -> Names:
    """Return PyTorch's functions."""
    return Names(
        torch.tanh,
        torch.sigmoid,
        torch.relu,
        torch.log_softmax,
        torch.log,
        torch.sum,
    )


def torch(problem: Problem) -> Running:
    """Step in PyTorch eager: backward, then an update in place without an optimizer object."""
    torch = peers.torch()
    xp, cost, rate, beta = torch_names(torch), problem.cost, problem.rate, problem.beta
    X, Y = torch.from_numpy(np.array(problem.X)), torch.from_numpy(np.array(problem.Y))
    state = State({k: torch.from_numpy(p).requires_grad_() for k, p in problem.start().items()})
    p = state.p
    v = {name: torch.zeros_like(t) for name, t in p.items()}

    def step() -> None:
        J = cost(xp, p, X, Y)
        J.backward()
        state.J = J.detach()
        with torch.no_grad():
            for name, t in p.items():
                g = t.grad
                if beta:
                    g = v[name].mul_(beta).add_(g)
                t.sub_(g, alpha=rate)
                t.grad = None

    return Running(step, lambda: state.read(lambda t: t.detach().numpy().copy()))


def jax_names() -> Names:
    """Return JAX's functions."""
    jnp, nn = peers.load("jax.numpy"), peers.load("jax.nn")
    return Names(jnp.tanh, nn.sigmoid, nn.relu, nn.log_softmax, jnp.log, jnp.sum)


def jax_step(problem: Problem) -> Callable[..., Any]:
    """Return one step as a pure function of JAX arrays."""
    jax = peers.jax()
    xp, cost, rate, beta = jax_names(), problem.cost, problem.rate, problem.beta

    def take(p: Any, v: Any, X: Any, Y: Any) -> Any:
        J, g = jax.value_and_grad(lambda p: cost(xp, p, X, Y))(p)
        if beta:
            g = v = {name: beta * v[name] + g[name] for name in p}
        return {name: p[name] - rate * g[name] for name in p}, v, J

    return take


def jax_arrays(tree: Any) -> Any:
    """Return the same pytree with JAX arrays of the same dtypes."""
    return peers.jax().tree.map(peers.load("jax.numpy").asarray, tree)


def jax(problem: Problem) -> Running:
    """Step with JAX jit; the old parameters are donated, so that it may work in place."""
    jax = peers.jax()
    take = jax.jit(jax_step(problem), donate_argnums=(0, 1))
    X, Y = jax_arrays((problem.X, problem.Y))
    state = State(*jax_arrays((problem.start(), problem.rest() if problem.beta else {})))

    def step() -> None:
        state.p, state.v, state.J = take(state.p, state.v, X, Y)

    return Running(step, state.read, sync=lambda: state.p["W1"].block_until_ready())


def jax_loop(problem: Problem, n: int) -> Running:
    """Run JAX's fori_loop: n steps in one compiled function, always from the first parameters."""
    jax = peers.jax()
    take = jax_step(problem)
    X, Y = jax_arrays((problem.X, problem.Y))
    start = jax_arrays(problem.start())

    def fori(p: Any, X: Any, Y: Any) -> Any:
        return jax.lax.fori_loop(0, n, lambda i, p: take(p, {}, X, Y)[0], p)

    loop = jax.jit(fori)
    state = State(start)

    def step() -> None:
        state.p = loop(start, X, Y)
        state.p["W1"].block_until_ready()

    def read() -> Parameters:
        return {name: np.asarray(p) for name, p in state.p.items()}

    return Running(step, read, count=n)


def autograd(problem: Problem) -> Running:
    """Step with HIPS autograd: value_and_grad on arrays."""
    grad, anp = peers.load("autograd"), peers.load("autograd.numpy")

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + anp.exp(-z))

    def relu(z: Any) -> Any:
        return anp.where(z > 0, z, 0)  # maximum(z, 0) would have the derivative 1/2 at 0

    xp = Names(anp.tanh, sigmoid, relu, None, anp.log, anp.sum)
    X, Y, cost, rate = problem.X, problem.Y, problem.cost, problem.rate
    state = State(problem.start())
    both = grad.value_and_grad(lambda p: cost(xp, p, X, Y))

    def step() -> None:
        state.J, g = both(state.p)
        state.p = {name: p - rate * g[name] for name, p in state.p.items()}

    return Running(step, state.read)


def mygrad(problem: Problem) -> Running:
    """Step with MyGrad: Tensors, backward, an update in place."""
    mg = peers.load("mygrad")

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + mg.exp(-z))

    def relu(z: Any) -> Any:
        return mg.maximum(z, 0)

    xp = Names(mg.tanh, sigmoid, relu, None, mg.log, mg.sum)
    X, Y, cost, rate = problem.X, problem.Y, problem.cost, problem.rate
    state = State({name: mg.tensor(p) for name, p in problem.start().items()})

    def step() -> None:
        state.J = J = cost(xp, state.p, X, Y)
        J.backward()
        for t in state.p.values():
            t.data -= rate * t.grad
            t.null_grad()

    return Running(step, lambda: state.read(lambda t: np.array(t.data)))
