"""
The browser comes back from the identity provider (RFC 6749, 4.1.2).

Rule 1: nothing is sent to the provider before the callback was shown to belong to a
login that this browser started, at this provider.
Rule 2: a login ends with a new session or with none; what the browser had before is
forgotten with it.
Rule 3: a login is used once, unless the provider could not be asked.
Rule 4: what is wrong is told to the user in a sentence and to the log in one line;
neither shows a code or a token.
"""

import hmac
from collections.abc import Callable
from typing import Protocol

from attrs import evolve, field, frozen

from oauthproxy.answer import NO_CACHE, Answer, Pairs, Redirect
from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    ProxyError,
    StoreUnavailable,
)
from oauthproxy.login.pages import LoginPages
from oauthproxy.login.redirect import HOME, Redirects
from oauthproxy.login.state import State, decode_state
from oauthproxy.login.summary import summary
from oauthproxy.ports import Clock, Log
from oauthproxy.providers.calls import shown
from oauthproxy.providers.oidc import NonceRefused
from oauthproxy.providers.provider import Provider
from oauthproxy.scope import Scope
from oauthproxy.session.csrf import CSRF, CSRFJar
from oauthproxy.session.recent import Recent
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.session.times import SECOND, created
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import Form

ONCE = ("state", "code", "error", "iss")
RETRY_AFTER: Pairs = (("Retry-After", "5"),)
LONGEST_ERROR = 100
REMEMBERED = 10_000
"""So many finished logins are remembered, each for an hour."""
HOUR = 3600 * SECOND

NO_CSRF = "Login Failed: Unable to find a valid CSRF token. Please try again."
PROVIDER_ERROR = "Login Failed: The upstream identity provider returned an error"
USED = "Login Failed: This login has been used already. Please try again."
WRONG_ISSUER = (
    "Login Failed: The answer is not from the identity provider that was asked. "
    "Please try again."
)


class Admission(Protocol):
    """
    Judge users (`access.decision.Rules`).
    """

    def admits(self, session: Session) -> bool:
        """
        Tell whether a session may pass.
        """


