"""
Listening sockets, made without a reactor: workers inherit them by a fork.

Rule 1: a unix socket has its asked mode from the first moment (no chmod afterwards).
Rule 2: a socket file that nobody listens on is in the way of nobody: it is removed;
any other file stays, and so does a socket file that is not ours when we end.
Rule 3: every problem is one line, for a person who has to fix an address.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

KEEP_ALIVE_SECONDS = 180
ALL_ADDRESSES = ("", "::", "0.0.0.0")  # noqa: S104


class CannotListen(Exception):
    """
    An address cannot be listened on.
    """


def bind_tcp(
    host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
) -> socket.socket:
    """
    Return a socket that listens on a host's address and a port.

    Without a family, no host and the addresses "0.0.0.0" and "::" mean all
    interfaces, IPv4 and IPv6. Raises `CannotListen`.
    """
    if host in ALL_ADDRESSES and family == socket.AF_UNSPEC:
        listening = _bind_everywhere(port)
        if listening is not None:
            return listening
        family, host = socket.AF_INET, ""
    found, address = _resolve(host, port, family)
    return _listen(found, address, only_v6=True)


def bind_unix(path: str, mode: int | None = None) -> socket.socket:
    """
    Return a socket that listens at a path, its file made with `mode`.

    Without a mode the process's own rule (umask) holds. Raises `CannotListen`.
    """
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        with _creating(mode):
            listening.bind(path)
        listening.listen(socket.SOMAXCONN)
    except OSError as cause:
        listening.close()
        raise CannotListen(_reason(cause)) from cause
    listening.setblocking(False)
    return listening


def inherited(number: int) -> socket.socket:
    """
    Return the listening socket that was handed to this process as file `number`.
    """
    try:
        listening = socket.socket(fileno=os.dup(number))
    except OSError as cause:
        raise CannotListen(f"file {number} is not an inherited socket") from cause
    listens = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if not listens or listening.type != socket.SOCK_STREAM:
        listening.close()
        raise CannotListen(f"file {number} is not a listening stream socket")
    listening.setblocking(False)
    return listening


def socket_name(listening: socket.socket) -> str:
    """
    Return where a socket listens, in the way in which addresses are written.
    """
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        path = os.fsdecode(name)
        return "unix://" + path.replace("\0", "@", 1)
    host = f"[{name[0]}]" if listening.family == socket.AF_INET6 else name[0]
    return f"{host}:{name[1]}"


class SocketFile:
    """
    The file of a unix socket of ours, to be removed in the end.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._identity = _identity(path)

    def remove(self) -> None:
        """
        Remove the file, unless another one has taken its place.
        """
        if self._identity is not None and _identity(self._path) == self._identity:
            with suppress(OSError):
                os.unlink(self._path)


def _bind_everywhere(port: int) -> socket.socket | None:
    """
    Return a socket for both families, or None where there is no IPv6.
    """
    if not socket.has_dualstack_ipv6():
        return None
    return _listen(socket.AF_INET6, ("::", port), only_v6=False)


def _resolve(
    host: str, port: int, family: socket.AddressFamily
) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """
    Return the first address of a host, an IPv4 one if there is.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror as cause:
        raise CannotListen(f"the host {host!r} is not known here") from cause
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]


def _listen(
    family: socket.AddressFamily, address: tuple[object, ...], *, only_v6: bool
) -> socket.socket:
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as cause:
        raise CannotListen(_reason(cause)) from cause
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only_v6))
        _set_for_connections(listening)
        listening.bind(address)
        listening.listen(socket.SOMAXCONN)
    except (OSError, OverflowError) as cause:
        listening.close()
        raise CannotListen(_reason(cause)) from cause
    listening.setblocking(False)
    return listening


def _set_for_connections(listening: socket.socket) -> None:
    """
    Set what accepted connections inherit: no waiting for more to send, and probes.
    """
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        listening.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS
        )


@contextmanager
def _creating(mode: int | None) -> Iterator[None]:
    """
    Have files made with `mode` within; bind() makes 0777 but for the umask.
    """
    if mode is None:
        yield
        return
    before = os.umask(~mode & 0o777)
    try:
        yield
    finally:
        os.umask(before)


def _remove_stale(path: str) -> None:
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise CannotListen("a file that is not a socket is there already")
    except FileNotFoundError:
        return
    except OSError as cause:
        raise CannotListen(_reason(cause)) from cause
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError as cause:
            raise CannotListen(_reason(cause)) from cause
        else:
            raise CannotListen("address already in use")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _reason(cause: Exception) -> str:
    if isinstance(cause, OSError) and cause.errno == errno.EACCES:
        return "permission denied"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[0].lower() + cause.strerror[1:]
    return str(cause)
