"""
Section A: getting past the login by forwarding headers.

Tests are named after the rows of the attack list; numbers that the list leaves out are
attacks we thought of.
"""

import pytest

from tests.attacks.outcome import ask, asks_for_login, kept_out
from tests.conftest import OpenStage

FAR_PROXY = """
reverse_proxy = true
trusted_proxy_ips = ["192.0.2.10"]
"""
NEAR_PROXY = """
reverse_proxy = true
trusted_proxy_ips = ["127.0.0.1/32"]
"""
PUBLIC = 'skip_auth_routes = ["^/public$", "^/skip/auth/regex$"]\n'
INSIDERS = 'trusted_ips = ["10.0.0.0/8", "::ffff:10.0.0.0/104"]\n'
BY_FORWARDED_FOR = 'real_client_ip_header = "X-Forwarded-For"\n'


@pytest.mark.parametrize("target", ["/secret", "/oauth2/userinfo"])
def test_a01_spoofed_uri_opens_nothing(open_stage: OpenStage, target: str) -> None:
    """
    `X-Forwarded-Uri` of somebody who is no trusted proxy is not looked at.
    """
    stage = open_stage(FAR_PROXY + PUBLIC)

    answer = ask(stage, target, "X-Forwarded-Uri: /public")

    assert asks_for_login(stage, answer)


def test_a02_spoofed_uri_opens_nothing_on_the_auth_endpoint(
    open_stage: OpenStage,
) -> None:
    """
    The same on the endpoint that other proxies ask.
    """
    stage = open_stage(FAR_PROXY + PUBLIC)

    answer = ask(stage, "/oauth2/auth", "X-Forwarded-Uri: /skip/auth/regex")

    assert answer.status == 401


@pytest.mark.parametrize("target", ["/secret", "/oauth2/auth"])
@pytest.mark.parametrize(
    "values", [("/public", "/secret"), ("/secret", "/public"), ("/public", "")]
)
def test_a03_doubled_uri_is_not_believed(
    open_stage: OpenStage, target: str, values: tuple[str, str]
) -> None:
    """
    A trusted proxy that passes on the client's own field beside its own says two
    things; neither is believed.
    """
    stage = open_stage(NEAR_PROXY + PUBLIC)

    fields = [f"X-Forwarded-Uri: {value}" for value in values]
    answer = ask(stage, target, *fields)

    assert kept_out(stage, answer)


def test_a03_single_uri_of_a_trusted_proxy_is_believed(open_stage: OpenStage) -> None:
    """
    The rule that the attacks abuse works for those it is made for.
    """
    stage = open_stage(NEAR_PROXY + PUBLIC)

    answer = ask(stage, "/oauth2/auth", "X-Forwarded-Uri: /public")

    assert answer.status == 202


def test_a04_spoofed_host_does_not_reach_the_provider(open_stage: OpenStage) -> None:
    """
    `X-Forwarded-Host` and `-Proto` of a stranger do not shape the redirect URI.
    """
    stage = open_stage(FAR_PROXY + "skip_provider_button = true")

    spoofed = ["X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https"]
    answer = ask(stage, "/secret", *spoofed)

    assert asks_for_login(stage, answer)
    assert "evil" not in (answer.one("Location") or "")


@pytest.mark.parametrize(
    "field",
    [
        "X-Real-IP: 10.0.0.1",
        "X-Forwarded-For: 10.0.0.1",
        "X-Forwarded-For: 10.0.0.1, 127.0.0.1",
        "CF-Connecting-IP: 10.0.0.1",
        "Forwarded: for=10.0.0.1",
    ],
)
@pytest.mark.parametrize("header", ["", BY_FORWARDED_FOR], ids=["real-ip", "xff"])
def test_a05_spoofed_address_is_not_believed(
    open_stage: OpenStage, header: str, field: str
) -> None:
    """
    The address that somebody who is no trusted proxy claims opens nothing.
    """
    stage = open_stage(FAR_PROXY + INSIDERS + header)

    assert asks_for_login(stage, ask(stage, "/secret", field))


@pytest.mark.parametrize(
    "value", ["a", "", ",", "10.0.0", "10.0.0.1.1", "::::", "\xff"]
)
def test_a06_unreadable_address_matches_nothing(
    open_stage: OpenStage, value: str
) -> None:
    """
    An address that cannot be read is in no network; it is no error either.
    """
    stage = open_stage(NEAR_PROXY + INSIDERS + BY_FORWARDED_FOR)

    answer = ask(stage, "/secret", f"X-Forwarded-For: {value}")

    assert asks_for_login(stage, answer)


@pytest.mark.parametrize(
    "value",
    [
        "10.0.0.1%eth0",
        "0x0a000001",
        "0x0a.0.0.1",
        "010.0.0.1",
        "10.0.0.01",
        "167772161",
        "10.1",
        "[10.0.0.1]",
        "fe80::1%10.0.0.1",
        "10.0.0.1/8",
        "١٠.0.0.1".encode().decode("latin-1"),
    ],
)
def test_a07_odd_addresses_match_nothing(open_stage: OpenStage, value: str) -> None:
    """
    Octal, hexadecimal, short and zoned spellings are no addresses.
    """
    stage = open_stage(NEAR_PROXY + INSIDERS + BY_FORWARDED_FOR)

    answer = ask(stage, "/secret", f"X-Forwarded-For: {value}")

    assert asks_for_login(stage, answer)


@pytest.mark.parametrize("value", ["10.0.0.1", "10.0.0.1, 1.2.3.4", "::ffff:10.0.0.1"])
def test_a07_plain_addresses_match(open_stage: OpenStage, value: str) -> None:
    """
    The rule works for the addresses it is made for, mapped ones among them.
    """
    stage = open_stage(NEAR_PROXY + INSIDERS + BY_FORWARDED_FOR)

    assert ask(stage, "/secret", f"X-Forwarded-For: {value}").status == 200
