"""
One connection to a Redis server, over txredisapi's protocol.

What txredisapi 1.6 lacks is added here and beside this file, and nowhere else: a time
limit for every command, and reading by hiredis, because its own parser takes a turn of
the reactor for each string of a reply (here), connections that come back after a
refused password (`link`), TLS and roles behind Sentinel (`dial`, `sentinel`), clusters
(`cluster`), idle connections closed (`link`), client-side caching (`watch`).

This file alone imports txredisapi, because that installs the global reactor.
"""

from collections.abc import Callable
from typing import Any

import hiredis
import txredisapi
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from oauthproxy.net.failures import describe
from oauthproxy.net.redis.replies import Argument, Hear, Lost, Refused, Reply

MOST_WAITING = 10_000
"""So many commands may wait for their replies on one connection."""


class _Conversation(txredisapi.BaseRedisProtocol):  # type: ignore[misc]
    """
    Exact bytes in and out; published messages go to `hear`.
    """

    def __init__(self, hear: Hear | None) -> None:
        super().__init__(charset=None, convertNumbers=False)
        self._hear = hear
        self._reader = hiredis.Reader(replyError=txredisapi.ResponseError)
        self.lost: Callable[[], None] = lambda: None
        self.why: Failure | None = None

    def dataReceived(self, data: bytes, unpause: bool = False) -> None:  # noqa: ARG002
        reader = self._reader
        try:
            reader.feed(data)
            while (reply := reader.gets()) is not False:
                self.replyReceived(reply)
        except (hiredis.ProtocolError, MemoryError):
            self.transport.abortConnection()

    def replyReceived(self, reply: Reply) -> None:
        if (
            self._hear is not None
            and isinstance(reply, list)
            and len(reply) == 3
            and reply[0] == b"message"
        ):
            self._hear(reply[2])
        elif self.replyQueue.waiting:
            super().replyReceived(reply)
        else:
            # Whoever asks next would take it for the answer.
            self.transport.abortConnection()

    def connectionLost(self, why: Failure) -> None:
        self.why = why
        super().connectionLost(why)
        self.lost()


class Client:
    """
    An open connection; `lost` is called once when it closes, for whatever reason.
    """

    def __init__(self, reactor: Any, conversation: Any, limit: float) -> None:
        self._reactor = reactor
        self._conversation = conversation
        self._limit = limit
        self.used_at: float = reactor.seconds()
        self.closed = not conversation.connected
        self.lost: Callable[[], None] = lambda: None
        conversation.lost = self._closed

    async def call(self, *command: Argument) -> Reply:
        """
        Send a command and return its reply; raise Lost or Refused.
        """
        return await self._send(command)

    async def call_both(
        self, first: tuple[Argument, ...], second: tuple[Argument, ...]
    ) -> Reply:
        """
        Send two commands with nothing in between, and return the second's reply.
        """
        Deferred.fromCoroutine(self._send(first)).addErrback(lambda _: None)
        return await self._send(second)

    def close(self) -> None:
        """
        Close the connection at once; commands under way are lost.
        """
        if not self.closed:
            self._conversation.transport.abortConnection()
            self._closed()

    async def _send(self, command: tuple[Argument, ...]) -> Reply:
        if self.closed:
            raise Lost("the connection is closed")
        if len(self._conversation.replyQueue.waiting) >= MOST_WAITING:
            raise Lost("too many commands wait for Redis")
        self.used_at = self._reactor.seconds()
        reply: Deferred[Reply] = self._conversation.execute_command(*command)
        if self._limit:
            reply.addTimeout(self._limit, self._reactor)
        try:
            return await reply
        except TooLate as cause:
            # Replies come in order: what follows a late one is late as well.
            self.close()
            raise Lost(f"no reply within {self._limit:g}s") from cause
        except txredisapi.ResponseError as cause:
            raise Refused(str(cause)) from cause
        except txredisapi.RedisError as cause:
            self.close()
            raise Lost(self._reason()) from cause

    def _reason(self) -> str:
        why = self._conversation.why
        return "the connection was closed" if why is None else describe(why.value)

    def _closed(self) -> None:
        if not self.closed:
            self.closed = True
            self.lost()


async def connect(
    reactor: Any, endpoint: IStreamClientEndpoint, limit: float, hear: Hear | None
) -> Client:
    """
    Open a connection whose commands take at most `limit` seconds, 0 for no limit.
    """
    factory = Factory.forProtocol(lambda: _Conversation(hear))
    factory.noisy = False
    return Client(reactor, await endpoint.connect(factory), limit)
