"""Keep freed memory in the process: if glibc gives it back to the system, each iteration faults its pages in again."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
KEPT, LARGEST = 256 * 2**20, 32 * 2**20  # bytes kept at the top; the largest block that is kept, in bytes


def keep_freed_memory() -> None:
    """Ask glibc to keep freed memory; with another C library nothing happens."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST)
        mallopt(M_TRIM_THRESHOLD, KEPT)
