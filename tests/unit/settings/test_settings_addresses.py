"""
Addresses to listen on.
"""

import pytest

from oauthproxy.settings.addresses import (
    DescriptorAddress,
    TCPAddress,
    UnixAddress,
    parse_address,
    parse_secure_address,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", None),
        ("-", None),
        ("127.0.0.1:4180", TCPAddress("127.0.0.1", 4180)),
        (":4180", TCPAddress("", 4180)),
        ("http://:4180", TCPAddress("", 4180)),
        ("[::1]:80", TCPAddress("::1", 80)),
        ("tcp4://0.0.0.0:1", TCPAddress("0.0.0.0", 1, "tcp4")),
        ("tcp6://[::]:1", TCPAddress("::", 1, "tcp6")),
        ("localhost:https", TCPAddress("localhost", 443)),
        ("unix:///run/p.sock", UnixAddress("/run/p.sock")),
        ("unix://p,mode=660,x=y", UnixAddress("p", 0o660)),
        ("unix:///p,mode=0777", UnixAddress("/p", 0o777)),
        ("fd:3", DescriptorAddress(3)),
        ("FD:12", DescriptorAddress(12)),
    ],
)
def test_a_plain_address_is_understood(text: str, address: object) -> None:
    """Host and port, socket files, descriptors, or none."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4180", "a port is missing"),
        ("::1:4180", "needs brackets"),
        ("a:x", "not a port"),
        ("a:65536", "not a port"),
        ("a:1/b", "not a port"),
        ("a b:1", "not a host"),
        ("https://a:1", "not one of"),
        ("HTTP://a:1", "not one of"),
        ("unix:/p", "unix:///PATH"),
        ("unix://", "path of the socket"),
        ("unix:///p,mode=0o777", "not octal"),
        ("unix:///p,x", "not NAME=VALUE"),
        ("fd:2", "number from 3"),
        ("fd:name", "number from 3"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    """With a sentence that says what would be right."""
    with pytest.raises(ValueError, match=said):
        parse_address(text)


def test_a_secure_address_is_always_tcp() -> None:
    """Whatever stands before the slashes."""
    assert parse_secure_address("https://:443") == TCPAddress("", 443)
    assert parse_secure_address("-") is None
    with pytest.raises(ValueError, match="port"):
        parse_secure_address("unix:///p")
