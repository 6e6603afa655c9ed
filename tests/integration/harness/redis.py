"""
A Redis server of one's own.
"""

import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.integration.harness.ports import accepts, free_port, until


class Redis:
    """
    Debian's redis-server on a free port, without persistence.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [
                "redis-server",
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(folder)),
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: accepts(self.port), "redis-server")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """
        End the server.
        """
        self._process.terminate()
        self._process.wait(10)

    def keys(self, database: int = 0) -> list[str]:
        """
        All keys of a database.
        """
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            reader = connection.makefile("rb")
            connection.sendall(f"SELECT {database}\r\nKEYS *\r\n".encode())
            assert reader.readline() == b"+OK\r\n"
            found = []
            for _ in range(int(reader.readline()[1:])):
                size = int(reader.readline()[1:])
                found.append(reader.read(size + 2)[:-2].decode())
            return found
