"""
What is safe by default, and how it is switched off.
"""

import pytest

from oauthproxy.settings.load import load
from oauthproxy.settings.model import ProviderSettings


def provider(*arguments: str, alpha: str = "") -> ProviderSettings:
    """
    Return the provider of some arguments.
    """
    given = [*arguments, "--alpha-config=a"] if alpha else arguments
    files = {"a": alpha.encode()}
    return load(given, {}, files.__getitem__, checked=False).providers[0]


@pytest.mark.parametrize(
    ("arguments", "skipped"),
    [
        ((), False),
        (("--insecure-oidc-skip-nonce=false",), False),
        (("--insecure-oidc-skip-nonce=true",), True),
        (("--insecure-skip-default-nonce",), True),
        (("--reference-behaviour",), True),
        (("--reference-behaviour", "--insecure-oidc-skip-nonce=false"), False),
    ],
)
def test_nonce_is_checked_unless_somebody_said_otherwise(
    arguments: tuple[str, ...], *, skipped: bool
) -> None:
    """The listed default of the reference counts only where it was written down."""
    assert provider(*arguments).oidc.insecure_skip_nonce is skipped


def test_alpha_configuration_has_the_last_word_about_the_nonce() -> None:
    """What is written in the YAML file is meant."""
    alpha = "providers: [{id: a, oidcConfig: {insecureSkipNonce: true}}]"

    assert provider(alpha=alpha).oidc.insecure_skip_nonce


@pytest.mark.parametrize(
    ("arguments", "used"),
    [
        ((), True),
        (("--insecure-skip-default-pkce",), False),
        (("--reference-behaviour",), False),
    ],
)
def test_pkce_is_used_where_announced_unless_switched_off(
    arguments: tuple[str, ...], *, used: bool
) -> None:
    """The switch, and the one for all switches, bring the reference's way back."""
    assert provider(*arguments).pkce_if_announced is used


@pytest.mark.parametrize(
    "arguments",
    [
        ["--token-endpoint-auth-method=none"],
        [
            "--token-endpoint-auth-method=private_key_jwt",
            "--client-assertion-key-file=k",
        ],
        ["--client-assertion-key-file=k"],
    ],
)
@pytest.mark.parametrize("alpha", [False, True])
def test_other_proofs_need_no_secret(arguments: list[str], *, alpha: bool) -> None:
    """A public client has none, and who has a key needs none."""
    flags = ["--client-id=c", "--provider=oidc", "--oidc-issuer-url=https://idp.test"]
    given = ["--alpha-config=a"] if alpha else flags
    common = ["--cookie-secret=0123456789abcdef", "--email-domain=*"]
    files = {"k": b"", "a": ALPHA}

    settings = load([*given, *common, *arguments], {}, files.__getitem__)

    assert settings.providers[0].client_secret.reveal() == ""
    assert arguments[0].endswith(
        settings.providers[0].token_endpoint_auth_method
        or settings.providers[0].client_assertion_key_file
    )


ALPHA = b"""
server: {bindAddress: "127.0.0.1:0"}
providers:
  - {id: a, provider: oidc, clientID: c, oidcConfig: {issuerURL: "https://idp.test"}}
"""
