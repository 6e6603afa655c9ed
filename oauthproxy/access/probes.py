"""
Know the requests of health checks.
"""

from attrs import frozen

from oauthproxy.scope import Scope
from oauthproxy.settings.groups.probes import ProbeOptions

_GCP_PATHS = ("/liveness_check", "/readiness_check")
_GCP_AGENT = "GoogleHC/1.0"


@frozen
class HealthChecks:
    """
    Escaped paths of health checks; with `agents`, only they may ask.
    """

    paths: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: ProbeOptions) -> "HealthChecks":
        """
        Return the checks of the configuration.
        """
        paths = {options.ping_path}
        agents = {options.ping_user_agent}
        if options.gcp_healthchecks:
            paths.update(_GCP_PATHS)
            agents.add(_GCP_AGENT)
        return cls(frozenset(paths - {""}), frozenset(agents - {""}))

    def match(self, scope: Scope) -> bool:
        """
        Tell whether a request is a health check; the path decides, never the agent
        alone.
        """
        return scope.path in self.paths and (
            not self.agents or scope.fields.text("user-agent") in self.agents
        )
