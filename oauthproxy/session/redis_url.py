"""
Read Redis URLs as the reference's client does (`reference/sessions.md`, 9).

`redis://`, `rediss://` (TLS) and `unix://`, with user, password, database number and
options in the query; an option nobody knows is an error.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import field, frozen

from oauthproxy.settings.durations import parse_duration
from oauthproxy.settings.kinds import MINUTE, SECOND
from oauthproxy.wire import gourl

DIAL_TIMEOUT = 5 * SECOND
READ_TIMEOUT = 3 * SECOND
IDLE_TIME = 30 * MINUTE
RETRIES = 3
PORT = "6379"

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_IGNORED_INTEGERS = (
    "protocol", "pool_size", "min_idle_conns", "max_idle_conns", "max_active_conns",
    "max_concurrent_dials",
)  # fmt: skip
_IGNORED_DURATIONS = (
    "min_retry_backoff", "max_retry_backoff", "pool_timeout",
    "conn_max_lifetime_jitter",
)  # fmt: skip

T = TypeVar("T")


@frozen
class Endpoint:
    """
    Where a server listens: a host and port, or the path of a unix socket as `host`
    with port 0.
    """

    host: str
    port: int

    def __str__(self) -> str:
        if not self.port:
            return self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@frozen(kw_only=True)
class RedisURL:
    """
    What a URL says. Times are nanoseconds; 0 is no limit.
    """

    endpoint: Endpoint
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    tls: bool = False
    skip_verify: bool = False
    client_name: str = ""
    retries: int = RETRIES
    dial_timeout: int = DIAL_TIMEOUT
    read_timeout: int = READ_TIMEOUT
    write_timeout: int = READ_TIMEOUT
    idle_time: int = IDLE_TIME
    lifetime: int = 0


def parse_redis_url(text: str) -> RedisURL:
    """
    Return what a URL says; raise ValueError, whose text holds no secret.
    """
    url = gourl.parse(text)
    if url.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("it must start with redis://, rediss:// or unix://")
    query = _Query(url.query, tls=url.scheme == "rediss")
    username, password = _credentials(text)
    return RedisURL(
        endpoint=_socket(url) if url.scheme == "unix" else _server(url),
        username=username,
        password=password,
        database=query.database(0 if url.scheme == "unix" else _database(url.path)),
        tls=url.scheme == "rediss",
        **query.options(),
    )


def _credentials(text: str) -> tuple[str, str]:
    authority = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]
    username, _, password = authority.rpartition("@")[0].partition(":")
    return gourl.unescape(username), gourl.unescape(password)


def _socket(url: gourl.URL) -> Endpoint:
    if not url.path.strip():
        raise ValueError("the path of the socket is missing")
    return Endpoint(url.path, 0)


def _server(url: gourl.URL) -> Endpoint:
    port = url.port or PORT
    if not 0 < int(port) < 65536:
        raise ValueError("there is no such port")
    return Endpoint(url.hostname or "localhost", int(port))


def _database(path: str) -> int:
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1:
        raise ValueError("its path must be the number of a database")
    return _integer(parts[0]) if parts else 0


class _Query:
    """
    The options of a URL; what nobody takes is an error.
    """

    def __init__(self, query: str, *, tls: bool) -> None:
        self._tls = tls
        self._values: dict[str, str] = {}
        for pair in query.split("&") if query else ():
            name, _, value = pair.partition("=")
            self._values[gourl.unescape_query(name)] = gourl.unescape_query(value)

    def database(self, default: int) -> int:
        """
        Take the database's number.
        """
        text = self._values.pop("db", "")
        return _integer(text) if text else default

    def options(self) -> Mapping[str, Any]:
        """
        Take everything else, as fields of `RedisURL`.
        """
        for names, read in (
            (_IGNORED_INTEGERS, _integer),
            (_IGNORED_DURATIONS, _duration),
            (("pool_fifo",), _flag),
        ):
            for name in names:
                self._take(name, read, 0)
        read_timeout = _time(self._take("read_timeout", _duration, 0), READ_TIMEOUT)
        retries = self._take("max_retries", _integer, 0)
        taken = {
            "client_name": self._values.pop("client_name", ""),
            "retries": 0 if retries < 0 else retries or RETRIES,
            "dial_timeout": _time(
                self._take("dial_timeout", _duration, 0), DIAL_TIMEOUT
            ),
            "read_timeout": read_timeout,
            "write_timeout": _time(
                self._take("write_timeout", _duration, 0), read_timeout
            ),
            "idle_time": _time(
                self._either("conn_max_idle_time", "idle_timeout"), IDLE_TIME
            ),
            "lifetime": _time(self._either("conn_max_lifetime", "max_conn_age"), 0),
            "skip_verify": self._tls and self._take("skip_verify", _flag, 0) != 0,
        }
        if self._values:
            raise ValueError(f"unexpected option: {min(self._values)}")
        return taken

    def _take(self, name: str, read: Callable[[str], T], default: T) -> T:
        text = self._values.pop(name, "")
        try:
            return read(text) if text else default
        except ValueError as cause:
            raise ValueError(f"invalid {name}: {cause}") from cause

    def _either(self, name: str, older: str) -> int:
        value = self._take(name, _duration, 0)
        return value or self._take(older, _duration, 0)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f'"{text}" is not a number')
    return int(text)


def _flag(text: str) -> int:
    if text not in ("true", "1", "false", "0"):
        raise ValueError(f'"{text}" is neither true nor false')
    return int(text in ("true", "1"))


def _duration(text: str) -> int:
    """
    Return nanoseconds; a plain number is seconds; -1 switches off.
    """
    if _INTEGER.fullmatch(text):
        return int(text) * SECOND if int(text) > 0 else -1
    return parse_duration(text)


def _time(given: int, default: int) -> int:
    return default if given == 0 else max(given, 0)
