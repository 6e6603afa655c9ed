"""
Signing in and out: what our own endpoints do.
"""

from collections.abc import Awaitable, Callable, Sequence

from oauthproxy.answer import NO_CACHE, Answer, Page, Redirect
from oauthproxy.crypto.nonce import code_challenge
from oauthproxy.errors import ProviderUnavailable, ProxyError
from oauthproxy.login.callback import RETRY_AFTER, Admission, Callback
from oauthproxy.login.initiation import ForeignIssuer, Initiation, initiation
from oauthproxy.login.logout import Logout
from oauthproxy.login.pages import LoginPages
from oauthproxy.login.parameters import LoginParameters
from oauthproxy.login.redirect import HOME, Redirects, post_logout_uri, redirect_uri
from oauthproxy.login.state import State, encode_state
from oauthproxy.ports import Clock, Entropy, Log
from oauthproxy.providers.provider import Provider
from oauthproxy.scope import Scope
from oauthproxy.session.csrf import CSRFJar, new_code_verifier
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.settings.model import Settings
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import Form, FormError, parse_query

FOREIGN = "This request was made by a page of another site. Please try again here."


CheckPassword = Callable[[str, str], Awaitable[bool]]
"""Tell whether this is the user's password; may take its time elsewhere."""


class Login:
    """
    Sign browsers in and out at one provider, or by password where there is something
    to check it with. All answers but the error page carry NO_CACHE.
    """

    def __init__(
        self,
        provider: Provider,
        jar: CSRFJar,
        store: SessionStore,
        settings: Settings,
        rules: Admission,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        check_password: CheckPassword | None = None,
    ) -> None:
        proxy = settings.proxy
        self._provider = provider
        self._jar = jar
        self._store = store
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._check_password = check_password
        self._pages = LoginPages(settings, provider.name)
        self._parameters = LoginParameters(provider.settings.login_url_parameters)
        self._redirects = Redirects(
            settings.access.whitelist_domains, proxy.proxy_prefix, log
        )
        self._redirect_uri = redirect_uri(
            proxy.redirect_url,
            proxy.proxy_prefix,
            relative=proxy.relative_redirect_url,
            secure=settings.cookie.cookie_secure,
        )
        self._callback = Callback(
            provider=provider,
            jar=jar,
            store=store,
            rules=rules,
            clock=clock,
            log=log,
            redirects=self._redirects,
            pages=self._pages,
            redirect_uri=self._redirect_uri,
            encoded_state=proxy.encode_state,
            lifetime=settings.cookie.cookie_expire,
        )
        self._logout = Logout(
            provider=provider,
            store=store,
            redirects=self._redirects,
            return_uri=self._post_logout_uri(),
            log=log,
        )

    def _post_logout_uri(self) -> Callable[[Scope], str] | None:
        settings = self._settings
        if not settings.ours.sign_out_at_provider:
            return None
        return post_logout_uri(
            settings.proxy.redirect_url,
            settings.proxy.proxy_prefix,
            secure=settings.cookie.cookie_secure,
        )

    async def start(
        self, scope: Scope, cookies: Cookies, form: Form, *, overrides: bool
    ) -> Answer:
        """
        Send the browser to the provider. With `overrides` the query may choose login
        parameters, as far as they are allowed, and somebody else may begin a login.
        """
        wished = parse_query(scope.query) if overrides else None
        parameters = self._parameters.chosen(wished)
        begun = Initiation()
        try:
            if overrides:
                begun = initiation(scope, form, self._provider, self._redirects)
            verifier, challenge = await self._pkce()
        except ForeignIssuer as error:
            return self._foreign_issuer(scope, error)
        except ValueError as error:
            return self._error(scope, form, ProxyError(str(error)))
        except ProviderUnavailable as error:
            return self._error(scope, form, error)
        csrf = self._jar.create(verifier)
        target = begun.target or self._redirects.target(scope, form)
        state = State(csrf.state_hash, target)
        try:
            location = await self._provider.login_url(
                self._redirect_uri(scope),
                encode_state(state, encoded=self._settings.proxy.encode_state),
                csrf.nonce_hash,
                {**parameters, **begun.parameters, **challenge},
            )
        except ProviderUnavailable as error:
            return self._error(scope, form, error)
        return Redirect(
            location=location,
            fields=NO_CACHE,
            cookies=self._jar.cookies(csrf, cookies, scope.effective.host),
        )

    async def _pkce(self) -> tuple[str, dict[str, Sequence[str]]]:
        method = await self._provider.code_challenge_method()
        if not method:
            return "", {}
        verifier = new_code_verifier(self._entropy)
        challenge = code_challenge(method, verifier)
        return verifier, {
            "code_challenge": (challenge,),
            "code_challenge_method": (method,),
        }

    async def callback(
        self,
        scope: Scope,
        cookies: Cookies,
        form: Form,
        session: Session | None = None,
    ) -> Answer:
        """
        Finish a login. `session` is the valid one that the browser already has.
        """
        return await self._callback.answer(scope, cookies, form, session)

    async def sign_in(self, scope: Scope, cookies: Cookies, form: Form) -> Answer:
        """
        Check a posted password, or show how to sign in.
        """
        status = 200
        if scope.method == "POST" and self._check_password is not None:
            if self._is_foreign(scope):
                return self._refuse_foreign(scope, form)
            user = form.first("username")
            if await self._is_right(scope, form, user):
                return await self._signed_in(scope, cookies, form, user)
            status = 401 if user else 400
        if self._settings.proxy.skip_provider_button:
            return await self.start(scope, cookies, form, overrides=True)
        return await self.sign_in_page(scope, cookies, form, status)

    async def _is_right(self, scope: Scope, form: Form, user: str) -> bool:
        if not user or self._check_password is None:
            return False
        # A query is written into logs and histories: it is no place for a password.
        in_query = "password" in parse_query(scope.query)
        password = form.first("password")
        if not in_query and await self._check_password(user, password):
            return True
        message = "Invalid authentication via HtpasswdFile"
        self._log.auth(scope, user, "AuthFailure", message)
        return False

    async def _signed_in(
        self, scope: Scope, cookies: Cookies, form: Form, user: str
    ) -> Answer:
        session = Session(
            created_at=self._clock.now(),
            user=user,
            groups=self._settings.access.htpasswd_user_groups,
        )
        saved = await self._store.save(
            session, cookies, scope.effective.host, fresh=True
        )
        message = "Authenticated via HtpasswdFile"
        self._log.auth(scope, user, "AuthSuccess", message)
        target = self._redirects.target(scope, form)
        return Redirect(location=target, fields=NO_CACHE, cookies=saved)

    async def sign_in_page(
        self, scope: Scope, cookies: Cookies, form: Form, status: int
    ) -> Answer:
        """
        Show how to sign in, and forget the session that the browser has.
        """
        cleared = await self._store.clear(cookies, scope.effective.host)
        target = self._redirects.target(scope, form)
        return self._pages.sign_in(target, status, cleared)

    async def sign_out(
        self, scope: Scope, cookies: Cookies, form: Form, session: Session | None
    ) -> Answer:
        """
        Forget the browser's session, here and, where configured, at the provider.
        `session` is the valid one; its ID token may be asked for in the target.
        """
        navigates = scope.fields.first(b"sec-fetch-mode") == b"navigate"
        if self._is_foreign(scope) and not navigates:
            return self._refuse_foreign(scope, form)
        return await self._logout.answer(scope, cookies, form, session)

    def signed_out(self, form: Form) -> Answer:
        """
        Lead on who was signed out at the provider and comes back.
        """
        return self._logout.returned(form)

    def _is_foreign(self, scope: Scope) -> bool:
        """
        Tell whether a browser says that a page of another site made a request (Fetch
        Metadata, 2.3), one that users may not even be sent to.
        """
        if self._settings.ours.insecure_allow_foreign_pages:
            return False
        if scope.fields.first(b"sec-fetch-site") != b"cross-site":
            return False
        return not self._redirects.is_valid(scope.fields.text("Origin"))

    def _refuse_foreign(self, scope: Scope, form: Form) -> Page:
        detail = f"{scope.path}: refused, a page of another site asked for it"
        self._log.error(detail)
        target = self._pages.outside_sign_in(self._redirects.target(scope, form))
        return self._pages.error(
            scope, 403, FOREIGN, detail=detail, target=target, fields=NO_CACHE
        )

    def error_page(
        self,
        scope: Scope,
        status: int,
        message: str = "",
        *,
        detail: str = "",
        form: Form | None = None,
        cookies: tuple[str, ...] = (),
    ) -> Page:
        """
        Return the error page; with a `form` its buttons lead where the request wanted
        to go. An empty message is the usual one for the status.
        """
        target = ""
        if form is not None:
            target = self._pages.outside_sign_in(self._redirects.target(scope, form))
        return self._pages.error(
            scope, status, message, detail=detail, target=target, cookies=cookies
        )

    def form_refused(self, scope: Scope, status: int, error: FormError) -> Page:
        """
        Return the error page for a query or body that cannot be read.
        """
        return self._pages.error(
            scope, status, detail=str(error), target=HOME, fields=NO_CACHE
        )

    def _foreign_issuer(self, scope: Scope, error: ForeignIssuer) -> Page:
        message = f"a login cannot be started: {error.detail}"
        self._log.error(message)
        return self._pages.error(
            scope,
            error.status,
            error.sentence,
            detail=error.detail,
            target=HOME,
            fields=NO_CACHE,
        )

    def _error(self, scope: Scope, form: Form, error: ProxyError) -> Answer:
        """
        Return the page of a login that cannot be started.
        """
        message = f"a login cannot be started: {error.detail}"
        self._log.error(message)
        unavailable = isinstance(error, ProviderUnavailable)
        target = self._pages.outside_sign_in(self._redirects.target(scope, form))
        return self._pages.error(
            scope,
            error.status,
            error.sentence if unavailable else "",
            detail=error.detail,
            target=target,
            restart=unavailable,
            fields=(*NO_CACHE, *RETRY_AFTER) if unavailable else NO_CACHE,
        )
