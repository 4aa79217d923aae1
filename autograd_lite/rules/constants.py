"""Functions without a derivative: constants run on raw arrays, unsupported ones raise and say why.

With these the table is complete: a test compares it with NumPy's own list of functions.
"""

from typing import Any

import numpy as np

from .registry import constant, unsupported


def named(names: Any, place: Any = np) -> Any:
    """Return those of these functions that this NumPy has."""
    return [getattr(place, name) for name in names.split() if hasattr(place, name)]


# Truth values, whole numbers, positions, dtypes: constant under small changes of the data
constant(*named("""
    equal not_equal less less_equal greater greater_equal isclose allclose array_equal array_equiv in1d
    isnan isfinite isinf isneginf isposinf isnat signbit isreal iscomplex isrealobj iscomplexobj
    logical_not logical_and logical_or logical_xor all any isin
    argmax argmin nanargmax nanargmin argsort argpartition argwhere lexsort
    nonzero flatnonzero count_nonzero searchsorted digitize
    shape ndim size result_type common_type can_cast min_scalar_type may_share_memory shares_memory
    unravel_index ravel_multi_index diag_indices_from tril_indices_from triu_indices_from
    bitwise_and bitwise_or bitwise_xor bitwise_count invert left_shift right_shift gcd lcm
    packbits unpackbits einsum_path
"""))
constant(np._core.umath._ones_like)

# New arrays that take only shape and dtype from the old ones
constant(*named("""
    zeros_like ones_like empty_like zeros ones empty eye identity tri arange fromfunction
"""))

# Printing, loading and saving
constant(*named("""
    array_repr array_str array2string save savez savez_compressed savetxt
    loadtxt genfromtxt frombuffer fromfile fromiter fromstring
"""))

unsupported(
    "it writes into its first argument, which the graph may need unchanged; "
    "np.where(mask, new, old) returns a new array, and np.broadcast_to(value, shape) replaces "
    "np.full and np.full_like, which write",
    *named("copyto put place putmask put_along_axis fill_diagonal"),
)
unsupported(
    "the number of results, and which they are, depends on which elements are exactly equal",
    *named("""unique unique_all unique_counts unique_inverse unique_values
              union1d intersect1d setdiff1d setxor1d"""),
)
unsupported(
    "a count jumps when an element crosses the edge of its bin, and is constant elsewhere",
    *named("histogram histogram2d histogramdd"),
)
unsupported(
    "the edges depend on the least and the greatest element; "
    "np.linspace(a.min(), a.max(), bins + 1) returns them",
    *named("histogram_bin_edges"),
)
unsupported(
    "dates are not floating-point numbers",
    *named("busday_count busday_offset is_busday datetime_as_string"),
)
unsupported("strings are not numbers", *named("""
    str_len isalpha isdigit isspace isalnum islower isupper istitle isdecimal isnumeric
    find rfind index rindex count startswith endswith
    _center _ljust _rjust _zfill _expandtabs _expandtabs_length _strip_chars _strip_whitespace
    _lstrip_chars _lstrip_whitespace _rstrip_chars _rstrip_whitespace _partition _partition_index _rpartition _rpartition_index _replace _slice
""", np._core.umath))
