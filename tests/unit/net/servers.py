"""
Servers for tests of outgoing calls: they answer with bytes as written in the test.
"""

import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server, socket
from threading import Thread

from attrs import define, field

from tests.unit.net.authority import Certificate

Talk = Callable[[socket], None]


@define
class RawServer:
    """
    A listening socket on this machine; each connection is served by `talk`.
    """

    talk: Talk
    certificate: Certificate | None = None
    requests: list[bytes] = field(factory=list)
    port: int = 0

    @property
    def origin(self) -> str:
        """
        The server's address as a URL without a path.
        """
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"


def read_request(connection: socket) -> bytes:
    """
    Read one request, head and body by its Content-Length; empty at the end.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(
    answer: bytes | Talk | dict[str, bytes], certificate: Certificate | None = None
) -> Iterator[RawServer]:
    """
    Serve for the length of a `with`: one answer for all, one a path, or a function.
    """
    server = RawServer(lambda _: None, certificate)

    def answering(connection: socket) -> None:
        while request := read_request(connection):
            server.requests.append(request)
            path = request.split(b" ")[1].decode("ascii")
            whole = answer.get(path, b"") if isinstance(answer, dict) else answer
            assert isinstance(whole, bytes)
            connection.sendall(whole)

    server.talk = answer if callable(answer) else answering
    with create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        Thread(target=_accept, args=(listening, server), daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown(2)


def _accept(listening: socket, server: RawServer) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        Thread(target=_serve, args=(connection, server), daemon=True).start()


def _serve(connection: socket, server: RawServer) -> None:
    try:
        if server.certificate is not None:
            connection = _encrypted(connection, server.certificate)
        with connection:
            server.talk(connection)
    except OSError:
        connection.close()


def _encrypted(connection: socket, certificate: Certificate) -> socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate.save(Path(folder), "server")
        context.load_cert_chain(cert, key)
    try:
        return context.wrap_socket(connection, server_side=True)
    except OSError:
        connection.close()
        raise


def http(status: str, body: bytes = b"", *fields: str) -> bytes:
    """
    Return a whole HTTP/1.1 answer.
    """
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
