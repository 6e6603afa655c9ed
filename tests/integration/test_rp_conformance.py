"""
What the OpenID Foundation's relying-party tests demand, module by module.

Every test is named after its module (prefix `oidcc-client-test`), itself or by its
case; `MODULES` says which belong to which plan. As there, a login that should pass ends
with a call of userinfo, one that should not calls nothing after the token endpoint; for
us it also ends on an error page without a session.
"""

import base64
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import OpenStage
from tests.integration.harness.client import Answer
from tests.integration.harness.ports import until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import (
    CLIENT,
    CLIENT_SECRET,
    Call,
    Provider,
    Reply,
    reply_json,
)
from tests.integration.harness.stage import HOST, Stage, configuration
from tests.integration.harness.tokens import SigningKey, encode, unsigned
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor, parameters

OPTIONS = """
insecure_oidc_skip_nonce = false
code_challenge_method = "S256"
scope = "openid email profile phone address"
"""


FORM = 'auth_request_response_mode = "form_post"\ncookie_csrf_samesite = "none"\n'
BASIC = (
    "plain",
    "invalid-iss",
    "missing-sub",
    "invalid-aud",
    "missing-aud",
    "missing-iat",
    "kid-absent-single-jwks",
    "kid-absent-multiple-jwks",
    "idtoken-sig-rs256",
    "idtoken-sig-none",
    "invalid-sig-rs256",
    "invalid-sig-es256",
    "invalid-sig-hs256",
    "userinfo-invalid-sub",
    "nonce-invalid",
    "scope-userinfo-claims",
    "client-secret-basic",
)
MODULES: dict[str, tuple[str, ...]] = {
    "oidcc-client-basic-certification-test-plan": BASIC,
    "oidcc-client-formpost-basic-certification-test-plan": (*BASIC, "form-post-error"),
    "oidcc-client-config-certification-test-plan": (
        "discovery-openid-config",
        "discovery-jwks-uri-keys",
        "discovery-issuer-mismatch",
        "idtoken-sig-none",
        "signing-key-rotation-just-before-signing",
        "signing-key-rotation",
    ),
    "oidcc-client-refreshtoken-test-plan": (
        "refresh-token",
        "refresh-token-invalid-issuer",
        "refresh-token-invalid-sub",
    ),
    "oidcc-client-test-3rd-party-init-login-test-plan": ("3rd-party-init-login",),
    "oidcc-client-rp-initiated-logout-rp-basic": (
        "rp-init-logout",
        "rp-init-logout-other-state",
        "rp-init-logout-no-state",
    ),
}


BY_FORM_AS_WELL = frozenset({"rp", "answers"})
"""The fixtures by which a test is played once by query and once by form."""


def _tests(uses: frozenset[str]) -> set[str]:
    """
    Return the names of the tests here that use one of some fixtures, and of their
    cases.
    """
    names: set[str] = set()
    for name, test in globals().items():
        if not name.startswith("test_") or not uses & {*signature(test).parameters}:
            continue
        names.add(name.removeprefix("test_").replace("_", "-"))
        for mark in getattr(test, "pytestmark", []):
            names.update(mark.kwargs.get("ids") or map(str, mark.args[1]))
    return names


@pytest.mark.parametrize("plan", MODULES)
def test_every_module_has_a_test(plan: str) -> None:
    """
    No module of a plan is forgotten, and the form-post plan's are played by form.
    """
    uses = BY_FORM_AS_WELL
    if "formpost" not in plan:
        uses |= {"alone", "leaving"}

    assert set(MODULES[plan]) <= _tests(uses)


@pytest.fixture(params=["", FORM], ids=["query", "form"])
def answers(request: pytest.FixtureRequest) -> str:
    """
    How the provider's answers come: in the query (Basic RP), as a form (Form Post RP).
    """
    mode: str = request.param
    return mode


@pytest.fixture
def rp(open_stage: OpenStage, answers: str) -> Stage:
    """
    A proxy that needs userinfo: the ID token has no e-mail.
    """
    stage = open_stage(OPTIONS + answers)
    stage.provider.claims["email"] = None
    return stage


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Provider, Upstream, Path]]:
    """
    A provider of one's own that has not started, and an application.
    """
    provider = Provider()
    with Upstream() as upstream:
        yield provider, upstream, tmp_path
    provider.stop()


def _program(
    alone: tuple[Provider, Upstream, Path], options: str = ""
) -> tuple[Program, Visitor]:
    provider, upstream, folder = alone
    address = free_address()
    text = configuration(
        options, provider=provider.start(), upstream=upstream, port=address[1]
    )
    program = Program(text, folder=folder, address=address)
    return program, Visitor(address, HOST)


