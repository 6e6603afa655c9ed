"""
Section E: about whom tokens and userinfo speak, and for how long.

E27 across replicas and E25 in all its modules are integration tests
(`test_redis_program`, `test_rp_conformance`).
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.attacks.outcome import ask
from tests.conftest import OpenStage
from tests.integration.harness.ports import until
from tests.integration.harness.provider import Call, Reply, reply_json
from tests.integration.harness.stage import Stage
from tests.integration.harness.tokens import SigningKey
from tests.integration.harness.visitor import Visitor

NONCED = "insecure_oidc_skip_nonce = false\n"


@pytest.mark.parametrize("sub", ["user-2", "", 1, ["user-1"], "USER-1", "user-1 "])
def test_e18_userinfo_of_another_user(open_stage: OpenStage, sub: Any) -> None:
    """
    Claims of somebody else are not taken.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["email"] = None
    stage.provider.userinfo["sub"] = sub
    visitor = stage.stranger()

    assert visitor.login().status in (403, 500)
    assert visitor.ask("/oauth2/auth").status == 401


USERINFO = [
    b"", b"[]", b"null", b'"x"', b"1", b"{", b"<html>", b"\xff", b"[" * 50_000,
    b'[{"email": "a@b.c"}]', b'{"email": "' + b"a" * 2_000_000 + b'"}', b"a.b.c",
]  # fmt: skip


@pytest.mark.parametrize("body", USERINFO, ids=range(len(USERINFO)))
def test_e19_userinfo_that_is_none(open_stage: OpenStage, body: bytes) -> None:
    """
    What is no JSON object, or far too long, ends the login with a page.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["email"] = None
    fields = {"Content-Type": "application/json"}
    stage.provider.behaviours["/userinfo"] = lambda _: Reply(200, fields, body)
    visitor = stage.stranger()

    answer = visitor.login()

    assert answer.status in (403, 500, 502, 503)
    assert answer.one("Content-Type") == "text/html; charset=utf-8"
    assert visitor.ask("/oauth2/auth").status == 401


def test_e19_signed_userinfo_of_a_stranger(open_stage: OpenStage) -> None:
    """
    Signed userinfo is verified.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["email"] = None
    forged = SigningKey("k1").sign({"sub": "user-1", "email": "root@example.com"})
    stage.provider.behaviours["/userinfo"] = lambda _: Reply(
        200, {"Content-Type": "application/jwt"}, forged.encode()
    )

    assert stage.stranger().login().status in (403, 500)


@pytest.mark.parametrize("flag", [False, "false", 0, "no", "", [], {}])
def test_e21_unverified_address(open_stage: OpenStage, flag: Any) -> None:
    """
    An address that the provider does not vouch for lets nobody in.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["email_verified"] = flag
    visitor = stage.stranger()

    assert visitor.login().status in (403, 500)
    assert visitor.ask("/oauth2/auth").status == 401


COMPANY = """
insecure_oidc_skip_nonce = false
email_domains = ["company.com", ".below.com", "*.under.com"]
"""
ADDRESSES = [
    "attacker@evil.com@company.com",
    "attacker@evil.com@a.below.com",
    "@company.com",
    "a@company.com\n",
    "a@company.com\0",
    "a@evil.com\n@company.com",
    "a@company.com.",
    '"a@evil.com"@company.com',
    "a@cоmpany.com",  # a Cyrillic o
    "a@xn--cmpany-0ra.com",
    " a@company.com",
    "a@company.com ",
    "a@company.com,b@evil.com",
    "a@evil.com\t.below.com",
    "a@evil.com\0.below.com",
    "a@xbelow.com",
    "a@below.com",
    "a@under.com.evil.com",
    "company.com",
    "a@",
    "@",
    "",
]


@pytest.mark.parametrize("email", ADDRESSES, ids=range(len(ADDRESSES)))
def test_e22_addresses_that_look_right(open_stage: OpenStage, email: str) -> None:
    """
    E22, E23: an address comes in by its domain, exactly.
    """
    stage = open_stage(COMPANY)
    stage.provider.claims["email"] = email
    stage.provider.userinfo["email"] = email
    visitor = stage.stranger()

    answer = visitor.login()

    assert answer.status in (403, 500)
    assert visitor.ask("/oauth2/auth").status == 401


@pytest.mark.parametrize("email", ["a@company.com", "A@COMPANY.COM", "x+y@b.below.com"])
def test_e23_addresses_that_are_right(open_stage: OpenStage, email: str) -> None:
    """
    Case does not count, and domains below count where they are meant.
    """
    stage = open_stage(COMPANY)
    stage.provider.claims["email"] = email

    assert stage.stranger().login().status == 302


@pytest.mark.parametrize("domain", ["company.com", ".company.com", "*.company.com"])
def test_e22_query_takes_no_second_at(open_stage: OpenStage, domain: str) -> None:
    """
    The constraint of a query reads addresses in the same way.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["email"] = "attacker@evil.com@a.company.com"
    visitor = stage.stranger().signed_in()

    answer = visitor.ask(f"/oauth2/auth?allowed_email_domains={domain}")

    assert answer.status == 403


