"""
No secret is ever in a message, a remark or a repr, however wrong it was written.
"""

from collections.abc import Mapping

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.settings.load import load
from oauthproxy.settings.table import Option, table
from oauthproxy.settings.warnings import warnings

HUSH = "hush-hush-hush"
OF_URLS = ("url", "redis-url")
SECRETS = [option for option in table().options if option.secret]
URLS = [o for o in table().options if o.declared.holds in OF_URLS]
VALUES = (HUSH, f'"{HUSH}', f'{HUSH}"x,', f"{HUSH}:x:y")
ADDRESSES = (
    f"http://u:{HUSH}@h",
    f"redis://u:{HUSH}@h/x",
    f"x://u:{HUSH}@h:99999",
    f"http://u:{HUSH}@[h",
    f"http://u:{HUSH}/x@h",
    f"redis://u:{HUSH} y@h",
    f"redis:u:{HUSH}@h",
    f"u:{HUSH}@h:6379",
)
ALPHA = (
    "providers: [{clientSecret: [%s]}]",
    "providers: [{clientSecret: {a: %s}}]",
    "providers: [{clientSecrt: %s}]",
    "providers: [{clientSecret: %s",
    "providers: [{clientSecret: '%s}]",
    "providers: [{clientSecret: ${%s}]",
    "providers: [{githubConfig: {token: [%s]}}]",
    "injectRequestHeaders: [{name: A, values: [{secretSource: {value: {a: %s}}}]}]",
    "injectRequestHeaders: [{name: A, values: [{secretSource: {value: %s, x: y}}]}]",
    "server: {tls: {key: {value: %s}, cert: {value: %s}}}",
)


def said(
    arguments: list[str], environment: Mapping[str, str], files: Mapping[str, bytes]
) -> str:
    """
    Return all that is told about settings, good or bad.
    """
    more = ["--session-store-type=redis"]
    try:
        settings = load([*arguments, *more], environment, files.__getitem__)
    except SettingsError as error:
        return f"{error} {error!r} {error.problems}"
    return f"{settings!r} {warnings(settings)}"


def from_everywhere(option: Option, value: str) -> list[str]:
    """
    Return what is told about a value from each source, well and badly written.
    """
    lines = (
        f"{option.key} = '{value}'",
        f"{option.key} = ['{value}']",
        f"{option.key} = {{a = '{value}'}}",
        f"{option.key} = '{value}",
        f"{option.key}x = '{value}'",
    )
    return [
        said([f"--{option.flag}={value}"], {}, {}),
        said([f"--{option.flag}x={value}"], {}, {}),
        said([], {option.variable: value}, {}),
        *(said(["--config=f"], {}, {"f": line.encode()}) for line in lines),
    ]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("option", SECRETS, ids=lambda option: option.name)
def test_a_secret_is_not_told(option: Option, value: str) -> None:
    """Whichever source it comes from."""
    assert [text for text in from_everywhere(option, value) if HUSH in text] == []


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("option", URLS, ids=lambda option: option.name)
def test_a_password_in_an_address_is_not_told(option: Option, address: str) -> None:
    """Also where the address is none because of it."""
    told = from_everywhere(option, address)

    # A repr holds what is no secret by its kind; only Redis's URLs have passwords.
    if option.declared.holds == "url":
        told = [text for text in told if not text.startswith("Settings(")]
    assert [text for text in told if HUSH in text] == []


@pytest.mark.parametrize("text", ALPHA)
def test_a_secret_of_an_alpha_configuration_is_not_told(text: str) -> None:
    """Wrong types, wrong keys and broken YAML."""
    files = {"a": text.replace("%s", HUSH).encode()}

    assert HUSH not in said(["--alpha-config=a"], {}, files)
