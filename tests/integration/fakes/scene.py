"""
The installed program in front of the fake of one provider.
"""

from pathlib import Path

import pytest
from attrs import frozen

from tests.integration.fakes.fake import Fake
from tests.integration.fakes.openid import (
    ADFS,
    Azure,
    Cidaas,
    EntraID,
    FederatedEntraID,
    GitLab,
    KeycloakOIDC,
    OpenID,
)
from tests.integration.fakes.plain import (
    Bitbucket,
    DigitalOcean,
    Facebook,
    Forgejo,
    GitHub,
    Keycloak,
    LinkedIn,
    Nextcloud,
    SourceHut,
)
from tests.integration.fakes.special import Google, GoogleGroups, LoginGov
from tests.integration.harness.authority import Authority
from tests.integration.harness.client import Answer
from tests.integration.harness.program import Program
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET
from tests.integration.harness.sessions import age
from tests.integration.harness.stage import COOKIE_SECRET, HOST
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor

FAKES: dict[str, type[Fake]] = {
    "adfs": ADFS,
    "azure": Azure,
    "bitbucket": Bitbucket,
    "cidaas": Cidaas,
    "digitalocean": DigitalOcean,
    "entra-id": EntraID,
    "entra-id-federated": FederatedEntraID,
    "facebook": Facebook,
    "forgejo": Forgejo,
    "github": GitHub,
    "gitlab": GitLab,
    "google": Google,
    "google-all-groups": GoogleGroups,
    "keycloak": Keycloak,
    "keycloak-oidc": KeycloakOIDC,
    "linkedin": LinkedIn,
    "login.gov": LoginGov,
    "nextcloud": Nextcloud,
    "oidc": OpenID,
    "sourcehut": SourceHut,
}
COMMON = f"""
redirect_url = "http://app.test/oauth2/callback"
email_domains = ["example.com"]
cookie_secure = false
cookie_secret = "{COOKIE_SECRET}"
cookie_refresh = "1h"
provider_timeout = "1s"
"""


@frozen
class Scene:
    """
    One provider, the program in front of it, and an application.
    """

    fake: Fake
    program: Program
    upstream: Upstream

    def visitor(self) -> Visitor:
        """
        Return a browser that has not signed in.
        """
        assert isinstance(self.program.address, tuple)
        return Visitor(self.program.address, HOST)

    def begin(self, visitor: Visitor) -> str:
        """
        Start a login; the target of the callback.
        """
        started = visitor.ask("/oauth2/start?rd=/home")
        assert started.status == 302, started
        location = started.one("Location")
        assert location is not None
        return self.fake.authorize(location)

    def login(self, visitor: Visitor) -> Answer:
        """
        Sign in; the answer to the callback.
        """
        return visitor.ask(self.begin(visitor))

    def signed_in(self) -> Visitor:
        """
        Return a browser that has signed in.
        """
        visitor = self.visitor()
        answer = self.login(visitor)
        assert answer.status == 302, self.program.output()[-3000:]
        assert answer.one("Location") == "/home"
        return visitor

    def view(self, visitor: Visitor) -> Answer:
        """
        Look at a page with a session of some hours ago, which is due; the answer.
        """
        age(visitor, hours=2)
        self.fake.calls.clear()
        self.upstream.forget()
        answer = visitor.ask("/home")
        assert self.fake.calls, "the provider was not asked"
        return answer

    def nobody(self, visitor: Visitor, answer: Answer, *statuses: int) -> None:
        """
        Insist on an error page, and on no session.
        """
        assert answer.status in statuses, self.program.output()[-3000:]
        assert answer.one("Content-Type") == "text/html; charset=utf-8"
        assert "_oauth2_proxy" not in visitor.cookies
        assert visitor.ask("/oauth2/auth").status == 401
        assert self.upstream.seen == []


def options(fake: Fake, folder: Path, authority: Authority, upstream: Upstream) -> str:
    """
    Return a configuration file: the fake's lines win over the usual ones.
    """
    usual = {
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
    }
    own = fake.options.replace("{folder}", str(folder))
    given = {line.partition("=")[0].strip() for line in own.splitlines()}
    lines = [f'{n} = "{v}"' for n, v in usual.items() if n not in given]
    lines.append(f'provider_ca_files = ["{authority.root}"]')
    lines.append(f'upstreams = ["{upstream.url}"]')
    return "\n".join([own, *lines, COMMON])


def of(kinds: list[str] | dict[str, type[Fake]]) -> pytest.MarkDecorator:
    """
    Run a test with each of these providers.
    """
    return pytest.mark.parametrize("opened", list(kinds), indirect=True)
