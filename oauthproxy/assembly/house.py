"""
One running configuration: what starts, drains and stops as a whole.
"""

from typing import Any

from attrs import define, field
from twisted.internet.task import LoopingCall

from oauthproxy.errors import ProxyError
from oauthproxy.logs.log import Logs
from oauthproxy.metrics import Metrics
from oauthproxy.net.background import Background
from oauthproxy.net.fetch import TreqFetcher
from oauthproxy.net.pool import Pool
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.watch import FileWatch
from oauthproxy.ports import Clock
from oauthproxy.providers.provider import Provider
from oauthproxy.session.store import SessionStore
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import Settings
from oauthproxy.web.site import FrontSite

FLUSH_EVERY = SECOND // 4
DRAIN_STEP = SECOND // 20
LONGEST_PAUSE = 30 * SECOND


@define(eq=False)
class House:
    """
    A whole running configuration.

    `site` makes the protocols of client connections, `metrics_site` those of scrapes.
    """

    settings: Settings
    site: FrontSite
    metrics: Metrics
    logs: Logs
    clock: Clock
    provider: Provider
    store: SessionStore
    sweeper: Sweeper
    pools: list[Pool]
    fetcher: TreqFetcher
    watch: FileWatch
    vault: Any = None
    metrics_site: Any = None
    background: Background = field(factory=Background)
    _flushing: LoopingCall | None = None
    _flush_due: int = 0

    async def start(self) -> None:
        """
        Begin to learn what is needed for logins; listening does not wait for it.

        Raises ProviderUnavailable only with `exit_without_provider`, StoreUnavailable
        only with `exit_without_redis`.
        """
        self._flushing = LoopingCall(self._flush)
        self._flush_due = self.clock.now() + FLUSH_EVERY
        self._flushing.start(FLUSH_EVERY / SECOND, now=False)
        self.watch.start()
        if self.vault is not None and hasattr(self.vault, "start"):
            await self.vault.start()
        if self.settings.ours.exit_without_redis:
            await self.store.ping()
        if self.settings.ours.exit_without_provider:
            await self.provider.prepare()
        else:
            self.background(self._prepare())

    def _flush(self) -> None:
        """
        Write the log lines that wait, and note how late this comes.
        """
        now, program = self.clock.now(), self.metrics.program
        program.lag.set(max(now - self._flush_due, 0) / SECOND)
        program.lost_lines.set(self.logs.lost)
        self._flush_due = now + FLUSH_EVERY
        self.logs.flush()

    async def _prepare(self) -> None:
        pause = SECOND
        while True:
            try:
                await self.provider.prepare()
            except ProxyError as error:
                self.logs.error(
                    "the identity provider is not ready, logins will fail: "
                    f"{error.detail}; trying again in {pause // SECOND} s"
                )
            else:
                if pause > SECOND:
                    self.logs.info("the identity provider is ready")
                return
            await self.clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def live(self) -> int:
        """
        Return how many requests are being answered.
        """
        return self.site.live

    async def drain(self, patience: int) -> None:
        """
        Close idle connections and wait up to `patience` ns for live requests.
        """
        self.site.drain()
        until = self.clock.now() + patience
        while self.site.live and self.clock.now() < until:
            await self.clock.sleep(DRAIN_STEP)

    async def stop(self) -> None:
        """
        Close what is open towards the other side, and write the last log lines.
        """
        self.background.stop()
        self.watch.stop()
        for pool in self.pools:
            pool.stop()
        await self.fetcher.close()
        if self.vault is not None and hasattr(self.vault, "stop"):
            await self.vault.stop()
        if self._flushing is not None and self._flushing.running:
            self._flushing.stop()
        self.logs.flush()
