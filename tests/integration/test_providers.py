"""
Every type of provider in the installed program: whole logins over TLS, with the
addresses, answers, pages and errors of the real ones.
"""

from collections.abc import Iterator
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
from tests.integration.fakes.world import World
from tests.integration.harness.authority import Authority
from tests.integration.harness.client import Answer
from tests.integration.harness.ports import until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET
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
WITH_GROUPS = [kind for kind, fake in FAKES.items() if fake.groups_matter]
WITH_API = [kind for kind, fake in FAKES.items() if fake.asked]
WITH_PAGES = [kind for kind, fake in FAKES.items() if fake.paged]

COMMON = f"""
redirect_url = "http://app.test/oauth2/callback"
email_domains = ["example.com"]
cookie_secure = false
cookie_secret = "{COOKIE_SECRET}"
cookie_refresh = "1ms"
provider_timeout = "2s"
"""
"""A session is due as soon as the clock shows another second."""


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
        Look at a page again and again until the session is due; the answer to that.
        """
        self.fake.calls.clear()

        def look() -> Answer | None:
            self.upstream.forget()
            answer = visitor.ask("/home")
            return answer if self.fake.calls else None

        answer = until(look, "the provider to be asked")
        assert answer is not None
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


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
) -> Iterator[Scene]:
    """
    A program for one provider, shared by its tests.
    """
    fake = FAKES[request.param]()
    world = World(authority, tuple(fake.hosts), fake.reply).start()
    upstream, address = Upstream(), free_address()
    folder = tmp_path_factory.mktemp("provider")
    for name, content in fake.files().items():
        (folder / name).write_bytes(content)
    text = options(fake, folder, authority, upstream)
    text += f'http_address = "127.0.0.1:{address[1]}"\n'
    environment = {**world.environment(), **fake.environment()}
    program = Program(text, folder=folder, address=address, environment=environment)
    with program:
        yield Scene(fake, program, upstream)
    upstream.close()
    world.stop()
    assert world.unknown == []
    assert upstream.violations == []


@pytest.fixture
def scene(opened: Scene) -> Iterator[Scene]:
    """
    The provider of a test, honest again afterwards.
    """
    opened.upstream.forget()
    yield opened
    opened.fake.restore()


def of(kinds: list[str] | dict[str, type[Fake]]) -> pytest.MarkDecorator:
    """
    Run a test with each of these providers.
    """
    return pytest.mark.parametrize("opened", list(kinds), indirect=True)


@of(FAKES)
def test_login(scene: Scene) -> None:
    """
    A member is signed in, and the application learns who it is.
    """
    visitor = scene.signed_in()

    page = visitor.ask("/home")

    assert page.status == 200
    (seen,) = scene.upstream.seen
    told = {name: seen.all(name) for name in scene.fake.told}
    assert told == {name: [value] for name, value in scene.fake.told.items()}


@of(WITH_PAGES)
def test_paging(scene: Scene) -> None:
    """
    What lets a member in is on a later page, which is read as well.
    """
    visitor = scene.signed_in()

    assert scene.fake.calls.count(scene.fake.paged) > 1
    assert visitor.ask("/home").status == 200


@of(WITH_GROUPS)
def test_groups(scene: Scene) -> None:
    """
    Who is no member is signed in at the provider, but not here.
    """
    scene.fake.member = False
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 403)


@of(FAKES)
def test_refused_user(scene: Scene) -> None:
    """
    A person without an address that the provider vouches for is not let in.
    """
    scene.fake.known = False
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 403, 500)


@of(WITH_GROUPS)
def test_refresh(scene: Scene) -> None:
    """
    Who was thrown out does not pass after the next refresh; who was not, does.
    """
    visitor = scene.signed_in()
    assert scene.view(visitor).status == 200

    scene.fake.member = False
    answer = scene.view(visitor)

    assert answer.status == 403
    assert scene.upstream.seen == []


@of(FAKES)
def test_validate(scene: Scene) -> None:
    """
    Who was revoked at the provider is signed out here.
    """
    visitor = scene.signed_in()

    scene.fake.revoked = True
    answer = scene.view(visitor)

    assert answer.status == 403
    assert "_oauth2_proxy" not in visitor.cookies
    assert scene.upstream.seen == []


@of(FAKES)
def test_refused_code(scene: Scene) -> None:
    """
    A code that the provider does not know signs nobody in.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    scene.fake.codes.clear()

    scene.nobody(visitor, visitor.ask(back), 500)


@pytest.mark.parametrize("status", [429, 500, 503])
@of(FAKES)
def test_provider_error(scene: Scene, status: int) -> None:
    """
    A provider that is broken or overloaded makes a page that offers another try.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    scene.fake.fail(status)
    answer = visitor.ask(back)

    scene.nobody(visitor, answer, 503)
    assert (answer.one("Retry-After") or "").isdigit()


@of(WITH_API)
def test_api_error(scene: Scene) -> None:
    """
    So does an interface that fails when the tokens are there already.
    """
    scene.fake.fail(502, scene.fake.asked)
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 503)


@of(FAKES)
def test_slow_provider(scene: Scene) -> None:
    """
    A provider that does not answer in time makes the same page.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    over = scene.fake.hang()
    answer = visitor.ask(back)
    over.set()

    scene.nobody(visitor, answer, 503)


@of(FAKES)
def test_outage(scene: Scene) -> None:
    """
    A provider that is down signs nobody out.
    """
    visitor = scene.signed_in()

    scene.fake.fail(503)
    during = scene.view(visitor)

    assert during.status == 200
    assert len(scene.upstream.seen) == 1
