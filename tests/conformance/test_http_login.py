"""
The recorded cases on logging in and out.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from oauthproxy.answer import Answer, Page
from oauthproxy.crypto.nonce import code_challenge
from oauthproxy.login.parameters import LoginParameters
from oauthproxy.login.redirect import Redirects, redirect_uri
from oauthproxy.login.state import State, decode_state, encode_state
from oauthproxy.pages.branding import sign_in_message
from oauthproxy.pages.wording import error_message
from oauthproxy.providers.calls import encode_query
from oauthproxy.session.session import Session
from oauthproxy.settings.model import LoginURLParameter, ParameterRule
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import FormError, parse_form, parse_query
from oauthproxy.wire.location import absolute
from tests.conformance.casebook import Case, cases
from tests.unit.driver import RecordingLog, run
from tests.unit.login.desk import (
    Desk,
    clears,
    login_query,
    scope_of,
    sets,
    settings_of,
)
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens

HERE = Path(__file__).parent
DOCUMENTED = HERE.parents[1] / "docs" / "differences"

DIFFERENCES: dict[str, tuple[str, Case]] = {
    "callback-015": (
        "login-answers",
        {
            "status": 403,
            "body_contains": ["Please sign in again"],
            "clears": ["_oauth2_proxy_csrf"],
            "sets": [],
        },
    ),
    "error_message-008": (
        "login-answers",
        {
            "message": (
                "Login Failed: The upstream identity provider returned an error: 5%"
            )
        },
    ),
}
"""What we answer instead, and the file that says why."""


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


@cases("redirect_validation")
def test_redirect_validation(case: Case) -> None:
    """
    A target is taken or refused as the reference does.
    """
    domains = case["config"].get("whitelist_domains", [])

    valid = Redirects(domains, "/oauth2", RecordingLog()).is_valid(
        case["input"]["redirect"]
    )

    assert valid == expected(case)["valid"]


@cases("app_redirect")
def test_app_redirect(case: Case) -> None:
    """
    The first valid of what a request names is where the user goes.
    """
    given = case["input"]
    settings = settings_of(**case["config"])
    headers = given.get("headers", [])
    scope = scope_of(
        absolute(given["target"].removeprefix("http://proxy.test"), "/"),
        method=given.get("method", "GET"),
        host=given.get("host", "proxy.test"),
        headers=headers,
        peer=given.get("remote_addr", "127.0.0.1:40000"),
        settings=settings,
    )
    kind = scope.fields.text("Content-Type")
    body = given.get("body", "").encode()
    redirects = Redirects(
        settings.access.whitelist_domains, settings.proxy.proxy_prefix, RecordingLog()
    )

    try:
        form = parse_form(scope.query, kind, body, scope.method)
        outcome: Case = {"redirect": redirects.target(scope, form)}
    except FormError:
        outcome = {"form_error": True}

    assert outcome == expected(case)


@cases("state_encode")
def test_state_encode(case: Case) -> None:
    """
    The state parameter holds nonce and target.
    """
    given = case["input"]

    text = encode_state(
        State(given["nonce"], given["redirect"]), encoded=case["config"]["encode_state"]
    )

    assert text == expected(case)["state"]


@cases("state_decode")
def test_state_decode(case: Case) -> None:
    """
    The state parameter is read as the reference reads it.
    """
    state = decode_state(case["input"]["state"], encoded=case["config"]["encode_state"])

    if expected(case).get("error"):
        assert state is None
    else:
        assert state == State(expected(case)["nonce"], expected(case)["redirect"])


@cases("oauth_redirect_uri")
def test_oauth_redirect_uri(case: Case) -> None:
    """
    The provider is told the callback's URL that the reference tells.
    """
    settings = settings_of(**{"cookie_secure": True} | case["config"])
    given = case["input"]
    scope = scope_of(
        "/oauth2/start",
        host=given["host"],
        headers=given.get("headers", []),
        settings=settings,
    )
    proxy = settings.proxy

    tell = redirect_uri(
        proxy.redirect_url,
        proxy.proxy_prefix,
        relative=proxy.relative_redirect_url,
        secure=settings.cookie.cookie_secure,
    )

    assert tell(scope) == expected(case)["uri"]


@cases("login_params")
def test_login_params(case: Case) -> None:
    """
    Browsers choose only what an allow rule lets them choose.
    """
    parameters = LoginParameters(
        LoginURLParameter(
            name=each["name"],
            default=tuple(each.get("default", [])),
            allow=tuple(ParameterRule(**rule) for rule in each.get("allow", [])),
        )
        for each in case["config"]["login_url_parameters"]
    )

    chosen = parameters.chosen(parse_query(case["input"]["start_query"]))

    pairs = [(name, value) for name in chosen for value in chosen[name]]
    assert encode_query(pairs) == expected(case)["query"]


@cases("login_url")
def test_login_url(case: Case) -> None:
    """
    The login URL is the reference's to the byte.
    """
    given = case["input"]
    desk = Desk(
        **case["config"], skip_oidc_discovery=True, oidc_jwks_url="https://idp.test/k"
    )
    extra = {name: [value] for name, value in given.get("extra", [])}

    url = run(desk.provider.login_url(given["redirect_uri"], given["state"], "", extra))

    assert url == expected(case)["url"]


@cases("pkce")
def test_pkce(case: Case) -> None:
    """
    The challenge follows from the verifier (RFC 7636, 4.2).
    """
    try:
        outcome: Case = {
            "challenge": code_challenge(
                case["config"]["code_challenge_method"], case["input"]["verifier"]
            )
        }
    except ValueError:
        outcome = {"error": True}

    assert outcome == expected(case)


@cases("sign_in_message")
def test_sign_in_message(case: Case) -> None:
    """
    The sign-in page says who may come in.
    """
    settings = settings_of(**case["config"])

    message = sign_in_message(
        settings.templates.banner,
        settings.access.email_domains,
        settings.access.authenticated_emails_file,
    )

    assert message == expected(case)["message"]


@cases("error_message")
def test_error_message(case: Case) -> None:
    """
    The error page says what the reference's says.
    """
    given = case["input"]

    message = error_message(
        given["status"],
        message=given.get("messages", [""])[0],
        internal=given["app_error"],
        debug=case["config"].get("show_debug_on_error", False),
    )

    assert message == expected(case)["message"]


# ---- the callback: a whole login, up to its last step


GOOD = {"email": "kim@example.test", "email_verified": True, "groups": ["dev"]}


class Returning:
    """
    A browser that comes back from the provider as a case wants it to.
    """

    def __init__(self, case: Case) -> None:
        self.given = case["input"]
        self.desk = Desk(IdP.usual(), **case["config"])
        self.query = login_query(self.desk.start())
        self._script_token_endpoint()
        self.cookies = self._cookies(self.given.get("csrf", "valid"))

    def _script_token_endpoint(self) -> None:
        now = self.desk.clock.now() // 1_000_000_000
        claims = {"iss": ISSUER, "aud": "cid", "sub": "u", "iat": now, "exp": now + 300}
        claims |= self.given.get("id_token", GOOD)
        nonce = self.given.get("id_token_nonce", self.query.get("nonce"))
        if nonce:
            claims["nonce"] = nonce
        good = self.given.get("code") == "good"
        refused = json_answer({"error": "invalid_grant"}, 400)
        answer = tokens(sign(claims)) if good else refused
        self.desk.idp.at(f"{ISSUER}/token", answer, method="POST")
        self.desk.idp.at(f"{ISSUER}/userinfo", {})

    def _cookies(self, kind: str) -> Cookies:
        ((name, value),) = self.desk.cookies.items()
        if kind == "none":
            return Cookies()
        if kind == "tampered":
            return Cookies(((name, value[1:] + value[0]),))
        if kind == "broken_then_valid":
            return Cookies(((name, "broken"), (name, value)))
        if kind == "other":
            self.desk.start()
            return Cookies(tuple(self.desk.cookies.items()))
        return Cookies(((name, value),))

    def state(self) -> str | None:
        if "state" in self.given:
            return str(self.given["state"])
        if "state_redirect" not in self.given:
            return None
        encoded = self.desk.settings.proxy.encode_state
        state = decode_state(self.query["state"], encoded=encoded)
        assert state is not None
        return encode_state(
            State(state.nonce, self.given["state_redirect"]), encoded=encoded
        )

    def come(self) -> Answer:
        self.desk.clock.time += self.given.get("csrf_age_seconds", 0) * 1_000_000_000
        sent = {"state": self.state()}
        sent |= {name: self.given.get(name) for name in ("error", "error_description")}
        sent["code"] = self.given.get("code")
        query = urlencode(
            {name: text for name, text in sent.items() if text is not None}
        )
        return self.desk.callback(
            query, cookies=self.cookies, method=self.given.get("method", "GET")
        )

    def token_requests(self) -> list[dict[str, list[str]]]:
        return [
            parse_qs(urlencode(request.form or ()))
            for request in self.desk.idp.asked(f"{ISSUER}/token")
        ]


@cases("callback")
def test_callback(case: Case) -> None:
    """
    A callback ends as the reference's does.
    """
    returning = Returning(case)

    answer = returning.come()

    wanted = dict(expected(case))
    check_answer(answer, wanted)
    forms = returning.token_requests()
    if "token_requests" in wanted:
        assert len(forms) == wanted.pop("token_requests")
    for name in wanted.pop("token_form_has", []):
        assert name in forms[-1]
    for name in wanted.pop("token_form_lacks", []):
        assert name not in forms[-1]
    if "code_verifier_length" in wanted:
        assert len(forms[-1]["code_verifier"][0]) == wanted.pop("code_verifier_length")
    assert not wanted


def check_answer(answer: Answer, wanted: Case) -> None:
    """
    Compare an answer with what is wanted of it, and take that out of `wanted`.
    """
    text = json.dumps(answer.values) if isinstance(answer, Page) else ""
    assert answer.status == wanted.pop("status", answer.status)
    assert getattr(answer, "location", None) == wanted.pop(
        "location", getattr(answer, "location", None)
    )
    for part in wanted.pop("body_contains", []):
        assert part in text
    for part in wanted.pop("body_not_contains", []):
        assert part not in text
    assert sets(answer) == wanted.pop("sets", sets(answer))
    assert clears(answer) == wanted.pop("clears", clears(answer))
    pattern = wanted.pop("clears_pattern", "")
    assert not pattern or any(re.search(pattern, name) for name in clears(answer))


@cases("sign_out")
def test_sign_out(case: Case) -> None:
    """
    Signing out ends the session here and, where asked for, at the provider.
    """
    given = case["input"]
    desk = Desk(**case["config"])
    url = desk.provider.settings.backend_logout_url
    if url:
        desk.idp.at(url, json_answer({}, given.get("backend_status", 200)))
    cookies = Cookies()
    session = Session(**given["session"]) if "session" in given else None
    if session is not None:
        lines = run(desk.store.save(session, cookies, "app.test"))
        cookies = Cookies(tuple(line.split(";")[0].split("=", 1) for line in lines))  # type: ignore[misc]
    scope = desk.scope(
        f"/oauth2/sign_out?{given.get('query', '')}", headers=given.get("headers", [])
    )
    admitted = session if session is not None and desk.rules.admits(session) else None

    answer = run(
        desk.login.sign_out(scope, cookies, parse_query(scope.query), admitted)
    )

    wanted = dict(expected(case))
    asked = [f"{request.method} {request.url}" for request in desk.idp.asked(url)]
    if "backend_request" in wanted:
        assert asked == [text for text in [wanted.pop("backend_request")] if text]
    check_answer(answer, wanted)
    assert not wanted
