"""
An application behind the proxy that records every byte it is sent.

Rule 1: one thread a connection; a request is recorded as soon as its head is in and
        its body grows while it arrives, so tests can watch streaming.
Rule 2: a path with a behaviour of its own (`on`) answers by it, all others echo.
Rule 3: whatever breaks RFC 9112 on the way in is kept in `violations`.
"""

import contextlib
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from attrs import define, field

from tests.integration.harness.authority import Certificate
from tests.integration.harness.ports import PATIENCE
from tests.integration.harness.wire import (
    CutError,
    EndedError,
    Field,
    Head,
    Stream,
    WireError,
    framing,
)


@define(eq=False)
class Seen:
    """
    One request as the application saw it.
    """

    head: Head
    connection: int
    body: bytearray = field(factory=bytearray)
    trailers: tuple[Field, ...] = ()
    complete: bool = False

    @property
    def method(self) -> str:
        """
        The request's method.
        """
        return self.head.start.split(b" ")[0].decode("latin-1")

    @property
    def target(self) -> str:
        """
        The request's target, byte for byte.
        """
        return self.head.start.split(b" ")[1].decode("latin-1")

    @property
    def path(self) -> str:
        """
        The target without its query.
        """
        return self.target.partition("?")[0]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """
        The fields as text, in order of arrival.
        """
        return [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self.head.fields
        ]

    def all(self, name: str) -> list[str]:
        """
        All values of a field.
        """
        return [value.decode("latin-1") for value in self.head.values(name)]

    def named_like(self, name: str) -> dict[str, list[str]]:
        """
        Every spelling of a field name that a CGI program would take for it.
        """
        found: dict[str, list[str]] = {}
        for key, value in self.pairs:
            if _folded(key) == _folded(name):
                found.setdefault(key, []).append(value)
        return found


def _folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "_", name.lower())


@define(eq=False)
class Exchange:
    """
    One request, and the means to answer it in any way.
    """

    seen: Seen
    stream: Stream
    upstream: "Upstream"
    closing: bool = False

    def send(self, data: bytes) -> None:
        """
        Send exact bytes.
        """
        self.stream.socket.sendall(data)

    def part(self) -> bytes:
        """
        Read the next part of the request body; empty at its end.
        """
        seen, length = self.seen, framing(self.seen.head)
        if seen.complete:
            return b""
        if length is None:
            data = self.stream.chunk()
            if not data:
                seen.trailers = self.stream.trailers()
        else:
            left = max(length, 0) - len(seen.body)
            if left and not self.stream.buffer and not self.stream.more():
                raise CutError("closed within a request body")
            data = self.stream.exactly(min(left, len(self.stream.buffer)))
        with self.upstream.news:
            seen.body += data
            seen.complete = not data
            self.upstream.news.notify_all()
        return data

    def body(self) -> bytes:
        """
        Read the request body to its end.
        """
        while self.part():
            pass
        return bytes(self.seen.body)

    def answer(
        self, status: int = 200, fields: Iterable[str] = (), body: bytes = b""
    ) -> None:
        """
        Read the request body and send a whole answer.
        """
        self.body()
        length = [] if status in (204, 304) else [f"Content-Length: {len(body)}"]
        lines = [f"HTTP/1.1 {status} Status", *fields, *length, "", ""]
        to_head = self.seen.method == "HEAD"
        head = "\r\n".join(lines).encode("latin-1")
        self.send(head + (b"" if to_head else body))

    def close(self) -> None:
        """
        Close the connection after this exchange.
        """
        self.closing = True

    def reset(self) -> None:
        """
        Break the connection now.
        """
        linger = struct.pack("ii", 1, 0)
        self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.closing = True

    def left(self, patience: float = PATIENCE) -> bool:
        """
        Wait until the other side closes the connection.
        """
        self.stream.socket.settimeout(patience)
        try:
            while self.stream.more():
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True


Behaviour = Callable[[Exchange], None]


def echo(exchange: Exchange) -> None:
    """
    Answer with JSON that tells what came.
    """
    body = exchange.body()
    seen = exchange.seen
    told = {
        "method": seen.method,
        "target": seen.target,
        "headers": [list(pair) for pair in seen.pairs],
        "body": hashlib.sha256(body).hexdigest()[:16],
        "len": len(body),
    }
    text = json.dumps(told).encode()
    exchange.answer(200, ["Content-Type: application/json"], text)


