"""
When a session is refreshed, and what a refusal does to it, over real sockets.
"""

from typing import Any

from tests.conformance.houses import Houses
from tests.conformance.internet import Internet
from tests.conformance.peers import browser
from tests.conformance.recorded import of
from tests.conformance.test_http_refresh import answer_behind
from tests.conformance.visits import ISSUER, Visit, completed, publish
from tests.integration.harness.ports import free_port
from tests.integration.harness.provider import Reply
from tests.live import LiveHouse
from tests.unit.providers.idp import sign

Case = dict[str, Any]

SECOND = 10**9
TOKEN = f"{ISSUER}/token"
OPTIONS: dict[str, Any] = {
    "provider": "oidc",
    "oidc_issuer_url": ISSUER,
    "insecure_oidc_skip_nonce": True,
    "cookie_refresh": "1m",
}


def visit(house: LiveHouse, **session: Any) -> Visit:
    """
    Return a browser with a session that can be refreshed.
    """
    now = house.clock.now() // SECOND
    token = sign(completed({"email": "kim@x.test"}, iat=now, exp=now + 86400))
    known = {
        "email": "kim@x.test",
        "id_token": token,
        "access_token": "AT",
        "refresh_token": "RT",
        **session,
    }
    ((_, cookie),) = browser(house, {"input": {"session": known}})
    return Visit(house, dict([cookie.split("=", 1)]))


@of("refresh_decision")
def test_session_is_due(case: Case, houses: Houses, internet: Internet) -> None:
    """A session is refreshed when its age, in whole seconds, is above the period."""
    given = case["input"]
    publish(internet)
    refresh = f"{case['config']['cookie_refresh_seconds']}s"
    house = houses.plain(**{**OPTIONS, "cookie_refresh": refresh})
    house.clock.standing = given["now"] * SECOND + given.get("now_nanos", 0)
    created = given.get("created_at")
    if created is not None:
        created = created * SECOND + given.get("created_nanos", 0)
    internet.at(TOKEN, {"access_token": "NEW", "token_type": "Bearer"}, method="POST")

    answered = visit(house, created_at=created).ask("/")

    assert answered.status == 200
    assert bool(internet.asked(TOKEN, "POST")) == case["expect"]["refresh"]


@of("fatal_refresh_error")
def test_refused_refresh(case: Case, houses: Houses, internet: Internet) -> None:
    """A grant or client that is refused ends the session; no other failure does."""
    houses.close()
    response = answer_behind(case["input"]["error"])
    answer = response and Reply(response.status, dict(response.fields), response.body)
    nobody = f"http://127.0.0.1:{free_port()}/token"
    publish(internet, token_endpoint=TOKEN if answer else nobody)
    if answer:
        internet.at(TOKEN, answer, method="POST")
    house = houses.plain(**OPTIONS)
    browsing = visit(house, created_at=house.clock.now() - 3600 * SECOND)

    answered = browsing.ask("/")

    fatal = case["expect"]["fatal"]
    assert answered.status == (403 if fatal else 200)
    assert bool(browsing.cookies) != fatal
