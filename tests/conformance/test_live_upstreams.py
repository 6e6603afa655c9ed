"""
What applications are sent, and what becomes of their answers, over real sockets.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.wire.fields import field_bytes
from tests.conformance.houses import Houses
from tests.conformance.peers import ask, browser
from tests.conformance.recorded import of
from tests.conformance.test_http_decisions import by_name
from tests.integration.harness.upstream import Exchange, Upstream

Case = dict[str, Any]

KIM = {"email": "kim@x.test"}
RICH = {
    "user": "u-17",
    "email": "kim@example.test",
    "groups": ["dev", "ops"],
    "preferred_username": "kim",
    "access_token": "AT",
    "id_token": "IT",
}


@of("forwarded_for")
def test_application_learns_the_peer(
    case: Case, houses: Houses, application: Upstream
) -> None:
    """The peer is appended to X-Forwarded-For."""
    house = houses.usual(
        case["config"], upstreams=[application.url], skip_auth_routes=["^/"]
    )

    ask(house, case)

    told = ",".join(application.last().all("X-Forwarded-For"))
    assert told == case["expect"]["x_forwarded_for"]


@of("rewrite")
def test_target_is_rewritten(case: Case, houses: Houses, application: Upstream) -> None:
    """The application gets the rewritten target, byte for byte."""
    entry = {
        "id": "app",
        "uri": application.url,
        "path": case["config"]["path"],
        "rewriteTarget": case["config"]["rewrite_target"],
    }
    house = houses.alpha(upstreamConfig={"upstreams": [entry]})
    asked = {"input": {**case["input"], "session": KIM}}

    answered = ask(house, asked, browser(house, asked))

    assert (answered.status == 200) == case["expect"]["matched"]
    seen = [one.target for one in application.seen]
    assert seen == ([case["expect"]["request_uri"]] if seen else [])


@of("upstream_select")
def test_upstream_is_chosen(case: Case, houses: Houses) -> None:
    """The longest path that matches chooses the upstream; each has a status."""
    codes = {
        entry["id"]: 230 + number
        for number, entry in enumerate(case["config"]["upstreams"])
    }
    entries = [
        {**camel(entry), "static": True, "staticCode": codes[entry["id"]]}
        for entry in case["config"]["upstreams"]
    ]
    raw = case["config"].get("proxy_raw_path", False)
    house = houses.alpha(upstreamConfig={"upstreams": entries, "proxyRawPath": raw})
    asked = {"input": {**case["input"], "session": KIM}}

    answered = ask(house, asked, browser(house, asked))

    expect = case["expect"]
    wanted = codes[expect["upstream"]] if "upstream" in expect else expect["status"]
    assert answered.status == wanted
    if "location" in expect:
        assert answered.first("Location") == expect["location"]


def camel(entry: Case) -> Case:
    """
    Return a case's entry as an alpha configuration writes it.
    """
    written: Case = {}
    for key, value in entry.items():
        name = re.sub(r"_(\w)", lambda match: match[1].upper(), key)
        written[name] = value
    if "values" in written:
        written["values"] = [value_of(value) for value in written["values"]]
    return written


def value_of(entry: Case) -> Case:
    """
    Return one value of a header as an alpha configuration writes it.
    """
    if "secret" in entry:
        return {"secretSource": secret(entry["secret"])}
    claim = camel(entry)
    if "basicAuthPassword" in claim:
        claim["basicAuthPassword"] = secret(claim["basicAuthPassword"])
    return {"claimSource": claim}


def secret(text: str) -> Case:
    return {"value": text}


def told(pairs: Iterable[tuple[str, str]], case: Case) -> list[list[str]]:
    """
    Return those fields that the case speaks of.
    """
    spoken = [*case["expect"]["headers"], *case["input"]["headers"]]
    names = {name.lower() for name, _ in spoken}
    return by_name(
        (field_bytes(name), field_bytes(value))
        for name, value in pairs
        if name.lower() in names
    )


def injecting(case: Case, application: Upstream, where: str) -> dict[str, Any]:
    """
    Return the configuration of a house that injects a case's fields.
    """
    entries = [camel(entry) for entry in next(iter(case["config"].values()))]
    entry = {"id": "app", "path": "/", "uri": application.url}
    return {where: entries, "upstreamConfig": {"upstreams": [entry]}}


@of("request_headers")
def test_fields_for_the_application(
    case: Case, houses: Houses, application: Upstream
) -> None:
    """Client fields are stripped and ours are added."""
    house = houses.alpha(
        {"skip_auth_routes": ["^/"]},
        **injecting(case, application, "injectRequestHeaders"),
    )

    ask(house, case, browser(house, case))

    assert told(application.last().pairs, case) == case["expect"]["headers"]


@of("response_headers")
def test_fields_for_the_client(
    case: Case, houses: Houses, application: Upstream
) -> None:
    """Fields are added to the answer; those that are there already are an earlier
    value of the same field."""
    config = injecting(case, application, "injectResponseHeaders")
    put_first(config["injectResponseHeaders"], case["input"]["headers"])
    house = houses.alpha(**config)

    answered = ask(house, case, browser(house, case))

    assert told(answered.fields, case) == case["expect"]["headers"]


def put_first(entries: list[Case], fields: list[tuple[str, str]]) -> None:
    """
    Give fields to entries as their first values.
    """
    by_field = {entry["name"]: entry for entry in entries}
    for name, text in reversed(fields):
        if name not in by_field:
            by_field[name] = {"name": name, "values": []}
            entries.append(by_field[name])
        value = {"secretSource": secret(text)}
        by_field[name]["values"] = [value, *by_field[name]["values"]]


LEGACY = re.compile(r"(?i)(authorization|x-(forwarded|auth-request)-(?!for$)\w.*)")
NOT_INJECTED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}


def injected(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """
    Return the names of fields about the user, in order.
    """
    names = [name for name, _ in pairs if LEGACY.fullmatch(name)]
    return [name for name in names if name.lower() not in NOT_INJECTED]


@of("legacy_headers")
def test_fields_of_the_old_options(
    case: Case, houses: Houses, application: Upstream
) -> None:
    """The old options inject the fields that they do in the reference."""
    house = houses.usual(case["config"], upstreams=[application.url])
    asked = {"input": {"session": RICH}}

    answered = ask(house, asked, browser(house, asked))

    assert sorted(injected(application.last().pairs)) == sorted(
        case["expect"]["request"]
    )
    assert sorted(injected(answered.fields)) == sorted(case["expect"]["response"])


@of("legacy_upstream")
def test_upstream_of_the_old_option(
    case: Case, houses: Houses, application: Upstream, tmp_path: Path
) -> None:
    """An upstream's URL says where it is and which path leads to it; the log has its
    name."""
    expect, text = case["expect"], case["input"]["upstream"]
    (tmp_path / "page").write_bytes(b"content")
    folder = str(tmp_path)
    house = houses.usual(
        {},
        upstreams=[moved(text.replace("/srv/www", folder), application)],
        skip_auth_routes=["^/"],
        request_logging_format="{{.RequestURI}} {{.StatusCode}} {{.Upstream}}",
    )
    path, name = (expect[key].replace("/srv/www", folder) for key in ("path", "id"))

    answered = ask(house, {"input": {"target": path}})

    status = expect.get("static_code", 200)
    assert answered.status == status
    assert (b"page" in answered.body) == text.startswith("file:")
    assert house.logged(f'"{path}" {status}') == f'"{path}" {status} {name}'
    if path != "/":
        assert ask(house, {"input": {"target": "/elsewhere"}}).status == 404


def moved(text: str, application: Upstream) -> str:
    """
    Return an upstream's URL with the address of an application that is there.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https"):
        return text
    return application.url + parts.path


