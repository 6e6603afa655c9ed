"""
Every option of the reference exists here, with its names, type and default, and means
the same from every source.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from oauthproxy.crypto.cookie_secret import cookie_key, usable
from oauthproxy.crypto.secret import Secret
from oauthproxy.errors import SettingsError
from oauthproxy.settings.load import load
from oauthproxy.settings.model import Settings
from oauthproxy.settings.table import Option, table
from tests.conformance.casebook import cases

OPTIONS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "options.toml").read_text(encoding="utf-8")
)["option"]
CONFIGURABLE = [option for option in OPTIONS if option["key"]]

# A value that is not the default, by type; and by name where only some will do.
VALUES = {
    "string": "sample",
    "bool": "false",
    "int": "8",
    "duration": "7s",
    "string-list": "http://one/,http://two/b",
}
VALUES_BY_KEY = {
    # safer when nothing is said: see docs/differences/safe-defaults.rst
    "insecure_oidc_skip_nonce": "true",
    "provider": "oidc",
}

# What else has to be set before an option can be seen in the settings.
NEEDS = {
    "https_address": ("--tls-cert-file=c",),
    "tls_min_version": ("--tls-cert-file=c",),
    "tls_cipher_suites": ("--tls-cert-file=c",),
    "pass_user_headers": ("--pass-basic-auth=false",),
    "set_basic_auth": ("--basic-auth-password=p",),
    "allowed_roles": ("--provider=keycloak-oidc",),
    "jwt_key": ("--provider=login.gov",),
    "jwt_key_file": ("--provider=login.gov",),
    "pubjwk_url": ("--provider=login.gov",),
    "prefer_email_to_user": ("--basic-auth-password=p",),
    "pass_basic_auth": ("--basic-auth-password=p",),
    **dict.fromkeys(
        (
            "flush_interval",
            "upstream_timeout",
            "pass_host_header",
            "proxy_websockets",
            "ssl_upstream_insecure_skip_verify",
            "disable_keep_alives",
        ),
        ("--upstream=http://h/",),
    ),
}


def names(options: list[dict[str, Any]]) -> list[str]:
    return [option["flag"] for option in options]


def ours(option: Mapping[str, Any]) -> Option:
    return table().by_flag[option["flag"]]


def value_of(option: Mapping[str, Any]) -> str:
    if option["type"] == "bool" and option["default"] is False:
        return "true"
    return VALUES_BY_KEY.get(option["key"], VALUES[option["type"]])


def needs(option: Mapping[str, Any]) -> tuple[str, ...]:
    section = option["section"]
    if option["key"] in NEEDS:
        return NEEDS[option["key"]]
    if section.startswith("provider-"):
        return (f"--provider={section.removeprefix('provider-')}",)
    return ()


def settings(
    *arguments: str,
    toml: str = "",
    environment: Mapping[str, str] | None = None,
) -> Settings:
    files = {"f": toml.encode(), "sample": b"secret"}
    given = [*arguments, "--config=f"] if toml else arguments
    return load(given, environment or {}, files.__getitem__, checked=False)


def test_there_are_as_many_options_as_the_reference_has() -> None:
    """The list of facts is complete."""
    assert len(OPTIONS) == 172


@pytest.mark.parametrize("option", OPTIONS, ids=names(OPTIONS))
def test_an_option_has_the_names_and_the_default_of_the_reference(
    option: dict[str, Any],
) -> None:
    """Flag, key, variable, second key, type, default, repetition and scope agree."""
    own = ours(option)
    kind = "string" if own.kind.value == "secret" else own.kind.value
    default = own.default
    if isinstance(default, Secret):
        default = default.reveal()
    elif isinstance(default, tuple):
        default = list(default)

    assert (own.key, own.variable) == (option["key"], option["env"])
    assert own.declared.alias == option.get("alias_key", "")
    assert kind == option["type"]
    assert default == (
        round(option["default_seconds"] * 1_000_000_000)
        if "default_seconds" in option
        else option["default"]
    )
    assert (kind == "string-list") == option["list_repeat"]
    assert own.declared.scope == option["scope"]
    assert own.declared.deprecated == option["deprecated"]


@pytest.mark.parametrize("option", CONFIGURABLE, ids=names(CONFIGURABLE))
def test_an_option_means_the_same_from_every_source(option: dict[str, Any]) -> None:
    """A flag, a variable and a text in the file give the same settings."""
    value = value_of(option)
    before = needs(option)

    by_flag = settings(*before, f"--{option['flag']}={value}")
    by_variable = settings(*before, environment={option["env"]: value})
    by_file = settings(*before, toml=f'{option["key"]} = "{value}"')

    assert by_flag == by_variable == by_file


@pytest.mark.parametrize("option", CONFIGURABLE, ids=names(CONFIGURABLE))
def test_an_option_reaches_the_settings(option: dict[str, Any]) -> None:
    """No option is accepted and lost."""
    before = needs(option)

    changed = settings(*before, f"--{option['flag']}={value_of(option)}")

    assert changed != settings(*before)


@pytest.mark.parametrize("option", CONFIGURABLE, ids=names(CONFIGURABLE))
def test_an_alpha_configuration_takes_the_place_of_some_options(
    option: dict[str, Any],
) -> None:
    """Beside it a legacy option is refused as flag and key, a core option is not."""
    legacy = option["scope"] == "legacy"
    value = value_of(option)
    text = f'{option["key"]} = "{value}"'
    files = {"a": b"", "f": text.encode(), "sample": b"secret"}

    for given in (f"--{option['flag']}={value}", "--config=f"):
        arguments = ["--alpha-config=a", given]
        if legacy:
            with pytest.raises(SettingsError, match=option["key"]):
                load(arguments, {}, files.__getitem__, checked=False)
        else:
            load(arguments, {}, files.__getitem__, checked=False)
    environment = {option["env"]: value}
    load(["--alpha-config=a"], environment, files.__getitem__, checked=False)


def toml(config: Mapping[str, object]) -> str:
    def shown(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else f'"{value}"'

    return "\n".join(f"{key} = {shown(value)}" for key, value in config.items()) or "\n"


@cases("legacy_headers")
def test_headers_made_of_flat_options_are_those_of_the_reference(
    case: dict[str, Any],
) -> None:
    """The same headers in the same order."""
    found = settings(toml=toml(case["config"]))

    assert [h.name for h in found.inject_request_headers] == case["expect"]["request"]
    assert [h.name for h in found.inject_response_headers] == case["expect"]["response"]


@cases("legacy_upstream")
def test_upstreams_made_of_urls_are_those_of_the_reference(
    case: dict[str, Any],
) -> None:
    """Id, path, uri and status follow from the URL."""
    (found,) = settings(f"--upstream={case['input']['upstream']}").upstreams

    for name, value in case["expect"].items():
        assert getattr(found, name) == value
    assert found.static == ("static_code" in case["expect"])


@cases("cookie_secret")
def test_a_cookie_secret_means_the_key_of_the_reference(case: dict[str, Any]) -> None:
    """The bytes of the key, and whether they are of use."""
    key = cookie_key(case["input"]["secret"])

    assert key.hex() == case["expect"]["key_hex"]
    assert usable(key) == case["expect"]["usable"]
