"""
GAP-Signature.
"""

import pytest

from oauthproxy.crypto.secret import Secret
from oauthproxy.upstream.signature import Signer, string_to_sign


@pytest.mark.parametrize("option", ["md4:k", "SHA256:k", "sha256", "a:b:c"])
def test_bad_key_is_refused(option: str) -> None:
    """An algorithm that is not known, or colons but one, are refused at the start."""
    with pytest.raises(ValueError, match=r"signature key|algorithms"):
        Signer.parse(Secret(option))


def test_no_key_no_signer() -> None:
    """Without the option nothing is signed."""
    assert Signer.parse(Secret("")) is None


def test_key_is_not_shown() -> None:
    """The key is in no repr."""
    assert "geheim" not in repr(Signer.parse(Secret("sha256:geheim")))


def test_several_lines_are_joined() -> None:
    """Lines of a signed field are joined by a comma, whatever their case."""
    fields = [(b"COOKIE", b"a=1"), (b"cookie", b"b=2"), (b"Gap-Auth", b"kim")]

    assert string_to_sign("GET", "/?", fields).endswith("\na=1,b=2\nkim\n/\n")
