"""
Sign assertions: short-lived tokens by which a client proves who it is (RFC 7523).
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.errors import SettingsError

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def read_rsa_key(pem: bytes, option: str) -> JWK:
    """
    Return the private RSA key in a PEM text; raises SettingsError, which names the
    option.
    """
    try:
        key = JWK.from_pem(pem)
        usable = key.has_private and key["kty"] == "RSA"
    except (JWException, ValueError, TypeError, UnsupportedAlgorithm):
        usable = False
    if not usable:
        # Without the cause: its message might quote the key.
        raise SettingsError([f"{option}: not a private RSA key in PEM"]) from None
    return key


def sign(key: JWK, claims: Mapping[str, Any], key_id: str = "") -> str:
    """
    Return a token with these claims, signed by RS256.
    """
    header = {"alg": "RS256", "typ": "JWT"}
    if key_id:
        header["kid"] = key_id
    token = JWS(json.dumps(claims).encode())
    token.add_signature(key, protected=json.dumps(header))
    text: str = token.serialize(compact=True)
    return text
