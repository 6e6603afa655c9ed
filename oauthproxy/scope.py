"""
Facts about one request, before anybody is identified.
"""

from functools import cached_property

from attrs import define, frozen

from oauthproxy.wire.fields import Fields
from oauthproxy.wire.forwarded import Effective, Trust, effective, log_client


@frozen(slots=True)
class Peer:
    """
    Who opened the connection: an IP address in text and a port, or a unix socket
    (`address` "@" and port 0), as the reference writes such peers.
    """

    address: str
    port: int = 0

    @property
    def is_unix(self) -> bool:
        """
        Whether the peer came over a unix socket.
        """
        return self.address.startswith(("@", "/"))

    def __str__(self) -> str:
        if self.is_unix:
            return self.address
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@define(kw_only=True, slots=False, eq=False)
class Scope:
    """
    One request as it came, and what follows from it.

    `target` is the raw request target (text by `field_text`), in origin form; `path`
    and `query` are its two halves, still escaped. `host` is the value of `Host` (or
    the authority of an absolute-form target). `received_at` is in nanoseconds.
    """

    method: str
    target: str
    host: str
    fields: Fields
    peer: Peer
    trust: Trust
    secure: bool = False
    request_id: str = ""
    received_at: int = 0
    protocol: str = "HTTP/1.1"

    @cached_property
    def path(self) -> str:
        """
        The escaped path: the target up to the first question mark.
        """
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> str:
        """
        What follows the first question mark of the target, still escaped.
        """
        return self.target.partition("?")[2]

    @cached_property
    def effective(self) -> Effective:
        """
        Host, scheme and URI after asking trusted forwarding headers.
        """
        return effective(self.trust, self)

    @cached_property
    def client(self) -> str:
        """
        The client as log lines name it.
        """
        return log_client(self)
