"""
A person at a real identity provider: follows redirects, fills in forms, keeps cookies.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit

from attrs import Factory, define, frozen

MOST_STEPS = 20


@frozen
class Leave:
    """
    Where the provider sends the browser, and what it has it post there.
    """

    url: str
    posted: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        """
        Path and query.
        """
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _FirstForm(HTMLParser):
    """
    Address and fields of the first form of a page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: dict[str, Any] = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = found.get("action") or ""
        if tag in ("input", "button") and found.get("name"):
            self.fields.setdefault(found["name"], found.get("value") or "")


@define
class Person:
    """
    Someone with a browser, who answers what forms ask for.
    """

    answers: Mapping[str, str]
    jar: CookieJar = Factory(CookieJar)

    def travel(self, url: str) -> Leave:
        """
        Go through the provider's pages, until they lead away from it.
        """
        posted: Mapping[str, str] | None = None
        for _ in range(MOST_STEPS):
            page = self._open(url, posted)
            if isinstance(page, Leave):
                return page
            form = _FirstForm()
            form.feed(page[1])
            assert form.action is not None, page[1]
            here, url = page[0], urljoin(page[0], form.action)
            known = {n: v for n, v in self.answers.items() if n in form.fields}
            posted = form.fields | known
            if urlsplit(url).netloc != urlsplit(here).netloc:
                return Leave(url, posted)
        raise AssertionError(f"no way out of {url}")

    def _open(
        self, url: str, posted: Mapping[str, str] | None
    ) -> Leave | tuple[str, str]:
        opener = urllib.request.build_opener(
            _Stay, urllib.request.HTTPCookieProcessor(self.jar)
        )
        data = None if posted is None else urlencode(posted).encode()
        try:
            with opener.open(url, data, timeout=15) as response:
                return response.url, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                location = error.headers["Location"]
                if location is None:
                    said = error.read().decode()
                    raise AssertionError(f"{error.code}: {said[:2000]}") from error
                return Leave(location)
