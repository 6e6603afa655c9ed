"""
The built-in pages and what the operator puts on them.
"""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.pages import Pages, error_message
from oauthproxy.settings.groups.templates import TemplateOptions
from tests.unit.driver import RecordingLog

SIGN_IN = {
    "ProviderName": "Example",
    "SignInMessage": "",
    "StatusCode": 200,
    "CustomLogin": False,
    "Redirect": "/there",
}
ERROR = {"StatusCode": 403, "Redirect": "/there", "RequestID": "rid-1"}


class Outline(HTMLParser):
    """
    The elements of a page: (name, attributes), and its visible text.
    """

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.words = []
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag in ("style", "script")

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden and data.strip():
            self.words.append(data.strip())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def pages(files=None, **options):
    """
    Return pages; `files` is {path: content}.
    """

    def read_file(path):
        try:
            return (files or {})[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", path) from None

    return Pages(
        TemplateOptions(**options),
        "/oauth2",
        log=RecordingLog(),
        read_file=read_file,
        version="1.2.3",
    )


def outline(name, values, **options):
    return Outline(pages(**options).render(name, values).decode())


def fields(page):
    """
    Return the forms of a page as (method, action, {name: value}).
    """
    forms: list[Any] = []
    for tag, attrs in page.elements:
        if tag == "form":
            forms.append((attrs["method"], attrs["action"], {}))
        if tag == "input":
            forms[-1][2][attrs["name"]] = attrs.get("value")
    return forms


def test_sign_in_page_starts_the_login():
    """One GET form leads to the start of the login and carries the target."""
    page = outline("sign_in", SIGN_IN)

    assert fields(page) == [("GET", "/oauth2/start", {"rd": "/there"})]
    assert "Sign in with Example" in page.words


def test_sign_in_page_with_password_form():
    """With a password file there is a second form, posted to the page itself."""
    page = outline("sign_in", {**SIGN_IN, "CustomLogin": True})

    assert fields(page)[1] == (
        "POST",
        "/oauth2/sign_in",
        {"rd": "/there", "username": None, "password": None},
    )
    kinds = {attrs["name"]: attrs["type"] for attrs in page.all("input")}
    assert kinds == {"rd": "hidden", "username": "text", "password": "password"}


def test_every_field_has_a_label():
    """Fields that people fill in are labelled."""
    page = outline("sign_in", {**SIGN_IN, "CustomLogin": True})

    labelled = {attrs["for"] for attrs in page.all("label")}
    shown = {a["id"] for a in page.all("input") if a["type"] != "hidden"}
    assert labelled == shown


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "400: Username cannot be empty"),
        (401, "401: Invalid Username or Password"),
    ],
)
def test_alert(status, text):
    """A refused password is said in an alert."""
    page = outline("sign_in", {**SIGN_IN, "StatusCode": status})

    assert text in page.words
    assert [a for a in page.all("p") if a.get("role") == "alert"]


@pytest.mark.parametrize("status", [200, 403])
def test_no_alert(status):
    """Otherwise there is none."""
    page = outline("sign_in", {**SIGN_IN, "StatusCode": status})

    assert not [a for a in page.all("p") if a.get("role") == "alert"]


@pytest.mark.parametrize("name", ["sign_in", "error"])
def test_page_stands_alone(name):
    """Nothing is loaded from anywhere, and the page has language and landmarks."""
    page = outline(name, {**SIGN_IN, **ERROR})

    addresses = [
        attrs[key]
        for _, attrs in page.elements
        for key in ("src", "href")
        if key in attrs
    ]
    assert all(address.startswith("data:") for address in addresses)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("footer")) == 1


@pytest.mark.parametrize("name", ["sign_in", "error"])
def test_policy_fits_the_page(name):
    """Style and script are allowed by their hashes; nothing else is."""
    made = pages()
    page = made.render(name, {**SIGN_IN, **ERROR}).decode()
    policy = made.content_security_policy(name)

    inline = re.findall(r"<(style|script)>(.*?)</\1>", page, re.DOTALL)
    for kind, text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert inline
    assert "default-src 'none'" in policy
    assert "form-action" not in policy
    assert not re.search(r"\s(style|on\w+)=", page)


def test_error_page():
    """An error has status, title, sentence, request id and two ways on."""
    page = outline("error", ERROR)

    assert page.words[:2] == ["403 Forbidden", "403"]
    assert "You do not have permission to access this resource." in page.words
    assert "rid-1" in page.words
    assert fields(page) == [
        ("GET", "/there", {}),
        ("GET", "/oauth2/sign_in", {"rd": "/there"}),
    ]


def test_error_page_without_redirect():
    """Where going back makes no sense there are no forms."""
    page = outline("error", {**ERROR, "Redirect": ""})

    assert fields(page) == []


def test_going_back_keeps_the_query():
    """A browser drops an action's query, so it stands in hidden fields too."""
    page = outline("error", {**ERROR, "Redirect": "/x?a=1&b=%3C&a=2#top"})

    action, names = fields(page)[0][1], [a["name"] for a in page.all("input")]
    assert action == "/x?a=1&b=%3C&a=2#top"
    assert names == ["a", "b", "a", "rd"]


