"""
The differences from the reference: those that a configuration has, and their pages.
"""

import re
from pathlib import Path

import pytest

import oauthproxy
from oauthproxy.settings.differences import CONCERNS, active_differences
from oauthproxy.settings.switches import BY_REFERENCE, SWITCHES
from oauthproxy.settings.table import table
from tests.unit.net.authority import Authority
from tests.unit.settings.loading import loaded

REDIS = ("--session-store-type=redis", "--redis-connection-url=redis://h")
NO_HEADERS = ("--pass-basic-auth=false", "--pass-user-headers=false")
OIDC = ("--provider=oidc", "--oidc-issuer-url=https://i")
FILES: dict[str, bytes | None] = {"ca": Authority().pem}

ROOT = Path(oauthproxy.__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "differences").glob("*.rst"))
NONE = "There is no switch"


def listed(*arguments: str, **rest: str) -> list[str]:
    """
    Return the differences, in the order in which they are told.
    """
    return active_differences(loaded(*arguments, files=FILES, **rest))  # type: ignore[arg-type]


def options(*arguments: str) -> set[str]:
    """
    Return the options by which they can be turned off.
    """
    return {line.partition(":")[0] for line in listed(*arguments)}


def test_every_switch_is_an_option_of_ours() -> None:
    """With another default than the reference's way."""
    for switch in SWITCHES:
        option = table().by_name[switch.option]
        assert option.declared.ours
        assert option.default != switch.reference


def test_every_switch_tells_whom_it_concerns() -> None:
    """Otherwise it would never be listed, or always."""
    assert set(CONCERNS) == {switch.option for switch in SWITCHES}


@pytest.mark.parametrize(
    ("option", "without", "within"),
    [
        ("exit_without_provider", ["--provider=github"], [*OIDC]),
        ("insecure_skip_any_options", [], ["--skip-auth-preflight"]),
        (
            "insecure_client_address_from_anyone",
            ["--reverse-proxy"],
            ["--reverse-proxy", "--trusted-proxy-ip=::1"],
        ),
        (
            "upstreams_trust_as_provider",
            ["--ssl-insecure-skip-verify", "--upstream=http://h"],
            ["--provider-ca-file=ca", "--upstream=https://h"],
        ),
        (
            "upstreams_trust_as_provider",
            [
                "--provider-ca-file=ca",
                "--upstream=https://h",
                "--ssl-upstream-insecure-skip-verify",
            ],
            ["--ssl-insecure-skip-verify", "--upstream=https://h"],
        ),
        ("insecure_skip_default_pkce", ["--provider=github"], [*OIDC]),
        (
            "insecure_skip_default_pkce",
            [*OIDC, "--code-challenge-method=plain"],
            ["--provider=google"],
        ),
        ("insecure_skip_default_nonce", ["--provider=github"], [*OIDC]),
        (
            "insecure_skip_default_nonce",
            [*OIDC, "--insecure-oidc-skip-nonce=false"],
            ["--provider=google"],
        ),
        (
            "insecure_drop_allowed_groups",
            [*OIDC, "--allowed-group=a"],
            ["--provider=keycloak-oidc", OIDC[1], "--keycloak-group=a"],
        ),
        (
            "insecure_drop_allowed_groups",
            ["--provider=gitlab", OIDC[1], "--gitlab-group=a"],
            ["--provider=gitlab", OIDC[1], "--allowed-group=a"],
        ),
        ("insecure_skip_google_signature", [*OIDC], ["--provider=google"]),
        ("show_login_to_scripts", ["--force-json-errors"], []),
        ("unlimited_login_cookies", [], ["--cookie-csrf-per-request"]),
        (
            "unlimited_login_cookies",
            ["--cookie-csrf-per-request", "--cookie-csrf-per-request-limit=3"],
            ["--cookie-csrf-per-request"],
        ),
        ("exit_without_redis", [], [*REDIS]),
        (
            "upstreams_through_proxy",
            ["--upstream=file:///srv"],
            ["--upstream=http://h"],
        ),
        ("insecure_believe_repeated_forwarding", [], ["--reverse-proxy"]),
        (
            "ignore_proxy_websockets",
            ["--upstream=http://h"],
            ["--upstream=http://h", "--proxy-websockets=false"],
        ),
        (
            "ignore_proxy_websockets",
            ["--upstream=file:///srv", "--proxy-websockets=false"],
            ["--upstream=http://h", "--proxy-websockets=false"],
        ),
        ("keep_upstream_identity_headers", [], ["--set-xauthrequest"]),
        ("insecure_keep_identity_headers", [*NO_HEADERS], []),
        ("insecure_raw_group_commas", [*NO_HEADERS], []),
        (
            "insecure_basic_user_colons",
            [],
            ["--pass-basic-auth", "--basic-auth-password=p"],
        ),
        (
            "insecure_log_tokens",
            [
                "--standard-logging=false",
                "--auth-logging=false",
                "--request-logging=false",
            ],
            [],
        ),
        ("group_objects_as_text", ["--provider=github"], [*OIDC]),
        ("insecure_skip_id_token_checks", ["--provider=google"], [*OIDC]),
        (
            "insecure_believe_unverified_addresses",
            [*OIDC],
            ["--provider=digitalocean"],
        ),
        ("insecure_skip_auth_ambiguous_paths", [], ["--skip-auth-regex=^/open"]),
        ("insecure_skip_auth_ambiguous_paths", [], ["--skip-auth-route=^/open"]),
        (
            "insecure_follow_links",
            ["--upstream=http://h"],
            ["--upstream=file:///srv"],
        ),
    ],
)
def test_a_difference_is_listed_where_it_can_be_noticed(
    option: str, without: list[str], within: list[str]
) -> None:
    """A switch for another type of provider, or for what is not used, is no news."""
    assert option not in options(*without)
    assert option in options(*within)


