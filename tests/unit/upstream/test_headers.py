"""
Fields that say who is signed in.
"""

import pytest

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.session import Session
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    HeaderValue,
    SecretSource,
)
from oauthproxy.upstream.headers import (
    MOST_VALUE_BYTES,
    STRICT,
    Indulgence,
    Injector,
)
from oauthproxy.upstream.hop import Hop
from oauthproxy.wire.fields import Pair
from tests.unit.requests import pairs


def claim(
    name: str, source: str, password: str | None = None, *, preserve: bool = False
) -> HeaderSettings:
    secret = None if password is None else SecretSource(value=Secret(password))
    value = ClaimSource(claim=source, basic_auth_password=secret)
    return HeaderSettings(
        name=name,
        values=(HeaderValue(claim_source=value),),
        preserve_request_value=preserve,
    )


def reveal(source: SecretSource) -> str:
    return source.value.reveal() if source.value is not None else ""


def injector(*headers: HeaderSettings, indulgence: Indulgence = STRICT) -> Injector:
    return Injector(headers, headers, reveal, indulgence=indulgence)


def block(session: Session, *headers: HeaderSettings) -> list[Pair]:
    return list(injector(*headers).request_block(session))


USER = claim("X-Forwarded-User", "user")
GROUPS = claim("X-Forwarded-Groups", "groups")
KIM = Session(user="kim")


def test_client_cannot_say_who_it_is() -> None:
    """Without a session the client's fields go, and none of ours come (B03)."""
    ours = injector(USER)
    client = pairs(
        ("X-Forwarded-User", "admin"),
        ("X-Forwarded-Email", "admin@corp.test"),
        ("X-Forwarded-Access-Token", "t"),
        ("X-Auth-Request-User", "admin"),
        ("GAP-Auth", "admin"),
        ("GAP-Signature", "s"),
    )

    sent = ours.injected(
        Hop(ours.stripped).forwardable(client, "@"), ours.request_block(None)
    )

    assert sent == []


def test_connection_cannot_take_our_fields_away() -> None:
    """What Connection names is removed before ours is added (B06)."""
    ours = injector(USER)
    client = pairs(("Connection", "close, X-Forwarded-User"))

    sent = ours.injected(
        Hop(ours.stripped).forwardable(client, "@"), ours.request_block(KIM)
    )

    assert sent == [(b"X-Forwarded-User", b"kim")]


def test_identity_of_others_passes_where_nothing_is_injected() -> None:
    """Without injected headers, nothing is stripped."""
    assert not injector().stripped(b"x-forwarded-user")


def test_preserved_names_are_not_stripped() -> None:
    """A header that the operator preserves keeps the client's value (B05)."""
    ours = injector(USER, claim("X-Forwarded-Email", "email", preserve=True))

    assert not ours.stripped(b"x-forwarded-email")
    assert ours.stripped(b"x-forwarded-user")


def test_reference_strips_only_what_is_configured() -> None:
    """The reference's way can be had."""
    ours = injector(USER, indulgence=Indulgence(identity_fields=True))

    assert not ours.stripped(b"x-forwarded-email")
    assert ours.stripped(b"x_forwarded_user")


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        ("a\r\nX-Admin: 1", b"a  X-Admin: 1"),
        ("\x00kim\x7f", b"kim"),
        ("Kïm 😀", "Kïm 😀".encode()),
        ("a\ud800b", b"a\xef\xbf\xbdb"),
        ("\udcff", b"\xff"),
    ],
)
def test_value_is_what_a_line_can_hold(user: str, sent: bytes) -> None:
    """Control characters become blanks, halves of characters U+FFFD (B09)."""
    assert block(Session(user=user), USER) == [(b"X-Forwarded-User", sent)]


@pytest.mark.parametrize("user", ["\n", "x" * (MOST_VALUE_BYTES + 1)])
def test_impossible_value_is_not_sent(user: str) -> None:
    """A value that no upstream takes is left out, and breaks no request (B09)."""
    assert block(Session(user=user), USER) == []


def test_group_with_a_comma_is_one_group() -> None:
    """A comma in a group cannot make two of it (B10)."""
    session = Session(groups=("a,b", "c"))

    assert block(session, GROUPS) == [(b"X-Forwarded-Groups", b"a%2Cb,c")]


def test_comma_of_a_single_value_stays() -> None:
    """A comma in a claim that is no list stays."""
    assert block(Session(user="Doe, J"), USER) == [(b"X-Forwarded-User", b"Doe, J")]


def test_user_with_a_colon_gets_no_basic_credentials() -> None:
    """A colon in the user's name would move the border to the password (B17)."""
    header = claim("Authorization", "user", password="pw")

    assert block(Session(user="a:b"), header) == []


BASIC = claim("Authorization", "user", password="pw")


@pytest.mark.parametrize(
    ("indulgence", "sent"),
    [
        (Indulgence(raw_commas=True), [(b"X-Forwarded-Groups", b"a,b,c")]),
        (
            Indulgence(colons_in_users=True),
            [
                (b"X-Forwarded-Groups", b"a%2Cb,c"),
                (b"Authorization", b"Basic YTpiOnB3"),
            ],
        ),
    ],
)
def test_reference_leaves_commas_or_colons(
    indulgence: Indulgence, sent: list[Pair]
) -> None:
    """The reference's way with commas, or with colons, can be had."""
    ours = injector(GROUPS, BASIC, indulgence=indulgence)

    block = ours.request_block(Session(user="a:b", groups=("a,b", "c")))

    assert list(block) == sent


@pytest.mark.parametrize("name", ["created_at", "expires_on", "unheard_of"])
def test_missing_claim_is_no_header(name: str) -> None:
    """A time or claim that a session does not have is left out."""
    assert block(KIM, claim("X-Claim", name)) == []


def test_preserved_value_and_ours_share_a_line() -> None:
    """A preserved client value comes first, ours behind it (B05)."""
    ours = injector(claim("X-Forwarded-User", "user", preserve=True))
    kept = Hop(ours.stripped).forwardable(pairs(("x-forwarded-user", "root")), "@")

    sent = ours.injected(kept, ours.request_block(KIM))

    assert sent == [(b"x-forwarded-user", b"root,kim")]


@pytest.mark.parametrize("name", ["Connection", "Transfer-Encoding", "Host"])
def test_fields_of_the_hop_cannot_be_injected(name: str) -> None:
    """A configured name that belongs to the connection is not sent."""
    assert block(KIM, claim(name, "user")) == []


def test_bad_name_is_refused() -> None:
    """A name that no header can have is refused by its text."""
    with pytest.raises(ValueError, match='"X Y"'):
        injector(claim("X Y", "user"))


def test_response_fields_about_the_session_are_ours() -> None:
    """The upstream's own fields of these names are to be left out (B13)."""
    assert injector(USER).replaced == {b"x-forwarded-user"}
    both = Indulgence(upstream_fields=True)
    assert injector(USER, indulgence=both).replaced == frozenset()


def test_secrets_are_read_once() -> None:
    """A secret is read at the start, not for each request."""
    reads = []

    def read(source: SecretSource) -> str:
        reads.append(source)
        return "s"

    header = HeaderSettings(
        name="X-S", values=(HeaderValue(secret_source=SecretSource(from_file="f")),)
    )
    ours = Injector([header], [], read)

    assert ours.request_block(None) == ours.request_block(KIM) == ((b"X-S", b"s"),)
    assert len(reads) == 1
