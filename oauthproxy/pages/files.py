"""
Read the files that an operator gives us for pages.
"""

import os
import stat

LARGEST = 4 << 20


def read_regular_file(path: str) -> bytes:
    """
    Return the content of a regular file of at most 4 MiB; raises OSError for
    anything else, without waiting for a pipe or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(2, "not a regular file", path)
        if status.st_size > LARGEST:
            raise OSError(27, "larger than 4 MiB", path)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST)
    finally:
        os.close(descriptor)
