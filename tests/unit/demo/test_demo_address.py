"""
The demo stays on this machine.
"""

import pytest

from oauthproxy.demo.address import Address, DemoRefused, read_address


def test_address_is_a_free_port_of_this_machine_when_none_is_given():
    """Without arguments the system chooses the port."""
    assert read_address([]) == Address(host="127.0.0.1", port=0)


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["--http-address=127.0.0.1:4180"], "127.0.0.1:4180"),
        (["--http-address", "http://127.0.0.9:81"], "127.0.0.9:81"),
        (["--http-address=[::1]:4180"], "[::1]:4180"),
        (["-http-address=localhost:4180"], "localhost:4180"),
    ],
)
def test_loopback_addresses_are_taken(arguments, address):
    """Any loopback address will do, written as the proxy's own flag takes it."""
    assert str(read_address(arguments)) == address


@pytest.mark.parametrize(
    "address", ["0.0.0.0:80", ":4180", "192.0.2.1:80", "[::]:80", "example.com:80"]
)
def test_other_addresses_are_refused(address):
    """The demo's passwords are public, so nobody else may reach it."""
    with pytest.raises(DemoRefused, match="loopback"):
        read_address([f"--http-address={address}"])


@pytest.mark.parametrize(
    "arguments",
    [["--http-address=127.0.0.1"], ["--http-address", "127.0.0.1:x"], ["--workers=2"]],
)
def test_wrong_arguments_are_refused(arguments):
    """What makes no sense is said in one line."""
    with pytest.raises(DemoRefused):
        read_address(arguments)
