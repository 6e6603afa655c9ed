"""
Several processes at the same sockets.
"""

import os
import signal
import socket
from pathlib import Path

from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.running import (
    MODULE,
    Running,
    answer,
    configured,
    exchange,
)


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
