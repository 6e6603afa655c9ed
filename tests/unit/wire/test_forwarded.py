"""
Whom forwarding fields make of a request, and who may send them.
"""

import pytest

from oauthproxy.wire.forwarded import request_path, told_client
from tests.unit.requests import BELIEVING, a_request, trusting

PROXY = "10.0.0.1"


def test_uri_from_an_untrusted_peer_is_not_believed() -> None:
    """Route rules look at the real path when a stranger forwards another (A01)."""
    scope = a_request(
        "/secret", ("X-Forwarded-Uri", "/public"), trust=trusting("127.0.0.1/32")
    )

    assert request_path(scope) == "/secret"


@pytest.mark.parametrize("name", ["X-Forwarded-Uri", "x-forwarded-URI"])
def test_contradicting_fields_are_not_believed(name: str) -> None:
    """Two different values of a forwarding field take the trust away (A03)."""
    scope = a_request(
        "/auth", ("X-Forwarded-Uri", "/public"), (name, "/secret"), trust=BELIEVING
    )

    assert not scope.effective.trusted
    assert scope.effective.uri == "/auth"


def test_repeated_equal_fields_are_believed() -> None:
    """Two equal values of a forwarding field say the same as one."""
    scope = a_request(
        "/",
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Proto", "https"),
        trust=BELIEVING,
    )

    assert scope.effective.scheme == "https"


def test_client_told_by_a_stranger_is_not_believed() -> None:
    """The client's address is taken from trusted proxies only (A05)."""
    scope = a_request(
        "/", ("X-Real-IP", "10.9.9.9"), trust=trusting(PROXY), peer="192.0.2.1"
    )

    assert told_client(scope) == ""
    assert scope.client == "192.0.2.1"


@pytest.mark.parametrize("value", ["a", "10.0.0.1%eth0", "0x0a000001", "010.0.0.1"])
def test_odd_client_address_is_none(value: str) -> None:
    """A client's address that is none is no error: nobody was told (A06, A07)."""
    scope = a_request("/", ("X-Real-IP", value), trust=BELIEVING)

    assert told_client(scope) == ""


def test_contradicting_client_addresses_are_none() -> None:
    """A field for one address that came twice with different ones tells none."""
    scope = a_request(
        "/", ("X-Real-IP", "10.0.0.1"), ("X-Real-IP", "10.0.0.2"), trust=BELIEVING
    )

    assert told_client(scope) == ""


def test_first_line_of_an_address_list_counts() -> None:
    """X-Forwarded-For is a list and may have several lines; the first one counts."""
    scope = a_request(
        "/",
        ("X-Forwarded-For", "203.0.113.9, 10.0.0.3"),
        ("X-Forwarded-For", "10.0.0.2"),
        trust=trusting("192.0.2.0/24", client_field=b"x-forwarded-for"),
    )

    assert told_client(scope) == "203.0.113.9"
