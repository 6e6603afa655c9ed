"""
Addresses to listen on, in the forms the reference takes.

    127.0.0.1:4180   :4180   [::1]:4180   http://HOST:PORT   tcp4://HOST:PORT
    unix:///PATH     unix:///PATH,mode=0660
    fd:3             (a socket passed on by systemd)

The empty text and "-" mean none.
"""

import re

from attrs import frozen

FIRST_DESCRIPTOR = 3
_NONE = ("", "-")
_FAMILIES = {"": "tcp", "http": "tcp", "tcp": "tcp", "tcp4": "tcp4", "tcp6": "tcp6"}
_LARGEST_PORT = 65_535
_LARGEST_MODE = (1 << 32) - 1


@frozen
class TCPAddress:
    """
    A host and port; an empty host means all interfaces, IPv4 and IPv6 as `family`
    ("tcp", "tcp4" or "tcp6") says.
    """

    host: str
    port: int
    family: str = "tcp"


@frozen
class UnixAddress:
    """
    The path of a socket file, and its permissions where they are set.
    """

    path: str
    mode: int | None = None


@frozen
class DescriptorAddress:
    """
    An inherited socket by the number of its file descriptor.
    """

    number: int


Address = TCPAddress | UnixAddress | DescriptorAddress


def parse_address(text: str) -> Address | None:
    """
    Return the address of a plain listener, or None for none.

    Raises ValueError with what is wrong.
    """
    if text in _NONE:
        return None
    if text[:3].lower() == "fd:":
        return DescriptorAddress(_descriptor(text[3:]))
    scheme, separator, _ = text.partition("://")
    network = scheme if separator else ""
    rest = _after_slashes(text)
    if network == "unix":
        return _unix(rest)
    if network not in _FAMILIES:
        raise ValueError(
            f'"{network}://" is not one of http://, tcp4://, tcp6://, unix://'
        )
    if text.startswith("unix:"):
        raise ValueError("a socket file is written unix:///PATH")
    return _tcp(rest, _FAMILIES[network])


def parse_secure_address(text: str) -> TCPAddress | None:
    """
    Return the address of a TLS listener, which is always TCP, or None for none.

    Raises ValueError with what is wrong.
    """
    return None if text in _NONE else _tcp(_after_slashes(text), "tcp")


def _after_slashes(text: str) -> str:
    before, slashes, after = text.partition("//")
    return after if slashes else before


def _descriptor(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < FIRST_DESCRIPTOR:
        raise ValueError(f'"fd:" needs a number from {FIRST_DESCRIPTOR} on')
    return int(text)


def _unix(text: str) -> UnixAddress:
    path, *options = text.split(",")
    mode = None
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise ValueError(f'"{option}" after the path is not NAME=VALUE')
        if name == "mode":
            mode = _mode(value)
    if not path:
        raise ValueError("the path of the socket file is missing")
    return UnixAddress(path, mode)


def _mode(text: str) -> int:
    if not re.fullmatch(r"[0-7]+", text) or int(text, 8) > _LARGEST_MODE:
        raise ValueError(f'the mode "{text}" is not octal, such as 0660')
    return int(text, 8)


def _tcp(text: str, family: str) -> TCPAddress:
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError("a port is missing; an address is HOST:PORT or :PORT")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address needs brackets, as in [::1]:4180")
    if not re.fullmatch(r"[^\s/\[\]]*", host):
        raise ValueError(f'"{host}" is not a host')
    return TCPAddress(host, _port(port), family)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        return _service(text)
    if int(text) > _LARGEST_PORT:
        raise ValueError(f"{text} is not a port; {_LARGEST_PORT} is the last one")
    return int(text)


def _service(name: str) -> int:
    import socket

    try:
        return socket.getservbyname(name, "tcp")
    except (OSError, ValueError):
        raise ValueError(f'"{name}" is not a port') from None
