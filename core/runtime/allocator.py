"""Keep memory that was freed: where glibc gives it back to the system, each iteration faults its pages in again."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
KEPT, LARGEST = 256 * 2**20, 32 * 2**20  # bytes kept at the top; bytes up to which a block is kept at all


def keep_freed_memory() -> None:
    """Ask the C library to; where it is another one, nothing happens."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST)
        mallopt(M_TRIM_THRESHOLD, KEPT)
