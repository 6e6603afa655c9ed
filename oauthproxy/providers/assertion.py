"""
Sign assertions: short-lived tokens by which a client proves who it is (RFC 7523).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen
from cryptography.exceptions import UnsupportedAlgorithm
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.errors import SettingsError
from oauthproxy.ports import Entropy
from oauthproxy.settings.kinds import MINUTE, SECOND

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 5 * MINUTE

_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
}
"""What keys can do, the usual first (RFC 7518, 3.1; RFC 8037, 3.1)."""


@frozen(kw_only=True)
class Signer:
    """
    A private key, and the id by which others know it; without one it is not named.
    """

    key: JWK = field(repr=False)
    key_id: str = ""

    def sign(self, claims: Mapping[str, Any], wanted: Sequence[str] = ()) -> str:
        """
        Return a token with these claims, by the first algorithm of this key that is
        `wanted`, or the usual one.
        """
        able = _ALGORITHMS[_kind(self.key)]
        algorithm = next((each for each in able if each in wanted), able[0])
        header = {"alg": algorithm, "typ": "JWT"}
        if self.key_id:
            header["kid"] = self.key_id
        token = JWS(json.dumps(claims).encode())
        token.allowed_algs = [algorithm]
        token.add_signature(self.key, protected=json.dumps(header))
        text: str = token.serialize(compact=True)
        return text


def client_claims(
    client_id: str, audience: str | list[str], now: int, entropy: Entropy
) -> dict[str, Any]:
    """
    Return what a client says about itself at `now`, in nanoseconds (RFC 7523, 3).
    """
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": encode_raw_url(entropy(24)),
        "iat": now // SECOND,
        "exp": (now + LIFETIME) // SECOND,
    }


def read_private_key(pem: bytes, option: str) -> JWK:
    """
    Return the private key in a PEM text, one that we can sign with; raises
    SettingsError, which names the option.
    """
    return _read(pem, option, _ALGORITHMS, "a private RSA, EC or Ed25519 key")


def read_rsa_key(pem: bytes, option: str) -> JWK:
    """
    Return the private RSA key in a PEM text; raises SettingsError, which names the
    option.
    """
    return _read(pem, option, ("RSA",), "a private RSA key")


def _read(pem: bytes, option: str, kinds: Iterable[str], wanted: str) -> JWK:
    try:
        key = JWK.from_pem(pem)
        usable = key.has_private and _kind(key) in kinds
    except (JWException, ValueError, TypeError, UnsupportedAlgorithm):
        usable = False
    if not usable:
        # Without the cause: its message might quote the key.
        raise SettingsError([f"{option}: not {wanted} in PEM"]) from None
    return key


def _kind(key: JWK) -> str:
    kind: str = key["kty"] if key["kty"] == "RSA" else key["crv"]
    return kind
