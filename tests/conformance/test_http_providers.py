"""
The recorded cases on identity providers. Every type in the table takes part.
"""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve

from oauthproxy.access.decision import Rules
from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.errors import ProxyError, RefreshRefused, SettingsError
from oauthproxy.ports import Clock, FetchRequest, FetchResponse
from oauthproxy.providers import jsontext
from oauthproxy.providers.bearer import BearerIssuer
from oauthproxy.providers.calls import redact
from oauthproxy.providers.claims import Claims
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.table import PROVIDERS, make_provider
from oauthproxy.providers.verifier import algorithms
from oauthproxy.session.session import Session
from tests.conformance import casebook
from tests.conformance.casebook import Case
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import (
    ISSUER,
    IdP,
    ec_key,
    json_answer,
    metadata,
    provider_settings,
    public,
    rsa_key,
    sign,
)

HERE = Path(__file__).parent
DOCUMENTED = HERE.parents[1] / "docs" / "differences"
SECOND = 1_000_000_000

DIFFERENCES: dict[str, tuple[str, Case]] = {
    "token_auth-001": ("client-authentication", {"requests": 3}),
    "authorize-009": ("group-restrictions", {"authorized": False}),
}
"""What we answer instead, and the file that says why."""


def cases(topic: str) -> pytest.MarkDecorator:
    """
    Run a test for each case of a topic that is about a provider type.
    """
    return casebook.cases(
        topic, only=lambda case: case["config"].get("provider", "oidc") in PROVIDERS
    )


def expected(case: Case) -> Case:
    """
    Return what must come out: the recorded outcome, or our own.
    """
    return DIFFERENCES[case["id"]][1] if case["id"] in DIFFERENCES else case["expect"]


@pytest.mark.parametrize("name", sorted({name for name, _ in DIFFERENCES.values()}))
def test_differences_are_documented(name: str) -> None:
    """
    A purposeful difference is explained in the documentation.
    """
    assert (DOCUMENTED / f"{name}.rst").exists()


class Bench:
    """
    A provider under test, in front of a scripted one.
    """

    def __init__(self, case: Case) -> None:
        self.config = dict(case["config"])
        self.given = case["input"]
        self.issuer = self.config.setdefault("oidc_issuer_url", ISSUER)
        if self.config.get("provider") == "login.gov":
            self.config["jwt_key"] = rsa_key().export_to_pem(True, None).decode()
        discovered = self._discovered(self.config.pop("discovered", {}))
        self.idp = IdP.usual(self.issuer, **discovered)
        self.idp.at(f"{self.issuer}/keys", {"keys": [public(rsa_key())]})
        self.clock = FakeClock()
        self.provider = make_provider(
            provider_settings(**{"validate_url": "", **self.config}),
            self.idp,
            self.clock,
            CountingEntropy(),
            RecordingLog(),
            lambda path: b"ASSERTION",
            FakeGate,
        )

    def _discovered(self, given: Case) -> Case:
        """
        Return the endpoints of a discovery document: a profile URL only where the
        case speaks of one.
        """
        return {
            "authorization_endpoint": given.get("login_url", f"{ISSUER}/authorize"),
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": given.get(
                "profile_url", self.config.get("profile_url", "")
            ),
            "jwks_uri": f"{self.issuer}/keys",
        }

    def claims(self, name: str) -> Case | None:
        """
        Return the claims of a signed token, completed.
        """
        if name not in self.given:
            return None
        now = self.clock.now() // SECOND
        usual = {"iss": self.issuer, "aud": "cid", "iat": now, "exp": now + 300}
        told: dict[str, Any] = usual | json.loads(self.given[name])
        return told


@cases("effective_scope")
def test_effective_scope(case: Case) -> None:
    """
    The login URL asks for the scope that the reference asks for.
    """
    bench = Bench(case)

    url = run(bench.provider.login_url("https://app.test/cb", "s", "n", {}))

    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert query["scope"] == [expected(case)["scope"]]


@cases("authorize")
def test_authorize(case: Case) -> None:
    """
    A session passes the group rules of its provider's type as in the reference.
    """
    provider = Bench(case).provider
    groups = tuple(case["input"]["session_groups"])

    authorized = provider.authorize(Session(groups=groups))

    assert authorized == expected(case)["authorized"]


@cases("signing_algs")
def test_signing_algs(case: Case) -> None:
    """
    What is configured and what is announced make the list of algorithms.
    """
    try:
        found = algorithms(
            case["config"]["oidc_enabled_signing_algs"], case["input"]["discovered"]
        )
        outcome: Case = {"algs": list(found)}
    except SettingsError:
        outcome = {"start_error": True}

    assert outcome == expected(case)


@cases("nonce_hash")
def test_nonce_hash(case: Case) -> None:
    """
    The provider gets the hash of a nonce.
    """
    nonce = base64.b64decode(case["input"]["nonce_base64"])

    assert hash_nonce(nonce) == expected(case)["hash"]


@cases("redact_token")
def test_redact_token(case: Case) -> None:
    """
    Most of a token is cut from a URL before it is logged.
    """
    assert redact(case["input"]["url"]) == expected(case)["url"]


