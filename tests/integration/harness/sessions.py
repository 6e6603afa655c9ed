"""
Sessions in cookies, sealed by the proxy's own secret, that are older than the test.
"""

import os
import time

from attrs import evolve

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.integration.harness.stage import COOKIE_SECRET
from tests.integration.harness.visitor import Visitor
from tests.unit.driver import FakeClock, RecordingLog, run

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def cookie_store(now: int) -> CookieStore:
    """
    Return what keeps sessions in cookies, at a moment.
    """
    return CookieStore(
        CookieOptions(cookie_secret=Secret(COOKIE_SECRET)),
        CookieSecrets.of(COOKIE_SECRET),
        FakeClock(now),
        os.urandom,
        RecordingLog(),
    )


def age(visitor: Visitor, hours: int) -> None:
    """
    Let the session that a browser holds have begun so many hours earlier.
    """
    store, held = cookie_store(time.time_ns()), Cookies(tuple(visitor.cookies.items()))
    session = run(store.load(held))
    assert session.created_at is not None
    older = evolve(session, created_at=session.created_at - hours * HOUR)
    visitor.keep_lines(run(store.save(older, held, visitor.host)))
