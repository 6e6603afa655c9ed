"""
The three parts of a JSON Web Token in compact form (RFC 7515, 3.1).

Nothing here is verified: `providers.verifier` does that.
"""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from oauthproxy.crypto.base64 import decode_raw_url
from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.jsontext import parse_object


class TokenRefused(ProviderRefused):
    """
    The identity provider gave a token that could not be accepted. Please sign in
    again; if this happens repeatedly, tell the administrator of this application.
    """


@frozen(kw_only=True)
class Token:
    """
    A token taken apart: header and payload are JSON objects.
    """

    text: str = field(repr=False)
    header: Mapping[str, Any]
    payload: Mapping[str, Any] = field(repr=False)

    @property
    def algorithm(self) -> str:
        """
        The name of the signature algorithm, or the empty text.
        """
        return _text(self.header.get("alg"))

    @property
    def key_id(self) -> str:
        """
        The id of the key that signed it, or the empty text.
        """
        return _text(self.header.get("kid"))

    @property
    def kind(self) -> str:
        """
        The media type of the token without "application/", in lower case.
        """
        return _text(self.header.get("typ")).lower().removeprefix("application/")


def read(text: str) -> Token:
    """
    Take a token apart; raises TokenRefused.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise TokenRefused("not a signed token: it does not have three parts")
    return Token(
        text=text, header=_object(parts[0], "header"), payload=_object(parts[1])
    )


def read_payload(text: str) -> Mapping[str, Any]:
    """
    Return the payload of a token with at least two parts, signed or not; raises
    TokenRefused.
    """
    parts = text.split(".")
    if len(parts) < 2:
        raise TokenRefused("not a token: it has only one part")
    return _object(parts[1])


def _object(part: str, name: str = "payload") -> dict[str, Any]:
    try:
        return parse_object(decode_raw_url(part))
    except ValueError as error:
        raise TokenRefused(f"the {name} of the token is unreadable") from error


def _text(value: Any) -> str:
    return value if type(value) is str else ""
