"""
Replay what was recorded from the reference, and compare.

Rule 1: random or timed parts are replaced on both sides by what they are: `<state>`,
        `<challenge>`, `<cookie>`, `<date>`; everything else must be equal.
Rule 2: field names are compared with their case, fields without their order but for
        repeated ones; a recorded JSON body is compared as JSON.
Rule 3: the framing of pages is ours, that of everything else is not.
Rule 4: the documented differences are named here, one by one, and must be seen.
"""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from tests.integration.harness.client import Address, Answer, RawClient, request
from tests.integration.harness.visitor import parameters

CASES = Path(__file__).parents[2] / "conformance" / "cases"

_TOKEN = "Bearer <id token>"
PAGE_FIELDS = frozenset({"Content-Security-Policy", "X-Content-Type-Options"})
"""What our own pages say besides; see "The built-in pages look different"."""
CALLBACK_FIELDS = frozenset({"Referrer-Policy"})
"""What the callback says besides; see "A login is used once"."""
STRIPPED = frozenset({"X-Auth-Request-User", "X-Auth-Request-Email"})
"""What clients may not claim any more; see "Identity headers of the client"."""
SAFER = ("nonce", "code_challenge", "code_challenge_method")
"""What a login sends besides; see "PKCE and the nonce are used by default"."""

Pair = tuple[str, str]


@frozen
class Exchange:
    """
    One recorded request with its recorded answer and ours.
    """

    number: int
    title: str
    recorded: dict[str, Any]
    sent_cookies: str
    answer: Answer


def load(name: str) -> list[dict[str, Any]]:
    """
    The exchanges of one recording.
    """
    recording: list[dict[str, Any]] = json.loads(
        (CASES / f"recorded-seed-{name}.json").read_text(encoding="utf-8")
    )
    return recording


def title(recorded: dict[str, Any]) -> str:
    """
    A readable name of an exchange.
    """
    asked = recorded["request"]
    return f"{asked['method']} {asked['target'].partition('&state')[0]}"


@define
class Replay:
    """
    Sends the recorded requests in order, with live states and cookies put in.
    """

    address: Address
    host: str
    learn_nonce: Callable[[str], None]
    cookies: dict[str, str] = field(factory=dict)
    state: str = ""

    def run(self, recording: list[dict[str, Any]]) -> list[Exchange]:
        """
        Replay a whole recording.
        """
        return [self._one(number, one) for number, one in enumerate(recording)]

    def _one(self, number: int, recorded: dict[str, Any]) -> Exchange:
        asked = recorded["request"]
        fields = [self._live(line) for line in asked["headers"]]
        target = re.sub("(?<=state=)[^&]+", self.state, asked["target"])
        data = request(
            asked["method"],
            target,
            fields,
            host=self.host,
            body=asked["body"].encode(),
            close=True,
        )
        with RawClient(self.address) as client:
            answer = client.ask(data)
        self._keep(answer)
        sent = next((line[8:] for line in fields if line.startswith("Cookie: ")), "")
        return Exchange(number, title(recorded), recorded, sent, answer)

    def _live(self, line: str) -> str:
        if not line.startswith("Cookie: "):
            return line
        names = [part.partition("=")[0] for part in line[8:].split("; ")]
        held = [f"{name}={self.cookies[name]}" for name in names]
        return "Cookie: " + "; ".join(held)

    def _keep(self, answer: Answer) -> None:
        for line in answer.all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
        location = answer.one("Location") or ""
        found = re.search("state=([^&]+)", location)
        if found:
            self.state = found[1]
        for nonce in parameters(location).get("nonce", []):
            self.learn_nonce(nonce)


