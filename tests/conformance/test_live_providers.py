"""
What becomes of a login at each type of provider, over real sockets and TLS.
"""

import json
from typing import Any

import pytest

from oauthproxy.session.session import Session
from tests.conformance.houses import Houses
from tests.conformance.internet import Internet
from tests.conformance.peers import ask, browser
from tests.conformance.recorded import of
from tests.conformance.visits import ISSUER, Visit, completed, log_in, publish
from tests.integration.harness.provider import Call, Reply, reply_json
from tests.integration.harness.upstream import Upstream
from tests.live import Answered, LiveHouse, await_
from tests.unit.providers.idp import sign

Case = dict[str, Any]

HOUR = 3600 * 10**9


class Stage:
    """
    A house with the provider of a case, in front of an Internet that answers as the
    case says.
    """

    def __init__(
        self, case: Case, houses: Houses, internet: Internet, application: Upstream
    ) -> None:
        houses.close()  # what runs has learned another document
        self.given, self.internet = case["input"], internet
        self.application = application
        config = {"insecure_oidc_skip_nonce": True, **case["config"]}
        self.issuer = config.setdefault("oidc_issuer_url", ISSUER)
        self._publish(config)
        self.house = self._house(houses, config)
        self.id_token = self._signed("id_token_json")
        self.access_token = self._signed("access_token_json")
        self._script()

    def _publish(self, config: Case) -> None:
        discovered = config.pop("discovered", {})
        publish(
            self.internet,
            self.issuer,
            authorization_endpoint=discovered.get("login_url", f"{ISSUER}/authorize"),
            userinfo_endpoint=discovered.get(
                "profile_url", config.get("profile_url", "")
            ),
        )
        for pair in config.get("extra_jwt_issuers", []):
            publish(self.internet, pair.partition("=")[0])

    def _house(self, houses: Houses, config: Case) -> LiveHouse:
        stage = self.given.get("stage", "login")
        config["upstreams"] = [self.application.url]
        config |= {"pass_access_token": True, "pass_authorization_header": True}
        if stage == "bearer":
            config["skip_jwt_bearer_tokens"] = True
        elif stage in ("refresh", "validate"):
            config["cookie_refresh"] = "1m"
        additional = config.pop("additional_claims", None)
        if additional:
            return self._alpha(houses, additional)
        return houses.plain(**config)

    def _alpha(self, houses: Houses, additional: list[str]) -> LiveHouse:
        provider = {
            "id": "idp",
            "provider": "oidc",
            "clientID": "cid",
            "clientSecret": "secret",
            "caFiles": [houses.authority],
            "oidcConfig": {"issuerURL": self.issuer, "insecureSkipNonce": True},
            "additionalClaims": additional,
        }
        return houses.alpha(providers=[provider])

    def _signed(self, name: str) -> str:
        if name not in self.given:
            return ""
        claims = {**completed({}), "iss": self.issuer}
        del claims["sub"]
        return sign({**claims, **json.loads(self.given[name])})

    def _script(self) -> None:
        provider = self.house.house.provider
        await_(provider.prepare())
        known = provider.endpoints
        self.token_url = known.redeem or f"{ISSUER}/token"
        if known.validate:
            self.internet.at(known.validate, {})
        if "token_response_json" in self.given:
            self.internet.at(self.token_url, self._grant(), method="POST")
        self.userinfo = known.profile or f"{ISSUER}/userinfo"
        if "userinfo_json" in self.given or "userinfo_status" in self.given:
            told = json.loads(self.given.get("userinfo_json", "{}"))
            status = self.given.get("userinfo_status", 200)
            self.internet.at(self.userinfo, told, status=status)
        for answer in self.given.get("api", []):
            method, url = answer["request"].split(" ", 1)
            told = json.loads(answer.get("json", "{}"))
            self.internet.at(url, told, method=method, status=answer["status"])

    def _grant(self) -> Case:
        grant: Case = {"token_type": "Bearer"}
        grant |= json.loads(self.given["token_response_json"])
        for name in ("id_token", "access_token"):
            if grant.get(name) == "<signed>":
                grant[name] = getattr(self, name)
        return grant

    def returning(self, **known: Any) -> tuple[Visit, Answered]:
        """
        Let a browser ask for a page whose session is an hour old.
        """
        created_at = self.house.clock.now() - HOUR
        members = {"email": "kim@x.test", **known, "created_at": created_at}
        asked = {"input": {"session": members}}
        ((_, cookie),) = browser(self.house, asked)
        visit = Visit(self.house, dict([cookie.split("=", 1)]))
        return visit, visit.ask("/")