def test_a_promise_of_a_cookie_name_concerns_whoever_breaks_it() -> None:
    """Without the switch such a configuration is refused."""
    concerns = CONCERNS["allow_broken_cookie_prefixes"]
    allowed = ("--allow-broken-cookie-prefixes", "--cookie-name=__Host-a")

    assert not concerns(loaded(*allowed))
    assert concerns(loaded(*allowed, "--cookie-path=/x"))


def test_one_option_turns_all_of_them_off() -> None:
    """But for those that are set themselves."""
    everything = (*OIDC, "--cookie-csrf-per-request", "--reverse-proxy")

    assert listed(*everything, "--reference-behaviour") == []
    for switch in SWITCHES:
        option = table().by_name[switch.option]
        found = getattr(loaded("--reference-behaviour").ours, option.name)
        assert found == switch.reference
    assert options(
        *everything, "--reference-behaviour", "--insecure-skip-default-pkce=false"
    ) == {"insecure_skip_default_pkce"}


def test_an_alpha_configuration_has_its_own_say_about_the_nonce() -> None:
    """Who wrote what is wanted gets no difference."""
    alpha = (
        "providers: [{id: a, provider: oidc, clientID: c, clientSecret: s, oidcConfig: "
        "{issuerURL: 'https://i', insecureSkipNonce: false}}]\n"
        "server: {bindAddress: ':1'}"
    )
    base = ("--cookie-secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",)

    found = active_differences(loaded("--email-domain=*", alpha=alpha, base=base))

    assert "insecure_skip_default_nonce" not in {x.partition(":")[0] for x in found}


def named(page: Path) -> set[str]:
    """
    Return the switches that a page names.
    """
    words = set(re.findall(r"``(\w+)", page.read_text(encoding="utf-8")))
    return words & {switch.option for switch in SWITCHES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_its_switch_or_says_that_there_is_none(page: Path) -> None:
    """Whoever reads about a difference knows what to do about it."""
    text = " ".join(page.read_text(encoding="utf-8").split())

    assert named(page) or NONE in text
    assert f"``{BY_REFERENCE}``" not in text


def test_every_switch_is_on_a_page() -> None:
    """With the reason for the difference."""
    written = set().union(*map(named, PAGES))

    assert written == {switch.option for switch in SWITCHES}


def test_the_option_for_all_only_turns_switches() -> None:
    """No other line of the program asks for it, so each difference has a switch."""
    files = (ROOT / "oauthproxy").rglob("*.py")
    asking = [
        file.name for file in files if f".{BY_REFERENCE}" in file.read_text("utf-8")
    ]

    assert asking == []
