"""
The units that are shipped, judged by systemd's own tools.
"""

import re
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE = UNITS / "oauthproxy.service"
SOCKET = UNITS / "oauthproxy.socket"
WORST_EXPOSURE = 1.5


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
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]) <= (
        WORST_EXPOSURE
    )


def test_service_listens_on_the_name_that_the_socket_carries():
    """The endpoint in the service finds the descriptor of the socket by its name."""
    carried = re.search(r"(?m)^FileDescriptorName=(\w+)$", SOCKET.read_text())[1]
    wanted = re.search(r"--listen=systemd:\S*name=(\w+)", SERVICE.read_text())[1]

    assert wanted == carried
