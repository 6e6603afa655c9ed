"""
DigitalOcean: the address of the account.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.digitalocean import DigitalOceanProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import logged_in, made

ACCOUNT = "https://api.digitalocean.com/v2/account"


def digitalocean(account: Any, status: int = 200) -> IdP:
    idp = IdP()
    redeem = "https://cloud.digitalocean.com/v1/oauth/token"
    idp.at(redeem, tokens(), method="POST")
    idp.at(ACCOUNT, json_answer(account, status))
    return idp


def test_the_account_tells_the_address() -> None:
    """
    The token is in a field; there is no user name.
    """
    idp = digitalocean({"account": {"email": "kim@x.test", "email_verified": True}})

    session = logged_in(made(DigitalOceanProvider, idp))

    assert (session.email, session.user) == ("kim@x.test", "")
    assert dict(idp.asked(ACCOUNT)[0].fields)["Authorization"] == "Bearer AT"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"account": {"email": ""}},
        {"account": {"email": 1}},
        {"account": {"email": "kim@x.test", "email_verified": False}},
    ],
)
def test_an_account_without_a_verified_address_is_refused(answer: Any) -> None:
    """
    An address that the account calls unverified is none.
    """
    with pytest.raises(ProviderRefused):
        logged_in(made(DigitalOceanProvider, digitalocean(answer)))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_for_the_account(status: int, valid: bool) -> None:
    """
    A revoked token ends the session; a refresh leaves it as it is.
    """
    provider = made(DigitalOceanProvider, digitalocean({}, status))
    session = Session(access_token="AT")

    assert run(provider.validate(session)) is valid
    assert run(provider.refresh(session)) is session


def test_a_configured_profile_does_not_move_validation() -> None:
    """
    The validate URL stays the usual one.
    """
    endpoints = made(DigitalOceanProvider, IdP(), profile_url="https://p.test/")

    assert endpoints.endpoints.validate == ACCOUNT
