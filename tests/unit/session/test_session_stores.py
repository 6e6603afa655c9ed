"""
What the stores do better than the reference, and what they never do.
"""

import random
import string
from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from oauthproxy.errors import (
    LoginNotStored,
    NoSession,
    SessionRefused,
    StoreUnavailable,
)
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run

HOST = "app.example.com"
NAME = "_oauth2_proxy"
OLD, NEW = "0123456789abcdef", "fedcba9876543210"
ALICE = Session(user="alice", email="alice@example.com", access_token="token")


def noise(size: int) -> str:
    """
    Text that cannot be compressed.
    """
    chosen = random.Random(1)
    return "".join(chosen.choices(string.ascii_letters + string.digits, k=size))


def cookie_store(
    secrets: CookieSecrets | None = None, log: RecordingLog | None = None
) -> CookieStore:
    return CookieStore(
        CookieOptions(),
        secrets or CookieSecrets.of(OLD),
        FakeClock(),
        CountingEntropy(),
        log or RecordingLog(),
    )


VAULT = MemoryVault(FakeClock())
ENTROPY = CountingEntropy()


def ticket_store(
    secrets: CookieSecrets | None = None, log: RecordingLog | None = None
) -> TicketStore:
    return TicketStore(
        VAULT, CookieOptions(), secrets or CookieSecrets.of(OLD), FakeClock(), ENTROPY
    )


Make = Callable[..., SessionStore]
both = pytest.mark.parametrize("make", [cookie_store, ticket_store])


def names(lines: tuple[str, ...]) -> list[tuple[str, bool]]:
    """
    Return names and whether they are deletions.
    """
    return [(line.partition("=")[0], "Max-Age=0" in line) for line in lines]


def browser(lines: tuple[str, ...], before: Cookies = Cookies()) -> Cookies:  # noqa: B008
    """
    Return a browser's cookies after an answer with these lines.
    """
    jar = dict(before.pairs)
    for line in lines:
        name, _, value = line.partition(";")[0].partition("=")
        if "Max-Age=0" in line:
            jar.pop(name, None)
        else:
            jar[name] = value
    return Cookies(tuple(jar.items()))


@both
def test_session_comes_back(make: Make) -> None:
    """
    What was saved is loaded, created now when nobody knew better.
    """
    store = make()

    cookies = browser(run(store.save(ALICE, Cookies(), HOST)))

    assert run(store.load(cookies)) == evolve(ALICE, created_at=FakeClock().time)


@both
def test_no_cookie_is_told_from_a_bad_one(make: Make) -> None:
    """
    A browser without a cookie has no session, one with a bad cookie is refused.
    """
    store = make()

    with pytest.raises(NoSession):
        run(store.load(Cookies((("other", "1"),))))
    with pytest.raises(SessionRefused) as refusal:
        run(store.load(Cookies(((NAME, "garbage"),))))
    assert not isinstance(refusal.value, NoSession)


@both
def test_older_secrets_are_read_and_never_written(make: Make) -> None:
    """
    After a change of the secret old cookies are good, and new ones use the new one.
    """
    old = browser(run(make(CookieSecrets.of(OLD)).save(ALICE, Cookies(), HOST)))
    rotated = make(CookieSecrets.of(NEW, [OLD]))

    loaded = run(rotated.load(old))
    new = browser(run(rotated.save(loaded, old, HOST)), old)

    assert loaded.user == "alice"
    assert run(make(CookieSecrets.of(NEW)).load(new)).user == "alice"
    with pytest.raises(SessionRefused):
        run(make(CookieSecrets.of(OLD)).load(new))


@both
@settings(max_examples=60)
@given(value=st.text(max_size=80))
def test_any_cookie_is_refused(make: Make, value: str) -> None:
    """
    Garbage in the cookie is refused in one way.
    """
    with pytest.raises(SessionRefused):
        run(make().load(Cookies(((NAME, value),))))


@both
def test_cookie_of_another_name_is_refused(make: Make) -> None:
    """
    A value made for one cookie is no good under another name.
    """
    store = make()
    lines = run(store.save(ALICE, Cookies(), HOST))
    value = lines[0].partition(";")[0].partition("=")[2]
    options = CookieOptions(cookie_name="other")
    other = CookieStore(
        options, CookieSecrets.of(OLD), FakeClock(), CountingEntropy(), RecordingLog()
    )

    with pytest.raises(SessionRefused):
        run(other.load(Cookies((("other", value),))))


