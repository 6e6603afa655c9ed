"""
Logging in and out at a live house, with a scripted provider behind TLS.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from oauthproxy.login.state import State, decode_state, encode_state
from tests.conformance.houses import Houses
from tests.conformance.internet import Internet
from tests.conformance.peers import browser
from tests.conformance.recorded import of
from tests.conformance.test_http_providers import signed_as
from tests.conformance.visits import (
    GOOD,
    ISSUER,
    Visit,
    clears,
    completed,
    granting,
    log_in,
    publish,
    sets,
)
from tests.live import Answered, TurnedClock
from tests.unit.providers.idp import ec_key, public, rsa_key

Case = dict[str, Any]

TOKEN = f"{ISSUER}/token"


class Returning:
    """
    A browser that comes back from the provider as a case wants it to.
    """

    def __init__(self, case: Case, houses: Houses, internet: Internet) -> None:
        self.given = case["input"]
        self.encoded = case["config"].get("encode_state", False)
        publish(internet)
        house = houses.plain(
            provider="oidc",
            oidc_issuer_url=ISSUER,
            **case["config"],
        )
        self.visit = Visit(house)
        self.query = self.visit.begin()
        self.cookie = self._cookie(self.given.get("csrf", "valid"))
        claims = completed(self.given.get("id_token", GOOD))
        nonce = self.given.get("id_token_nonce", self.query.get("nonce"))
        if nonce:
            claims["nonce"] = nonce
        internet.at(TOKEN, granting(claims), method="POST")

    def _cookie(self, kind: str) -> str:
        ((name, value),) = self.visit.cookies.items()
        if kind == "other":
            self.visit.begin()
            ((name, value),) = self.visit.cookies.items()
        sent = {
            "none": "",
            "tampered": f"{name}={value[1:]}{value[0]}",
            "broken_then_valid": f"{name}=broken; {name}={value}",
        }
        return sent.get(kind, f"{name}={value}")

    def come(self) -> Answered:
        names = ("error", "error_description", "code", "state")
        sent = {name: self.given[name] for name in names if name in self.given}
        if "state_redirect" in self.given:
            sent["state"] = self._state(self.given["state_redirect"])
        method = self.given.get("method", "GET")
        return self.visit.come_back(sent, method, cookie=self.cookie)

    def _state(self, redirect: str) -> str:
        state = decode_state(self.query["state"], encoded=self.encoded)
        assert state is not None
        return encode_state(State(state.nonce, redirect), encoded=self.encoded)


@of("callback")
def test_callback(case: Case, houses: Houses, internet: Internet) -> None:
    """A callback ends as the reference's does."""
    returning = Returning(case, houses, internet)

    answered = returning.come()

    wanted = dict(case["expect"])
    check_answer(answered, wanted)
    forms = [call.form for call in internet.asked(TOKEN, "POST")]
    challenge = returning.query.get("code_challenge")
    assert challenge is None or [*map(challenge_of, forms)] == [challenge]
    check_forms(forms, wanted)
    assert not wanted


def challenge_of(form: Mapping[str, list[str]]) -> str:
    """
    Return the challenge that a verifier answers (RFC 7636, 4.6).
    """
    digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def check_answer(answered: Answered, wanted: Case) -> None:
    """
    Compare an answer with what is wanted of it, and take that out of `wanted`.
    """
    text, location = answered.body.decode(), answered.first("Location")
    assert answered.status == wanted.pop("status", answered.status)
    assert location == wanted.pop("location", location)
    for part in wanted.pop("body_contains", []):
        assert part in text
    for part in wanted.pop("body_not_contains", []):
        assert part not in text
    assert sets(answered) == wanted.pop("sets", sets(answered))
    cleared = set(clears(answered))
    assert cleared == set(wanted.pop("clears", cleared))
    pattern = wanted.pop("clears_pattern", "")
    assert not pattern or any(re.search(pattern, each) for each in cleared)


def check_forms(forms: list[Any], wanted: Case) -> None:
    """
    Compare what the token endpoint was asked, and take that out of `wanted`.
    """
    assert len(forms) == wanted.pop("token_requests", len(forms))
    assert not [n for n in wanted.pop("token_form_has", []) if n not in forms[-1]]
    assert not [n for n in wanted.pop("token_form_lacks", []) if n in forms[-1]]
    if "code_verifier_length" in wanted:
        assert len(forms[-1]["code_verifier"][0]) == wanted.pop("code_verifier_length")


@of("state_decode")
def test_state_comes_back(case: Case, houses: Houses) -> None:
    """A state that cannot be read is an error, a readable one lacks its login."""
    visit = Visit(houses.usual(case["config"]))

    answered = visit.come_back({"state": case["input"]["state"], "code": "good"})

    unreadable = case["expect"].get("error", False)
    assert answered.status == (500 if unreadable else 403)
    target = case["expect"].get("redirect", "/")
    if target.startswith("/"):
        assert f"/oauth2/start?rd={target.replace('/', '%2F')}".encode() in (
            answered.body
        )