def test_retry_is_one_button():
    """A dead end of the login offers exactly one way: to begin again."""
    page = outline(
        "error", {**ERROR, "RetryURL": "/oauth2/start?rd=%2F", "RetryLabel": "Again"}
    )

    assert fields(page) == []
    assert [a["href"] for a in page.all("a")] == ["/oauth2/start?rd=%2F"]
    assert "Again" in page.words


@pytest.mark.parametrize("key", ["Redirect", "RetryURL"])
def test_addresses_run_no_script(key):
    """A target with a scheme that runs scripts leads nowhere."""
    page = outline("error", {**ERROR, "RetryLabel": "x", key: "javascript:alert(1)"})

    assert not [
        a
        for _, a in page.elements
        if "javascript" in str(a.get("href", a.get("action")))
    ]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sign_in", "ProviderName"),
        ("sign_in", "Redirect"),
        ("error", "Message"),
        ("error", "Title"),
        ("error", "RequestID"),
        ("error", "Redirect"),
    ],
)
def test_values_are_escaped(name, key):
    """No value can add an element or an attribute."""
    plain = outline(name, {**SIGN_IN, **ERROR, key: "x"})
    page = outline(
        name, {**SIGN_IN, **ERROR, key: """"'><script>alert(1)</script><b onx=y a=" """}
    )

    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert not [a for _, a in page.elements if "onx" in a]


def test_undecodable_text_is_replaced():
    """A target with stray bytes does not break the page."""
    made = pages().render("sign_in", {**SIGN_IN, "Redirect": "/\udcff"})

    assert b'value="/?"' in made


def test_banner_is_html():
    """The operator's message is trusted."""
    page = pages().render("sign_in", {**SIGN_IN, "SignInMessage": "<b>Hi</b>"})

    assert b"<b>Hi</b>" in page


@pytest.mark.parametrize(
    ("footer", "text"),
    [
        ("", "Secured with oauthproxy 1.2.3"),
        ("<i>ours</i>", "<i>ours</i>"),
    ],
)
def test_footer(footer, text):
    """The footer is ours with the version, or the operator's HTML."""
    assert text in pages(footer=footer).render("error", ERROR).decode()


def test_no_footer():
    """A dash stands for no footer."""
    assert not outline("error", ERROR, footer="-").all("footer")


def test_logo():
    """The logo is a drawing of ours, unless a dash says none."""
    assert outline("sign_in", SIGN_IN).all("svg")
    assert not outline("sign_in", SIGN_IN, custom_sign_in_logo="-").all("svg")


def test_logo_by_address():
    """An https address becomes a picture, and the policy lets it load."""
    made = pages(custom_sign_in_logo="https://cdn.test/logo.png?a=1&b=2")
    page = made.render("sign_in", SIGN_IN)

    assert b'<img src="https://cdn.test/logo.png?a=1&amp;b=2" alt="Logo">' in page
    assert "img-src 'self' data: https://cdn.test;" in made.content_security_policy(
        "sign_in"
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/l.png", "image/png"),
        ("/l.jpg", "image/jpeg"),
        ("/l.JPEG", "image/jpeg"),
    ],
)
def test_logo_from_a_picture_file(path, kind):
    """A picture file is put into the page."""
    made = pages({path: b"\x89PNG"}, custom_sign_in_logo=path)

    expected = f'<img src="data:{kind};base64,iVBORw==" alt="Logo">'
    assert expected in made.render("sign_in", SIGN_IN).decode()


def test_logo_from_a_drawing():
    """A drawing is put into the page as it is."""
    made = pages({"/l.svg": b"<svg><circle/></svg>"}, custom_sign_in_logo="/l.svg")

    assert b"<svg><circle/></svg>" in made.render("sign_in", SIGN_IN)


@pytest.mark.parametrize("path", ["/missing.png", "/l.gif", "http://cdn.test/l.png"])
def test_bad_logo_stops_the_start(path):
    """A logo that cannot be used is a configuration error."""
    with pytest.raises(SettingsError, match="custom_sign_in_logo"):
        pages({"/l.gif": b""}, custom_sign_in_logo=path)


@pytest.mark.parametrize(
    ("footer", "policy"),
    [
        ("<b>x</b>", "style-src 'sha256-"),
        ('<b style="color:red">x</b>', "style-src 'unsafe-inline'"),
        ("<img src=https://x.test/y>", "img-src 'self' data: https:;"),
        ("<script>x()</script>", "base-uri 'none'; frame-ancestors 'self'"),
    ],
)
def test_policy_gives_way_to_the_operators_html(footer, policy):
    """What the operator puts on the page works under the policy."""
    assert policy in pages(footer=footer).content_security_policy("error")


def test_static_files():
    """Custom templates find the style sheets they link."""
    found = pages().static("css/bulma.min.css")

    assert found is not None
    assert found.content_type == "text/css; charset=utf-8"
    assert b".button" in found.body


@pytest.mark.parametrize("path", ["", "css", "css/", "../renderer.py", "css/x.css"])
def test_no_other_static_files(path):
    """Nothing else can be read that way."""
    assert pages().static(path) is None


def test_robots():
    """Robots are told to stay out."""
    assert pages().robots == b"User-agent: *\nDisallow: /\n"


def test_debug_shows_the_internal_text():
    """`show_debug_on_error` replaces the sentence."""
    assert error_message(500, message="a", internal="b", debug=True) == "b"
