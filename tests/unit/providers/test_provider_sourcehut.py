"""
SourceHut: name and address by GraphQL.
"""

import json
from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.sourcehut import SourceHutProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import logged_in, made

QUERY = "https://meta.sr.ht/query"
PROFILE = "https://meta.sr.ht/profile"


def sourcehut(answer: Any) -> IdP:
    idp = IdP()
    redeem = "https://meta.sr.ht/oauth2/access-token"
    idp.at(redeem, tokens(), method="POST")
    idp.at(QUERY, answer, method="POST")
    return idp


def me(**members: Any) -> dict[str, Any]:
    return {"data": {"me": members}}


def test_a_question_tells_name_and_address() -> None:
    """
    The name is user and preferred name.
    """
    idp = sourcehut(me(username="kim", email="kim@x.test"))

    session = logged_in(made(SourceHutProvider, idp))

    assert session.email == "kim@x.test"
    assert (session.user, session.preferred_username) == ("kim", "kim")
    (asked,) = idp.asked(QUERY)
    assert json.loads(asked.body or b"") == {"query": "{ me { username, email } }"}
    assert dict(asked.fields) == {
        "Authorization": "Bearer AT",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "Authentication error"}]},
        {"data": None},
        me(username="kim"),
        me(email="kim@x.test"),
        me(username=1, email="kim@x.test"),
        json_answer({}, 401),
    ],
)
def test_an_answer_that_lacks_one_is_refused(answer: Any) -> None:
    """
    GraphQL tells its errors with status 200.
    """
    with pytest.raises(ProviderRefused):
        logged_in(made(SourceHutProvider, sourcehut(answer)))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_for_the_profile(status: int, valid: bool) -> None:
    """
    A revoked token ends the session; a refresh leaves it as it is.
    """
    idp = sourcehut({})
    idp.at(PROFILE, json_answer({}, status))
    provider = made(SourceHutProvider, idp)
    session = Session(access_token="AT")

    assert run(provider.validate(session)) is valid
    assert run(provider.refresh(session)) is session
