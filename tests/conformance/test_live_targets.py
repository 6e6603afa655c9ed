"""
Where browsers are sent: redirects, targets of logins and login URLs, over real sockets.
"""

import base64
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from tests.conformance.houses import ALPHA, Houses
from tests.conformance.internet import Internet
from tests.conformance.peers import ask, login_query, target_of
from tests.conformance.recorded import of
from tests.conformance.test_http_exchanges import BASE
from tests.conformance.visits import ISSUER, publish
from tests.integration.harness.authority import Authority, Certificate
from tests.live import Answered, LiveHouse
from tests.unit.providers.idp import rsa_key

Case = dict[str, Any]


def start(house: LiveHouse, query: str = "", **given: Any) -> Answered:
    """
    Start a login.
    """
    return ask(house, {"input": {"target": f"/oauth2/start?{query}", **given}})


def wishing(target: str) -> str:
    """
    Return the query that asks for a target after the login.
    """
    return "rd=" + quote(target.encode("utf-8", "surrogateescape"), safe="")


@of("redirect_validation")
def test_login_leads_where_it_may(case: Case, houses: Houses) -> None:
    """A login takes up a target that is valid; any other is replaced by the home."""
    target = case["input"]["redirect"]

    answered = start(houses.usual(case["config"]), wishing(target))

    assert target_of(answered) == (target if case["expect"]["valid"] else "/")


@of("app_redirect")
def test_login_leads_back(case: Case, houses: Houses) -> None:
    """A login leads where the request says, or to the page itself."""
    answered = ask(houses.usual(case["config"], skip_provider_button=True), case)

    location = answered.first("Location") or ""
    if case["expect"].get("form_error"):
        assert answered.status == 400
    elif location.startswith(BASE["login_url"]):
        assert target_of(answered) == case["expect"]["redirect"]
    else:
        assert location == case["expect"]["redirect"]


@of("location_header", but=["location_header-004"])
def test_location_on_the_wire(case: Case, houses: Houses) -> None:
    """A target is written into Location as the reference does."""
    target = f"{case['input']['target']}?{wishing(case['input']['redirect'])}"

    answered = ask(houses.usual(case["config"]), {"input": {"target": target}})

    assert answered.first("Location") == case["expect"]["location"]


@of("location_header", only=lambda case: case["id"] == "location_header-004")
def test_query_of_a_location(case: Case, houses: Houses) -> None:
    """A query stays as it is; nobody is sent to this target but who comes from an
    unclean path."""
    target = f"/x/..{case['input']['redirect']}"

    answered = ask(houses.usual(case["config"]), {"input": {"target": target}})

    assert answered.first("Location") == case["expect"]["location"]


@of("path_clean")
def test_unclean_path_is_redirected(case: Case, houses: Houses) -> None:
    """An unclean path is redirected to the clean one, before anything else."""
    answered = ask(houses.usual(case["config"]), case)

    expect = case["expect"]
    assert (answered.status == 301) == (expect["status"] == 301)
    assert (answered.first("Location") or "") == expect["location"]


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    """
    The certificate of the proxy itself.
    """
    return authority.issue("app.test")


@of("force_https")
def test_plain_http_is_redirected(
    case: Case, houses: Houses, certificate: Certificate
) -> None:
    """Requests without TLS are sent to https."""
    config = dict(case["config"])
    house = houses.usual(
        {},
        force_https=True,
        https_address=f":{config.pop('https_port')}",
        tls_cert_file=str(certificate.chain),
        tls_key_file=str(certificate.key),
        **config,
    )
    secure = certificate if case["input"].get("tls") else None

    answered = ask(house, case, secure=secure)

    expect = case["expect"]
    assert (answered.status == 308) == expect["redirected"]
    assert answered.first("Location") == expect.get("location")