def _passes(stage: Stage) -> Visitor:
    visitor = stage.stranger().signed_in()

    assert stage.provider.calls[-1].path == "/userinfo"
    return visitor


def _rejects(stage: Stage) -> Answer:
    visitor = stage.stranger()

    answer = visitor.login()

    assert answer.status in (403, 500, 502, 503)
    assert not stage.provider.called("/userinfo")
    assert not [name for name in visitor.cookies if "csrf" not in name]
    assert stage.upstream.seen == []
    return answer


def test_plain(rp: Stage, answers: str) -> None:
    """
    A valid request with a nonce, the exact redirect URI and no fragment, then userinfo
    with the bearer in its header.
    """
    _passes(rp)

    asked = rp.provider.called("/authorize")[-1]
    told = rp.provider.calls[-1]
    assert "openid" in asked.value("scope").split()
    assert asked.value("redirect_uri") == f"http://{HOST}/oauth2/callback"
    assert re.fullmatch(r"[\w-]{22,}", asked.value("nonce"))
    assert asked.value("response_type") == "code"
    mode = "form_post" if answers else ""
    assert asked.value("response_mode") == mode
    assert told.fields["authorization"] == "Bearer access-1"
    assert "access_token" not in told.query


WRONG: dict[str, dict[str, Any]] = {
    "invalid-iss": {"iss": "https://other.test"},
    "missing-sub": {"sub": None},
    "invalid-aud": {"aud": f"{CLIENT}1"},
    "missing-aud": {"aud": None},
    "missing-iat": {"iat": None},
    "nonce-invalid": {"nonce": "nonce1"},
}


@pytest.mark.parametrize("module", WRONG)
def test_wrong_claims(rp: Stage, module: str) -> None:
    """
    An ID token with a wrong or missing claim is rejected.
    """
    rp.provider.claims.update(WRONG[module])

    _rejects(rp)


def test_kid_absent_multiple_jwks(
    alone: tuple[Provider, Upstream, Path], answers: str
) -> None:
    """
    Of many keys the right one is found without its name.
    """
    provider = alone[0]
    provider.claims["email"] = None
    provider.published = [SigningKey("a"), provider.key, SigningKey("b")]
    provider.header = {"kid": None}

    program, visitor = _program(alone, OPTIONS + answers)
    with program:
        visitor.signed_in()

    assert provider.calls[-1].path == "/userinfo"


def test_kid_absent_single_jwks(rp: Stage) -> None:
    """
    One key needs no name.
    """
    rp.provider.header = {"kid": None}

    _passes(rp)


def test_idtoken_sig_rs256(rp: Stage) -> None:
    """
    RS256 is accepted.
    """
    _passes(rp)