@of("sign_out")
def test_sign_out(case: Case, houses: Houses, internet: Internet) -> None:
    """Signing out ends the session here and, where asked for, at the provider."""
    given = case["input"]
    backend = case["config"].get("backend_logout_url", "")
    if backend:
        internet.at(backend, {}, status=given.get("backend_status", 200))
    house = houses.usual(case["config"])
    cookie = "".join(value for _, value in browser(house, case))

    answered = Visit(house).ask(
        f"/oauth2/sign_out?{given.get('query', '')}",
        headers=given.get("headers", []),
        cookie=cookie,
    )

    wanted = dict(case["expect"])
    if "backend_request" in wanted:
        asked = [f"GET {backend}"] * len(internet.asked(backend))
        assert asked == [each for each in [wanted.pop("backend_request")] if each]
    check_answer(answered, wanted)
    assert not wanted


@of("id_token")
def test_id_token(case: Case, houses: Houses, internet: Internet) -> None:
    """A login ends well exactly when the reference accepts its ID token."""
    houses.close()  # one that runs has learned another document and other keys
    config, given = dict(case["config"]), case["input"]
    issuer = config["oidc_issuer_url"]
    algorithms = config.pop("discovered_algs", ["RS256"])
    publish(internet, issuer, id_token_signing_alg_values_supported=algorithms)
    publish_keys(internet, issuer, given.get("kid", "k1"))
    if config.get("skip_oidc_discovery"):
        places = {"login_url": "authorize", "redeem_url": "token"}
        config |= {name: f"{ISSUER}/{path}" for name, path in places.items()}
        config["oidc_jwks_url"] = f"{issuer}/keys"
    claims = {**given["claims"], "email": "kim@x.test", "iat_in": 0}
    token = signed_as(
        {**given, "claims": claims}, TurnedClock(), given.get("kid", "k1")
    )
    house = houses.plain(provider="oidc", insecure_oidc_skip_nonce=True, **config)
    grant = {"access_token": "AT", "token_type": "Bearer", "id_token": token}
    internet.at(TOKEN, grant, method="POST")

    answered = log_in(Visit(house))

    assert (answered.status == 302) == case["expect"]["accepted"]


def publish_keys(internet: Internet, issuer: str, kid: str) -> None:
    """
    Let an issuer have one key of each kind; the first is known by another identity
    later on.
    """
    rsa, ec = public(rsa_key()), public(ec_key())
    after = {"keys": [{**rsa, "kid": kid}, ec]}
    internet.at(f"{issuer}/keys", {"keys": [rsa, ec]}, after)


@of("claim", but=["claim-003"])
def test_claim(case: Case, houses: Houses, internet: Internet) -> None:
    """A login finds the claim that an option names, and reads it as the reference."""
    given, expect = case["input"], case["expect"]
    userinfo = "userinfo_json" in given or "userinfo_status" in given
    place = f"{ISSUER}/userinfo" if userinfo else ""
    publish(internet, userinfo_endpoint=place)
    if userinfo:
        answer = json.loads(given.get("userinfo_json", "{}"))
        internet.at(place, answer, status=given.get("userinfo_status", 200))
    options, claims = READ[given["into"]](given)
    internet.at(TOKEN, granting(completed(claims)), method="POST")
    visit = Visit(
        houses.plain(
            provider="oidc",
            oidc_issuer_url=ISSUER,
            insecure_oidc_skip_nonce=True,
            **options,
        )
    )

    answered = log_in(visit)

    found = expect.get("found", False) and expect["value"] is not False
    assert (answered.status == 302) == found
    if found:
        session = visit.session()
        read = {"string": session.email, "list": list(session.groups), "bool": True}
        assert read[given["into"]] == expect["value"]
    asked = len(internet.asked(place))
    assert asked == expect.get("userinfo_requests", asked)


def as_address(given: Case) -> tuple[Case, Case]:
    return {"oidc_email_claim": given["claim"]}, json.loads(given["id_token_json"])


def as_groups(given: Case) -> tuple[Case, Case]:
    claims = {"email": "kim@x.test", **json.loads(given["id_token_json"])}
    return {"oidc_groups_claim": given["claim"]}, claims


def as_verified(given: Case) -> tuple[Case, Case]:
    value = json.loads(given["id_token_json"])[given["claim"]]
    return {}, {"email": "kim@x.test", "email_verified": value}


READ = {"string": as_address, "list": as_groups, "bool": as_verified}
"""Where a login reads a claim of this kind: options, and the claims of the token."""
