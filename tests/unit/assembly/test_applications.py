"""
Which authorities https upstreams are verified by.
"""

from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from oauthproxy.assembly import applications
from oauthproxy.assembly.applications import Applications
from oauthproxy.settings.model import UpstreamSettings


class Trusts:
    """
    Records what was made instead of making it.
    """

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def __call__(self, **given: Any) -> "Trusts":
        self.made.append(given)
        return self

    def creator(self, host: str) -> object:
        """
        Return something for a host.
        """
        return host


def made(monkeypatch: pytest.MonkeyPatch, config: str) -> list[dict[str, Any]]:
    """
    Return the parameters of the trust of two https upstreams.
    """
    from oauthproxy.assembly.inside import Inside
    from oauthproxy.settings.load import load
    from tests.unit.driver import FakeClock, RecordingLog

    trusts = Trusts()
    monkeypatch.setattr(applications, "ClientTrust", trusts)
    monkeypatch.setattr(applications, "wrapClientTLS", lambda _, endpoint: endpoint)
    settings = load(["--config=c"], {}, lambda _: config.encode(), checked=False)
    reactor: Any = MemoryReactorClock()
    log: Any = RecordingLog()
    inside = Inside(settings, reactor, log, FakeClock(), lambda _: b"")
    both = Applications(inside, object(), object())  # type: ignore[arg-type]
    for name in ("a", "b"):
        upstream = UpstreamSettings(id=name, path=f"/{name}", uri="https://h")
        both._endpoint(upstream, None)
    return trusts.made


CONFIG = """
client_id = "c"
client_secret = "s"
cookie_secret = "0123456789abcdef"
email_domains = ["*"]
ssl_insecure_skip_verify = true
provider_ca_files = ["/ca.pem"]
"""


def test_what_is_said_about_the_provider_stays_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One trust for all upstreams, and nothing of the provider's in it."""
    assert made(monkeypatch, CONFIG) == [{"skip_verify": False}]


def test_upstreams_trust_as_the_provider_where_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reference's way can be had."""
    (found,) = made(monkeypatch, CONFIG + "upstreams_trust_as_provider = true\n")

    assert found["skip_verify"] is True
    assert found["ca_files"] == ("/ca.pem",)
