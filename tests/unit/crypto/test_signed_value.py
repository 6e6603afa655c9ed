"""
Signed values hold what was signed, and nothing else passes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.crypto.signed_value import (
    FUTURE,
    SECOND,
    SignedValueError,
    sign,
    verify,
)

SEED = b"0123456789abcdef"
NOW = 1_700_000_000 * SECOND
HOUR = 3600 * SECOND


@given(name=st.text(max_size=20), payload=st.binary(max_size=100))
def test_what_was_signed_is_verified(name: str, payload: bytes) -> None:
    """
    A value signed under a name is read under that name.
    """
    value = sign(SEED, name, payload, NOW // SECOND)

    signed = verify(SEED, name, value, NOW, HOUR)

    assert (signed.payload, signed.timestamp) == (payload, NOW // SECOND)


@given(at=st.integers(0, 200), character=st.characters())
def test_changed_value_is_refused_or_the_same(at: int, character: str) -> None:
    """
    No change of one character leads to another payload.
    """
    value = sign(SEED, "name", b"payload" * 5, NOW // SECOND)
    changed = value[: at % len(value)] + character + value[at % len(value) + 1 :]

    try:
        signed = verify(SEED, "name", changed, NOW, HOUR)
    except SignedValueError:
        return
    assert signed.payload == b"payload" * 5


@given(value=st.text(max_size=60))
def test_any_text_is_refused(value: str) -> None:
    """
    Whatever is not signed is refused in one way.
    """
    with pytest.raises(SignedValueError):
        verify(SEED, "name", value, NOW, HOUR)


@pytest.mark.parametrize(
    ("now", "accepted"),
    [
        (NOW + HOUR - 1, True),
        (NOW + HOUR, False),
        (NOW - FUTURE + 1, True),
        (NOW - FUTURE, False),
    ],
)
def test_lifetime_is_strict_on_both_sides(now: int, accepted: bool) -> None:
    """
    A value is good until its lifetime is over, and not from the far future.
    """
    value = sign(SEED, "name", b"x", NOW // SECOND)

    if accepted:
        assert verify(SEED, "name", value, now, HOUR).payload == b"x"
    else:
        with pytest.raises(SignedValueError):
            verify(SEED, "name", value, now, HOUR)
