"""
A neighbour in front of the proxy: a real server with the configuration of its page.

Rule 1: the files are those of `contrib/neighbours`, character for character but for
        ports, paths and what stands in angle brackets.
Rule 2: it listens on a loopback port of its own, speaks TLS, and ends with the test.
"""

import contextlib
import http.client
import random
import shutil
import socket
import ssl
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import define, frozen

from tests.integration.harness.authority import Authority, Certificate
from tests.integration.harness.ports import PATIENCE, accepts, until
from tests.integration.harness.program import Program, clean_environment
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET, Provider
from tests.integration.harness.stage import COOKIE_SECRET
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor
from tests.integration.harness.wire import EndedError, WireError

FOLDER = Path(__file__).parents[2] / "contrib" / "neighbours"
HOST = "app.example.com"


def written(name: str, places: Mapping[str, str]) -> str:
    """
    A configuration file with its places filled in.

    Raises AssertionError for a place that the file does not have.
    """
    text = (FOLDER / name).read_text(encoding="utf-8")
    for place, value in places.items():
        assert place in text, f"{name} has no {place}"
        text = text.replace(place, value)
    return text


def executable(name: str) -> str:
    """
    The path of a server, from a package of Python or of the system.
    """
    places = f"{sysconfig.get_path('scripts')}:/usr/sbin:/usr/bin:/usr/local/bin:/sbin"
    found = shutil.which(name, path=places)
    assert found is not None, f"install {name}"
    return found


def free_port() -> int:
    """
    A free loopback port that the system gives to nobody's outgoing connection
    before a server gets to listen on it.
    """
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Named(ssl.SSLContext):
    """
    A client's TLS that asks for the name of the site.
    """

    def wrap_socket(self, *arguments: Any, **more: Any) -> ssl.SSLSocket:
        """
        Speak TLS with the site.
        """
        return super().wrap_socket(*arguments, **{**more, "server_hostname": HOST})


@frozen
class Parties:
    """
    Everybody but the neighbour.
    """

    folder: Path
    authority: Authority
    certificate: Certificate
    provider: Provider
    upstream: Upstream
    front: int
    back: int

    @property
    def fronted(self) -> dict[str, str]:
        """
        What stands in for the files, and the proxy, of a neighbour's configuration.
        """
        return {
            "/etc/ssl/app.example.com.pem": str(self.certificate.chain),
            "/etc/ssl/app.example.com.key": str(self.certificate.key),
            "127.0.0.1:4180": f"127.0.0.1:{self.back}",
        }

    @property
    def backed(self) -> dict[str, str]:
        """
        What stands in for the addresses of the proxy's configuration.
        """
        return {
            "127.0.0.1:4180": f"127.0.0.1:{self.back}",
            "127.0.0.1:8080": f"127.0.0.1:{self.upstream.port}",
        }

    @property
    def asked(self) -> dict[str, str]:
        """
        What stands in for the files and addresses of a neighbour that asks.
        """
        return {**self.fronted, **self.backed}

    def proxy(self, name: str, places: Mapping[str, str], more: str = "") -> Program:
        """
        Start the proxy with a configuration of a neighbour's page.
        """
        usual = {
            "https://idp.example.com": self.provider.issuer,
            "<your_client_id>": CLIENT,
            "<your_client_secret>": CLIENT_SECRET,
            "<your_32_byte_base64_secret>": COOKIE_SECRET,
        }
        text = written(name, {**usual, **places})
        return Program(
            more + text, folder=self.folder, address=("127.0.0.1", self.back)
        )

    def logged(self, target: str) -> str:
        """
        The proxy's log line of a request.
        """
        log = self.folder / "stdout"

        def line() -> str:
            lines = log.read_text(encoding="utf-8").splitlines()
            return next((one for one in lines if f'"{target}"' in one), "")

        return until(line, f"{target} in the log")

    def opens(self) -> bool:
        """
        Tell whether the neighbour lets browsers through to the proxy.
        """
        try:
            return self.visitor().ask("/oauth2/sign_in").status == 200
        except (OSError, EndedError, WireError):
            return False

    def visitor(self) -> Visitor:
        """
        A browser at the neighbour's door.
        """
        return Visitor(("127.0.0.1", self.front), HOST, tls=self._tls())

    def ask_from(self, source: str, target: str, **fields: str) -> tuple[int, bytes]:
        """
        Ask at the neighbour's door from another address of this machine.
        """
        tls, port = self._tls(), self.front
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=PATIENCE, context=tls, source_address=(source, 0)
        )
        connection.request("GET", target, headers={"Host": HOST, **fields})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def _tls(self) -> ssl.SSLContext:
        tls = Named(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_verify_locations(self.authority.root)
        return tls


def parties(
    folder: Path, authority: Authority, provider: Provider, upstream: Upstream
) -> Parties:
    """
    The parties of one test, with free ports for the neighbour and the proxy.
    """
    certificate = authority.issue(HOST, "localhost")
    front, back = free_port(), free_port()
    return Parties(folder, authority, certificate, provider, upstream, front, back)


@define(eq=False)
class Front:
    """
    The neighbour's process.
    """

    process: "subprocess.Popen[bytes]"
    output: Path

    @classmethod
    def start(cls, command: list[str], party: Parties) -> Self:
        """
        Start a server and wait until it does its work.
        """
        folder = party.folder
        output = folder / "front.log"
        with output.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=clean_environment({"HOME": str(folder)}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        front = cls(process, output)
        try:
            until(lambda: front._works(party), f"{command[0]} to work")
        except AssertionError:
            front.stop()
            raise
        return front

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _works(self, party: Parties) -> bool:
        assert self.process.poll() is None, self.output.read_text(encoding="utf-8")
        return accepts(party.front) and party.opens()

    def stop(self) -> None:
        """
        End the server.
        """
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
