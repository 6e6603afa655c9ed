"""
Signed-in browsers that were seen before: what a page view needs, ready to use.

Rule 1: an entry is found by the exact value of the session cookie, and was put there
only after that value had been verified, loaded and admitted in full.
Rule 2: its times are looked at on every request; once the session may have expired, be
due for a refresh, or be judged by changed rules, the full way is gone again.
Rule 3: the header lines made of a session are made once.
"""

import re
import time
from collections.abc import Callable, Iterable

from attrs import define

from oauthproxy.access.decision import Rules
from oauthproxy.session.cache import SessionCache
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.settings.kinds import SECOND
from oauthproxy.upstream.headers import Injector, Pairs
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.fields import Pair, field_bytes
from oauthproxy.wire.kind import FieldKinds

FOR_EVER = 1 << 63
COOKIE, AUTHORIZATION = 1, 2
_KINDS = FieldKinds({b"cookie": COOKIE, b"authorization": AUTHORIZATION})


@define(slots=True, eq=False)
class Known:
    """
    A session and what is sent because of it.

    `request_lines` and `response_lines` are fields with line ends, `request_pairs` the
    former as pairs. The entry may be used until `until` (nanoseconds) under rules of
    `version`. `mark` tells sessions apart where they are counted.
    """

    session: Session | None
    request_pairs: Pairs
    request_lines: bytes
    response_lines: bytes
    username: str
    until: int = FOR_EVER
    version: int = 0
    mark: int = 0


class KnownSessions:
    """
    Find and remember sessions by cookie value.

    `due_at` says when a session is to be looked at again, in nanoseconds, None for
    never. `hits` and `misses` count what was known and what was not, `note` is told
    the mark of each session that is seen.
    """

    def __init__(
        self,
        cookie_name: str,
        cookie_lifetime: int,
        cache: SessionCache[Known],
        store: SessionStore,
        rules: Rules,
        injector: Injector,
        due_at: Callable[[Session], int | None],
        *,
        headers_decide: bool,
        note: Callable[[int], None],
    ) -> None:
        name = re.escape(cookie_name.encode())
        self._value = re.compile(rb"(?:^|;)[ \t]*" + name + rb"=([^;]*)")
        self._lifetime = cookie_lifetime
        self._cache = cache
        self._store = store
        self._rules = rules
        self._injector = injector
        self._due_at = due_at
        self._headers_decide = headers_decide
        self._note = note
        self.hits = 0
        self.misses = 0
        self._nobody = self._describe(None)

    def peek(self, request: FrontRequest) -> Known | None:
        """
        Return the entry of a request's session cookie when nothing more is to be asked.
        """
        memo = request.head.memo
        value: bytes | None = memo.get(self)
        if value is None:
            value = memo[self] = self._only_session(request.fields)
        return self._usable(self._cache.get(value)) if value else None

    def _only_session(self, fields: Iterable[Pair]) -> bytes:
        """
        Return the value of the session cookie, or nothing if it is not to be found in
        one field, or may not have the say.
        """
        cookie = b""
        kind_of = _KINDS.of
        for name, value in fields:
            kind = kind_of(name)
            if kind == COOKIE:
                if cookie:
                    return b""
                cookie = value
            elif kind == AUTHORIZATION and self._headers_decide:
                return b""
        match = self._value.search(cookie)
        return b"" if match is None else match[1]

    @property
    def moment(self) -> int:
        """
        Where we are in the order of changes; to be taken before a session is loaded.
        """
        return self._cache.moment

    def learn(self, cookies: Cookies, session: Session, since: int) -> Known:
        """
        Remember an admitted session that `cookies` gave, and return its entry.
        `since` is the `moment` before it was loaded.
        """
        self.misses += 1
        known = self._describe(session)
        key = self._store.key(cookies)
        if key is None:
            return known
        known.version = self._rules.version
        known.until = self._until(key, session)
        tag = self._store.tag(cookies)
        known.mark = hash(tag or key)
        self._note(known.mark)
        self._cache.put(field_bytes(key), known, tag, since=since)
        return known

    def describe(self, session: Session | None) -> Known:
        """
        Return an entry that is not remembered.
        """
        return self._nobody if session is None else self._describe(session)

    def find(self, cookies: Cookies) -> Known | None:
        """
        Return the entry of parsed cookies (the way of split ones).
        """
        key = self._store.key(cookies)
        return None if key is None else self._usable(self._cache.get(field_bytes(key)))

    def last_known(self, cookies: Cookies) -> Known | None:
        """
        Return the entry of parsed cookies from before the store went down, as long as
        its times allow.
        """
        key = self._store.key(cookies)
        found = None if key is None else self._cache.last_known(field_bytes(key))
        return self._usable(found)

    def forget(self, cookies: Cookies) -> None:
        """
        Forget the entry of cookies that lead to no session any more.
        """
        key = self._store.key(cookies)
        if key is not None:
            self._cache.drop(field_bytes(key))

    def _usable(self, known: Known | None) -> Known | None:
        if (
            known is None
            or known.until <= time.time_ns()
            or known.version != self._rules.version
        ):
            return None
        self.hits += 1
        self._note(known.mark)
        return known

    def _describe(self, session: Session | None) -> Known:
        injector = self._injector
        username = "" if session is None else session.email or session.user
        response = _lines(injector.response_block(session))
        if session is not None:
            response = b"Gap-Auth: %b\r\n" % field_bytes(_plain(username)) + response
        pairs = injector.request_block(session)
        return Known(session, pairs, _lines(pairs), response, username)

    def _until(self, key: str, session: Session) -> int:
        times = [self._due_at(session)]
        if self._lifetime:
            parts = key.split("|")
            if len(parts) != 3 or not parts[1].isdigit():
                return 0
            times.append(int(parts[1]) * SECOND + self._lifetime)
        return min((t for t in times if t is not None), default=FOR_EVER)


def _lines(pairs: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def response_pairs(known: Known) -> tuple[tuple[str, str], ...]:
    """
    Return the response fields of an entry as pairs of text.
    """
    lines = known.response_lines.decode("utf-8", "surrogateescape").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return tuple((name, value) for name, _, value in pairs)


def response_lines(known: Known, cookies: tuple[str, ...]) -> bytes:
    """
    Return the fields that a response carries because of its session. One that brings
    a session is for its browser alone, whatever the application says of the page.
    """
    if not cookies:
        return known.response_lines
    lines = [b"Set-Cookie: %b\r\n" % field_bytes(cookie) for cookie in cookies]
    lines.append(b"Cache-Control: private\r\n")
    return known.response_lines + b"".join(lines)
