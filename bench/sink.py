"""
Run the upstream that swallows uploads and holds WebSockets.

It takes any body as fast as it comes, on /sink/slow at most SLOW_RATE bytes a second,
and accepts every WebSocket without ever saying anything on it. It prints its port.
"""

import asyncio
from base64 import b64encode
from hashlib import sha1
from typing import cast

SLOW_RATE = 64 << 20
TICK = 0.02
WEBSOCKET_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Sink(asyncio.BufferedProtocol):
    """
    One connection: a head, then a body of the length it announces, and again.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.buffer = bytearray(1 << 18)
        self.head = b""
        self.left = 0
        self.allowance = 0
        self.slow = self.tunnel = False

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.tunnel:
            return
        if not self.left:
            nbytes = self._read_head(bytes(self.buffer[:nbytes]))
        self._swallow(nbytes)

    def _read_head(self, received: bytes) -> int:
        head, end, body = (self.head + received).partition(b"\r\n\r\n")
        if not end:
            self.head += received
            return 0
        self.head = b""
        lines = head.split(b"\r\n")
        pairs = (line.partition(b":") for line in lines[1:])
        fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if fields.get(b"upgrade", b"").lower() == b"websocket":
            self._upgrade(fields[b"sec-websocket-key"])
            return 0
        self.slow = b"/slow" in lines[0]
        self.left = int(fields.get(b"content-length", b"0"))
        if not self.left:
            self._answer()
        return len(body)

    def _swallow(self, nbytes: int) -> None:
        if not self.left:
            return
        self.left -= nbytes
        if self.left <= 0:
            self.left = 0
            self._answer()
        elif self.slow:
            self._rest(nbytes)

    def _rest(self, nbytes: int) -> None:
        self.allowance -= nbytes
        if self.allowance < 0:
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(TICK, self._go_on)

    def _go_on(self) -> None:
        self.allowance += int(SLOW_RATE * TICK)
        if self.allowance < 0:
            asyncio.get_running_loop().call_later(TICK, self._go_on)
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def _answer(self) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")

    def _upgrade(self, key: bytes) -> None:
        accept = b64encode(sha1(key + WEBSOCKET_KEY).digest())
        self.tunnel = True
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


async def main() -> None:
    """
    Listen on a free port, say which, and serve.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
