"""
Sign requests to upstreams with GAP-Signature (`reference/http-behaviour.md`, 20).
"""

import base64
import hmac
from collections.abc import Iterable

from attrs import field, frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.wire import gourl
from oauthproxy.wire.fields import Fields, Pair, field_bytes

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
SIGNED_FIELDS = (
    b"content-length",
    b"content-md5",
    b"content-type",
    b"date",
    b"authorization",
    b"x-forwarded-user",
    b"x-forwarded-email",
    b"x-forwarded-preferred-user",
    b"x-forwarded-access-token",
    b"cookie",
    b"gap-auth",
)


@frozen
class Signer:
    """
    Sign with one key, shared with the upstreams.
    """

    algorithm: str
    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, option: Secret) -> "Signer | None":
        """
        Read `ALGORITHM:KEY`, None when there is nothing; raises ValueError.
        """
        text = option.reveal()
        if not text:
            return None
        algorithm, _, key = text.partition(":")
        if text.count(":") != 1:
            raise ValueError("a signature key is ALGORITHM:KEY, with one colon")
        if algorithm not in ALGORITHMS:
            raise ValueError(
                f'"{algorithm}" is not one of the algorithms {", ".join(ALGORITHMS)}'
            )
        return cls(algorithm, field_bytes(key))

    def sign(
        self, method: str, target: str, fields: Iterable[Pair], body: bytes
    ) -> str:
        """
        Return the value of GAP-Signature. `fields` are those that go to the upstream,
        GAP-Auth among them; `target` is the path that goes there and the query that
        came.
        """
        signed = field_bytes(string_to_sign(method, target, fields)) + body
        digest = hmac.digest(self.key, signed, self.algorithm)
        return f"{self.algorithm} {base64.b64encode(digest).decode()}"


def string_to_sign(method: str, target: str, fields: Iterable[Pair]) -> str:
    """
    Return what is signed in front of the body.
    """
    present = Fields(list(fields))
    lines = [method]
    lines += [",".join(present.texts(name.decode())) for name in SIGNED_FIELDS]
    path, question, query = target.partition("?")
    lines.append(gourl.unescape(path) + (f"?{query}" if question and query else ""))
    return "\n".join(lines) + "\n"
