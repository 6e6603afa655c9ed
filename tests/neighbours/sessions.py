"""
Sessions that began long ago, as cookies.
"""

import os
import time

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.integration.harness.stage import COOKIE_SECRET
from tests.unit.driver import FakeClock, RecordingLog, run

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def old_session(host: str, access_token: str = "access-old") -> dict[str, str]:
    """
    The cookies of a session that is two hours old and can be refreshed.
    """
    clock = FakeClock()
    clock.time = int(time.time()) * SECOND - 2 * HOUR
    store = CookieStore(
        CookieOptions(cookie_secret=Secret(COOKIE_SECRET)),
        CookieSecrets.of(COOKIE_SECRET),
        clock,
        os.urandom,
        RecordingLog(),
    )
    session = Session(
        created_at=clock.time,
        expires_on=clock.time + 24 * HOUR,
        email="alice@example.com",
        user="user-1",
        groups=("dev", "ops"),
        access_token=access_token,
        refresh_token="refresh-1",
    )
    lines = run(store.save(session, Cookies(), host))
    pairs = (line.partition(";")[0].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}
