"""
The ciphers give back what they were given.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.crypto.ciphers import (
    CipherError,
    cfb_decrypt,
    cfb_encrypt,
    gcm_decrypt,
    gcm_encrypt,
)

KEYS = st.sampled_from([16, 24, 32]).flatmap(
    lambda n: st.binary(min_size=n, max_size=n)
)


@given(key=KEYS, plaintext=st.binary(max_size=100))
def test_both_ciphers_are_reversible(key: bytes, plaintext: bytes) -> None:
    """
    Decrypting what was encrypted gives the plaintext.
    """
    assert cfb_decrypt(key, cfb_encrypt(key, plaintext, bytes(16))) == plaintext
    assert gcm_decrypt(key, gcm_encrypt(key, plaintext, bytes(12))) == plaintext


@given(ciphertext=st.binary(max_size=60))
def test_foreign_ciphertext_is_refused(ciphertext: bytes) -> None:
    """
    GCM refuses whatever was not encrypted with its key, however short.
    """
    with pytest.raises(CipherError):
        gcm_decrypt(bytes(16), ciphertext)


@pytest.mark.parametrize("size", [0, 15, 17, 31, 33])
def test_keys_of_other_lengths_are_refused(size: int) -> None:
    """
    A key that AES does not have is our error, not the library's.
    """
    key = bytes(size)

    for use in (
        lambda: cfb_encrypt(key, b"", bytes(16)),
        lambda: cfb_decrypt(key, bytes(32)),
        lambda: gcm_encrypt(key, b"", bytes(12)),
        lambda: gcm_decrypt(key, bytes(32)),
    ):
        with pytest.raises(CipherError):
            use()