def switch(exchange: Exchange) -> None:
    """
    Switch to the protocol that is asked for.
    """
    if not exchange.seen.all("Upgrade"):
        exchange.answer()
        return
    lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade"]
    lines += ["Upgrade: websocket", "", ""]
    exchange.send("\r\n".join(lines).encode())
    exchange.close()


@of("websocket")
def test_websocket_is_recognised(
    case: Case, houses: Houses, application: Upstream
) -> None:
    """A WebSocket upgrade reaches the application, and its answer the client."""
    application.on("/", switch)
    house = houses.usual(
        case["config"], upstreams=[application.url], skip_auth_routes=["^/"]
    )

    answered = ask(house, case)

    switched = case["expect"]["websocket_handler"]
    assert answered.status == (101 if switched else 200)


@of("gap_signature")
def test_request_is_signed(case: Case, houses: Houses, application: Upstream) -> None:
    """The application gets the signature that it expects."""
    given = case["input"]
    options: dict[str, Any] = {
        "upstreams": [application.url],
        "pass_user_headers": False,
        "pass_basic_auth": False,
        "pass_own_cookies": False,
    }
    if case["expect"].get("config_error"):
        with pytest.raises(SettingsError):
            houses.usual(case["config"], **options)
        return
    house = houses.usual(case["config"], **options)
    asked = {"input": {**given, "session": {"email": given["gap_auth"]}}}

    ask(house, asked, browser(house, asked))

    assert application.last().all("GAP-Signature") == [case["expect"]["signature"]]
