"""
Sessions that began long ago, as cookies.
"""

import time

from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from tests.integration.harness.sessions import HOUR, SECOND, cookie_store
from tests.unit.driver import run


def old_session(host: str, access_token: str = "access-old") -> dict[str, str]:
    """
    The cookies of a session that is two hours old and can be refreshed.
    """
    began = int(time.time()) * SECOND - 2 * HOUR
    session = Session(
        created_at=began,
        expires_on=began + 24 * HOUR,
        email="alice@example.com",
        user="user-1",
        groups=("dev", "ops"),
        access_token=access_token,
        refresh_token="refresh-1",
    )
    lines = run(cookie_store(began).save(session, Cookies(), host))
    pairs = (line.partition(";")[0].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}
