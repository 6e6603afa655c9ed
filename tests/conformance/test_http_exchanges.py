"""
Whole exchanges, over real sockets, against a whole house.
"""

import json
from html.parser import HTMLParser
from typing import Any

import bcrypt
import pytest
from attrs import evolve

from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from tests.conformance.casebook import CASES
from tests.live import SECRET, Answered, LiveHouse, await_, live

EXCHANGES = [case for case in CASES if case["topic"] == "http_exchange"]
PROVIDER: dict[str, Any] = {
    "provider": "oidc",
    "oidc_issuer_url": "https://idp.test",
    "skip_oidc_discovery": True,
    "oidc_jwks_url": "https://idp.test/keys",
    "login_url": "https://idp.test/authorize",
    "redeem_url": "https://idp.test/token",
}
"""Options of a provider that needs no discovery."""

BASE: dict[str, Any] = {
    **PROVIDER,
    "client_id": "client",
    "client_secret": "secret",
    "cookie_secret": SECRET,
    "email_domains": ["*"],
    "upstreams": ["static://200"],
}
DIFFERENT: dict[str, tuple[str, dict[str, Any]]] = {
    "http_exchange-048": (
        "static-files",
        {"status": 404, "headers": [], "body_contains": []},
    ),
    "http_exchange-049": ("static-files", {"status": 404, "location": None}),
}
"""The page below `docs/differences/` that says why, and what we answer instead."""


class Forms(HTMLParser):
    """
    The forms of a page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            method = (given.get("method") or "GET").upper()
            form: dict[str, Any] = {
                "method": method,
                "action": given.get("action"),
                "fields": {},
            }
            self.forms.append(form)
        elif tag == "input" and given.get("type") == "hidden":
            self.forms[-1]["fields"][given.get("name")] = given.get("value")


def configuration(config: dict[str, Any]) -> tuple[str, dict[str, bytes]]:
    """
    Return the text of the configuration file and the files it names.
    """
    merged = {**BASE, **config}
    merged.pop("metrics_server", None)
    files = {}
    users = merged.pop("htpasswd", None)
    if users is not None:
        rows = [
            f"{user}:{bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()}"
            for user, word in users
        ]
        files["htpasswd"] = "\n".join(rows).encode()
        merged["htpasswd_file"] = "/htpasswd"
    lines = [f"{key} = {json.dumps(value)}" for key, value in merged.items()]
    return "\n".join(lines), files


def session_cookies(house: LiveHouse, facts: dict[str, Any]) -> str:
    """
    Return the Cookie field of a browser with a valid session.
    """
    session = Session(created_at=house.house.clock.now())
    known: dict[str, Any] = {
        k: tuple(v) if k == "groups" else v for k, v in facts.items()
    }
    session = evolve(session, **known)
    lines = await_(house.house.store.save(session, Cookies(), "proxy.test"))
    return "; ".join(line.partition(";")[0] for line in lines)


def ask(house: LiveHouse, case: dict[str, Any]) -> Answered:
    """
    Send a case's request.
    """
    given = case["input"]
    fields = [(n, v) for n, v in given.get("headers", [])]
    cookies = [f"{n}={v}" for n, v in given.get("cookies", [])]
    if "session" in given:
        cookies.append(session_cookies(house, given["session"]))
    if cookies:
        fields.append(("Cookie", "; ".join(cookies)))
    port = None
    if case["config"].get("metrics_server"):
        house.ask("GET", "/")
        port = house.metrics_port
    body = given.get("body", "").encode()
    method = given.get("method", "GET")
    return house.ask(method, given["target"], fields, body, port=port)


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: case["id"])
def test_exchange(case: dict[str, Any]) -> None:
    """
    A request is answered as the reference answers it, or as the differences say.
    """
    text, files = configuration(case["config"])

    given: Any = files
    with live([], text, **given) as house:
        answered = ask(house, case)

    _, different = DIFFERENT.get(case["id"], ("", {}))
    expect = {**case["expect"], **different}
    assert answered.status == expect["status"]
    check_fields(answered, expect)
    check_cookies(answered.all("Set-Cookie"), expect)
    check_body(answered, expect)


def check_fields(answered: Answered, expect: dict[str, Any]) -> None:
    """
    Compare header fields.
    """
    for name, value in expect.get("headers", []):
        assert answered.first(name) == value, name
    for name in expect.get("absent", []):
        assert answered.first(name) is None, name
    if expect.get("location") is not None:
        assert answered.first("Location") == expect["location"]
    if "location_prefix" in expect:
        assert (answered.first("Location") or "").startswith(expect["location_prefix"])


def check_cookies(lines: list[str], expect: dict[str, Any]) -> None:
    """
    Compare which cookies are set and which are cleared.
    """
    names = [line.partition("=")[0] for line in lines]
    cleared = {n for n, line in zip(names, lines, strict=True) if "Max-Age=0" in line}
    if "set_cookie_count" in expect:
        assert len(lines) == expect["set_cookie_count"]
    for name in expect.get("sets", []):
        assert name in set(names) - cleared
    for name in expect.get("clears", []):
        assert name in cleared


def check_body(answered: Answered, expect: dict[str, Any]) -> None:
    """
    Compare the body, or the forms on it.
    """
    text = answered.body.decode()
    if "body" in expect:
        assert text == expect["body"]
    for part in expect.get("body_contains", []):
        assert part in text
    if "forms" in expect:
        page = Forms()
        page.feed(text)
        assert page.forms == expect["forms"]