def test_leftover_parts_are_deleted() -> None:
    """
    A session that became smaller leaves no parts behind, one that became larger no
    whole cookie.
    """
    store = cookie_store()
    large = evolve(ALICE, id_token=noise(9000))

    three = browser(run(store.save(large, Cookies(), HOST)))
    to_one = run(store.save(ALICE, three, HOST))
    one = browser(to_one, three)
    to_three = run(store.save(large, one, HOST))

    assert [name for name, _ in three.pairs] == [f"{NAME}_{n}" for n in range(4)]
    assert names(to_one) == [
        (NAME, False),
        *((f"{NAME}_{n}", True) for n in range(4)),
    ]
    assert names(to_three)[-1] == (NAME, True)
    assert run(store.load(browser(to_three, one))).id_token == large.id_token


def test_large_session_is_told_with_size_and_way_out() -> None:
    """
    An operator learns that a session needs several cookies, and what to do.
    """
    log = RecordingLog()

    run(
        cookie_store(log=log).save(evolve(ALICE, id_token=noise(9000)), Cookies(), HOST)
    )

    ((kind, message),) = log.lines
    assert kind == "error"
    assert "bytes in 4 cookies" in message
    assert "server side" in message


def test_keys_of_equal_sessions_only_are_equal() -> None:
    """
    Parts are known by what they hold together; a lone part is not a whole cookie.
    """
    store = cookie_store()
    lines = run(store.save(ALICE, Cookies(), HOST))
    value = lines[0].partition(";")[0].partition("=")[2]

    assert store.key(Cookies(((NAME, value),))) == value
    assert store.key(Cookies(((f"{NAME}_0", value),))) != value
    halves = ((f"{NAME}_0", value[:9]), (f"{NAME}_1", value[9:]))
    assert store.key(Cookies(halves)) == value
    assert store.key(Cookies()) is None


def test_minimal_session_has_no_tokens() -> None:
    """
    With the option, tokens stay out of the browser.
    """
    store = CookieStore(
        CookieOptions(),
        CookieSecrets.of(OLD),
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        minimal=True,
    )
    tokens = evolve(ALICE, id_token="i", refresh_token="r", groups=("staff",))

    loaded = run(store.load(browser(run(store.save(tokens, Cookies(), HOST)))))

    assert (loaded.access_token, loaded.id_token, loaded.refresh_token) == ("",) * 3
    assert loaded.groups == ("staff",)


def test_new_login_gets_a_ticket_nobody_knew() -> None:
    """
    A fresh login has a new id and secret, and the session before it is gone.
    """
    store = ticket_store()
    planted = browser(run(store.save(ALICE, Cookies(), HOST)))

    fresh = browser(run(store.save(ALICE, planted, HOST, fresh=True)), planted)

    assert store.tag(fresh) != store.tag(planted)
    with pytest.raises(SessionRefused):
        run(store.load(planted))
    assert run(store.load(fresh)).user == "alice"


def test_refreshed_session_keeps_its_ticket() -> None:
    """
    Saving again is about the same session.
    """
    store = ticket_store()
    before = browser(run(store.save(ALICE, Cookies(), HOST)))

    after = browser(run(store.save(evolve(ALICE, user="bob"), before, HOST)), before)

    assert store.tag(after) == store.tag(before)
    assert run(store.load(before)).user == "bob"


