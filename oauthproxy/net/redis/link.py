"""
One connection that is opened when it is needed, and again when it was lost.

Rule 1: many wait for one attempt to connect; an attempt ends in time.
Rule 2: a failed attempt is told to those who waited, and the next who needs the
connection starts another: nothing gives up for good.
Rule 3: a connection unused for `idle_time` is closed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define
from twisted.internet.defer import CancelledError

from oauthproxy.net.background import Background
from oauthproxy.net.gate import Gate
from oauthproxy.net.redis.client import Client
from oauthproxy.net.redis.replies import Lost, Refused


@define(eq=False)
class _Attempt:
    gate: Gate
    client: Client | None = None
    error: Lost | Refused | None = None


class Link:
    """
    Keep at most one connection, opened by `open_client`.
    """

    def __init__(
        self,
        reactor: Any,
        open_client: Callable[[], Awaitable[Client]],
        idle_time: float,
    ) -> None:
        self._reactor = reactor
        self._open_client = open_client
        self._idle_time = idle_time
        self._background = Background()
        self._client: Client | None = None
        self._attempt: _Attempt | None = None
        self._idle_check: Any = None
        self._stopped = False

    async def client(self) -> Client:
        """
        Return the connection; raise Lost or Refused when it cannot be opened.
        """
        if self._client is not None and not self._client.closed:
            return self._client
        if self._stopped:
            raise Lost("the connection was given up")
        attempt = self._attempt or self._begin()
        await attempt.gate.wait()
        if attempt.client is None:
            raise attempt.error or Lost("connecting was given up")
        return attempt.client

    def drop(self) -> None:
        """
        Close the connection; whoever needs one gets a new one.
        """
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def stop(self) -> None:
        """
        Close the connection for good.
        """
        self._stopped = True
        self._background.stop()
        self.drop()
        if self._idle_check is not None:
            self._idle_check.cancel()
            self._idle_check = None

    def _begin(self) -> _Attempt:
        attempt = self._attempt = _Attempt(Gate())
        self._background(self._open(attempt))
        return attempt

    async def _open(self, attempt: _Attempt) -> None:
        try:
            attempt.client = self._client = await self._open_client()
            self._watch_idleness(self._idle_time)
        except (Lost, Refused) as error:
            attempt.error = error
        except CancelledError:
            attempt.error = Lost("connecting was given up")
            raise
        finally:
            self._attempt = None
            attempt.gate.open()

    def _watch_idleness(self, delay: float) -> None:
        if self._idle_time and self._idle_check is None:
            self._idle_check = self._reactor.callLater(delay, self._check_idleness)

    def _check_idleness(self) -> None:
        self._idle_check = None
        if self._client is None or self._client.closed:
            return
        left = self._client.used_at + self._idle_time - self._reactor.seconds()
        if left > 0:
            self._watch_idleness(left)
        else:
            self.drop()
