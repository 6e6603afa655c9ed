"""
Base64 is read exactly as Go reads it.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.crypto.base64 import (
    Base64Error,
    decode_raw_url,
    decode_raw_url_prefix,
    decode_std,
    decode_url,
    encode_raw_url,
    encode_url,
)

STD, URL = "A-Za-z0-9+/", "A-Za-z0-9_-"
PADDED = "(?:[{0}]{{4}})*(?:[{0}]{{2}}==|[{0}]{{3}}=)?"
RAW = "(?:[{0}]{{4}})*(?:[{0}]{{2,3}})?"
NEAR_MISSES = st.text("AQz9-_+/=\r\n é", max_size=12)


def accepted(pattern: str, alphabet: str, text: str) -> bool:
    bare = text.replace("\r", "").replace("\n", "")
    return re.fullmatch(pattern.format(alphabet), bare) is not None


@pytest.mark.parametrize(
    ("decode", "pattern", "alphabet"),
    [(decode_std, PADDED, STD), (decode_url, PADDED, URL), (decode_raw_url, RAW, URL)],
)
@given(text=NEAR_MISSES)
def test_only_its_own_form_is_accepted(
    decode: object, pattern: str, alphabet: str, text: str
) -> None:
    """
    Alphabet and padding are insisted on, line ends are skipped.
    """
    try:
        decode(text)  # type: ignore[operator]
    except Base64Error:
        assert not accepted(pattern, alphabet, text)
    else:
        assert accepted(pattern, alphabet, text)


@given(octets=st.binary(max_size=100))
def test_what_was_encoded_is_decoded(octets: bytes) -> None:
    """
    Both spellings lead back to the bytes.
    """
    assert decode_url(encode_url(octets)) == octets
    assert decode_raw_url(encode_raw_url(octets)) == octets


def test_unused_bits_do_not_matter() -> None:
    """
    The low bits of the last symbol that stand for nothing are not looked at.
    """
    assert decode_raw_url("QQ") == decode_raw_url("QR") == b"A"


@pytest.mark.parametrize(
    ("text", "decoded"),
    [("YWI6L3g=", b"ab:"), ("YWJj!", b"abc"), ("!", b""), ("YWJjZA", b"abcd")],
)
def test_prefix_ends_at_the_first_error(text: str, decoded: bytes) -> None:
    """
    What can be read before an error is read in whole groups.
    """
    assert decode_raw_url_prefix(text) == decoded
