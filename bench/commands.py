"""
Measure how long a command of ours takes on a configuration that uses much.
"""

import os
import subprocess
import sys
import time

from extent import Extent
from programs import COMPLETE, Kind, Place
from report import Report
from running import MEASURED_CORE, pinned

CHECK = "check --offline, s"
PATIENCE = 30


class CheckFailed(Exception):
    """
    The configuration was found wanting.
    """


def measure_check(
    kinds: list[Kind], place: Place, extent: Extent, report: Report
) -> None:
    """
    Measure `oauthproxy check --offline`.
    """
    config = _complete(place)
    ours = [kind for kind in kinds if kind.is_ours]
    for _ in range(extent.starts if extent.wants(CHECK) else 0):
        for kind in ours:
            report.add(CHECK, kind.name, _check(kind, config))


def _check(kind: Kind, config: str) -> float:
    command = [sys.executable, "-m", "oauthproxy", "check", "--offline"]
    begun = time.monotonic()
    done = subprocess.run(
        pinned(MEASURED_CORE, [*command, f"--config={config}"]),
        env={**os.environ, "PYTHONPATH": str(kind.tree)},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    took = time.monotonic() - begun
    if done.returncode:
        raise CheckFailed(done.stdout + done.stderr)
    return took


def _complete(place: Place) -> str:
    place.write("emails", "".join(f"person{n}@example.com\n" for n in range(1000)))
    # Of "secret", by htpasswd -B.
    place.write("users", "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    return place.write("complete.cfg", place.fill(COMPLETE))
