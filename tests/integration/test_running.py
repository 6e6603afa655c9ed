"""
The program in its three ways to be started: start, signals, workers, systemd, check.
"""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import pytest

from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.program import clean_environment
from tests.unit.net.authority import Authority

CONFIGURATION = """
http_address = "127.0.0.1:0"
provider = "oidc"
oidc_issuer_url = "http://127.0.0.1:9/"
client_id = "client"
client_secret = "secret"
cookie_secret = "0123456789abcdef0123456789abcdef"
cookie_secure = false
email_domains = ["*"]
upstreams = ["static://200"]
skip_auth_routes = ["^/open"]
"""

MODULE = (sys.executable, "-m", "oauthproxy")
SCRIPT = (
    sys.executable,
    "-c",
    "import sys; from oauthproxy.__main__ import main; sys.exit(main())",
)
TWISTD = (
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'twistd'; from twisted.scripts.twistd import run; run()",
    "-n",
    "--pidfile=",
    "oauthproxy",
)
WAYS = pytest.mark.parametrize(
    "way", [MODULE, SCRIPT, TWISTD], ids=["module", "script", "twistd"]
)


class Running:
    """
    A started program, stopped for good at the end of its `with`.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=clean_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=pass_fds,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        assert "Traceback" not in self.out + self.err

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """What it has complained about."""
        return self._err.read_text()

    def says(self, pattern: str) -> re.Match[str]:
        """Wait for a line and return what was found."""

        def look() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            said = re.search(pattern, self.out + self.err)
            assert said or not ended, f"it ended: {self.out + self.err}"
            return said

        found = until(look, f"{pattern} in what it says")
        assert found is not None
        return found

    def port(self, scheme: str = "HTTP") -> int:
        """Wait until it listens, and return the port."""
        return int(self.says(rf"{scheme}: listening on \S+:(\d+)\n")[1])

    def stop(self) -> int:
        """Ask it to end, and return its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def configured(folder: Path, more: str = "", **changes: str) -> str:
    """Write the configuration, with some of its lines changed, and return the flag."""
    lines = CONFIGURATION
    for name, value in changes.items():
        lines = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", lines)
    file = folder / "proxy.cfg"
    file.write_text(lines + more)
    return f"--config={file}"


def exchange(
    connection: socket.socket, path: str = "/ping", fields: str = "", form: str = ""
) -> str:
    """Ask for a path, or send a form there, and return the whole answer."""
    if form:
        kind = "application/x-www-form-urlencoded"
        fields = f"Content-Type: {kind}\r\nContent-Length: {len(form)}\r\n"
    method = "POST" if form else "GET"
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n"
    with connection:
        connection.settimeout(PATIENCE)
        connection.sendall(f"{head}{form}".encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts).decode()


def answer(port: int, path: str = "/ping", fields: str = "", form: str = "") -> str:
    """Return the answer of the program on this machine."""
    connection = socket.create_connection(("127.0.0.1", port))
    return exchange(connection, path, fields, form)


# Start and stop.


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


# Reload.


def test_reload_uses_a_changed_configuration(tmp_path: Path):
    """SIGHUP puts a changed configuration into use at the same socket."""
    with Running([*MODULE, configured(tmp_path)], tmp_path) as program:
        port = program.port()
        configured(tmp_path, 'ping_path = "/alive"\n')
        program.process.send_signal(signal.SIGHUP)
        program.says("the configuration was read again and is in use")
        got = answer(port, "/alive")
        status = program.stop()

    assert got.startswith("HTTP/1.1 200")
    assert status == 0


def open_files(process: int) -> list[str]:
    """Return the paths of a process's open files."""
    found = []
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(str(entry.readlink()))
    return found


def test_reload_gives_up_the_old_log_file(tmp_path: Path):
    """After a reload that fails, and one that does not, only the new log file is
    open."""
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    flag = configured(tmp_path, f'logging_filename = "{old}"\n')
    with Running([*MODULE, flag], tmp_path) as program:
        until(lambda: old.exists() and "listening" in old.read_text(), "the start")
        more = f'logging_filename = "{new}"\n'
        configured(tmp_path, more + "exit_without_provider = true\n")
        program.process.send_signal(signal.SIGHUP)
        program.says("the new configuration is not used")
        configured(tmp_path, more)
        program.process.send_signal(signal.SIGHUP)
        until(lambda: str(old) not in open_files(program.process.pid), "the old to go")
        files = open_files(program.process.pid)
        status = program.stop()

    assert files.count(str(new)) == 1
    assert "in use" in new.read_text()
    assert status == 0