@pytest.fixture
def stage(
    request: pytest.FixtureRequest,
    houses: Houses,
    internet: Internet,
    application: Upstream,
) -> Stage:
    """
    The stage of the test's case.
    """
    case = request.node.callspec.params["case"]
    return Stage(case, houses, internet, application)


def at(name: str) -> pytest.MarkDecorator:
    """
    Run a test for each case of a stage in a session's life.
    """
    return of("provider_session", only=lambda case: case["input"]["stage"] == name)


@at("login")
def test_login(case: Case, stage: Stage) -> None:
    """A login makes the session that the reference makes, or none."""
    wanted = dict(case["expect"])
    known = wanted.get("session", {})
    visit = Visit(stage.house)

    answered = log_in(visit)

    comes_in = (
        wanted.get("result") == "ok"
        and wanted.get("authorized", True)
        and known.get("email", "some") != ""
    )
    assert (answered.status == 302) == comes_in
    if comes_in:
        check_session(visit.session(), known, stage)
    for name, value in wanted.get("request_headers", []):
        for answer in case["input"]["api"]:
            (call,) = stage.internet.asked(answer["request"].partition(" ")[2])
            assert call.fields[name.lower()] == value


def check_session(session: Session, known: Case, stage: Stage) -> None:
    """
    Compare a session with what is known of it.
    """
    for name, value in known.items():
        wanted = tuple(value) if isinstance(value, list) else value
        assert getattr(session, name) == wanted, name


@at("bearer")
def test_bearer(case: Case, stage: Stage) -> None:
    """A token makes the session that the reference makes of it; applications are
    told."""
    headers = [["Authorization", f"Bearer {stage.id_token}"]]

    answered = ask(stage.house, {"input": {"headers": headers}})

    assert (answered.status == 200) == (case["expect"]["result"] == "ok")
    known = case["expect"].get("session", {})
    for name, value in known.items():
        if name in TOLD and value:
            text = ",".join(value) if isinstance(value, list) else value
            text = text.replace("<token>", stage.id_token)
            assert stage.application.last().all(TOLD[name]) == [text]
    asked = len(stage.internet.asked(stage.userinfo))
    assert asked == case["expect"].get("userinfo_requests", asked)


TOLD = {
    "user": "X-Forwarded-User",
    "email": "X-Forwarded-Email",
    "groups": "X-Forwarded-Groups",
    "access_token": "X-Forwarded-Access-Token",
}


@at("refresh")
def test_refresh(case: Case, stage: Stage) -> None:
    """A session is renewed as in the reference, stays as it was, or has ended."""
    old = sign(completed({"email": "kim@x.test"}, sub="u-17"))
    known = {**case["input"]["session"], "id_token": old}

    visit, answered = stage.returning(**known)

    wanted, result = case["expect"].get("session", {}), case["expect"]["result"]
    if result == "error":
        assert (answered.status, visit.cookies) == (403, {})
        return
    assert answered.status == 200
    assert stage.application.last().all(TOLD["access_token"]) == [
        wanted["access_token"]
    ]
    assert bool(answered.all("Set-Cookie")) == (result == "refreshed")
    for name, value in wanted.items():
        text = old if value == "OLDID" else value
        kept = tuple(text) if isinstance(text, list) else text
        assert getattr(visit.session(), name) == kept


@at("validate")
def test_validate(case: Case, stage: Stage) -> None:
    """A session that its provider does not stand by any more has ended."""
    visit, answered = stage.returning(id_token=stage.id_token, access_token="AT")

    valid = case["expect"]["result"] == "valid"
    assert answered.status == (200 if valid else 403)
    assert bool(visit.cookies) == valid