def _forged(provider: Provider, kind: str) -> str:
    head, body, _ = provider.id_tokens[-1].split(".")
    if kind == "none":
        return f"{unsigned({})[:-1].split('.')[0]}.{body}."
    if kind == "rs256":
        return f"{head}.{body}.{encode(b'x' * 256)}"
    first = encode(f'{{"alg":"{kind.upper()}","kid":"k1"}}'.encode())
    if kind == "es256":
        key = ec.generate_private_key(ec.SECP256R1())
        signed = key.sign(f"{first}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        return f"{first}.{body}.{encode(signed)}"
    mac = hashes.Hash(hashes.SHA256())
    mac.update(CLIENT_SECRET.encode() + f"{first}.{body}".encode())
    return f"{first}.{body}.{encode(mac.finalize())}"


@pytest.mark.parametrize(
    "module",
    ["idtoken-sig-none", "invalid-sig-rs256", "invalid-sig-es256", "invalid-sig-hs256"],
)
def test_invalid_signatures(rp: Stage, module: str) -> None:
    """
    An ID token that the provider's key did not sign is rejected.
    """
    kind = module.rpartition("-")[2]
    honest = rp.provider.redeem

    def forge(call: Call) -> Reply:
        honest(call)
        token = _forged(rp.provider, kind)
        return reply_json({"access_token": "access-1", "id_token": token})

    rp.provider.behaviours["/token"] = forge

    _rejects(rp)


def test_userinfo_invalid_sub(rp: Stage) -> None:
    """
    Userinfo about somebody else is rejected.
    """
    rp.provider.userinfo["sub"] = "user-1x"
    visitor = rp.stranger()

    answer = visitor.login()

    assert answer.status in (403, 500)
    assert not [name for name in visitor.cookies if "csrf" not in name]


def test_scope_userinfo_claims(rp: Stage) -> None:
    """
    The scopes asked for bring claims, and those of userinfo are taken.
    """
    visitor = _passes(rp)

    asked = rp.provider.called("/authorize")[-1]
    told = visitor.ask("/oauth2/userinfo").json()
    assert {"profile", "email", "phone", "address"} <= set(asked.value("scope").split())
    assert told["email"] == "alice@example.com"


def test_client_secret_basic(rp: Stage) -> None:
    """
    The client's secret travels in the Authorization field.
    """
    _passes(rp)

    call = rp.provider.called("/token")[-1]
    pair = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
    assert call.fields["authorization"] == f"Basic {pair}"
    assert "client_secret" not in call.form


def test_pkce(rp: Stage) -> None:
    """
    A verifier goes with every code, and another one each time.
    """
    _passes(rp)
    _passes(rp)

    used = [call.value("code_verifier") for call in rp.provider.called("/token")]
    assert len(set(used)) == 2
    assert all(re.fullmatch(r"[\w.~-]{43,128}", verifier) for verifier in used)


def test_form_post_error(rp: Stage) -> None:
    """
    An error that the provider posts by form is an error page.
    """
    visitor = rp.stranger()
    started = visitor.ask("/oauth2/start?rd=/")
    state = parameters(started.one("Location") or "")["state"][0]

    error = urlencode({"error": "access_denied", "state": state})
    answer = visitor.post(f"/oauth2/callback?{error}")

    assert answer.status == 403
    assert b"access_denied" in answer.body
    assert answer.one("Content-Type") == "text/html; charset=utf-8"


def test_discovery_openid_config(alone: tuple[Provider, Upstream, Path]) -> None:
    """
    The document is really fetched, and what it names is used.
    """
    provider = alone[0]
    provider.behaviours["/other/token"] = provider.redeem
    provider.behaviours["/token"] = lambda _: Reply(404)
    provider.start()
    provider.metadata = {"token_endpoint": f"{provider.origin}/other/token"}
    provider.stop()

    program, visitor = _program(alone)
    with program:
        visitor.signed_in()

    assert provider.called("/.well-known/openid-configuration")
    assert provider.called("/other/token")


def test_discovery_jwks_uri_keys(alone: tuple[Provider, Upstream, Path]) -> None:
    """
    The keys are really fetched from where the document says.
    """
    provider = alone[0]
    keys = "/other/keys"
    provider.behaviours[keys] = provider.keys
    provider.behaviours["/keys"] = lambda _: Reply(404)
    provider.start()
    provider.metadata = {"jwks_uri": f"{provider.origin}{keys}"}
    provider.stop()

    program, visitor = _program(alone)
    with program:
        visitor.signed_in()

    assert provider.called(keys)


def test_discovery_issuer_mismatch(alone: tuple[Provider, Upstream, Path]) -> None:
    """
    A document of another issuer is refused: no login begins.
    """
    provider = alone[0]
    provider.metadata = {"issuer": "https://other.test"}

    program, visitor = _program(alone)
    with program:
        program.says("issuer")
        started = visitor.ask("/oauth2/start?rd=/")
        ready = visitor.ask("/ready")

    assert (started.status, ready.status) == (503, 503)
    assert provider.called("/authorize") == []


def test_discovery_issuer_mismatch_when_it_is_meant(
    alone: tuple[Provider, Upstream, Path],
) -> None:
    """
    With `insecure_oidc_skip_issuer_verification` it is taken, as some need who are
    behind WSO2's second discovery address.
    """
    provider = alone[0]
    provider.metadata = {"issuer": "https://other.test"}

    program, visitor = _program(alone, "insecure_oidc_skip_issuer_verification = true")
    with program:
        until(lambda: visitor.ask("/ready").status == 200, "discovery")
        visitor.signed_in()


def test_signing_key_rotation(alone: tuple[Provider, Upstream, Path]) -> None:
    """
    After a change of the key the next login works.
    """
    program, visitor = _program(alone)
    with program:
        visitor.signed_in()
        alone[0].key = SigningKey("k2")

        Visitor(visitor.address, HOST).signed_in()


def test_signing_key_rotation_just_before_signing(
    alone: tuple[Provider, Upstream, Path],
) -> None:
    """
    A key that is changed within the first login is fetched by its unknown name.
    """
    program, visitor = _program(alone)
    with program:
        target = visitor.begin()
        alone[0].key = SigningKey("k2")

        assert visitor.ask(target).status == 302


REFRESHING = 'cookie_refresh = "1s"\n'


def _refreshed(
    alone: tuple[Provider, Upstream, Path], claims: dict[str, Any]
) -> tuple[Answer, Provider]:
    provider = alone[0]
    program, visitor = _program(alone, REFRESHING)
    with program:
        visitor.signed_in()
        provider.claims.update(claims)
        provider.token = {"access_token": "access-2", "refresh_token": "refresh-2"}

        def asked() -> bool:
            visitor.ask("/oauth2/auth")
            grants = [call.value("grant_type") for call in provider.called("/token")]
            return "refresh_token" in grants

        until(asked, "the session to be refreshed")
        return visitor.ask("/page"), provider


def test_refresh_token(alone: tuple[Provider, Upstream, Path]) -> None:
    """
    The refresh token is redeemed, and the new tokens are used.
    """
    answer, provider = _refreshed(alone, {})

    call = provider.called("/token")[1]
    assert call.value("refresh_token") == "refresh-1"
    assert answer.status == 200


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://other.test"}, {"sub": "user-2"}],
    ids=["refresh-token-invalid-issuer", "refresh-token-invalid-sub"],
)
def test_refresh_token_invalid(
    alone: tuple[Provider, Upstream, Path], claims: dict[str, Any]
) -> None:
    """
    A refreshed ID token of another issuer or user ends the session.
    """
    answer, _ = _refreshed(alone, claims)

    assert answer.status == 403
    assert alone[1].seen == []


