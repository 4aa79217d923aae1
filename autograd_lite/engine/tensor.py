"""Tensor: an array that records what made it, and its backward pass to the variables."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, final

import numpy as np

from ..errors import GraphError, NotDifferentiableError, ShapeError, SilentCopyError
from ..rules.devices import in_type_of
from ..rules.registry import printed_name
from . import hooks
from .array_methods import ArrayMethods
from .array_protocol import ArrayProtocol
from .backward import backpropagate, seed
from .conversions import Conversions
from .graph import NOTHING, Node, describe, reachable, release, tensor_of
from .operators import Operators

ndarray = np.ndarray
_deposit_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # a child must not inherit a lock that nobody will open
    os.register_at_fork(
        before=_deposit_lock.acquire,
        after_in_parent=_deposit_lock.release,
        after_in_child=_deposit_lock.release,
    )


@final
class Tensor(Operators, ArrayProtocol, ArrayMethods, Conversions, results=True):
    """An array whose computations are recorded, so that gradients can flow back through them.

    Parameters
    ----------
    data : array, nested lists of numbers, or a number; it is copied
    requires_grad : True makes it a variable, whose gradient `backward` leaves in `grad`, an array
        of the same shape and dtype
    dtype : NumPy dtype of the elements; that of the data if None
    name : shown in drawings and errors

    Raises
    ------
    NotDifferentiableError
        For a variable that is not of floating or complex type, and for data that are no numbers.

    Examples
    --------
    >>> W = Tensor([[1.0, 2.0]], requires_grad=True)
    >>> X = np.array([[3.0], [4.0]])
    >>> J = (W @ X).sum()
    >>> J.backward()
    >>> W.grad
    array([[3., 4.]])
    """

    __slots__ = ()

    def __init__(
        self, data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None
    ) -> None:
        if isinstance(data, Tensor):
            data = data._data
        if not hasattr(data, "__array_function__") or isinstance(data, ndarray | np.generic):
            given, data = data, np.array(data, dtype=dtype)
            if data.dtype.kind not in "fciub":
                raise NotDifferentiableError(
                    f"a Tensor holds numbers, but was given {_shortly(given)}, which is an array "
                    f"of type {data.dtype}. Pass numbers; dtype=float converts text and objects "
                    f"that hold numbers."
                )
            if data.ndim == 0:
                data = data[()]  # NumPy's scalars compute much faster than arrays of one element
        elif dtype is not None:
            data = data.astype(dtype)
        self._data = data
        self._name = name
        self._grad = None
        self._node = None
        if requires_grad:
            make_leaf(self)

    @property
    def data(self) -> Any:
        """The array itself; `backward` detects a write into it while a graph needs it."""
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
        """Return new data in this Tensor's dtype; raise if they cannot replace the old."""
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
        """The name in drawings and errors."""
        return self._name

    @name.setter
    def name(self, new: str | None) -> None:
        self._name = new
        if self._node is not None:
            self._node.require_meta().name = new

    @property
    def requires_grad(self) -> bool:
        """True if a gradient flows to it."""
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
        """True if the user made it, rather than a recorded call."""
        return self._node is None or self._node.rule is None

    def backward(
        self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add d(self)/d(leaf) to the `grad` of every leaf.

        Parameters
        ----------
        gradient : the gradient of something with respect to self, of self's shape; a scalar
            needs none
        retain_graph : allow a second backward
        create_graph : record the backward pass, for derivatives of the gradients

        Raises
        ------
        GraphError
            After a backward without retain_graph, or if an array was written to.
        NotDifferentiableError
            If nothing requires a gradient.
        ShapeError
            If `gradient` is missing or does not fit.

        Examples
        --------
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
        if root.meta is not None and root.meta.released:
            raise GraphError(
                f"backward a second time through the same graph, which ends in {describe(root)}. "
                "Run the forward pass again, or call the first backward with retain_graph=True."
            )
        g = self._starting_gradient(gradient, create_graph)
        nodes = reachable(root)
        found = backpropagate(nodes, g, tensor_of if create_graph else None)
        for node, d in found.items():
            meta = node.meta
            if meta is not None and meta.sink is not None:
                tensor = meta.sink()
                if tensor is not None:
                    tensor._deposit(d)
        if not (retain_graph or create_graph):
            release(nodes)

    def _starting_gradient(self, gradient: Any, create_graph: bool = False) -> Any:
        """Return the gradient that the sweep starts from."""
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
                f"gradient has shape {np.shape(gradient)}, but the Tensor it belongs to has shape "
                f"{data.shape}."
            )
        if isinstance(gradient, Tensor):
            if create_graph:
                return gradient
            gradient = gradient._data
        return in_type_of(data, gradient)

    def _deposit(self, d: Any) -> None:
        """Add a gradient to `grad`."""
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
        """Make backward leave the gradient here too, though self is not a leaf."""
        if self._node is None:
            raise NotDifferentiableError("retain_grad on a Tensor that needs no gradient.")
        self._node.require_meta().sink = weakref.ref(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Call `hook(gradient)` when the gradient is complete; a return value replaces it.

        Returns
        -------
        A function that removes the hook.
        """
        if self._node is None:
            raise NotDifferentiableError("register_hook on a Tensor that needs no gradient.")
        meta = self._node.require_meta()
        meta.hooks = [*(meta.hooks or []), hook]

        def remove() -> None:
            meta.hooks = [h for h in meta.hooks or [] if h is not hook]

        return remove

    def detach(self) -> Tensor:
        """Return a Tensor with the same data, cut from the graph."""
        return tensor_of(self._data, None)

    def __copy__(self) -> Tensor:
        return +self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor(self._data, requires_grad=self.requires_grad, name=self._name)


def make_leaf(t: Tensor) -> None:
    """Turn a Tensor into a variable of the graph."""
    if t._data.dtype.kind not in "fc":
        raise NotDifferentiableError(
            f"{t._called()} of type {t._data.dtype} cannot require a gradient: only floating and "
            f"complex numbers have derivatives. Pass dtype=float."
        )
    t._node = node = Node(None, (), NOTHING, t._data, ())
    meta = node.require_meta()
    meta.sink = weakref.ref(t)
    meta.name = t._name


def _shortly(x: Any) -> str:
    """Return what an error calls a value: its repr if that is short, else its type."""
    text = repr(x)
    return text if len(text) < 40 else f"a {type(x).__name__}"
