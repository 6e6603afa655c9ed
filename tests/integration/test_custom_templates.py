"""
An operator's own pages, Go templates in a folder, shown by the program.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.integration.harness.program import Program, free_address, run
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import Stage, configuration
from tests.integration.harness.upstream import Upstream

SIGN_IN = """{{define "sign_in.html"}}
<!doctype html>
<title>{{ .ProviderName | ToUpper }} {{/* the operator's own */}}</title>
{{- if .SignInMessage }}<p class="said">{{ .SignInMessage }}</p>{{ end }}
<form method="GET" action="{{ .ProxyPrefix }}/start">
<input type="hidden" name="rd" value="{{ .Redirect }}">
<button>{{ printf "Enter with %s" .ProviderName }}</button></form>
{{ if .CustomLogin }}<form method="POST" action="{{ .ProxyPrefix }}/sign_in">
<input name="username"><input name="password" type="password"></form>{{ end }}
{{ if eq .StatusCode 400 401 }}<b>wrong: {{ .StatusCode }}</b>{{ end }}
<footer>{{ .Footer }} {{ len .Version | lt 0 }}</footer>
{{end}}"""

ERROR = """{{define "error.html"}}
<h1>{{ .StatusCode }}: {{ .Title | ToLower }}</h1>
<p>{{ with .Message }}{{ . }}{{ else }}nothing{{ end }}</p>
<a href="{{ .Redirect }}" title={{ .Redirect }}>back</a>
<script>let target = {{ .Redirect }};</script>
<small>{{ .RequestID }}</small>
{{end}}"""

MORE = """
footer = "<i>ours</i>"
banner = "<em>hello</em>"
provider_display_name = "Lo & Behold"
display_htpasswd_form = true
"""

OpenCustom = Callable[..., Stage]


def _folder(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        ending = "txt" if name == "robots" else "html"
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def open_custom(the_provider: Provider, tmp_path: Path) -> Iterator[OpenCustom]:
    """
    Start a proxy with templates of its own.
    """
    running: list[Stage] = []

    def open_custom(**files: str) -> Stage:
        pages = tmp_path / "pages"
        pages.mkdir()
        (tmp_path / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
        upstream, address = Upstream(), free_address()
        more = (
            f'custom_templates_dir = "{_folder(pages, **files)}"\n'
            f'htpasswd_file = "{tmp_path / "htpasswd"}"'
        )
        text = configuration(
            MORE + more, provider=the_provider, upstream=upstream, port=address[1]
        )
        program = Program(text, folder=tmp_path, address=address)
        running.append(Stage(program, upstream, the_provider))
        return running[-1]

    yield open_custom
    for stage in running:
        stage.program.stop()
        stage.upstream.close()
        stage.check()


# kim:right, by SHA-1, which needs no time.
HTPASSWD = "kim:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n"


def test_sign_in_page(open_custom: OpenCustom) -> None:
    """
    Every variable, function and condition of the sign-in page comes out, escaped.
    """
    stage = open_custom(sign_in=SIGN_IN)

    answer = stage.stranger().ask("/x?a=1&b=%22%3E<i>".replace("<i>", "%3Ci%3E"))

    page = answer.body.decode()
    assert (answer.status, answer.one("Content-Type")) == (
        403,
        "text/html; charset=utf-8",
    )
    assert "<title>LO &amp; BEHOLD " in page
    assert '<p class="said"><em>hello</em></p>' in page
    assert 'action="/oauth2/start"' in page
    assert 'name="rd" value="/x?a=1&amp;b=%22%3E%3Ci%3E"' in page
    assert "<button>Enter with Lo &amp; Behold</button>" in page
    assert 'action="/oauth2/sign_in"' in page
    assert "<footer><i>ours</i> true</footer>" in page
    assert "operator's own" not in page
    assert "wrong:" not in page


def test_sign_in_page_after_a_wrong_password(open_custom: OpenCustom) -> None:
    """
    The page is told the status, and its form signs in.
    """
    stage = open_custom(sign_in=SIGN_IN)
    visitor = stage.stranger()
    form = ("Content-Type: application/x-www-form-urlencoded",)

    wrong, right = (
        visitor.ask("/oauth2/sign_in?rd=/x", *form, method="POST", body=body)
        for body in (b"username=kim&password=no", b"username=kim&password=right")
    )

    assert (wrong.status, b"<b>wrong: 401</b>" in wrong.body) == (401, True)
    assert (right.status, right.one("Location")) == (302, "/x")


def test_error_page(open_custom: OpenCustom) -> None:
    """
    Every variable of the error page comes out, each escaped for its place.
    """
    stage = open_custom(error=ERROR)

    answer = stage.stranger().ask(
        "/oauth2/callback?error=%3Cscript%3E&state=x:/", "X-Request-Id: abc"
    )

    page = answer.body.decode()
    assert "<h1>403: forbidden</h1>" in page
    assert "<p>Login Failed: " in page
    assert '<a href="/" title=/>' in page
    assert re.search(r'let target = +"\\u002f" *;', page)
    assert "<small>" in page
    assert "<script>" not in page.replace("<script>let", "")


def test_error_page_of_a_broken_upstream(open_custom: OpenCustom) -> None:
    """
    The operator's page is shown for the application's failures as well.
    """
    stage = open_custom(error=ERROR)
    visitor = stage.stranger().signed_in()
    stage.upstream.close()

    page = unescape(visitor.ask("/page").body.decode())

    assert "<h1>502: bad gateway</h1>" in page
    assert "There was a problem connecting to the upstream server." in page


def test_other_pages_stay_as_they_are(open_custom: OpenCustom) -> None:
    """
    A folder with one file changes that page only; robots.txt can be one's own.
    """
    stage = open_custom(robots="User-agent: good\nAllow: /\n")

    assert b"Sign in with Lo &amp; Behold" in stage.stranger().ask("/page").body
    robots = stage.stranger().ask("/robots.txt").body
    assert robots == b"User-agent: good\nAllow: /\n"


def test_page_that_fails_is_the_built_in_one(open_custom: OpenCustom) -> None:
    """
    A field that pages do not have is reported at the start, and half a page is no page.
    """
    stage = open_custom(error='{{define "error.html"}}\n<p>half{{ .Nothing }}{{end}}')

    page = stage.stranger().ask("/oauth2/callback").body

    stage.program.says("error.html:2: there is no field Nothing")
    assert b"half" not in page
    assert b"Sign in again" in page


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("sign_in", '{{define "sign_in.html"}}\n{{ if }}{{end}}'),
        ("error", '{{define "error.html"}}\n{{ nosuch .Title }}{{end}}'),
    ],
)
def test_wrong_template_ends_the_start(page: str, text: str, tmp_path: Path) -> None:
    """
    A template that cannot work is reported with its file and line.
    """
    folder = _folder(tmp_path, **{page: text})

    ended = run(
        *("--provider=google", "--client-id=c", "--client-secret=s"),
        *("--cookie-secret=0123456789abcdef", "--email-domain=*"),
        *("--upstream=http://localhost:1/", "--http-address=127.0.0.1:0"),
        f"--custom-templates-dir={folder}",
        folder=tmp_path,
    )

    assert ended.returncode == 1
    assert f"{page}.html:2" in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
