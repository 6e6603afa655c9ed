"""
Every form of Redis URL, on real servers.
"""

from collections.abc import Iterator

import pytest

from oauthproxy.net.redis.vault import RedisVault, make_vault
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.kinds import MINUTE
from tests.integration.redis_fleet import HOST, Server
from tests.integration.test_redis_shapes import KEY, PREFIX, VALUE, tls_files
from tests.unit.driver import RecordingLog
from tests.unit.net.authority import Authority
from tests.unit.reactor import on_reactor, reactor

NO_LIMITS = "dial_timeout=0&read_timeout=-1&write_timeout=0&idle_timeout=-1"
MORE = "protocol=3&client_name=a&pool_size=7&max_retries=-1&conn_max_lifetime=1h"

Places = dict[str, str]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """
    Where servers with the same password are: over TCP, TLS and a socket.
    """
    folders = [tmp_path_factory.mktemp(name) for name in ("tcp", "tls", "unix")]
    locked = "requirepass secret"
    files = tls_files(folders[1], Authority())
    with (
        Server(folders[0], locked) as tcp,
        Server(folders[1], locked, tls=files) as tls,
        Server(folders[2], locked, "unixsocket redis.sock", port=0) as unix,
    ):
        yield {
            "tcp": f"{HOST}:{tcp.port}",
            "tls": f"{HOST}:{tls.port}",
            "unix": f"{unix.folder}/redis.sock",
        }


def _vault(url: str) -> RedisVault:
    options = SessionOptions(redis_connection_url=url)
    return make_vault(reactor, options, LimitOptions(), RecordingLog(), prefix=PREFIX)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("redis://:secret@{tcp}", "redis://:secret@{tcp}?db=0"),
        ("redis://default:secret@{tcp}/", "redis://:secret@{tcp}?db=0"),
        ("redis://:secre%74@{tcp}#fragment", "redis://:secret@{tcp}?db=0"),
        ("redis://:secret@{tcp}/-1", "redis://:secret@{tcp}?db=0"),
        ("REDIS://:secret@{tcp}/3?db=5", "redis://:secret@{tcp}/5"),
        (f"redis://:secret@{{tcp}}/2?{NO_LIMITS}", "redis://:secret@{tcp}/2"),
        (f"redis://:secret@{{tcp}}/2?{MORE}", "redis://:secret@{tcp}/2"),
        (
            "rediss://:secret@{tls}/4?skip_verify=true",
            "rediss://:secret@{tls}?db=4&skip_verify=1",
        ),
        ("unix://:secret@{unix}", "unix://:secret@{unix}?db=0"),
        (
            "unix://default:secret@{unix}?db=6&dial_timeout=1500ms",
            "unix://:secret@{unix}?db=6",
        ),
    ],
)
def test_every_form_leads_there(places: Places, url: str, same: str) -> None:
    """
    Whatever form the reference takes leads to the server and the database that it says.
    """

    async def go() -> bytes | None:
        vault, other = (_vault(each.format_map(places)) for each in (url, same))
        try:
            await vault.set(KEY, VALUE, MINUTE)
            found = await other.get(KEY)
            await vault.delete(KEY)
            return found
        finally:
            await vault.stop()
            await other.stop()

    assert on_reactor(go) == VALUE
