"""
The program under test in a process of its own.

Rule 1: it sees no setting of the machine it runs on: its environment is made here.
Rule 2: what it printed is checked when it stops: no traceback, no secret.
"""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from tests.integration.harness.client import Address, Answer, RawClient
from tests.integration.harness.ports import PATIENCE, free_port, until

_SECRETS = re.compile(
    rb"the-client-secret|access-1\b|refresh-1\b|the-cookie-secret|"
    rb"eyJ[\w-]{10,}\.eyJ|_oauth2_proxy(_csrf)?=[\w-]{16}"
)
_CRASHES = (b"Traceback", b"Unhandled", b"Error in", b"ResourceWarning", b"never await")


def program_folder() -> Path:
    """
    The folder that the installed package is imported from.
    """
    found = importlib.util.find_spec("oauthproxy")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent.parent


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    An environment with only what a process needs to start.
    """
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONPATH": str(program_folder()),
        "PYTHONUNBUFFERED": "1",
        **(extra or {}),
    }


def command(*arguments: str) -> list[str]:
    """
    The command line that runs the program with this interpreter.
    """
    return [sys.executable, "-m", "oauthproxy", *arguments]


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """
    Run the program to its end.
    """
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Program:
    """
    A running proxy.
    """

    def __init__(
        self,
        configuration: str,
        *,
        folder: Path,
        address: Address,
        environment: Mapping[str, str] | None = None,
        arguments: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self.address = address
        self._leaving = False
        self.configuration = folder / "oauth2-proxy.cfg"
        self.configuration.write_text(configuration, encoding="utf-8")
        self._out = folder / "stdout"
        self._err = folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                command(f"--config={self.configuration}", *arguments),
                cwd=folder,
                env=clean_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        try:
            self._wait()
        except AssertionError:
            self._process.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None:
            self.check()

    @property
    def pid(self) -> int:
        """
        The process id.
        """
        return self._process.pid

    def connect(self, receive_buffer: int | None = None) -> RawClient:
        """
        Open a connection to the proxy.
        """
        return RawClient(self.address, receive_buffer=receive_buffer)

    def ask(self, data: bytes) -> Answer:
        """
        Send one request on a connection of its own.
        """
        with self.connect() as client:
            return client.ask(data)

    def output(self) -> str:
        """
        Everything printed so far.
        """
        return (self._out.read_bytes() + self._err.read_bytes()).decode()

    def says(self, text: str) -> None:
        """
        Wait for a text in the output.
        """
        until(lambda: text in self.output(), f"{text!r} in the output")

    def memory(self) -> int:
        """
        Resident bytes.
        """
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def signal(self, number: signal.Signals) -> None:
        """
        Send a signal.
        """
        self._process.send_signal(number)

    def wait(self) -> int:
        """
        Wait for the end; its exit status.
        """
        return self._process.wait(PATIENCE)

    def leave(self) -> None:
        """
        Ask the program to end, and do not wait.
        """
        if self._process.poll() is None and not self._leaving:
            self._process.send_signal(signal.SIGTERM)
        self._leaving = True

    def stop(self) -> None:
        """
        Ask the program to end, and see that it does, well.
        """
        self.leave()
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("SIGTERM did not end the program") from None
        assert status == 0, f"exit status {status}: {self.output()[-3000:]}"

    def check(self) -> None:
        """
        Fail for a crash or a secret in what was printed.
        """
        output = self._out.read_bytes() + self._err.read_bytes()
        for crash in _CRASHES:
            at = output.find(crash)
            assert at < 0, f"it crashed: {output[at : at + 4000].decode()}"
        leak = _SECRETS.search(output)
        assert leak is None, (
            f"a secret in the log: {output[leak.start() - 200 :][:400]!r}"
        )

    def _wait(self) -> None:
        def up() -> bool:
            assert self._process.poll() is None, f"it ended: {self.output()}"
            return "listening on" in self.output()

        until(up, f"the program to listen; it said: {self.output()}")


def free_address() -> tuple[str, int]:
    """
    A loopback address for the program to listen on.
    """
    return ("127.0.0.1", free_port())
