"""
The program in its three ways to be started: start and stop.
"""

import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.running import MODULE, WAYS, Running, answer, configured
from tests.unit.net.authority import Authority


@WAYS
def test_start_serve_stop(way: Sequence[str], tmp_path: Path):
    """Each way to start says where it listens and nothing else, serves, and ends with
    status 0 when told to."""
    more = "oidc_jwks_url='http://127.0.0.1:9/'\nskip_oidc_discovery=true\n"
    more += "login_url='http://127.0.0.1:9/'\nredeem_url='http://127.0.0.1:9/'\n"
    with Running([*way, configured(tmp_path, more)], tmp_path) as program:
        got = answer(program.port())
        status = program.stop()

    lines = [line for line in program.out.splitlines() if "/ping" not in line]
    assert got.startswith("HTTP/1.1 200 OK\r\n")
    assert status == 0
    assert len(lines) == 1
    assert program.err == ""


@WAYS
@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ({"cookie_secret": '"short"'}, [], "cookie_secret"),
        ({}, ["--nonsense"], "--nonsense"),
        ({}, ["--tls-cert-file=a.crt", "--tls-key-file=b.key"], "not that of"),
        ({}, ["--listen=systemd:domain=INET:index=0"], "systemd has not handed over"),
        ({}, ["--htpasswd-file=/no.htpasswd"], "/no.htpasswd"),
    ],
    ids=["secret", "option", "certificate", "systemd", "htpasswd"],
)
def test_what_keeps_it_from_starting_is_one_line(
    way: Sequence[str],
    tmp_path: Path,
    changes: dict[str, str],
    arguments: list[str],
    words: str,
):
    """Each way to start ends with one clear line on standard error and status 1."""
    for name in ("a", "b"):
        Authority().sign("localhost").save(tmp_path, name)
    command = [*way, configured(tmp_path, **changes), *arguments]
    with Running(command, tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert program.out == ""
    assert words in program.err
    assert len(program.err.splitlines()) == 1


@WAYS
def test_taken_port_is_one_line(way: Sequence[str], tmp_path: Path):
    """A taken port is named with its option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [*way, configured(tmp_path), f"--http-address={address}"]
        with Running(command, tmp_path) as program:
            status = program.process.wait(PATIENCE)

    text = f"cannot listen on {address} (--http-address): address already in use"
    assert status == 1
    assert program.err == f"oauthproxy: {text}\n"


def test_dead_provider_does_not_stop_the_start(tmp_path: Path):
    """Without its provider the program serves, and says what is missing."""
    with Running([*MODULE, configured(tmp_path)], tmp_path) as program:
        got = answer(program.port())
        program.says("the identity provider is not ready")

    assert got.startswith("HTTP/1.1 200")


@WAYS
def test_dead_provider_ends_the_start_on_request(way: Sequence[str], tmp_path: Path):
    """With exit_without_provider, the program ends when there is no provider."""
    flag = configured(tmp_path, "exit_without_provider = true\n")
    with Running([*way, flag], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert "cannot start: " in program.err


def test_dead_redis_ends_the_start_on_request(tmp_path: Path):
    """With exit_without_redis, the program ends when there is no Redis."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    more = 'session_store_type = "redis"\n'
    more += f'redis_connection_url = "redis://127.0.0.1:{port}"\n'
    more += "exit_without_redis = true\n"
    with Running([*MODULE, configured(tmp_path, more)], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert "cannot start: " in program.err


@WAYS
def test_version_and_help(way: Sequence[str], tmp_path: Path):
    """Each way to start can say its version and its options."""
    for flag, words in (("--version", "oauthproxy v"), ("--help", "--cookie-secret")):
        with Running([*way, flag], tmp_path) as program:
            status = program.process.wait(PATIENCE)

        assert (status, program.err) == (0, "")
        assert words in program.out


@pytest.fixture
def slow_application() -> Iterator[socket.socket]:
    """An application whose answers the test gives itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE)
        yield listening


def test_running_request_is_finished_before_the_end(
    tmp_path: Path, slow_application: socket.socket
):
    """A stop lets a running request finish, and nobody new in."""
    upstream = f'["http://127.0.0.1:{slow_application.getsockname()[1]}"]'
    flag = configured(tmp_path, upstreams=upstream)
    with Running([*MODULE, flag], tmp_path) as program:
        port = program.port()
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /open HTTP/1.1\r\nHost: x\r\n\r\n")
        upstream_side, _ = slow_application.accept()
        upstream_side.recv(65536)
        program.process.send_signal(signal.SIGTERM)
        until(lambda: _refused(port), "nobody to be let in")
        upstream_side.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        with client:
            client.settimeout(PATIENCE)
            got = b""
            while part := client.recv(65536):
                got += part
        status = program.process.wait(PATIENCE)
        upstream_side.close()

    assert got.endswith(b"\r\n\r\ndone")
    assert status == 0


def _refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_second_signal_ends_at_once(tmp_path: Path, slow_application: socket.socket):
    """Who asks twice to end does not wait for running requests."""
    upstream = f'["http://127.0.0.1:{slow_application.getsockname()[1]}"]'
    flag = configured(tmp_path, 'drain_timeout = "10m"\n', upstreams=upstream)
    with Running([*MODULE, flag], tmp_path) as program:
        port = program.port()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /open HTTP/1.1\r\nHost: x\r\n\r\n")
            upstream_side, _ = slow_application.accept()
            program.process.send_signal(signal.SIGTERM)
            until(lambda: _refused(port), "nobody to be let in")
            status = program.stop()
            upstream_side.close()

    assert status == 0
