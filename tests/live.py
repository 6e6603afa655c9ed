"""
A whole house in this process: real sockets, the real reactor, in a thread of its own.

Where the installed program in a child process would be too slow for a hundred cases.
"""

import os
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.threads import blockingCallFromThread

from oauthproxy.assembly import House, assemble
from oauthproxy.logs.log import Logs
from oauthproxy.net.clock import ReactorClock
from oauthproxy.settings.load import load
from oauthproxy.settings.model import Settings
from tests.integration.harness.ports import until
from tests.unit.reactor import reactor, start_reactor

T = TypeVar("T")
SECRET = "0123456789abcdef0123456789abcdef"
PATIENCE = 10.0


def in_reactor(call: Callable[..., T], *arguments: Any) -> T:
    """
    Call in the reactor's thread and return the result.
    """
    start_reactor()
    result: T = blockingCallFromThread(reactor, call, *arguments)
    return result


def await_(work: Coroutine[Any, Any, T]) -> T:
    """
    Run a coroutine in the reactor's thread and return its result.
    """
    return in_reactor(lambda: Deferred.fromCoroutine(work))  # type: ignore[return-value]


@define
class TurnedClock:
    """
    This machine's clock, until somebody turns its hands: then it stands still.
    """

    standing: int | None = None
    _real: ReactorClock = field(factory=lambda: ReactorClock(reactor))

    def now(self) -> int:
        """
        Return nanoseconds since the Unix epoch.
        """
        return self._real.now() if self.standing is None else self.standing

    async def sleep(self, duration: int) -> None:
        """
        Wait for `duration` real nanoseconds.
        """
        await self._real.sleep(duration)


@define
class Answered:
    """
    A response as it came.
    """

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """
        Return all values of a field.
        """
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def first(self, name: str) -> str | None:
        """
        Return the first value of a field.
        """
        return next(iter(self.all(name)), None)


@define
class LiveHouse:
    """
    A listening house. `lines` are its log.
    """

    settings: Settings
    house: House
    port: int
    metrics_port: int
    clock: TurnedClock
    lines: list[str] = field(factory=list)

    def connect(self) -> socket.socket:
        """
        Return a new connection to it.
        """
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def flush(self) -> None:
        """
        Write the log lines that wait.
        """
        in_reactor(self.house.logs.flush)

    def logged(self, text: str) -> str:
        """
        Wait for a log line that contains a text, and return it.
        """

        def found() -> str:
            self.flush()
            lines = "".join(self.lines).splitlines()
            return next((line for line in lines if text in line), "")

        return until(found, f"{text!r} in the log")

    def ask(
        self,
        method: str,
        target: str,
        fields: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        *,
        port: int | None = None,
        host: str = "proxy.test",
    ) -> Answered:
        """
        Send one request and read its response.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{n}: {v}" for n, v in fields or []]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        raw = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
        address = ("127.0.0.1", self.port if port is None else port)
        with socket.create_connection(address, PATIENCE) as connection:
            connection.sendall(raw)
            return read_answer(connection, method)


def read_answer(connection: socket.socket, method: str = "GET") -> Answered:
    """
    Read one response that ends with its connection or its length.
    """
    from http.client import HTTPResponse

    response = HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Answered(response.status, response.getheaders(), body)


@contextmanager
def live(
    arguments: list[str],
    config: str = "",
    *,
    environment: Mapping[str, str] | None = None,
    **files: bytes,
) -> Iterator[LiveHouse]:
    """
    Run a house with a configuration; `files` are read by their names. `environment`
    is what it reads of its own, and takes to the outside.
    """
    content = {"/config": config.encode(), **{f"/{k}": v for k, v in files.items()}}

    def read(path: str) -> bytes:
        if path in content:
            return content[path]
        with open(path, "rb") as file:
            return file.read()

    settings = load(["--config=/config", *arguments], environment or {}, read)
    clock = TurnedClock()
    lines: list[str] = []

    def sink(data: bytes) -> None:
        lines.append(data.decode("utf-8", "surrogateescape"))

    logs = Logs(
        settings.logging,
        clock,
        out=sink,
        err=sink,
        form=settings.ours.logging_format,
        prefix=settings.proxy.proxy_prefix,
        redact=not settings.ours.insecure_log_tokens,
    )
    with patch.dict(os.environ, environment or {}):
        house = in_reactor(
            lambda: assemble(settings, reactor, logs=logs, clock=clock, read_file=read)
        )
    front = in_reactor(reactor.listenTCP, 0, house.site, 50, "127.0.0.1")
    scrape = in_reactor(reactor.listenTCP, 0, house.metrics_site, 50, "127.0.0.1")
    await_(house.start())
    try:
        yield LiveHouse(
            settings,
            house,
            front.getHost().port,
            scrape.getHost().port,
            clock,
            lines,
        )
    finally:
        in_reactor(front.stopListening)
        in_reactor(scrape.stopListening)
        for channel in list(house.site.channels):
            in_reactor(channel.abort)
        await_(house.stop())


async def as_coroutine(result: T) -> T:
    """
    Return a value from a coroutine.
    """
    return result