@cases("validate_request")
def test_validate_request(case: Case) -> None:
    """
    The validate URL of a plain provider gets the token in its query.
    """
    idp = IdP()
    provider = Provider(
        provider_settings(**case["config"]),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        lambda path: b"",
        FakeGate,
    )
    wanted = expected(case)["request"]
    idp.at(wanted, {})

    valid = run(provider.validate(Session(access_token=case["input"]["access_token"])))

    assert [request.url for request in idp.requests] == [url for url in [wanted] if url]
    assert valid == bool(wanted)


@cases("id_token")
def test_id_token(case: Case) -> None:
    """
    An ID token is accepted exactly when the reference accepts it.
    """
    config, given = dict(case["config"]), case["input"]
    issuer = config["oidc_issuer_url"]
    discovered = config.pop("discovered_algs", [])
    config.setdefault("oidc_jwks_url", f"{issuer}/keys")
    idp = IdP.usual(issuer, id_token_signing_alg_values_supported=discovered)
    kid = given.get("kid", "k1")
    rsa, ec = public(rsa_key()), public(ec_key())
    before = {"keys": [rsa, ec]}
    after = {"keys": [{**rsa, "kid": kid}, ec]}
    idp.at(f"{issuer}/keys", before, after)
    clock = FakeClock()
    settings = provider_settings(**config)
    checker = Issuer(
        settings.oidc, settings.client_id, idp, clock, lambda path: b"", FakeGate
    )
    token = signed_as(given, clock, kid)

    try:
        run(checker.verify(token))
        accepted = True
    except ProxyError:
        accepted = False

    assert accepted == expected(case)["accepted"]


def signed_as(given: Case, clock: Clock, kid: str) -> str:
    now = clock.now() // SECOND
    claims = {
        name.removesuffix("_in"): now + value if name.endswith("_in") else value
        for name, value in given["claims"].items()
    }
    if given["alg"] == "none":
        parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
        encoded = [base64.urlsafe_b64encode(p.encode()).decode() for p in parts]
        return ".".join([part.rstrip("=") for part in encoded] + [""])
    if given["alg"] == "ES256":
        return sign(claims, ec_key())
    foreign = given.get("signed_by") == "foreign"
    return sign(claims, rsa_key("foreign") if foreign else rsa_key(), kid=kid)


@cases("claim")
def test_claim(case: Case) -> None:
    """
    A claim is found and read as the reference does.
    """
    given = case["input"]
    asked = []

    async def userinfo() -> Case:
        asked.append(1)
        if given.get("userinfo_status", 200) != 200:
            raise ProxyError("userinfo failed")
        return jsontext.parse_object(given["userinfo_json"])

    can_ask = "userinfo_json" in given or "userinfo_status" in given
    claims = Claims(
        jsontext.parse_object(given["id_token_json"]), userinfo if can_ask else None
    )
    reading = {"string": claims.text, "list": claims.texts, "bool": claims.flag}

    try:
        found = run(claims.find(given["claim"])) is not None
        outcome: Case = {"found": found}
        if found:
            value = run(reading[given["into"]](given["claim"]))
            outcome["value"] = list(value) if isinstance(value, tuple) else value
        if "userinfo_requests" in case["expect"]:
            outcome["userinfo_requests"] = len(asked)
    except ProxyError:
        outcome = {"error": True}

    assert outcome == expected(case)


# ---- how the token endpoint is called


