"""
Doors for clients: sockets that are bound in one step and opened in another.

`bind` makes the sockets and needs no reactor; `Door.open` serves one on a reactor, in
this process or, after a fork, in a worker that shares it with others.

An endpoint string is read by Twisted, which hands the `Binder` to the endpoint in the
place of a reactor. The binder makes the sockets in our way and remembers them with the
factory as the endpoint has wrapped it, for example with the PROXY protocol.
"""

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field, frozen
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocol,
    IProtocolFactory,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from oauthproxy.net.bind import (
    CannotListen,
    SocketFile,
    bind_tcp,
    bind_unix,
    inherited,
    socket_name,
)
from oauthproxy.net.patience import accept_few
from oauthproxy.net.settled import SettledFactory
from oauthproxy.net.unixport import UnixPort


@frozen(kw_only=True)
class Listener:
    """
    One configured address: what option it comes from, and what is served there.

    `secure` asks for TLS with the certificate of `server` ("site" or "metrics").
    `make` puts doors into a binder.
    """

    option: str
    text: str
    server: str = "site"
    secure: bool = False
    make: Callable[["Binder"], None] = field(eq=False)

    def refusal(self, reason: str) -> CannotListen:
        """
        Return the error that names this listener.
        """
        text = f"cannot listen on {self.text} (--{self.option}): {reason}"
        return CannotListen(text)


@implementer(IProtocolFactory)
class Slot:
    """
    A factory that stands for another one, which may change while clients come.
    """

    def __init__(self) -> None:
        self.current: IProtocolFactory | None = None

    def buildProtocol(self, addr: IAddress | None) -> IProtocol | None:
        """
        Return the current factory's protocol; without one, nobody is let in.
        """
        if self.current is None or addr is None:
            return None
        return self.current.buildProtocol(addr)

    def doStart(self) -> None:
        """
        Nothing to do: who sets the current factory starts it.
        """

    def doStop(self) -> None:
        """
        Nothing to do.
        """


@define(eq=False)
class Door:
    """
    A bound socket; once opened, clients come through it.
    """

    listener: Listener
    listening: socket.socket
    factory: IProtocolFactory
    slot: Slot
    endpoint_tls: Any = None
    file: SocketFile | None = None

    @property
    def secure(self) -> bool:
        """
        Whether clients speak TLS here.
        """
        return self.listener.secure or self.endpoint_tls is not None

    @property
    def name(self) -> str:
        """
        Where clients come in, for a log line.
        """
        scheme = "HTTPS" if self.secure else "HTTP"
        return f"{scheme}: listening on {socket_name(self.listening)}"

    def open(self, reactor: Any, served: IProtocolFactory, tls: Any) -> IListeningPort:
        """
        Let clients in to `served`; `tls` makes TLS connections where they are asked
        for.
        """
        if self.listener.secure:
            served = TLSMemoryBIOFactory(tls, False, served, reactor)
        if self.factory is not self.slot:
            served = SettledFactory(reactor, served)
        self.slot.current = served
        factory = self.factory
        if self.endpoint_tls is not None:
            factory = TLSMemoryBIOFactory(self.endpoint_tls, False, factory, reactor)
        port: IListeningPort
        if self.listening.family == socket.AF_UNIX:
            port = UnixPort(reactor, self.listening.dup(), factory)
        else:
            port = reactor.adoptStreamPort(
                self.listening.fileno(), self.listening.family, factory
            )
        accept_few(port)
        return port

    def close(self, *, remove: bool = True) -> None:
        """
        Give the socket up; its file goes too, unless other processes serve it.
        """
        self.listening.close()
        if remove and self.file is not None:
            self.file.remove()


class Binder:
    """
    What endpoints see as their reactor: binds for one listener after the other.
    """

    def __init__(self) -> None:
        self.doors: list[Door] = []
        self._listener: Any = None
        self.slot = Slot()

    def begin(self, listener: Listener) -> "Binder":
        """
        Bind for `listener` from now on; `slot` is the factory to listen with.
        """
        self._listener, self.slot = listener, Slot()
        return self

    def add(
        self, listening: socket.socket, factory: Any = None, tls: Any = None
    ) -> Door:
        """
        Remember a bound socket.
        """
        door = Door(
            listener=self._listener,
            listening=listening,
            factory=factory or self.slot,
            slot=self.slot,
            endpoint_tls=tls,
        )
        self.doors.append(door)
        return door

    def add_unix(self, path: str, mode: int | None, factory: Any = None) -> Door:
        """
        Bind a unix socket.
        """
        door = self.add(bind_unix(path, mode), factory)
        if not path.startswith("\0"):
            door.file = SocketFile(path)
        return door

    # What endpoints call, with Twisted's names and signatures (IReactorTCP and its
    # relatives). They expect a port and do nothing with it.
    # ruff: noqa: ARG002

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 0, interface: str = ""
    ) -> Door:
        """
        Bind a TCP socket, of the family of `interface`; "::" takes IPv4 too.
        """
        if interface == "::":
            return self.add(bind_tcp("", port), factory)
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        return self.add(bind_tcp(interface, port, family), factory)

    def listenSSL(
        self,
        port: int,
        factory: Any,
        contextFactory: Any,
        backlog: int = 0,
        interface: str = "",
    ) -> Door:
        """
        Bind a TCP socket to be served with the endpoint's own certificate.
        """
        door = self.listenTCP(port, factory, backlog, interface)
        door.endpoint_tls = contextFactory
        return door

    def listenUNIX(
        self,
        address: str,
        factory: Any,
        backlog: int = 0,
        mode: int = 0o666,
        wantPID: int = 0,
    ) -> Door:
        """
        Bind a unix socket.
        """
        return self.add_unix(os.fsdecode(address), mode, factory)

    def adoptStreamPort(
        self, fileDescriptor: int, addressFamily: int, factory: Any
    ) -> Door:
        """
        Take a socket that was handed to this process.
        """
        return self.add(inherited(fileDescriptor), factory)


def bind(listeners: Sequence[Listener]) -> list[Door]:
    """
    Return the doors of all listeners, bound and not yet open.

    Raises `CannotListen` with the option and the address in its text; then nothing
    stays bound.
    """
    binder = Binder()
    for listener in listeners:
        try:
            listener.make(binder.begin(listener))
        except CannotListen as cause:
            for door in binder.doors:
                door.close()
            raise listener.refusal(str(cause)) from cause
    return binder.doors
