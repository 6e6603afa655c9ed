"""
Sign in as a browser would: follow redirects, keep cookies, fill in the form.
"""

from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urljoin, urlsplit

from trusting import trusting

STEPS = 12
PERSON = {"username": "alice", "password": "demo"}
FORM = "application/x-www-form-urlencoded"


class SignInFailed(Exception):
    """
    The way through the login did not end at the application.
    """


class LoginForm(HTMLParser):
    """
    Collect the hidden fields of a page's form, and where it goes.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found.get("action", "")
        if tag == "input" and found.get("type") == "hidden":
            self.fields[found["name"]] = found["value"]


class Visit:
    """
    One browser's visit: its cookies, by origin.
    """

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, str]] = {}

    def sign_in(self, url: str) -> str:
        """
        Go to a page, sign in on the way, and return the Cookie header to use there.
        """
        start, form = _origin(url), None
        for _ in range(STEPS):
            response, page = self._ask(url, form)
            form = None
            if location := response.getheader("Location"):
                url = urljoin(url, location)
            elif _origin(url) == start and response.status == 200:
                return self._header(start)
            elif (asked := LoginForm(page)).action:
                url = urljoin(url, asked.action)
                form = asked.fields | PERSON
            else:
                raise SignInFailed(f"{response.status} at {url}: {page[:400]}")
        raise SignInFailed(f"no end of redirects at {url}")

    def _ask(self, url: str, form: dict[str, str] | None) -> tuple[HTTPResponse, str]:
        parts, origin = urlsplit(url), _origin(url)
        connection = _connect(url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        headers = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 bench"}
        if self._cookies.get(origin):
            headers["Cookie"] = self._header(origin)
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = FORM
        connection.request("GET" if body is None else "POST", target, body, headers)
        response = connection.getresponse()
        page = response.read().decode("utf-8", "replace")
        connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self._keep(origin, cookie)
        return response, page

    def _keep(self, origin: str, cookie: str) -> None:
        pair, _, attributes = cookie.partition(";")
        name, _, value = pair.partition("=")
        kept = self._cookies.setdefault(origin, {})
        if value and "max-age=0" not in attributes.lower():
            kept[name] = value
        else:
            kept.pop(name, None)

    def _header(self, origin: str) -> str:
        pairs = self._cookies.get(origin, {}).items()
        return "; ".join(f"{name}={value}" for name, value in pairs)


def _connect(url: str) -> HTTPConnection:
    host = urlsplit(url).netloc
    if url.startswith("https:"):
        return HTTPSConnection(host, timeout=20, context=trusting())
    return HTTPConnection(host, timeout=20)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
