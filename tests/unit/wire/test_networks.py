"""
Addresses and networks.
"""

import pytest

from oauthproxy.wire.networks import Networks


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1%eth0",
        "0x0a000001",
        "010.0.0.1",
        "10.0.0.1:99",
        "[10.0.0.1]",
        "10.1",
        "167772161",
        "fe80::1%eth0",
        "١٠.0.0.1",
        "",
        "a",
    ],
)
def test_odd_address_is_in_no_network(address: str) -> None:
    """An address that is not written plainly is in no network at all (A07)."""
    assert address not in Networks.parse(["0.0.0.0/0", "::/0"])


def test_mapped_address_is_an_ipv4_address() -> None:
    """An IPv4-mapped IPv6 address is judged as the IPv4 address in it (A07)."""
    assert "::ffff:10.0.0.1" in Networks.parse(["10.0.0.0/8"])
    assert "::ffff:a00:1" in Networks.parse(["10.0.0.0/8"])


def test_mapped_network_is_an_ipv4_network() -> None:
    """A network of mapped addresses holds the IPv4 addresses."""
    assert "10.1.2.3" in Networks.parse(["::ffff:10.0.0.0/104"])


def test_ipv4_is_not_within_ipv6() -> None:
    """The set of all IPv6 addresses holds no IPv4 address."""
    assert "10.0.0.1" not in Networks.parse(["::/0"])


@pytest.mark.parametrize(
    "text", ["10.0.0.0/255.0.0.0", "10.0.0.0/+8", "10.0.0.0/", "fe80::1%1/64", "a/8"]
)
def test_bad_network_is_named(text: str) -> None:
    """A network that cannot be read is refused by its text."""
    with pytest.raises(ValueError, match="is not an IP") as refused:
        Networks.parse(["10.0.0.1", text])

    assert text in str(refused.value)
