"""
Tickets: the name of a session kept on a server and the key that opens it.

A new ticket is written `v2.` id `.` secret, both in unpadded base64url; the older form
id `.` secret, with the id in clear, is still read.
"""

from attrs import field, frozen

from oauthproxy.crypto.base64 import (
    Base64Error,
    decode_raw_url,
    encode_raw_url,
)
from oauthproxy.errors import SessionRefused
from oauthproxy.ports import Entropy

SECRET_SIZE = 16


@frozen
class Ticket:
    """
    `id` is the vault's key, `secret` the AES key of what is stored under it.
    """

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, cookie_name: str, entropy: Entropy) -> "Ticket":
        """
        Return a ticket nobody had before.
        """
        return cls(f"{cookie_name}-{entropy(16).hex()}", entropy(SECRET_SIZE))

    @classmethod
    def decode(cls, text: str) -> "Ticket":
        """
        Read a ticket of either form; raise SessionRefused.
        """
        try:
            return cls._decode(text.split("."))
        except Base64Error as cause:
            raise SessionRefused("bad ticket") from cause

    @classmethod
    def _decode(cls, parts: list[str]) -> "Ticket":
        match parts:
            case ["v2", encoded, secret]:
                name = decode_raw_url(encoded).decode("utf-8", "surrogateescape")
            case [name, secret]:
                pass
            case _:
                raise SessionRefused("bad ticket")
        return cls(name, decode_raw_url(secret))

    def encode(self) -> str:
        """
        Write the ticket in the newer form.
        """
        name = encode_raw_url(self.id.encode("utf-8", "surrogateescape"))
        return f"v2.{name}.{encode_raw_url(self.secret)}"
