"""
A whole configuration, wired, asked in memory.
"""

import re
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from oauthproxy.assembly import House, assemble
from oauthproxy.logs.log import Logs
from oauthproxy.metrics import Exposition
from oauthproxy.settings.load import load
from tests.unit.driver import FakeClock
from tests.unit.net.wire import Wire

ARGUMENTS = [
    "--provider=oidc",
    "--oidc-issuer-url=https://idp.test",
    "--client-id=app",
    "--client-secret=secret",
    "--cookie-secret=0123456789abcdef",
    "--email-domain=*",
    "--redirect-url=https://app.test/oauth2/callback",
]


class Program:
    """
    A house and what it wrote.
    """

    def __init__(self, *arguments: str) -> None:
        self.reactor = MemoryReactorClock()
        self.clock = FakeClock()
        self.out: list[bytes] = []
        self.err: list[bytes] = []
        self.settings = load([*ARGUMENTS, *arguments], {}, _no_file)
        logs = Logs(
            self.settings.logging, self.clock, out=self.out.append, err=self.err.append
        )
        self.house: House = assemble(
            self.settings, self.reactor, logs=logs, clock=self.clock, read_file=_no_file
        )
        self.logs = logs

    def connect(self) -> Wire:
        """
        Return the wire of a new client.
        """
        return Wire(self.house.site.buildProtocol(None), IPv4Address("TCP", "::1", 9))

    def ask(self, target: str, *lines: str) -> tuple[int, bytes]:
        """
        Return the status and the whole of an answer.
        """
        wire = self.connect()
        head = [f"GET {target} HTTP/1.1", "Host: app.test", *lines, "", ""]
        wire.receive("\r\n".join(head).encode())
        self.reactor.advance(0)
        written = wire.take()
        wire.lose()
        return int(written[9:12]), written

    def scrape(self) -> dict[str, float]:
        """
        Return the samples of a scrape by their text.
        """
        body, _ = Exposition(self.house.metrics).exposition()
        lines = [x for x in body.decode().splitlines() if not x.startswith("#")]
        pairs = (line.rsplit(" ", 1) for line in lines)
        return {name: float(value) for name, value in pairs}

    @property
    def request_lines(self) -> list[bytes]:
        """
        The lines of the request log.
        """
        self.logs.flush()
        return b"".join(self.out).splitlines()


def _no_file(path: str) -> bytes:
    raise FileNotFoundError(path)


@pytest.fixture
def program() -> Program:
    """
    A program in front of a fixed answer, part of which needs no login.
    """
    return Program("--upstream=static://202", "--skip-auth-route=^/open")


def test_an_open_route_is_answered_by_its_upstream(program: Program) -> None:
    """
    From the first byte to the last, through everything that is wired.
    """
    status, written = program.ask("/open")

    assert status == 202
    assert written.endswith(b"\r\n\r\nAuthenticated")


def test_a_closed_route_asks_for_a_login(program: Program) -> None:
    """
    Without a session there is the sign-in page.
    """
    status, written = program.ask("/closed")

    assert status == 403
    assert b"Sign in" in written


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/ping", 200),
        ("/ready", 503),
        ("/robots.txt", 200),
        ("/oauth2/auth", 401),
        ("/oauth2/userinfo", 401),
        ("/oauth2/static/nothing", 404),
        ("/oauth2/sign_in", 200),
        ("/a//b", 301),
        ("/a%zz", 400),
    ],
)
def test_our_own_paths_are_wired(program: Program, target: str, status: int) -> None:
    """
    Each leaf of the tree answers.
    """
    assert program.ask(target)[0] == status


def test_decisions_are_counted(program: Program) -> None:
    """
    Who passed and who was sent to log in.
    """
    program.ask("/open")
    program.ask("/closed")
    program.ask("/closed")

    samples = program.scrape()

    assert samples['oauthproxy_decisions_total{decision="allowed"}'] == 1
    assert samples['oauthproxy_decisions_total{decision="login"}'] == 2


def test_requests_and_connections_are_counted(program: Program) -> None:
    """
    Open ones as they are at the scrape, accepted and answered ones since the start.
    """
    program.ask("/open")
    open_ = program.connect()

    samples = program.scrape()

    assert samples["oauthproxy_client_connections"] == 1
    assert samples["oauthproxy_client_connections_accepted_total"] == 2
    assert samples["oauthproxy_sent_bytes_total"] == len(b"Authenticated")
    assert samples['oauth2_proxy_requests_total{code="202"}'] == 1
    assert samples["oauth2_proxy_requests_in_flight"] == 0
    assert not open_.disconnecting


def test_health_and_tidying_redirects_are_not_counted(program: Program) -> None:
    """
    As in the reference; the redirects are not logged either.
    """
    program.ask("/a//b")
    program.ask("/ping")

    lines = program.request_lines
    samples = program.scrape()
    assert not any(name.startswith("oauth2_proxy_requests") for name in samples)
    assert len(lines) == 1
    assert b"/ping" in lines[0]


def test_a_store_is_counted(program: Program) -> None:
    """
    Each operation, and how long it took.
    """
    program.ask("/closed")

    samples = program.scrape()

    assert samples['oauthproxy_session_store_seconds_count{operation="load"}'] == 1
    assert samples['oauthproxy_session_store_seconds_count{operation="clear"}'] == 1


def test_an_upstream_that_cannot_be_reached_is_logged_with_its_request() -> None:
    """
    The line in the error log names the request.
    """
    program = Program(
        "--upstream=http://127.0.0.1:1/",
        "--skip-auth-route=^/",
        "--request-id-header=X",
    )
    wire = program.connect()
    wire.receive(b"GET / HTTP/1.1\r\nHost: a\r\nX: id-of-request\r\n\r\n")

    factory = program.reactor.tcpClients[0][2]
    connector: Any = program.reactor.connectors[0]
    factory.clientConnectionFailed(connector, Failure(ConnectError()))
    program.reactor.advance(5)

    assert wire.take().startswith(b"HTTP/1.1 502 ")
    assert re.search(rb"id-of-request: ConnectFailed: ", b"".join(program.err))


def test_nothing_runs_on_behind_a_stop(program: Program) -> None:
    """
    A house that was stopped has closed what it had.
    """
    program.house.site.drain()

    assert program.house.site.live == 0
