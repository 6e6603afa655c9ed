"""
AD FS: principal names, resources, and a state that is decoded on the way.
"""

from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from attrs import evolve

from oauthproxy.ports import FetchResponse
from oauthproxy.providers.adfs import ADFSProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens
from tests.unit.providers.making import CALLBACK, claims, log_of, logged_in, made


def adfs(answer: FetchResponse) -> IdP:
    idp = IdP.usual()
    idp.at(f"{ISSUER}/token", answer, method="POST")
    idp.at(f"{ISSUER}/userinfo", {"sub": "u-17"})
    return idp


def without_email(**more: str) -> str:
    return sign({n: v for n, v in claims(**more).items() if n != "email"})


def url_of(provider: ADFSProvider) -> dict[str, list[str]]:
    url = run(provider.login_url(CALLBACK, "abc:/a?b=c d", "n", {}))
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def test_the_principal_name_stands_for_an_address() -> None:
    """
    It is taken where there is no e-mail address.
    """
    name = without_email(upn="kim@corp.test")

    assert logged_in(made(ADFSProvider, adfs(tokens(name)))).email == "kim@corp.test"
    provider = made(ADFSProvider, adfs(tokens(sign(claims(upn="kim@corp.test")))))
    assert logged_in(provider).email == "kim@x.test"


def test_a_user_without_any_name_is_left_to_the_rules() -> None:
    """
    The address stays empty, which nobody admits.
    """
    provider = made(ADFSProvider, adfs(tokens(without_email())))

    assert logged_in(provider).email == ""


def test_the_state_is_encoded_twice() -> None:
    """
    AD FS gives it back decoded once.
    """
    (state,) = url_of(made(ADFSProvider, IdP.usual()))["state"]

    assert unquote_plus(state) == "abc:/a?b=c d"
    assert state != unquote_plus(state)


def test_the_login_url_has_what_adfs_knows() -> None:
    """
    No response mode; a scope unless that is switched off.
    """
    provider = made(
        ADFSProvider, IdP.usual(), auth_request_response_mode="form_post", scope="a b"
    )
    usual = url_of(provider)
    types = evolve(provider.settings.types, adfs_skip_scope=True)
    provider.settings = evolve(provider.settings, types=types)

    assert "response_mode" not in usual
    assert usual["scope"] == ["a b"]
    assert "scope" not in url_of(provider)
    assert "client_id" in url_of(provider)


@pytest.mark.parametrize(
    ("resource", "scope", "asked"),
    [
        ("https://r.test", "", "https://r.test/openid email profile"),
        ("https://r.test/", "x", "https://r.test/x"),
        ("https://r.test/", "https://r.test/x", "https://r.test/x"),
        ("", "x", "x"),
    ],
)
def test_the_scope_is_the_resources(resource: str, scope: str, asked: str) -> None:
    """
    The resource stands before it, once.
    """
    provider = made(ADFSProvider, IdP.usual(), resource=resource, scope=scope)

    assert provider.scope == asked


BEFORE = Session(refresh_token="RT", email="old@corp.test", user="u-17")


def test_a_refresh_finds_the_principal_name_again() -> None:
    """
    It may have changed.
    """
    idp = adfs(tokens(without_email(upn="kim@corp.test")))

    after = run(made(ADFSProvider, idp).refresh(BEFORE))

    assert after is not None
    assert after.email == "kim@corp.test"


def test_a_refresh_keeps_the_name_while_nobody_answers() -> None:
    """
    The new tokens are not lost.
    """
    idp = adfs(tokens(without_email()))
    idp.at(f"{ISSUER}/userinfo", {"sub": "u-17"}, json_answer({}, 503))
    provider = made(ADFSProvider, idp)

    after = run(provider.refresh(BEFORE))

    assert after is not None
    assert (after.email, after.access_token) == ("old@corp.test", "AT")
    assert "keeps the name" in log_of(provider)


def test_nothing_is_refreshed_without_a_refresh_token() -> None:
    """
    It is as with any OpenID provider.
    """
    assert run(made(ADFSProvider, IdP.usual()).refresh(Session())) is None
