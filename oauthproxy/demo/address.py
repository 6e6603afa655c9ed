"""
Where the demo listens: on this machine, and nowhere else.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from attrs import frozen

LOOPBACK = "127.0.0.1"


class DemoRefused(Exception):
    """
    The demo cannot be run as it was asked for.
    """


@frozen(kw_only=True)
class Address:
    """
    Where the proxy of the demo listens.
    """

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def read_address(arguments: Sequence[str]) -> Address:
    """
    Return the address that the arguments ask for; raises DemoRefused.
    """
    text = f"{LOOPBACK}:0"
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name.lstrip("-") != "http-address" or not word.startswith("-"):
            raise DemoRefused(f"unknown argument {word!r}; see oauthproxy demo --help")
        text = value if equals else next(words, "")
    host, _, port = text.removeprefix("http://").rpartition(":")
    host = host.strip("[]")
    if not port.isdecimal() or int(port) > 65535:
        raise DemoRefused(f"{text!r} is not ADDRESS:PORT")
    if not _is_loopback(host):
        raise DemoRefused(
            f"{text!r} can be reached from other machines, and the demo lets in "
            "anybody; it listens on loopback addresses only"
        )
    return Address(host=host, port=int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
