"""
Sign tokens by hand, right or wrong, without the program's own libraries.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encode(data: bytes) -> str:
    """
    Encode as base64url without padding.
    """
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """
    Decode base64url without padding.
    """
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value: int) -> str:
    """
    Encode a number as JWK members hold it.
    """
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """
    An RSA key with an id.
    """

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._key = rsa.generate_private_key(65537, 2048)

    def public(self) -> dict[str, str]:
        """
        The public key as a JWK.
        """
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "kid": self.kid,
            "use": "sig",
            "alg": "RS256",
            "n": number(numbers.n),
            "e": number(numbers.e),
        }

    def pem(self) -> bytes:
        """
        The public key as PEM.
        """
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """
        Make an RS256 token; `header` adds to its header, replaces in it or, with None,
        takes away from it.
        """
        first = {"alg": "RS256", "kid": self.kid, "typ": "JWT", **header}
        kept = {name: value for name, value in first.items() if value is not None}
        text = f"{encode(json.dumps(kept).encode())}.{encode(_text(claims))}"
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{encode(signature)}"


def unsigned(claims: Mapping[str, Any]) -> str:
    """
    Make a token that says it needs no signature.
    """
    header = encode(json.dumps({"alg": "none"}).encode())
    return f"{header}.{encode(_text(claims))}."


def _text(claims: Mapping[str, Any]) -> bytes:
    return json.dumps(claims).encode()
