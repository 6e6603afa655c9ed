"""
The differences from the reference that a configuration has.
"""

import pytest

from oauthproxy.settings.differences import CONCERNS, active_differences
from oauthproxy.settings.switches import SWITCHES
from oauthproxy.settings.table import table
from tests.unit.net.authority import Authority
from tests.unit.settings.loading import loaded

OIDC = ("--provider=oidc", "--oidc-issuer-url=https://i")
FILES: dict[str, bytes | None] = {"ca": Authority().pem}


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
    ],
)
def test_a_difference_is_listed_where_it_can_be_noticed(
    option: str, without: list[str], within: list[str]
) -> None:
    """A switch for another type of provider, or for what is not used, is no news."""
    assert option not in options(*without)
    assert option in options(*within)


@pytest.mark.parametrize(
    ("said", "without", "within"),
    [
        ("comes twice", [], ["--reverse-proxy"]),
        (
            "WebSocket",
            ["--upstream=http://h"],
            ["--upstream=http://h", "--proxy-websockets=false"],
        ),
        (
            "WebSocket",
            ["--upstream=file:///srv", "--proxy-websockets=false"],
            ["--upstream=http://h", "--proxy-websockets=false"],
        ),
        ("leaves an upstream's header out", [], ["--set-xauthrequest"]),
        (
            "takes all identity headers away",
            ["--pass-basic-auth=false", "--pass-user-headers=false"],
            [],
        ),
        (
            "hides tokens",
            [
                "--standard-logging=false",
                "--auth-logging=false",
                "--request-logging=false",
            ],
            [],
        ),
    ],
)
def test_what_has_no_switch_of_its_own_is_listed(
    said: str, without: list[str], within: list[str]
) -> None:
    """By the option that turns all of them off."""

    def told(arguments: list[str]) -> bool:
        return any(
            line.startswith("reference_behaviour: ") and said in line
            for line in listed(*arguments)
        )

    assert not told(without)
    assert told(within)


def test_one_option_turns_all_of_them_off() -> None:
    """But for those that are set themselves."""
    everything = (*OIDC, "--cookie-csrf-per-request", "--reverse-proxy")

    assert listed(*everything, "--reference-behaviour") == []
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
