"""
Every form of an address is listened on, and a configuration that is read again takes
the place of the old one without anybody noticing.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.effects.running import Running, running
from tests.integration.harness.authority import Authority
from tests.integration.harness.client import Answer, RawClient, request
from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.provider import Provider
from tests.integration.harness.running import MODULE, exchange
from tests.integration.harness.running import Running as Process
from tests.integration.harness.stage import HOST, configuration
from tests.integration.harness.upstream import Exchange, Upstream
from tests.integration.harness.visitor import Visitor

LOCAL = 'http_address = "127.0.0.1:0"'
PROXIED = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n"
FORMS = (
    "127.0.0.1:0",
    "localhost:0",
    ":0",
    "0.0.0.0:0",
    "http://127.0.0.1:0",
    "tcp://127.0.0.1:0",
    "tcp4://:0",
    "tcp6://[::1]:0",
    "unix://{here}/s",
    "unix:///{here}/s,mode=600",
    "unix://{here}/s,mode=0660,other=1",
)
SECURE = ("127.0.0.1:0", "https://127.0.0.1:0", "http://127.0.0.1:0", ":0")
ENDPOINTS = (
    "tcp:0:interface=127.0.0.1",
    "tcp6:0:interface=\\\\:\\\\:1",
    "unix:{here}/s:mode=600",
    "haproxy:tcp:0:interface=127.0.0.1",
    "haproxy:unix:{here}/s",
)
MODES = {"mode=600": 0o600, "mode=0660": 0o660}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """
    An identity provider.
    """
    provider = Provider().start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ssl.SSLContext]:
    """
    The lines about a certificate, and a client that believes it.
    """
    authority = Authority(tmp_path_factory.mktemp("authority"))
    certificate = authority.issue("localhost")
    lines = f'tls_cert_file = "{certificate.chain}"\n'
    lines += f'tls_key_file = "{certificate.key}"\n'
    return lines, ssl.create_default_context(cafile=str(authority.root))


def asked(program: Running, scheme: str, tls: ssl.SSLContext | None = None) -> str:
    """
    Return the answer to a ping at the last door of a kind.
    """
    place = [door for door in program.doors() if door.startswith(f"{scheme}: ")][-1]
    where = place.partition("listening on ")[2]
    if where.startswith("unix://"):
        client = socket.socket(socket.AF_UNIX)
        client.connect(where.removeprefix("unix://"))
    else:
        host, _, port = where.rpartition(":")
        host = host.strip("[]").replace("0.0.0.0", "127.0.0.1")
        client = socket.create_connection((host, int(port)), PATIENCE)
    if b"haproxy" in (program.folder / "proxy.cfg").read_bytes():
        client.sendall(PROXIED)
    if tls is not None:
        client = tls.wrap_socket(client, server_hostname="localhost")
    return exchange(client)


def served(provider: Provider, *lines: str) -> str:
    """
    Return a configuration.
    """
    return configuration("\n".join(lines), provider=provider, upstream=None, port=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("option", ["http_address", "metrics_address"])
def test_a_form_of_an_address(
    option: str, form: str, provider: Provider, tmp_path: Path
) -> None:
    """Host and port, with and without a word in front, and sockets with their mode."""
    address = form.replace("{here}", str(tmp_path))
    base = () if option == "http_address" else (LOCAL,)

    with running(served(provider, *base, f'{option} = "{address}"'), tmp_path) as it:
        answer = asked(it, "HTTP")
        socket_file = tmp_path / "s"
        mode = socket_file.stat().st_mode & 0o777 if "unix" in form else 0

    assert answer.startswith("HTTP/1.1 200")
    for text, wanted in MODES.items():
        assert text not in form or mode == wanted
    assert not socket_file.exists()


@pytest.mark.parametrize("form", SECURE)
@pytest.mark.parametrize("option", ["https_address", "metrics_secure_address"])
def test_a_form_of_a_secure_address(
    option: str,
    form: str,
    provider: Provider,
    files: tuple[str, ssl.SSLContext],
    tmp_path: Path,
) -> None:
    """Host and port, whatever word is in front."""
    lines, context = files
    if option != "https_address":
        lines = LOCAL + "\n" + lines.replace("tls_", "metrics_tls_")

    with running(served(provider, lines, f'{option} = "{form}"'), tmp_path) as it:
        answer = asked(it, "HTTPS", context)

    assert answer.startswith("HTTP/1.1 200")


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_of_twisted(
    endpoint: str,
    over_tls: bool,
    provider: Provider,
    files: tuple[str, ssl.SSLContext],
    tmp_path: Path,
) -> None:
    """Any of them, also behind the PROXY protocol, in clear or over TLS."""
    lines, context = files
    text = endpoint.replace("{here}", str(tmp_path))
    more = [f'listen = ["https:{text}"]', lines, 'https_address = "-"']
    if not over_tls:
        more = [f'listen = ["{text}"]', 'http_address = "-"']

    with running(served(provider, *more), tmp_path) as it:
        answer = asked(
            it, "HTTPS" if over_tls else "HTTP", context if over_tls else None
        )

    assert answer.startswith("HTTP/1.1 200")


@pytest.mark.parametrize("endpoint", ["systemd:domain=INET:index=0"])
@pytest.mark.parametrize("wrapped", ["https:", "haproxy:", "https:haproxy:"])
def test_a_socket_of_systemd_is_wrapped(
    wrapped: str,
    endpoint: str,
    provider: Provider,
    files: tuple[str, ssl.SSLContext],
    tmp_path: Path,
) -> None:
    """TLS, the PROXY protocol and both are spoken at a socket that was handed over."""
    lines, context = files
    tls = wrapped.startswith("https:")
    address = [lines, 'https_address = "-"'] if tls else ['http_address = "-"']
    listen = f'listen = ["{wrapped}{endpoint}"]'
    file = tmp_path / "proxy.cfg"
    file.write_text(served(provider, *address, listen))
    script = 'eval "exec 3<&$FROM"; export LISTEN_PID=$$; exec "$@"'
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        names = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
        variables = {"FROM": str(number), **names}
        command = ["bash", "-c", script, "start", *MODULE, f"--config={file}"]
        with Process(command, tmp_path, variables, pass_fds=[number]) as program:
            program.says("listening on")
            client = socket.create_connection(listening.getsockname(), PATIENCE)
            if "haproxy" in wrapped:
                client.sendall(PROXIED)
            if tls:
                client = context.wrap_socket(client, server_hostname="localhost")
            answer = exchange(client)

    assert answer.startswith("HTTP/1.1 200")


def test_a_reload_is_noticed_by_nobody(provider: Provider, tmp_path: Path) -> None:
    """A request that runs is finished under the old configuration, the next is under
    the new one, and who is signed in stays so."""
    go_on = threading.Event()

    def slow(exchange: Exchange) -> None:
        go_on.wait(PATIENCE)
        exchange.answer(200, ["X-App: old"])

    with Upstream() as old, Upstream() as new:
        old.on("/slow", slow)
        before, after = (
            configuration(LOCAL, provider=provider, upstream=upstream, port=0)
            for upstream in (old, new)
        )
        with running(before, tmp_path) as program:
            address = ("127.0.0.1", program.port())
            alice = Visitor(address, HOST).signed_in()
            with RawClient(address) as client:
                client.send(request("GET", "/slow", alice.cookie_field(), host=HOST))
                old.wait(lambda: old.of("/slow"), "the request")
                program.reload(after)
                until(lambda: "was read again" in program.out(), "the reload")
                later = alice.ask("/page")
                go_on.set()
                earlier: Answer = client.answer()

    assert (earlier.status, earlier.one("X-App")) == (200, "old")
    assert later.status == 200
    assert len(new.of("/page")) == 1
    assert old.of("/page") == []


def test_a_reload_changes_all_or_nothing(provider: Provider, tmp_path: Path) -> None:
    """One mistake keeps everything as it was; what cannot change at run time is named,
    and the rest is in use."""
    good = served(provider, LOCAL)
    broken = served(provider, LOCAL, 'ping_path = "/alive"', 'cookie_samesite = "x"')
    moved = served(provider, 'ping_path = "/alive"', 'http_address = "127.0.0.1:1"')

    with running(good, tmp_path) as program:
        client = Visitor(("127.0.0.1", program.port()), HOST)
        program.reload(broken)
        until(lambda: "configuration is not used: cookie_sam" in program.err(), "no")
        unchanged = client.ask("/alive").status, client.ask("/ping").status
        program.reload(moved)
        until(lambda: "was read again" in program.out(), "the reload")
        changed = client.ask("/alive").status, client.ask("/ping").status
        errors = program.err()

    assert unchanged == (403, 200)
    assert changed == (200, 403)
    assert "http_address cannot change at run time; restart for that" in errors
