"""
Who can wait while people who are signed in look at their pages (`net.epoll`).
"""

from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from zope.interface import implementer

ACCEPTED_AT_ONCE = 8
"""Connections that a port accepts in one turn, before others have theirs."""


def be_patient(transport: Any, *, patient: bool = True) -> None:
    """
    Let a connection wait for those that cannot, or wait no longer; what is below TLS
    counts.
    """
    below = transport
    while below is not None and not isinstance(below, FileDescriptor):
        below = getattr(below, "transport", None)
    if below is not None:
        below.patient = patient  # type: ignore[attr-defined]  # the reactor asks for it


def accept_few(port: Any) -> None:
    """
    Let a listening port accept few connections at once, and wait for those that cannot.
    """
    if isinstance(port, FileDescriptor):
        stock: Any = port.doRead

        def accept() -> Any:
            # The stock port takes a hundred and more.
            port.numberAccepts = ACCEPTED_AT_ONCE  # type: ignore[attr-defined]
            return stock()

        port.doRead = accept  # type: ignore[method-assign]
        be_patient(port)


@implementer(IStreamClientEndpoint)
class PatientEndpoint:
    """
    An endpoint whose connections can wait.
    """

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint

    def connect(self, protocolFactory: IProtocolFactory) -> "Deferred[Any]":
        """
        Connect by the endpoint.
        """
        connecting: Deferred[Any] = self._endpoint.connect(protocolFactory)
        return connecting.addCallback(_patient)


def _patient(protocol: Any) -> Any:
    be_patient(protocol.transport)
    return protocol
