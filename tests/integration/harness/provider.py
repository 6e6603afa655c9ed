"""
An identity provider that does what a test tells it to.

Rule 1: without a word from the test it is honest: it checks the client's secret, the
        redirect URI and the PKCE verifier of every code it gave out.
Rule 2: a code it did not give out is good as well; recorded callbacks need that.
"""

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import define, field, frozen

from tests.integration.harness.authority import Certificate
from tests.integration.harness.tokens import SigningKey, encode

CLIENT = "client-1"
CLIENT_SECRET = "the-client-secret"

ALICE: Mapping[str, Any] = {
    "sub": "user-1",
    "email": "alice@example.com",
    "email_verified": True,
    "username": "alice",
    "preferred_username": "alice.p",
    "groups": ["dev", "ops"],
    "name": "Alice Ünïcode",
}


@frozen
class Call:
    """
    One request to the provider; `target` is path and query as they came.
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    form: Mapping[str, list[str]]
    fields: Mapping[str, str]
    target: str = ""

    def value(self, name: str) -> str:
        """
        A parameter's only value, from the query or the form; empty when absent.
        """
        values = [*self.query.get(name, ()), *self.form.get(name, ())]
        assert len(values) <= 1, f"{name} came more than once: {values}"
        return values[0] if values else ""


@frozen
class Reply:
    """
    What the provider answers.
    """

    status: int = 200
    fields: Mapping[str, str] = field(factory=dict)
    body: bytes = b""


def reply_json(value: Any, status: int = 200) -> Reply:
    """
    A reply with a JSON body.
    """
    fields = {"Content-Type": "application/json"}
    return Reply(status, fields, json.dumps(value).encode())


Behaviour = Callable[[Call], Reply]


@define(eq=False)
class Provider:
    """
    The provider's server and everything a test may change about it.
    """

    issuer_path: str = ""
    certificate: Certificate | None = None
    port: int = 0
    claims: dict[str, Any] = field(factory=lambda: dict(ALICE))
    userinfo: dict[str, Any] = field(factory=lambda: dict(ALICE))
    header: dict[str, Any] = field(factory=dict)
    token: dict[str, Any] = field(factory=dict)
    metadata: dict[str, Any] = field(factory=dict)
    key: SigningKey = field(factory=lambda: SigningKey("k1"))
    published: list[SigningKey] = field(factory=list)
    calls: list[Call] = field(factory=list)
    id_tokens: list[str] = field(factory=list)
    codes: dict[str, Call] = field(factory=dict)
    behaviours: dict[str, Behaviour] = field(factory=dict)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> "Provider":
        """
        Begin to listen.
        """
        server = _Server(("127.0.0.1", self.port), _Requests)
        server.provider = self
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.chain, self.certificate.key)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """
        Stop listening; the port is free afterwards.
        """
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def restore(self) -> None:
        """
        Be honest again and forget.
        """
        self.claims, self.userinfo = dict(ALICE), dict(ALICE)
        self.header, self.token, self.metadata = {}, {}, {}
        self.published = []
        self.behaviours.clear()
        self.calls.clear()
        self.codes.clear()

    @property
    def origin(self) -> str:
        """
        The server's origin.
        """
        return f"{'https' if self.certificate else 'http'}://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        """
        The issuer, as discovery and tokens name it.
        """
        return self.origin + self.issuer_path

    def called(self, path: str) -> list[Call]:
        """
        The calls of one path.
        """
        return [call for call in list(self.calls) if call.path == path]

    def reply(self, call: Call) -> Reply:
        """
        Answer a call by the test's behaviour, or honestly.
        """
        self.calls.append(call)
        honest: dict[str, Behaviour] = {
            f"{self.issuer_path}/.well-known/openid-configuration": self.discovery,
            "/authorize": self.authorize,
            "/token": self.redeem,
            "/keys": self.keys,
            "/oauth2/jwks": self.keys,
            "/userinfo": self.tell,
        }
        behaviour = self.behaviours.get(call.path) or honest.get(call.path)
        return behaviour(call) if behaviour else Reply(404, {}, b"no such page")

    def discovery(self, _: Call) -> Reply:
        """
        Answer the metadata.
        """
        return reply_json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.origin}/authorize",
                "token_endpoint": f"{self.origin}/token",
                "jwks_uri": f"{self.origin}/keys",
                "userinfo_endpoint": f"{self.origin}/userinfo",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                **self.metadata,
            }
        )

    def authorize(self, call: Call) -> Reply:
        """
        Sign the user in without asking and send the browser back.
        """
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = call
        back = urlencode({"code": code, "state": call.value("state")})
        return Reply(302, {"Location": f"{call.value('redirect_uri')}?{back}"})

    def redeem(self, call: Call) -> Reply:
        """
        Answer tokens for a code or a refresh token.
        """
        if not _secret_right(call):
            return reply_json({"error": "invalid_client"}, 401)
        given = self.codes.get(call.value("code"))
        if given and not _matches(given, call):
            return reply_json({"error": "invalid_grant"}, 400)
        id_token = self.id_token(given)
        self.id_tokens.append(id_token)
        return reply_json(
            {
                "access_token": "access-1",
                "token_type": "Bearer",
                "expires_in": 3600,
                "refresh_token": "refresh-1",
                "id_token": id_token,
                **self.token,
            }
        )

    def id_token(self, given: Call | None = None) -> str:
        """
        Sign an ID token for the client; a claim set to None is left out.
        """
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 3600,
            "auth_time": now,
            **self.claims,
        }
        if given and given.value("nonce"):
            claims.setdefault("nonce", given.value("nonce"))
        kept = {name: value for name, value in claims.items() if value is not None}
        return self.key.sign(kept, **self.header)

    def keys(self, _: Call) -> Reply:
        """
        Answer the public keys.
        """
        published = self.published or [self.key]
        return reply_json({"keys": [key.public() for key in published]})

    def tell(self, call: Call) -> Reply:
        """
        Answer the user's claims to whoever holds an access token.
        """
        if not call.fields.get("authorization", "").startswith("Bearer access-"):
            return reply_json({"error": "invalid_token"}, 401)
        return reply_json(self.userinfo)


def _secret_right(call: Call) -> bool:
    offered = call.fields.get("authorization", "")
    if offered.startswith("Basic "):
        pair = base64.b64decode(offered[6:]).decode()
        return pair == f"{CLIENT}:{CLIENT_SECRET}"
    return (call.value("client_id"), call.value("client_secret")) == (
        CLIENT,
        CLIENT_SECRET,
    )


def _matches(given: Call, call: Call) -> bool:
    if given.value("redirect_uri") != call.value("redirect_uri"):
        return False
    challenge = given.value("code_challenge")
    digest = hashlib.sha256(call.value("code_verifier").encode()).digest()
    return not challenge or challenge == encode(digest)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider

    def handle_error(self, *_: Any) -> None:
        """
        Stay silent about clients that leave.
        """


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

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
        reply = self.server.provider.reply(call)
        self.send_response(reply.status)
        for name, value in reply.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = True

    def do_GET(self) -> None:
        """
        Answer what a browser or a client reads.
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
