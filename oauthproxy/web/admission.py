"""
The full way of finding out who is asking, for requests that the cache cannot answer.
"""

from collections.abc import Callable

from attrs import frozen

from oauthproxy.access.decision import (
    Allowed,
    Decision,
    Denied,
    NeedsLogin,
    Rules,
    decide,
)
from oauthproxy.access.identify import Identifier
from oauthproxy.answer import Answer
from oauthproxy.errors import SessionRefused, StoreUnavailable
from oauthproxy.ports import Log
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import cookies_of
from oauthproxy.web.session import Known, KnownSessions

NAMES: dict[type, str] = {Allowed: "allowed", NeedsLogin: "login", Denied: "denied"}


@frozen(kw_only=True)
class Admitted:
    """
    What is decided about a request.

    `cookies` are to be set whatever the answer; `refused` is an answer that ends the
    request at once.
    """

    decision: Decision
    known: Known
    cookies: tuple[str, ...] = ()
    refused: Answer | None = None

    @property
    def session(self) -> Session | None:
        """
        The session of an allowed request.
        """
        decision = self.decision
        return decision.session if isinstance(decision, Allowed) else None


class Admission:
    """
    Identify, decide, and remember. `only_stored`: nothing but the session cookie
    identifies anybody. `count` hears "allowed", "login" or "denied" for each decision
    but those about sessions that are known.
    """

    def __init__(
        self,
        identifier: Identifier,
        rules: Rules,
        store: SessionStore,
        known: KnownSessions,
        log: Log,
        *,
        only_stored: bool,
        count: Callable[[str], None],
    ) -> None:
        self._count = count
        self._only_stored = only_stored
        self._identifier = identifier
        self._rules = rules
        self._store = store
        self._known = known
        self._log = log

    async def admit(self, request: FrontRequest) -> Admitted:
        """
        Return the decision about a request; raises `StoreUnavailable`.
        """
        scope, cookies = request.scope, cookies_of(request)
        seen = self._known.find(cookies) if self._only_stored else None
        if seen is not None:
            return self._seen(request, seen)
        since = self._known.moment
        try:
            found = await self._identifier.identify(scope, cookies)
        except StoreUnavailable:
            seen = self._known.last_known(cookies) if self._only_stored else None
            if seen is None:
                raise
            return self._seen(request, seen)
        session, set_cookies = found.session, found.set_cookies
        if session is None:
            self._known.forget(cookies)
        decision = decide(scope, session, self._rules)
        self._count(NAMES[type(decision)])
        if isinstance(decision, Denied):
            set_cookies += await self._clear(request, decision, session)
        known = self._known.describe(session)
        request.username = known.username
        if (
            session is not None
            and found.stored
            and not set_cookies
            and self._rules.admits(session)
        ):
            known = self._known.learn(cookies, session, since)
        return Admitted(
            decision=decision,
            known=known,
            cookies=set_cookies,
            refused=found.refused,
        )

    def _seen(self, request: FrontRequest, known: Known) -> Admitted:
        request.username = known.username
        return Admitted(decision=Allowed(known.session), known=known)

    async def _clear(
        self, request: FrontRequest, denied: Denied, session: Session | None
    ) -> tuple[str, ...]:
        scope = request.scope
        who = "" if session is None else session.email or session.user
        self._log.auth(
            scope,
            who,
            "AuthFailure",
            f"Invalid authorization via session: removing session ({denied.reason})",
        )
        try:
            return await self._store.clear(cookies_of(request), scope.effective.host)
        except SessionRefused:
            return ()
