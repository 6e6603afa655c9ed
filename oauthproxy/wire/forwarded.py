"""
Forwarding header fields of trusted proxies (`reference/http-behaviour.md`, 3).

Rule 1: only a trusted peer is believed, about the host, scheme, URI and client.
Rule 2: a forwarding field that came twice with different values was not written by
one trusted proxy; then none of them is believed.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from oauthproxy.wire import gourl
from oauthproxy.wire.fields import Pair, field_text
from oauthproxy.wire.networks import NOWHERE, Networks, parse_address

if TYPE_CHECKING:
    from oauthproxy.scope import Scope

REAL_CLIENT_FIELDS = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-ProxyUser-IP",
    "X-Envoy-External-Address",
    "CF-Connecting-IP",
)
_HOST, _PROTO, _URI = b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-uri"
_LENGTHS = frozenset(len(name) for name in (_HOST, _PROTO, _URI))


@frozen(kw_only=True)
class Trust:
    """
    Whose forwarding fields are believed: nobody's unless `reverse_proxy`; then
    those of peers in `networks`, or of every peer when there are none.

    `client_field` is the lower-case name of the field with the client's address.
    The last two make room for the reference's ways: the client's address is taken
    from any peer, the first of several forwarding fields is used.
    """

    reverse_proxy: bool = False
    networks: Networks = NOWHERE
    client_field: bytes = b"x-real-ip"
    client_from_anyone: bool = False
    first_of_repeated: bool = False

    @property
    def client_is_list(self) -> bool:
        """
        Whether the client's address comes in a list, which may have several lines.
        """
        return self.client_field == b"x-forwarded-for"

    def believes(self, address: str) -> bool:
        """
        Tell whether the forwarding fields of a peer count; a unix socket's always do.
        """
        if not self.reverse_proxy:
            return False
        if address.startswith(("@", "/")):
            return True
        if not self.networks:
            return parse_address(address) is not None
        return address in self.networks


def client_field(name: str) -> bytes:
    """
    Return `Trust.client_field` for the configured name; raises ValueError.
    """
    for known in REAL_CLIENT_FIELDS:
        if known.lower() == name.lower():
            return known.lower().encode()
    raise ValueError(f'"{name}" is not one of {", ".join(REAL_CLIENT_FIELDS)}')


@frozen(kw_only=True)
class Effective:
    """
    What a request was before trusted proxies passed it on.

    `scheme` is empty when nobody said; `uri` is path and query.
    """

    trusted: bool
    host: str
    scheme: str
    uri: str


def effective(trust: Trust, scope: "Scope") -> Effective:
    """
    Return the effective host, scheme and URI of a request.
    """
    told: dict[bytes, str] = {}
    trusted = trust.believes(scope.peer.address)
    if trusted:
        try:
            told = _told(scope.fields, first_wins=trust.first_of_repeated)
        except _Contradiction:
            trusted = False
    return Effective(
        trusted=trusted,
        host=told.get(_HOST) or scope.host,
        scheme=told.get(_PROTO, ""),
        uri=told.get(_URI) or scope.target,
    )


class _Contradiction(Exception):
    """
    A forwarding field has two values.
    """


def _told(fields: Iterable[Pair], *, first_wins: bool) -> dict[bytes, str]:
    told: dict[bytes, str] = {}
    for name, value in fields:
        if len(name) in _LENGTHS and (lowered := name.lower()) in (_HOST, _PROTO, _URI):
            text = field_text(value)
            if told.setdefault(lowered, text) != text and not first_wins:
                raise _Contradiction
    return told


def real_client_address(values: Iterable[str]) -> str:
    """
    Return the client's address from the values of the field that carries it.

    Empty when there is none; raises ValueError when the first one is no address.
    """
    text = next(iter(values), "").partition(",")[0].strip()
    if not text:
        return ""
    address = parse_address(_without_port(text))
    if address is None:
        raise ValueError("not an IP address")
    return str(address)


def _without_port(text: str) -> str:
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]")
        return address if bracket and port.startswith(":") else text
    return text.partition(":")[0] if text.count(":") == 1 else text


def told_client(scope: "Scope") -> str:
    """
    Return the client's address as a believed proxy told it; empty when nobody did or
    what was told is no address.
    """
    trust = scope.trust
    if not trust.reverse_proxy:
        return ""
    if not (trust.client_from_anyone or trust.believes(scope.peer.address)):
        return ""
    values = [field_text(value) for value in scope.fields.all(trust.client_field)]
    if len(set(values)) > 1 and not (trust.first_of_repeated or trust.client_is_list):
        return ""
    try:
        return real_client_address(values)
    except ValueError:
        return ""


def log_client(scope: "Scope") -> str:
    """
    Return the client as log lines name it: the peer with its port, or behind a
    reverse proxy the real client, or the peer's address when nobody told.
    """
    if not scope.trust.reverse_proxy:
        return str(scope.peer)
    return told_client(scope) or _peer_address(scope)


def full_client(scope: "Scope") -> str:
    """
    Return the peer's address, with the real client's behind it when one was told.
    """
    told = told_client(scope)
    return f"{_peer_address(scope)} ({told})" if told else _peer_address(scope)


def _peer_address(scope: "Scope") -> str:
    return "" if scope.peer.is_unix else scope.peer.address


def request_path(scope: "Scope") -> str:
    """
    Return the decoded path that route rules look at, cut at the first `#`.

    Dot segments stay; `access.routes` knows what to do about them.
    """
    return decoded_uri_path(scope.effective.uri).partition("#")[0]


def decoded_uri_path(uri: str) -> str:
    """
    Return the decoded path of a URI up to its fragment; when it is no URI, the text up
    to the question mark.
    """
    uri = uri.partition("#")[0]
    if uri.startswith("/") and not uri.startswith("//") and "%" not in uri:
        return uri.partition("?")[0]
    try:
        return gourl.parse(uri).path
    except ValueError:
        return uri.partition("?")[0]
