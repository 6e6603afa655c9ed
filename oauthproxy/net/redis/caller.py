"""
Run commands with a time limit and a bounded number of retries.

What can be run twice without harm is run again after a lost connection and after
errors that pass (a failover, a server that is loading); all within one time limit.
"""

import random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.task import deferLater

from oauthproxy.errors import StoreUnavailable
from oauthproxy.net.redis.replies import Argument, Lost, Refused, Reply
from oauthproxy.net.redis.router import Router
from oauthproxy.ports import Log

FIRST_PAUSE = 0.008
LONGEST_PAUSE = 0.512


class Caller:
    """
    Run commands; everything that goes wrong is StoreUnavailable.

    The log is told when Redis stops answering and when it answers again, not about
    every command in between. `limit` is in seconds.
    """

    def __init__(
        self, reactor: Any, router: Router, log: Log, limit: float, retries: int
    ) -> None:
        self._reactor = reactor
        self._router = router
        self._log = log
        self._limit = limit
        self._retries = retries
        self._down = False

    async def call(self, key: str, *command: Argument, again: bool = True) -> Reply:
        """
        Run a command about `key`; `again` is for those that can be run twice.
        """
        octets = key.encode("utf-8", "surrogateescape")
        retries = self._retries if again else 0
        running = self._run(octets, command, retries)
        return await self._limited(running)

    async def try_once(self, key: str, *command: Argument) -> Reply:
        """
        Run a command whose failure is no news: it is not retried, and not logged.
        """
        octets = key.encode("utf-8", "surrogateescape")
        started = Deferred.fromCoroutine(self._router.run(octets, command))
        try:
            return await started.addTimeout(self._limit, self._reactor)
        except (TooLate, Lost, Refused) as cause:
            raise StoreUnavailable(f"Redis: {cause}") from cause

    async def ping(self) -> None:
        """
        Return when all servers answer.
        """
        await self._limited(self._router.ping())

    async def _limited(self, running: Any) -> Reply:
        started: Deferred[Reply] = Deferred.fromCoroutine(running)
        try:
            reply = await started.addTimeout(self._limit, self._reactor)
        except TooLate as cause:
            raise self._unavailable(f"no answer within {self._limit:g}s") from cause
        except (Lost, Refused) as cause:
            raise self._unavailable(str(cause)) from cause
        if self._down:
            self._down = False
            self._log.info("Redis answers again")
        return reply

    async def _run(
        self, key: bytes, command: tuple[Argument, ...], retries: int
    ) -> Reply:
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._router.run(key, command)
            except Lost:
                if not retries:
                    raise
            except Refused as refusal:
                if not retries or not refusal.passing:
                    raise
            retries -= 1
            await deferLater(self._reactor, random.uniform(pause / 2, pause))  # noqa: S311
            pause = min(pause * 4, LONGEST_PAUSE)

    def _unavailable(self, reason: str) -> StoreUnavailable:
        if not self._down:
            self._down = True
            self._log.error(f"Redis does not answer: {reason}")
        return StoreUnavailable(f"Redis: {reason}")