@frozen
class Comparison:
    """
    Makes recorded and live answers comparable.
    """

    host: str
    id_token: str
    as_reference: bool

    def check(self, exchange: Exchange) -> None:
        """
        Fail where our answer differs from the recorded one.
        """
        recorded, answer = exchange.recorded["answer"], exchange.answer
        assert answer.status == recorded["status"], answer
        page = _is_page(recorded)
        live = f"Bearer {self.id_token}"
        ours = [
            (name, _TOKEN) if value == live else _plain(name, value, page=page)
            for name, value in self._without_safety(answer.pairs, recorded)
            if name not in _said_besides(exchange, page=page)
        ]
        theirs = [
            _plain(name, re.sub("^Bearer ey.*", _TOKEN, value), page=page)
            for name, _, value in (line.partition(": ") for line in recorded["headers"])
        ]
        assert sorted(ours) == sorted(theirs)
        assert _cookies(ours) == _cookies(theirs)
        self._check_body(exchange, page=page)

    def _without_safety(
        self, pairs: list[Pair], recorded: dict[str, Any]
    ) -> list[Pair]:
        theirs = next(
            (line for line in recorded["headers"] if line.startswith("Location: ")), ""
        )
        if self.as_reference or "state=" not in theirs:
            return pairs
        added = [name for name in SAFER if f"&{name}=" not in theirs]
        return [
            (name, _without(value, added) if name == "Location" else value)
            for name, value in pairs
        ]

    def _check_body(self, exchange: Exchange, *, page: bool) -> None:
        recorded, answer = exchange.recorded["answer"], exchange.answer
        location = answer.one("Location")
        if page:
            assert answer.one("Content-Security-Policy")
            assert answer.body.lstrip().lower().startswith(b"<!doctype html>")
        elif recorded["body"].startswith("<page of "):
            escaped = html.escape(location or "").replace("&#x27;", "&#39;")
            link = f'<a href="{escaped}">Found</a>.\n\n'
            assert answer.body.decode() == link
        elif recorded["body"].startswith('{"method"'):
            told = json.loads(self._filled(recorded["body"], exchange.sent_cookies))
            if not self.as_reference:
                told["headers"] = [
                    pair for pair in told["headers"] if pair[0] not in STRIPPED
                ]
            assert _echo(answer.json()) == _echo(told)
        else:
            assert answer.body.decode() == recorded["body"]

    def _filled(self, body: str, cookies: str) -> str:
        body = body.replace("127.0.0.1:<port1>", self.host)
        return re.sub(r'(?<="Cookie", ")[^"]+', lambda _: cookies, body)


def _plain(name: str, value: str, *, page: bool) -> Pair:
    key = name.lower()
    if key in ("content-length", "transfer-encoding") and page:
        return "Framing", "<ours>"
    if key == "content-length" and int(value) > 10:
        return name, "<as the body>"
    if key == "date":
        return name, _date(value)
    if key == "set-cookie":
        return name, re.sub("^([^=;]+)=[^;]+", r"\1=<value>", value)
    if key == "location":
        return name, _location(value)
    return name, value


def _without(location: str, names: list[str]) -> str:
    for name in names:
        location, count = re.subn(f"&{name}=(S256|[\\w-]{{43}})(?=&)", "", location)
        assert count == 1, f"{name} came {count} times"
    return location


def _location(value: str) -> str:
    value = re.sub("^(https?)://localhost:(<port0>|\\d+)/", r"<\1 provider>/", value)
    if "state" not in parameters(value):
        return value
    value = re.sub("(?<=state=)[\\w-]{43}(?=%3A)", "<state>", value)
    value = re.sub("(?<=code_challenge=)[\\w-]{43}(?=&)", "<challenge>", value)
    return re.sub("%3A(<port1>|\\d+)%2F", "%3A<port>%2F", value)


def _is_page(recorded: dict[str, Any]) -> bool:
    return bool(recorded["status"] >= 400 and recorded["body"].startswith("<page of "))


def _said_besides(exchange: Exchange, *, page: bool) -> frozenset[str]:
    if exchange.recorded["request"]["target"].startswith("/oauth2/callback?"):
        assert exchange.answer.one("Referrer-Policy") == "no-referrer"
        return CALLBACK_FIELDS
    return PAGE_FIELDS if page else frozenset()


def _cookies(pairs: list[Pair]) -> list[str]:
    return [value for name, value in pairs if name == "Set-Cookie"]


def _date(value: str) -> str:
    day = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d [A-Z][a-z][a-z] \\d{4}"
    assert re.fullmatch(f"{day} \\d\\d:\\d\\d:\\d\\d GMT", value), value
    return "<date>"


def _echo(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "headers": sorted(told["headers"])}
