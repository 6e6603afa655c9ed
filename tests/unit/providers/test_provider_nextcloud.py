"""
Nextcloud: user, address and groups of the account.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, ProviderUnavailable
from oauthproxy.providers.nextcloud import NextcloudProvider
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import log_of, logged_in, made

REDEEM = "https://cloud.test/index.php/apps/oauth2/api/v1/token"
ACCOUNT = "https://cloud.test/ocs/v2.php/cloud/user?format=json"
SESSION = Session(access_token="AT", user="kim", email="kim@x.test", groups=("old",))


def account(**members: Any) -> dict[str, Any]:
    usual = {"id": "kim", "email": "kim@x.test", "groups": ["staff", "admin"]}
    return {"ocs": {"meta": {"status": "ok"}, "data": usual | members}}


def nextcloud(*answers: Any, **flat: Any) -> NextcloudProvider:
    idp = IdP()
    idp.at(REDEEM, tokens(), method="POST")
    idp.at(ACCOUNT, *answers)
    flat = {"redeem_url": REDEEM, "validate_url": ACCOUNT, **flat}
    return made(NextcloudProvider, idp, **flat)


def test_the_account_tells_everything() -> None:
    """
    It is asked at the validate URL when no profile URL is configured.
    """
    session = logged_in(nextcloud(account()))

    assert (session.user, session.email) == ("kim", "kim@x.test")
    assert session.groups == ("staff", "admin")


def test_a_profile_url_is_asked_where_there_is_one() -> None:
    """
    The validate URL may then be anything.
    """
    provider = nextcloud(account(), profile_url=ACCOUNT, validate_url="https://x.test")

    assert logged_in(provider).user == "kim"


@pytest.mark.parametrize(
    "answer",
    [{}, [], account(id=""), account(email=None), {"ocs": {"data": []}}],
)
def test_an_account_that_lacks_id_or_address_is_refused(answer: Any) -> None:
    """
    Administrators may leave the address empty.
    """
    with pytest.raises(ProviderRefused):
        logged_in(nextcloud(answer))


def test_odd_groups_are_no_groups() -> None:
    """
    A member of another shape gives nobody a group, and no crash.
    """
    assert logged_in(nextcloud(account(groups={"a": 1}))).groups == ()


def test_a_refresh_reads_the_groups_anew() -> None:
    """
    They stay when the answer cannot be used, and an outage is said.
    """
    answers = (account(), json_answer({}, 401), json_answer({}, 503))
    provider = nextcloud(*answers)

    renewed = run(provider.refresh(SESSION))
    unchanged = run(provider.refresh(SESSION))

    assert renewed is not None
    assert renewed.groups == ("staff", "admin")
    assert unchanged == SESSION
    assert "stay as they were" in log_of(provider)
    with pytest.raises(ProviderUnavailable):
        run(provider.refresh(SESSION))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_sends_the_token_in_a_field(status: int, valid: bool) -> None:
    """
    A revoked token ends the session.
    """
    assert run(nextcloud(json_answer({}, status)).validate(SESSION)) is valid
