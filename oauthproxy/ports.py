"""
What the inside awaits and the outside provides.

Times are integer nanoseconds since the Unix epoch, durations integer nanoseconds.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from attrs import frozen

Entropy = Callable[[int], bytes]
"""Return so many random bytes (`os.urandom`, or a fake in tests)."""


class Clock(Protocol):
    """
    Tell the time and wait.
    """

    def now(self) -> int:
        """
        Return nanoseconds since the Unix epoch.
        """

    async def sleep(self, duration: int) -> None:
        """
        Wait for `duration` nanoseconds.
        """


@frozen(kw_only=True)
class FetchRequest:
    """
    One outgoing HTTP call. `form`, when given, is sent url-encoded as the body.
    """

    url: str
    method: str = "GET"
    fields: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    body: bytes | None = None


@frozen(kw_only=True)
class FetchResponse:
    """
    The answer to an outgoing call, read whole within a size limit.
    """

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def field(self, name: str) -> str:
        """
        Return the first value of a field, or the empty text.
        """
        lowered = name.lower()
        return next((v for n, v in self.fields if n.lower() == lowered), "")

    def json(self) -> Any:
        """
        Return the body read as JSON; raises ValueError.
        """
        return json.loads(self.body)


class Fetcher(Protocol):
    """
    Make outgoing HTTP calls, each bounded in time and size.
    """

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """
        Raise `errors.FetchError` when there is no answer; any status is an answer.
        """


class Gate(Protocol):
    """
    Let any number of coroutines wait until somebody opens it, once.
    """

    async def wait(self) -> None:
        """
        Return when the gate is open.
        """

    def open(self) -> None:
        """
        Let everybody through, those who come later too.
        """


NewGate = Callable[[], Gate]
"""Return a new, closed gate."""


Background = Callable[[Coroutine[Any, Any, None]], Callable[[], None]]
"""Start a coroutine that goes on by itself; the returned function ends it."""


class Lock(Protocol):
    """
    A lock on one key, shared by all processes that use the same vault.
    """

    async def obtain(self, lifetime: int) -> bool:
        """
        Try once; True when the lock is ours now.
        """

    async def extend(self, lifetime: int) -> bool:
        """
        Start its lifetime again; False when it is no longer ours.
        """

    async def release(self) -> None:
        """
        Give it back; nothing happens when it is no longer ours.
        """


class Watcher(Protocol):
    """
    Hear of changes in a vault, whoever makes them.
    """

    def changed(self, key: str) -> None:
        """
        Take note that the value of `key` is another one now, or gone.
        """

    def lost(self) -> None:
        """
        Take note that changes may go unnoticed from now on.
        """

    def restored(self) -> None:
        """
        Take note that every change is noticed from now on.
        """


class Vault(Protocol):
    """
    Keep bytes by key with expiry. Every method raises `errors.StoreUnavailable`.
    """

    async def get(self, key: str) -> bytes | None:
        """
        Return the value, or None when there is none.
        """

    async def set(self, key: str, value: bytes, lifetime: int) -> None:
        """
        Store a value for `lifetime` nanoseconds, for ever when 0.
        """

    async def delete(self, key: str) -> None:
        """
        Forget a value.
        """

    async def ping(self) -> None:
        """
        Return when the vault answers.
        """

    def lock(self, key: str) -> Lock:
        """
        Return the lock that guards `key`.
        """

    def watch(self, watcher: Watcher) -> None:
        """
        Tell `watcher` of changes from now on.
        """


class Index(Protocol):
    """
    Find vault keys by labels. Every method raises `errors.StoreUnavailable`.
    """

    async def add(self, label: str, key: str, lifetime: int) -> None:
        """
        Put a label on a key for `lifetime` nanoseconds, for ever when 0.
        """

    async def find(self, label: str) -> tuple[str, ...]:
        """
        Return the keys with a label that still have a value.
        """


class Log(Protocol):
    """
    Write log lines. Messages are one line each and hold no secrets.
    """

    def info(self, message: str) -> None:
        """
        Say that something happened.
        """

    def error(self, message: str) -> None:
        """
        Say that something went wrong.
        """

    def auth(self, scope: Any, username: str, status: str, message: str) -> None:
        """
        Record an authentication event: status is "AuthSuccess", "AuthFailure" or
        "AuthError"; `scope` is the `scope.Scope` of its request.
        """
