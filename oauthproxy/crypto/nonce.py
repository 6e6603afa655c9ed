"""
Hashes that go to the identity provider in place of what they stand for.
"""

import hashlib

from oauthproxy.crypto.base64 import encode_raw_url


def hash_nonce(nonce: bytes | None) -> str:
    """
    Return unpadded base64url of SHA-256, or the empty text when there is no nonce.
    """
    if nonce is None:
        return ""
    return encode_raw_url(hashlib.sha256(nonce).digest())


def code_challenge(method: str, verifier: str) -> str:
    """
    Return the PKCE challenge (RFC 7636, 4.2) for method "S256" or "plain"; raise
    ValueError for another one.
    """
    if method == "plain":
        return verifier
    if method == "S256":
        return encode_raw_url(hashlib.sha256(verifier.encode()).digest())
    raise ValueError(f"unknown code challenge method {method!r}")
