"""
How many logins a browser can have under way.
"""

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.csrf import USUAL_LIMIT, CSRFJar
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies, CookieWriter
from tests.unit.driver import CountingEntropy, FakeClock

HOST = "app.test"


class Browser:
    """
    Starts logins and keeps their cookies.
    """

    def __init__(self, *, secret: str = "0123456789abcdef", **more: bool) -> None:
        options = CookieOptions(
            cookie_secret=Secret(secret), cookie_csrf_per_request=True
        )
        self.clock = FakeClock()
        self.jar = CSRFJar(
            options,
            CookieSecrets.of(secret),
            CookieWriter(options),
            self.clock,
            CountingEntropy(),
            **more,
        )
        self.held: dict[str, str] = {}

    def start(self) -> str:
        """
        Start a login; the hash of its state.
        """
        self.clock.time += 1_000_000_000
        csrf = self.jar.create("")
        sent = Cookies(tuple(self.held.items()))
        for line in self.jar.cookies(csrf, sent, HOST):
            name, _, value = line.partition(";")[0].partition("=")
            self.held[name] = value
            if not value:
                del self.held[name]
        return csrf.state_hash


def test_logins_do_not_pile_up() -> None:
    """Without a limit of the options ten logins stay beside a new one: the latest."""
    browser = Browser()

    states = [browser.start() for _ in range(3 * USUAL_LIMIT)]

    latest = states[-USUAL_LIMIT - 1 :]
    assert list(browser.held) == [browser.jar.name(state) for state in latest]


def test_unreadable_logins_do_not_pile_up() -> None:
    """Cookies of a former secret go when the limit is reached, foreign ones never."""
    browser = Browser()
    former = Browser(secret="fedcba9876543210")
    for _ in range(USUAL_LIMIT):
        former.start()
    browser.held = {**former.held, "_oauth2_proxy_other_csrf": "1", "app": "2"}

    state = browser.start()

    kept = ["_oauth2_proxy_other_csrf", "app", browser.jar.name(state)]
    assert list(browser.held) == kept


def test_the_reference_keeps_all() -> None:
    """The reference's way can be had."""
    browser = Browser(unlimited=True)

    for _ in range(3 * USUAL_LIMIT):
        browser.start()

    assert len(browser.held) == 3 * USUAL_LIMIT
