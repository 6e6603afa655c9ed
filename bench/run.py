"""
Measure oauthproxy beside its peers, and print a table with ratios.

Each program has core 0 for itself; wrk, curl, the upstreams and the identity provider
share core 1. The programs take turns within each round, so that whatever else the
machine does meets them all.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen
from load import download, memory_of_idle, pages, peak_during_upload, upload
from programs import Kind
from report import OURS, Report
from subjects import Subject, sparse, subjects

MEBIBYTE = 1 << 20


@frozen(kw_only=True)
class Extent:
    """
    How much is measured.
    """

    rounds: int = 3
    seconds: int = 5
    body: int = 100 * MEBIBYTE
    long_body: int = 1024 * MEBIBYTE
    idle: int = 1000
    websockets: int = 400
    only: str = ""

    def wants(self, what: str) -> bool:
        """
        Tell whether something is to be measured.
        """
        return self.only.lower() in what.lower()


TLS_PAGE, TLS_DOWN = "TLS page", "TLS 100 MiB down"
QUICK = Extent(rounds=1, seconds=1, long_body=128 * MEBIBYTE, idle=200, websockets=100)


def main() -> None:
    """
    Measure everything and print the table.
    """
    options = read_options()
    kinds = [kind for kind in _kinds(options) if kind.name not in options.without]
    extent = evolve(QUICK if options.quick else Extent(), only=options.only)
    report = Report([kind.name for kind in kinds])
    try:
        with tempfile.TemporaryDirectory(prefix="oauthproxy-bench-") as folder:
            place = Path(folder)
            with subjects(kinds, place, extent.body, tls=False) as found:
                measure_all(found, place, extent, report)
            if extent.wants(TLS_PAGE) or extent.wants(TLS_DOWN):
                with subjects(kinds, place, extent.body, tls=True) as found:
                    measure_tls(found, extent, report)
    finally:
        print(report.table())


def _kinds(options: argparse.Namespace) -> Iterator[Kind]:
    yield Kind(name=OURS, has_auth_endpoint=True)
    if options.before:
        tree = options.before.resolve()
        yield Kind(name="before", has_auth_endpoint=True, tree=tree)
    yield Kind(name="nginx", signs_in=False)
    yield Kind(name="apache")
    if options.reference:
        program = str(options.reference.resolve())
        yield Kind(name="reference", has_auth_endpoint=True, program=program)


def read_options() -> argparse.Namespace:
    """
    Read the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, help="path of an oauth2-proxy")
    parser.add_argument("--before", type=Path, help="another work tree of ours")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    parser.add_argument("--quick", action="store_true", help="a minute's rough look")
    parser.add_argument(
        "--without", action="append", default=[], metavar="PROGRAM", help="leave it out"
    )
    return parser.parse_args()


def measure_all(
    measured: Sequence[Subject], folder: Path, extent: Extent, report: Report
) -> None:
    """
    Measure everything that needs no TLS.
    """
    for subject in measured:
        report.add("start, s", subject.kind.name, subject.start)
        report.add(
            "memory idle, MiB", subject.kind.name, subject.running.memory() / MEBIBYTE
        )
    for subject in measured:
        pages(subject.url + "/", subject.cookie, connections=8, seconds=1)
    for connections in (1, 32, 256):
        name = f"page, {connections} conn."
        for subject in _in_turn(measured, extent, name):
            _measure_page(subject, "/", name, connections, extent, report)
    _measure_logins(measured, extent, report)
    _measure_bodies(measured, folder, extent, report)
    _measure_memory(measured, folder, extent, report)


def measure_tls(measured: Sequence[Subject], extent: Extent, report: Report) -> None:
    """
    Measure what changes with TLS.
    """
    for subject in measured:
        pages(subject.url + "/", subject.cookie, connections=8, seconds=1)
    for subject in _in_turn(measured, extent, TLS_PAGE):
        _measure_page(subject, "/", f"{TLS_PAGE}, 32 conn.", 32, extent, report)
    for subject in _in_turn(measured, extent, TLS_DOWN):
        speed = download(subject.url + "/body", subject.cookie)
        report.add(f"{TLS_DOWN}, MiB/s", subject.kind.name, speed)


def _measure_logins(
    measured: Sequence[Subject], extent: Extent, report: Report
) -> None:
    asking = [subject for subject in measured if subject.kind.has_auth_endpoint]
    for subject in _in_turn(asking, extent, "auth endpoint"):
        name = "/oauth2/auth, 32 conn."
        _measure_page(subject, "/oauth2/auth", name, 32, extent, report)
    asking = [subject for subject in measured if subject.kind.signs_in]
    for subject in _in_turn(asking, extent, "login redirect"):
        nobody = evolve(subject, cookie="")
        name = "login redirect, 32 conn."
        _measure_page(nobody, "/", name, 32, extent, report)


def _measure_page(
    subject: Subject,
    path: str,
    name: str,
    connections: int,
    extent: Extent,
    report: Report,
) -> None:
    figures = pages(
        subject.url + path,
        subject.cookie,
        connections=connections,
        seconds=extent.seconds,
    )
    for what, figure in (
        ("requests/s", figures.rate),
        ("p50, ms", figures.p50),
        ("p99, ms", figures.p99),
        ("failed", figures.failed),
    ):
        report.add(f"{name}: {what}", subject.kind.name, figure)


def _measure_bodies(
    measured: Sequence[Subject], folder: Path, extent: Extent, report: Report
) -> None:
    for subject in _in_turn(measured, extent, "100 MiB down"):
        speed = download(subject.url + "/body", subject.cookie)
        report.add("100 MiB down, MiB/s", subject.kind.name, speed)
    source = sparse(folder / "upload", extent.body)
    for subject in _in_turn(measured, extent, "100 MiB up"):
        speed = upload(subject.url + "/sink/fast", subject.cookie, source)
        report.add("100 MiB up, MiB/s", subject.kind.name, speed)


def _measure_memory(
    measured: Sequence[Subject], folder: Path, extent: Extent, report: Report
) -> None:
    source = sparse(folder / "long", extent.long_body)
    once = evolve(extent, rounds=1)
    for subject in _in_turn(measured, once, "memory"):
        name, url, cookie = subject.kind.name, subject.url, subject.cookie
        before, peak = peak_during_upload(
            subject.running, url + "/sink/slow", cookie, source
        )
        grown = (peak - before) / MEBIBYTE
        report.add("memory, slow long upload, MiB more", name, grown)
        idle = memory_of_idle(
            subject.running, url + "/", cookie, count=extent.idle, websocket=False
        )
        report.add("memory, idle connection, KiB", name, idle / 1024)
        held = memory_of_idle(
            subject.running,
            url + "/sink/ws",
            cookie,
            count=extent.websockets,
            websocket=True,
        )
        report.add("memory, idle WebSocket, KiB", name, held / 1024)


def _in_turn(
    measured: Sequence[Subject], extent: Extent, what: str
) -> Iterator[Subject]:
    rounds = extent.rounds if extent.wants(what) else 0
    for number in range(rounds):
        for subject in measured:
            print(f"  {what}, round {number + 1}: {subject.kind.name}", file=sys.stderr)
            yield subject


if __name__ == "__main__":
    main()