@of("oauth_redirect_uri")
def test_way_back_from_the_provider(case: Case, houses: Houses) -> None:
    """The provider is told the callback's URL that the reference tells."""
    house = houses.usual(case["config"])
    prefix = case["config"].get("proxy_prefix", "/oauth2")

    answered = start(house, **{"target": f"{prefix}/start", **case["input"]})

    assert login_query(answered)["redirect_uri"] == case["expect"]["uri"]


NONCES = {"nonce", "code_challenge", "code_challenge_method"}


def chosen(answered: Answered) -> dict[str, list[str]]:
    """
    Return the parameters of a login URL that are not those of every login.
    """
    query = urlsplit(answered.first("Location") or "").query
    usual = {"client_id", "redirect_uri", "response_type", "scope", "state", *NONCES}
    read = parse_qs(query, keep_blank_values=True)
    return {name: values for name, values in read.items() if name not in usual}


@of("login_params")
def test_browser_chooses_parameters(case: Case, houses: Houses) -> None:
    """Browsers choose only what an allow rule lets them choose."""
    (provider,) = ALPHA["providers"]
    parameters = case["config"]["login_url_parameters"]
    house = houses.alpha(providers=[{**provider, "loginURLParameters": parameters}])

    answered = start(house, case["input"]["start_query"])

    assert (
        urlencode(sorted(chosen(answered).items()), doseq=True)
        == (case["expect"]["query"])
    )


@of("login_url")
def test_login_url(case: Case, houses: Houses) -> None:
    """The login URL is the reference's to the byte, but for what is random in it."""
    given, config = case["input"], case["config"]
    extra = dict(given.get("extra", []))
    (usual,) = ALPHA["providers"]
    provider = {
        **usual,
        "loginURL": config["login_url"],
        "clientID": config["client_id"],
        "scope": config["scope"],
        "code_challenge_method": extra.get("code_challenge_method", ""),
        "loginURLParameters": [
            {"name": name, "default": [value]}
            for name, value in extra.items()
            if name not in NONCES
        ],
    }
    core = {
        "redirect_url": given["redirect_uri"],
        "insecure_skip_default_nonce": "nonce" not in extra,
    }
    nonce, _, target = given["state"].partition(":")

    answered = start(houses.alpha(core, providers=[provider]), wishing(target))

    url = answered.first("Location") or ""
    query = parse_qs(urlsplit(url).query)
    url = url.replace(query["state"][-1].partition(":")[0], nonce)
    for name in NONCES & extra.keys():
        url = url.replace(f"{name}={query[name][0]}", f"{name}={extra[name]}")
    assert url == case["expect"]["url"]


@of("state_encode")
def test_state_of_a_login(case: Case, houses: Houses) -> None:
    """The state parameter holds nonce and target, encoded where asked for."""
    encoded = case["config"]["encode_state"]

    answered = start(houses.usual(case["config"]), wishing(case["input"]["redirect"]))

    state, wanted = login_query(answered)["state"], case["expect"]["state"]
    if encoded:
        assert not state.endswith("=")
        state, wanted = decoded(state), decoded(wanted)
    nonce = state.partition(":")[0]
    assert len(nonce) == 43
    assert state.replace(nonce, case["input"]["nonce"]) == wanted


def decoded(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


@of("effective_scope")
def test_login_asks_for_the_scope(
    case: Case, houses: Houses, internet: Internet
) -> None:
    """A login asks for the scope that the reference asks for."""
    config = {"oidc_issuer_url": ISSUER, **case["config"]}
    discovered = config.pop("discovered", {})
    publish(
        internet,
        authorization_endpoint=discovered.get("login_url", f"{ISSUER}/authorize"),
        userinfo_endpoint=discovered.get("profile_url", ""),
    )
    files = {"jwt": rsa_key().export_to_pem(True, None)}
    if config["provider"] == "login.gov":
        config["jwt_key_file"] = "/jwt"

    answered = start(houses.plain(files, **config))

    assert login_query(answered)["scope"] == case["expect"]["scope"]
