"""
Health checks.
"""

from oauthproxy.access.probes import HealthChecks
from oauthproxy.settings.groups.probes import ProbeOptions
from tests.unit.requests import a_request


def test_agent_alone_passes_nowhere() -> None:
    """A health checker's User-Agent matters on the ping path only (A19)."""
    checks = HealthChecks.of(ProbeOptions(gcp_healthchecks=True))
    agent = ("User-Agent", "GoogleHC/1.0")

    assert not checks.match(a_request("/secret", agent))
    assert not checks.match(a_request("/oauth2/auth", agent))
    assert checks.match(a_request("/ping", agent))
