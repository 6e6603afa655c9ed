"""
Sign out: here, and where that is wanted at the provider as well (OpenID Connect
RP-Initiated Logout 1.0).

Rule 1: the session ends here, whatever the provider does.
Rule 2: the state that comes back from the provider is a wish like any other: where it
is wrong or missing, the way leads home.
"""

from collections.abc import Callable

from attrs import frozen

from oauthproxy.answer import NO_CACHE, Answer, Redirect
from oauthproxy.errors import ProviderUnavailable
from oauthproxy.login.redirect import HOME, Redirects
from oauthproxy.login.state import State, decode_state, encode_state
from oauthproxy.ports import Log
from oauthproxy.providers.provider import Provider
from oauthproxy.scope import Scope
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import Form

PLACEHOLDER = "{id_token}"
LEFT = "signed-out"
"""What stands in a state where a login has its nonce."""


@frozen(kw_only=True)
class Logout:
    """
    End sessions; `return_uri` is where the provider sends the browser back to, None
    where it is not asked to sign anybody out.
    """

    provider: Provider
    store: SessionStore
    redirects: Redirects
    return_uri: Callable[[Scope], str] | None
    log: Log

    async def answer(
        self, scope: Scope, cookies: Cookies, form: Form, session: Session | None
    ) -> Answer:
        """
        Forget the browser's session. `session` is the valid one; its ID token may be
        asked for in the target.
        """
        target = self.redirects.target(scope, form)
        cleared = await self.store.clear(cookies, scope.effective.host)
        if session is not None:
            target = await self._way(scope, target, session)
            await self.provider.end_session(session)
        return Redirect(location=target, fields=NO_CACHE, cookies=cleared)

    async def _way(self, scope: Scope, target: str, session: Session) -> str:
        """
        Return the target, or the provider's page that leads there in the end.
        """
        if PLACEHOLDER in target:
            return target.replace(PLACEHOLDER, session.id_token)
        # Who signed in by password has no address, and no session at the provider.
        if self.return_uri is None or not session.email:
            return target
        state = encode_state(State(LEFT, target), encoded=True)
        try:
            url = await self.provider.sign_out_url(
                session, self.return_uri(scope), state
            )
        except ProviderUnavailable as error:
            message = f"signed out only here: {error.detail}"
            self.log.error(message)
            return target
        return url or target

    def returned(self, form: Form) -> Answer:
        """
        Lead on who comes back from the provider's sign-out.
        """
        state = decode_state(form.first("state"), encoded=True)
        known = state is not None and state.nonce == LEFT
        target = state.target if state is not None and known else ""
        valid = self.redirects.is_valid(target)
        return Redirect(location=target if valid else HOME, fields=NO_CACHE)
