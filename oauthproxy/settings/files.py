"""
The files of this machine, as those who are given a function to read them see it.
"""

import os
from collections.abc import Callable
from errno import ENOENT

ReadFile = Callable[[str], bytes]
"""Return a file's content; raises OSError."""


def read_file(path: str) -> bytes:
    """
    Return a file's content; raises OSError.
    """
    if "\0" in path:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), path)
    # Not by Path: that drops a slash at the end, which insists on a directory.
    with open(path, "rb") as file:
        return file.read()
