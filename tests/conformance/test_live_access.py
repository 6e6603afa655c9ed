"""
Who comes in, and what the others get: recorded decisions, over real sockets.

`test_http_decisions` asks the deciding functions; here the same cases go through the
whole house.
"""

import re
from typing import Any

import pytest

from oauthproxy.errors import SettingsError
from tests.conformance.houses import Houses
from tests.conformance.peers import ask, browser, login_query, target_of
from tests.conformance.recorded import of
from tests.conformance.test_http_exchanges import BASE, PROVIDER
from tests.live import Answered

Case = dict[str, Any]

KIM = {"email": "kim@x.test"}


@of("skip_auth")
def test_passes_without_login(case: Case, houses: Houses) -> None:
    """A request passes without a login by its route or as a preflight."""
    answered = ask(houses.usual(case["config"]), case)

    assert (answered.status == 200) == case["expect"]["allowed"]


@of("trusted_ip")
def test_address_passes_without_login(case: Case, houses: Houses) -> None:
    """A request passes without a login by its address."""
    answered = ask(houses.usual(case["config"]), case)

    assert (answered.status == 200) == case["expect"]["trusted"]


def is_json(answered: Answered) -> bool:
    kind = answered.first("Content-Type")
    return (kind, answered.body) == ("application/json", b"{}")


def is_page(answered: Answered) -> bool:
    return b"Sign in with" in answered.body


def is_redirect(answered: Answered) -> bool:
    return (answered.first("Location") or "").startswith(BASE["login_url"])


KINDS = {"json": is_json, "sign_in_page": is_page, "idp_redirect": is_redirect}


@of("unauthenticated")
def test_answer_without_login(case: Case, houses: Houses) -> None:
    """A request without a login gets JSON, the page or a redirect."""
    answered = ask(houses.usual(case["config"]), case)

    assert answered.status == case["expect"]["status"]
    assert KINDS[case["expect"]["kind"]](answered)


@of("auth_constraints")
def test_constraints_of_the_query(case: Case, houses: Houses) -> None:
    """The query can narrow who passes."""
    house = houses.usual(case["config"])

    answered = ask(house, case, browser(house, case))

    passes = 202 if case["input"]["target"].startswith("/oauth2/auth") else 200
    assert answered.status == (passes if case["expect"]["satisfied"] else 403)


@of("health")
def test_health_check_is_answered(case: Case, houses: Houses) -> None:
    """A health check gets OK, everything else is an ordinary request."""
    answered = ask(houses.usual(case["config"]), case)

    is_check = (answered.status, answered.body) == (200, b"OK")
    assert is_check == case["expect"]["health"]


@of("userinfo")
def test_userinfo(case: Case, houses: Houses) -> None:
    """Users are told who they are."""
    house = houses.usual(case["config"])
    asked = {"input": {**case["input"], "target": "/oauth2/userinfo"}}

    answered = ask(house, asked, browser(house, case))

    assert answered.status == 200
    assert answered.body.decode() == case["expect"]["body"]


NO_START = ("email_validation-012", "email_validation-018")
"""Nobody would come in, or a file cannot be read: the program does not start."""


@of("email_validation", but=["email_validation-008"])
def test_address_comes_in(case: Case, houses: Houses) -> None:
    """A user passes by the domain of the address, or by a file."""
    config = dict(case["config"])
    listed = config.pop("authenticated_emails", None)
    files = {} if listed is None else {"emails": listed.encode()}
    if files:
        config["authenticated_emails_file"] = "/emails"
    if case["id"] in NO_START:
        with pytest.raises(SettingsError):
            houses.plain(files, **PROVIDER, **config)
        return
    house = houses.plain(files, **PROVIDER, **config)
    asked = {"input": {"session": case["input"]}}

    answered = ask(house, asked, browser(house, asked))

    assert (answered.status == 200) == case["expect"]["valid"]


@of("authorize")
def test_group_comes_in(case: Case, houses: Houses) -> None:
    """A session passes the group rules of its provider's type."""
    house = houses.plain(**{**PROVIDER, **case["config"]})
    session = {**KIM, "groups": case["input"]["session_groups"]}
    asked = {"input": {"session": session}}

    answered = ask(house, asked, browser(house, asked))

    assert answered.status == (200 if case["expect"]["authorized"] else 403)


AMBIGUOUS = ("request_path-004", "request_path-009")
"""Paths that are read differently elsewhere: no rule lets them pass."""


def exactly(text: str) -> str:
    return f"^{re.escape(text)}$"


@of("request_path", but=["request_path-003"])
def test_path_for_route_rules(case: Case, houses: Houses) -> None:
    """Route rules see the decoded path."""
    path = case["expect"]["path"]
    prefix = houses.usual(case["config"], skip_auth_regex=[f"^{re.escape(path)}"])
    first = ask(prefix, case).status
    others = houses.usual(case["config"], skip_auth_routes=[f"!={exactly(path)}"])
    second = ask(others, case).status

    assert (first in (200, 202)) == (case["id"] not in AMBIGUOUS)
    assert second in (401, 403)


@of("request_path", but=["request_path-003"])
def test_uri_for_api_routes(case: Case, houses: Houses) -> None:
    """API routes see the URI."""
    house = houses.usual(case["config"], api_routes=[exactly(case["expect"]["uri"])])
    asked = dict(case["input"])
    asked["target"] = asked["target"].replace("/oauth2/auth", "/page")

    answered = ask(house, {"input": asked})

    assert (answered.status, is_json(answered)) == (401, True)


@of("forwarded_trust", but=["forwarded_trust-006"])
def test_forwarding_fields_are_believed(case: Case, houses: Houses) -> None:
    """Trusted peers tell the host and the scheme of the way back, and its target."""
    house = houses.usual(
        case["config"],
        skip_provider_button=True,
        cookie_secure=False,
        whitelist_domains=["outer.test", "proxy.test", "one.test"],
    )
    expect = case["expect"]

    answered = ask(house, case)

    scheme, host = expect["proto"] or "http", expect["host"]
    callback = f"{scheme}://{host}/oauth2/callback"
    assert login_query(answered)["redirect_uri"] == callback
    assert target_of(answered).endswith(expect["uri"])


@of("real_client_ip")
def test_real_client_address(case: Case, houses: Houses) -> None:
    """The address of the client is read from its field, as the log tells."""
    expect, config = case["expect"], case["config"]
    if expect.get("config_error"):
        with pytest.raises(SettingsError):
            houses.usual(config, reverse_proxy=True)
        return
    house = houses.usual(
        config, reverse_proxy=True, request_logging_format="{{.Client}} logged"
    )

    ask(house, case)

    client = expect.get("ip", "") or "127.0.0.1"
    assert house.logged(" logged") == f"{client} logged"


@of("client_string")
def test_client_in_the_log(case: Case, houses: Houses) -> None:
    """The request log names the client as the reference does."""
    house = houses.usual(case["config"])

    ask(house, {"input": {**case["input"], "target": "/logged"}})

    line = house.logged('"/logged"')
    assert line.split()[0] == case["expect"]["log_client"]
