"""
Bring to a scrape what is counted in passing, or only true at that moment.
"""

from attrs import define, field

from oauthproxy.metrics import Metrics
from oauthproxy.net.pool import Pool
from oauthproxy.web.journal import RequestJournal
from oauthproxy.web.session import KnownSessions
from oauthproxy.web.site import FrontSite


@define(eq=False)
class Gathering:
    """
    Plain numbers of the hot path, added to the metrics when somebody looks.
    """

    metrics: Metrics
    site: FrontSite
    pools: list[Pool]
    known: KnownSessions
    journal: RequestJournal
    _hits: int = field(default=0, init=False)

    def __call__(self) -> None:
        """
        Bring everything up to date.
        """
        metrics, site = self.metrics, self.site
        metrics.requests.in_flight = site.live
        self._of_clients()
        self._of_sessions()
        connections = metrics.upstream.connections
        for pool in self.pools:
            connections.set(pool.idle, pool.name, "idle")
            connections.set(pool.open - pool.idle, pool.name, "busy")

    def _of_clients(self) -> None:
        series, site, journal = self.metrics.connection, self.site, self.journal
        series.open.set(len(site.channels))
        series.tunnels.set(site.tunnels)
        series.accepted.values[()] = site.accepted
        series.tunnels_opened.values[()] = site.tunnels_opened
        series.received.values[()] = journal.received
        series.sent.values[()] = journal.sent

    def _of_sessions(self) -> None:
        known, cache = self.known, self.metrics.session.cache
        cache.values[("hit",)] = known.hits
        cache.values[("miss",)] = known.misses
        new, self._hits = known.hits - self._hits, known.hits
        if new:
            self.metrics.login.decisions.add("allowed", by=new)
