"""
Who can wait: marks for the reactor.
"""

import socket
from pathlib import Path
from typing import Any

from twisted.internet import tcp
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import succeed
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from oauthproxy.net.patience import (
    ACCEPTED_AT_ONCE,
    PatientEndpoint,
    accept_few,
    be_patient,
)
from oauthproxy.net.unixport import UnixPort
from tests.unit.net.test_prompt import Reactor


class Below(FileDescriptor):
    """
    A plain connection.
    """

    def __init__(self) -> None:
        reactor: Any = object()
        super().__init__(reactor=reactor)
        self.numberAccepts = 100
        self.asked: list[int] = []

    def doRead(self) -> None:
        self.asked.append(self.numberAccepts)
        self.numberAccepts += 20


class Above:
    """
    A TLS connection over a transport, or a protocol on it.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport


def test_what_is_below_tls_is_marked() -> None:
    """
    The reactor knows descriptors only.
    """
    below = Below()

    be_patient(Above(Above(below)))
    marked = below.patient  # type: ignore[attr-defined]
    be_patient(below, patient=False)

    assert (marked, below.patient) == (True, False)  # type: ignore[attr-defined]


def test_what_has_no_descriptor_is_left_alone() -> None:
    """
    Transports of tests, for instance.
    """
    be_patient(Above(None))
    accept_few(object())


def test_a_port_accepts_few_at_once() -> None:
    """
    However many it accepted before.
    """
    port = Below()
    accept_few(port)

    port.doRead()
    port.doRead()

    assert port.asked == [ACCEPTED_AT_ONCE, ACCEPTED_AT_ONCE]
    assert port.patient  # type: ignore[attr-defined]


def test_a_unix_socket_accepts_few_at_once(tmp_path: Path) -> None:
    """
    As others do, and it waits as they do.
    """
    let_in: list[int] = []
    reactor = Reactor()
    reactor.adoptStreamConnection = (  # type: ignore[attr-defined]
        lambda number, family, factory: let_in.append(number)
    )
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket"))
    listening.listen()
    listening.setblocking(False)
    port = UnixPort(reactor, listening, Factory())
    clients = [socket.socket(socket.AF_UNIX) for _ in range(ACCEPTED_AT_ONCE + 3)]
    for client in clients:
        client.connect(str(tmp_path / "socket"))

    port.doRead()
    first = len(let_in)
    port.doRead()

    assert (first, len(let_in)) == (ACCEPTED_AT_ONCE, ACCEPTED_AT_ONCE + 3)
    assert port.patient
    for client in clients:
        client.close()
    port.stopListening()


def test_connections_of_an_endpoint_are_marked() -> None:
    """
    As soon as they are made.
    """
    below = Below()

    class Endpoint:
        def connect(self, factory: Any) -> Any:
            return succeed(Above(Above(below)))

    PatientEndpoint(Endpoint()).connect(None)  # type: ignore[arg-type]

    assert below.patient  # type: ignore[attr-defined]


def test_the_others_stay_in_line_for_the_next_turn() -> None:
    """
    Twisted: a port accepts up to `numberAccepts` connections, over real sockets.
    """
    met: list[object] = []

    class Refusing(Factory):
        def buildProtocol(self, addr: object) -> None:
            met.append(addr)

    port = tcp.Port(0, Refusing(), interface="127.0.0.1", reactor=Reactor())
    port.startListening()
    accept_few(port)
    address = port.getHost()
    clients = [
        socket.create_connection((address.host, address.port))
        for _ in range(ACCEPTED_AT_ONCE + 3)
    ]

    port.doRead()
    first = len(met)
    port.doRead()

    assert (first, len(met)) == (ACCEPTED_AT_ONCE, ACCEPTED_AT_ONCE + 3)
    for client in clients:
        client.close()
    port.connectionLost(Failure(CONNECTION_DONE))
