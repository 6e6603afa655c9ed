"""
Run one of the browser's scripts and read what it saw.
"""

import json
import subprocess
from typing import Any

from tests.browser.node import FOLDER, browser
from tests.integration.harness.program import clean_environment


def ran(script: str, settings: dict[str, Any]) -> dict[str, Any]:
    """
    Run a script with settings; its report.
    """
    ended = subprocess.run(
        [
            "node",
            str(FOLDER / script),
            json.dumps({"browser": browser(), **settings}),
        ],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return report
