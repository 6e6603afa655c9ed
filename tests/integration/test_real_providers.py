"""
The generic OpenID provider at real identity providers.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jwcrypto.jwk import JWK

from tests.browser.node import CertifiedProvider
from tests.integration.harness.client import Answer
from tests.integration.harness.glewlwyd import Glewlwyd
from tests.integration.harness.person import Leave, Person
from tests.integration.harness.ports import free_port, until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.stage import COOKIE_SECRET, HOST
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor

CALLBACK = f"http://{HOST}/oauth2/callback"
SECRET = "the-client-secret-of-a-real-provider"
CONFIGURATION = """
provider = "oidc"
oidc_issuer_url = "{issuer}"
client_id = "proxy"
redirect_url = "http://app.test/oauth2/callback"
email_domains = ["*"]
scope = "openid email profile"
cookie_secure = false
cookie_secret = "{cookie_secret}"
http_address = "127.0.0.1:{port}"
upstreams = ["{upstream}"]
"""
WITH_SECRET = f'client_secret = "{SECRET}"\n'
ALICE = {"username": "alice", "password": "password", "logout": "yes"}


@contextmanager
def proxy(issuer: str, options: str, folder: Path) -> Iterator[Visitor]:
    """
    The program in front of an application, and a browser at it.
    """
    address = free_address()
    with Upstream() as upstream:
        usual = CONFIGURATION.format(
            issuer=issuer,
            cookie_secret=COOKIE_SECRET,
            port=address[1],
            upstream=upstream.url,
        )
        with Program(usual + options, folder=folder, address=address):
            visitor = Visitor(address, HOST)
            until(lambda: visitor.ask("/ready").status == 200, "discovery")
            yield visitor


def log_in(visitor: Visitor, person: Person) -> Answer:
    """
    Sign in as a person does; the answer to the callback.
    """
    started = visitor.ask("/oauth2/start?rd=/page")
    assert started.status == 302, started
    return come_back(visitor, person.travel(started.one("Location") or ""))


def come_back(visitor: Visitor, leave: Leave) -> Answer:
    """
    Go where the provider leads.
    """
    if leave.posted is None:
        return visitor.ask(leave.target)
    kind = "Content-Type: application/x-www-form-urlencoded"
    body = urlencode(leave.posted).encode()
    return visitor.ask(leave.target, kind, method="POST", body=body)


def assert_signed_in(visitor: Visitor, answer: Answer) -> dict[str, Any]:
    """
    Insist on a session, and return what it says.
    """
    assert (answer.status, answer.one("Location")) == (302, "/page"), answer
    assert visitor.ask("/page").status == 200
    told: dict[str, Any] = visitor.ask("/oauth2/userinfo").json()
    return told


def certified(**more: Any) -> CertifiedProvider:
    """
    Start npm's oidc-provider.
    """
    usual = {
        "shape": "zitadel",
        "clientId": "proxy",
        "clientSecret": SECRET,
        "redirectUris": [CALLBACK],
    }
    return CertifiedProvider(usual | more)


KEY = JWK.generate(kty="EC", crv="P-256", kid="proxy-1")
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]


def proof_of(method: str, folder: Path) -> str:
    """
    The options with which the proxy can prove who it is.
    """
    if method == "none":
        return ""
    if method != "private_key_jwt":
        return WITH_SECRET
    file = folder / "key.pem"
    file.write_bytes(KEY.export_to_pem(private_key=True, password=None))
    return (
        f'client_assertion_key_file = "{file}"\nclient_assertion_key_id = "proxy-1"\n'
    )


@pytest.mark.parametrize(
    ("method", "named"),
    [*((method, True) for method in METHODS), *((m, False) for m in METHODS[1:3])],
)
def test_client_authentication(method: str, *, named: bool, tmp_path: Path) -> None:
    """
    Each method works where it is named, and is found where it need not be.
    """
    options = proof_of(method, tmp_path)
    if named:
        options += f'token_endpoint_auth_method = "{method}"\n'
    key = KEY.export_public(as_dict=True) | {"use": "sig", "alg": "ES256"}
    keys = {"clientKeys": [key]} if method == "private_key_jwt" else {}

    with (
        certified(authMethod=method, **keys) as provider,
        proxy(provider.issuer, options, tmp_path) as visitor,
    ):
        told = assert_signed_in(visitor, log_in(visitor, Person(ALICE)))

    assert told["email"] == "alice@example.com"


def test_answers_by_form(tmp_path: Path) -> None:
    """
    The provider's page posts the answer to the callback.
    """
    options = f'{WITH_SECRET}auth_request_response_mode = "form_post"\n'

    with certified() as provider, proxy(provider.issuer, options, tmp_path) as visitor:
        started = visitor.ask("/oauth2/start?rd=/page")
        leave = Person(ALICE).travel(started.one("Location") or "")
        assert leave.posted is not None

        assert_signed_in(visitor, come_back(visitor, leave))


def test_refresh_and_rotation(tmp_path: Path) -> None:
    """
    Tokens are refreshed, and a provider that comes back with another key is believed.
    """
    options = f'{WITH_SECRET}cookie_refresh = "1s"\n'
    port = free_port()
    with ExitStack() as stack:
        provider = stack.enter_context(certified(refresh=True, port=port))
        visitor = stack.enter_context(proxy(provider.issuer, options, tmp_path))
        assert_signed_in(visitor, log_in(visitor, Person(ALICE)))
        before = visitor.cookies["_oauth2_proxy"]

        until(lambda: _changed(visitor, before), "the session to be refreshed")

        assert visitor.ask("/page").status == 200
        provider.stop()
        stack.enter_context(certified(port=port, keyId="k2"))
        again = Visitor(visitor.address, HOST)
        assert_signed_in(again, log_in(again, Person(ALICE)))


def _changed(visitor: Visitor, before: str) -> bool:
    visitor.ask("/oauth2/auth")
    return visitor.cookies["_oauth2_proxy"] != before


def test_sign_out_at_the_provider(tmp_path: Path) -> None:
    """
    Who signs out is asked for the password at the next login.
    """
    options = f"{WITH_SECRET}sign_out_at_provider = true\n"
    returning = f"http://{HOST}/oauth2/signed_out"

    with (
        certified(shape="wso2", postLogoutUris=[returning]) as provider,
        proxy(provider.issuer, options, tmp_path) as visitor,
    ):
        alice = Person(ALICE)
        assert_signed_in(visitor, log_in(visitor, alice))
        known = Person({}, alice.jar)
        assert_signed_in(visitor, log_in(visitor, known))

        left = visitor.ask("/oauth2/sign_out?rd=/bye")
        leave = alice.travel(left.one("Location") or "")
        back = visitor.ask(leave.target)

        assert leave.url.startswith(returning)
        assert back.one("Location") == "/bye"
        assert visitor.ask("/page").status == 403
        with pytest.raises(AssertionError, match="no way out"):
            log_in(visitor, known)


def test_glewlwyd(tmp_path: Path) -> None:
    """
    Debian's Glewlwyd signs in, refreshes, and may change its key.
    """
    options = f'{WITH_SECRET}cookie_refresh = "1s"\n'

    with (
        Glewlwyd(
            tmp_path, client="proxy", secret=SECRET, redirect_uri=CALLBACK
        ) as provider,
        proxy(provider.issuer, options, tmp_path) as visitor,
    ):
        alice = Person({}, provider.alice())
        told = assert_signed_in(visitor, _log_in_at_glewlwyd(visitor, alice))
        before = visitor.cookies["_oauth2_proxy"]
        until(lambda: _changed(visitor, before), "the session to be refreshed")
        provider.rotate()
        again = Visitor(visitor.address, HOST)
        assert_signed_in(again, _log_in_at_glewlwyd(again, alice))

    assert told["email"] == "alice@example.com"


def _log_in_at_glewlwyd(visitor: Visitor, person: Person) -> Answer:
    started = visitor.ask("/oauth2/start?rd=/page")
    # What its login page, which is a script, adds once somebody has signed in.
    return come_back(visitor, person.travel(f"{started.one('Location')}&g_continue="))
