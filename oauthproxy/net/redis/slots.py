"""
The hash slots of Redis Cluster, and what servers say about them.
"""

import binascii
from collections.abc import Iterator

from oauthproxy.net.redis.replies import Reply
from oauthproxy.session.redis_url import Endpoint

SLOTS = 16384


def slot_of(key: bytes) -> int:
    """
    Return the slot of a key: by what is between its first braces, if anything is.
    """
    _, opened, rest = key.partition(b"{")
    tag, closed, _ = rest.partition(b"}")
    return binascii.crc_hqx(tag if opened and closed and tag else key, 0) % SLOTS


def read_slots(reply: Reply, asked: Endpoint) -> Iterator[tuple[range, Endpoint]]:
    """
    Yield ranges of slots and their masters from a reply to CLUSTER SLOTS. A server
    that does not know its own name is the one that was asked.
    """
    for entry in reply:
        first, last, master = entry[0], entry[1], entry[2]
        yield range(first, last + 1), _endpoint(master[0], master[1], asked)


def redirected_to(rest: str, asked: Endpoint) -> Endpoint:
    """
    Return where a redirection ("SLOT HOST:PORT") sends us.
    """
    host, _, port = rest.partition(" ")[2].rpartition(":")
    return _endpoint(host.encode(), int(port), asked)


def _endpoint(host: bytes | None, port: int, asked: Endpoint) -> Endpoint:
    if not host or host == b"?":
        return Endpoint(asked.host, port)
    return Endpoint(host.decode("ascii", "replace"), port)
