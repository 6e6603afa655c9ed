"""
An Internet of fakes: a proxy for outgoing calls behind which every host is one.

Rule 1: the program calls the addresses that it would call in the world, over TLS; its
environment names this proxy, and the only authority it trusts issued all certificates.
Rule 2: a call to a host that nobody plays is an error that a test sees.
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Call, Reply

Answering = Callable[[str, Call], Reply]


@define(eq=False)
class World:
    """
    The proxy's server. `answer` is asked with the host and the call.
    """

    authority: Authority
    hosts: tuple[str, ...]
    answer: Answering
    unknown: list[str] = field(factory=list)
    _server: "_Server | None" = None

    def start(self) -> "World":
        """
        Begin to listen.
        """
        server = _Server(("127.0.0.1", 0), _Requests)
        server.world = self
        certificate = self.authority.issue(*self.hosts)
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificate.chain, certificate.key)
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """
        Stop listening.
        """
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def environment(self) -> Mapping[str, str]:
        """
        What leads a program into this world.
        """
        assert self._server is not None
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {"HTTPS_PROXY": url, "HTTP_PROXY": url}

    def reply(self, host: str, call: Call) -> Reply:
        """
        Answer a call, if somebody plays its host.
        """
        if host not in self.hosts:
            self.unknown.append(f"{call.method} {host}{call.path}")
            return Reply(502, {}, b"")
        return self.answer(host, call)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    world: World
    context: ssl.SSLContext

    def handle_error(self, *_: Any) -> None:
        """
        Stay silent about clients that leave.
        """


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    origin = ""

    def do_CONNECT(self) -> None:
        """
        Become the host that is asked for, behind TLS.
        """
        self.origin = self.path.rpartition(":")[0]
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = self.server.context.wrap_socket(
            self.connection, server_side=True
        )
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        """
        Close what TLS has put in the place of the plain socket.
        """
        super().finish()
        self.connection.close()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            parse_qs(body.decode("latin-1"), keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.path,
        )
        reply = self.server.world.reply(self.origin or parts.netloc, call)
        self.send_response(reply.status)
        for name, value in reply.fields.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = True

    def do_GET(self) -> None:
        """
        Answer what a client reads.
        """
        self._serve()

    def do_POST(self) -> None:
        """
        Answer what a client sends.
        """
        self._serve()

    def log_message(self, *_: Any) -> None:
        """
        Keep the test's output clean.
        """
