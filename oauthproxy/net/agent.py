"""
Where the connections of outgoing calls go: straight to the server or through a proxy.
"""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.web.client import URI, Agent, HTTPConnectionPool, ProxyAgent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IAgentEndpointFactory, IBodyProducer
from zope.interface import implementer

from oauthproxy.net.connect import ConnectEndpoint, authorization
from oauthproxy.net.outgoing import OutgoingProxies, ProxyServer
from oauthproxy.net.patience import PatientEndpoint
from oauthproxy.net.trust import ClientTrust


@implementer(IAgentEndpointFactory)
class Destinations:
    """
    Endpoints of servers, TLS and proxies included.
    """

    def __init__(
        self, reactor: Any, trust: ClientTrust, proxies: OutgoingProxies
    ) -> None:
        self._reactor = reactor
        self._trust = trust
        self._proxies = proxies
        self._of_proxies: dict[ProxyServer, IStreamClientEndpoint] = {}

    def proxy_for(self, uri: URI) -> ProxyServer | None:
        """
        Return the proxy for calls to `uri`, or None.
        """
        return self._proxies.choose(
            secure=uri.scheme == b"https", host=uri.host.decode("ascii"), port=uri.port
        )

    def proxy_endpoint(self, proxy: ProxyServer) -> IStreamClientEndpoint:
        """
        Return the endpoint of a proxy, always the same one (pools go by it).
        """
        if proxy not in self._of_proxies:
            self._of_proxies[proxy] = self._connecting(
                proxy.host, proxy.port, secure=proxy.secure
            )
        return self._of_proxies[proxy]

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """
        Return the endpoint for a connection to `uri`.
        """
        host, secure = uri.host.decode("ascii"), uri.scheme == b"https"
        proxy = self.proxy_for(uri) if secure else None
        if proxy is None:
            return self._connecting(host, uri.port, secure=secure)
        through = ConnectEndpoint(
            self.proxy_endpoint(proxy), host, uri.port, proxy.credentials
        )
        return self._encrypted(host, through)

    def _connecting(
        self, host: str, port: int, *, secure: bool
    ) -> IStreamClientEndpoint:
        plain = PatientEndpoint(HostnameEndpoint(self._reactor, host, port))
        return self._encrypted(host, plain) if secure else plain

    def _encrypted(
        self, host: str, endpoint: IStreamClientEndpoint
    ) -> IStreamClientEndpoint:
        return wrapClientTLS(self._trust.creator(host), endpoint, self._reactor)


@implementer(IAgent)
class OutgoingAgent:
    """
    Make calls over pooled connections.
    """

    def __init__(
        self, reactor: Any, destinations: Destinations, pool: HTTPConnectionPool
    ) -> None:
        self._reactor = reactor
        self._destinations = destinations
        self._pool = pool
        self._direct: Any = Agent.usingEndpointFactory(reactor, destinations, pool)

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> "Deferred[Any]":
        """
        Send one request.
        """
        parsed = URI.fromBytes(uri)
        proxy = None
        if parsed.scheme == b"http":
            proxy = self._destinations.proxy_for(parsed)
        if proxy is None:
            direct: Deferred[Any] = self._direct.request(
                method, uri, headers, bodyProducer
            )
            return direct
        headers = Headers() if headers is None else headers.copy()
        if proxy.credentials:
            headers.setRawHeaders(
                b"Proxy-Authorization", [authorization(proxy.credentials)]
            )
        endpoint = self._destinations.proxy_endpoint(proxy)
        through: Any = ProxyAgent(endpoint, self._reactor, self._pool)
        sent: Deferred[Any] = through.request(method, uri, headers, bodyProducer)
        return sent
