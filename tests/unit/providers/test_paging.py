"""
Lists in pages: whole, bounded, and from one place only.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers import members
from oauthproxy.providers.calls import plain_bearer
from oauthproxy.providers.paging import (
    MOST_PAGES,
    Page,
    collect,
    collect_numbered,
)
from tests.unit.driver import run
from tests.unit.providers.idp import IdP

FIRST = "https://api.test/items"
FIELDS = plain_bearer("AT")


def read(value: Any) -> Page:
    return Page(tuple(value["items"]), members.text(value, "next"))


def numbered(number: int) -> str:
    return f"{FIRST}?page={number}"


@pytest.mark.parametrize("link", [f"{FIRST}?page=2", "/items?page=2", "?page=2"])
def test_links_are_followed_to_the_end(link: str) -> None:
    """
    A link may be whole or relative, and carries the token.
    """
    idp = IdP()
    idp.at(FIRST, {"items": ["a"], "next": link})
    idp.at(f"{FIRST}?page=2", {"items": ["b"]})

    assert run(collect(idp, FIRST, FIELDS, read)) == ["a", "b"]
    assert all(request.fields == FIELDS for request in idp.requests)


@pytest.mark.parametrize(
    "link", ["https://evil.test/items", "http://api.test/items", "//api.test:444/"]
)
def test_a_link_to_another_origin_is_not_followed(link: str) -> None:
    """
    The token is shown to nobody else.
    """
    idp = IdP()
    idp.at(FIRST, {"items": ["a"], "next": link})

    with pytest.raises(ProviderRefused):
        run(collect(idp, FIRST, FIELDS, read))
    assert len(idp.requests) == 1


def test_a_list_that_leads_to_itself_ends_in_an_error() -> None:
    """
    Half of a list is never taken for the whole.
    """
    idp = IdP()
    idp.at(FIRST, {"items": ["a"], "next": FIRST})

    with pytest.raises(ProviderRefused):
        run(collect(idp, FIRST, FIELDS, read))
    assert len(idp.requests) == MOST_PAGES


def test_numbered_pages_are_read_until_an_empty_one() -> None:
    """
    A page that is not full is not the last one: servers have limits of their own.
    """
    idp = IdP()
    for number, page in enumerate([["a", "b"], ["c"], []], 1):
        idp.at(numbered(number), page)

    assert run(collect_numbered(idp, numbered, FIELDS)) == ["a", "b", "c"]


def test_a_server_that_does_not_count_pages_is_noticed() -> None:
    """
    The same page twice is the whole list.
    """
    idp = IdP()
    idp.at(numbered(1), ["a"])
    idp.at(numbered(2), ["a"])

    assert run(collect_numbered(idp, numbered, FIELDS)) == ["a"]


def test_numbered_pages_without_end_are_an_error() -> None:
    """
    They are bounded as well.
    """
    idp = IdP()
    for number in range(1, MOST_PAGES + 2):
        idp.at(numbered(number), [str(number)])

    with pytest.raises(ProviderRefused):
        run(collect_numbered(idp, numbered, FIELDS))
    assert len(idp.requests) == MOST_PAGES


@pytest.mark.parametrize("page", [{"items": []}, "x", None, 1])
def test_a_page_that_is_no_list_is_refused(page: Any) -> None:
    """
    An error that looks like a success is none.
    """
    idp = IdP()
    idp.at(numbered(1), page)

    with pytest.raises(ProviderRefused):
        run(collect_numbered(idp, numbered, FIELDS))
