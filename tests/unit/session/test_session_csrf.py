"""
Logins under way find their own cookie.
"""

import pytest
from attrs import evolve

from oauthproxy.session.csrf import CSRFJar, new_code_verifier
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies, CookieWriter
from tests.unit.driver import CountingEntropy, FakeClock

HOST = "app.example.com"
OLD, NEW = "0123456789abcdef", "fedcba9876543210"
ENTROPY = CountingEntropy()


def jar(options: CookieOptions | None = None, *secrets: str) -> CSRFJar:
    options = options or CookieOptions()
    first, *rest = secrets or (OLD,)
    return CSRFJar(
        options,
        CookieSecrets.of(first, rest),
        CookieWriter(options),
        FakeClock(),
        ENTROPY,
    )


def pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(";")[0].partition("=")
    return name, value


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("wanted", [0, 1])
def test_cookie_of_the_state_is_found_among_its_namesakes(
    order: tuple[int, int], wanted: int
) -> None:
    """
    Of two cookies of one name the one that belongs to the state is used, whatever
    their order.
    """
    made = jar()
    logins = [made.create("") for _ in range(2)]
    lines = [made.cookies(each, Cookies(), HOST)[-1] for each in logins]
    cookies = Cookies(tuple(pair(lines[n]) for n in order))

    found = made.load(cookies, logins[wanted].state_hash)

    assert found == logins[wanted]


def test_garbage_beside_it_does_no_harm() -> None:
    """
    A cookie of the same name that is not ours is passed over.
    """
    made = jar()
    login = made.create("verifier")
    line = made.cookies(login, Cookies(), HOST)[-1]
    name = made.name(login.state_hash)
    cookies = Cookies(((name, "evil"), pair(line), (name, "worse")))

    assert made.load(cookies, login.state_hash) == login


def test_cookie_of_an_older_secret_is_read() -> None:
    """
    A login that began before the secret changed can be finished.
    """
    before, after = jar(None, OLD), jar(None, NEW, OLD)
    login = before.create("")
    cookies = Cookies((pair(before.cookies(login, Cookies(), HOST)[-1]),))

    assert after.load(cookies, login.state_hash) == login


def test_logins_of_their_own_names_do_not_meet() -> None:
    """
    With names of their own, logins at the same time leave each other alone.
    """
    made = jar(CookieOptions(cookie_csrf_per_request=True))
    logins = [made.create("") for _ in range(3)]
    cookies = Cookies(
        tuple(pair(made.cookies(each, Cookies(), HOST)[-1]) for each in logins)
    )

    assert len({name for name, _ in cookies.pairs}) == 3
    assert [made.load(cookies, each.state_hash) for each in logins] == logins


def test_login_without_a_cookie_is_nobodys() -> None:
    """
    A state whose cookie did not come leads to nothing.
    """
    made = jar()

    assert made.load(Cookies(), made.create("").state_hash) is None


def test_verifier_is_long_and_new() -> None:
    """
    A PKCE verifier has 128 characters and is never the same.
    """
    first, second = new_code_verifier(ENTROPY), new_code_verifier(ENTROPY)

    assert len(first) == len(second) == 128
    assert first != second


def test_nothing_of_a_login_is_in_its_repr() -> None:
    """
    State, nonce and verifier are secrets.
    """
    login = evolve(jar().create("hush-hush"))

    assert repr(login) == "CSRF()"
