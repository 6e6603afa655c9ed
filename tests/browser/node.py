"""
Node's part of the tests: a certified identity provider and a real browser.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

from tests.integration.harness.ports import PATIENCE
from tests.integration.harness.program import clean_environment

FOLDER = Path(__file__).parents[1] / "node"


def _command(script: str, settings: dict[str, Any]) -> list[str]:
    return ["node", str(FOLDER / script), json.dumps(settings)]


def browser() -> str:
    """
    The path of Debian's chromium.
    """
    found = shutil.which("chromium")
    assert found is not None, "install chromium"
    return found


class CertifiedProvider:
    """
    The provider of npm's `oidc-provider` in the shape of a tutorial's.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            _command("provider.mjs", settings),
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, complaint = self._process.communicate(timeout=PATIENCE)
            raise AssertionError(f"the provider did not start: {complaint}")
        told = json.loads(line)
        self.issuer: str = told["issuer"]
        self.origin: str = told["origin"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """
        End the provider.
        """
        self._process.communicate("", timeout=PATIENCE)


def walk(settings: dict[str, Any]) -> dict[str, Any]:
    """
    Go through a sign-in with chromium; what was seen.
    """
    ended = subprocess.run(
        _command("walk.mjs", {"browser": browser(), **settings}),
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
