"""An array that remembers: Tensor, its operators, and the two doors through which NumPy enters."""

from __future__ import annotations

import operator
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import rules as _rules  # noqa: F401 (fills the table)
from .backward import PICK, backpropagate
from .errors import GraphError, NoRuleError, NotDifferentiableError, ShapeError, SilentCopyError
from .graph import Node, describe, fingerprint, modes, next_order, protect, reachable, release
from .registry import COMPOSED, CONSTANT, RULES, Function, Rule, missing, printed_name
from .rules.indexing import getitem
from .rules.shaping import astype
from .watch import watch

ndarray = np.ndarray
_NOTHING: dict[str, Any] = {}
_deposit_lock = threading.Lock()


class Tensor:
    """An array whose computations are recorded, so that gradients can flow back through them.

    `data` is copied; `requires_grad=True` makes it a variable, whose gradient `backward` leaves in
    `grad`, an array of the same shape and dtype. `name` is shown in drawings and errors.

    Raises NotDifferentiableError for a variable that is not of floating or complex type.

    >>> W = Tensor([[1.0, 2.0]], requires_grad=True)
    >>> X = np.array([[3.0], [4.0]])
    >>> J = (W @ X).sum()
    >>> J.backward()
    >>> W.grad
    array([[3., 4.]])
    """

    __slots__ = ("__weakref__", "_data", "_grad", "_name", "_node")
    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]  # == compares elements, so it cannot be a key

    def __init__(
        self, data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None
    ) -> None:
        if isinstance(data, Tensor):
            data = data._data
        if not hasattr(data, "__array_function__") or isinstance(data, ndarray | np.generic):
            data = np.array(data, dtype=dtype)
            if data.ndim == 0:
                data = data[()]  # NumPy's scalars compute much faster than arrays of one number
        elif dtype is not None:
            data = data.astype(dtype)
        self._data = data
        self._name = name
        self._grad: Any = None
        self._node: Node | None = None
        if requires_grad:
            make_leaf(self)

    # What it is

    @property
    def data(self) -> Any:
        """The array itself. Writing into it while a graph needs it is found by `backward`."""
        data = self._data
        if isinstance(data, np.generic):
            data = np.asarray(data)
            if self.is_leaf:
                self._data = data  # so that writing into it is seen
            return data
        if self._node is not None and self._node.rule is not None and type(data) is ndarray:
            data = data.view()
            data.flags.writeable = False  # the graph needs it as it is
        return data

    @data.setter
    def data(self, new: Any) -> None:
        if np.shape(new) != self._data.shape:
            raise ShapeError(
                f"{self._called()} has shape {self._data.shape}; data of shape {np.shape(new)} "
                f"cannot take its place. Make a new Tensor."
            )
        if self._node is not None and self._node.rule is not None:
            raise SilentCopyError(
                f"{self._called()} is the result of {printed_name(self._node.rule.fn)}; its data "
                f"belong to the graph. Use t.detach(), or make a new Tensor."
            )
        if not hasattr(new, "__array_function__") or isinstance(new, np.generic):
            new = np.asarray(new)
        new = new if new.dtype == self._data.dtype else new.astype(self._data.dtype)
        self._data = new[()] if type(new) is ndarray and new.ndim == 0 else new

    __autograd_data__ = property(lambda self: self._data)

    @property
    def grad(self) -> Any:
        """The gradient that `backward` left, or None."""
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None and np.shape(new) != self._data.shape:
            raise ShapeError(
                f"the gradient of {self._called()} has shape {self._data.shape}, not "
                f"{np.shape(new)}."
            )
        self._grad = new

    @property
    def name(self) -> str | None:
        """What drawings and errors call it."""
        return self._name

    @name.setter
    def name(self, new: str | None) -> None:
        self._name = new
        if self._node is not None:
            self._node.note().name = new

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to it."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted and self._node is None:
            make_leaf(self)
        elif not wanted and self._node is not None:
            if self._node.rule is not None:
                raise GraphError("only a leaf can stop requiring a gradient; use t.detach().")
            self._node = None

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it, rather than a recorded call."""
        return self._node is None or self._node.rule is None

    shape = property(lambda self: self._data.shape, doc="As of an ndarray.")
    dtype = property(lambda self: self._data.dtype, doc="As of an ndarray.")
    ndim = property(lambda self: self._data.ndim, doc="As of an ndarray.")
    size = property(lambda self: self._data.size, doc="As of an ndarray.")
    nbytes = property(lambda self: self._data.nbytes, doc="As of an ndarray.")
    itemsize = property(lambda self: self._data.itemsize, doc="As of an ndarray.")
    T = property(lambda self: record(np.transpose, (self,)), doc="Axes reversed.")
    mT = property(lambda self: record(np.swapaxes, (self, -1, -2)), doc="Last two axes swapped.")
    real = property(lambda self: np.real(self), doc="Real part.")
    imag = property(lambda self: np.imag(self), doc="Imaginary part.")
    flat = property(lambda self: iter(self.ravel()), doc="Its numbers in row-major order.")

    def _called(self) -> str:
        return f"the Tensor {self._name!r}" if self._name else "a Tensor"

    # The way back

    def backward(
        self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Leave d(self)/d(leaf) in the `grad` of every leaf, added to what is there.

        `gradient` is the gradient of something with respect to self, of self's shape; a scalar
        needs none. `retain_graph` allows a second backward, `create_graph` derivatives of the
        gradients themselves.

        Raises GraphError after a backward without retain_graph, NotDifferentiableError where
        nothing requires a gradient, ShapeError where a gradient is needed or does not fit.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        array(6.)
        """
        root = self._node
        if root is None:
            raise NotDifferentiableError(
                f"backward on {self._called()} that does not depend on any variable. Create the "
                f"parameters with Tensor(..., requires_grad=True), and not under no_grad()."
            )
        if root.notes is not None and root.notes.swept:
            raise GraphError(
                f"backward a second time through the same graph, which ends in {describe(root)}. "
                "Run the forward pass again, or call the first backward with retain_graph=True."
            )
        g = self._starting_gradient(gradient)
        nodes = reachable(root)
        found = backpropagate(nodes, g, tensor_of if create_graph else None)
        for node, d in found.items():
            tensor = node.notes and node.notes.sink and node.notes.sink()
            if tensor is not None:
                tensor._deposit(d)
        if not (retain_graph or create_graph):
            release(nodes)

    def _starting_gradient(self, gradient: Any) -> Any:
        data = self._data
        if gradient is None:
            if data.size != 1:
                raise ShapeError(
                    f"backward on shape {data.shape}: only a scalar has a gradient by itself. Sum "
                    f"it to a cost first, or pass gradient= of shape {data.shape}."
                )
            return np.ones_like(data) if data.shape else data.dtype.type(1)
        if np.shape(gradient) != data.shape:
            raise ShapeError(
                f"gradient has shape {np.shape(gradient)}, but what it is the gradient of has "
                f"shape {data.shape}."
            )
        if isinstance(gradient, Tensor):
            return gradient
        return np.asarray(gradient, dtype=data.dtype)

    def _deposit(self, d: Any) -> None:
        if isinstance(d, np.generic):
            d = np.asarray(d)
        with _deposit_lock:
            self._grad = d if self._grad is None else self._grad + d

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    def retain_grad(self) -> None:
        """Ask that backward leave the gradient here too, though self is not a leaf."""
        if self._node is None:
            raise NotDifferentiableError("retain_grad on a Tensor that needs no gradient.")
        self._node.note().sink = weakref.ref(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Call `hook(gradient)` when it is known; what it returns, unless None, replaces it.

        Gives back a function that removes the hook.
        """
        if self._node is None:
            raise NotDifferentiableError("register_hook on a Tensor that needs no gradient.")
        notes = self._node.note()
        notes.hooks = [*(notes.hooks or []), hook]

        def remove() -> None:
            notes.hooks = [h for h in notes.hooks or [] if h is not hook]

        return remove

    def detach(self) -> Tensor:
        """The same numbers, cut from the graph."""
        return tensor_of(self._data, None)

    # Out of the graph, and saying so

    def numpy(self) -> Any:
        """A copy of the data, outside the graph."""
        return np.array(self._data)

    def item(self, *args: Any) -> Any:
        """The one number inside, as Python's own."""
        return self._data.item(*args)

    def tolist(self) -> Any:
        """The data as nested lists of Python's numbers."""
        return self._data.tolist()

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise SilentCopyError(
            f"NumPy was about to turn {self._called()} of shape {self._data.shape} into a plain "
            f"array, which would cut it from the graph. Write t.data where that is meant; else use "
            f"a NumPy function that dispatches, such as np.stack for a list of Tensors."
        )

    def __float__(self) -> float:
        return float(self._data)

    def __int__(self) -> int:
        return int(self._data)

    def __complex__(self) -> complex:
        return complex(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __index__(self) -> int:
        return operator.index(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __format__(self, spec: str) -> str:
        return format(self._data.item() if self._data.ndim == 0 and spec else self._data, spec)

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        name = f", name={self._name!r}" if self._name else ""
        wanted = ", requires_grad=True" if self._node is not None else ""
        usual = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        return f"Tensor({text}{usual}{wanted}{name})"

    def __copy__(self) -> Tensor:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor(self._data, requires_grad=self.requires_grad, name=self._name)

    # NumPy's two doors

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            if not kwargs:
                if len(inputs) == 1:
                    operate = _UNARY.get(ufunc)
                    return record(ufunc, inputs) if operate is None else operate(self)
                operators = _BINARY.get(ufunc)
                if operators is None:
                    return record(ufunc, inputs)
                a, b = inputs
                return operators[0](a, b) if type(a) is Tensor else operators[1](b, a)
            return apply(ufunc, inputs, _ufunc_options(ufunc, kwargs))
        definition = _rules.METHODS.get((ufunc, method)) or _rules.METHODS.get((None, method))
        if definition is None:
            raise missing(getattr(ufunc, method))
        return definition(ufunc, *inputs, **kwargs)

    def __array_function__(
        self, fn: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return apply(fn, args, kwargs)

    def __autograd_call__(self, fn: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
        return apply(fn, args, kwargs)

    # Indexing

    def __getitem__(self, index: Any) -> Any:
        return record(getitem, (self, plain(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise SilentCopyError(
            f"writing into {self._called()} would change what the graph remembers. Build the new "
            f"array with np.where, np.concatenate or np.put_along_axis's value form; or write into "
            f"t.data when no graph needs it."
        )

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self._data)))

    def __contains__(self, value: Any) -> bool:
        return value in self._data

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """The same numbers in another type; the gradient comes back in the old one."""
        return record(astype, (self, np.dtype(dtype)))


def tensor_of(data: Any, node: Node | None) -> Tensor:
    """A Tensor around an array that is already there, without a copy."""
    t: Tensor = _new(Tensor)
    t._data = data
    t._node = node
    t._name = None
    t._grad = None
    return t


_new = Tensor.__new__
_new_node = Node.__new__
Tensor._of = staticmethod(tensor_of)  # type: ignore[attr-defined]


def make_leaf(t: Tensor) -> None:
    """Turn a Tensor into a variable of the graph."""
    if t._data.dtype.kind not in "fc":
        raise NotDifferentiableError(
            f"{t._called()} of type {t._data.dtype} cannot require a gradient: only floating and "
            f"complex numbers have derivatives. Pass dtype=float."
        )
    t._node = node = Node(None, (), _NOTHING, t._data, ())
    notes = node.note()
    notes.sink = weakref.ref(t)
    notes.name = t._name


# Recording


def apply(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Any NumPy function on arguments of which some are Tensors, by whatever the table says."""
    if fn in RULES:
        if kwargs or len(args) > 1 or type(args[0]) is not Tensor:
            args, kwargs = RULES[fn].bind(args, kwargs)
        return record(fn, args, kwargs)
    definition = COMPOSED.get(fn)
    if definition is not None:
        try:
            return definition(*args, **{k: v for k, v in kwargs.items() if v is not np._NoValue})
        except TypeError as error:
            if "unexpected keyword" not in str(error) and "positional argument" not in str(error):
                raise
            raise NoRuleError(f"{printed_name(fn)}: {error}; no rule knows this argument.") from None
    if fn in CONSTANT:
        return fn(*plain(args), **plain(kwargs))
    if not any(t.requires_grad for t in tensors_in((args, kwargs))):
        return wrap(fn(*plain(args), **plain(kwargs)))
    raise missing(fn)


def record(fn: Function, args: tuple[Any, ...], kwargs: dict[str, Any] = _NOTHING) -> Any:
    """Call `fn` on raw arrays, and remember the call when a gradient will flow through it."""
    rule = RULES.get(fn)
    if rule is None or not args:
        return apply(fn, args, kwargs)
    if len(args) == 1 and type(args[0]) is Tensor:
        a = args[0]._data
        return remember(rule, (a,), kwargs, fn(a, **kwargs), (args[0]._node,))
    raw = tuple([a._data if type(a) is Tensor else a for a in args])
    parents = tuple([a._node if type(a) is Tensor else None for a in args])
    if len(args) > len(rule.vjps) and rule.each is None:
        for i, parent in enumerate(parents[len(rule.vjps) :], len(rule.vjps)):
            if parent is not None and modes.grad:
                raise NoRuleError(
                    f"{printed_name(fn)} has no derivative with respect to {rule.names[i]}, but "
                    f"got a Tensor there that requires a gradient. Pass tensor.data."
                )
    return remember(rule, raw, kwargs, fn(*raw, **kwargs), parents)


def remember(
    rule: Rule, raw: tuple[Any, ...], kwargs: Any, out: Any, parents: tuple[Node | None, ...]
) -> Any:
    """A Tensor for the result of a call, tied to the calls that made its arguments."""
    if not any(parents) or not modes.grad:
        return wrap(out)
    if type(out) is not ndarray and isinstance(out, tuple | list):
        return several(Node(rule, raw, kwargs, tuple(out), parents), out)
    node = Node(rule, raw, kwargs, out, parents)
    protect(node)
    if not modes.plain:
        watch(node)
    return tensor_of(out, node)


def several(node: Node, out: Any) -> Any:
    """A Tensor for each output of one call; whole numbers, which have no gradient, stay raw."""
    protect(node)
    if not modes.plain:
        watch(node)
    parts = [
        tensor_of(part, Node(PICK, (node.out, i), _NOTHING, part, (node, None)))
        if part.dtype.kind in "fc"
        else part
        for i, part in enumerate(node.out)
    ]
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)


def wrap(out: Any) -> Any:
    """Results that need no gradient, as Tensors; what is no array stays what it is."""
    if isinstance(out, ndarray | np.generic) or hasattr(out, "__array_function__"):
        return tensor_of(out, None)
    if isinstance(out, tuple | list):
        parts = [wrap(part) for part in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)
    return out


def plain(x: Any) -> Any:
    """The same nest of tuples, lists and dicts with raw arrays in place of Tensors."""
    if type(x) is Tensor:
        return x._data
    if type(x) in (tuple, list):
        return type(x)(plain(item) for item in x)
    if type(x) is dict:
        return {key: plain(item) for key, item in x.items()}
    return x


def tensors_in(x: Any) -> Iterator[Tensor]:
    """Every Tensor in a nest of tuples, lists and dicts."""
    if type(x) is Tensor:
        yield x
    elif isinstance(x, tuple | list):
        for item in x:
            yield from tensors_in(item)
    elif isinstance(x, dict):
        yield from tensors_in(list(x.values()))


# Operators: they skip NumPy's doors, and run Python's operator on the raw arrays


def binary(fn: Function, compute: Callable[[Any, Any], Any], reflected: bool = False) -> Any:
    """An operator method that records the NumPy function `fn`."""
    rule = RULES[fn]
    of_a, of_b = rule.read
    # Whether a and b are read, when the gradient goes to: nobody, a, b, both.
    reads = [(0 in r, 1 in r) for r in ((), of_a, of_b, of_a + of_b)]

    def operate(self: Tensor, other: Any) -> Tensor:
        if type(other) is Tensor:
            b, q = other._data, other._node
        else:
            b, q = np.asarray(other) if isinstance(other, list | tuple) else other, None
        a, p = self._data, self._node
        if reflected:
            a, b, p, q = b, a, q, p
        out = compute(a, b)
        if (p is None and q is None) or not modes.plain:
            return remember(rule, (a, b), _NOTHING, out, (p, q))  # type: ignore[no-any-return]
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a, b), _NOTHING, out
        node.parents, node.order, node.notes, node.saved = (p, q), next_order(), None, None
        # As in `protect`, spelled out, because most calls of most programs come through here.
        reads_a, reads_b = reads[(p is not None) + 2 * (q is not None)]
        if reads_b and type(b) is ndarray and (q is None or q.rule is None or b.base is not None):
            node.saved = ((1, fingerprint(b)),)
        if reads_a and type(a) is ndarray and (p is None or p.rule is None or a.base is not None):
            node.saved = (*(node.saved or ()), (0, fingerprint(a)))
        t: Tensor = _new(Tensor)
        t._data = out
        t._node = node
        t._name = None
        t._grad = None
        return t

    return operate


# So that np.add(t, x) is as quick as t + x: the operators of a ufunc, plain and reflected
_BINARY: dict[Function, tuple[Any, Any]] = {}
_UNARY: dict[Function, Any] = {}


def unary(fn: Function, compute: Callable[[Any], Any]) -> Any:
    """A method that records the one-argument NumPy function `fn`."""
    rule = RULES[fn]
    reads = bool(rule.read[0])

    def operate(self: Tensor) -> Any:
        a, p = self._data, self._node
        out = compute(a)
        if p is None or not modes.plain or type(out) is tuple:
            return remember(rule, (a,), _NOTHING, out, (p,))
        node = _new_node(Node)
        node.rule, node.args, node.kwargs, node.out = rule, (a,), _NOTHING, out
        node.parents, node.order, node.notes, node.saved = (p,), next_order(), None, None
        if reads and type(a) is ndarray and (p.rule is None or a.base is not None):
            node.saved = ((0, fingerprint(a)),)
        t: Tensor = _new(Tensor)
        t._data = out
        t._node = node
        t._name = None
        t._grad = None
        return t

    return operate


def comparison(fn: Function) -> Any:
    """A comparison: plain booleans, no gradient."""

    def operate(self: Tensor, other: Any) -> Any:
        return fn(self._data, plain(other))

    return operate


def method(fn: Function) -> Any:
    """A method of ndarray's that records the NumPy function of the same arguments."""
    quick = getattr(ndarray, fn.__name__, None)  # skips a layer of NumPy's own dispatch

    def call(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        rule = RULES.get(fn)
        if rule is None or type(self._data) is not ndarray or quick is None:
            return apply(fn, (self, *args), kwargs)
        if args or kwargs:
            args, kwargs = rule.bind((self, *args), kwargs)
            if any([type(a) is Tensor for a in args[1:]]):
                return record(fn, args, kwargs)
            args = args[1:]
        data = self._data
        return remember(
            rule,
            (data, *args),
            kwargs or _NOTHING,
            quick(data, *args, **kwargs),
            (self._node, *[None] * len(args)),
        )

    call.__doc__ = f"As {printed_name(fn)}."
    return call


for _name, _fn, _compute in (
    ("add", np.add, operator.add), ("sub", np.subtract, operator.sub),
    ("mul", np.multiply, operator.mul), ("truediv", np.true_divide, operator.truediv),
    ("pow", np.power, operator.pow), ("matmul", np.matmul, operator.matmul),
):  # fmt: skip
    _BINARY[_fn] = binary(_fn, _compute), binary(_fn, _compute, reflected=True)
    setattr(Tensor, f"__{_name}__", _BINARY[_fn][0])
    setattr(Tensor, f"__r{_name}__", _BINARY[_fn][1])
for _name, _fn, _compute in (
    ("neg", np.negative, operator.neg), ("pos", np.positive, operator.pos),
    ("abs", np.absolute, operator.abs),
):  # fmt: skip
    _UNARY[_fn] = unary(_fn, _compute)
    setattr(Tensor, f"__{_name}__", _UNARY[_fn])
for _fn in list(RULES):
    if isinstance(_fn, np.ufunc) and _fn.nin == 1 and _fn not in _UNARY:
        _UNARY[_fn] = unary(_fn, _fn)
for _name, _fn in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
    ("gt", np.greater), ("ge", np.greater_equal),
):  # fmt: skip
    setattr(Tensor, f"__{_name}__", comparison(_fn))
for _fn in (
    np.sum, np.mean, np.max, np.min, np.prod, np.std, np.var, np.cumsum, np.cumprod, np.trace,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.all, np.any, np.nonzero, np.searchsorted,
    np.transpose, np.squeeze, np.swapaxes, np.ravel, np.repeat, np.take, np.diagonal, np.clip,
    np.dot, np.round, np.compress, np.choose, np.conjugate,
):  # fmt: skip
    setattr(Tensor, _fn.__name__, method(_fn))


# Methods whose arguments differ from those of the function


def _reshape(self: Tensor, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """As np.reshape; the shape may be given as one tuple or as several numbers."""
    return apply(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {"order": order})


def _transpose(self: Tensor, *axes: Any) -> Any:
    """As np.transpose; the axes may be given as one tuple or as several numbers."""
    return record(np.transpose, (self, *(axes if len(axes) < 2 else (axes,))))


def _flatten(self: Tensor, order: str = "C") -> Any:
    """As np.ravel; a Tensor never shares its memory."""
    return apply(np.ravel, (self,), {"order": order})


def _copy(self: Tensor, order: str = "C") -> Any:
    """The same numbers as a new node of the graph."""
    return record(np.positive, (self,))


def _sort(self: Tensor, axis: int = -1, **kwargs: Any) -> Any:
    raise SilentCopyError("t.sort() would reorder in place; use np.sort(t), which gives a new one.")


for _name, _method in (
    ("reshape", _reshape), ("transpose", _transpose), ("flatten", _flatten), ("copy", _copy),
    ("sort", _sort),
):  # fmt: skip
    setattr(Tensor, _name, _method)
Tensor.conj = Tensor.conjugate  # type: ignore[attr-defined]
Tensor.ptp = method(np.ptp)  # type: ignore[attr-defined]
