"""
What is counted about one upstream, by those who talk to it.
"""

from typing import Protocol

from attrs import define, field

from oauthproxy.metrics.series import BUCKETS, Counter, Distribution


class Failures(Protocol):
    """
    Count something by upstream and reason.
    """

    def add(self, *labels: str, by: float = 1) -> None:
        """
        Count once.
        """


@define(eq=False)
class UpstreamMeter:
    """
    One upstream's numbers. `seconds` is the time until its responses began.
    """

    name: str
    errors: Failures = field(
        factory=lambda: Counter("errors", "", ("upstream", "reason"))
    )
    opened: Failures = field(factory=lambda: Counter("opened", "", ("upstream",)))
    seconds: Distribution = field(factory=lambda: Distribution(BUCKETS))

    def failed(self, reason: str) -> None:
        """
        Count a request that the upstream failed: "connect", "timeout", "response" or
        "aborted".
        """
        self.errors.add(self.name, reason)

    def connected(self) -> None:
        """
        Count a connection that was opened.
        """
        self.opened.add(self.name)