def test_sessions_in_memory_outlive_a_reload(tmp_path: Path):
    """Who is signed in stays signed in when the configuration is read again."""
    more = 'session_store_type = "memory"\nhtpasswd_file = "users"\n'
    (tmp_path / "users").write_text("kim:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    with Running([*MODULE, configured(tmp_path, more)], tmp_path) as program:
        port = program.port()
        form = "username=kim&password=password"
        entered = answer(port, "/oauth2/sign_in", form=form)
        cookie = re.search(r"(?i)set-cookie: (_oauth2_proxy=[^;]+)", entered)
        assert cookie is not None
        program.process.send_signal(signal.SIGHUP)
        program.says("is in use")
        known = answer(port, "/oauth2/auth", f"Cookie: {cookie[1]}\r\n")
        unknown = answer(port, "/oauth2/auth")

    assert known.startswith("HTTP/1.1 202")
    assert unknown.startswith("HTTP/1.1 401")


def test_reloads_are_counted(tmp_path: Path):
    """The metrics tell how often a reload went well or badly, across reloads."""
    more = 'metrics_address = "127.0.0.1:0"\n'
    with Running([*MODULE, configured(tmp_path, more)], tmp_path) as program:
        program.port()
        found = re.findall(r"listening on \S+:(\d+)\n", program.out)
        for added, words in (("broken", "is not used"), ("", "is in use")):
            configured(tmp_path, more + added)
            program.process.send_signal(signal.SIGHUP)
            program.says(words)
        got = answer(int(found[1]), "/metrics")

    name = "oauthproxy_configuration_reloads_total"
    assert f'{name}{{result="failed"}} 1.0' in got
    assert f'{name}{{result="succeeded"}} 1.0' in got
    assert "oauthproxy_configuration_loaded_timestamp_seconds 1." in got


def test_reload_of_a_broken_configuration_changes_nothing(tmp_path: Path):
    """After SIGHUP with a broken configuration all is as before, and it says why."""
    with Running([*MODULE, configured(tmp_path)], tmp_path) as program:
        port = program.port()
        configured(tmp_path, cookie_secret='"short"')
        program.process.send_signal(signal.SIGHUP)
        program.says("the new configuration is not used: cookie_secret")
        got = answer(port)

    assert got.startswith("HTTP/1.1 200")


def test_reload_under_twistd(tmp_path: Path):
    """Under twistd too, SIGHUP reloads."""
    with Running([*TWISTD, configured(tmp_path)], tmp_path) as program:
        program.port()
        program.process.send_signal(signal.SIGHUP)
        program.says("the configuration was read again and is in use")
        status = program.stop()

    assert status == 0


# TLS.


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


# Sockets and systemd.


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


# Workers.


def children(process: int) -> list[int]:
    """Return the ids of a process's children."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in listed.split()]


def test_workers_serve_and_end_together(tmp_path: Path):
    """Several processes serve one socket and end with their parent."""
    with Running([*MODULE, configured(tmp_path), "--workers=2"], tmp_path) as program:
        port = program.port()
        got = [answer(port) for _ in range(10)]
        at_work = children(program.process.pid)
        status = program.stop()

    assert len(at_work) == 2
    assert all(each.startswith("HTTP/1.1 200") for each in got)
    assert status == 0
    assert program.out.count("listening on") == 1
    assert not any(Path(f"/proc/{each}").exists() for each in at_work)


def test_dead_worker_is_replaced(tmp_path: Path):
    """A worker that dies is replaced, and nobody is turned away."""
    with Running([*MODULE, configured(tmp_path), "--workers=2"], tmp_path) as program:
        port = program.port()
        parent = program.process.pid
        before = until(lambda: children(parent), "workers")
        os.kill(before[0], signal.SIGKILL)
        program.says("worker 0 ended with signal 9 and is replaced")
        until(lambda: len(set(children(parent)) - {before[0]}) == 2, "another worker")
        got = [answer(port) for _ in range(10)]
        status = program.stop()

    assert all(each.startswith("HTTP/1.1 200") for each in got)
    assert status == 0


def test_workers_reload(tmp_path: Path):
    """SIGHUP to the parent reloads every worker."""
    with Running([*MODULE, configured(tmp_path), "--workers=2"], tmp_path) as program:
        port = program.port()
        until(lambda: answer(port).startswith("HTTP/1.1 200"), "somebody who serves")
        configured(tmp_path, 'ping_path = "/alive"\n')
        program.process.send_signal(signal.SIGHUP)
        words = "the configuration was read again and is in use"
        until(lambda: program.out.count(words) == 2, "both workers to have reloaded")
        got = [answer(port, "/alive") for _ in range(10)]

    assert all(each.startswith("HTTP/1.1 200") for each in got)


def test_workers_that_cannot_start_end_the_program(tmp_path: Path):
    """What keeps a worker from starting ends the program with status 1."""
    flags = [configured(tmp_path), "--workers=2", "--htpasswd-file=/no.htpasswd"]
    with Running([*MODULE, *flags], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert "/no.htpasswd" in program.err


def test_workers_share_a_socket_file(tmp_path: Path):
    """Workers share a socket file, which goes when the last of them has ended."""
    path = tmp_path / "s"
    flag = configured(tmp_path, http_address=f'"unix://{path}"')
    with Running([*MODULE, flag, "--workers=2"], tmp_path) as program:
        program.says("listening on unix://")
        os.kill(children(program.process.pid)[0], signal.SIGTERM)
        program.says("worker 0 ended with status 0 and is replaced")
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(path))
        got = exchange(client)
        status = program.stop()

    assert got.startswith("HTTP/1.1 200")
    assert status == 0
    assert not path.exists()


def test_workers_end_when_their_parent_is_killed(tmp_path: Path):
    """Workers do not outlive a parent that was killed."""
    with Running([*MODULE, configured(tmp_path), "--workers=2"], tmp_path) as program:
        program.port()
        at_work = children(program.process.pid)
        program.process.kill()
        until(
            lambda: not any(Path(f"/proc/{each}").exists() for each in at_work),
            "the workers to end",
        )


# Commands.


def test_check_finds_what_does_not_answer(tmp_path: Path):
    """check asks the provider; what does not answer is an error, status 1."""
    command = [*MODULE, "check", configured(tmp_path), "--output=json"]
    with Running(command, tmp_path) as program:
        status = program.process.wait(PATIENCE)

    found = {(f["subject"], f["level"]) for f in json.loads(program.out)["findings"]}
    assert status == 1
    assert ("provider", "error") in found
    assert ("settings", "ok") in found


def test_check_without_a_network(tmp_path: Path):
    """check --offline asks nobody, prints a table without colours into a file."""
    command = [*MODULE, "check", "--offline", configured(tmp_path)]
    with Running(command, tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 0
    assert program.out.startswith("ok ")
    assert "\x1b" not in program.out
    assert "provider " not in {line[9:18] for line in program.out.splitlines()}


def test_check_of_a_configuration_that_does_not_load(tmp_path: Path):
    """check lists everything that keeps a configuration from loading."""
    flag = configured(tmp_path, cookie_secret='"short"', email_domains="[]")
    with Running([*MODULE, "check", flag], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert program.out.count("error ") == 2


def test_cookie_secret_is_fresh_and_fits(tmp_path: Path):
    """cookie-secret prints another secret each time, one that the program takes."""
    secrets = []
    for _ in range(2):
        with Running([*MODULE, "cookie-secret"], tmp_path) as program:
            assert program.process.wait(PATIENCE) == 0
        secrets.append(program.out.strip())
    flag = configured(tmp_path, cookie_secret=f'"{secrets[0]}"')
    with Running([*MODULE, "--config-test", flag], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert secrets[0] != secrets[1]
    assert (status, program.out) == (0, "configuration is valid\n")


@pytest.mark.parametrize("words", [["chek"], ["completion"], ["explain", "nothing"]])
def test_command_that_is_none(tmp_path: Path, words: list[str]):
    """A wrong command or argument is one line and status 1."""
    with Running([*MODULE, *words], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert len(program.err.splitlines()) == 1
    assert program.out == ""
