"""
Measure signed-in pages while very many people sign in at once, at a provider that takes
two seconds to hand out tokens.
"""

import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from attrs import define
from extent import in_turn
from load import pages, pages_during
from parts import USUAL, Bench
from running import OTHER_CORE, pinned
from subjects import Subject

HERE = Path(__file__).parent
PROVIDER_SECONDS = 2
PATIENCE = 90
NAME = f"page, {USUAL} conn., logins at once"


@define
class Rush:
    """
    Many logins at once, and how they went.
    """

    subject: Subject
    logins: int
    seconds: float = 0.0
    went_in: int = 0
    slowest: float = 0.0

    def run(self) -> None:
        """
        Have everybody sign in; the people and the provider leave the core to the load.
        """
        command = [sys.executable, str(HERE / "rush.py"), self.subject.url + "/"]
        done = subprocess.run(
            pinned(OTHER_CORE, [*command, str(self.logins)], yielding=True),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        seconds, went_in, slowest = done.stdout.split()
        self.seconds, self.slowest = float(seconds), float(slowest)
        self.went_in = int(went_in)


def measure_logins(bench: Bench) -> None:
    """
    Measure pages as usual, and right after that during the logins.
    """
    asked = [each for each in bench.measured if each.kind.bears_rush]
    for subject in in_turn(asked, bench.extent, NAME, bench.extent.rushes):
        url, cookie = subject.url + "/", subject.cookie
        usual = pages(url, cookie, connections=USUAL, seconds=bench.extent.seconds)
        rush = Rush(subject, bench.extent.logins)
        _pace(subject.issuer, PROVIDER_SECONDS)
        before = subject.running.processor()
        during = pages_during(rush.run, url, cookie, connections=USUAL)
        spent = subject.running.processor() - before
        waiting = _pace(subject.issuer, 0)
        for what, figure in (
            ("usual p99, ms", usual.p99),
            ("p99 meanwhile, ms", during.p99),
            ("usual slowest, ms", usual.slowest),
            ("slowest meanwhile, ms", during.slowest),
            ("usual requests/s", usual.rate),
            ("requests/s meanwhile", during.rate),
            ("failed", during.failed),
            ("CPU used, share", spent / rush.seconds),
            ("waiting for tokens at once", waiting),
            ("logins that went in", rush.went_in),
            ("slowest login, s", rush.slowest),
        ):
            bench.report.add(f"{NAME}: {what}", subject.kind.name, figure)


def _pace(issuer: str, seconds: float) -> int:
    with urlopen(f"{issuer}/pace?{seconds}", timeout=PATIENCE) as answer:
        return int(answer.read())
