"""
The state parameter: the hash of the login's random state, and where the user wants
to go (RFC 6749, 10.12).
"""

from attrs import frozen

from oauthproxy.crypto.base64 import decode_raw_url_prefix, encode_raw_url
from oauthproxy.wire.fields import field_bytes, field_text


@frozen
class State:
    """
    `nonce` ties a callback to a login, `target` is not to be trusted.
    """

    nonce: str
    target: str


def encode_state(state: State, *, encoded: bool) -> str:
    """
    Return the parameter's value; `encoded` puts it into unpadded base64url.
    """
    text = f"{state.nonce}:{state.target}"
    return encode_raw_url(field_bytes(text)) if encoded else text


def decode_state(text: str, *, encoded: bool) -> State | None:
    """
    Return what a parameter's value says, or None when it is no state of ours.
    """
    if encoded:
        text = field_text(decode_raw_url_prefix(text))
    nonce, colon, target = text.partition(":")
    return State(nonce, target) if colon else None
