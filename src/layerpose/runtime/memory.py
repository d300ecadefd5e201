"""Freed memory is kept for the next picture, instead of being given back and faulted in again page by page.

And what is nearly all zeros takes only the pages that something is written to.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import platform

import torch
from torch import Tensor

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8
"""Numbers of glibc's malloc options."""
LARGE_BYTES = 2**22
"""Fewer zeros are not worth pages of their own."""


def keep_freed_memory() -> bool:
    """Make glibc serve large blocks from its heap; True if it agreed, False where the C library is another.

    A picture of 1024 x 1024 needs hundreds of blocks of some 10 to 100 MB. By default each is mapped and unmapped anew,
    which costs more than what is computed in it. All threads share one heap: what one of them frees, another uses.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    malloc = ctypes.CDLL(None)
    options = ((MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 2**26), (ARENA_MAX, 1))
    return all(malloc.mallopt(option, value) for option, value in options)


def sparse_zeros(*shape: int) -> Tensor:
    """Zeros (float32) of which little will be written: what is only read takes no memory, if the system can do so."""
    length = 4 * math.prod(shape)
    if length < LARGE_BYTES or not hasattr(mmap, "MAP_PRIVATE"):
        return torch.zeros(shape)
    pages = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return torch.frombuffer(pages, dtype=torch.float32).view(shape)
