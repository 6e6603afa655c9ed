"""
The demo does in a browser what its first line promises.
"""

import json
import re
import signal
import subprocess
from pathlib import Path

from tests.browser.node import walk
from tests.integration.harness.ports import PATIENCE, until
from tests.integration.harness.program import clean_environment, command


def test_demo_signs_a_person_in(tmp_path: Path) -> None:
    """
    `oauthproxy demo` prints an address; signing in there shows the identity that the
    sample application received; Ctrl-C ends it.
    """
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            command("demo"),
            env=clean_environment(),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

    def address() -> str:
        assert process.poll() is None, output.read_text(encoding="utf-8")
        found = re.search(
            r"http://(?:localhost|127\.0\.0\.1):\d+(?=/\n)",
            output.read_text(encoding="utf-8"),
        )
        return found[0] if found else ""

    try:
        origin = until(address, "the demo to print its address")
        report = walk(
            {
                "start": f"{origin}/",
                "button": "Sign in with",
                "signOut": f"{origin}/oauth2/sign_out",
                "username": "alice",
                "password": "demo",
                "pictures": str(tmp_path),
            }
        )
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(PATIENCE)

    page = report["application"]["text"]
    assert "alice@example.com" in page
    assert "X-Forwarded-Email" in page
    assert "demo" in json.dumps(report["login"]).lower()
    assert report["complaints"] == [] or all(
        "403" in one or "favicon" in one for one in report["complaints"]
    )
    assert "Traceback" not in output.read_text(encoding="utf-8")
    assert status in (0, 130, -signal.SIGINT)
