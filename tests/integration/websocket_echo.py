"""
A WebSocket server that sends every message back, in a process of its own.

It prints its port, and ends when its standard input does.
"""

import asyncio
import contextlib
import logging
import sys

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection, serve


async def _echo(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


async def main() -> None:
    """
    Serve until standard input ends.
    """
    async with serve(
        _echo, "127.0.0.1", 0, max_size=None, ping_interval=None, close_timeout=5
    ) as server:
        (listener,) = server.sockets
        print(listener.getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    # What the cases do wrong on purpose is no news.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(main())