def _redirect(exchange: Exchange) -> None:
    exchange.answer(302, ["Location: http://elsewhere.example/x"])


def _set_cookie(exchange: Exchange) -> None:
    cookies = ["Set-Cookie: app=1; Path=/", "Set-Cookie: two=2"]
    exchange.answer(200, cookies, b"c")


def _hop(exchange: Exchange) -> None:
    fields = [
        "Connection: keep-alive, X-Hop",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Proxy-Connection: keep-alive",
        "Te: trailers",
        "X-Hop: 1",
    ]
    exchange.answer(200, fields, b"h")


def _status(exchange: Exchange) -> None:
    status = int(exchange.seen.path.rpartition("/")[2])
    body = b"" if status == 204 else f"status {status}".encode()
    exchange.answer(status, ["X-From: upstream"], body)


USUAL: dict[str, Behaviour] = {
    "/redirect": _redirect,
    "/setcookie": _set_cookie,
    "/hop": _hop,
}


def last_answer(exchange: Exchange) -> None:
    """
    Answer and close, without having said so.
    """
    exchange.answer()
    exchange.close()


def breakdown(exchange: Exchange) -> None:
    """
    Take the request and break the connection.
    """
    exchange.body()
    exchange.reset()


class Upstream:
    """
    The application's server.
    """

    def __init__(
        self,
        *,
        certificate: Certificate | None = None,
        path: Path | None = None,
        port: int = 0,
    ) -> None:
        self.seen: list[Seen] = []
        self.news = threading.Condition()
        self.violations: list[str] = []
        self.connections = 0
        self.open = 0
        self.ended: set[int] = set()
        self._behaviours = dict(USUAL)
        self._tls = _server_tls(certificate)
        self._socket = _listening(path, port)
        self._sockets: set[socket.socket] = set()
        self.port: int = 0 if path else self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """
        The server's origin.
        """
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def on(self, path: str, behaviour: Behaviour) -> None:
        """
        Answer a path by `behaviour`.
        """
        self._behaviours[path] = behaviour

    def forget(self) -> None:
        """
        Drop the record of earlier requests, and what tests made of paths.
        """
        self.seen.clear()
        self._behaviours = dict(USUAL)

    def wait(self, ask: Callable[[], Any], what: str) -> Any:
        """
        Wait for something the application would notice.
        """
        with self.news:
            if not self.news.wait_for(ask, PATIENCE):
                raise AssertionError(f"waited {PATIENCE:g} s for {what}")
            return ask()

    def last(self) -> Seen:
        """
        The latest request, whole.
        """
        seen: Seen = self.wait(lambda: self.seen and self.seen[-1], "a request")
        return seen

    def of(self, path: str) -> list[Seen]:
        """
        The recorded requests to a path.
        """
        return [seen for seen in list(self.seen) if seen.path == path]

    def close(self) -> None:
        """
        Stop listening and drop every connection.
        """
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self.news:
                self.connections += 1
                self.open += 1
                number = self.connections
                self.news.notify_all()
            threading.Thread(
                target=self._serve, args=(connection, number), daemon=True
            ).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        self._sockets.add(connection)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            stream = Stream(connection)
            while self._turn(stream, number):
                pass
        except (OSError, EndedError, CutError):
            pass
        except WireError as violation:
            self.violations.append(str(violation))
        connection.close()
        self._sockets.discard(connection)
        with self.news:
            self.open -= 1
            self.ended.add(number)
            self.news.notify_all()

    def _turn(self, stream: Stream, number: int) -> bool:
        seen = Seen(stream.head(), number)
        with self.news:
            self.seen.append(seen)
            self.news.notify_all()
        exchange = Exchange(seen, stream, self)
        self._behaviour(seen.path)(exchange)
        exchange.body()
        return not exchange.closing

    def _behaviour(self, path: str) -> Behaviour:
        if path.startswith("/status/"):
            return _status
        return self._behaviours.get(path, echo)


def _server_tls(certificate: Certificate | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


def _listening(path: Path | None, port: int) -> socket.socket:
    if path is not None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
    else:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener
