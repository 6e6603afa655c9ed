"""
Put load on a program: pages by wrk, large bodies by curl, idle connections by hand.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen
from running import OTHER_CORE, Running, pinned
from trusting import trusting

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MEBIBYTE = 1 << 20
LONGEST = 120
"""Seconds after which load that nobody ended ends by itself."""


class LoadFailed(Exception):
    """
    The measured program answered wrongly.
    """


@frozen(kw_only=True)
class Figures:
    """
    What wrk saw: requests a second, latencies in milliseconds, how many requests were
    answered and how many failed.
    """

    rate: float
    p50: float
    p99: float
    slowest: float
    answered: int
    failed: int


CHANGING = """
local requests, count = {}, 0
init = function()
  for number = 1, 16 do
    wrk.headers["Referer"] = "http://127.0.0.1/page/" .. number
    requests[number] = wrk.format()
  end
end
request = function()
  count = count % 16 + 1
  return requests[count]
end
"""
"""What wrk does so that no request has the fields of the few before it."""


def pages(
    url: str, cookie: str, *, connections: int, seconds: int, changing: bool = False
) -> Figures:
    """
    Ask for one page over and over on so many connections; with `changing` fields each
    time with other ones than the last times.
    """
    command = _wrk(url, cookie, connections, seconds)
    if not changing:
        return _figures(_run(command))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(CHANGING)
        script.flush()
        return _figures(_run([*command[:-1], "-s", script.name, command[-1]]))


def pages_during(
    work: Callable[[], None], url: str, cookie: str, *, connections: int
) -> Figures:
    """
    Ask for one page over and over for as long as some work goes on.
    """
    command = pinned(OTHER_CORE, _wrk(url, cookie, connections, LONGEST))
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        work()
    finally:
        load.send_signal(signal.SIGINT)
        said, _ = load.communicate(timeout=30)
    return _figures(said)


def _wrk(url: str, cookie: str, connections: int, seconds: int) -> list[str]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["--timeout", "10s", "-H", "Accept: text/html"]
    if cookie:
        command += ["-H", f"Cookie: {cookie}"]
    return [*command, url]


def _figures(said: str) -> Figures:
    failed = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", said))
    errors = re.search(r"Socket errors: (.*)", said)
    if failed or errors:
        print("   ", *re.findall(r"(?:Non-2xx|Socket).*", said), file=sys.stderr)
    if errors:
        failed += sum(int(n) for n in re.findall(r"\d+", errors[1]))
    return Figures(
        rate=float(_find(r"Requests/sec:\s+([\d.]+)", said)),
        p50=_milliseconds(_find(r"50%\s+([\d.]+\w+)", said)),
        p99=_milliseconds(_find(r"99%\s+([\d.]+\w+)", said)),
        slowest=_milliseconds(_find(r"Latency(?:\s+[\d.]+\w+){2}\s+([\d.]+\w+)", said)),
        answered=int(_find(r"(\d+) requests in", said)),
        failed=failed,
    )


def download(url: str, cookie: str) -> float:
    """
    Fetch a large body; return MiB a second.
    """
    return _curl("speed_download", url, cookie)


def upload(url: str, cookie: str, source: Path) -> float:
    """
    Send a large body; return MiB a second.
    """
    return _curl("speed_upload", url, cookie, "-H", "Expect:", "-T", str(source))


def peak_during_upload(
    running: Running, url: str, cookie: str, source: Path
) -> tuple[int, int]:
    """
    Send a body to a slow upstream; return memory before and its peak, in bytes.
    """
    before = running.memory()
    peak, done = before, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, running.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        upload(url, cookie, source)
    finally:
        done.set()
        watcher.join()
    return before, peak


def memory_of_idle(
    running: Running, url: str, cookie: str, *, count: int, websocket: bool
) -> float:
    """
    Open so many connections, use each once, leave them open; return bytes for each.
    """
    with _opened(url, cookie, 50, websocket=websocket):
        time.sleep(0.5)
        before = running.memory()
        with _opened(url, cookie, count, websocket=websocket):
            time.sleep(1)
            return (running.memory() - before) / count


@contextmanager
def _opened(url: str, cookie: str, count: int, *, websocket: bool) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_open(url, cookie, websocket=websocket))
        yield


def _open(url: str, cookie: str, *, websocket: bool) -> socket.socket:
    parts = urlsplit(url)
    fields = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    fields += [f"Cookie: {cookie}"] if cookie else []
    if websocket:
        fields += ["Connection: Upgrade", "Upgrade: websocket"]
        fields += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"]
    connection = socket.create_connection((parts.hostname, parts.port), 10)
    if parts.scheme == "https":
        connection = trusting().wrap_socket(connection, server_hostname=parts.hostname)
    connection.sendall(("\r\n".join(fields) + "\r\n\r\n").encode())
    answer = connection.recv(65536)
    wanted = b"101" if websocket else b"200"
    if answer[9:12] != wanted:
        raise LoadFailed(answer[:400].decode("latin-1"))
    return connection


def _curl(figure: str, url: str, cookie: str, *more: str) -> float:
    command = ["curl", "-sk", "-o", os.devnull, *more]
    command += ["-w", "%{http_code} %{" + figure + "}", url]
    if cookie:
        command += ["-H", f"Cookie: {cookie}"]
    status, speed = _run(command).split()
    if status != "200":
        raise LoadFailed(f"{status} from {url}")
    return float(speed) / MEBIBYTE


def _run(command: list[str]) -> str:
    done = subprocess.run(
        pinned(OTHER_CORE, command), capture_output=True, text=True, check=True
    )
    return done.stdout


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise LoadFailed(f"no {pattern!r} in {text!r}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]
