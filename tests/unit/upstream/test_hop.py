"""
Fields that go on to the upstream, and fields that do not.
"""

import pytest

from oauthproxy.upstream.cookies import OwnCookies
from oauthproxy.upstream.headers import Stripped
from oauthproxy.upstream.hop import MOST_FORWARDED_FOR, Hop, wants_websocket
from oauthproxy.wire.fields import Fields, field_text
from tests.unit.requests import pairs

HOP = Hop()
UNIX = "@"


def forwarded(*fields: tuple[str, str], hop: Hop = HOP) -> list[tuple[str, str]]:
    sent = hop.forwardable(pairs(*fields), UNIX)
    return [(field_text(name), field_text(value)) for name, value in sent]


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Connection",
        "Keep-Alive",
        "keep-alive",
        "Proxy-Connection",
        "PROXY-AUTHORIZATION",
        "Proxy-Authenticate",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "HTTP2-Settings",
    ],
)
def test_field_of_this_hop_ends_here(name: str) -> None:
    """Hop-by-hop fields, and the Host that the caller writes, do not go on (B19)."""
    assert forwarded((name, "x"), ("Accept", "y")) == [("Accept", "y")]


def test_fields_that_connection_names_end_here() -> None:
    """What Connection names is removed, without case, in all of its lines (B06)."""
    sent = forwarded(
        ("Connection", "close, x-Thing"),
        ("X-Thing", "1"),
        ("connection", " Cookie"),
        ("Cookie", "a=1"),
        ("Accept", "y"),
    )

    assert sent == [("Accept", "y")]


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "Content-Type", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"],
)
def test_client_cannot_name_away_what_matters(name: str) -> None:
    """Framing, and what proxies in front say, cannot be removed by Connection (B06)."""
    assert forwarded(("Connection", name), (name, "1")) == [(name, "1")]


def test_forwarded_for_cannot_be_named_away() -> None:
    """The client's X-Forwarded-For goes on although Connection names it (B06)."""
    sent = Fields(
        HOP.forwardable(
            pairs(("Connection", "X-Forwarded-For"), ("X-Forwarded-For", "10.0.0.1")),
            "192.0.2.1",
        )
    )

    assert sent.texts("x-forwarded-for") == ["10.0.0.1, 192.0.2.1"]


def test_te_trailers_goes_on() -> None:
    """Of TE, only `trailers` goes on."""
    assert forwarded(("TE", "gzip, Trailers;q=1, trailers")) == [("Te", "trailers")]


def test_repeated_field_becomes_one_line() -> None:
    """Lines of one field are joined by a comma at the place of the first."""
    sent = forwarded(("X-A", "1"), ("X-B", "2"), ("x-a", "3"), ("X-A", ""))

    assert sent == [("X-A", "1,3,"), ("X-B", "2")]


def test_spellings_are_forgotten_when_there_are_too_many() -> None:
    """A flood of odd names costs no memory for ever, and changes nothing."""
    hop = Hop()
    for start in range(0, 10_000, 500):
        flood = [(b"X-%d" % (start + number), b"") for number in range(500)]
        fields = [(b"X-A", b"1"), *flood, (b"x-a", b"2")]

        sent = hop.forwardable(fields, UNIX)

        assert sent[0] == (b"X-A", b"1,2")
        assert len(sent) == 501
    assert len(hop._kinds) < 4096 + 503


def test_long_forwarded_for_is_cut() -> None:
    """Of a flood of X-Forwarded-For the end goes on, ours behind it (B15)."""
    flood = pairs(*[("X-Forwarded-For", "1.2.3.4, " * 100 + "5.6.7.8")] * 100)

    sent = Fields(HOP.forwardable(flood, "192.0.2.1")).text("x-forwarded-for")

    assert len(sent) < MOST_FORWARDED_FOR + 20
    assert sent.startswith("1.2.3.4, ")
    assert sent.endswith("5.6.7.8, 192.0.2.1")


def test_websocket_upgrade_goes_on() -> None:
    """For a WebSocket the upgrade is written anew behind the other fields."""
    fields = pairs(("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"))

    assert HOP.forwardable(fields, UNIX, upgrade=b"websocket") == [
        (b"Connection", b"Upgrade"),
        (b"Upgrade", b"websocket"),
    ]


@pytest.mark.parametrize(
    ("connection", "upgrade", "wanted"),
    [
        ("Upgrade", "websocket", True),
        ("keep-alive, upgrade", "WebSocket", True),
        ("Upgrade, HTTP2-Settings", "h2c", False),
        ("Upgrade", "h2c, websocket", False),
        ("keep-alive", "websocket", False),
    ],
)
def test_only_websocket_is_an_upgrade(
    connection: str, upgrade: str, wanted: bool
) -> None:
    """An upgrade to anything but WebSocket is not passed on (B19)."""
    fields = pairs(("Connection", connection), ("Upgrade", upgrade))

    assert wants_websocket(fields) is wanted


@pytest.mark.parametrize(
    "name", ["X-Forwarded-User", "x_forwarded-USER", "X.Forwarded.User"]
)
def test_stripped_names_end_here(name: str) -> None:
    """What a client may not set is removed in every spelling (B01, B02, B07)."""
    hop = Hop(Stripped(frozenset({b"x-forwarded-user"})))

    assert forwarded((name, "admin"), ("X-Forwarded-Users", "y"), hop=hop) == [
        ("X-Forwarded-Users", "y")
    ]


@pytest.mark.parametrize(
    ("came", "goes"),
    [
        ("a=1; _p=x; b=2", "a=1; b=2"),
        ("_p_0=x; _p_1=y; _p_csrf=z; _p_ab12cd_csrf=w;a=1", "a=1"),
        ("a=1;b=2", "a=1;b=2"),
        ("_px=1; x_p=2; _p_x=3; a=_p=1", "_px=1; x_p=2; _p_x=3; a=_p=1"),
    ],
)
def test_own_cookies_can_be_kept_back(came: str, goes: str) -> None:
    """All parts of our cookies are removed, the others stay as they are (B11)."""
    hop = Hop(own=OwnCookies("_p"))

    assert forwarded(("Cookie", came), hop=hop) == [("Cookie", goes)]


def test_cookie_field_of_own_cookies_alone_is_left_out() -> None:
    """Where nothing of Cookie stays, the field goes (B11)."""
    hop = Hop(own=OwnCookies("_p"))

    assert forwarded(("Cookie", "_p=1"), ("cookie", "_p_csrf=2"), hop=hop) == []
