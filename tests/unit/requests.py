"""
Requests for tests of the inner floors.
"""

from collections.abc import Iterable

from oauthproxy.scope import Peer, Scope
from oauthproxy.wire.fields import Fields, Pair, field_bytes
from oauthproxy.wire.forwarded import Trust
from oauthproxy.wire.networks import Networks

BELIEVING = Trust(reverse_proxy=True)


def pairs(*fields: tuple[str, str]) -> list[Pair]:
    """
    Return fields as they are on the wire.
    """
    return [(field_bytes(name), field_bytes(value)) for name, value in fields]


def a_request(
    target: str = "/",
    *fields: tuple[str, str],
    method: str = "GET",
    peer: str = "192.0.2.10",
    trust: Trust | None = None,
    secure: bool = False,
    host: str = "app.test",
) -> Scope:
    """
    Return a request by a peer whom nobody trusts unless `trust` says so.
    """
    return Scope(
        method=method,
        target=target,
        host=host,
        fields=Fields(pairs(*fields)),
        peer=Peer(peer, 4000),
        trust=trust or Trust(),
        secure=secure,
    )


def trusting(*networks: str, client_field: bytes = b"x-real-ip") -> Trust:
    """
    Return the trust in proxies of these networks.
    """
    return Trust(
        reverse_proxy=True, networks=networks_of(networks), client_field=client_field
    )


def networks_of(texts: Iterable[str]) -> Networks:
    """
    Return a set of networks.
    """
    return Networks.parse(texts)
