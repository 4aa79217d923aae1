"""Methods that a Tensor shares with ndarray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..errors import SilentCopyError
from ..rules.registry import RULES, printed_name
from ..rules.shaping import astype
from ..rules.signature import Function
from .graph import NOTHING, Recorded
from .operators import unary
from .record import apply, arguments, call, record, result, wrap

if TYPE_CHECKING:
    from .tensor import Tensor

Method = Callable[..., "Tensor"]
Plain = Callable[..., Any]

# np.sum(t) is t.sum(), but functions may have options that methods lack.
QUICK: dict[Function, Plain] = {}
SHARED = {"axis", "keepdims"}


def method(fn: Function) -> Method:
    """Return a method of ndarray's that records the NumPy function of the same arguments.

    NumPy's function then takes the same short way: see QUICK.
    """
    quick: Any = getattr(np.ndarray, fn.__name__, None)  # skips a layer of NumPy's own dispatch
    alone = unary(fn, quick) if fn in RULES and quick is not None else None

    def run(self: Recorded, *args: Any, **kwargs: Any) -> Any:
        if alone is None or type(self._data) is not np.ndarray:
            return apply(fn, (self, *args), kwargs)
        if not args and not kwargs:
            return alone(self)
        rule = RULES[fn]
        args, kwargs = arguments(rule, (self, *args), kwargs)
        args = args[1:]
        if any([type(a) in (list, tuple, Recorded.kind) for a in args]):
            return record(fn, (self, *args), kwargs)
        raw, parents = (self._data, *args), (self._node, *[None] * len(args))
        return result(rule, raw, kwargs or NOTHING, call(fn, quick, raw, kwargs, parents), parents)

    run.__doc__ = f"Call {printed_name(fn)}."
    QUICK[fn] = run
    return run


def of_data(name: str, doc: str) -> Any:
    """Return a read-only property of the raw array."""
    return property(attrgetter(f"_data.{name}"), doc=doc)


def refused(name: str, instead: str) -> Plain:
    """Return a method of ndarray's that would write into the array: it raises."""

    def refuse(self: Recorded, *args: Any, **kwargs: Any) -> Any:
        raise SilentCopyError(
            f"t.{name}() would change {self._called()} in place, and the graph may need it as it "
            f"was. Use {instead}, which returns a new one."
        )

    refuse.__doc__ = f"Raise SilentCopyError: {instead} returns a new array."
    return refuse


class ArrayMethods(Recorded):
    """The part of a Tensor that an ndarray has too, beside operators."""

    __slots__ = ()

    shape: tuple[int, ...] = of_data("shape", "The length of each axis.")
    dtype: np.dtype[Any] = of_data("dtype", "The type of the elements.")
    ndim: int = of_data("ndim", "The number of axes.")
    size: int = of_data("size", "The number of elements.")
    nbytes: int = of_data("nbytes", "The bytes of all elements.")
    itemsize: int = of_data("itemsize", "The bytes of one element.")

    @property
    def T(self) -> Tensor:
        """The Tensor with its axes reversed."""
        return record(np.transpose, (self,))

    @property
    def mT(self) -> Tensor:
        """The Tensor with its last two axes exchanged."""
        return record(np.swapaxes, (self, -1, -2))

    @property
    def real(self) -> Tensor:
        """The real part."""
        return np.real(self)

    @property
    def imag(self) -> Tensor:
        """The imaginary part."""
        return np.imag(self)

    @property
    def flat(self) -> Iterator[Tensor]:
        """The elements in row-major order."""
        return iter(self.ravel())

    sum: ClassVar[Method] = method(np.sum)
    mean: ClassVar[Method] = method(np.mean)
    max: ClassVar[Method] = method(np.max)
    min: ClassVar[Method] = method(np.min)
    prod: ClassVar[Method] = method(np.prod)
    std: ClassVar[Method] = method(np.std)
    var: ClassVar[Method] = method(np.var)
    ptp: ClassVar[Method] = method(np.ptp)
    cumsum: ClassVar[Method] = method(np.cumsum)
    cumprod: ClassVar[Method] = method(np.cumprod)
    trace: ClassVar[Method] = method(np.trace)
    squeeze: ClassVar[Method] = method(np.squeeze)
    swapaxes: ClassVar[Method] = method(np.swapaxes)
    ravel: ClassVar[Method] = method(np.ravel)
    repeat: ClassVar[Method] = method(np.repeat)
    take: ClassVar[Method] = method(np.take)
    diagonal: ClassVar[Method] = method(np.diagonal)
    clip: ClassVar[Method] = method(np.clip)
    dot: ClassVar[Method] = method(np.dot)
    round: ClassVar[Method] = method(np.round)
    choose: ClassVar[Method] = method(np.choose)
    conj: ClassVar[Method] = method(np.conjugate)
    conjugate: ClassVar[Method] = method(np.conjugate)

    # These return plain arrays, which have no gradient.
    argmax: ClassVar[Plain] = method(np.argmax)
    argmin: ClassVar[Plain] = method(np.argmin)
    argsort: ClassVar[Plain] = method(np.argsort)
    argpartition: ClassVar[Plain] = method(np.argpartition)
    all: ClassVar[Plain] = method(np.all)
    any: ClassVar[Plain] = method(np.any)
    nonzero: ClassVar[Plain] = method(np.nonzero)
    searchsorted: ClassVar[Plain] = method(np.searchsorted)

    sort: ClassVar[Plain] = refused("sort", "np.sort(t)")
    partition: ClassVar[Plain] = refused("partition", "np.partition(t, kth)")
    resize: ClassVar[Plain] = refused("resize", "np.resize(t, shape)")
    fill: ClassVar[Plain] = refused("fill", "np.full_like(t, value)")
    put: ClassVar[Plain] = refused("put", "np.where(mask, new, t)")

    # The arguments of these differ from those of the function.

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Tensor:
        """Call np.reshape; the shape may be given as one tuple or as several numbers."""
        given = NOTHING if order == "C" else {"order": order}
        if len(shape) == 1 and isinstance(shape[0], tuple | list):
            (shape,) = shape
        return apply(np.reshape, (self, shape), given)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """Call np.transpose; the axes may be given as one tuple or as several numbers."""
        given = axes if len(axes) < 2 else (axes,)
        return record(np.transpose, (self, *given))

    def flatten(self, order: str = "C") -> Tensor:
        """Call np.ravel; a Tensor never shares its memory."""
        given = NOTHING if order == "C" else {"order": order}
        return apply(np.ravel, (self,), given)  # type: ignore[no-any-return]

    def copy(self, order: str = "C") -> Tensor:
        """Return the same elements as a new node of the graph."""
        return record(np.positive, (self,))

    def compress(self, condition: Any, axis: int | None = None) -> Tensor:
        """Call np.compress, which takes the condition first."""
        return apply(np.compress, (condition, self, axis), {})  # type: ignore[no-any-return]

    def astype(self, dtype: Any, **kwargs: Any) -> Tensor:
        """Return the elements in another dtype; the gradient returns in the old one.

        Integers and booleans have no gradient, so there the graph ends.
        """
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            return wrap(self._data.astype(dtype))  # type: ignore[no-any-return]
        return record(astype, (self, dtype))


method(np.transpose)  # np.transpose(t, axes) takes one argument, t.transpose(...) any number
