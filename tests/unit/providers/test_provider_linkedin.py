"""
LinkedIn: the address of a member.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.linkedin import LinkedInProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import logged_in, made

ADDRESS = (
    "https://api.linkedin.com/v2/emailAddress?q=members&projection=(elements*(handle~))"
)
ME = "https://api.linkedin.com/v2/me"


def linkedin(answer: Any) -> IdP:
    idp = IdP()
    redeem = "https://www.linkedin.com/uas/oauth2/accessToken"
    idp.at(redeem, tokens(), method="POST")
    idp.at(ADDRESS, answer)
    return idp


def element(address: Any) -> dict[str, Any]:
    return {"handle": "urn:li:emailAddress:1", "handle~": {"emailAddress": address}}


def test_the_first_element_tells_the_address() -> None:
    """
    The call asks for JSON in LinkedIn's own way.
    """
    idp = linkedin({"elements": [element("kim@x.test"), element("other@x.test")]})

    assert logged_in(made(LinkedInProvider, idp)).email == "kim@x.test"
    fields = dict(idp.asked(ADDRESS)[0].fields)
    assert (fields["x-li-format"], fields["Authorization"]) == ("json", "Bearer AT")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"elements": []},
        {"elements": [element(None)]},
        {"elements": [{"handle~": None}, element("other@x.test")]},
    ],
)
def test_a_member_without_an_address_is_refused(answer: Any) -> None:
    """
    Odd answers are refused, not crashed upon.
    """
    with pytest.raises(ProviderRefused):
        logged_in(made(LinkedInProvider, linkedin(answer)))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_for_the_member(status: int, valid: bool) -> None:
    """
    A revoked token ends the session; a refresh leaves it as it is.
    """
    idp = linkedin({})
    idp.at(ME, json_answer({}, status))
    provider = made(LinkedInProvider, idp)
    session = Session(access_token="AT")

    assert run(provider.validate(session)) is valid
    assert dict(idp.asked(ME)[0].fields)["x-li-format"] == "json"
    assert run(provider.refresh(session)) is session
