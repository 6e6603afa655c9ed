"""
Facebook: the address of the profile.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.facebook import FacebookProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import logged_in, made

ME = "https://graph.facebook.com/v2.5/me"
PROFILE = f"{ME}?fields=name,email"
REDEEM = "https://graph.facebook.com/v2.5/oauth/access_token"


def facebook(profile: Any, answer: FetchResponse | None = None) -> IdP:
    idp = IdP()
    idp.at(REDEEM, answer or tokens(), method="POST")
    idp.at(PROFILE, profile)
    return idp


def test_the_profile_tells_the_address() -> None:
    """
    The token is in a field, not in the URL.
    """
    idp = facebook({"name": "Kim", "email": "kim@x.test"})

    assert logged_in(made(FacebookProvider, idp)).email == "kim@x.test"
    assert dict(idp.asked(PROFILE)[0].fields)["Authorization"] == "Bearer AT"


def test_a_form_from_the_token_endpoint_is_read() -> None:
    """
    Old versions of the interface do not answer in JSON.
    """
    answer = FetchResponse(status=200, body=b"access_token=FORM&expires=5183")
    idp = facebook({"email": "kim@x.test"}, answer)

    assert logged_in(made(FacebookProvider, idp)).access_token == "FORM"


@pytest.mark.parametrize("profile", [{}, [], {"email": ""}, {"email": None}])
def test_a_profile_without_an_address_is_refused(profile: Any) -> None:
    """
    Not everybody shares it.
    """
    with pytest.raises(ProviderRefused):
        logged_in(made(FacebookProvider, facebook(profile)))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (400, False)])
def test_validation_asks_for_the_profile(status: int, valid: bool) -> None:
    """
    A revoked token ends the session; a refresh leaves it as it is.
    """
    idp = facebook({})
    idp.at(ME, json_answer({}, status))
    provider = made(FacebookProvider, idp)
    session = Session(access_token="AT")

    assert run(provider.validate(session)) is valid
    assert run(provider.refresh(session)) is session
