"""Tests of permissions under root, who may do everything unless the power to is laid down."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
OVERRIDE = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


class Header(ctypes.Structure):
    """The first argument of capget(2) and capset(2)."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class Capabilities(ctypes.Structure):
    """Half of their second argument."""

    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Let the permissions of files hold for root too, for a while."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = Header(VERSION, 0), (Capabilities * 2)()
    assert libc.capget(ctypes.byref(header), held) == 0, os.strerror(ctypes.get_errno())
    before = held[0].effective
    try:
        held[0].effective = before & ~OVERRIDE
        assert libc.capset(ctypes.byref(header), held) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        held[0].effective = before
        assert libc.capset(ctypes.byref(header), held) == 0, os.strerror(ctypes.get_errno())
