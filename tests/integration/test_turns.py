"""
Who waits for others, and who does not.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.live import in_reactor, live, read_answer

PROVIDER = (
    "--provider=github",
    "--client-id=ours",
    "--client-secret=secret",
    "--cookie-secret=0123456789abcdef0123456789abcdef",
    "--email-domain=*",
    "--skip-auth-route=^/free",
)


@pytest.mark.parametrize(("path", "waits"), [("/free/x", False), ("/other", True)])
@pytest.mark.parametrize("upstream", ["static://200", "file"])
def test_who_may_pass_does_not_wait_for_newcomers(
    tmp_path: Path, upstream: str, path: str, waits: bool
) -> None:
    """
    Whatever the application is; whoever may not pass keeps waiting.
    """
    (tmp_path / "x").write_bytes(b"content")
    where = f"file://{tmp_path}#/free/" if upstream == "file" else upstream
    with live([*PROVIDER, f"--upstream={where}"]) as house, house.connect() as client:
        client.sendall(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
        read_answer(client)

        channels: list[Any] = in_reactor(list, house.house.site.channels)
        (channel,) = channels

        assert channel.patient is waits
        assert channel.transport.patient is waits