class PickyEndpoint:
    """
    A token endpoint that takes one way of authentication, around a scripted provider.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.requests: list[FetchRequest] = []
        bench.provider.fetcher = self
        bench.provider.token_endpoint._fetcher = self

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        if request.method != "POST":
            return await self.bench.idp.fetch(request)
        self.requests.append(request)
        if self._way(request) != self.bench.given["endpoint_accepts"]:
            return json_answer({"error": "invalid_client"}, 401)
        now = self.bench.clock.now() // SECOND
        claims = {"iss": self.bench.issuer, "aud": "cid", "sub": "u", "iat": now}
        claims |= {"exp": now + 300, "email": "kim@x.test", "email_verified": True}
        claims["aud"] = self.bench.config["client_id"]
        return json_answer({"access_token": sign(claims), "id_token": sign(claims)})

    def _way(self, request: FetchRequest) -> str:
        form = dict(request.form or ())
        if any(name == "Authorization" for name, _ in request.fields):
            return "basic"
        return "assertion" if "client_assertion" in form else "post"


@cases("token_auth")
def test_token_auth(case: Case) -> None:
    """
    The client authenticates at the token endpoint as in the reference.
    """
    bench = Bench(case)
    endpoint = PickyEndpoint(bench)

    outcome = "ok"
    for _ in range(bench.given.get("logins", 1)):
        try:
            if bench.given.get("stage") == "refresh":
                run(bench.provider.refresh(Session(refresh_token="RT")))
            else:
                run(bench.provider.redeem("https://app.test/cb", "code", ""))
        except ProxyError:
            outcome = "error"

    wanted = dict(expected(case))
    first = endpoint.requests[0]
    form = dict(first.form or ())
    assert len(endpoint.requests) == wanted.pop("requests")
    assert outcome == wanted.pop("result", "ok")
    if "first_authorization" in wanted:
        fields = dict(first.fields)
        assert fields.get("Authorization", "") == wanted.pop("first_authorization")
    assert not [name for name in wanted.pop("first_body_has", []) if name not in form]
    assert not [name for name in wanted.pop("first_body_lacks", []) if name in form]
    assert not wanted


# ---- sessions that providers make


class Stage:
    """
    One step of a provider's life, as a case scripts it.
    """

    def __init__(self, case: Case) -> None:
        self.bench = Bench(case)
        self.given = self.bench.given
        self.provider = self.bench.provider
        self.id_token = self._signed("id_token_json")
        self.access_token = self._signed("access_token_json")
        self._script_answers()

    def _signed(self, name: str) -> str:
        claims = self.bench.claims(name)
        return "" if claims is None else sign(claims)

    def _script_answers(self) -> None:
        idp = self.bench.idp
        run(self.provider.prepare())
        if "token_response_json" in self.given:
            idp.at(
                self.provider.endpoints.redeem,
                self._token_response(),
                method="POST",
            )
        if "userinfo_json" in self.given or "userinfo_status" in self.given:
            body = json.loads(self.given.get("userinfo_json", "{}"))
            status = self.given.get("userinfo_status", 200)
            idp.at(self.userinfo_url(), json_answer(body, status))
        for answer in self.given.get("api", []):
            method, url = answer["request"].split(" ", 1)
            value = json.loads(answer.get("json", "{}"))
            idp.at(url, json_answer(value, answer["status"]), method=method)

    def userinfo_url(self) -> str:
        return self.provider.endpoints.profile or f"{ISSUER}/userinfo"

    def _token_response(self) -> Case:
        response: Case = json.loads(self.given["token_response_json"])
        for name in ("id_token", "access_token"):
            if response.get(name) == "<signed>":
                response[name] = getattr(self, name)
        return response

    def go(self) -> tuple[str, Session | None]:
        """
        Return the kind of outcome, and the session.
        """
        return getattr(self, f"_{self.given['stage']}")()  # type: ignore[no-any-return]

    def _login(self) -> tuple[str, Session | None]:
        session = run(self.provider.redeem("https://app.test/cb", "code", ""))
        return "ok", run(self.provider.enrich(session))

    def _refresh(self) -> tuple[str, Session | None]:
        before = Session(**_frozen(self.given["session"]))
        after = run(self.provider.refresh(before))
        return ("refreshed", after) if after is not None else ("not_refreshed", before)

    def _validate(self) -> tuple[str, Session | None]:
        session = Session(id_token=self.id_token, access_token="AT")
        return ("valid" if run(self.provider.validate(session)) else "invalid"), None

    def _bearer(self) -> tuple[str, Session | None]:
        for pair in self.bench.config.get("extra_jwt_issuers", []):
            return "ok", run(self._extra(pair).session_from_token(self.id_token))
        return "ok", run(self.provider.session_from_token(self.id_token))

    def _extra(self, pair: str) -> BearerIssuer:
        issuer = pair.partition("=")[0]
        self.bench.idp.at(
            f"{issuer}/.well-known/openid-configuration", metadata(issuer)
        )
        self.bench.idp.at(f"{issuer}/keys", {"keys": [public(rsa_key())]})
        return BearerIssuer(
            pair,
            self.provider.settings.oidc,
            self.bench.idp,
            self.bench.clock,
            lambda path: b"",
            FakeGate,
        )


def _frozen(members: Case) -> Case:
    return {n: tuple(v) if isinstance(v, list) else v for n, v in members.items()}


@cases("provider_session")
def test_provider_session(case: Case) -> None:
    """
    A provider makes, renews and judges sessions as in the reference.
    """
    stage = Stage(case)
    alpha: Case = {
        name: tuple(stage.bench.config[name])
        for name in ("additional_claims",)
        if name in stage.bench.config
    }
    stage.provider.settings = evolve(stage.provider.settings, **alpha)

    try:
        outcome, session = stage.go()
    except (ProxyError, RefreshRefused):
        outcome, session = "error", None

    wanted = dict(expected(case))
    assert outcome == wanted.pop("result", "ok")
    for name, value in _frozen(wanted.pop("session", {})).items():
        value = stage.id_token if value == "<token>" else value
        assert getattr(session, name) == value, name
    if "userinfo_requests" in wanted:
        asked = stage.bench.idp.asked(stage.userinfo_url())
        assert len(asked) == wanted.pop("userinfo_requests")
    if "authorized" in wanted:
        assert session is not None
        rules = Rules(authorized=stage.provider.authorize)
        assert rules.admits(session) == wanted.pop("authorized")
    for name, value in wanted.pop("request_headers", []):
        scripted = [answer["request"] for answer in stage.given["api"]]
        for request in stage.bench.idp.requests:
            if f"{request.method} {request.url}" in scripted:
                assert dict(request.fields)[name] == value
    assert not wanted
