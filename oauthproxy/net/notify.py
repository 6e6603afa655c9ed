"""
Tell systemd how we are (`sd_notify(3)`), when it has asked for that.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress

MICROSECONDS = 1_000_000


class Notifier:
    """
    Send states to the socket that the environment names; without one, to nobody.
    """

    def __init__(self, environment: Mapping[str, str], process: int) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._watchdog = 0.0
        meant_for = environment.get("WATCHDOG_PID") or str(process)
        period = environment.get("WATCHDOG_USEC", "")
        if period.isdigit() and meant_for == str(process):
            self._watchdog = int(period) / MICROSECONDS

    @property
    def watchdog_seconds(self) -> float:
        """
        How often to send `alive`: half of what systemd waits; 0 for never.
        """
        return self._watchdog / 2 if self._address else 0.0

    def ready(self, status: str) -> None:
        """
        Say that clients are served.
        """
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """
        Say that the configuration is read again; `ready` says that this is over.
        """
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """
        Say that the end has begun.
        """
        self._send("STOPPING=1")

    def alive(self) -> None:
        """
        Keep the watchdog calm.
        """
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(lines).encode("utf-8"), self._address)
