"""
Hear of every change of a session, whoever makes it: Redis's client-side caching.

A connection to each master subscribes to the invalidation of all keys that begin as
ours do (CLIENT TRACKING in broadcasting mode, redirected to itself, which RESP 2 can).

Rule 1: the watcher is told at once when one of the connections breaks; until all are
back it must not trust what it remembers.
Rule 2: a connection that is silent is asked for a sign of life every second.
Rule 3: where a server does not let us, sessions are read every time, and we ask again
once a minute.
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from oauthproxy.net.redis.client import Client
from oauthproxy.net.redis.dial import Dialer
from oauthproxy.net.redis.pulse import beat
from oauthproxy.net.redis.replies import Lost, Refused, Reply
from oauthproxy.net.redis.router import Router
from oauthproxy.ports import Log, Watcher
from oauthproxy.session.redis_url import Endpoint

CHANNEL = "__redis__:invalidate"
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
REFUSED_PAUSE = 60.0


class Watch:
    """
    Tell `watcher` of changes of keys that begin with `prefix`.
    """

    def __init__(
        self,
        reactor: Any,
        dialer: Dialer,
        router: Router,
        log: Log,
        watcher: Watcher,
        prefix: str,
    ) -> None:
        self._reactor = reactor
        self._dialer = dialer
        self._router = router
        self._log = log
        self._watcher = watcher
        self._prefix = prefix.encode("utf-8", "surrogateescape")
        self._holding: Deferred[None] | None = None
        self._trusted = True
        self._broken = False
        self._refused = False

    async def run(self) -> None:
        """
        Watch until cancelled.
        """
        self._distrust()
        pause = FIRST_PAUSE
        while True:
            held = await self._hold_once()
            pause = FIRST_PAUSE if held else min(pause * 2, LONGEST_PAUSE)
            wait = REFUSED_PAUSE if self._refused else pause
            await deferLater(self._reactor, wait)

    async def _hold_once(self) -> bool:
        """
        Watch until a connection breaks; return whether everything was heard.
        """
        self._broken = False
        self._holding = Deferred.fromCoroutine(self._hold())
        try:
            await self._holding
        except Refused as refusal:
            self._report(refusal)
        except Lost:
            pass
        except CancelledError:
            if not self._broken:
                raise
        finally:
            self._holding = None
            held = self._trusted or self._broken
            self._distrust()
        return held

    def _report(self, refusal: Refused) -> None:
        if not self._refused:
            self._refused = True
            self._log.error(
                "Redis does not tell of changes, so every request reads its "
                f"session: {refusal}"
            )

    async def _hold(self) -> None:
        clients: list[Client] = []
        try:
            masters = await self._router.masters()
            for master in masters:
                client = await self._subscribe(master)
                clients.append(client)
            self._trust()
            while not await self._moved(masters):
                await beat(self._reactor, *clients)
            self._router.forget()
        finally:
            for client in clients:
                client.lost = _nothing
                client.close()

    async def _moved(self, masters: Sequence[Endpoint]) -> bool:
        """
        Tell whether other servers keep our data now.
        """
        try:
            return await self._router.masters() != masters
        except (Lost, Refused):
            # Nobody to ask is no reason to leave servers that answer.
            return False

    async def _subscribe(self, master: Endpoint) -> Client:
        client = await self._dialer.server(master, self._hear)
        client.lost = self._break
        try:
            number = await client.call("CLIENT", "ID")
            await client.call(
                "CLIENT", "TRACKING", "ON", "REDIRECT", number, "BCAST",
                *(("PREFIX", self._prefix) if self._prefix else ()),
            )  # fmt: skip
            await client.call("SUBSCRIBE", CHANNEL)
        except BaseException:
            client.lost = _nothing
            client.close()
            raise
        return client

    def _hear(self, keys: Reply) -> None:
        if keys is None:
            # The whole database was emptied.
            self._watcher.lost()
            self._watcher.restored()
            return
        for key in keys if isinstance(keys, list) else [keys]:
            self._watcher.changed(key.decode("utf-8", "surrogateescape"))

    def look_again(self) -> None:
        """
        Take note that other servers keep the data now.
        """
        self._router.forget()
        self._break()

    def _break(self) -> None:
        self._broken = True
        self._distrust()
        if self._holding is not None:
            self._holding.cancel()

    def _trust(self) -> None:
        if not self._trusted:
            self._trusted = True
            self._refused = False
            self._watcher.restored()

    def _distrust(self) -> None:
        if self._trusted:
            self._trusted = False
            self._watcher.lost()


def _nothing() -> None:
    """
    Do nothing.
    """
