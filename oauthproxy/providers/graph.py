"""
Ask Microsoft Graph for the groups of a user.
"""

from typing import Any

from oauthproxy.ports import Fetcher
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import plain_bearer
from oauthproxy.providers.paging import Page, collect

NEXT = "@odata.nextLink"


async def member_of(
    fetcher: Fetcher, url: str, access_token: str, field: str
) -> tuple[str, ...]:
    """
    Return one field of each group on all pages of a list of groups; raises
    ProviderRefused and ProviderUnavailable.
    """

    def read(value: Any) -> Page:
        found = [
            jsontext.member(each, field) for each in members.objects(value, "value")
        ]
        return Page(
            tuple(each for each in found if type(each) is str and each),
            members.text(value, NEXT),
        )

    fields = (*plain_bearer(access_token), ("ConsistencyLevel", "eventual"))
    return tuple(await collect(fetcher, url, fields, read))
