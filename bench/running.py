"""
Start programs on a core of their own, wait for them, weigh them and end them.
"""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import define, field
from trusting import trusting

MEASURED_CORE, OTHER_CORE = 0, 1
PATIENCE = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


class StartFailed(Exception):
    """
    A program did not answer in time, or ended.
    """


def free_port() -> int:
    """
    Return a port of this machine that nobody uses at the moment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def pinned(core: int, command: Sequence[str], *, yielding: bool = False) -> list[str]:
    """
    Return the command line that runs a command on one core; what is `yielding` runs
    there when nobody else does.
    """
    last = ["chrt", "--idle", "0"] if yielding else []
    return ["taskset", "-c", str(core), *last, *command]


@define
class Running:
    """
    A program that runs.
    """

    process: subprocess.Popen[str]
    log: IO[str] = field(repr=False)
    started: float = field(factory=time.monotonic)

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        log: Path,
        *,
        core: int = OTHER_CORE,
        yielding: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> "Running":
        """
        Start a command on a core; what it says on standard error goes to the log.
        """
        output = log.open("a")
        process = subprocess.Popen(
            pinned(core, command, yielding=yielding),
            stdout=subprocess.PIPE if core == OTHER_CORE else output,
            stderr=output,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        return cls(process, output)

    def first_line(self) -> str:
        """
        Return the first line that the program prints.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise StartFailed(
                f"{self.process.args!r} said nothing; see {self.log.name}"
            )
        return line

    def wait_for(self, url: str) -> float:
        """
        Wait until an address answers anything; return the seconds since the start.
        """
        return self.wait_until(lambda: answers(url), url)

    def wait_until(self, ready: Callable[[], bool], what: str) -> float:
        """
        Wait until the program is ready; return the seconds since the start.
        """
        while time.monotonic() < self.started + PATIENCE:
            if self.process.poll() is not None:
                break
            if ready():
                return time.monotonic() - self.started
            time.sleep(0.005)
        said = Path(self.log.name).read_text()[-2000:]
        raise StartFailed(f"{what} does not answer\n{said}")

    def memory(self) -> int:
        """
        Return the proportional set size of the program and its children, in bytes.
        """
        return sum(_proportional(pid) for pid in _family(self.process.pid))

    def processor(self) -> float:
        """
        Return the processor time that the program and its children have taken so far,
        in seconds.
        """
        return sum(_processor(pid) for pid in _family(self.process.pid))

    def stop(self) -> None:
        """
        Ask the program to end and wait until it has.
        """
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()


def accepts(port: int) -> bool:
    """
    Tell whether somebody accepts connections at a port of this machine.
    """
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """
    Tell whether somebody answers a request there.
    """
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    connection: http.client.HTTPConnection
    if scheme == "https":
        connection = http.client.HTTPSConnection(host, timeout=5, context=trusting())
    else:
        connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", f"/{path}")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _family(pid: int) -> Iterator[int]:
    yield pid
    children = [
        path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")
    ]
    for child in " ".join(children).split():
        yield from _family(int(child))


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = (line.split() for line in text.splitlines())
    return next((int(line[1]) * 1024 for line in lines if line[0] == "Pss:"), 0)


def _processor(pid: int) -> float:
    """
    Return what a process took, to the nanosecond where the kernel counts those.
    """
    try:
        threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
        taken = [int(path.read_text().split()[0]) for path in threads]
        return sum(taken) / 1e9 if taken else _ticks(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
