"""
Cookies are read as strictly as Go reads them, and written to fit.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import MOST_COOKIES, Cookies, CookieWriter


def test_first_and_all_keep_the_order() -> None:
    """
    Several cookies of a name are told apart by their order.
    """
    cookies = Cookies.parse([b"a=1; b=2", b"a=3"])

    assert cookies.first("a") == "1"
    assert cookies.all("a") == ["1", "3"]
    assert cookies.first("c") is None


@given(headers=st.lists(st.binary(max_size=60), max_size=4))
def test_any_bytes_can_be_read(headers: list[bytes]) -> None:
    """
    Whatever a client sends, names are tokens and values printable.
    """
    for name, value in Cookies.parse(headers).pairs:
        assert name
        assert not set(name) & set(' ;=,"()<>@:\\/[]?{}')
        assert all(" " <= c <= "~" and c not in '";\\' for c in value)


def test_too_many_cookies_are_none() -> None:
    """
    A request with more cookies than anybody needs has none.
    """
    many = b"; ".join(b"a=1" for _ in range(MOST_COOKIES + 1))

    assert Cookies.parse([many]).pairs == ()


def test_secrets_stay_out_of_the_repr() -> None:
    """
    Cookie values do not reach a log by way of repr.
    """
    assert "hush" not in repr(Cookies.parse([b"session=hush"]))


def test_domain_that_fits_nowhere_is_told() -> None:
    """
    A host outside all configured domains gets the last one, and a warning.
    """
    told: list[str] = []
    options = CookieOptions(cookie_domains=("app.example.com", "example.com"))
    writer = CookieWriter(options, told.append)

    line = writer.set("c", "v", 0, "other.test")

    assert "Domain=example.com" in line
    assert len(told) == 1
    assert "other.test" in told[0]


@given(
    value=st.text(max_size=30),
    path=st.text(max_size=20),
    host=st.text(max_size=20),
    domain=st.text(max_size=20),
)
def test_no_value_breaks_out(value: str, path: str, host: str, domain: str) -> None:
    """
    Nothing in a value, path, host or domain adds an attribute or ends the line.
    """
    options = CookieOptions(cookie_path=path, cookie_domains=(domain,))

    line = CookieWriter(options).set("c", value, 0, host)

    assert line.isascii()
    assert line.isprintable()
    names = [part.partition("=")[0].strip() for part in line.split(";")]
    assert [name for name in names if name not in ("Path", "Domain")] == [
        "c",
        "HttpOnly",
        "Secure",
    ]


@pytest.mark.parametrize("name", ["", "a b", "a;b", "é", "a=b"])
def test_impossible_names_are_not_written(name: str) -> None:
    """
    What cannot be a cookie's name gives no line.
    """
    assert CookieWriter(CookieOptions()).set(name, "v", 0, "h") == ""
