"""
The nonce that ties an ID token to its login, where no OpenID discovery is at work.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.providers import members
from oauthproxy.providers.oidc import NonceRefused


def check_nonce(payload: Mapping[str, Any], nonce: bytes) -> None:
    """
    Raise NonceRefused unless an ID token carries the hash of the login's nonce.
    """
    told = members.text(payload, "nonce").encode("utf-8", "replace")
    expected = hash_nonce(nonce)
    if not expected or not hmac.compare_digest(told, expected.encode()):
        raise NonceRefused("the ID token was made for another login")
