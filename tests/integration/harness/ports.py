"""
Free addresses and patient waiting.

Rule 1: every wait has an end and says what it waited for.
"""

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

PATIENCE = 15.0
_PAUSE = 0.01
_PORTS = (12_000, 32_000)
_given: set[int] = set()

T = TypeVar("T")


def free_port() -> int:
    """
    A TCP port on the loopback address that nobody listens on, another one each time.

    It lies below those that outgoing connections get, so that none of them takes it
    before its program listens.
    """
    while True:
        port = random.randrange(*_PORTS)
        if port in _given:
            continue
        _given.add(port)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def until(ask: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """
    Ask again until the answer is true; fail by naming `what` after `patience` seconds.
    """
    end = time.monotonic() + patience
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:g} s for {what}")
        time.sleep(_PAUSE)


def accepts(port: int) -> bool:
    """
    Whether somebody accepts connections on a loopback port.
    """
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
