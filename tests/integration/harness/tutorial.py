"""
The tutorials' configuration files, character for character but for placeholders and
ports.
"""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from tests.integration.harness.provider import CLIENT, CLIENT_SECRET, Provider
from tests.integration.harness.upstream import Upstream

FOLDER = Path(__file__).parent.parent / "tutorials"
COOKIE_SECRET = "dGhlLWNvb2tpZS1zZWNyZXQtMzItYnl0ZXMtbG9uZyE="
WSO2 = "wso2.cfg"
WSO2_REDIS = "wso2-redis.cfg"
WSO2_TLS = "wso2-tls.cfg"
ZITADEL = "zitadel.cfg"


@frozen
class Parties:
    """
    What stands in for the tutorials' placeholders, addresses and ports.
    """

    port: int
    provider: str
    upstream: str
    client_id: str
    client_secret: str


def parties(port: int, provider: Provider, upstream: Upstream) -> Parties:
    """
    The stand-ins for a proxy on `port` between a provider and an application.
    """
    return Parties(port, provider.origin, upstream.url, CLIENT, CLIENT_SECRET)


def written(name: str, parties: Parties, more: Mapping[str, str] | None = None) -> str:
    """
    A tutorial's file with its placeholders filled in.

    Raises AssertionError for a placeholder that the file does not have.
    """
    text = (FOLDER / name).read_text(encoding="utf-8")
    replaced = {**_PLACES[name](parties), **(more or {})}
    for placeholder, value in replaced.items():
        assert placeholder in text, f"{name} has no {placeholder}"
        text = text.replace(placeholder, value)
    return text


def with_step(base: str, step: str) -> str:
    """
    Add a later step of a tutorial; a key that the file has already is replaced.
    """
    names = {line.partition("=")[0].strip() for line in step.splitlines()} - {""}
    kept = [
        line
        for line in base.splitlines()
        if line.partition("=")[0].strip() not in names
    ]
    return "\n".join([*kept, "", step])


def _wso2(parties: Parties) -> dict[str, str]:
    return {
        "https://localhost:9443": parties.provider,
        "localhost:4180": f"localhost:{parties.port}",
        "127.0.0.1:4180": f"127.0.0.1:{parties.port}",
        "http://localhost:8080": parties.upstream,
        "<your_client_id>": parties.client_id,
        "<your_client_secret>": parties.client_secret,
        "<your_32_byte_base64_secret>": COOKIE_SECRET,
    }


def _zitadel(parties: Parties) -> dict[str, str]:
    return {
        "https://issuer.zitadel.ch": parties.provider,
        "https://example.corp.com": parties.upstream,
        ":4180": f":{parties.port}",
        "{ZITADEL_GENERATED_CLIENT_ID}": parties.client_id,
        "{ZITADEL_GENERATED_CLIENT_SECRET}": parties.client_secret,
        "{SUPPLY_SOME_SECRET_HERE}": COOKIE_SECRET,
    }


def _nothing(_: Parties) -> dict[str, str]:
    return {}


_PLACES = {
    WSO2: _wso2,
    WSO2_REDIS: _nothing,
    WSO2_TLS: _nothing,
    ZITADEL: _zitadel,
}
