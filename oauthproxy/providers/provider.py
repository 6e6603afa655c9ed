"""
The life of an identity provider, and its plain OAuth 2 form, which the others vary.

A type of its own sets `defaults` and overrides the hooks it needs, listed in the
order in which they are used: `default_scope`, `restriction`, `own_restriction`,
`own_parameters`, `redeem`, `find_email`, `complete`, `token_fields`, `refresh`.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import parse_qsl

from attrs import evolve, frozen

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, ProxyError
from oauthproxy.ports import (
    Clock,
    Entropy,
    Fetcher,
    FetchRequest,
    Log,
    NewGate,
)
from oauthproxy.providers.calls import (
    Pairs,
    ask,
    encode_query,
    is_overloaded,
    redact,
    with_query,
    without_query,
)
from oauthproxy.providers.client import POST, client_of
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.providers.token_endpoint import TokenEndpoint
from oauthproxy.session.session import Session
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import ProviderSettings

Parameters = Mapping[str, Sequence[str]]


@frozen(kw_only=True)
class Defaults:
    """
    What a type of provider is like when nothing is configured.
    """

    name: str = ""
    login_url: str = ""
    redeem_url: str = ""
    profile_url: str = ""
    validate_url: str = ""
    scope: str = ""


@frozen(kw_only=True)
class Endpoints:
    """
    Where a provider is asked; empty where it is not.
    """

    login: str = ""
    redeem: str = ""
    profile: str = ""
    validate: str = ""


class Provider:
    """
    An identity provider that speaks plain OAuth 2 (RFC 6749).
    """

    defaults: ClassVar[Defaults] = Defaults()

    def __init__(
        self,
        settings: ProviderSettings,
        fetcher: Fetcher,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        read_file: ReadFile,
        new_gate: NewGate,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.settings = settings
        self.name = settings.name or self.defaults.name
        self.fetcher = fetcher
        self.clock = clock
        self.entropy = entropy
        self.log = log
        self.read_file = read_file
        self.new_gate = new_gate
        self.surroundings = surroundings or Surroundings()
        self.endpoints = self.configured_endpoints()
        self.allowed_groups = self.restriction()
        self.own_groups = self.own_restriction()
        client = client_of(settings, self.client_secret, clock, entropy, read_file)
        self.token_endpoint = TokenEndpoint(fetcher, clock, client)

    # What a type says about itself.

    def configured_endpoints(self) -> Endpoints:
        """
        Return the configured endpoints, the default ones where nothing is.
        """
        settings, defaults = self.settings, self.defaults
        return Endpoints(
            login=settings.login_url or defaults.login_url,
            redeem=settings.redeem_url or defaults.redeem_url,
            profile=settings.profile_url or defaults.profile_url,
            validate=settings.validate_url or defaults.validate_url,
        )

    @property
    def scope(self) -> str:
        """
        The scope to ask for.
        """
        return self.settings.scope or self.default_scope()

    async def code_challenge_method(self) -> str:
        """
        Return the PKCE method of logins, empty for none (RFC 7636).
        """
        return self.settings.code_challenge_method

    def default_scope(self) -> str:
        """
        Return the scope to ask for when none is configured.
        """
        return self.defaults.scope

    def restriction(self) -> frozenset[str]:
        """
        Return the groups of which a user needs one; none means everybody.
        """
        return frozenset(filter(None, self.settings.allowed_groups))

    def own_restriction(self) -> frozenset[str]:
        """
        Return the groups of the type's own options, of which a user needs one too.
        """
        return frozenset()

    def client_secret(self) -> str:
        """
        Return the configured secret, else what is in its file now, untrimmed.
        """
        settings = self.settings
        if settings.client_secret or not settings.client_secret_file:
            return settings.client_secret.reveal()
        try:
            raw = self.read_file(settings.client_secret_file)
        except OSError as error:
            raise ProxyError(f"client_secret_file: {error}") from error
        return raw.decode("utf-8", "surrogateescape")

    # The start.

    async def prepare(self) -> None:
        """
        Learn what must be known before logins; raises ProviderUnavailable.
        """

    @property
    def ready(self) -> bool:
        """
        Whether logins can start.
        """
        return True

    def accepts_issuer(self, issuer: str | None) -> bool:  # noqa: ARG002
        """
        Return whether a callback that names this issuer, or None, can be from this
        provider (RFC 9207, 2.4).
        """
        return True

    def is_issuer(self, issuer: str) -> bool:  # noqa: ARG002
        """
        Return whether a login that somebody begins with this issuer is one of ours;
        a type that knows no issuers does not look.
        """
        return True

    # The login.

    async def login_url(
        self, redirect_uri: str, state: str, nonce_hash: str, parameters: Parameters
    ) -> str:
        """
        Return the URL that starts the login in the browser.
        """
        await self.prepare()
        base, _, query = self.endpoints.login.partition("?")
        fixed = {
            "redirect_uri": redirect_uri,
            "client_id": self.settings.client_id,
            "response_type": "code",
        }
        kept = parse_qsl(query, keep_blank_values=True)
        pairs = [pair for pair in kept if pair[0] not in fixed]
        pairs += [*fixed.items(), ("scope", self.scope), ("state", state)]
        added = {**parameters, **self.own_parameters(nonce_hash, parameters)}
        pairs += [(name, value) for name in added for value in added[name]]
        return f"{base}?{encode_query(pairs)}"

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:  # noqa: ARG002
        """
        Return what this type adds to, or replaces in, the login parameters.
        """
        mode = self.settings.auth_request_response_mode
        return {"response_mode": (mode,)} if mode else {}

    async def redeem(
        self,
        redirect_uri: str,
        code: str,
        code_verifier: str,
        nonce: bytes | None = None,
    ) -> Session:
        """
        Return a session for a code; raises ProviderRefused and ProviderUnavailable.

        `nonce` is the login's: what the provider gives must belong to it, and the
        session keeps it.
        """
        form = self.redeem_form(redirect_uri, code, code_verifier)
        if self.settings.resource:
            form = (*form, ("resource", self.settings.resource))
        grant = await self.token_endpoint.ask_by(POST, self.endpoints.redeem, form)
        return Session(access_token=grant.access_token, nonce=nonce)

    def redeem_form(self, redirect_uri: str, code: str, code_verifier: str) -> Pairs:
        """
        Return the form that asks for tokens, without the client's credentials.
        """
        if not code:
            raise ProviderRefused("the callback has no code")
        form: Pairs = (
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        )
        if code_verifier:
            form = (*form, ("code_verifier", code_verifier))
        return form

    async def enrich(self, session: Session) -> Session:
        """
        Return the session of a new login with all that the provider knows.
        """
        if not session.email:
            session = evolve(session, email=await self.find_email(session))
        return await self.complete(session)

    async def find_email(self, session: Session) -> str:  # noqa: ARG002
        """
        Return the e-mail address of a user whose tokens do not tell it.
        """
        return ""

    async def complete(self, session: Session) -> Session:
        """
        Return the session with groups and whatever else this type knows.
        """
        return session

    # Later.

    async def validate(self, session: Session) -> bool:
        """
        Return whether the provider still stands by a session's access token; raises
        ProviderUnavailable when it cannot tell.
        """
        url = self.endpoints.validate
        if not session.access_token or not url:
            return False
        fields = self.token_fields(session.access_token)
        if not fields:
            url = with_query(
                url, encode_query([("access_token", session.access_token)])
            )
        response = await ask(self.fetcher, FetchRequest(url=url, fields=fields))
        if response.status == 200:
            return True
        message = f"{redact(url)} answered {response.status}"
        if is_overloaded(response):
            raise ProviderUnavailable(message)
        self.log.error(message)
        return False

    def token_fields(self, access_token: str) -> Pairs:  # noqa: ARG002
        """
        Return the header fields that carry an access token; none means that it goes
        into the query.
        """
        return ()

    async def refresh(self, session: Session) -> Session | None:
        """
        Return the session with new tokens, or None when there is nothing to refresh
        with; raises RefreshRefused when the provider ended it.

        A type that cannot refresh returns the session as it is.
        """
        return session

    async def end_session(self, session: Session) -> None:
        """
        Tell the provider that a user signed out, where a URL for it is configured;
        failures are only logged.
        """
        url = self.settings.backend_logout_url
        if not url:
            return
        request = FetchRequest(url=url.replace("{id_token}", session.id_token))
        try:
            response = await ask(self.fetcher, request)
        except ProviderUnavailable as error:
            # The token may stand in the path, which messages show.
            self.log.error(error.detail.replace(session.id_token or url, "…"))
            return
        if response.status not in (200, 204):
            message = f"{without_query(url)} answered a sign-out with {response.status}"
            self.log.error(message)

    async def sign_out_url(
        self,
        session: Session,  # noqa: ARG002
        return_uri: str,  # noqa: ARG002
        state: str,  # noqa: ARG002
    ) -> str:
        """
        Return where a browser is signed out at the provider, to be sent back with
        `state` to `return_uri`; empty where that is not known. Raises
        ProviderUnavailable.
        """
        return ""

    async def session_from_token(self, token: str) -> Session:  # noqa: ARG002
        """
        Return a session for a bearer token; raises ProviderRefused.
        """
        raise ProviderRefused(f"{self.name} does not take bearer tokens")

    def authorize(self, session: Session) -> bool:
        """
        Return whether the user is in one of the groups that are asked for, by each
        list of groups that there is.
        """
        lists = (self.allowed_groups, self.own_groups)
        return all(not each or not each.isdisjoint(session.groups) for each in lists)
