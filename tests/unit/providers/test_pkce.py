"""
PKCE by default (RFC 7636).
"""

from attrs import evolve

from oauthproxy.providers.table import make_provider
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import IdP, provider_settings


def method(idp: IdP, *, if_announced: bool = True, configured: str = "") -> str:
    """
    Return the PKCE method of logins at a provider.
    """
    settings = provider_settings(
        provider="oidc",
        oidc_issuer_url="https://idp.test",
        client_id="c",
        client_secret="s",
        code_challenge_method=configured,
    )
    made = make_provider(
        evolve(settings, pkce_if_announced=if_announced),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        lambda _: b"",
        FakeGate,
    )
    return run(made.code_challenge_method())


def test_method_is_s256_where_announced() -> None:
    """A provider that announces S256 gets it without being configured."""
    idp = IdP.usual(code_challenge_methods_supported=["plain", "S256"])

    assert method(idp) == "S256"


def test_method_is_none_where_not_announced() -> None:
    """Others, and those that only know the weak method, get none."""
    assert method(IdP.usual()) == ""
    assert method(IdP.usual(code_challenge_methods_supported=["plain"])) == ""


def test_method_is_the_configured_one_first() -> None:
    """What is configured counts, announced or not."""
    assert method(IdP.usual(), configured="plain") == "plain"


def test_method_is_none_when_switched_off() -> None:
    """The reference uses none unless it is configured."""
    idp = IdP.usual(code_challenge_methods_supported=["S256"])

    assert method(idp, if_announced=False) == ""
