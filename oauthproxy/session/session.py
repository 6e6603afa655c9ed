"""
What is known about a signed-in user.
"""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

NO_CLAIMS: Mapping[str, Any] = {}


@frozen(kw_only=True)
class Session:
    """
    A user's identity and tokens.

    Times are integer nanoseconds since the Unix epoch; None where there is none.
    Tokens are secrets: they are left out of the repr. `refreshed` is never stored; it
    marks a session whose tokens were renewed in this very request.
    """

    created_at: int | None = None
    expires_on: int | None = None
    access_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    nonce: bytes | None = field(default=None, repr=False)
    email: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()
    preferred_username: str = ""
    additional_claims: Mapping[str, Any] = field(default=NO_CLAIMS, repr=False)
    refreshed: bool = field(default=False, eq=False)
