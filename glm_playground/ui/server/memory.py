"""Returns memory that is free to the system, where the C library would keep it (glibc only)."""

import ctypes
import platform
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 256 * 1024
_ARENAS = 2


def keep_memory_small() -> None:
    """Once, at the start.

    Left alone, glibc takes each large text that was freed as a reason to keep the next ones, up to 32 MB, in its heap;
    and it has a heap for each of 16 threads, of which Python runs one at a time.
    """
    if libc := _glibc():
        libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_ARENA_MAX, _ARENAS)


def return_free_memory() -> None:
    """After much became free: gives back what lies between what is in use; takes some milliseconds."""
    if libc := _glibc():
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