def test_secret_of_another_ticket_opens_nothing() -> None:
    """
    What is stored opens with its own ticket only.
    """
    from oauthproxy.session.ticket import Ticket

    store = ticket_store()
    secrets = CookieSecrets.of(OLD)
    first, second = (browser(run(store.save(ALICE, Cookies(), HOST))) for _ in range(2))
    tickets = [
        Ticket.decode(secrets.verify(NAME, c.first(NAME) or "", FakeClock().time, 0)
                      .payload.decode())
        for c in (first, second)
    ]  # fmt: skip
    mixed = Ticket(tickets[0].id, tickets[1].secret).encode().encode()
    cookie = secrets.sign(NAME, mixed, FakeClock().time // 10**9)

    with pytest.raises(SessionRefused):
        run(store.load(Cookies(((NAME, cookie),))))


class DownVault(MemoryVault):
    """
    A vault that does not answer.
    """

    async def get(self, key: str) -> bytes | None:
        raise StoreUnavailable("get")

    async def delete(self, key: str) -> None:
        raise StoreUnavailable("delete")


def test_vault_that_is_down_is_no_refusal() -> None:
    """
    An outage is told as one: neither loading nor signing out pretends otherwise.
    """
    up = ticket_store()
    cookies = browser(run(up.save(ALICE, Cookies(), HOST)))
    down = TicketStore(
        DownVault(FakeClock()),
        CookieOptions(),
        CookieSecrets.of(OLD),
        FakeClock(),
        CountingEntropy(),
    )

    with pytest.raises(StoreUnavailable):
        run(down.load(cookies))
    with pytest.raises(StoreUnavailable):
        run(down.clear(cookies, HOST))
    with pytest.raises(LoginNotStored):
        run(down.save(ALICE, cookies, HOST, fresh=True))


def test_secrets_have_no_repr() -> None:
    """
    Neither seed nor key nor ticket secret can be printed by accident.
    """
    secrets = CookieSecrets.of(OLD, [NEW])

    assert OLD not in repr(secrets)
    assert NEW not in repr(secrets)
    assert "token" not in repr(ALICE)


@pytest.mark.parametrize("secret", ["", "short", "x" * 33])
def test_useless_secret_is_refused(secret: str) -> None:
    """
    A secret that makes no key is an error at the start.
    """
    with pytest.raises(ValueError, match="16, 24, or 32 bytes"):
        CookieSecrets.of(secret)


def test_secret_from_a_file_counts_as_it_is() -> None:
    """
    The whole content of the file is the secret, and only without a text of one's own.
    """
    from oauthproxy.crypto.secret import Secret

    files = {"secret": b"0123456789abcdefghijklmnopqrstuv\n"}
    from_file = CookieOptions(cookie_secret_file="secret")
    from_text = evolve(from_file, cookie_secret=Secret(NEW))

    read = CookieSecrets.from_options(from_file, [], files.__getitem__)
    text = CookieSecrets.from_options(from_text, [OLD], files.__getitem__)

    assert read.current.seed.endswith(b"\n")
    assert len(read.current.key) == 24
    assert text == CookieSecrets.of(NEW, [OLD])


@both
@pytest.mark.parametrize("foreign", ["garbage", "a|1|b", ""])
def test_f05_a_foreign_cookie_of_our_name_hides_no_session(
    make: Make, foreign: str
) -> None:
    """
    A cookie that a site below the same domain set beside ours is overlooked, wherever
    it stands.
    """
    store = make()
    ((name, value),) = browser(run(store.save(ALICE, Cookies(), HOST))).pairs
    ours, theirs = (name, value), (name, foreign)

    for pairs in ((theirs, ours), (ours, theirs), (theirs, theirs, ours)):
        cookies = Cookies(pairs)
        assert store.key(cookies) == value
        assert run(store.load(cookies)).user == "alice"


@both
def test_f05_many_foreign_cookies_are_not_all_looked_at(make: Make) -> None:
    """
    Thousands of cookies of our name cost no more than a few.
    """
    store = make()
    cookies = Cookies(tuple((NAME, f"a|{n}|b") for n in range(3000)))

    with pytest.raises(SessionRefused):
        run(store.load(cookies))
    assert store.key(cookies) == "a|0|b"


def test_f07_parts_are_counted_by_one_look_at_each() -> None:
    """
    As many parts as a request can hold are joined, in order, and refused.
    """
    pairs = [(f"{NAME}_{n}", f"<{n}>") for n in range(3000)]
    cookies = Cookies(tuple(reversed(pairs)))

    key = cookie_store().key(cookies)

    assert key == "".join(value for _, value in pairs)


def test_f07_the_first_of_two_parts_of_one_name_counts() -> None:
    """
    Parts are looked up as whole cookies are.
    """
    cookies = Cookies(((f"{NAME}_0", "a"), (f"{NAME}_1", "b"), (f"{NAME}_1", "c")))

    assert cookie_store().key(cookies) == "ab"
