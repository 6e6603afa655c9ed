"""
Find out who sent a request: by a bearer token, Basic credentials or a kept session.

Rule 1: the first of these that knows the user is believed; the others are not asked.
Rule 2: a store that does not answer signs nobody out: its error goes up, and becomes a
page that asks to try again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from attrs import evolve, frozen

from oauthproxy.access.credentials import (
    CredentialsError,
    basic_credentials,
    bearer_token,
)
from oauthproxy.answer import Answer, Text
from oauthproxy.errors import (
    NoSession,
    ProviderRefused,
    ProviderUnavailable,
    SessionRefused,
)
from oauthproxy.ports import Log
from oauthproxy.scope import Scope
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.wire.cookies import Cookies

FORBIDDEN = Text(status=403, body="Forbidden\n", nosniff=True)
"""What a bearer token gets that is refused, when there is nothing to fall back on."""


class BearerVerifier(Protocol):
    """
    Somebody who issues tokens and knows them again: a provider, or an extra issuer.
    """

    async def session_from_token(self, token: str) -> Session:
        """
        Return the session a token stands for; raise ProviderRefused.
        """


class Renewal(Protocol):
    """
    What became of a session that was due: renewed, kept, or None when it is over.
    """

    @property
    def session(self) -> Session | None:
        """
        The session that holds now.
        """

    @property
    def set_cookies(self) -> tuple[str, ...]:
        """
        `Set-Cookie` values in sending order.
        """


class Refresher(Protocol):
    """
    Keep sessions in step with the identity provider (`session.refresh`).
    """

    def due(self, session: Session) -> bool:
        """
        Tell whether a session is to be renewed or checked.
        """

    async def renew(self, session: Session, cookies: Cookies, host: str) -> Renewal:
        """
        Renew or check a session, or end it; raise StoreUnavailable.
        """


@frozen
class Identified:
    """
    Who sent a request, and what the response must carry because of that.

    `stored` tells that the session came from the session store. `refused` is the
    answer, when there is nothing more to decide.
    """

    session: Session | None = None
    set_cookies: tuple[str, ...] = ()
    stored: bool = False
    refused: Answer | None = None


NOBODY = Identified()


@frozen
class Bearer:
    """
    Identify by the JWT in the Authorization field. Without `fallback` a field that
    does not lead to a session is the end of the request.
    """

    verifiers: Sequence[BearerVerifier]
    log: Log
    fallback: bool = True

    async def identify(self, authorization: str) -> Identified:
        """
        Return the user of a token, if any verifier knows it.
        """
        try:
            session = await self._session(bearer_token(authorization))
        except (CredentialsError, ProviderRefused, ProviderUnavailable) as cause:
            problem = f"Error retrieving session from Authorization: {cause}"
            self.log.error(problem)
            return NOBODY if self.fallback else Identified(refused=FORBIDDEN)
        return Identified(session)

    async def _session(self, token: str) -> Session:
        problems = []
        for verifier in self.verifiers:
            try:
                return await verifier.session_from_token(token)
            except (ProviderRefused, ProviderUnavailable) as cause:
                problems.append(str(cause))
        raise ProviderRefused(f"unable to verify bearer token: {'; '.join(problems)}")


@frozen
class Basic:
    """
    Identify by Basic credentials and the htpasswd file.

    `check` tells whether a password is a user's; it may take its time elsewhere.
    """

    check: Callable[[str, str], Awaitable[bool]]
    log: Log
    groups: tuple[str, ...] = ()
    prefer_email: bool = False

    async def identify(self, scope: Scope, authorization: str) -> Session | None:
        """
        Return the session of a user whose password is right; it is never stored.
        """
        try:
            user, password = basic_credentials(authorization)
        except CredentialsError as cause:
            problem = f"Error retrieving session from Basic credentials: {cause}"
            self.log.error(problem)
            return None
        if not await self.check(user, password):
            self.log.auth(
                scope,
                user,
                "AuthFailure",
                "Invalid authentication via basic auth: not in Htpasswd File",
            )
            return None
        self.log.auth(
            scope,
            user,
            "AuthSuccess",
            "Authenticated via basic auth and HTpasswd File",
        )
        session = Session(user=user, groups=self.groups)
        return evolve(session, email=user) if self.prefer_email else session


@frozen(kw_only=True)
class Identifier:
    """
    Identify requests; `bearer` and `basic` are None when they are not configured.
    """

    store: SessionStore
    refresher: Refresher
    log: Log
    bearer: Bearer | None = None
    basic: Basic | None = None

    async def identify(self, scope: Scope, cookies: Cookies) -> Identified:
        """
        Return who sent a request; raise StoreUnavailable.
        """
        if self.bearer is not None or self.basic is not None:
            identified = await self._by_authorization(scope)
            if identified is not NOBODY:
                return identified
        return await self._by_store(scope, cookies)

    async def _by_authorization(self, scope: Scope) -> Identified:
        authorization = scope.fields.text("authorization")
        if not authorization:
            return NOBODY
        if self.bearer is not None:
            identified = await self.bearer.identify(authorization)
            if identified is not NOBODY:
                return identified
        if self.basic is not None:
            session = await self.basic.identify(scope, authorization)
            if session is not None:
                return Identified(session)
        return NOBODY

    async def _by_store(self, scope: Scope, cookies: Cookies) -> Identified:
        host = scope.effective.host
        try:
            session = await self.store.load(cookies)
        except NoSession:
            return NOBODY
        except SessionRefused as cause:
            problem = f"Error loading cookied session: {cause}, removing session"
            self.log.error(problem)
            return Identified(set_cookies=await self.store.clear(cookies, host))
        if not self.refresher.due(session):
            return Identified(session, stored=True)
        renewed = await self.refresher.renew(session, cookies, host)
        return Identified(
            renewed.session, renewed.set_cookies, stored=renewed.session is not None
        )
