"""
What all types of providers share beyond the plain one.
"""

import pytest

from oauthproxy.errors import ProviderUnavailable
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.calls import is_overloaded
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.token_endpoint import GrantRefused, read_grant
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer
from tests.unit.providers.making import log_of, made

VALIDATE = "https://idp.test/me?access_token=secret-token"


class Clubs(Provider):
    """
    A type with a list of groups of its own.
    """

    def own_restriction(self) -> frozenset[str]:
        return frozenset({"chess", "go"})


@pytest.mark.parametrize(
    ("groups", "authorized"),
    [
        ({"staff", "chess"}, True),
        ({"staff"}, False),
        ({"chess"}, False),
        (set(), False),
    ],
)
def test_a_user_needs_a_group_of_each_list(groups: set[str], authorized: bool) -> None:
    """
    The general list of groups and the type's own list both count.
    """
    provider = made(Clubs, IdP(), allowed_groups=["staff", "board"])

    assert provider.authorize(Session(groups=tuple(groups))) is authorized


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_outage_is_no_verdict_on_a_session(status: int) -> None:
    """
    A validate URL that is overloaded or broken does not end a session.
    """
    idp = IdP()
    idp.at(VALIDATE, json_answer({}, status))
    provider = made(Provider, idp, validate_url="https://idp.test/me")

    with pytest.raises(ProviderUnavailable) as caught:
        run(provider.validate(Session(access_token="secret-token")))

    assert "secret-token" not in caught.value.detail
    assert "secret-token" not in log_of(provider)


@pytest.mark.parametrize(
    "field", [("Retry-After", "60"), ("X-RateLimit-Remaining", "0")]
)
def test_forbidden_for_now_is_overloaded(field: tuple[str, str]) -> None:
    """
    Status 403 with the fields of a rate limit is an outage, alone it is a refusal.
    """
    assert is_overloaded(FetchResponse(status=403, fields=(field,)))
    assert not is_overloaded(FetchResponse(status=403))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (503, "server_error", ProviderUnavailable),
        (429, "slow_down", ProviderUnavailable),
        (500, "invalid_grant", GrantRefused),
        (400, "server_error", GrantRefused),
    ],
)
def test_a_token_endpoint_in_trouble_is_an_outage(
    status: int, code: str, error: type[Exception]
) -> None:
    """
    The status decides, unless the code says that the grant is no good.
    """
    with pytest.raises(error):
        read_grant(json_answer({"error": code}, status), "https://idp.test/token", 0)
