"""
A Login with real sessions, a scripted provider, and a browser's memory.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import evolve

from oauthproxy.access.decision import Rules
from oauthproxy.access.emails import EmailRule
from oauthproxy.answer import Answer
from oauthproxy.login.flow import Login
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.table import make_provider
from oauthproxy.scope import Peer, Scope
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.csrf import CSRFJar
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.groups.proxy import ProxyOptions
from oauthproxy.settings.groups.templates import TemplateOptions
from oauthproxy.settings.model import Settings
from oauthproxy.wire.cookies import Cookies, CookieWriter
from oauthproxy.wire.fields import Fields
from oauthproxy.wire.form import parse_form
from oauthproxy.wire.forwarded import Trust
from oauthproxy.wire.networks import Networks
from tests.set_cookies import cookie_of, names_cleared, names_set
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.flat import options
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import IdP, provider_settings

USUAL = {
    "email_domains": ["*"],
    "cookie_secret": "0123456789abcdef",
    "cookie_secure": False,
}


def settings_of(**flat: Any) -> Settings:
    """
    Return settings from options by their configuration names.
    """
    given = USUAL | flat
    return Settings(
        proxy=options(ProxyOptions, given),
        access=options(AccessOptions, given),
        cookie=options(CookieOptions, given),
        templates=options(TemplateOptions, given),
        ours=options(OurOptions, given),
        providers=(provider_settings(**given),),
    )


def scope_of(
    target: str = "/",
    *,
    method: str = "GET",
    host: str = "app.test",
    headers: Any = (),
    peer: str = "127.0.0.1:40000",
    settings: Settings | None = None,
) -> Scope:
    """
    Return the facts of a request.
    """
    proxy = (settings or Settings()).proxy
    address, _, port = peer.rpartition(":")
    return Scope(
        method=method,
        target=target,
        host=host,
        fields=Fields([(n.encode(), v.encode()) for n, v in headers]),
        peer=Peer(address or peer, int(port) if address else 0),
        trust=Trust(
            reverse_proxy=proxy.reverse_proxy,
            networks=Networks.parse(proxy.trusted_proxy_ips),
        ),
        request_id="req-1",
    )


async def check_password(user: str, password: str) -> bool:
    """
    Know one user with one password.
    """
    return (user, password) == ("kim", "right")


class Desk:
    """
    A login under test, and the browser at it.
    """

    def __init__(self, idp: IdP | None = None, **flat: Any) -> None:
        self.settings = settings_of(**flat)
        self.idp = idp or IdP.usual()
        self.clock = FakeClock()
        self.entropy = CountingEntropy()
        self.log = RecordingLog()
        self.provider = self._provider()
        secrets = CookieSecrets.of(self.settings.cookie.cookie_secret.reveal())
        writer = CookieWriter(self.settings.cookie)
        self.jar = CSRFJar(
            self.settings.cookie, secrets, writer, self.clock, self.entropy
        )
        self.store = CookieStore(
            self.settings.cookie, secrets, self.clock, self.entropy, self.log
        )
        emails = EmailRule.of(self.settings.access.email_domains)
        self.rules = Rules(
            email_allowed=emails.admits, authorized=self.provider.authorize
        )
        self.login = Login(
            self.provider,
            self.jar,
            self.store,
            self.settings,
            self.rules,
            self.clock,
            self.entropy,
            self.log,
            check_password if self.settings.access.htpasswd_file else None,
        )
        self.cookies: dict[str, str] = {}

    def _provider(self) -> Provider:
        return make_provider(
            self.settings.providers[0],
            self.idp,
            self.clock,
            self.entropy,
            self.log,
            lambda path: path.encode(),
            FakeGate,
        )

    def scope(self, target: str, **more: Any) -> Scope:
        """
        Return the facts of a request to this program.
        """
        return scope_of(target, settings=self.settings, **more)

    def start(self, target: str = "/oauth2/start", **more: Any) -> Answer:
        """
        Start a login and keep its cookies.
        """
        scope = self.scope(target, **more)
        form = parse_form(scope.query, "", b"", scope.method)
        return self._kept(
            run(self.login.start(scope, self.sent(), form, overrides=True))
        )

    def callback(
        self,
        query: str,
        *,
        cookies: Cookies | None = None,
        method: str = "GET",
        session: Session | None = None,
    ) -> Answer:
        """
        Come back from the provider; a POST carries `query` as its body.
        """
        posted = method == "POST"
        target = "/oauth2/callback" if posted else f"/oauth2/callback?{query}"
        scope = self.scope(target, method=method)
        kind = "application/x-www-form-urlencoded"
        form = parse_form(scope.query, kind, query.encode() if posted else b"", method)
        sent = self.sent() if cookies is None else cookies
        return self._kept(run(self.login.callback(scope, sent, form, session)))

    def sent(self) -> Cookies:
        """
        Return the cookies that the browser sends.
        """
        return Cookies(tuple(self.cookies.items()))

    def _kept(self, answer: Answer) -> Answer:
        for line in answer.cookies:
            name, value = cookie_of(line)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return answer

    def session(self) -> Session:
        """
        Return the session that the browser has.
        """
        return run(self.store.load(self.sent()))


def sets(answer: Answer) -> list[str]:
    """
    Return the names of cookies that an answer gives a value.
    """
    return names_set(answer.cookies)


def clears(answer: Answer) -> list[str]:
    """
    Return the names of cookies that an answer deletes.
    """
    return names_cleared(answer.cookies)


def login_query(answer: Any) -> dict[str, str]:
    """
    Return the parameters that the browser takes to the provider.
    """
    query = parse_qs(urlsplit(answer.location).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def with_email(session: Session, email: str) -> Session:
    """
    Return a session with another address.
    """
    return evolve(session, email=email)
