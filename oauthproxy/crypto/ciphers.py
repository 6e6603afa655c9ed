"""
The two ciphers of stored sessions: AES-CFB for cookies, AES-GCM for servers.

Ciphertexts carry their initialisation vector, or nonce, in front. CFB here is full
block feedback and has no integrity of its own: what it encrypts is signed as well.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from oauthproxy.crypto.cookie_secret import usable

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # cryptography before 47
    from cryptography.hazmat.primitives.ciphers.modes import CFB

IV_SIZE = 16
NONCE_SIZE = 12


class CipherError(ValueError):
    """
    A ciphertext is too short, was tampered with, or its key is of no use.
    """


def cfb_encrypt(key: bytes, plaintext: bytes, iv: bytes) -> bytes:
    """
    Return `iv` and the ciphertext; `iv` is 16 random bytes.
    """
    encryptor = Cipher(_aes(key), CFB(iv)).encryptor()
    return iv + encryptor.update(plaintext) + encryptor.finalize()


def cfb_decrypt(key: bytes, ciphertext: bytes) -> bytes:
    """
    Return the plaintext, which is garbage under a wrong key; raise CipherError.
    """
    if len(ciphertext) < IV_SIZE:
        raise CipherError("too short")
    decryptor = Cipher(_aes(key), CFB(ciphertext[:IV_SIZE])).decryptor()
    return decryptor.update(ciphertext[IV_SIZE:]) + decryptor.finalize()


def gcm_encrypt(key: bytes, plaintext: bytes, nonce: bytes) -> bytes:
    """
    Return `nonce`, the ciphertext and its tag; `nonce` is 12 random bytes. Raise
    CipherError for a key of a length that AES does not have.
    """
    return nonce + _gcm(key).encrypt(nonce, plaintext, None)


def gcm_decrypt(key: bytes, ciphertext: bytes) -> bytes:
    """
    Return the plaintext or raise CipherError.
    """
    gcm = _gcm(key)
    if len(ciphertext) < NONCE_SIZE:
        raise CipherError("too short")
    try:
        return gcm.decrypt(ciphertext[:NONCE_SIZE], ciphertext[NONCE_SIZE:], None)
    except InvalidTag as cause:
        raise CipherError("wrong tag") from cause


def _aes(key: bytes) -> AES:
    if not usable(key):
        raise CipherError("bad key length")
    return AES(key)


def _gcm(key: bytes) -> AESGCM:
    if not usable(key):
        raise CipherError("bad key length")
    return AESGCM(key)
