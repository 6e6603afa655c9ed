"""
A log that writes into memory, and things to log.
"""

from typing import Any

from attrs import define, evolve, field

from oauthproxy.logs import Logs, RequestRecord
from oauthproxy.scope import Peer, Scope
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.wire.fields import Fields
from oauthproxy.wire.forwarded import Trust
from tests.unit.driver import FakeClock


@define
class Memory:
    """
    A sink that keeps what it gets.
    """

    batches: list[bytes] = field(factory=list)

    def __call__(self, batch: bytes) -> None:
        self.batches.append(batch)

    @property
    def text(self) -> str:
        return b"".join(self.batches).decode()


@define
class Stage:
    """
    A log, its two streams and its clock.
    """

    logs: Logs
    out: Memory
    err: Memory
    clock: FakeClock


def stage(form: str = "text", *, redact: bool = True, **options: Any) -> Stage:
    """
    Return a log in UTC at 2026-02-03 04:05:06.
    """
    out, err = Memory(), Memory()
    clock = FakeClock(1_770_091_506_789_000_000)
    settings = LoggingOptions(**{"logging_local_time": False, **options})
    logs = Logs(settings, clock, out=out, err=err, form=form, redact=redact)
    return Stage(logs, out, err, clock)


_RECORD = RequestRecord(
    client="192.0.2.1:5000",
    host="app.test",
    protocol="HTTP/1.1",
    request_id="rid-1",
    started_at=1_770_091_506_000_000_000,
    duration=12_600_000,
    method="GET",
    uri="/a?x=1",
    size=12,
    status=200,
    upstream="/",
    user_agent="curl/8",
    username="kim@example.test",
)


def record(**changes: Any) -> RequestRecord:
    """
    Return a finished request.
    """
    return evolve(_RECORD, **changes)


def scope(user_agent: bytes = b"curl/8", **changes: Any) -> Scope:
    """
    Return a request under way.
    """
    values: dict[str, Any] = {
        "method": "GET",
        "target": "/a?x=1",
        "host": "app.test",
        "fields": Fields([(b"User-Agent", user_agent)]),
        "peer": Peer("192.0.2.1", 5000),
        "trust": Trust(),
        "request_id": "rid-1",
        **changes,
    }
    return Scope(**values)
