"""
Find claims: in the token first, then in the answer of the userinfo endpoint, which
is asked at most once and only when a claim is missing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from oauthproxy.providers import jsontext

Userinfo = Callable[[], Awaitable[Mapping[str, Any]]]


def look_up(payload: Mapping[str, Any], name: str) -> Any:
    """
    Return a claim by its literal name, else by its dotted path through objects, else
    None. A JSON null is no claim.
    """
    if not name:
        return None
    if payload.get(name) is not None:
        return payload[name]
    return jsontext.member(payload, *name.split("."))


class Claims:
    """
    The claims of one user; `userinfo` None means that nobody can be asked.
    """

    def __init__(
        self, payload: Mapping[str, Any], userinfo: Userinfo | None = None
    ) -> None:
        self._payload = payload
        self._ask = userinfo
        self._userinfo: Mapping[str, Any] | None = None

    async def find(self, name: str) -> Any:
        """
        Return a claim, or None; raises what asking the provider raises.
        """
        found = look_up(self._payload, name)
        if found is not None or not name or self._ask is None:
            return found
        if self._userinfo is None:
            self._userinfo = await self._ask()
        return look_up(self._userinfo, name)

    async def text(self, name: str) -> str:
        """
        Return a claim as text, the empty text when there is none.
        """
        found = await self.find(name)
        return "" if found is None else jsontext.as_text(found)

    async def texts(self, name: str) -> tuple[str, ...]:
        """
        Return a claim as a list of texts, empty when there is none.
        """
        found = await self.find(name)
        return () if found is None else jsontext.as_texts(found)

    async def flag(self, name: str) -> bool | None:
        """
        Return a claim as a truth value, None when there is none.
        """
        found = await self.find(name)
        return None if found is None else jsontext.as_flag(found)