@of("entra_issuer")
def test_issuer_names_its_tenant(
    case: Case, houses: Houses, internet: Internet, application: Upstream
) -> None:
    """A session of a tenant that is allowed lasts; one of no tenant ends."""
    iss, tenant = case["input"]["iss"], case["expect"]["tenant"]
    config = {
        "provider": "entra-id",
        "oidc_issuer_url": "https://login.microsoftonline.com/T1/v2.0",
        "insecure_oidc_skip_issuer_verification": True,
        "entra_id_allowed_tenants": [tenant] if tenant else [],
    }
    claims = json.dumps({"iss": iss, "sub": "u", "email": "kim@x.test"})
    given = {"stage": "validate", "id_token_json": claims}
    stage = Stage({"config": config, "input": given}, houses, internet, application)

    _, answered = stage.returning(id_token=stage.id_token, access_token="AT")

    assert answered.status == (200 if tenant else 403)


@of("validate_request", but=["validate_request-003"])
def test_validate_request(
    case: Case, houses: Houses, internet: Internet, application: Upstream
) -> None:
    """The validate URL of a plain provider gets the token in its query."""
    config = {"provider": "bitbucket", **case["config"]}
    staged = {"config": config, "input": {"stage": "validate"}}
    stage = Stage(staged, houses, internet, application)
    internet.forget()
    url = case["expect"]["request"]
    internet.at(url, {})

    _, answered = stage.returning(**case["input"])

    assert [called for called, _ in internet.calls] == [f"GET {url}"]
    assert answered.status == 200


@of("validate_request", only=lambda case: not case["expect"]["request"])
def test_without_a_validate_url(
    case: Case, houses: Houses, internet: Internet, application: Upstream
) -> None:
    """A type without a place where tokens are judged signs nobody in, unless one is
    configured."""
    profile = "https://api.test/account"
    config = {
        "provider": "nextcloud",
        "login_url": f"{ISSUER}/authorize",
        "redeem_url": f"{ISSUER}/token",
        "profile_url": profile,
        **case["config"],
    }
    stage = Stage({"config": config, "input": {}}, houses, internet, application)
    internet.forget()
    account = {"id": "kim", "email": "kim@x.test", "groups": []}
    internet.at(profile, {"ocs": {"data": account}})
    grant = {"access_token": "T", "token_type": "Bearer"}
    internet.at(stage.token_url, grant, method="POST")

    answered = log_in(Visit(stage.house))

    asked = [f"POST {stage.token_url}", f"GET {profile}"]
    assert [called for called, _ in internet.calls] == asked
    assert answered.status == 403


class PickyEndpoint:
    """
    A token endpoint that takes one way of authentication.
    """

    def __init__(self, accepts: str) -> None:
        self.accepts = accepts
        self.calls: list[Call] = []
        self.accepted = 0

    def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        way = "assertion" if "client_assertion" in call.form else "post"
        if "authorization" in call.fields:
            way = "basic"
        if way != self.accepts:
            return reply_json({"error": "invalid_client"}, 401)
        self.accepted += 1
        claims = completed({"email": "kim@x.test"}, aud=["my client", "cid"])
        token = sign(claims)
        return reply_json(
            {"access_token": token, "id_token": token, "token_type": "Bearer"}
        )


@of("token_auth")
def test_token_auth(
    case: Case,
    houses: Houses,
    internet: Internet,
    application: Upstream,
) -> None:
    """The client authenticates at the token endpoint as in the reference."""
    given, wanted = case["input"], dict(case["expect"])
    stage = Stage(case, houses, internet, application)
    endpoint = PickyEndpoint(given["endpoint_accepts"])
    internet.at(stage.token_url, endpoint, method="POST")

    for _ in range(given.get("logins", 1)):
        if given.get("stage") == "refresh":
            stage.returning(refresh_token="RT")
        else:
            log_in(Visit(stage.house))

    first = endpoint.calls[0]
    assert len(endpoint.calls) == wanted.pop("requests")
    assert bool(endpoint.accepted) == (wanted.pop("result", "ok") == "ok")
    if "first_authorization" in wanted:
        sent = first.fields.get("authorization", "")
        assert sent == wanted.pop("first_authorization")
    assert not [n for n in wanted.pop("first_body_has", []) if n not in first.form]
    assert not [n for n in wanted.pop("first_body_lacks", []) if n in first.form]
    assert not wanted
