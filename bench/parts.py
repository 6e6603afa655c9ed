"""
What is measured of each program: pages, large bodies, memory, TLS.
"""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen
from extent import MEBIBYTE, Extent, in_turn
from load import download, memory_of_idle, pages, peak_during_upload, upload
from report import Report
from subjects import Subject, sparse

CONNECTIONS = (1, 32, 256)
USUAL = 32
WARM_UP = 8
TLS_PAGE, TLS_DOWN = "TLS page", "TLS 100 MiB down"


@frozen
class Bench:
    """
    The programs, how much of them is measured, and where the figures go.
    """

    measured: Sequence[Subject]
    extent: Extent
    report: Report

    def warm_up(self) -> None:
        """
        Have each program answer for a second.
        """
        for subject in self.measured:
            pages(subject.url + "/", subject.cookie, connections=WARM_UP, seconds=1)

    def starts(self) -> None:
        """
        Measure the way to the first answer, and the memory there.
        """
        for subject in self.measured:
            for start in subject.starts:
                self.report.add("start, s", subject.kind.name, start.seconds)
                self.report.add("start, CPU, s", subject.kind.name, start.processor)
            memory = subject.running.memory() / MEBIBYTE
            self.report.add("memory idle, MiB", subject.kind.name, memory)

    def pages(self) -> None:
        """
        Measure signed-in pages, and what else is small.
        """
        for connections in CONNECTIONS:
            name = f"page, {connections} conn."
            for subject in in_turn(self.measured, self.extent, name):
                self._page(subject, "/", name, connections)
        name = f"page, {USUAL} conn., changing fields"
        for subject in in_turn(self.measured, self.extent, name):
            self._page(subject, "/", name, USUAL, changing=True)
        asking = [each for each in self.measured if each.kind.has_auth_endpoint]
        name = f"/oauth2/auth, {USUAL} conn."
        for subject in in_turn(asking, self.extent, name):
            self._page(subject, "/oauth2/auth", name, USUAL)
        signing_in = [each for each in self._whole() if each.kind.signs_in]
        name = f"login redirect, {USUAL} conn."
        for subject in in_turn(signing_in, self.extent, name):
            self._page(evolve(subject, cookie=""), "/", name, USUAL)

    def bodies(self, folder: Path) -> None:
        """
        Measure large bodies in both directions.
        """
        for subject in in_turn(self._whole(), self.extent, "100 MiB down"):
            before = subject.running.processor()
            speed = download(subject.url + "/body", subject.cookie)
            self._body(subject, "100 MiB down", speed, before)
        source = sparse(folder / "upload", self.extent.body)
        for subject in in_turn(self._whole(), self.extent, "100 MiB up"):
            before = subject.running.processor()
            speed = upload(subject.url + "/sink/fast", subject.cookie, source)
            self._body(subject, "100 MiB up", speed, before)

    def memory(self, folder: Path) -> None:
        """
        Measure what connections and a slow other side cost in memory.
        """
        source = sparse(folder / "long", self.extent.long_body)
        for subject in in_turn(self._whole(), self.extent, "memory", rounds=1):
            name, url, cookie = subject.kind.name, subject.url, subject.cookie
            before, peak = peak_during_upload(
                subject.running, url + "/sink/slow", cookie, source
            )
            grown = (peak - before) / MEBIBYTE
            self.report.add("memory, slow long upload, MiB more", name, grown)
            idle = memory_of_idle(
                subject.running,
                url + "/",
                cookie,
                count=self.extent.idle,
                websocket=False,
            )
            self.report.add("memory, idle connection, KiB", name, idle / 1024)
            held = memory_of_idle(
                subject.running,
                url + "/sink/ws",
                cookie,
                count=self.extent.websockets,
                websocket=True,
            )
            self.report.add("memory, idle WebSocket, KiB", name, held / 1024)

    def tls(self) -> None:
        """
        Measure what changes with TLS.
        """
        for subject in in_turn(self._whole(), self.extent, TLS_PAGE):
            self._page(subject, "/", f"{TLS_PAGE}, {USUAL} conn.", USUAL)
        for subject in in_turn(self._whole(), self.extent, TLS_DOWN):
            before = subject.running.processor()
            speed = download(subject.url + "/body", subject.cookie)
            self._body(subject, TLS_DOWN, speed, before)

    def _whole(self) -> list[Subject]:
        return [each for each in self.measured if not each.kind.pages_only]

    def _page(
        self,
        subject: Subject,
        path: str,
        name: str,
        connections: int,
        *,
        changing: bool = False,
    ) -> None:
        before = subject.running.processor()
        figures = pages(
            subject.url + path,
            subject.cookie,
            connections=connections,
            seconds=self.extent.seconds,
            changing=changing,
        )
        spent = subject.running.processor() - before
        for what, figure in (
            ("requests/s", figures.rate),
            ("p50, ms", figures.p50),
            ("p99, ms", figures.p99),
            ("failed", figures.failed),
            ("CPU a request, µs", spent / max(figures.answered, 1) * 1e6),
        ):
            self.report.add(f"{name}: {what}", subject.kind.name, figure)

    def _body(self, subject: Subject, name: str, speed: float, before: float) -> None:
        spent = subject.running.processor() - before
        each = spent * 1000 * 100 * MEBIBYTE / self.extent.body
        self.report.add(f"{name}: MiB/s", subject.kind.name, speed)
        self.report.add(f"{name}: CPU, ms", subject.kind.name, each)