class Refused(Exception):
    """
    A callback that makes no session: what the page says, and the log.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        message: str = "",
        *,
        restart_at: str = "",
        fields: Pairs = (),
        cookies: tuple[str, ...] = (),
        username: str | None = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.message = message
        self.restart_at = restart_at
        self.fields = fields
        self.cookies = cookies
        self.username = username


@frozen(kw_only=True)
class Callback:
    """
    Finish logins. `redirect_uri` is how the start of the login told it; a session
    that does not know its expiry lasts for `lifetime` nanoseconds.
    """

    provider: Provider
    jar: CSRFJar
    store: SessionStore
    rules: Admission
    clock: Clock
    log: Log
    redirects: Redirects
    pages: LoginPages
    redirect_uri: Callable[[Scope], str]
    encoded_state: bool
    lifetime: int
    _used: Recent[str, bool] = field(factory=lambda: Recent(REMEMBERED), init=False)

    async def answer(
        self, scope: Scope, cookies: Cookies, form: Form, session: Session | None
    ) -> Answer:
        """
        Return the redirect of a finished login, or an error page. `session` is the
        valid one that the browser already has.
        """
        try:
            signed_in = self._signed_in(session, form)
            state = self._state(form, signed_in=signed_in)
            csrf = self.jar.load(cookies, state.nonce)
            if signed_in and not _belongs(csrf, state):
                return self._redirect(state, ())
            return await self._log_in(scope, cookies, form, state, csrf)
        except Refused as refused:
            return self._refuse(scope, form, refused)

    def _state(self, form: Form, *, signed_in: bool) -> State:
        for name in ONCE:
            if len(form.all(name)) > 1:
                raise Refused(400, f"the callback has {name} more than once")
        state = decode_state(form.first("state"), encoded=self.encoded_state)
        if state is not None:
            return state
        if form.first("error"):
            raise self._provider_error(form, HOME, trusted=False)
        if signed_in:
            return State("", HOME)
        detail = "the callback has no state that we could have made"
        raise Refused(500, detail, restart_at=HOME)

    def _signed_in(self, session: Session | None, form: Form) -> bool:
        return (
            session is not None
            and not form.first("error")
            and self.rules.admits(session)
        )

    async def _log_in(
        self,
        scope: Scope,
        cookies: Cookies,
        form: Form,
        state: State,
        csrf: CSRF | None,
    ) -> Answer:
        target = self._target(state)
        ours = _belongs(csrf, state)
        if form.first("error"):
            raise self._provider_error(form, target, trusted=ours)
        if csrf is None:
            raise Refused(
                403, "unable to obtain CSRF cookie", NO_CSRF, restart_at=target
            )
        if not ours:
            detail = "CSRF token mismatch, potential attack"
            raise Refused(403, detail, NO_CSRF, restart_at=target)
        issuer = form.first("iss") if "iss" in form else None
        if not self.provider.accepts_issuer(issuer):
            detail = f"the callback names the issuer {shown(issuer or '')}"
            raise Refused(403, detail, WRONG_ISSUER, restart_at=target)
        if not form.first("code"):
            detail = "the callback has no code"
            raise Refused(500, detail, restart_at=target, username=None)
        self._use(csrf, target)
        session = await self._obtain(scope, form, csrf, target)
        return await self._admit(scope, cookies, state, session)

    def _use(self, csrf: CSRF, target: str) -> None:
        """
        Let a login bring one code to the provider, whoever repeats the callback: some
        providers end the session of a code that comes twice (RFC 6749, 4.1.2).
        """
        now = self.clock.now()
        if self._used.get(csrf.state_hash, now):
            raise Refused(403, "the login was used already", USED, restart_at=target)
        self._used.put(csrf.state_hash, value=True, until=now + HOUR)

    async def _obtain(
        self, scope: Scope, form: Form, csrf: CSRF, target: str
    ) -> Session:
        uri = self.redirect_uri(scope)
        try:
            session = await self.provider.redeem(
                uri, form.first("code"), csrf.code_verifier, csrf.nonce
            )
            session = self._dated(evolve(session, nonce=csrf.nonce))
            session = await self.provider.enrich(session)
            if await self.provider.validate(session):
                return session
        except ProviderUnavailable as error:
            self._used.drop(csrf.state_hash)
            raise self._failed(error, target, RETRY_AFTER) from error
        except NonceRefused as error:
            raise self._invalid(scope, csrf, error.detail, "") from error
        except ProviderRefused as error:
            raise self._failed(error, target) from error
        raise self._invalid(scope, csrf, summary(session), session.email)

    def _invalid(self, scope: Scope, csrf: CSRF, detail: str, username: str) -> Refused:
        return Refused(
            403,
            f"session validation failed: {detail}",
            ProviderRefused().sentence,
            cookies=(self._clear(scope, csrf.state_hash),),
            username=username,
        )

    def _dated(self, session: Session) -> Session:
        if created(session):
            return session
        now = self.clock.now()
        expires_on = session.expires_on
        if expires_on is None and self.lifetime:
            expires_on = now + self.lifetime
        return evolve(session, created_at=now, expires_on=expires_on)

    async def _admit(
        self, scope: Scope, cookies: Cookies, state: State, session: Session
    ) -> Answer:
        ended = self._clear(scope, state.nonce)
        if (
            not session.email
            or not self.rules.admits(session)
            or not self.provider.authorize(session)
        ):
            raise Refused(403, "unauthorized", cookies=(ended,), username=session.email)
        host = scope.effective.host
        try:
            saved = await self.store.save(session, cookies, host, fresh=True)
        except StoreUnavailable as error:
            raise Refused(
                error.status,
                f"the session cannot be stored: {error.detail}",
                error.sentence,
                restart_at=self._target(state),
                fields=RETRY_AFTER,
                cookies=(ended,),
                username=None,
            ) from error
        self.log.auth(
            scope,
            session.email,
            "AuthSuccess",
            f"Authenticated via OAuth2: {summary(session)}",
        )
        return self._redirect(state, (ended, *saved))

    def _redirect(self, state: State, cookies: tuple[str, ...]) -> Redirect:
        return Redirect(location=self._target(state), fields=NO_CACHE, cookies=cookies)

    def _target(self, state: State) -> str:
        return state.target if self.redirects.is_valid(state.target) else HOME

    def _clear(self, scope: Scope, state_nonce: str) -> str:
        return self.jar.clear(state_nonce, scope.effective.host)

    def _provider_error(self, form: Form, target: str, *, trusted: bool) -> Refused:
        """
        Say what the provider said; who did not start a login sees no detail of it.
        """
        code = form.first("error")[:LONGEST_ERROR]
        reason = form.first("error_description")
        detail = f"the provider answered with {shown(code)} {shown(reason)}"
        message = f"{PROVIDER_ERROR}: {code}" if trusted else f"{PROVIDER_ERROR}."
        return Refused(403, detail, message, restart_at=target, username=None)

    def _failed(self, error: ProxyError, target: str, fields: Pairs = ()) -> Refused:
        return Refused(
            error.status,
            f"Error redeeming code during OAuth2 callback: {error.detail}",
            error.sentence,
            restart_at=target,
            fields=fields,
            username=None,
        )

    def _refuse(self, scope: Scope, form: Form, refused: Refused) -> Answer:
        if refused.username is None:
            self.log.error(refused.detail)
        else:
            message = f"Invalid authentication via OAuth2: {refused.detail}"
            self.log.auth(scope, refused.username, "AuthFailure", message)
        target = refused.restart_at or self.pages.outside_sign_in(
            self.redirects.target(scope, form)
        )
        return self.pages.error(
            scope,
            refused.status,
            refused.message,
            detail=refused.detail,
            target=target,
            restart=bool(refused.restart_at),
            fields=(*NO_CACHE, *refused.fields),
            cookies=refused.cookies,
        )


def _belongs(csrf: CSRF | None, state: State) -> bool:
    return csrf is not None and hmac.compare_digest(
        csrf.state_hash.encode(), state.nonce.encode("utf-8", "surrogateescape")
    )
