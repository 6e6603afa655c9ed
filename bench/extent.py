"""
How much is measured, and whose turn it is.
"""

import sys
from collections.abc import Iterator, Sequence

from attrs import field, frozen
from quiet import Patience
from subjects import Subject

MEBIBYTE = 1 << 20


@frozen(kw_only=True)
class Extent:
    """
    How much is measured.
    """

    rounds: int = 3
    seconds: int = 5
    starts: int = 5
    body: int = 100 * MEBIBYTE
    long_body: int = 1024 * MEBIBYTE
    idle: int = 1000
    websockets: int = 400
    logins: int = 1000
    rushes: int = 2
    only: str = ""
    patience: Patience = field(factory=lambda: Patience(0))

    def wants(self, what: str) -> bool:
        """
        Tell whether something is to be measured.
        """
        return self.only.lower() in what.lower()


FULL = Extent()
QUICK = Extent(
    rounds=1,
    seconds=1,
    starts=1,
    long_body=128 * MEBIBYTE,
    idle=200,
    websockets=100,
    rushes=1,
)


def in_turn(
    measured: Sequence[Subject], extent: Extent, what: str, rounds: int | None = None
) -> Iterator[Subject]:
    """
    Yield each program once a round, so that whatever the machine does meets them all.
    """
    rounds = extent.rounds if rounds is None else rounds
    for number in range(rounds if extent.wants(what) else 0):
        for subject in measured:
            print(f"  {what}, round {number + 1}: {subject.kind.name}", file=sys.stderr)
            extent.patience.wait()
            yield subject
