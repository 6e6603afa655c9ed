"""
Which upgrades go on to an upstream.
"""

from typing import Any

import pytest

from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.web.upstreams import HTTPServer

NOTHING: Any = None


@pytest.mark.parametrize(
    ("wanted", "websockets", "passed"),
    [
        (b"websocket", True, b"websocket"),
        (b"websocket", False, b""),
        (b"other/1", True, b"other/1"),
        (b"other/1", False, b"other/1"),
        (b"h2c", True, b""),
        (b"tls/1.2", True, b""),
        (b"", True, b""),
    ],
)
def test_upgrade_is_passed_on(
    wanted: bytes, passed: bytes, *, websockets: bool
) -> None:
    """WebSockets unless they are off, others too, but nothing that leads past us."""
    server = HTTPServer(
        settings=UpstreamSettings(id="u", path="/"),
        pool=NOTHING,
        hop=NOTHING,
        injector=NOTHING,
        host=b"",
        answerer=NOTHING,
        websockets=websockets,
    )

    assert server._upgrade(wanted) == passed
