"""
Everything on one server: a fixed one, or the master of the moment.
"""

from collections.abc import Awaitable, Callable, Sequence

from oauthproxy.net.redis.link import Link
from oauthproxy.net.redis.replies import Argument, Refused, Reply
from oauthproxy.session.redis_url import Endpoint

Locate = Callable[[], Awaitable[Endpoint]]
"""Find the server; raises Lost."""


class OneServer:
    """
    Send every command to the one server (`router.Router`).
    """

    def __init__(self, link: Link, locate: Locate) -> None:
        self._link = link
        self._locate = locate

    async def run(self, key: bytes, command: tuple[Argument, ...]) -> Reply:  # noqa: ARG002
        """
        Run a command; a server that cannot do it now is left for another one.
        """
        client = await self._link.client()
        try:
            return await client.call(*command)
        except Refused as refusal:
            if refusal.passing:
                self._link.drop()
            raise

    async def ping(self) -> None:
        """
        Return when the server answers.
        """
        await self.run(b"", ("PING",))

    async def masters(self) -> Sequence[Endpoint]:
        """
        Return the server.
        """
        return (await self._locate(),)

    def forget(self) -> None:
        """
        Leave the server for the one that is master now.
        """
        self._link.drop()

    def stop(self) -> None:
        """
        Close the connection.
        """
        self._link.stop()
