"""
Which hosts are served, and whose pages may open WebSockets.
"""

import pytest

from oauthproxy.access.hosts import FOREIGN_ORIGIN, MISDIRECTED, HostRules
from oauthproxy.scope import Peer, Scope
from oauthproxy.wire.fields import Fields
from oauthproxy.wire.forwarded import Trust


def scope(host: str, origin: str | None = None) -> Scope:
    """
    Return the facts of a request to a host.
    """
    fields = [] if origin is None else [(b"Origin", origin.encode())]
    return Scope(
        method="GET",
        target="/",
        host=host,
        fields=Fields(fields),
        peer=Peer("127.0.0.1", 1),
        trust=Trust(),
    )


def test_everything_is_served_without_entries() -> None:
    """No entries, no rule."""
    rules = HostRules((), ())

    assert not rules
    assert rules.refusal(scope("evil.test", "https://x"), websocket=True) is None


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("app.example.com", True),
        ("APP.example.com", True),
        ("app.example.com.", True),
        ("app.example.com:8443", True),
        ("a.corp.example", True),
        ("internal-admin", False),
        ("evilapp.example.com", False),
        ("app.example.com@evil.test", False),
    ],
)
def test_only_listed_hosts_are_served(host: str, *, served: bool) -> None:
    """A host is compared in one canonical form; an entry without port means all."""
    rules = HostRules(["app.example.com", ".corp.example"], ())

    refusal = rules.refusal(scope(host), websocket=False)

    assert refusal is (None if served else MISDIRECTED)


@pytest.mark.parametrize(
    ("origin", "opened"),
    [
        (None, True),
        ("https://app.test", True),
        ("https://APP.test", True),
        ("https://friend.example", True),
        ("https://evil.test", False),
        ("null", False),
    ],
)
def test_websockets_open_only_from_known_pages(
    origin: str | None, *, opened: bool
) -> None:
    """The own host, the listed ones, and programs that are no browsers."""
    rules = HostRules((), ["friend.example"])

    refusal = rules.refusal(scope("app.test", origin), websocket=True)

    assert refusal is (None if opened else FOREIGN_ORIGIN)


def test_origin_matters_to_websockets_alone() -> None:
    """For other requests browsers have rules of their own."""
    rules = HostRules((), ["friend.example"])

    assert (
        rules.refusal(scope("app.test", "https://evil.test"), websocket=False) is None
    )
