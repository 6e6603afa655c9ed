"""
The units that are shipped, judged by systemd's own tools.
"""

import http.client
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.harness.ports import PATIENCE, free_port, until
from tests.integration.harness.program import clean_environment

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE = UNITS / "oauthproxy.service"
SOCKET = UNITS / "oauthproxy.socket"
WORST_EXPOSURE = 1.5
CONFIGURATION = """\
provider = "github"
client_id = "id"
client_secret = "the-client-secret"
cookie_secret = "the-cookie-secret-of-32-bytes-00"
email_domains = ["*"]
upstreams = ["static://202"]
"""


def analyze(*arguments):
    """Return exit status and everything that systemd-analyze says."""
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", [SERVICE, SOCKET], ids=lambda path: path.name)
def test_unit_has_nothing_that_systemd_complains_about(unit):
    """A unit that an administrator installs as it is verifies without a word."""
    status, said = analyze("verify", unit)

    assert (status, said.strip()) == (0, "")


def test_service_is_hardened():
    """The exposure that systemd reckons stays low."""
    status, said = analyze("security", "--offline=true", SERVICE)

    assert status == 0, said
    exposure = found(r"exposure level for \S+: ([\d.]+)", said)
    assert float(exposure) <= WORST_EXPOSURE


def found(pattern: str, text: str) -> str:
    """Return the group of a pattern that must be in a text."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


def unit_command(configuration):
    """Return the command of the service, with this program and configuration."""
    line = found(r"(?m)^ExecStart=/usr/bin/env oauthproxy (.*)$", SERVICE.read_text())
    arguments = re.sub(r"--config=\S+", f"--config={configuration}", line)
    return [sys.executable, "-m", "oauthproxy", *arguments.split()]


def ping(port):
    """Return the status of a probe, or None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def test_service_serves_on_the_socket_of_the_socket_unit(tmp_path):
    """
    The command of the service, started by the first connection to a socket with the
    name that the socket unit gives, answers that very connection.
    """
    configuration = tmp_path / "oauthproxy.cfg"
    configuration.write_text(CONFIGURATION)
    name = found(r"(?m)^FileDescriptorName=(\w+)$", SOCKET.read_text())
    port = free_port()
    environment = clean_environment()
    activate = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}"]
    activate += [f"--fdname={name}", *(f"--setenv={each}" for each in environment)]
    process = subprocess.Popen(
        [*activate, *unit_command(configuration)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    try:
        status = until(lambda: ping(port), "an answer on the socket")
    finally:
        process.terminate()
        process.wait(PATIENCE)

    assert status == 200
