"""
From the addresses of the configuration to what binds them.
"""

import socket
from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.python.failure import Failure

from oauthproxy.net.bind import CannotListen, bind_tcp, inherited
from oauthproxy.net.doors import Binder, Listener
from oauthproxy.settings.addresses import (
    Address,
    DescriptorAddress,
    UnixAddress,
    parse_address,
    parse_secure_address,
)
from oauthproxy.settings.model import ServerSettings, Settings

OVER_TLS = "https:"
"""What an endpoint string begins with that is to be served with our certificate."""

OTHER_KIND = "this kind of endpoint cannot be used here"

FAMILIES = {
    "tcp": socket.AF_UNSPEC,
    "tcp4": socket.AF_INET,
    "tcp6": socket.AF_INET6,
}


def listeners(settings: Settings) -> tuple[Listener, ...]:
    """
    Return a listener for every address of the configuration.
    """
    return (
        *_of_server(settings.server, "site", "http-address", "https-address"),
        *map(endpoint_listener, settings.ours.listen),
        *_of_server(
            settings.metrics_server,
            "metrics",
            "metrics-address",
            "metrics-secure-address",
        ),
    )


def _of_server(
    server: ServerSettings, served: str, plain: str, secure: str
) -> Iterator[Listener]:
    for option, text, parse in (
        (plain, server.bind_address, parse_address),
        (secure, server.secure_bind_address, parse_secure_address),
    ):
        address = parse(text)
        if address is not None:
            yield Listener(
                option=option,
                text=text,
                server=served,
                secure=option == secure,
                make=_binding(address),
            )


def _binding(address: Address) -> Callable[[Binder], None]:
    def make(binder: Binder) -> None:
        if isinstance(address, UnixAddress):
            binder.add_unix(address.path, address.mode)
        elif isinstance(address, DescriptorAddress):
            binder.add(inherited(address.number))
        else:
            family = FAMILIES[address.family]
            binder.add(bind_tcp(address.host, address.port, family))

    return make


def endpoint_listener(text: str) -> Listener:
    """
    Return the listener for an endpoint string, in clear or (after "https:") over TLS.
    """
    endpoint = text.removeprefix(OVER_TLS)

    def make(binder: Binder) -> None:
        try:
            server: Any = serverFromString(binder, endpoint)
            _require_door(server.listen(binder.slot))
        except (ValueError, TypeError, LookupError, OSError, AttributeError) as cause:
            raise CannotListen(_endpoint_reason(endpoint, cause)) from cause

    return Listener(option="listen", text=text, secure=endpoint != text, make=make)


def _require_door(listening: "Deferred[Any]") -> None:
    """
    Raise what went wrong while an endpoint called the binder.
    """
    results: list[object] = []
    listening.addBoth(results.append)
    if not results:
        raise CannotListen(OTHER_KIND)
    if isinstance(results[0], Failure):
        results[0].raiseException()


def _endpoint_reason(endpoint: str, cause: Exception) -> str:
    if "systemd" in endpoint and isinstance(cause, LookupError):
        return "systemd has not handed over such a socket"
    if isinstance(cause, OSError):
        return f"{cause.strerror}: {cause.filename}"
    if isinstance(cause, AttributeError):
        return OTHER_KIND
    if isinstance(cause, TypeError) or "invalid literal" in str(cause):
        return "the endpoint's arguments are wrong"
    return str(cause)