def test_3rd_party_init_login(rp: Stage) -> None:
    """
    A link of the provider's begins a login that ends where the link wants it to.
    """
    visitor = rp.stranger()
    link = urlencode(
        {
            "iss": rp.provider.issuer,
            "login_hint": "alice",
            "target_link_uri": f"http://{HOST}/page",
        }
    )

    started = visitor.ask(f"/oauth2/start?{link}")
    ended = visitor.follow(started)

    assert (ended.status, ended.one("Location")) == (302, "/page")
    assert rp.provider.called("/authorize")[-1].value("login_hint") == "alice"
    assert visitor.ask("/page").status == 200


def test_3rd_party_init_login_of_another_provider(rp: Stage) -> None:
    """
    A link that names another issuer begins nothing.
    """
    answer = rp.stranger().ask("/oauth2/start?iss=https%3A%2F%2Fother.test")

    assert answer.status == 403
    assert answer.all("Set-Cookie") == []


SIGNING_OUT = f"{OPTIONS}sign_out_at_provider = true\n"


@pytest.fixture
def leaving(alone: tuple[Provider, Upstream, Path]) -> Iterator[Visitor]:
    """
    A browser that is signed in where signing out leads to the provider.
    """
    provider = alone[0]
    provider.start()
    provider.metadata = {"end_session_endpoint": f"{provider.origin}/end"}
    provider.stop()
    program, visitor = _program(alone, SIGNING_OUT)
    with program:
        yield visitor.signed_in()


def _left(visitor: Visitor) -> dict[str, str]:
    answer = visitor.ask("/oauth2/sign_out?rd=/page")
    assert answer.status == 302
    location = answer.one("Location") or ""
    assert urlsplit(location).path == "/end"
    assert not visitor.cookies
    return {name: values[0] for name, values in parameters(location).items()}


def test_rp_init_logout(
    alone: tuple[Provider, Upstream, Path], leaving: Visitor
) -> None:
    """
    The provider gets an ID token that it issued and an address that it knows, and its
    return ends where the sign-out was to lead.
    """
    sent = _left(leaving)

    answer = leaving.ask(f"/oauth2/signed_out?{urlencode({'state': sent['state']})}")

    assert sent["id_token_hint"] == alone[0].id_tokens[-1]
    assert sent["client_id"] == CLIENT
    assert sent["post_logout_redirect_uri"] == f"http://{HOST}/oauth2/signed_out"
    assert (answer.status, answer.one("Location")) == (302, "/page")
    assert leaving.ask("/page").status == 403


@pytest.mark.parametrize(
    "query",
    ["state=other", ""],
    ids=["rp-init-logout-other-state", "rp-init-logout-no-state"],
)
def test_rp_init_logout_state(leaving: Visitor, query: str) -> None:
    """
    A return with another state or none is handled too.
    """
    _left(leaving)

    answer = leaving.ask(f"/oauth2/signed_out?{query}")

    assert (answer.status, answer.one("Location")) == (302, "/")
