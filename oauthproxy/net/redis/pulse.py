"""
Ask a silent connection for a sign of life.
"""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.task import deferLater

from oauthproxy.net.redis.client import Client
from oauthproxy.net.redis.replies import Lost

HEARTBEAT = 1.0
SILENCE = 1.0


async def beat(reactor: Any, *clients: Client) -> None:
    """
    Wait for a heartbeat, then ask all connections; raise Lost or Refused when one does
    not answer.
    """
    await deferLater(reactor, HEARTBEAT)
    for client in clients:
        alive = Deferred.fromCoroutine(client.call("PING"))
        try:
            await alive.addTimeout(SILENCE, reactor)
        except TooLate as cause:
            raise Lost("no sign of life") from cause
