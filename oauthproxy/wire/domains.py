"""
Match host names with lists of allowed domains.

An entry is `host`, `.domain` or `*.domain` (the domain and everything below it), with
`:port` or `:*` behind it where needed. Case matters; nothing is normalised.
"""

import re
from collections.abc import Iterable

from attrs import frozen

from oauthproxy.wire.gourl import split_port

_PORT = re.compile(r"[0-9]*|\*")


@frozen
class Domain:
    """
    One entry: `host` with its leading `.` or `*.`, `port` in digits, `*` or empty.
    """

    host: str
    port: str = ""

    @classmethod
    def parse(cls, entry: str) -> "Domain":
        """
        Return the entry's host and port; a port that is none belongs to the host.
        """
        host, colon, port = entry.rpartition(":")
        if not colon or not _PORT.fullmatch(port):
            host, port = entry, ""
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        return cls(host, port)

    def matches(self, host: str, port: str) -> bool:
        """
        Tell whether a host and port, each as written in a URL, are allowed.
        """
        return self._has_host(host) and self.port in ("*", port)

    def _has_host(self, host: str) -> bool:
        if not host or not self.host:
            return False
        for mark in (".", "*."):
            if self.host.startswith(mark):
                name = self.host[len(mark) :]
                return host == name or host.endswith("." + name)
        return host == self.host


def allowed(host_and_port: str, entries: Iterable[Domain]) -> bool:
    """
    Tell whether `host[:port]` matches any entry.
    """
    host, port = split_port(host_and_port)
    return any(entry.matches(host, port) for entry in entries)
