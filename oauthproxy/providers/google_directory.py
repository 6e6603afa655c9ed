"""
Google's directory of users and groups (Admin SDK, Directory API v1).
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from attrs import frozen

from oauthproxy.ports import Fetcher, FetchRequest, FetchResponse
from oauthproxy.providers import members
from oauthproxy.providers.calls import ask, bearer, encode_query, read_json
from oauthproxy.providers.google_delegation import DelegatedToken
from oauthproxy.providers.paging import Page, collect

API = "https://admin.googleapis.com/admin/directory/v1"
PAGE = 200


@frozen
class Directory:
    """
    Ask the directory. All methods raise ProviderRefused and ProviderUnavailable.
    """

    fetcher: Fetcher
    token: DelegatedToken

    async def groups(self, user: str) -> tuple[str, ...]:
        """
        Return the addresses of a user's groups.
        """
        asked = [("userKey", user), ("maxResults", str(PAGE))]
        url = f"{API}/groups?{encode_query(asked)}"

        def read(value: Any) -> Page:
            following = members.text(value, "nextPageToken")
            found = members.objects(value, "groups")
            addresses = tuple(members.text(each, "email") for each in found)
            if not following:
                return Page(addresses)
            query = encode_query([*asked, ("pageToken", following)])
            return Page(addresses, f"{API}/groups?{query}")

        fields = bearer(await self.token.get())
        return tuple(filter(None, await collect(self.fetcher, url, fields, read)))

    async def held(self, user: str, groups: Iterable[str]) -> tuple[str, ...]:
        """
        Return those of the groups that a user is in.
        """
        return tuple([each for each in groups if await self.has_member(each, user)])

    async def has_member(self, group: str, user: str) -> bool:
        """
        Return whether a user is in a group, or in a group of the group.
        """
        path = f"/groups/{quote(group, safe='@')}"
        member = quote(user, safe="@")
        response = await self._ask(f"{path}/hasMember/{member}")
        if response.status == 404:
            return False
        if response.status == 400:
            # Members of other domains can only be looked up.
            return await self._is_active(f"{path}/members/{member}")
        return members.flag(read_json(response, f"{API}{path}"), "isMember")

    async def organization_id(self, user: str) -> str:
        """
        Return the id that an organisation gave to a user, empty when there is none.
        """
        path = f"/users/{quote(user, safe='@')}"
        answer = read_json(await self._ask(path), API + path)
        for each in members.objects(answer, "externalIds"):
            if members.text(each, "type") == "organization":
                value = members.text(each, "value")
                if value:
                    return value
        return ""

    async def _is_active(self, path: str) -> bool:
        response = await self._ask(path)
        if response.status in (400, 404):
            return False
        return members.text(read_json(response, API + path), "status") == "ACTIVE"

    async def _ask(self, path: str) -> FetchResponse:
        fields = bearer(await self.token.get())
        return await ask(self.fetcher, FetchRequest(url=API + path, fields=fields))
