"""
Recorded decisions about requests hold for requests over real sockets.

`test_http_decisions` asks the deciding functions; here the same cases go through the
whole house.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import yaml

from oauthproxy.settings.alpha.substitute import escaped
from oauthproxy.wire.fields import field_bytes
from tests.conformance.peers import ask
from tests.conformance.test_http_decisions import CASES, by_name, expecting
from tests.conformance.test_http_exchanges import BASE, configuration, session_cookies
from tests.integration.harness.authority import Authority
from tests.integration.harness.ports import until
from tests.integration.harness.upstream import Upstream
from tests.live import SECRET, Answered, LiveHouse, live

Case = dict[str, Any]

ALPHA = {
    "providers": [
        {
            "id": "idp",
            "provider": "oidc",
            "clientID": "client",
            "clientSecret": "secret",
            "loginURL": "https://idp.test/authorize",
            "redeemURL": "https://idp.test/token",
            "oidcConfig": {
                "issuerURL": "https://idp.test",
                "jwksURL": "https://idp.test/keys",
                "skipDiscovery": True,
            },
        }
    ],
    "server": {"bindAddress": "127.0.0.1:0"},
}


def of(topic: str) -> Any:
    """
    Run a test for each case of a topic, with what is expected of us.
    """
    chosen = [expecting(case) for case in CASES if case["topic"] == topic]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[c["id"] for c in chosen])


@contextmanager
def house_of(case: Case, **more: Any) -> Iterator[LiveHouse]:
    """
    Run a house with the options of a case, and more.
    """
    text, files = configuration({**case["config"], **more})
    with live([], text, **files) as house:
        yield house


@contextmanager
def alpha_house(**alpha: Any) -> Iterator[LiveHouse]:
    """
    Run a house with an alpha configuration.
    """
    text = escaped(yaml.safe_dump({**ALPHA, **alpha}))
    config = f"""
        cookie_secret = "{SECRET}"
        email_domains = ["*"]
        pass_own_cookies = false
    """
    with live(["--alpha-config=/alpha"], config, alpha=text.encode()) as house:
        yield house


def browser(house: LiveHouse, case: Case) -> list[tuple[str, str]]:
    """
    Return the Cookie field of a case's session, if it has one.
    """
    if "session" not in case["input"]:
        return []
    return [("Cookie", session_cookies(house, case["input"]["session"]))]


@of("skip_auth")
def test_passes_without_login(case: Case) -> None:
    """A request passes without a login by its route or as a preflight."""
    with house_of(case) as house:
        answered = ask(house, case)

    assert (answered.status == 200) == case["expect"]["allowed"]


@of("trusted_ip")
def test_address_passes_without_login(case: Case) -> None:
    """A request passes without a login by its address."""
    with house_of(case) as house:
        answered = ask(house, case)

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
def test_answer_without_login(case: Case) -> None:
    """A request without a login gets JSON, the page or a redirect."""
    with house_of(case) as house:
        answered = ask(house, case)

    assert answered.status == case["expect"]["status"]
    assert KINDS[case["expect"]["kind"]](answered)


@of("auth_constraints")
def test_constraints_of_the_query(case: Case) -> None:
    """The query can narrow who passes."""
    with house_of(case) as house:
        answered = ask(house, case, browser(house, case))

    passes = 202 if case["input"]["target"].startswith("/oauth2/auth") else 200
    assert answered.status == (passes if case["expect"]["satisfied"] else 403)


@of("health")
def test_health_check_is_answered(case: Case) -> None:
    """A health check gets OK, everything else is an ordinary request."""
    with house_of(case) as house:
        answered = ask(house, case)

    assert ((answered.status, answered.body) == (200, b"OK")) == case["expect"][
        "health"
    ]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["id"])
        for case in CASES
        if case["topic"] == "force_https" and not case["input"].get("tls")
    ],
)
def test_plain_http_is_redirected(case: Case, authority: Authority) -> None:
    """Requests without TLS are sent to https."""
    port = case["config"]["https_port"]
    config = {k: v for k, v in case["config"].items() if k != "https_port"}
    certificate = authority.issue("app.test")
    https = {
        "force_https": True,
        "https_address": f":{port}",
        "tls_cert_file": str(certificate.chain),
        "tls_key_file": str(certificate.key),
    }
    with house_of({"config": config}, **https) as house:
        answered = ask(house, case)

    assert answered.status == case["expect"]["status"]
    assert answered.first("Location") == case["expect"]["location"]


def target_of(answered: Answered) -> str:
    """
    Return where a login, or a sign-out, leads to.
    """
    location = answered.first("Location") or ""
    if not location.startswith(BASE["login_url"]):
        return location
    (state,) = parse_qs(urlsplit(location).query)["state"]
    return state.partition(":")[2]


@of("app_redirect")
def test_login_leads_back(case: Case) -> None:
    """A login leads where the request says, or to the page itself."""
    with house_of(case, skip_provider_button=True) as house:
        answered = ask(house, case)

    if case["expect"].get("form_error"):
        assert answered.status == 400
    else:
        assert target_of(answered) == case["expect"]["redirect"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["id"])
        for case in CASES
        # The target of 004 is one that nobody is sent to.
        if case["topic"] == "location_header" and case["id"] != "location_header-004"
    ],
)
def test_location_on_the_wire(case: Case) -> None:
    """A target is written into Location as the reference does."""
    wanted = quote(case["input"]["redirect"], safe="")
    asked = {"input": {"target": f"{case['input']['target']}?rd={wanted}"}}

    with house_of(case) as house:
        answered = ask(house, asked)

    assert answered.first("Location") == case["expect"]["location"]


@of("userinfo")
def test_userinfo(case: Case) -> None:
    """Users are told who they are."""
    asked = {"input": {**case["input"], "target": "/oauth2/userinfo"}}
    with house_of(case) as house:
        answered = ask(house, asked, browser(house, case))

    assert answered.status == 200
    assert answered.body.decode() == case["expect"]["body"]


@of("client_string")
def test_client_in_the_log(case: Case) -> None:
    """The request log names the client as the reference does."""
    asked = {"input": {**case["input"], "target": "/logged"}}
    with house_of(case) as house:
        ask(house, asked)
        line = until(
            lambda: next((x for x in house.lines if '"/logged"' in x), ""),
            "the request in the log",
        )

    assert line.split()[0] == case["expect"]["log_client"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """
    An application that records what it is sent.
    """
    with Upstream() as upstream:
        yield upstream


@of("forwarded_for")
def test_application_learns_the_peer(case: Case, upstream: Upstream) -> None:
    """The peer is appended to X-Forwarded-For."""
    more = {"upstreams": [upstream.url], "skip_auth_routes": ["^/"]}
    with house_of(case, **more) as house:
        ask(house, case)

    told = ",".join(upstream.last().all("X-Forwarded-For"))
    assert told == case["expect"]["x_forwarded_for"]


@of("rewrite")
def test_target_is_rewritten(case: Case, upstream: Upstream) -> None:
    """The application gets the rewritten target, byte for byte."""
    entry = {
        "id": "app",
        "uri": upstream.url,
        "path": case["config"]["path"],
        "rewriteTarget": case["config"]["rewrite_target"],
    }
    upstream.forget()
    with alpha_house(upstreamConfig={"upstreams": [entry]}) as house:
        asked = {"input": {**case["input"], "session": {"email": "kim@x.test"}}}
        answered = ask(house, asked, browser(house, asked))

    assert (answered.status == 200) == case["expect"]["matched"]
    seen = [one.target for one in upstream.seen]
    assert seen == ([case["expect"]["request_uri"]] if seen else [])


@of("upstream_select")
def test_upstream_is_chosen(case: Case) -> None:
    """The longest path that matches chooses the upstream; each has a status."""
    codes = {
        entry["id"]: 230 + number
        for number, entry in enumerate(case["config"]["upstreams"])
    }
    entries = [
        {**camel(entry), "static": True, "staticCode": codes[entry["id"]]}
        for entry in case["config"]["upstreams"]
    ]
    upstreams = {
        "upstreams": entries,
        "proxyRawPath": case["config"].get("proxy_raw_path", False),
    }
    asked = {"input": {**case["input"], "session": {"email": "kim@x.test"}}}

    with alpha_house(upstreamConfig=upstreams) as house:
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


def injecting(case: Case, upstream: Upstream, where: str) -> dict[str, Any]:
    """
    Return the configuration of a house that injects a case's fields.
    """
    entries = [camel(entry) for entry in next(iter(case["config"].values()))]
    entry = {"id": "app", "path": "/", "uri": upstream.url}
    return {where: entries, "upstreamConfig": {"upstreams": [entry]}}


@of("request_headers")
def test_fields_for_the_application(case: Case, upstream: Upstream) -> None:
    """Client fields are stripped and ours are added."""
    config = injecting(case, upstream, "injectRequestHeaders")
    with alpha_house(**config) as house:
        ask(house, case, browser(house, case))

    assert told(upstream.last().pairs, case) == case["expect"]["headers"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["id"])
        for case in CASES
        # The fields in the input of the others are not those of an application.
        if case["topic"] == "response_headers" and not case["input"]["headers"]
    ],
)
def test_fields_for_the_client(case: Case, upstream: Upstream) -> None:
    """Fields are added to what the application answers."""
    with alpha_house(**injecting(case, upstream, "injectResponseHeaders")) as house:
        answered = ask(house, case, browser(house, case))

    assert told(answered.fields, case) == case["expect"]["headers"]
