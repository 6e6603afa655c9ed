"""
Signing out at the provider as well.
"""

from typing import Any
from urllib.parse import urlencode

import pytest

from oauthproxy.answer import Answer
from oauthproxy.login.state import State, encode_state
from oauthproxy.session.session import Session
from oauthproxy.wire.form import parse_query
from tests.unit.driver import run
from tests.unit.login.desk import Desk, clears, login_query
from tests.unit.providers.idp import ISSUER, IdP

END = f"{ISSUER}/end"
SESSION = Session(email="kim@example.test", id_token="ID.TOKEN.X")


def desk_with(end: str = END, **flat: Any) -> Desk:
    idp = IdP.usual(**({"end_session_endpoint": end} if end else {}))
    desk = Desk(idp, **{"sign_out_at_provider": True} | flat)
    desk.cookies["_oauth2_proxy"] = "x"
    return desk


def sign_out(desk: Desk, query: str = "", session: Session | None = SESSION) -> Answer:
    scope = desk.scope(f"/oauth2/sign_out?{query}")
    return run(desk.login.sign_out(scope, desk.sent(), parse_query(query), session))


def come_back(desk: Desk, query: str) -> str:
    answer = desk.login.signed_out(parse_query(query))
    assert answer.status == 302
    return answer.location  # type: ignore[attr-defined, no-any-return]


def test_the_browser_is_led_to_the_provider() -> None:
    """
    With a hint who signs out, and where to come back to; it is forgotten here first.
    """
    desk = desk_with()

    answer = sign_out(desk, "rd=/bye")

    sent = login_query(answer)
    assert answer.location.partition("?")[0] == END  # type: ignore[attr-defined]
    state = sent.pop("state")
    assert sent == {
        "id_token_hint": "ID.TOKEN.X",
        "client_id": "cid",
        "post_logout_redirect_uri": "http://app.test/oauth2/signed_out",
    }
    assert clears(answer) == ["_oauth2_proxy"]
    assert come_back(desk, urlencode({"state": state})) == "/bye"


def test_a_query_of_the_endpoint_stays() -> None:
    """
    A provider may have its own parameters in the address (RFC 6749, 3.1).
    """
    answer = sign_out(desk_with(end=f"{END}?tenant=a"))

    assert login_query(answer)["tenant"] == "a"


@pytest.mark.parametrize(
    ("configured", "uri"),
    [
        ("https://a.test/oauth2/callback", "https://a.test/oauth2/signed_out"),
        ("https://a.test:8443", "https://a.test:8443/oauth2/signed_out"),
        ("/oauth2/callback", "http://app.test/oauth2/signed_out"),
    ],
)
def test_the_way_back_is_on_the_host_of_the_callback(configured: str, uri: str) -> None:
    """
    Providers demand the exact address that was registered.
    """
    answer = sign_out(desk_with(redirect_url=configured))

    assert login_query(answer)["post_logout_redirect_uri"] == uri


def test_without_an_id_token_the_client_is_named() -> None:
    """
    A session that keeps no tokens is signed out all the same.
    """
    answer = sign_out(desk_with(), session=Session(email="kim@example.test"))

    sent = login_query(answer)
    assert "id_token_hint" not in sent
    assert sent["client_id"] == "cid"


@pytest.mark.parametrize(
    ("options", "session"),
    [
        pytest.param({"sign_out_at_provider": False}, SESSION, id="off"),
        pytest.param({"end": ""}, SESSION, id="the provider cannot"),
        pytest.param({}, None, id="nobody is signed in"),
        pytest.param({}, Session(user="kim"), id="signed in by password"),
    ],
)
def test_others_are_signed_out_here_only(
    options: dict[str, Any], session: Session | None
) -> None:
    """
    They go straight to the target.
    """
    answer = sign_out(desk_with(**options), "rd=/bye", session)

    assert answer.location == "/bye"  # type: ignore[attr-defined]
    assert clears(answer) == ["_oauth2_proxy"]


def test_a_provider_that_is_down_keeps_nobody_signed_in() -> None:
    """
    The session ends here, and the log tells that it did not there.
    """
    desk = desk_with()
    desk.idp.answers.clear()

    answer = sign_out(desk, "rd=/bye")

    assert answer.location == "/bye"  # type: ignore[attr-defined]
    assert clears(answer) == ["_oauth2_proxy"]
    assert any("signed out only here" in line for _, line in desk.log.lines)


def test_a_target_of_ones_own_wins() -> None:
    """
    Who names the provider's address with its placeholder wants just that.
    """
    desk = desk_with(whitelist_domains=["idp.test"])
    target = f"{ISSUER}/bye?id_token_hint={{id_token}}"

    answer = sign_out(desk, urlencode({"rd": target}))

    assert answer.location == f"{ISSUER}/bye?id_token_hint=ID.TOKEN.X"  # type: ignore[attr-defined]


def state_for(target: str, nonce: str = "signed-out") -> str:
    return encode_state(State(nonce, target), encoded=True)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="no state"),
        pytest.param("state=", id="empty"),
        pytest.param("state=nonsense!", id="nonsense"),
        pytest.param(f"state={state_for('/x', 'other')}", id="not of a sign-out"),
        pytest.param(f"state={state_for('https://evil.test/')}", id="another site"),
        pytest.param(f"state={state_for('//evil.test')}", id="hidden host"),
        pytest.param(f"state={state_for('')}", id="nowhere"),
        pytest.param("error=invalid_request", id="error"),
    ],
)
def test_a_wrong_state_leads_home(query: str) -> None:
    """
    The return is handled without a state, and leads to no other site with a made one.
    """
    assert come_back(desk_with(), query) == "/"
