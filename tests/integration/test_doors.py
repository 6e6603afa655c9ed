"""
Where the running program listens: TLS, socket files, systemd.
"""

import signal
import socket
import ssl
from pathlib import Path

import pytest

from tests.integration.harness.ports import PATIENCE
from tests.integration.harness.running import (
    MODULE,
    Running,
    answer,
    configured,
    exchange,
)
from tests.unit.net.authority import Authority


def test_certificate_is_changed_under_way(tmp_path: Path):
    """HTTPS is served, and a new certificate is in use without a restart."""
    authority = Authority()
    cert, key = authority.sign("localhost").save(tmp_path, "tls")
    context = ssl.create_default_context(cadata=authority.pem.decode())
    files = [f"--tls-cert-file={cert}", f"--tls-key-file={key}"]
    arguments = [configured(tmp_path), "--https-address=127.0.0.1:0", *files]

    def connected(port: int) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", port))
        return context.wrap_socket(plain, server_hostname="localhost")

    with Running([*MODULE, *arguments], tmp_path) as program:
        port = program.port("HTTPS")
        with connected(port) as before:
            old = before.getpeercert()
            authority.sign("localhost").save(tmp_path, "tls")
            program.says("is in use now")
            with connected(port) as after:
                new = after.getpeercert()
            got = exchange(before)

    assert old != new
    assert got.startswith("HTTP/1.1 200")


def _tls_files(folder: Path) -> tuple[ssl.SSLContext, list[str]]:
    """Make a certificate; return a client's context and the options for it."""
    authority = Authority()
    cert, key = authority.sign("localhost").save(folder, "tls")
    context = ssl.create_default_context(cadata=authority.pem.decode())
    return context, [f"--tls-cert-file={cert}", f"--tls-key-file={key}"]


def test_tls_behind_the_proxy_protocol(tmp_path: Path):
    """An endpoint that begins with https: has our certificate, and the client's
    address comes from the PROXY header in front of TLS."""
    context, files = _tls_files(tmp_path)
    endpoint = "--listen=https:haproxy:tcp:0:interface=127.0.0.1"
    options = [configured(tmp_path), *files, "--https-address=-", endpoint]

    with Running([*MODULE, *options], tmp_path) as program:
        plain = socket.create_connection(("127.0.0.1", program.port("HTTPS")))
        plain.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n")
        got = exchange(context.wrap_socket(plain, server_hostname="localhost"))
        program.says(r"192\.0\.2\.1:1234 - .* GET")

    assert got.startswith("HTTP/1.1 200")


def test_tls_at_a_socket_file(tmp_path: Path):
    """A socket file can be served over TLS."""
    context, files = _tls_files(tmp_path)
    path = tmp_path / "s"
    options = [*files, "--https-address=-", f"--listen=https:unix:{path}:mode=600"]

    with Running([*MODULE, configured(tmp_path), *options], tmp_path) as program:
        program.says("HTTPS: listening on unix://")
        plain = socket.socket(socket.AF_UNIX)
        plain.connect(str(path))
        got = exchange(context.wrap_socket(plain, server_hostname="localhost"))

    assert got.startswith("HTTP/1.1 200")


def test_tls_without_a_certificate_is_one_line(tmp_path: Path):
    """An endpoint that begins with https: needs a certificate."""
    options = [configured(tmp_path), "--listen=https:tcp:0"]

    with Running([*MODULE, *options], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert program.err == (
        "oauthproxy: cannot listen on https:tcp:0 (--listen): there is no certificate\n"
    )


def test_unix_socket_is_removed_at_the_end(tmp_path: Path):
    """A unix socket is served with its mode, and its file goes at the end."""
    path = tmp_path / "s"
    flag = configured(tmp_path, http_address=f'"unix://{path},mode=0600"')
    with Running([*MODULE, flag], tmp_path) as program:
        program.says("listening on unix://")
        mode = path.stat().st_mode & 0o777
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(path))
        got = exchange(client)
        status = program.stop()

    assert mode == 0o600
    assert got.startswith("HTTP/1.1 200")
    assert status == 0
    assert not path.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--http-address=fd:3"],
        ["--http-address=-", "--listen=systemd:domain=INET:index=0"],
        ["--http-address=-", "--listen=systemd:domain=INET:name=web"],
    ],
    ids=["fd", "index", "name"],
)
def test_socket_of_systemd(tmp_path: Path, arguments: list[str]):
    """A socket that systemd hands over is served."""
    script = 'eval "exec 3<&$FROM"; export LISTEN_PID=$$; exec "$@"'
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        variables = {
            "FROM": str(number),
            "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "web",
        }
        command = ["bash", "-c", script, "start", *MODULE, configured(tmp_path)]
        with Running(
            [*command, *arguments], tmp_path, variables, pass_fds=[number]
        ) as program:
            same = program.port() == listening.getsockname()[1]
            got = answer(program.port())

    assert same
    assert got.startswith("HTTP/1.1 200")


def test_systemd_is_told(tmp_path: Path):
    """systemd hears when the program serves, reloads and stops, and that it lives."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        variables = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "100000",
        }
        heard: list[str] = []

        def hear(words: str) -> None:
            while words not in heard:
                heard.extend(systemd.recv(4096).decode().split("\n"))

        with Running([*MODULE, configured(tmp_path)], tmp_path, variables) as program:
            hear("READY=1")
            hear("WATCHDOG=1")
            heard.clear()
            program.process.send_signal(signal.SIGHUP)
            hear("RELOADING=1")
            hear("READY=1")
            program.process.send_signal(signal.SIGTERM)
            hear("STOPPING=1")
            status = program.process.wait(PATIENCE)

    assert status == 0
