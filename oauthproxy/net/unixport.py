"""
Accept clients on a unix socket that somebody else made.

Twisted's own port makes an adopted unix socket writable for everybody and removes its
file in the end, though both are the business of who made it: systemd, or a parent that
other workers share it with.
"""

import errno
import socket
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReadDescriptor,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from oauthproxy.net.patience import ACCEPTED_AT_ONCE

PAUSE_SECONDS = 1.0
"""How long nobody is let in when this process has no file descriptors left."""


@implementer(IListeningPort, IReadDescriptor)
class UnixPort:
    """
    Serve `listening`, which is closed in the end, with a factory's protocols.
    """

    patient = True

    def __init__(
        self, reactor: Any, listening: socket.socket, factory: IProtocolFactory
    ) -> None:
        self._reactor = reactor
        self._listening = listening
        self._factory = factory
        self.startListening()

    def startListening(self) -> None:
        """
        Let clients in.
        """
        self._factory.doStart()
        self._reactor.addReader(self)

    def stopListening(self) -> "Deferred[None]":
        """
        Let nobody in any more.
        """
        if self._listening.fileno() >= 0:
            self._reactor.removeReader(self)
            self._listening.close()
            self._factory.doStop()
        return succeed(None)

    def getHost(self) -> UNIXAddress:
        """
        Return where clients come in.
        """
        return UNIXAddress(self._listening.getsockname())

    def fileno(self) -> int:
        """
        Return the number of the listening socket.
        """
        return self._listening.fileno()

    def logPrefix(self) -> str:
        """
        Return how log lines name this port.
        """
        return "unix socket"

    def connectionLost(self, reason: Failure) -> None:  # noqa: ARG002
        """
        Stop listening: the reactor gives the socket up.
        """
        self.stopListening()

    def doRead(self) -> None:
        """
        Let in who waits.
        """
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as problem:
                self._recover(problem)
                return
            with connection:
                connection.setblocking(False)
                self._let_in(connection)

    def _let_in(self, connection: socket.socket) -> None:
        self._reactor.adoptStreamConnection(
            connection.fileno(), socket.AF_UNIX, self._factory
        )

    def _recover(self, problem: OSError) -> None:
        if problem.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            return
        self._reactor.removeReader(self)
        self._reactor.callLater(PAUSE_SECONDS, self._resume)

    def _resume(self) -> None:
        if self._listening.fileno() >= 0:
            self._reactor.addReader(self)
