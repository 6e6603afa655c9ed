"""
MessagePack is read without surprises.
"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.session import codec, lz4frame
from oauthproxy.session.msgpack import DEEPEST, MessagePackError, pack, unpack
from oauthproxy.session.session import Session

TEXTS = st.text(max_size=40)
CLAIMS = st.recursive(
    st.none() | st.booleans() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=10,
)


@given(octets=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(octets: bytes) -> None:
    """
    Bytes of any kind lead to a session or to one kind of error.
    """
    with contextlib.suppress(MessagePackError):
        assert isinstance(codec.decode(octets), Session)


@given(
    created_at=st.none() | st.integers(-(10**18), 10**20),
    tokens=st.tuples(TEXTS, TEXTS, TEXTS),
    nonce=st.binary(min_size=1, max_size=300),
    groups=st.lists(TEXTS, max_size=20),
    claims=st.dictionaries(TEXTS, CLAIMS.filter(lambda c: c is not None), max_size=5),
)
def test_any_session_comes_back(
    created_at: int | None,
    tokens: tuple[str, str, str],
    nonce: bytes,
    groups: list[str],
    claims: dict[str, object],
) -> None:
    """
    What was written is read, to the nanosecond and the byte.
    """
    session = Session(
        created_at=created_at,
        access_token=tokens[0],
        id_token=tokens[1],
        refresh_token=tokens[2],
        nonce=nonce,
        groups=tuple(groups),
        additional_claims=claims,
    )

    frame = lz4frame.compress(codec.encode(session))

    assert codec.decode(lz4frame.decompress(frame)) == session


def test_numbers_in_claims_become_text() -> None:
    """
    A number that is one already is stored as its text, as the reference does.
    """
    session = Session(additional_claims={"n": 5, "f": 1.5, "l": [1, {"x": 2}]})

    stored = unpack(codec.encode(session))["ac"]

    assert stored == {"n": "5", "f": "1.5", "l": ["1", {"x": "2"}]}


def test_depth_has_an_end() -> None:
    """
    What is nested too deeply is refused, not recursed into.
    """
    assert unpack(b"\x91" * DEEPEST + b"\xc0")
    with pytest.raises(MessagePackError):
        unpack(b"\x91" * (DEEPEST + 1) + b"\xc0")


def test_announced_size_costs_nothing() -> None:
    """
    A header that promises more than there is is refused at once.
    """
    for header in (b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"):
        with pytest.raises(MessagePackError):
            unpack(header + b"\xff\xff\xff\xff")


def test_foreign_objects_are_not_written() -> None:
    """
    What has no form in MessagePack is an error of its own kind.
    """
    with pytest.raises(MessagePackError):
        pack({"x": object()})


def test_frame_that_grows_too_large_is_refused() -> None:
    """
    A small frame does not become a large session.
    """
    with pytest.raises(lz4frame.FrameError):
        lz4frame.decompress(lz4frame.compress(bytes(lz4frame.LARGEST + 1)))
