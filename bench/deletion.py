"""
Measure how soon a session that somebody deletes in Redis is refused, though it was
known a moment before.
"""

import socket
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

from extent import in_turn
from parts import Bench
from programs import Place
from signin import Visit

NAME = "session deleted elsewhere, refused after, ms"
DELETIONS = 20
PATIENCE = 5.0


class NotRefused(Exception):
    """
    A deleted session is still served.
    """


def measure_deletions(bench: Bench, place: Place) -> None:
    """
    Sign in, look at pages, have the session deleted, and look until it is refused;
    note the longest that it took.
    """
    stored = [each for each in bench.measured if each.kind.redis]
    for subject in in_turn(stored, bench.extent, NAME):
        taken = [_deletion(subject.url, place.redis) for _ in range(DELETIONS)]
        bench.report.add(NAME, subject.kind.name, max(taken) * 1000)


def _deletion(url: str, redis: int) -> float:
    before = set(_keys(redis))
    fields = {"Cookie": Visit().sign_in(url + "/"), "Accept": "text/html"}
    made = set(_keys(redis)) - before
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    for _ in range(3):
        if _status(connection, fields) != 200:
            raise NotRefused("the session is refused before it was deleted")
    _ask(redis, "DEL", *made)
    deleted = time.perf_counter()
    while _status(connection, fields) == 200:
        if time.perf_counter() - deleted > PATIENCE:
            raise NotRefused(f"still served {PATIENCE:g} s after it was deleted")
    connection.close()
    return time.perf_counter() - deleted


def _status(connection: HTTPConnection, fields: dict[str, str]) -> int:
    connection.request("GET", "/", headers=fields)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _keys(redis: int) -> list[str]:
    """
    Return the keys of all sessions.
    """
    return _ask(redis, "KEYS", "_oauth2_proxy-*")[2::2]


def _ask(redis: int, *words: str) -> list[str]:
    """
    Send a command to Redis and return the lines of its answer.
    """
    parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    with socket.create_connection(("127.0.0.1", redis), PATIENCE) as connection:
        connection.sendall(f"*{len(words)}\r\n{parts}".encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read().decode().split("\r\n")
