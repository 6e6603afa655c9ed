"""
Take this program's own cookies out of a request that goes to an upstream.

Rule 1: what stays, stays byte for byte.
"""

import re

from oauthproxy.wire.fields import field_bytes


class OwnCookies:
    """
    The cookies whose names begin with `name` as ours do: the session, whole or in
    parts (`_0`, `_1`, …), and the login's own (`_csrf`, `_…_csrf`).
    """

    def __init__(self, name: str) -> None:
        self._name = field_bytes(name)
        self._ours = re.compile(re.escape(self._name) + rb"(?:_\d+|_(?:[^=]+_)?csrf)?")

    def removed(self, value: bytes) -> bytes:
        """
        Return the value of a Cookie field without ours.
        """
        if self._name not in value:
            return value
        kept = [part for part in value.split(b";") if not self._is_ours(part)]
        return b";".join(kept).strip(b" \t")

    def _is_ours(self, part: bytes) -> bool:
        name = part.partition(b"=")[0].strip(b" \t")
        return self._ours.fullmatch(name) is not None
