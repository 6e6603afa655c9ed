"""
systemd is told how the program is.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauthproxy.net.notify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def test_states_are_sent(systemd: socket.socket):
    """Each state is one datagram of the lines that systemd knows."""
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()}, os.getpid())

    notifier.ready("serving")
    notifier.reloading()
    notifier.alive()
    notifier.stopping()

    received = [systemd.recv(200).decode().split("\n") for _ in range(4)]
    assert received[0] == ["READY=1", "STATUS=serving"]
    assert received[1][0] == "RELOADING=1"
    assert received[1][1].removeprefix("MONOTONIC_USEC=").isdigit()
    assert received[2:] == [["WATCHDOG=1"], ["STOPPING=1"]]


def test_socket_without_a_file(tmp_path: Path):
    """An address that begins with @ is in Linux's abstract namespace."""
    name = f"oauthproxy-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)

        Notifier({"NOTIFY_SOCKET": f"@{name}"}, os.getpid()).alive()

        assert listening.recv(100) == b"WATCHDOG=1"


def test_nobody_is_told_without_systemd():
    """Without a socket, or with one that is gone, nothing happens."""
    Notifier({}, 1).ready("serving")
    Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"}, 1).ready("serving")


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 5),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "7"}, 5),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "8"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
        ({}, 0),
    ],
)
def test_watchdog_is_fed_in_half_its_time(variables: dict[str, str], seconds: float):
    """The watchdog hears of us twice in its time, if it watches this process."""
    notifier = Notifier({"NOTIFY_SOCKET": "/x", **variables}, 7)

    assert notifier.watchdog_seconds == seconds
