"""
All doors of the program, what is served behind them, and with which certificates.

There are two servers: "site" for browsers, "metrics" for Prometheus.
"""

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from oauthproxy.net.doors import Door, Slot
from oauthproxy.net.livetls import LiveTLS, tls_source
from oauthproxy.ports import Clock, Log
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import ServerSettings, Settings

SERVERS = ("site", "metrics")


class Entrances:
    """
    Open bound doors, and lead those who come in to what is current.

    Raises `CertificateUnusable`, or `CannotListen` for a door that needs a certificate
    when none is configured.
    """

    def __init__(
        self,
        reactor: Any,
        doors: list[Door],
        settings: Settings,
        *,
        environment: Mapping[str, str],
        read_file: ReadFile,
        clock: Clock,
        log: Log,
    ) -> None:
        self._reactor = reactor
        self._doors = doors
        self._environment = environment
        self._read_file = read_file
        self._ports: list[IListeningPort] = []
        self._slots = {name: Slot() for name in SERVERS}
        self._tls = {
            name: LiveTLS(
                reactor,
                tls_source(server.tls, environment, read_file),
                clock=clock,
                log=log,
            )
            for name, server in _servers(settings).items()
            if server.tls is not None
        }
        for door in doors:
            if door.listener.secure and door.listener.server not in self._tls:
                raise door.listener.refusal("there is no certificate")

    def lead_to(self, site: IProtocolFactory, metrics: IProtocolFactory | None) -> None:
        """
        Lead new clients to these from now on.
        """
        self._slots["site"].current = site
        self._slots["metrics"].current = metrics

    def open(self) -> list[str]:
        """
        Let clients in; return a line for each door.
        """
        for live in self._tls.values():
            live.start()
        for door in self._doors:
            server = door.listener.server
            tls = self._tls[server].server if door.listener.secure else None
            self._ports.append(door.open(self._reactor, self._slots[server], tls))
        return [door.name for door in self._doors]

    def renewal(self, settings: Settings) -> Callable[[Log], None]:
        """
        Return what changes over to the certificates and TLS parameters of other
        settings, for the servers that have TLS already, and to another log.

        Raises `CertificateUnusable` when they cannot be used.
        """
        changes = {
            self._tls[name]: self._tls[name].prepare(
                tls_source(server.tls, self._environment, self._read_file)
            )
            for name, server in _servers(settings).items()
            if server.tls is not None and name in self._tls
        }

        def renew(log: Log) -> None:
            for live, change in changes.items():
                live.log = log
                change()

        return renew

    async def close(self, *, remove: bool) -> None:
        """
        Let nobody in any more. Socket files of ours are removed if `remove` says so.
        """
        for live in self._tls.values():
            live.stop()
        ports, self._ports = self._ports, []
        for port in ports:
            await maybeDeferred(port.stopListening)
        for door in self._doors:
            door.close(remove=remove)


def _servers(settings: Settings) -> dict[str, ServerSettings]:
    return {"site": settings.server, "metrics": settings.metrics_server}
