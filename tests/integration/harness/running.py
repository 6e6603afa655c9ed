"""
The installed program as a child process, its configuration and a simple client.
"""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import pytest

from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.program import clean_environment

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
