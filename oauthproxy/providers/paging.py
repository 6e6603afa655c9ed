"""
Read lists that a provider gives in pages: all of them, but not for ever.

Rule 1: a list that does not end after `MOST_PAGES` pages is an error: half of it would
be a wrong answer.
Rule 2: the token goes to no other origin than that of the first page.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import Fetcher, FetchRequest
from oauthproxy.providers.calls import Pairs, ask_json, without_query

MOST_PAGES = 100


@frozen
class Page:
    """
    Some items of a list, and the URL of the next ones; empty at the end.
    """

    items: tuple[Any, ...]
    next: str = ""


async def collect(
    fetcher: Fetcher, url: str, fields: Pairs, read: Callable[[Any], Page]
) -> list[Any]:
    """
    Return all items of a list whose pages name the next one; raises ProviderRefused
    and ProviderUnavailable.
    """
    items: list[Any] = []
    here = url
    for _ in range(MOST_PAGES):
        page = read(await ask_json(fetcher, FetchRequest(url=here, fields=fields)))
        items += page.items
        if not page.next:
            return items
        here = urljoin(here, page.next)
        if _origin(here) != _origin(url):
            raise ProviderRefused(f"{without_query(url)} leads to another host")
    raise _endless(url)


async def collect_numbered(
    fetcher: Fetcher, url: Callable[[int], str], fields: Pairs
) -> list[Any]:
    """
    Return all items of a list with numbered pages, the first of which is 1 and the
    last empty; raises ProviderRefused and ProviderUnavailable.
    """
    items: list[Any] = []
    before: list[Any] = []
    for number in range(1, MOST_PAGES + 1):
        request = FetchRequest(url=url(number), fields=fields)
        page = await ask_json(fetcher, request)
        if not isinstance(page, list):
            raise ProviderRefused(f"{without_query(request.url)} holds no list")
        # Some servers know no pages here and always answer with everything.
        if not page or page == before:
            return items
        items += page
        before = page
    raise _endless(url(1))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _endless(url: str) -> ProviderRefused:
    return ProviderRefused(f"{without_query(url)} has more than {MOST_PAGES} pages")
