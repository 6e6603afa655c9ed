"""
Ask a whole house over real sockets, from any address.

The address of a case's peer is told by the PROXY protocol; "@" is a unix socket.
"""

import socket
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oauthproxy.net.doors import Door, bind
from oauthproxy.net.listen import endpoint_listener
from oauthproxy.net.tls import ServerTLS, read_identity, server_context
from tests.conformance.test_http_exchanges import session_cookies
from tests.integration.harness.authority import Certificate
from tests.live import PATIENCE, Answered, LiveHouse, in_reactor, read_answer
from tests.unit.reactor import reactor

Case = dict[str, Any]
LOCAL = "127.0.0.1:40000"
UNIX = "@"


def ask(
    house: LiveHouse,
    case: Case,
    more: Iterable[tuple[str, str]] = (),
    secure: Certificate | None = None,
) -> Answered:
    """
    Send a case's request from its peer, with more fields; over TLS to a server with a
    certificate, if there is one.
    """
    given = case["input"]
    fields = [*((n, v) for n, v in given.get("headers", ())), *more]
    raw = written(given, fields)
    with connected(house, given.get("remote_addr", LOCAL), secure) as connection:
        connection.sendall(raw)
        return read_answer(connection, given.get("method", "GET"))


def written(given: Case, fields: Iterable[tuple[str, str]]) -> bytes:
    """
    Return the bytes of a request.
    """
    body = given.get("body", "").encode()
    lines = [
        f"{given.get('method', 'GET')} {given.get('target', '/')} HTTP/1.1",
        f"Host: {given.get('host', 'proxy.test')}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if not any(name.lower() == "connection" for name, _ in fields):
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
    return head + bytes(body)


@contextmanager
def connected(
    house: LiveHouse, remote: str, secure: Certificate | None = None
) -> Iterator[socket.socket]:
    """
    Connect to a house as a peer.
    """
    if secure is not None:
        with _secured(house, secure) as connection:
            yield connection
    elif remote == LOCAL:
        with house.connect() as connection:
            yield connection
    elif remote == UNIX:
        with (
            tempfile.TemporaryDirectory() as folder,
            _door(house, f"unix:{folder}/s"),
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.settimeout(PATIENCE)
            connection.connect(f"{folder}/s")
            yield connection
    else:
        with _door(house, "haproxy:tcp:0:interface=127.0.0.1") as door:
            address = door.listening.getsockname()
            with socket.create_connection(address, PATIENCE) as connection:
                connection.sendall(_introduced(remote))
                yield connection


@contextmanager
def _secured(house: LiveHouse, certificate: Certificate) -> Iterator[socket.socket]:
    pem = certificate.chain.read_bytes(), certificate.key.read_bytes()
    tls = ServerTLS(server_context(read_identity(*pem)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with _door(house, "https:tcp:0:interface=127.0.0.1", tls) as door:
        address = door.listening.getsockname()
        with (
            socket.create_connection(address, PATIENCE) as plain,
            context.wrap_socket(plain) as connection,
        ):
            yield connection


def _introduced(remote: str) -> bytes:
    host, _, port = remote.rpartition(":")
    host = host.strip("[]")
    kind, here = ("TCP6", "::1") if ":" in host else ("TCP4", "127.0.0.1")
    return f"PROXY {kind} {host} {here} {port} 80\r\n".encode()


@contextmanager
def _door(house: LiveHouse, endpoint: str, tls: Any = None) -> Iterator[Door]:
    (door,) = in_reactor(bind, [endpoint_listener(endpoint)])
    port = in_reactor(door.open, reactor, house.house.site, tls)
    try:
        yield door
    finally:
        in_reactor(port.stopListening)
        in_reactor(door.close)


def browser(house: LiveHouse, case: Case) -> list[tuple[str, str]]:
    """
    Return the Cookie field of a case's session, if it has one.
    """
    if "session" not in case["input"]:
        return []
    return [("Cookie", session_cookies(house, case["input"]["session"]))]


def login_query(answered: Answered) -> dict[str, str]:
    """
    Return the parameters that a browser takes to the provider.
    """
    location = answered.first("Location") or ""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def target_of(answered: Answered) -> str:
    """
    Return where a login leads to, by its state.
    """
    return login_query(answered)["state"].partition(":")[2]
