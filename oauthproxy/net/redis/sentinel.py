"""
Find the master through Redis Sentinel.
"""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.task import deferLater

from oauthproxy.net.redis.client import Client
from oauthproxy.net.redis.dial import Dialer
from oauthproxy.net.redis.pulse import beat
from oauthproxy.net.redis.replies import Lost, Refused, Reply
from oauthproxy.session.redis_url import Endpoint

CHANNEL = "+switch-master"
PAUSE = 1.0


class Sentinels:
    """
    Ask sentinels in turn; the one that answered last is asked first.

    While one of them is listened to, what it said last is believed until it says
    that another server is the master now.
    """

    def __init__(
        self,
        reactor: Any,
        dialer: Dialer,
        endpoints: Sequence[Endpoint],
        master_name: str,
    ) -> None:
        self._reactor = reactor
        self._dialer = dialer
        self._endpoints = list(endpoints)
        self._master_name = master_name
        self._listening = False
        self._known: Endpoint | None = None

    async def listen(self, switched: Callable[[], None]) -> None:
        """
        Call `switched` whenever another server becomes the master, until cancelled.
        """

        def hear(message: Reply) -> None:
            if message.split(b" ")[0].decode("utf-8", "replace") == self._master_name:
                self._known = None
                switched()

        while True:
            for endpoint in list(self._endpoints):
                try:
                    await self._listen(endpoint, hear)
                except (Lost, Refused):
                    # `locate` tells of sentinels that nobody can reach.
                    continue
            await deferLater(self._reactor, PAUSE)

    async def _listen(self, endpoint: Endpoint, hear: Callable[[Reply], None]) -> None:
        client = await self._dialer.sentinel(endpoint, hear)
        try:
            await client.call("SUBSCRIBE", CHANNEL)
            self._known = None
            self._listening = True
            while True:
                await beat(self._reactor, client)
        finally:
            self._listening = False
            client.close()

    async def locate(self) -> Endpoint:
        """
        Return where the master is now; raise Lost when no sentinel knows.
        """
        if not self._listening or self._known is None:
            self._known = await self._ask_all()
        return self._known

    async def _ask_all(self) -> Endpoint:
        reasons: list[str] = []
        for endpoint in list(self._endpoints):
            try:
                master = await self._ask(endpoint)
            except (Lost, Refused) as error:
                reasons.append(str(error))
                continue
            self._endpoints.remove(endpoint)
            self._endpoints.insert(0, endpoint)
            return master
        raise Lost(f"no sentinel knows the master: {'; '.join(reasons)}")

    async def open_master(self) -> Client:
        """
        Open a connection to the master, which must agree that it is one.
        """
        endpoint = self._known = await self._ask_all()
        client = await self._dialer.server(endpoint)
        try:
            await self._check_role(client, endpoint)
        except BaseException:
            client.close()
            raise
        return client

    async def _ask(self, endpoint: Endpoint) -> Endpoint:
        client = await self._dialer.sentinel(endpoint)
        try:
            found = await client.call(
                "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._master_name
            )
        finally:
            client.close()
        if not isinstance(found, list) or len(found) != 2:
            raise Lost(f'{endpoint} knows no master "{self._master_name}"')
        host, port = found
        return Endpoint(host.decode("utf-8", "replace"), int(port))

    async def _check_role(self, client: Client, endpoint: Endpoint) -> None:
        try:
            role = await client.call("ROLE")
        except Refused:
            # A restricted user may not ask; writes will tell.
            return
        if role[0] != b"master":
            raise Lost(f"{endpoint} is not the master (any more, or yet)")
