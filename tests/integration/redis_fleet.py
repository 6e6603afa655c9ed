"""
Redis servers in every shape, started for one test and ended with it.
"""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Self

from attrs import frozen

from tests.integration.harness.ports import free_port, until

HOST = "127.0.0.1"


@frozen
class TLSFiles:
    """
    What a server shows, whom it believes, and whether it asks clients ("yes", "no").
    """

    cert: Path
    key: Path
    authority: Path
    clients: str = "no"


class Server:
    """
    A redis-server process with arguments of one's own; `options` go first in its
    configuration file, which it may write to.
    """

    def __init__(
        self,
        folder: Path,
        *lines: str,
        port: int | None = None,
        sentinel: bool = False,
        tls: TLSFiles | None = None,
    ) -> None:
        self._tls = tls
        self.port = free_port() if port is None else port
        self.folder = folder / f"redis-{self.port or 'unix'}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password = ""
        self._user = ""
        settings = [f"bind {HOST}", f"dir {self.folder}", *self._ports()]
        if not sentinel:
            settings += ['save ""', "appendonly no"]
        self._file = self.folder / "redis.conf"
        self._file.write_text("\n".join((*settings, *lines, "")), encoding="utf-8")
        self._arguments = ["--sentinel"] if sentinel else []
        self._process: subprocess.Popen[bytes] | None = None

    def _ports(self) -> list[str]:
        if self._tls is None:
            return [f"port {self.port}"]
        return [
            "port 0",
            f"tls-port {self.port}",
            f"tls-cert-file {self._tls.cert}",
            f"tls-key-file {self._tls.key}",
            f"tls-ca-cert-file {self._tls.authority}",
            f"tls-auth-clients {self._tls.clients}",
            "tls-replication yes",
            "tls-cluster yes",
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """
        Start the process, again if it was killed.
        """
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                ["redis-server", str(self._file), *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._listens, f"redis-server on {self.port}")

    def kill(self) -> None:
        """
        End the process at once.
        """
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """
        Stop the process without closing anything.
        """
        assert self._process is not None
        self._process.send_signal(19)

    def thaw(self) -> None:
        """
        Let the process go on.
        """
        assert self._process is not None
        self._process.send_signal(18)

    def cli(self, *command: str, introduce: tuple[str, ...] = ()) -> str:
        """
        Run a command with redis-cli and return what it prints.
        """
        if self._tls is not None:
            introduce += ("--tls", "--insecure")
        done = subprocess.run(
            ["redis-cli", "-h", HOST, "-p", str(self.port), *introduce, *command],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout.strip()

    def _listens(self) -> bool:
        if not self.port:
            return (self.folder / "redis.sock").exists()
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, self.port)) == 0


@contextlib.contextmanager
def sentinels(
    folder: Path, password: str = "", tls: TLSFiles | None = None
) -> Iterator[tuple[Server, Server, list[Server]]]:
    """
    A master, its replica and three sentinels that replace it within a second or two;
    with `tls` nobody speaks anything else.
    """
    auth = [f"requirepass {password}", f"masterauth {password}"] if password else []
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(Server(folder, *auth, tls=tls))
        replica = stack.enter_context(
            Server(folder, f"replicaof {HOST} {master.port}", *auth, tls=tls)
        )
        lines = [
            f"sentinel monitor main {HOST} {master.port} 2",
            "sentinel down-after-milliseconds main 500",
            "sentinel failover-timeout main 3000",
            *([f"sentinel auth-pass main {password}"] if password else []),
        ]
        watchers = [
            stack.enter_context(Server(folder, *lines, sentinel=True, tls=tls))
            for _ in range(3)
        ]
        for watcher in watchers:
            until(partial(_sees_all, watcher), "the sentinels to meet")
        yield master, replica, watchers


def _sees_all(watcher: Server) -> bool:
    lines = watcher.cli("SENTINEL", "MASTER", "main").splitlines()
    seen = dict(zip(lines[::2], lines[1::2], strict=False))
    return seen.get("num-slaves") == "1" and seen.get("num-other-sentinels") == "2"


@contextlib.contextmanager
def cluster(
    folder: Path, password: str = "", tls: TLSFiles | None = None, replicas: int = 1
) -> Iterator[list[Server]]:
    """
    A cluster of three masters and as many replicas each; with `tls` nobody speaks
    anything else.
    """
    auth = (f"requirepass {password}", f"masterauth {password}") if password else ()
    introduce = ("-a", password, "--no-auth-warning") if password else ()
    lines = (
        *auth,
        "cluster-enabled yes",
        "cluster-node-timeout 1000",
        "cluster-replica-validity-factor 0",
        "repl-diskless-sync-delay 0",
    )
    with contextlib.ExitStack() as stack:
        nodes = [
            stack.enter_context(_node(folder, lines, tls))
            for _ in range(3 + 3 * replicas)
        ]
        addresses = [f"{HOST}:{node.port}" for node in nodes]
        made = subprocess.run(
            [
                *("redis-cli", "--cluster", "create", *addresses),
                *("--cluster-replicas", str(replicas), "--cluster-yes"),
                *introduce,
                *(("--tls", "--insecure") if tls else ()),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert made.returncode == 0, made.stdout
        for node in nodes:
            until(partial(_is_whole, node, introduce), "cluster")
        yield nodes


def _is_whole(node: Server, introduce: tuple[str, ...]) -> bool:
    return "cluster_state:ok" in node.cli("CLUSTER", "INFO", introduce=introduce)


def _node(folder: Path, lines: tuple[str, ...], tls: TLSFiles | None) -> Server:
    # The bus listens ten thousand ports higher, unless told otherwise.
    return Server(folder, *lines, f"cluster-port {free_port()}", tls=tls)


def have_redis() -> bool:
    """
    Whether the programs are there.
    """
    return all(shutil.which(each) for each in ("redis-server", "redis-cli"))
