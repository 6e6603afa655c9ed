"""
What is decided about single requests, case by case as the reference decides it.

A case where we differ on purpose stands in `DIFFERENT` with the name of the page below
`docs/differences/` that says why, and with what we do instead.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from oauthproxy.access.constraints import satisfied
from oauthproxy.access.credentials import (
    CredentialsError,
    basic_credentials,
    bearer_token,
)
from oauthproxy.access.https import https_redirect
from oauthproxy.access.probes import HealthChecks
from oauthproxy.access.routes import SkipRule, SkipRules
from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.access.userinfo import userinfo_body
from oauthproxy.answer import Redirect
from oauthproxy.crypto.secret import Secret
from oauthproxy.scope import Peer, Scope
from oauthproxy.session.session import Session
from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.settings.groups.probes import ProbeOptions
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    HeaderValue,
    SecretSource,
    UpstreamSettings,
)
from oauthproxy.upstream.headers import Injector, canonical
from oauthproxy.upstream.hop import Hop, flattened, wants_websocket
from oauthproxy.upstream.rewrite import Rewrite
from oauthproxy.upstream.router import Route, Router
from oauthproxy.upstream.signature import Signer, string_to_sign
from oauthproxy.wire.domains import Domain
from oauthproxy.wire.fields import Fields, Pair, field_bytes, field_text
from oauthproxy.wire.forwarded import (
    Trust,
    client_field,
    full_client,
    log_client,
    real_client_address,
    request_path,
)
from oauthproxy.wire.location import location
from oauthproxy.wire.networks import Networks
from oauthproxy.wire.patterns import Pattern
from oauthproxy.wire.target import clean_path, is_clean
from tests.conformance.casebook import CASES, Case

DIFFERENT: dict[str, tuple[str, Any]] = {
    "skip_auth-012": ("dot-segments", {"allowed": False}),
    "skip_auth-010": ("dot-segments", {"allowed": False}),
    "skip_auth-018": ("preflight", {"allowed": False}),
    "skip_auth-019": ("preflight", {"allowed": False}),
    "trusted_ip-009": ("real-client-address", {"trusted": False}),
    "client_string-005": (
        "real-client-address",
        {"log_client": "198.51.100.9", "full": "198.51.100.9"},
    ),
    "forwarded_trust-007": (
        "repeated-forwarding-fields",
        {"trusted": False, "host": "proxy.test", "proto": "", "uri": "/inner"},
    ),
    "request_headers-016": (
        "identity-fields",
        {"headers": [["X-Forwarded-User", "u-17"]]},
    ),
    "request_headers-017": ("cookie-lines", {"headers": [["Cookie", "a=1; b=2"]]}),
    "websocket-003": ("websockets", {"websocket_handler": True}),
}


def of(*topics: str) -> pytest.MarkDecorator:
    """
    Run a test for each case of the topics, with what is expected of us.
    """
    chosen = [expecting(case) for case in CASES if case["topic"] in topics]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[c["id"] for c in chosen])


def expecting(case: Case) -> Case:
    if case["id"] in DIFFERENT:
        return {**case, "expect": DIFFERENT[case["id"]][1]}
    return case


def scope_of(case: Case) -> Scope:
    given, config = case["input"], case["config"]
    remote = given.get("remote_addr", "127.0.0.1:40000")
    address, _, port = remote.rpartition(":")
    peer = Peer(remote) if not port.isdigit() else Peer(address.strip("[]"), int(port))
    trust = Trust(
        reverse_proxy=config.get("reverse_proxy", False),
        networks=Networks.parse(config.get("trusted_proxy_ips", ())),
        client_field=client_field(config.get("real_client_ip_header", "X-Real-IP")),
    )
    return Scope(
        method=given.get("method", "GET"),
        target=given.get("target", "/"),
        host=given.get("host", "proxy.test"),
        fields=Fields(pairs_of(given.get("headers", ()))),
        peer=peer,
        trust=trust,
        secure=given.get("tls", False),
    )


def pairs_of(headers: Iterable[Iterable[str]]) -> list[Pair]:
    return [(field_bytes(name), field_bytes(value)) for name, value in headers]


def session_of(given: Case) -> Session | None:
    if "session" not in given:
        return None
    known = dict(given["session"])
    known["groups"] = tuple(known.get("groups", ()))
    return Session(**known)


def raises_value_error(call: Callable[[], object]) -> bool:
    try:
        call()
    except ValueError:
        return True
    return False


def test_every_difference_is_documented() -> None:
    """A case in which we differ names a page that says so."""
    pages = Path(__file__).parents[2] / "docs" / "differences"

    missing = {
        page for page, _ in DIFFERENT.values() if not (pages / f"{page}.rst").exists()
    }

    assert not missing


def test_differences_belong_to_cases() -> None:
    """The table of differences names only cases that there are."""
    assert DIFFERENT.keys() <= {case["id"] for case in CASES}


@of("domain_entry_split")
def test_domain_entry_is_split(case: Case) -> None:
    """Host and port of an entry are told apart as the reference does."""
    domain = Domain.parse(case["input"]["entry"])

    assert {"host": domain.host, "port": domain.port} == case["expect"]


@of("request_path")
def test_path_for_route_rules(case: Case) -> None:
    """Route rules see the decoded path, API routes the URI."""
    scope = scope_of(case)

    assert {"path": request_path(scope), "uri": scope.effective.uri} == case["expect"]


@of("skip_auth_entry")
def test_skip_entry_is_read(case: Case) -> None:
    """Method, negation and pattern are read from an entry."""
    try:
        rule = SkipRule.parse(case["input"]["entry"])
    except ValueError:
        assert case["expect"] == {"ok": False}
        return

    assert case["expect"] == {
        "ok": True,
        "method": rule.method,
        "negate": rule.negated,
        "regex": rule.pattern.text,
    }


@of("skip_auth")
def test_passes_without_login(case: Case) -> None:
    """A request passes without a login by its route or as a preflight."""
    config = case["config"]
    options = AccessOptions(
        skip_auth_routes=tuple(config.get("skip_auth_routes", ())),
        skip_auth_regex=tuple(config.get("skip_auth_regex", ())),
        skip_auth_preflight=config.get("skip_auth_preflight", False),
    )

    allowed = SkipRules.compile(options).allows(scope_of(case))

    assert allowed == case["expect"]["allowed"]


@of("trusted_ip")
def test_client_address_passes_without_login(case: Case) -> None:
    """A request passes without a login by its address."""
    rules = SkipRules.compile(
        AccessOptions(), trusted_ips=case["config"]["trusted_ips"]
    )

    assert rules.allows(scope_of(case)) == case["expect"]["trusted"]


@of("unauthenticated")
def test_answer_without_login(case: Case) -> None:
    """A request without a login gets JSON, the page or a redirect."""
    config = case["config"]
    ways = LoginWays.compile(
        api_routes=config.get("api_routes", ()),
        force_json=config.get("force_json_errors", False),
        skip_button=config.get("skip_provider_button", False),
    )

    answering = ways.answer_to(scope_of(case))

    kinds = {"json401": "json", "sign_in_page": "sign_in_page", "login": "idp_redirect"}
    assert kinds[answering] == case["expect"]["kind"]


@of("real_client_ip")
def test_real_client_address(case: Case) -> None:
    """The address of the client is read from its field."""
    expect = case["expect"]
    try:
        name = client_field(case["config"]["real_client_ip_header"])
    except ValueError:
        assert expect == {"config_error": True}
        return
    values = Fields(pairs_of(case["input"]["headers"])).texts(name.decode())

    if expect.get("error"):
        assert raises_value_error(lambda: real_client_address(values))
    else:
        assert real_client_address(values) == expect["ip"]


@of("client_string")
def test_client_in_logs(case: Case) -> None:
    """Logs name the client as the reference does."""
    scope = scope_of(case)

    named = {"log_client": log_client(scope), "full": full_client(scope)}

    assert named == case["expect"]


@of("forwarded_trust")
def test_forwarding_fields_are_believed(case: Case) -> None:
    """Trusted peers tell host, scheme and URI."""
    known = scope_of(case).effective

    assert case["expect"] == {
        "trusted": known.trusted,
        "host": known.host,
        "proto": known.scheme,
        "uri": known.uri,
    }


@of("ip_network")
def test_network_is_read(case: Case) -> None:
    """Addresses and networks are accepted or refused."""
    refused = raises_value_error(lambda: Networks.parse([case["input"]["text"]]))

    assert refused is not case["expect"]["ok"]


def headers_of(entries: Iterable[Case]) -> list[HeaderSettings]:
    return [
        HeaderSettings(
            name=entry["name"],
            values=tuple(map(value_of, entry["values"])),
            preserve_request_value=entry.get("preserve_request_value", False),
            insecure_skip_header_normalization=entry.get(
                "insecure_skip_header_normalization", False
            ),
        )
        for entry in entries
    ]


def value_of(entry: Case) -> HeaderValue:
    if "secret" in entry:
        return HeaderValue(secret_source=SecretSource(value=Secret(entry["secret"])))
    password = entry.get("basic_auth_password")
    source = ClaimSource(
        claim=entry["claim"],
        prefix=entry.get("prefix", ""),
        basic_auth_password=(
            None if password is None else SecretSource(value=Secret(password))
        ),
    )
    return HeaderValue(claim_source=source)


def reveal(source: SecretSource) -> str:
    return source.value.reveal() if source.value is not None else ""


def by_name(pairs: Iterable[Pair]) -> list[list[str]]:
    texts = [[canonical(field_text(name)), field_text(v)] for name, v in pairs]
    return sorted(texts, key=lambda pair: pair[0])


@of("request_headers")
def test_fields_for_the_upstream(case: Case) -> None:
    """Client fields are stripped and ours are added."""
    config = case["config"]["inject_request_headers"]
    injector = Injector(headers_of(config), [], reveal)
    client = pairs_of(case["input"]["headers"])

    kept = Hop(injector.stripped).forwardable(client, "@")
    block = injector.request_block(session_of(case["input"]))
    sent = injector.injected(kept, block)

    assert by_name(sent) == case["expect"]["headers"]


@of("response_headers")
def test_fields_for_the_client(case: Case) -> None:
    """Response fields are added to those that are there."""
    config = case["config"]["inject_response_headers"]
    injector = Injector([], headers_of(config), reveal)

    block = injector.response_block(session_of(case["input"]))
    sent = flattened([*pairs_of(case["input"]["headers"]), *block])

    assert by_name(sent) == case["expect"]["headers"]


@of("auth_constraints")
def test_constraints_of_the_query(case: Case) -> None:
    """The query narrows who may pass."""
    session = session_of(case["input"])
    assert session is not None

    met = satisfied(scope_of(case).query, session)

    assert met == case["expect"]["satisfied"]


@of("rewrite")
def test_target_is_rewritten(case: Case) -> None:
    """A rewritten request target is the one of the reference."""
    config, scope = case["config"], scope_of(case)
    rewrite = Rewrite(Pattern.compile(config["path"]), config["rewrite_target"])

    target = rewrite.target(scope.path, scope.query)

    assert target == case["expect"]["request_uri"]


@of("upstream_select")
def test_upstream_is_chosen(case: Case) -> None:
    """Each path leads to its upstream, a redirect or 404."""
    scope, expect = scope_of(case), case["expect"]
    router = Router.compile(
        [UpstreamSettings(**entry) for entry in case["config"]["upstreams"]],
        raw_path=case["config"].get("proxy_raw_path", False),
    )
    cleaned = clean_path(scope.target)
    if cleaned is not None:
        assert expect == {"status": 301, "location": cleaned}
        return

    found = router.route(scope)

    if isinstance(found, Route):
        assert found.upstream.id == expect["upstream"]
    else:
        assert found.status == expect["status"]
        if isinstance(found, Redirect):
            assert location(found.location, scope.path) == expect["location"]


@of("path_clean")
def test_path_is_cleaned(case: Case) -> None:
    """An unclean path is redirected to the clean one."""
    target = case["input"]["target"]

    cleaned = clean_path(target)

    assert (cleaned or "") == case["expect"]["location"]
    assert not (cleaned and is_clean(target.encode()))


@of("force_https")
def test_plain_http_is_redirected(case: Case) -> None:
    """Requests without TLS are sent to the address with it."""
    found = https_redirect(scope_of(case), case["config"]["https_port"])

    if found is None:
        assert case["expect"] == {"redirected": False}
    else:
        assert case["expect"] == {
            "redirected": True,
            "status": found.status,
            "location": found.location,
        }


@of("health")
def test_health_check_is_known(case: Case) -> None:
    """Health checks are known by path and agent."""
    checks = HealthChecks.of(ProbeOptions(**case["config"]))

    assert checks.match(scope_of(case)) == case["expect"]["health"]


@of("gap_signature")
def test_request_is_signed(case: Case) -> None:
    """The signed text and the signature are those of the reference."""
    given, expect = case["input"], case["expect"]
    key = Secret(case["config"]["signature_key"])
    if expect.get("config_error"):
        assert raises_value_error(lambda: Signer.parse(key))
        return
    signer = Signer.parse(key)
    assert signer is not None
    body = given.get("body", "").encode()
    fields = pairs_of(given.get("headers", ()))
    fields.append((b"Gap-Auth", given["gap_auth"].encode()))
    if body:
        fields.append((b"Content-Length", b"%d" % len(body)))
    method, target = given.get("method", "GET"), given["target"]

    text = string_to_sign(method, target, fields)

    assert text == expect["string_to_sign"]
    assert signer.sign(method, target, fields, body) == expect["signature"]


@of("jwt_header")
def test_bearer_token_is_found(case: Case) -> None:
    """A JWT is found where it may stand."""
    try:
        token = bearer_token(case["input"]["authorization"])
    except CredentialsError:
        assert case["expect"]["error"]
        return

    assert {"token": token, "error": False} == case["expect"]


@of("basic_header")
def test_basic_credentials_are_read(case: Case) -> None:
    """User and password are read from Basic credentials."""
    try:
        user, password = basic_credentials(case["input"]["authorization"])
    except CredentialsError:
        assert case["expect"] == {"error": True}
        return

    assert {"user": user, "password": password} == case["expect"]


@of("websocket")
def test_websocket_is_recognised(case: Case) -> None:
    """A WebSocket upgrade is known."""
    wanted = wants_websocket(pairs_of(case["input"]["headers"]))

    assert wanted == case["expect"]["websocket_handler"]


@of("forwarded_for")
def test_peer_is_appended(case: Case) -> None:
    """The address of the peer ends X-Forwarded-For."""
    scope = scope_of(case)

    sent = Fields(Hop().forwardable(scope.fields, scope.peer.address))

    assert sent.text("x-forwarded-for") == case["expect"]["x_forwarded_for"]
    assert len(sent.all(b"x-forwarded-for")) == 1


@of("location_header")
def test_location_on_the_wire(case: Case) -> None:
    """A redirect target is written as a Location."""
    scope = scope_of(case)

    sent = location(case["input"]["redirect"], scope.path)

    assert sent == case["expect"]["location"]


@of("userinfo")
def test_userinfo_body(case: Case) -> None:
    """The userinfo body is the one of the reference, byte for byte."""
    session = session_of(case["input"])

    assert userinfo_body(session) == case["expect"]["body"]


def test_reference_ways_can_be_had_back() -> None:
    """With the reference's ways switched on, the switched cases come out as its own."""
    by_id = {case["id"]: case for case in CASES}
    preflight = SkipRules.compile(
        AccessOptions(skip_auth_preflight=True), any_options=True
    )
    spoof = by_id["trusted_ip-009"]
    spoofed = scope_of(spoof)
    spoofed.trust = evolve(spoofed.trust, client_from_anyone=True)
    repeated = scope_of(by_id["forwarded_trust-007"])
    repeated.trust = evolve(repeated.trust, first_of_repeated=True)

    assert preflight.allows(scope_of(by_id["skip_auth-018"]))
    assert SkipRules.compile(
        AccessOptions(), trusted_ips=spoof["config"]["trusted_ips"]
    ).allows(spoofed)
    assert repeated.effective.host == "one.test"
