"""
Measure oauthproxy beside its peers, and print a table with ratios.

Each program has core 0 for itself; wrk, curl, the upstreams, Redis and the identity
provider share core 1. The programs take turns within each round, so that whatever else
the machine does meets them all. Request logs and metrics are on, as they usually are.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from compileall import compile_dir
from pathlib import Path

from attrs import evolve
from commands import measure_check
from deletion import measure_deletions
from extent import FULL, QUICK
from logins import measure_logins
from parts import TLS_DOWN, TLS_PAGE, Bench
from programs import Kind
from quiet import Patience
from report import OURS, WITH_REDIS, Report
from subjects import subjects


def main() -> None:
    """
    Measure everything and print the table.
    """
    options = read_options()
    kinds = [kind for kind in _kinds(options) if kind.name not in options.without]
    extent = evolve(
        QUICK if options.quick else FULL,
        only=options.only,
        patience=Patience(options.patience),
    )
    for kind in kinds:
        if kind.is_ours:
            # As pip does when it installs.
            compile_dir(kind.tree / "oauthproxy", quiet=2)
    report = Report([kind.name for kind in kinds])
    begun = time.monotonic()
    print(_machine(), file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory(prefix="oauthproxy-bench-") as name:
            folder = Path(name)
            size = extent.body
            with subjects(kinds, folder, size, tls=False, starts=extent.starts) as (
                place,
                found,
            ):
                bench = Bench(found, extent, report)
                measure_check(kinds, place, extent, report)
                bench.starts()
                bench.warm_up()
                bench.pages()
                measure_deletions(bench, place)
                measure_logins(bench)
                bench.bodies(folder)
                bench.memory(folder)
            if extent.wants(TLS_PAGE) or extent.wants(TLS_DOWN):
                whole = [kind for kind in kinds if not kind.pages_only]
                with subjects(whole, folder, size, tls=True) as (_, found):
                    bench = Bench(found, extent, report)
                    bench.warm_up()
                    bench.tls()
    finally:
        print(f"{_machine()}, in {time.monotonic() - begun:.0f} s")
        print(report.table())
        print()
        print(report.asked())


def _machine() -> str:
    """
    Return when and where this is, and how busy it was there.
    """
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    load = Path("/proc/loadavg").read_text().split()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {len(names)} cores"
        f" ({names[0].strip() if names else platform.machine()}),"
        f" Linux {platform.release()}, Python {platform.python_version()}, load {load}"
    )


def _kinds(options: argparse.Namespace) -> Iterator[Kind]:
    yield Kind(name=OURS, has_auth_endpoint=True, bears_rush=True, is_ours=True)
    if options.before:
        yield Kind(
            name="before",
            has_auth_endpoint=True,
            bears_rush=True,
            is_ours=True,
            tree=options.before.resolve(),
        )
    yield Kind(
        name=WITH_REDIS,
        has_auth_endpoint=True,
        bears_rush=True,
        pages_only=True,
        redis=True,
    )
    yield Kind(name="nginx", signs_in=False)
    yield Kind(name="apache")
    if options.reference:
        program = str(options.reference.resolve())
        yield Kind(
            name="reference", has_auth_endpoint=True, bears_rush=True, program=program
        )


def read_options() -> argparse.Namespace:
    """
    Read the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, help="path of an oauth2-proxy")
    parser.add_argument("--before", type=Path, help="another work tree of ours")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    parser.add_argument("--quick", action="store_true", help="a rough look")
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        metavar="SECONDS",
        help="wait so long in all for moments without other load",
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="PROGRAM", help="leave it out"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
