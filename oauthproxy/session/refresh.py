"""
Renew sessions that are due, one at a time in this process.

Rule 1: whoever comes while a session is being renewed waits and shares the outcome;
the renewal goes on when the one who began it leaves.
Rule 2: requests that still carry the cookie of before a renewal get its outcome, so
that a refresh token that works once is used once.
Rule 3: where nobody could be asked the session goes on until its own expiry, and
nobody asks again for a moment.
"""

import hashlib

from attrs import define

from oauthproxy.errors import ProxyError, StoreUnavailable
from oauthproxy.ports import Background, Clock, Gate, Log, NewGate
from oauthproxy.session.recent import Recent
from oauthproxy.session.renewal import (
    Outcome,
    Renewal,
    Renewed,
    Renewer,
    Unchanged,
)
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.session.times import SECOND, Times, expired
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies

__all__ = ["Refresher", "Renewed", "Renewer"]

REST = 5 * SECOND
"""How long nobody asks again after a renewal that changed nothing."""
GRACE = 60 * SECOND
"""How long the cookie from before a renewal leads to its outcome."""
REMEMBERED = 1000


@define(eq=False)
class _Flight:
    gate: Gate
    outcome: Outcome


class Refresher:
    """
    Decide when a session is due, and renew it.

    Without `enforce_expiry` a session's own expiry counts only once the refresh period
    is over, as in the reference.
    """

    def __init__(
        self,
        store: SessionStore,
        renewer: Renewer,
        clock: Clock,
        options: CookieOptions,
        log: Log,
        *,
        new_gate: NewGate,
        background: Background,
        enforce_expiry: bool = True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_gate = new_gate
        self._background = background
        self._times = Times(options.cookie_refresh, enforce_expiry)
        self._renewal = Renewal(store, renewer, clock, self._times, log, background)
        self._flights: dict[bytes, _Flight] = {}
        self._outcomes: Recent[bytes, Outcome] = Recent(REMEMBERED)

    def due(self, session: Session) -> bool:
        """
        Tell whether a session must be renewed before it is used.
        """
        return self._times.due(session, self._clock.now())

    def due_at(self, session: Session) -> int | None:
        """
        Return when a session becomes due, None for never.
        """
        return self._times.due_at(session)

    def expires_at(self, session: Session) -> int | None:
        """
        Return when a session's own expiry ends it, None for never.
        """
        return self._times.expires_at(session)

    async def renew(self, session: Session, cookies: Cookies, host: str) -> Renewed:
        """
        Renew a session that is due, as `cookies` gave it.

        Raise the error of store or provider when nobody could be asked and the session
        has expired.
        """
        key = _digest(self._store.key(cookies) or "")
        outcome = self._outcomes.get(key, self._clock.now())
        if outcome is None:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._begin(key, session, cookies, host)
            await flight.gate.wait()
            outcome = flight.outcome
        if isinstance(outcome, Unchanged):
            return self._keep(session, outcome.error)
        return outcome

    def _begin(
        self, key: bytes, session: Session, cookies: Cookies, host: str
    ) -> _Flight:
        broken = Unchanged(StoreUnavailable("the refresh broke off"))
        flight = self._flights[key] = _Flight(self._new_gate(), broken)
        self._background(self._fly(flight, key, session, cookies, host))
        return flight

    async def _fly(
        self, flight: _Flight, key: bytes, session: Session, cookies: Cookies, host: str
    ) -> None:
        try:
            flight.outcome = await self._renewal.attempt(session, cookies, host)
        finally:
            del self._flights[key]
            self._remember(key, flight.outcome, cookies)
            flight.gate.open()

    def _remember(self, key: bytes, outcome: Outcome, cookies: Cookies) -> None:
        now = self._clock.now()
        if isinstance(outcome, Unchanged) or not outcome.set_cookies:
            self._outcomes.put(key, outcome, now + REST)
        elif self._store.tag(cookies) is None:
            # Where the session is in the cookie nothing else tells of the renewal.
            self._outcomes.put(key, outcome, now + GRACE)

    def _keep(self, session: Session, error: ProxyError) -> Renewed:
        if expired(session, self._clock.now()):
            raise type(error)(error.detail) from error
        return Renewed(session, reason=error.detail)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
