"""
Which server a command goes to.
"""

from collections.abc import Sequence
from typing import Protocol

from oauthproxy.net.redis.replies import Argument, Reply
from oauthproxy.session.redis_url import Endpoint


class Router(Protocol):
    """
    Send commands where they belong. All raise Lost and Refused.
    """

    async def run(self, key: bytes, command: tuple[Argument, ...]) -> Reply:
        """
        Run a command about `key` once.
        """

    async def ping(self) -> None:
        """
        Return when all servers that keep data answer.
        """

    async def masters(self) -> Sequence[Endpoint]:
        """
        Return the servers that keep data, as they are now.
        """

    def forget(self) -> None:
        """
        Take note that other servers keep the data now.
        """

    def stop(self) -> None:
        """
        Close all connections.
        """
