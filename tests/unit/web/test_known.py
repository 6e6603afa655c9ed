"""
Browsers that were seen before.
"""

from collections.abc import Callable
from typing import Any

import pytest

from oauthproxy.session.cache import SessionCache
from oauthproxy.session.session import Session
from oauthproxy.upstream.headers import Injector
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.session import KnownSessions, response_lines, response_pairs
from oauthproxy.wire.cookies import Cookies
from tests.unit.web.stage import Stage, answer, get

ALICE = Session(email="alice@example.com", user="alice")


class Store:
    """
    Knows a session by the whole value of its cookie.
    """

    def key(self, cookies: Cookies) -> str | None:
        return cookies.first("_session") or None

    def tag(self, cookies: Cookies) -> str | None:
        return None


class Rules:
    version = 0


class Memory:
    """
    The browsers that are known, and what was noted about them.
    """

    def __init__(self, *, headers_decide: bool = False) -> None:
        self.rules = Rules()
        self.due: int | None = None
        self.seen: list[int] = []
        self.known = KnownSessions(
            "_session",
            0,
            SessionCache(100),
            Store(),  # type: ignore[arg-type]  # all that is asked of a store
            self.rules,  # type: ignore[arg-type]  # all that is asked of rules
            Injector((), (), lambda source: ""),
            lambda session: self.due,
            headers_decide=headers_decide,
            note=self.seen.append,
        )

    def learn(self, value: str = "secret") -> Any:
        """
        Remember Alice by a cookie.
        """
        cookies = Cookies.parse([f"_session={value}".encode()])
        return self.known.learn(cookies, ALICE, self.known.moment)

    def peek(self, *lines: str) -> Any:
        """
        Return what is known about a request.
        """
        return self.known.peek(asked(*lines))


def asked(*lines: str) -> FrontRequest:
    """
    Return a request with some fields.
    """
    stage = Stage()
    stage.connect().receive(get("/", *lines))
    return stage.requests[0]


@pytest.mark.parametrize(
    "cookie", ["_session=secret", "a=b; _session=secret", "_session=secret; a=b"]
)
def test_a_cookie_that_was_seen_is_known(cookie: str) -> None:
    """
    By its exact value, wherever it stands.
    """
    memory = Memory()
    known = memory.learn()

    assert memory.peek(f"Cookie: {cookie}") is known


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Cookie: a=b",),
        ("Cookie: _session=secre",),
        ("Cookie: _session=secret2",),
        ("Cookie: x_session=secret",),
        ("Cookie: a=_session=secret",),
        ("Cookie: _session_0=secret",),
        ("Cookie: _session=secret", "Cookie: a=b"),
        ("Cookie: _session=other; _session=secret",),
    ],
)
def test_anything_else_is_not_known(lines: tuple[str, ...]) -> None:
    """
    Another value, another name, or cookies that need more than a glance.
    """
    memory = Memory()
    memory.learn()

    assert memory.peek(*lines) is None


def test_credentials_decide_where_they_may() -> None:
    """
    With bearer tokens or passwords a cookie is not the last word.
    """
    memory = Memory(headers_decide=True)
    memory.learn()

    known = memory.peek("Cookie: _session=secret")
    unknown = memory.peek("Cookie: _session=secret", "Authorization: Bearer x")

    assert known is not None
    assert unknown is None


def test_a_session_that_is_due_is_not_known() -> None:
    """
    Its time is looked at with every request.
    """
    memory = Memory()
    memory.due = 1

    memory.learn()

    assert memory.peek("Cookie: _session=secret") is None


def test_changed_rules_are_asked_again() -> None:
    """
    Who was admitted under older rules goes the full way.
    """
    memory = Memory()
    memory.learn()

    memory.rules.version += 1

    assert memory.peek("Cookie: _session=secret") is None


def forget(memory: Memory) -> None:
    memory.known.forget(Cookies.parse([b"_session=secret"]))


def change_rules(memory: Memory) -> None:
    memory.rules.version += 1


def pass_time(memory: Memory) -> None:
    memory.due = 1
    memory.learn()


@pytest.mark.parametrize("change", [forget, change_rules, pass_time])
def test_each_request_of_a_connection_is_looked_at(
    change: Callable[[Memory], None],
) -> None:
    """
    What was derived from fields that come again is no leave to pass again: a session
    that was deleted, is due or is judged by other rules is not known from then on.
    """
    memory, stage = Memory(), Stage()
    memory.learn()
    client = stage.connect()
    for _ in range(2):
        client.receive(get("/", "Cookie: _session=secret"))
        answer(stage.requests[-1])
    first, second = stage.requests
    assert second.head.memo is first.head.memo

    before = memory.known.peek(first)
    change(memory)

    assert before is not None
    assert memory.known.peek(second) is None


def test_what_one_configuration_derives_is_not_anothers() -> None:
    """
    The same request is looked at anew by those who know sessions by other rules.
    """
    request = asked("Cookie: _session=secret", "Authorization: Bearer x")
    one, other = Memory(), Memory(headers_decide=True)
    for memory in (one, other):
        memory.learn()

    known = [memory.known.peek(request) for memory in (one, other)]

    assert known[0] is not None
    assert known[1] is None


def test_hits_and_misses_are_counted() -> None:
    """
    Plainly, for whoever looks; each session is noted by one mark.
    """
    memory = Memory()
    memory.learn()

    for _ in range(3):
        memory.peek("Cookie: _session=secret")
    memory.peek("Cookie: _session=other")

    assert (memory.known.hits, memory.known.misses) == (3, 1)
    assert len(memory.seen) == 4
    assert len(set(memory.seen)) == 1


def test_a_session_says_who_it_is_in_responses() -> None:
    """
    The lines are made once, and tell the name on one line.
    """
    memory = Memory()
    known = memory.learn()

    assert known.response_lines == b"Gap-Auth: alice@example.com\r\n"
    assert response_pairs(known) == (("Gap-Auth", "alice@example.com"),)


def test_a_response_that_brings_a_session_is_private() -> None:
    """
    No shared cache may keep a cookie.
    """
    memory = Memory()
    known = memory.learn()

    lines = response_lines(known, ("_session=new",))

    assert lines.endswith(b"Set-Cookie: _session=new\r\nCache-Control: private\r\n")
    assert response_lines(known, ()) == known.response_lines
