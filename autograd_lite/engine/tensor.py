"""An array that remembers what made it, and the way back from it to the variables."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GraphError, NotDifferentiableError, ShapeError, SilentCopyError
from ..rules.devices import in_type_of
from ..rules.registry import printed_name
from . import hooks
from .backward import seed
from .conversions import Conversions
from .graph import Node, describe, release
from .replay import sweep_or_replay

ndarray = np.ndarray
_deposit_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # a child must not inherit a lock that nobody will open
    os.register_at_fork(
        before=_deposit_lock.acquire,
        after_in_parent=_deposit_lock.release,
        after_in_child=_deposit_lock.release,
    )


class Tensor(Conversions):
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

    if (
        TYPE_CHECKING
    ):  # operators, NumPy's doors and ndarray's methods: see operators.py, methods.py
        _data: Any

        def __getattr__(self, name: str) -> Any: ...

        def __getitem__(self, index: Any) -> Any: ...
        def __iter__(self) -> Any: ...
        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __pos__(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __rmatmul__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...

    # What it is

    @property
    def data(self) -> Any:
        """The array itself. Writing into it while a graph needs it is found by `backward`."""
        data = self._data
        if type(data) is not ndarray and isinstance(data, np.generic):
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
        if new is not self._data:  # else t.data -= ... wrote in place
            self._data = self._as_mine(new)
        node = self._node
        if node is not None and type(self._grad) is ndarray:
            (node.meta or node.require_meta()).stepped = weakref.ref(self._grad)

    def _as_mine(self, new: Any) -> Any:
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
        return new[()] if type(new) is ndarray and new.ndim == 0 else new

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
            self._node.require_meta().name = new

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
                f"parameters with Tensor(..., requires_grad=True), and not under no_grad(); whole "
                f"numbers, such as x.astype(int), have no gradient and end the graph."
            )
        if root.meta is not None and root.meta.swept:
            raise GraphError(
                f"backward a second time through the same graph, which ends in {describe(root)}. "
                "Run the forward pass again, or call the first backward with retain_graph=True."
            )
        g = self._starting_gradient(gradient, create_graph)
        nodes, found = sweep_or_replay(root, g, tensor_of if create_graph else None)
        for node, d in found.items():
            meta = node.meta
            if meta is not None and meta.sink is not None:
                tensor = meta.sink()
                if tensor is not None:
                    tensor._deposit(d)
        if not (retain_graph or create_graph):
            release(nodes)

    def _starting_gradient(self, gradient: Any, create_graph: bool = False) -> Any:
        data = self._data
        if gradient is None:
            if type(data) is not np.float64 and data.size != 1:
                raise ShapeError(
                    f"backward on shape {data.shape}: only a scalar has a gradient by itself. Sum "
                    f"it to a cost first, or pass gradient= of shape {data.shape}."
                )
            return seed(data)
        if np.shape(gradient) != data.shape:
            raise ShapeError(
                f"gradient has shape {np.shape(gradient)}, but what it is the gradient of has "
                f"shape {data.shape}."
            )
        if isinstance(gradient, Tensor):
            if create_graph:
                return gradient
            gradient = gradient._data
        return in_type_of(data, gradient)

    def _deposit(self, d: Any) -> None:
        if type(d) is not ndarray and isinstance(d, np.generic):
            d = np.asarray(d)
        with _deposit_lock:
            earlier = self._grad
            self._grad = d if earlier is None else earlier + d
        if earlier is not None and self._node is not None:
            stepped = self._node.require_meta().stepped
            if stepped is not None and stepped() is earlier:
                hooks.gradient_accumulated(self)

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    def retain_grad(self) -> None:
        """Ask that backward leave the gradient here too, though self is not a leaf."""
        if self._node is None:
            raise NotDifferentiableError("retain_grad on a Tensor that needs no gradient.")
        self._node.require_meta().sink = weakref.ref(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Call `hook(gradient)` when it is known; what it returns, unless None, replaces it.

        Gives back a function that removes the hook.
        """
        if self._node is None:
            raise NotDifferentiableError("register_hook on a Tensor that needs no gradient.")
        meta = self._node.require_meta()
        meta.hooks = [*(meta.hooks or []), hook]

        def remove() -> None:
            meta.hooks = [h for h in meta.hooks or [] if h is not hook]

        return remove

    def detach(self) -> Tensor:
        """The same numbers, cut from the graph."""
        return tensor_of(self._data, None)

    def __copy__(self) -> Tensor:
        return +self  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor(self._data, requires_grad=self.requires_grad, name=self._name)


def tensor_of(data: Any, node: Node | None) -> Tensor:
    """A Tensor around an array that is already there, without a copy."""
    t: Tensor = _new(Tensor)
    t._data = data
    t._node = node
    t._name = None
    t._grad = None
    return t


_new = Tensor.__new__


def make_leaf(t: Tensor) -> None:
    """Turn a Tensor into a variable of the graph."""
    if t._data.dtype.kind not in "fc":
        raise NotDifferentiableError(
            f"{t._called()} of type {t._data.dtype} cannot require a gradient: only floating and "
            f"complex numbers have derivatives. Pass dtype=float."
        )
    t._node = node = Node(None, (), {}, t._data, ())
    meta = node.require_meta()
    meta.sink = weakref.ref(t)
    meta.name = t._name
