"""
Open connections to Redis servers, introduced and ready for commands.
"""

from typing import Any

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.endpoints import (
    HostnameEndpoint,
    UNIXClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IStreamClientEndpoint

from oauthproxy.net.failures import describe
from oauthproxy.net.redis.client import Client, connect
from oauthproxy.net.redis.replies import Hear, Lost, Refused
from oauthproxy.net.trust import ClientTrust
from oauthproxy.session.redis_plan import RedisPlan
from oauthproxy.session.redis_url import Endpoint
from oauthproxy.settings.kinds import SECOND

NAME = "oauthproxy"
"""What administrators see in the server's list of clients."""


@frozen(kw_only=True)
class Introduction:
    """
    What a server must hear first.
    """

    username: str = ""
    password: str = ""
    database: int = 0


class Dialer:
    """
    Open connections as a plan says.
    """

    def __init__(self, reactor: Any, plan: RedisPlan) -> None:
        self._reactor = reactor
        self._plan = plan
        self._trust = _trust(plan)
        self._server = Introduction(
            username=plan.username, password=plan.password, database=plan.database
        )
        self._sentinel = Introduction(password=plan.sentinel_password)

    async def server(self, endpoint: Endpoint, hear: Hear | None = None) -> Client:
        """
        Open a connection to a server that keeps data; raise Lost or Refused. What is
        published to the connection goes to `hear`.
        """
        return await self._dial(endpoint, self._server, hear)

    async def sentinel(self, endpoint: Endpoint, hear: Hear | None = None) -> Client:
        """
        Open a connection to a sentinel; raise Lost or Refused.
        """
        return await self._dial(endpoint, self._sentinel, hear)

    async def _dial(
        self, endpoint: Endpoint, introduction: Introduction, hear: Hear | None
    ) -> Client:
        limit = self._plan.dial_timeout / SECOND
        opening = Deferred.fromCoroutine(self._open(endpoint, introduction, hear))
        if limit:
            opening.addTimeout(limit, self._reactor)
        try:
            return await opening
        except (Lost, Refused, CancelledError):
            raise
        except TooLate as cause:
            raise Lost(f"{endpoint}: no connection within {limit:g}s") from cause
        except Exception as cause:
            raise Lost(f"{endpoint}: {describe(cause)}") from cause

    async def _open(
        self, endpoint: Endpoint, introduction: Introduction, hear: Hear | None
    ) -> Client:
        client = await connect(
            self._reactor,
            self._endpoint(endpoint),
            self._plan.read_timeout / SECOND,
            hear,
        )
        try:
            await _introduce(client, introduction)
        except Lost as cause:
            raise Lost(f"{endpoint}: {cause}") from cause
        except BaseException:
            # Refused, or given up by whoever waits.
            client.close()
            raise
        return client

    def _endpoint(self, endpoint: Endpoint) -> IStreamClientEndpoint:
        if not endpoint.port:
            plain: Any = UNIXClientEndpoint(self._reactor, endpoint.host)
        else:
            plain = HostnameEndpoint(self._reactor, endpoint.host, endpoint.port)
        if self._trust is None or self._plan.tls is None:
            return plain  # type: ignore[no-any-return]
        name = self._plan.tls.server_name or endpoint.host
        wrapped: Any = wrapClientTLS(self._trust.creator(name), plain)
        return wrapped  # type: ignore[no-any-return]


async def _introduce(client: Client, introduction: Introduction) -> None:
    """
    Say who we are. A user without a password is not sent, as in the reference.
    """
    if introduction.password:
        user = (introduction.username,) if introduction.username else ()
        await client.call("AUTH", *user, introduction.password)
    if introduction.database:
        await client.call("SELECT", introduction.database)
    try:
        await client.call("CLIENT", "SETNAME", NAME)
    except Refused:
        # Sentinels and restricted users cannot; the name is only a courtesy.
        return


def _trust(plan: RedisPlan) -> ClientTrust | None:
    if plan.tls is None:
        return None
    return ClientTrust(
        ca_files=(plan.tls.ca_path,) if plan.tls.ca_path else (),
        use_system_trust_store=True,
        skip_verify=plan.tls.skip_verify,
        certificate=(
            (plan.tls.cert_path, plan.tls.key_path) if plan.tls.cert_path else None
        ),
    )