REFRESHING = 'cookie_refresh = "1s"\n'


def _refresh(stage: Stage, reply: Callable[[Call], Reply]) -> None:
    honest = stage.provider.redeem

    def redeem(call: Call) -> Reply:
        refreshes = call.value("grant_type") == "refresh_token"
        return reply(call) if refreshes else honest(call)

    stage.provider.behaviours["/token"] = redeem


def _refreshes(stage: Stage) -> int:
    calls = stage.provider.called("/token")
    return len([c for c in calls if c.value("grant_type") == "refresh_token"])


def _ends(visitor: Visitor) -> None:
    until(lambda: visitor.ask("/oauth2/auth").status == 401, "the session to end")


@pytest.mark.parametrize("changed", [{"sub": "user-2"}, {"iss": "https://other.test"}])
def test_e25_refresh_makes_nobody_else(
    open_stage: OpenStage, changed: dict[str, Any]
) -> None:
    """
    Refreshed tokens of another user or issuer end the session.
    """
    stage = open_stage(REFRESHING)
    visitor = stage.stranger().signed_in()
    stage.provider.claims.update(changed)

    _ends(visitor)
    assert _refreshes(stage) >= 1


@pytest.mark.parametrize("status", [200, 400, 401])
def test_e26_refused_refresh(open_stage: OpenStage, status: int) -> None:
    """
    A session that the provider ended is over at once.
    """
    stage = open_stage(REFRESHING)
    visitor = stage.stranger().signed_in()
    _refresh(stage, lambda _: reply_json({"error": "invalid_grant"}, status))

    _ends(visitor)
    assert _refreshes(stage) == 1


def test_e27_many_requests_at_the_refresh(open_stage: OpenStage) -> None:
    """
    Fifty requests with the same old cookie refresh once, and all succeed.
    """
    stage = open_stage(REFRESHING)
    visitor = stage.stranger().signed_in()
    honest = stage.provider.redeem
    used: list[str] = []

    def single_use(call: Call) -> Reply:
        used.append(call.value("refresh_token"))
        time.sleep(0.5)
        if len(used) > 1:
            return reply_json({"error": "invalid_grant"}, 400)
        return honest(call)

    _refresh(stage, single_use)
    time.sleep(2.1)

    with ThreadPoolExecutor(50) as threads:
        data = [("/page", visitor.cookie_field()[0])] * 50
        answers = list(threads.map(lambda each: ask(stage, *each), data))

    assert {answer.status for answer in answers} == {200}
    assert len(used) == 1


@pytest.mark.parametrize("groups", [[], ["Dev"], ["dev,ops"], ["dev "], "de", {"a": 1}])
def test_e29_outside_the_group(open_stage: OpenStage, groups: Any) -> None:
    """
    Where groups are asked for, only their members come in.
    """
    stage = open_stage(f'{NONCED}allowed_groups = ["dev"]')
    stage.provider.claims["groups"] = groups
    visitor = stage.stranger()

    assert visitor.login().status == 403
    assert visitor.ask("/oauth2/auth").status == 401


def test_e30_member_who_was_removed(open_stage: OpenStage) -> None:
    """
    Groups are judged again at the refresh.
    """
    stage = open_stage(f'{REFRESHING}allowed_groups = ["dev"]')
    visitor = stage.stranger().signed_in()
    assert visitor.ask("/oauth2/auth").status == 202
    stage.provider.claims["groups"] = ["guests"]

    _ends(visitor)
